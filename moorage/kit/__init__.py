"""Ground floor: what any project would want. Knows nothing of Moorage."""
