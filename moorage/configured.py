"""What `moor config` shows: every setting in force, where it comes from and what it means."""

import re

from moorage import config
from moorage.config import PREFIX, Settings


def describe(settings: Settings) -> list[tuple[str, str, str, str]]:
    """List every setting as (name, value, source, meaning); a URL's password is masked."""
    sources = config.sources(settings)
    return [
        (
            PREFIX + name.upper(),
            _shown(name, settings),
            next((source for source, given in sources.items() if name in given), "default"),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def unknown(settings: Settings) -> list[str]:
    """List what the environment and the file set though there is no such setting."""
    sources = config.sources(settings)
    variables = sources["environment"].keys() - Settings.model_fields.keys()
    keys = sources["moorage.toml"].keys() - Settings.model_fields.keys()
    return [
        *(PREFIX + name.upper() for name in sorted(variables)),
        *(f"{key} in moorage.toml" for key in sorted(keys)),
    ]


def _shown(name: str, settings: Settings) -> str:
    if name == "database_url":
        from sqlalchemy import make_url  # most commands need no database

        return make_url(settings.database).render_as_string(hide_password=True)
    if name == "redis_url":
        return re.sub(r":[^@/]*@", ":***@", settings.redis_url)
    if name == "secret_key_file":
        return str(settings.secret_key)
    if name == "machines":
        return str(settings.machines_file)
    value = getattr(settings, name)
    if value is None:
        return ""
    return ",".join(value) if isinstance(value, tuple) else str(value)
