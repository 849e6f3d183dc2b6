"""Who did what, and from where."""
