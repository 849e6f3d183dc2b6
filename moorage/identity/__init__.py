"""Users, tokens, quotas: who calls, and what they may do."""
