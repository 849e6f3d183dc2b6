"""Settings → a FastAPI app; the only list of doors. `uvicorn moorage.app:app` works too."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from fastapi import FastAPI

from moorage import __version__, config
from moorage.config import Settings
from moorage.identity.throttle import Throttle
from moorage.identity.uses import Uses
from moorage.instances.tools import Tools
from moorage.kit import log
from moorage.kit.stop import hearing_stop
from moorage.operations.duties import Duty, repeated
from moorage.operations.feed import Feed
from moorage.web import docs, errors, health, metrics
from moorage.web.apps import routes as apps
from moorage.web.frame import Frame
from moorage.web.limits import Limits
from moorage.web.machines import info, status, ticket
from moorage.web.metrics import Metrics
from moorage.web.resources import routes as resources
from moorage.web.routing import Routing
from moorage.web.shortcut import Shortcut
from moorage.web.v1 import (
    audit,
    blueprints,
    instances,
    machines,
    operations,
    servers,
    tokens,
    usage,
    users,
    vms,
)
from moorage.web.vms import routes as cloud
from moorage.worker import performing
from moorage.world import open_world

_USES_EVERY_S = 60

World = Callable[[Settings], AbstractAsyncContextManager[Tools]]


def create_app(settings: Settings, *, world: World = open_world) -> FastAPI:
    """Return the service. world: what opens the outside; tests and demos give another one."""
    figures = Metrics()
    uses = Uses()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with world(settings) as tools:
            app.state.tools = tools
            app.state.feed = Feed(tools.db)
            keep_uses = Duty("tokens.uses", _USES_EVERY_S, partial(uses.flush, tools.db))
            async with performing(tools, ended=figures.operation) as queue, repeated(keep_uses):
                app.state.queue = queue
                with hearing_stop(tools.db.wakes.close):  # who waits for an operation is answered
                    yield
            await uses.flush(tools.db)

    app = FastAPI(
        title="Moorage",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,  # see web.routing
        strict_content_type=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.metrics = figures
    app.state.uses = uses
    app.state.throttle = Throttle(settings.login_failures)
    app.state.limits = Limits(settings.requests_per_minute)
    for door in (
        docs,
        resources,
        apps,
        info,
        status,
        ticket,
        cloud,
        health,
        metrics,
        audit,
        blueprints,
        instances,
        machines,
        operations,
        servers,
        tokens,
        usage,
        users,
        vms,
    ):
        app.router.routes.extend(door.router.routes)  # as they are: to include makes each again
    app.mount("/static", docs.Static(directory=docs.STATIC), name="static")
    errors.install(app)
    docs.describe(app, version=__version__)
    app.add_middleware(Shortcut)
    app.add_middleware(Routing)
    app.add_middleware(Frame, metrics=figures)
    return app


def __getattr__(name: str) -> FastAPI:
    if name != "app":
        raise AttributeError(name)
    settings = config.load()
    log.configure(settings.log_format, settings.log_level)
    return create_app(settings)
