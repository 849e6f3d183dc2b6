"""What an order may say of a blueprint, and what follows from it. Pure."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from moorage.catalog.blueprint import Blueprint
from moorage.catalog.options import Boolean, Choice, Integer, Quantity, Refused, Secret
from moorage.kit.crypto import new_password
from moorage.kit.errors import Invalid

SHOWN_CHARACTERS = 80  # of what was given: an error is no place for a novel
SHOWN_FAULTS = 5  # in the sentence; the fields hold all


@dataclass(frozen=True, slots=True)
class Settled:
    """An order that makes sense.

    options: the caller's, as the server gets them. secrets: given and generated ones.
    versions: those that would do, the preferred one first.
    """

    options: Mapping[str, str]
    secrets: Mapping[str, str]
    memory_mib: int
    cpus: float
    versions: tuple[str, ...]


def settle(
    blueprint: Blueprint,
    config: object = None,
    *,
    memory_mib: int | None = None,
    cpus: float | None = None,
    version: str | None = None,
) -> Settled:
    """Return what the order comes to. Raises Invalid with every field that is wrong.

    config: any JSON. memory_mib: None takes the default, or more when the options need more.
    """
    faults: dict[str, str] = {}
    values = _read(blueprint, config, faults)
    _relate(blueprint, values, faults)
    memory = _memory(blueprint, values, memory_mib, faults)
    share = _cpus(blueprint, cpus, faults)
    versions = _versions(blueprint, values, version, faults)
    if faults:
        sentences = [*faults.values()]
        more = len(sentences) - SHOWN_FAULTS
        tail = [f"{more} more fields are wrong."] if more > 0 else []
        raise Invalid(" ".join([*sentences[:SHOWN_FAULTS], *tail]), fields=faults)
    secrets = _secrets(blueprint, values)
    return Settled(
        options={key: value for key, value in values.items() if key not in secrets},
        secrets=secrets,
        memory_mib=memory,
        cpus=share,
        versions=versions,
    )


def _read(blueprint: Blueprint, config: object, faults: dict[str, str]) -> dict[str, str]:
    """Read every value on its own."""
    if config is None:
        return {}
    if not isinstance(config, dict):
        faults["config"] = f"config must be an object of options, not {_shown(config)}."
        return {}
    values: dict[str, str] = {}
    for given_key, given in config.items():
        word = str(given_key)
        field = f"config.{_clip(word)}"
        key = blueprint.find(word)
        if key is None:
            faults[field] = _unknown(blueprint, word)
        elif key in values:
            faults[field] = f"{key} is given twice."
        elif not isinstance(given, str | int | float):
            faults[field] = f"{key} must be text, a number or a boolean, not {_shown(given)}."
        else:
            option = blueprint.options[key]
            try:
                values[key] = option.read(given, blueprint.dialect)
            except Refused as error:
                what = "" if isinstance(option, Secret) else f", not {_shown(given)}"
                faults[field] = f"{key} {error}{what}."
    return values


def _relate(blueprint: Blueprint, values: dict[str, str], faults: dict[str, str]) -> None:
    """Hold options against each other; fill in what one says of another."""
    for key in list(values):
        option = blueprint.options[key]
        missing = option.requires if option.requires not in values else None
        if missing and f"config.{missing}" not in faults:
            faults[f"config.{key}"] = f"{key} says nothing without {option.requires}."
        if option.excludes in values:
            faults[f"config.{key}"] = f"{key} and {option.excludes} say the same; give one."
        if isinstance(option, Choice) and option.part_of:
            owner = _owner(blueprint, option.part_of, values[key])
            whole = values.setdefault(option.part_of, owner)
            if not _belongs(values[key], whole):
                faults[f"config.{key}"] = (
                    f"{key} {values[key]} does not belong to {option.part_of} {whole}."
                )


def _owner(blueprint: Blueprint, key: str, part: str) -> str:
    """Return the value, of those the option knows, that the part belongs to."""
    option = blueprint.options[key]
    known = option.values if isinstance(option, Choice) else ()
    return next((value for value in known if _belongs(part, value)), part)


def _belongs(part: str, whole: str) -> bool:
    return part == whole or part.startswith(f"{whole}_")


def _memory(
    blueprint: Blueprint, values: Mapping[str, str], asked: int | None, faults: dict[str, str]
) -> int:
    limits = blueprint.memory_mib
    costs = {key: _cost(blueprint, key, value) for key, value in values.items()}
    cost = sum(costs.values()) + sum(
        _cost(blueprint, key, option.share(0, blueprint.dialect) or "0")
        for key, option in blueprint.options.items()
        if isinstance(option, Quantity) and key not in values
    )
    need = blueprint.memory_base_mib + math.ceil(cost / (1 << 20))
    memory = max(limits.default, need) if asked is None else asked
    if asked is not None and not limits.min <= asked <= limits.max:
        faults["memory_mib"] = (
            f"memory_mib must be from {limits.min} to {limits.max}, not {_shown(asked)}."
        )
    elif need > min(memory, limits.max):
        end = f"{limits.max} is the most" if need > limits.max else f"the order says {memory}"
        key = max(costs, key=costs.__getitem__, default="")
        if costs.get(key):
            field, what = f"config.{key}", f"{key} {values[key]} and the rest need"
        else:
            field, what = "memory_mib", "the server needs"
        faults[field] = f"{what} a memory_mib of at least {need}; {end}."
    return memory


def _cost(blueprint: Blueprint, key: str, value: str) -> float:
    """Return the bytes that an option takes from the container's memory."""
    option = blueprint.options[key]
    if isinstance(option, Quantity):
        return option.amount(value, blueprint.dialect) * option.memory_factor
    if isinstance(option, Boolean) and value == blueprint.dialect.booleans[True]:
        return option.memory_mib << 20
    return int(value) * option.memory_bytes if isinstance(option, Integer) else 0


def _cpus(blueprint: Blueprint, asked: float | None, faults: dict[str, str]) -> float:
    limits = blueprint.cpus
    cpus = limits.default if asked is None else asked
    if not limits.min <= cpus <= limits.max:
        faults["cpus"] = f"cpus must be from {limits.min:g} to {limits.max:g}, not {_shown(cpus)}."
    return cpus


def _versions(
    blueprint: Blueprint, values: Mapping[str, str], asked: str | None, faults: dict[str, str]
) -> tuple[str, ...]:
    """Return the versions asked for (`8` is any `8.x`) that know all options."""
    there_are = f"there are {', '.join(blueprint.versions)}"
    wanted = [key for key in blueprint.versions if asked is None or _matches(key, asked)]
    if not wanted:
        faults["version"] = f"{_shown(asked)} is no version of {blueprint.name}; {there_are}."
    for key in values:
        known = blueprint.options[key].versions
        wanted = [version for version in wanted if known is None or version in known]
        if known and not wanted and "version" not in faults:
            faults[f"config.{key}"] = f"{key} is for version {' or '.join(known)} only."
    return tuple(wanted)


def _matches(key: str, asked: str) -> bool:
    return key == asked or key.startswith((f"{asked}.", f"{asked}-"))


def _secrets(blueprint: Blueprint, values: Mapping[str, str]) -> dict[str, str]:
    """Return the given secrets, and new ones where the order needs one."""
    return {
        key: values.get(key) or new_password()
        for key, option in blueprint.options.items()
        if isinstance(option, Secret) and (option.requires is None or option.requires in values)
    }


def _unknown(blueprint: Blueprint, key: str) -> str:
    """Say why a key is refused, and what was probably meant."""
    if key in blueprint.refused:
        return f"{key} is not for an order: {blueprint.refused[key]}."
    close = get_close_matches(_clip(key), blueprint.options, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {_some(blueprint)}."
    return f"{_shown(key)} is no option of {blueprint.name}; {hint}"


def _some(blueprint: Blueprint) -> str:
    shown = list(blueprint.options)[:8]
    more = len(blueprint.options) - len(shown)
    return ", ".join(shown) + (f" and {more} more ({blueprint.manual})" if more > 0 else "")


def _shown(given: object) -> str:
    """Return what was given as JSON in ASCII, clipped; whatever it is."""
    if isinstance(given, int) and given.bit_length() > 256:  # str() refuses very long ones
        return f"a number of {given.bit_length()} bits"
    if isinstance(given, list | dict):
        return "a list" if isinstance(given, list) else "an object"
    return _clip(json.dumps(given, default=str))


def _clip(text: str) -> str:
    short = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    return "".join(sign if sign.isprintable() else "?" for sign in short)
