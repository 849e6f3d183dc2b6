"""What a file of machines may say, and which row of it is wrong."""

import json
from datetime import UTC, datetime

import pytest

from moorage.inventory.machine import FIRST_GIVEN_ID, Machine
from moorage.inventory.rows import check, rows_of
from moorage.kit.errors import Invalid
from tests.make.machines import row

AT = datetime(2030, 1, 31, tzinfo=UTC)
DOCUMENT = b"""{
    "data" : [
        {
            "id": 100,                   // the id of the machine
            "cpus": 32
        }
    ]
}"""


def machines(*rows: object) -> list[Machine]:
    """Return what a file says that has these rows."""
    content = json.dumps({"data": rows}).encode()
    return check(rows_of(content), seen_at=AT)


def refusal(*rows: object) -> str:
    """Return why rows are refused."""
    with pytest.raises(Invalid) as caught:
        machines(*rows)
    return caught.value.message


def test_a_machine_of_the_document_is_one() -> None:
    [machine] = machines(row(100, name="Aimlab001", ip="192.168.1.100"))

    assert json.loads(machine.json) == {
        "id": 100,
        "cpus": 32,
        "status": "running",
        "mem": 11591667560,
        "GPU": "NVIDIA RTX4090",
        "ip": "192.168.1.100",
        "name": "Aimlab001",
        "maxdisk": 128849018880,
        "uptime": None,
        "cpu": None,
        "mem_used": None,
        "disk_used": None,
        "gpus": [],
        "source": "files",
        "labels": {},
        "seen_at": "2030-01-31T00:00:00Z",
        "problem": None,
    }


def test_the_list_may_stand_alone() -> None:
    assert len(rows_of(json.dumps([row()]).encode())) == 1


def test_the_typo_of_the_document_is_understood() -> None:
    assert machines(row(status="stoppped"))[0].status == "stopped"


def test_name_and_disk_may_be_left_out() -> None:
    [machine] = machines(row(name=None, maxdisk=None))

    assert (machine.name, machine.maxdisk) == ("", 0)


def test_other_fields_are_passed_on_and_cannot_take_the_place_of_ours() -> None:
    rack = {"room": [3, None]}

    told = json.loads(machines(row(rack=rack, source="moon", seen_at="never", gpu="x"))[0].json)

    assert (told["rack"], told["gpu"]) == (rack, "x")
    assert (told["source"], told["seen_at"]) == ("files", "2030-01-31T00:00:00Z")


def test_what_a_file_says_of_use_is_told() -> None:
    gpus = [{"model": "T4", "memory": 1, "used": 0, "utilisation": 0.5}]

    told = json.loads(machines(row(uptime=5, cpu=0.5, gpus=gpus, labels={"room": "3"}))[0].json)

    assert (told["uptime"], told["cpu"], told["gpus"]) == (5, 0.5, gpus)
    assert told["labels"] == {"room": "3"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", -1),
        ("id", "7"),
        ("id", 1.5),
        ("id", True),
        ("id", FIRST_GIVEN_ID),
        ("id", 1 << 70),
        ("cpus", -4),
        ("cpus", 1 << 40),
        ("mem", -1),
        ("mem", 1 << 63),
        ("mem", "16 GiB"),
        ("maxdisk", 1e300),
        ("GPU", 4090),
        ("GPU", "x" * 256),
        ("ip", "256.1.1.1"),
        ("ip", "::1"),
        ("ip", "10.0.0.1\x00"),
        ("ip", "localhost"),
        ("ip", ""),
        ("name", ["a"]),
        ("status", "sleeping"),
        ("status", 1),
        ("cpu", 1.5),
        ("labels", [1]),
        ("gpus", "RTX"),
    ],
)
def test_a_wrong_field_is_named_with_its_row_and_its_value(field: str, value: object) -> None:
    reason = refusal(row(1), row(2) | {field: value})

    assert reason.startswith(f"row 1: {field}")
    assert f"; given was {value!r:.80}" in reason


@pytest.mark.parametrize("field", ["id", "cpus", "status", "mem", "GPU", "ip"])
def test_a_field_that_is_missing_is_named(field: str) -> None:
    given = {name: value for name, value in row().items() if name != field}

    assert refusal(given).startswith(f"row 0: {field}: is missing")


def test_a_field_that_a_part_misses_is_named_with_its_place() -> None:
    given = row(0, gpus=[{"memory": 1}])

    assert refusal(given).startswith("row 0: gpus[0].model: is missing")


@pytest.mark.parametrize("given", [None, 7, "machine", ["id", 7]])
def test_a_row_that_is_no_object_is_named(given: object) -> None:
    assert refusal(row(), given).startswith("row 1: machine: Expected `object`, got ")


def test_an_id_that_is_there_twice_is_named_with_both_rows() -> None:
    assert refusal(row(7), row(8), row(7)) == "row 2: id: 7 is in row 0 already."


def test_of_many_wrong_rows_the_first_are_named() -> None:
    reason = refusal(*(row(number, cpus=-1) for number in range(20)))

    assert reason.startswith("row 0: cpus: ")
    assert "row 4: cpus: " in reason
    assert "row 5: " not in reason
    assert reason.endswith("; and 15 more.")


def test_a_row_that_has_too_much_to_say_is_refused() -> None:
    assert "has more than 16 KiB of other fields" in refusal(row(story="x" * 20_000))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Line 1 is not JSON"),
        (b'{"data": [', "Line 1 is not JSON"),
        (b'{"data": [],\n}', "Line 2 is not JSON"),
        (b'{"data": [NaN]}', "Line 1 is not JSON"),
        (b'{"data": [Infinity]}', "Line 1 is not JSON"),
        (b'{"data": [1e999]}', "Line 1 is not JSON"),
        (DOCUMENT, "Line 4 has a comment; JSON has none: take it out."),
        (b"{}", "It must be a list of machines"),
        (b"7", "It must be a list of machines"),
        (b'{"data": {"id": 1}}', "It must be a list of machines"),
        (b"[" * 100_000, "It is nested too deeply."),
        ('{"data": "é"}'.encode("latin-1"), "It is not UTF-8"),
        ("[]".encode("utf-16"), "It is not UTF-8"),
    ],
)
def test_what_is_no_list_in_json_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        rows_of(content)

    assert caught.value.message.startswith(reason)


def test_a_byte_order_mark_does_not_matter() -> None:
    assert rows_of(b'\xef\xbb\xbf{"data": []}') == []
