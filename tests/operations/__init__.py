"""Operations: performed once, whatever dies meanwhile."""
