"""Stop the service and remove all that Moorage made here, once somebody has agreed to that."""

import asyncio
import sys

import down
import typer

from moorage import config
from moorage.kit.errors import MoorageError
from moorage.purge import remove_all


def main() -> None:
    """Ask at a terminal, unless something is given; elsewhere nobody could answer."""
    try:
        settings = config.load()
        if not settings.data_dir.exists():
            print(f"{settings.data_dir} is not there; nothing was made, or it is gone already.")
            return
        if sys.stdin.isatty() and not sys.argv[1:]:
            typer.confirm(
                "Stop the service, and remove every instance with its data, all images (other "
                f"installations share them) and what we keep in {settings.data_dir}?",
                abort=True,
            )
        down.main()
        asyncio.run(remove_all(settings, images=True, say=print))
    except typer.Abort:
        sys.exit("Nothing was removed.")
    except MoorageError as error:
        sys.exit(error.message)


if __name__ == "__main__":
    main()
