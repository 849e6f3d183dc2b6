"""Inventory: servers, ports and subnets."""
