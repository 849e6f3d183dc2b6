"""How the schema came to be: Alembic, run at every start."""

from pathlib import Path

from sqlalchemy import create_engine, inspect, make_url, pool, text
from sqlalchemy.exc import DatabaseError

from moorage.kit.errors import Unavailable

_VERSIONS = Path(__file__).parent / "versions"


def upgrade(url: str) -> None:
    """Bring the schema of a database up to date. Blocks. Raises Unavailable."""
    try:
        if not _is_up_to_date(url):
            _migrate(url)
    except DatabaseError as error:
        reason = str(error.orig).partition("\n")[0]
        raise Unavailable(
            f"The database {_shown(url)} cannot be used: {reason}. Look at MOORAGE_DATABASE_URL."
        ) from error


def sync_url(url: str) -> str:
    """Return the URL with a driver that Alembic can use; psycopg can do both."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = parsed.set(drivername="sqlite")
    return parsed.render_as_string(hide_password=False)


def _migrate(url: str) -> None:
    # Alembic costs 10 MiB and a tenth of a second, which most starts can do without.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def _is_up_to_date(url: str) -> bool:
    known = sorted(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*.py"))
    with create_engine(sync_url(url), poolclass=pool.NullPool).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        current = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if current not in (None, *known):
        raise Unavailable(
            f"The database {_shown(url)} was made by a newer release ({current}): install that one."
        )
    return bool(current == known[-1])


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)
