"""`moor serve`."""

import logging
from pathlib import Path
from typing import Annotated

import typer

log = logging.getLogger(__name__)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="Port to listen on (MOORAGE_PORT, else 8080).")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where Moorage keeps its things (MOORAGE_DATA_DIR).")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
) -> None:
    """Run the service in the foreground. It is ready when GET /readyz answers 200."""
    from moorage import __version__, config, server
    from moorage.app import create_app
    from moorage.kit import urls
    from moorage.kit.log import configure

    settings = config.load(data_dir=data_dir, port=port)
    configure(settings.log_format, settings.log_level)
    listening = server.listen(host, settings.port)
    url = f"http://{urls.host(host)}:{listening.getsockname()[1]}"
    log.info("Moorage %s at %s, data in %s", __version__, url, settings.data_dir)
    if workers > 1:
        config.hand_down(settings)
        raise typer.Exit(server.run_many("moorage.app:app", workers, listening))
    raise typer.Exit(server.run(create_app(settings), listening))
