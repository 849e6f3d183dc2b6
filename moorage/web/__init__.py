"""Doors: they translate between HTTP and the rooms, and do nothing else."""
