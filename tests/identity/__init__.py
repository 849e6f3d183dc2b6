"""Users, tokens, quotas, and the audit log."""
