"""Durable work: an operation is a row with steps; a runner performs it, whatever dies meanwhile."""
