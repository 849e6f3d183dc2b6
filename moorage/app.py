"""Settings → a FastAPI app; the only list of doors. `uvicorn moorage.app:app` works too."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from moorage import __version__, config
from moorage.config import Settings
from moorage.identity.throttle import Throttle
from moorage.instances.tools import Tools
from moorage.kit import log
from moorage.operations.runner import Runner
from moorage.web import docs, errors, health, metrics
from moorage.web.frame import Frame
from moorage.web.metrics import Metrics
from moorage.web.resources import routes as resources
from moorage.web.v1 import operations as v1_operations
from moorage.worker import jobs
from moorage.world import open_world

World = Callable[[Settings], AbstractAsyncContextManager[Tools]]


def create_app(settings: Settings, *, world: World = open_world) -> FastAPI:
    """Return the service. world: what opens the outside; tests and demos give another one."""
    figures = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with world(settings) as tools:
            runner = Runner(
                tools.db,
                jobs(tools),
                at_once=settings.operations_at_once,
                turn_file=settings.data_dir / "operations.lock",
                ended=figures.operation,
            )
            app.state.tools, app.state.runner = tools, runner
            runner.start()
            try:
                yield
            finally:
                await runner.stop(grace_s=settings.stop_grace_s)

    app = FastAPI(
        title="Moorage",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        strict_content_type=False,
    )
    app.state.metrics = figures
    app.state.throttle = Throttle(settings.login_failures)
    for door in (docs, resources, v1_operations, health, metrics):
        app.include_router(door.router)
    app.mount("/static", StaticFiles(directory=docs.STATIC), name="static")
    errors.install(app)
    docs.describe(app, version=__version__)
    app.add_middleware(Frame, metrics=figures)
    return app


def __getattr__(name: str) -> FastAPI:
    if name != "app":
        raise AttributeError(name)
    settings = config.load()
    log.configure(settings.log_format, settings.log_level)
    return create_app(settings)
