"""Parts of URLs."""

import pytest

from moorage.kit import urls


@pytest.mark.parametrize(
    ("address", "host"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("db.example.org", "db.example.org")],
)
def test_only_addresses_of_ipv6_stand_in_brackets(address: str, host: str) -> None:
    assert urls.host(address) == host
