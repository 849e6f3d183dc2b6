"""`moor serve`."""

from pathlib import Path
from typing import Annotated

import typer

HOST = "127.0.0.1"
PORT = 8080


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = HOST,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = PORT,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where Moorage keeps its things (MOORAGE_DATA_DIR).")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:
    """Run the service in the foreground. It is ready when GET /readyz answers 200."""
    from moorage import config, server
    from moorage.app import create_app
    from moorage.kit import log

    settings = config.load(data_dir=data_dir)
    log.configure(settings.log_format, settings.log_level)
    if workers > 1:
        config.hand_down(settings)
        raise typer.Exit(server.run_many("moorage.app:app", workers, host=host, port=port))
    raise typer.Exit(server.run(create_app(settings), host=host, port=port))
