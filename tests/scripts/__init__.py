"""What `make` runs before the tests."""
