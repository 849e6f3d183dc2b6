"""Images: their digests, and what becomes of them on a real engine."""
