"""Tests of the Docker Compose tool, the real one."""
