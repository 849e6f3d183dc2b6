"""What one option of a server accepts, by type: JSON in, the server's own spelling out. Pure."""

import re
from abc import abstractmethod
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from moorage.kit import i18n

Scalar = str | int | float | bool

MAX_CHARACTERS = 1024  # no option of any server we know has a longer sensible value

_TRUE = {"true", "on", "yes", "1"}
_FALSE = {"false", "off", "no", "0"}


def _words(raw: object) -> object:
    if isinstance(raw, str):
        return tuple(raw.split())
    return tuple(raw) if isinstance(raw, list) else raw


# A text of words is a list too: hundreds of collations stay readable, and quick to parse.
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Key = Annotated[str, StringConstraints(pattern=r"^(--[a-z0-9][a-z0-9-]*|[A-Z][A-Z0-9_]*)$")]


class Refused(Exception):
    """The option does not take this value. reason: what it takes, `must be …`."""

    def __init__(self, reason: i18n.Text) -> None:
        super().__init__(reason)
        self.reason = reason


class Frozen(BaseModel):
    """Data from a file: nothing unknown, nothing converted, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Dialect(Frozen):
    """How a server wants to be told.

    argument: `{name}` (no leading dashes) and `{value}` are filled in.
    sizes, durations: unit → bytes, unit → microseconds.
    """

    argument: tuple[str, ...]
    booleans: tuple[str, str] = ("OFF", "ON")
    sizes: dict[str, int] = Field(default_factory=dict)
    durations: dict[str, int] = Field(default_factory=dict)


class OptionBase(Frozen):
    """What all options have.

    also: other spellings of the key. requires: the key without which this one says nothing.
    excludes: a key that says the same otherwise. versions: the only ones that know it.
    default: what we say when the caller is silent; None leaves it to the server.
    environment: the variable that hands it over instead of an argument.
    """

    help: str = ""
    also: tuple[Key, ...] = ()
    requires: Key | None = None
    excludes: Key | None = None
    versions: tuple[str, ...] | None = None
    default: str | None = None
    environment: str | None = None

    @abstractmethod
    def read(self, given: Scalar, dialect: Dialect) -> str:
        """Return the value as the server gets it. Raises Refused."""


class Integer(OptionBase):
    """A whole number. memory_bytes, pids: what each unit of it costs the container."""

    type: Literal["integer"]
    min: int
    max: int
    example: int
    memory_bytes: int = 0
    pids: int = 0

    def read(self, given: Scalar, dialect: Dialect) -> str:
        """Accept a number, or text of digits."""
        text = text_of(given)
        if not re.fullmatch(r"-?[0-9]{1,20}", text) or not self.min <= int(text) <= self.max:
            raise Refused(
                i18n.Text("must be a whole number from {min} to {max}", min=self.min, max=self.max)
            )
        return str(int(text))


class Number(OptionBase):
    """A number with a fraction."""

    type: Literal["number"]
    min: float
    max: float
    example: float

    def read(self, given: Scalar, dialect: Dialect) -> str:
        """Accept a number, or text of one."""
        text = text_of(given)
        plain = re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", text)
        if not plain or not self.min <= float(text) <= self.max:
            raise Refused(
                i18n.Text("must be a number from {min:g} to {max:g}", min=self.min, max=self.max)
            )
        return text


class Quantity(OptionBase):
    """An amount with a unit.

    unit: what a bare number counts. special: bare words with a meaning of their own, such as -1.
    step: the server rounds to multiples of it (without one: of the unit), so we round up, and
    the answer says so. small_step: the same below one step. memory_factor: how much memory each
    byte of it takes. memory_share: the default, as a share of the container's memory.
    """

    type: Literal["size", "duration"]
    min: str
    max: str
    example: str
    unit: str = ""
    special: tuple[str, ...] = ()
    step: str | None = None
    small_step: str | None = None
    memory_factor: float = 0
    memory_share: float | None = None

    def read(self, given: Scalar, dialect: Dialect) -> str:
        """Accept a number, or text of a number and a unit."""
        text = text_of(given)
        if text in self.special:
            return text
        units = self._units(dialect)
        count, unit = _split(text, units)
        amount = self.amount(text, dialect)
        if not count or not _amount(self.min, units) <= amount <= _amount(self.max, units):
            raise Refused(
                i18n.Text(
                    "must be a {type} from {range} (units {units}; a bare number counts {unit})",
                    type=self.type,
                    range=" or ".join((f"{self.min} to {self.max}", *self.special)),
                    units=", ".join(units),
                    unit=self.unit or "bytes",
                )
            )
        step = self._step(units)
        if self.small_step is not None and amount < step:
            step = _amount(self.small_step, units)
        return count + unit if amount % step == 0 else _write(-(-amount // step) * step, units)

    def amount(self, text: str, dialect: Dialect) -> int:
        """Return the bytes or microseconds of a text; 0 of a special one."""
        units = self._units(dialect)
        count, unit = ("", "") if text in self.special else _split(text, units)
        return int(count or 0) * (units[unit] if unit else _amount(self.unit or "1", units))

    def share(self, memory_mib: int, dialect: Dialect) -> str | None:
        """Return the default for a container of that size."""
        if self.memory_share is None:
            return None
        step = max(self._step(dialect.sizes), 1 << 20)
        size = int((memory_mib << 20) * self.memory_share)
        return _write(max(size // step, 1) * step, dialect.sizes)

    def _units(self, dialect: Dialect) -> dict[str, int]:
        return dialect.sizes if self.type == "size" else dialect.durations

    def _step(self, units: dict[str, int]) -> int:
        return _amount(self.step or self.unit or "1", units)


class Boolean(OptionBase):
    """Yes or no. memory_mib: what yes costs the container."""

    type: Literal["boolean"]
    example: bool
    memory_mib: int = 0

    def read(self, given: Scalar, dialect: Dialect) -> str:
        """Accept a boolean, 0 or 1, or the usual words."""
        word = str(given).lower() if isinstance(given, bool) else text_of(given).lower()
        if word not in _TRUE | _FALSE:
            raise Refused(i18n.Text("must be true or false"))
        return dialect.booleans[word in _TRUE]


class Choice(OptionBase):
    """One of a list. synonyms: other words for some. part_of: see check."""

    type: Literal["choice"]
    values: Words
    example: str
    synonyms: dict[str, str] = Field(default_factory=dict)
    part_of: Key | None = None

    def read(self, given: Scalar, dialect: Dialect) -> str:
        """Accept a listed value in any case."""
        text = dialect.booleans[given] if isinstance(given, bool) else text_of(given)
        word = self.synonyms.get(text.lower(), text).lower()
        for value in self.values:
            if value.lower() == word:
                return value
        known = _some(word, (*self.values, *self.synonyms))
        raise Refused(i18n.Text("must be one of {values}", values=known))


class Flags(OptionBase):
    """Some of a list, joined by a separator; the empty text is none of them."""

    type: Literal["flags"]
    values: Words
    example: str
    separator: str = ","

    def read(self, given: Scalar, dialect: Dialect) -> str:
        """Accept listed values in any case."""
        canonical = {value.lower(): value for value in self.values}
        words = [word.strip() for word in text_of(given).split(self.separator)]
        chosen = [word for word in words if word] if words != [""] else []
        for word in chosen:
            if word.lower() not in canonical:
                known = _some(word.lower(), self.values)
                raise Refused(i18n.Text("must be a list out of {values}", values=known))
        return self.separator.join(canonical[word.lower()] for word in chosen)


class Text(OptionBase):
    """Free text within a pattern. reserved: words that the server keeps for itself."""

    type: Literal["text"]
    pattern: str
    says: str  # the pattern in words: `must be …`
    example: str
    reserved: tuple[str, ...] = ()

    def read(self, given: Scalar, dialect: Dialect) -> str:
        """Accept what fits the pattern as a whole."""
        text = text_of(given)
        if not re.fullmatch(self.pattern, text, re.ASCII):
            raise Refused(i18n.Text("must be {what}", what=self.says))
        if text.lower() in self.reserved:
            raise Refused(i18n.Text("must not be one of {values}", values=", ".join(self.reserved)))
        return text


class Secret(OptionBase):
    """A credential: generated when the caller gives none and what it requires is there."""

    type: Literal["secret"]
    pattern: str = r"[ -~]{8,128}"
    says: str = "8 to 128 printable ASCII characters"

    def read(self, given: Scalar, dialect: Dialect) -> str:
        """Accept text that fits the pattern."""
        if not isinstance(given, str) or not re.fullmatch(self.pattern, given):
            raise Refused(i18n.Text("must be text of {what}", what=self.says))
        return given


Option = Annotated[
    Integer | Number | Quantity | Boolean | Choice | Flags | Text | Secret,
    Field(discriminator="type"),
]


def text_of(given: Scalar) -> str:
    """Return a scalar as text. Raises Refused for one that no option can take."""
    if isinstance(given, bool):
        raise Refused(i18n.Text("must be a number or text, not a boolean"))
    if isinstance(given, int) and given.bit_length() > 64:
        raise Refused(i18n.Text("must be a number of at most 64 bits"))
    text = repr(given) if isinstance(given, float) else str(given)
    if len(text) > MAX_CHARACTERS:
        raise Refused(
            i18n.Text(
                "must have at most {most} characters, not {given}",
                most=MAX_CHARACTERS,
                given=len(text),
            )
        )
    if not text.isprintable():
        raise Refused(i18n.Text("must not hold control characters"))
    return text


def _split(text: str, units: dict[str, int]) -> tuple[str, str]:
    """Return count and unit as the server spells it; two empty texts when it is neither."""
    parts = re.fullmatch(r"([0-9]{1,20}) ?([A-Za-z]{0,3})", text)
    if not parts:
        return "", ""
    count, unit = str(int(parts[1])), parts[2]
    if not unit or unit in units:
        return count, unit
    spelled = next((known for known in units if known.lower() == unit.lower()), None)
    return (count, spelled) if spelled else ("", "")


def _amount(text: str, units: dict[str, int]) -> int:
    """Return the amount that our own data speak of: `8kB`, `kB` for one of it, or a number."""
    parts = re.fullmatch(r"([0-9]*)([A-Za-z]*)", text)
    count, unit = parts.groups() if parts else ("", "")
    return int(count or 1) * (units[unit] if unit else 1)


def _write(amount: int, units: dict[str, int]) -> str:
    """Write an amount in the largest unit that loses nothing."""
    whole = [unit for unit, factor in units.items() if amount % factor == 0]
    unit = max(whole, key=units.__getitem__, default="")
    return f"{amount // units.get(unit, 1)}{unit}"


def _some(word: str, values: tuple[str, ...]) -> str:
    """Name the values, or of many those that look like the word."""
    if len(values) <= 12:
        return ", ".join(values)
    lowered = {value.lower(): value for value in values}
    close = [lowered[match] for match in get_close_matches(word, lowered, n=3)] or values[:3]
    return f"{', '.join(close)} … ({len(values) - len(close)} more)"
