"""Moorage: a self-hosted cloud on your own servers."""

__version__ = "0.1.0"
