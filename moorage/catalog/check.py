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
from moorage.kit.i18n import Text, joined

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
        tail = [Text("Wrong fields beside these: {number}.", number=more)] if more > 0 else []
        raise Invalid(joined(" ", [*sentences[:SHOWN_FAULTS], *tail]), fields=faults)
    secrets = _secrets(blueprint, values)
    return Settled(
        options={key: value for key, value in values.items() if key not in secrets},
        secrets=secrets,
        memory_mib=memory,
        cpus=share,
        versions=versions,
    )


def out_of_range(name: str, least: object, most: object, given: object) -> Text:
    """Return what to tell who gave what is too little or too much."""
    return Text(
        "{name} must be from {least} to {most}, not {given}.",
        name=name,
        least=least,
        most=most,
        given=_shown(given),
    )


def _read(blueprint: Blueprint, config: object, faults: dict[str, str]) -> dict[str, str]:
    """Read every value on its own."""
    if config is None:
        return {}
    if not isinstance(config, dict):
        faults["config"] = Text(
            "config must be an object of options, not {given}.", given=_shown(config)
        )
        return {}
    values: dict[str, str] = {}
    unknown = 0
    for given_key, given in config.items():
        word = str(given_key)
        field = f"config.{_clip(word)}"
        key = blueprint.find(word)
        if key is None:
            unknown += 1
            # To look for what was meant takes milliseconds, in which nobody else is answered.
            faults[field] = _unknown(blueprint, word, guesses=unknown <= SHOWN_FAULTS)
        elif key in values:
            faults[field] = Text("{key} is given twice.", key=key)
        elif not isinstance(given, str | int | float):
            faults[field] = Text(
                "{key} must be text, a number or a boolean, not {given}.",
                key=key,
                given=_shown(given),
            )
        else:
            option = blueprint.options[key]
            try:
                values[key] = option.read(given, blueprint.dialect)
            except Refused as error:
                faults[field] = Text("{key} {reason}.", key=key, reason=error.reason)
                if not isinstance(option, Secret):
                    faults[field] = Text(
                        "{key} {reason}, not {given}.",
                        key=key,
                        reason=error.reason,
                        given=_shown(given),
                    )
    return values


def _relate(blueprint: Blueprint, values: dict[str, str], faults: dict[str, str]) -> None:
    """Hold options against each other; fill in what one says of another."""
    for key in list(values):
        option = blueprint.options[key]
        missing = option.requires if option.requires not in values else None
        if missing and f"config.{missing}" not in faults:
            faults[f"config.{key}"] = Text(
                "{key} says nothing without {other}.", key=key, other=option.requires
            )
        if option.excludes in values:
            faults[f"config.{key}"] = Text(
                "{key} and {other} say the same; give one.", key=key, other=option.excludes
            )
        if isinstance(option, Choice) and option.part_of:
            owner = _owner(blueprint, option.part_of, values[key])
            whole = values.setdefault(option.part_of, owner)
            if not _belongs(values[key], whole):
                faults[f"config.{key}"] = Text(
                    "{key} {value} does not belong to {other} {whole}.",
                    key=key,
                    value=values[key],
                    other=option.part_of,
                    whole=whole,
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
        faults["memory_mib"] = out_of_range("memory_mib", limits.min, limits.max, asked)
    elif need > min(memory, limits.max):
        most = Text("{most} is the most", most=limits.max)
        end = most if need > limits.max else Text("the order says {memory}", memory=memory)
        key = max(costs, key=costs.__getitem__, default="")
        if costs.get(key):
            faults[f"config.{key}"] = Text(
                "{key} {value} and the rest need a memory_mib of at least {need}; {end}.",
                key=key,
                value=values[key],
                need=need,
                end=end,
            )
        else:
            faults["memory_mib"] = Text(
                "the server needs a memory_mib of at least {need}; {end}.", need=need, end=end
            )
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
        faults["cpus"] = out_of_range("cpus", f"{limits.min:g}", f"{limits.max:g}", cpus)
    return cpus


def _versions(
    blueprint: Blueprint, values: Mapping[str, str], asked: str | None, faults: dict[str, str]
) -> tuple[str, ...]:
    """Return the versions asked for (`8` is any `8.x`) that know all options."""
    wanted = [key for key in blueprint.versions if asked is None or _matches(key, asked)]
    if not wanted:
        faults["version"] = Text(
            "{given} is no version of {name}; there are {versions}.",
            given=_shown(asked),
            name=blueprint.name,
            versions=", ".join(blueprint.versions),
        )
    for key in values:
        known = blueprint.options[key].versions
        wanted = [version for version in wanted if known is None or version in known]
        if known and not wanted and "version" not in faults:
            faults[f"config.{key}"] = Text(
                "{key} is for version {versions} only.", key=key, versions=" or ".join(known)
            )
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


def _unknown(blueprint: Blueprint, key: str, *, guesses: bool) -> str:
    """Say why a key is refused, and what was probably meant."""
    if key in blueprint.refused:
        return Text("{key} is not for an order: {why}.", key=key, why=blueprint.refused[key])
    close = get_close_matches(_clip(key), blueprint.options, n=3) if guesses else []
    known = Text("there are {options}.", options=_some(blueprint))
    hint = Text("did you mean {options}?", options=" or ".join(close)) if close else known
    return Text(
        "{key} is no option of {name}; {hint}", key=_shown(key), name=blueprint.name, hint=hint
    )


def _some(blueprint: Blueprint) -> str:
    shown = list(blueprint.options)[:8]
    more = len(blueprint.options) - len(shown)
    return ", ".join(shown) + (f" and {more} more ({blueprint.manual})" if more > 0 else "")


def _shown(given: object) -> str:
    """Return what was given as JSON, clipped; whatever it is."""
    if isinstance(given, int) and given.bit_length() > 256:  # str() refuses very long ones
        return f"a number of {given.bit_length()} bits"
    if isinstance(given, list | dict):
        return "a list" if isinstance(given, list) else "an object"
    return _clip(json.dumps(given, default=str, ensure_ascii=False))


def _clip(text: str) -> str:
    short = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    return "".join(sign if sign.isprintable() else "?" for sign in short)
