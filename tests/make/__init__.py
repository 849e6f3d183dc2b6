"""Factories: rows that a test needs and does not care about."""
