"""Each option of each shipped blueprint, tried by its own definition."""

from moorage.catalog.blueprint import Blueprint
from moorage.catalog.check import settle
from moorage.catalog.options import Integer, Number, Option, Quantity, Secret
from moorage.kit.errors import Invalid
from tests.catalog.blueprints import every_blueprint

DANGEROUS = {  # words of names of options that reach files, networks or code
    *("dir", "directory", "directories", "file", "path", "archive"),
    *("bind", "address", "addresses", "listen", "port", "socket", "ssl", "tls"),
    *("plugin", "plugins", "library", "libraries", "module", "command"),
}
HARMLESS = {
    *("--innodb-file-per-table", "--innodb-disable-sort-file-cache", "--innodb-log-file-size"),
    *("--temp-file-limit", "--search-path"),
}


def takes(blueprint: Blueprint, key: str, given: object) -> bool:
    """Say whether an order may hold it, with what it requires beside it."""
    required = blueprint.options[key].requires
    try:
        settle(blueprint, {**({required: "anna"} if required else {}), key: given})
    except Invalid as refusal:
        return f"config.{key}" not in refusal.fields
    return True


def good(option: Option) -> object:
    return "Correct-Horse-9" if isinstance(option, Secret) else option.example


def inside(option: Option) -> list[object]:
    if isinstance(option, Integer | Number | Quantity):
        return [option.min, option.max]
    return []


def outside(option: Option) -> list[object]:
    if isinstance(option, Integer | Number):
        return [option.min - 1, option.max + 1]
    if isinstance(option, Quantity):
        return [f"{option.max}0", "1xb", -7, ""]
    if isinstance(option, Secret):
        return ["short", "x" * 129, "with a tab\t", "bell-\u0007-bell", 12345678, [], {}, None]
    return ["\u0007", "a;b|c&d`e`", "--x", "$(id)\n", [], {}, None, "x" * 5000]


@every_blueprint
def test_every_option_takes_its_example(blueprint: Blueprint) -> None:
    options = blueprint.options.items()

    assert {key for key, option in options if not takes(blueprint, key, good(option))} == set()


@every_blueprint
def test_every_range_takes_its_ends_unless_they_need_too_much_memory(blueprint: Blueprint) -> None:
    refused = {
        key
        for key, option in blueprint.options.items()
        for value in inside(option)
        if not takes(blueprint, key, value)
    }

    assert refused <= {
        key
        for key, option in blueprint.options.items()
        if getattr(option, "memory_factor", 0) or getattr(option, "memory_bytes", 0)
    }


@every_blueprint
def test_every_option_refuses_what_it_does_not_name(blueprint: Blueprint) -> None:
    taken = {
        (key, str(value)[:20])
        for key, option in blueprint.options.items()
        for value in outside(option)
        if takes(blueprint, key, value)
    }

    assert taken == set()


@every_blueprint
def test_no_option_reaches_files_networks_or_code(blueprint: Blueprint) -> None:
    suspects = {key for key in blueprint.options if DANGEROUS & set(key[2:].split("-"))}

    assert suspects - HARMLESS == set()


@every_blueprint
def test_what_is_refused_with_a_reason_is_no_option(blueprint: Blueprint) -> None:
    assert {key for key in blueprint.refused if blueprint.find(key)} == set()
