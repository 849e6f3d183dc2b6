"""Parts of URLs."""


def host(address: str) -> str:
    """Return an address as a URL has it: that of IPv6 in brackets (RFC 3986 §3.2.2)."""
    return f"[{address}]" if ":" in address else address
