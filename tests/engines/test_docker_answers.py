"""What is made of a Docker Engine's answers about containers."""

import msgspec
import pytest

from moorage.engines.docker_container_answers import Event, ListedContainer, Stats


@pytest.mark.parametrize(
    ("state", "text", "health", "exit_code"),
    [
        ("running", "Up 2 hours", "none", None),
        ("running", "Up Less than a second (health: starting)", "starting", None),
        ("running", "Up 5 seconds (healthy)", "healthy", None),
        ("running", "Up 3 weeks (unhealthy)", "unhealthy", None),
        ("paused", "Up 3 weeks (Paused)", "none", None),
        ("exited", "Exited (137) 3 minutes ago", "none", 137),
        ("restarting", "Restarting (1) 5 seconds ago", "none", 1),
        ("created", "Created", "none", None),
        ("dead", "Dead", "none", None),
    ],
)
def test_a_list_tells_health_and_exit_code_in_its_text(
    state: str, text: str, health: str, exit_code: int | None
) -> None:
    item = {"Id": "7", "Names": ["/cache"], "Image": "redis:8", "State": state, "Status": text}

    container = msgspec.convert(item, ListedContainer).container()

    assert (container.status, container.health, container.exit_code) == (state, health, exit_code)


def test_a_dead_container_without_a_name_is_called_by_its_id() -> None:
    item = {"Id": "7", "Names": [], "Image": "redis:8", "State": "dead", "Status": "Dead"}

    container = msgspec.convert(item, ListedContainer).container()

    assert container.name == "7"


@pytest.mark.parametrize(
    ("state", "text", "is_fresh"),
    [
        ("running", "Up Less than a second", True),
        ("running", "Up 1 second (healthy)", True),
        ("running", "Up 59 seconds", True),
        ("running", "Up About a minute", False),
        ("running", "Up 2 hours", False),
        ("paused", "Up 5 seconds (Paused)", False),
        ("restarting", "Restarting (1) 5 seconds ago", False),
    ],
)
def test_a_list_tells_in_its_text_what_runs_for_less_than_a_minute(
    state: str, text: str, is_fresh: bool
) -> None:
    item = {"Id": "7", "Names": ["/cache"], "Image": "redis:8", "State": state, "Status": text}

    assert msgspec.convert(item, ListedContainer).container().is_fresh is is_fresh


def test_the_labels_of_an_event_are_those_of_the_container() -> None:
    attributes = {"name": "cache", "image": "redis:8", "exitCode": "137", "moorage.kind": "redis"}
    line = {
        "Action": "health_status: healthy",
        "Actor": {"ID": "7", "Attributes": attributes},
        "timeNano": 1_795_270_720_517_491_449,
    }

    event = msgspec.convert(line, Event).event()

    assert (event.action, event.id, event.name) == ("health_status", "7", "cache")
    assert event.labels == {"moorage.kind": "redis"}
    assert event.at.isoformat(timespec="seconds") == "2026-11-21T14:18:40+00:00"


@pytest.mark.parametrize(
    ("detail", "read"),
    [({"total_inactive_file": 300, "inactive_file": 7}, "Read"), ({"inactive_file": 300}, "read")],
    ids=["cgroups 1", "cgroups 2"],
)
def test_memory_is_counted_without_files_that_can_be_dropped(
    detail: dict[str, int], read: str
) -> None:
    answer = {
        "read": "2026-11-21T14:18:39.677695801Z",
        "cpu_stats": {"cpu_usage": {"total_usage": 1_500_000_000}},
        "memory_stats": {"usage": 1000, "limit": 5000, "stats": detail},
        "pids_stats": {"current": 3},
        "blkio_stats": {
            "io_service_bytes_recursive": [
                {"op": read, "value": 10},
                {"op": read, "value": 20},
                {"op": "Total", "value": 90},
            ]
        },
        "networks": {
            "eth0": {"rx_bytes": 1, "tx_bytes": 2},
            "eth1": {"rx_bytes": 30, "tx_bytes": 40},
        },
    }

    usage = msgspec.convert(answer, Stats).usage()

    assert usage is not None
    assert (usage.memory_bytes, usage.memory_limit_bytes, usage.pids) == (700, 5000, 3)
    assert (usage.cpu_s, usage.read_bytes, usage.written_bytes) == (1.5, 30, 0)
    assert (usage.received_bytes, usage.sent_bytes) == (31, 42)
