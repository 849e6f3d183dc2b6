"""Answers remembered by idempotency key: the same request twice makes one thing."""
