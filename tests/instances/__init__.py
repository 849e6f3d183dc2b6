"""Instances: ordered, killed half-way, removed."""
