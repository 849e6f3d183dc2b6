"""Write a migration from what the models and the last migration differ in.

Usage: python scripts/migration.py "Add a column"
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from moorage import migrations


def main() -> None:
    """Bring an empty database to the last migration, compare, and write the next one."""
    folder = Path(migrations.__file__).parent
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{scratch}/empty.db"
        migrations.upgrade(url)
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["url"] = url
        number = f"{len(list((folder / 'versions').glob('[0-9]*.py'))) + 1:04}"
        command.revision(config, message=sys.argv[1], autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main()
