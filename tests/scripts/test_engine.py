"""The engine for tests comes up, whatever a killed one left behind."""

from pathlib import Path

from engine import set_aside_networks

PANIC = b"""panic: runtime error: index out of range [0] with length 0
github.com/docker/libnetwork.(*controller).reservePools(0x564bfae80e70?)
"""


def test_a_half_written_network_is_set_aside_once(tmp_path: Path) -> None:
    networks = tmp_path / "local-kv.db"
    networks.write_bytes(b"half")
    assert set_aside_networks(PANIC, networks)
    assert not networks.exists()
    assert (tmp_path / "local-kv.broken").read_bytes() == b"half"
    assert not set_aside_networks(PANIC, networks)


def test_networks_stay_when_dockerd_died_of_something_else(tmp_path: Path) -> None:
    networks = tmp_path / "local-kv.db"
    networks.write_bytes(b"whole")
    assert not set_aside_networks(b"failed to start daemon: no space left on device", networks)
    assert networks.exists()
