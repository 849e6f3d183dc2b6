"""What runs for people: ordered, started, watched and removed."""
