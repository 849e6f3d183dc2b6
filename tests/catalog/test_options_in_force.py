"""Every option reaches the server: it is asked what it runs with."""

import pytest

from moorage.catalog.blueprint import Blueprint
from moorage.catalog.options import Integer, Number, Option, Quantity, Scalar, Secret
from tests.catalog.blueprints import every_blueprint
from tests.catalog.running import Running, Setting, running

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

TRUE, FALSE = {"on", "yes", "1"}, {"off", "no", "0"}

# What the server calls it, and says of it, when that is not what the option does.
SAID_OTHERWISE = {
    "--default-time-zone": ("time-zone", "+03:00"),
    "--disable-log-bin": ("log-bin", "OFF"),
    "--notify-keyspace-events": ("notify-keyspace-events", "xE"),
    "--client-output-buffer-limit": (
        "client-output-buffer-limit",
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 16777216 4194304 30",
    ),
}
NOT_AT_ITS_END = {  # that needs the disk for itself, or a server that is made from nothing
    *("--innodb-log-file-size", "--innodb-redo-log-capacity", "--lower-case-table-names"),
}


@every_blueprint
async def test_all_options_at_once_are_in_force(blueprint: Blueprint) -> None:
    order = {
        key: option.example
        for key, option in blueprint.options.items()
        if not isinstance(option, Secret) and option.excludes is None
    }

    async with running(blueprint, order) as database:
        assert differences(blueprint, database) == {}


@every_blueprint
@pytest.mark.parametrize("end", ["min", "max"])
async def test_both_ends_of_every_range_are_in_force(blueprint: Blueprint, end: str) -> None:
    order: dict[str, Scalar] = {
        key: getattr(option, end)
        for key, option in blueprint.options.items()
        if isinstance(option, Integer | Number | Quantity) and has_no_cost(key, option)
    }

    async with running(blueprint, order) as database:
        assert differences(blueprint, database) == {}


@every_blueprint
async def test_sizes_that_the_server_would_round_are_rounded_in_the_answer(
    blueprint: Blueprint,
) -> None:
    byte = "B" if "B" in blueprint.dialect.sizes else ""
    order = {
        key: f"{option.amount(option.min, blueprint.dialect) + 1}{byte}"
        for key, option in blueprint.options.items()
        if isinstance(option, Quantity) and option.type == "size"
    }

    async with running(blueprint, order) as database:
        assert differences(blueprint, database) == {}


def has_no_cost(key: str, option: Option) -> bool:
    """Say whether it can be at its end together with all others."""
    costs = getattr(option, "memory_factor", 0) or getattr(option, "memory_bytes", 0)
    return not costs and option.excludes is None and key not in NOT_AT_ITS_END


def differences(blueprint: Blueprint, database: Running) -> dict[str, tuple[str, str]]:
    """Return key → what the order says and what the server says, where they differ."""
    found: dict[str, tuple[str, str]] = {}
    for key, ordered in database.settled.options.items():
        if key.startswith("--"):
            name, expected = SAID_OTHERWISE.get(key, (key.removeprefix("--"), ordered))
            said = database.settings.get(name, Setting("nothing"))
            if not is_same(blueprint, blueprint.options[key], expected, said):
                found[key] = (ordered, said.value)
    return found


def is_same(blueprint: Blueprint, option: Option, ordered: str, said: Setting) -> bool:
    """Compare two spellings of one value."""
    if isinstance(option, Quantity):
        units = blueprint.dialect.sizes if option.type == "size" else blueprint.dialect.durations
        if ordered in option.special or said.value in option.special:
            return ordered == said.value
        count = said.unit.rstrip("BkMGTmsinhd")  # of PostgreSQL's 8kB
        factor = int(count or 1) * units.get(said.unit.removeprefix(count), 1)
        return option.amount(ordered, blueprint.dialect) == int(said.value) * factor
    if isinstance(option, Integer | Number):
        return float(ordered) == float(said.value)
    one, other = ordered.lower(), said.value.lower()
    return one == other or {one, other} <= TRUE or {one, other} <= FALSE
