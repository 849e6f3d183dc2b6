"""Idempotency: the same request twice makes one thing."""
