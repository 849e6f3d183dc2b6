"""Doors: what goes in over HTTP and what comes out."""
