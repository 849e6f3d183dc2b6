"""What an order of an app may set, and what its variables say then. Pure."""

from jsonschema import Draft202012Validator
from referencing import Registry

from moorage.catalog.app import App
from moorage.catalog.patterns import CHECKER
from moorage.catalog.reasons import reasons
from moorage.kit.crypto import new_password
from moorage.kit.faults import refused
from moorage.kit.i18n import Text

_LONGEST = 65_536  # far below what Linux takes in one variable


def variables(app: App, settings: object = None, *, version: str | None = None) -> dict[str, str]:
    """Return the variables of an order, without the secrets. settings: any JSON.

    Raises Invalid with every setting that is wrong.
    """
    if version is not None and version not in app.versions:
        reason = Text(
            "{given!r:.80} is no version of {name}; there are {versions}",
            given=version,
            name=app.name,
            versions=", ".join(app.versions),
        )
        raise refused({"version": reason})
    given = {} if settings is None else settings
    schema = {"type": "object", **app.questions, "additionalProperties": False}
    checker = CHECKER(
        schema,
        format_checker=Draft202012Validator.FORMAT_CHECKER,
        registry=Registry(),  # which fetches nothing
    )
    asked = app.questions.get("properties", {})
    faults = dict(fault for error in checker.iter_errors(given) for fault in reasons(error, asked))
    faults |= _unfit(given) if isinstance(given, dict) else {}
    if faults or not isinstance(given, dict):
        raise refused(faults)
    defaults = {name: one["default"] for name, one in asked.items() if "default" in one}
    answers = {name: _text(value) for name, value in {**defaults, **given}.items()}
    return {**app.values, **answers, "MOORAGE_VERSION": version or app.versions[0]}


def new_secrets(app: App) -> dict[str, str]:
    """Return a new value for each secret."""
    return {name: new_password() for name in app.secrets}


def _unfit(given: dict[str, object]) -> dict[str, str]:
    """Return which settings no variable of the environment can hold."""
    reason = Text("has a NUL or more than {most} characters", most=_LONGEST)
    return {
        f"settings.{name}": reason
        for name, value in given.items()
        if "\0" in _text(value) or len(_text(value)) > _LONGEST
    }


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
