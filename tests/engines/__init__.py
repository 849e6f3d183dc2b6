"""The engines: what is pure, and what needs no engine."""
