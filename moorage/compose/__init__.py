"""The Docker Compose tool: the reference parser of Compose files, and what runs them."""
