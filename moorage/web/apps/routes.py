"""Routes of the apps door: each answers GET and POST, with parameters however they come."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from moorage.idempotency.service import fingerprint
from moorage.web.answers import errors, respond
from moorage.web.apps import answers, installs, looks, schemas
from moorage.web.apps.answers import Envelope
from moorage.web.deps import CallerDep, ToolsDep, VisitDep, WriterDep
from moorage.web.once import KeyDep, Once

Endpoint = Callable[..., Awaitable[JSONResponse]]


class RefusedOut(BaseModel):
    """What was not done, and why."""

    code: str = "0"
    message: str
    data: dict[str, str] = {}


router = APIRouter(
    tags=["apps"],
    responses=errors(
        RefusedOut,
        {
            400: "The body is neither JSON nor a form.",
            401: "Nobody known is calling.",
            403: "The caller may not do this.",
            429: "Too many requests.",
        },
    ),
)


def _both(
    path: str, takes: type[BaseModel], gives: type[BaseModel], *, changes: bool = False
) -> Callable[[Endpoint], Endpoint]:
    """Have a path answer GET and POST alike. changes: whether it changes something."""

    def register(endpoint: Endpoint) -> Endpoint:
        for method, told in (("GET", schemas.in_query(takes)), ("POST", schemas.in_body(takes))):
            router.add_api_route(
                path,
                endpoint,
                methods=[method],
                response_model=gives,
                deprecated=changes and method == "GET",
                openapi_extra=told,
            )
        return endpoint

    return register


@_both("/installApp", schemas.InstallIn, Envelope[answers.InstalledOut], changes=True)
async def install_app(
    request: Request, caller: WriterDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Install an app; follow its operation, or ask getAppInfo, until it runs."""
    wanted = await schemas.read(request, schemas.InstallIn)
    asked = fingerprint("/installApp", wanted.model_dump())
    once = Once(tools, caller.user_id, key, asked)
    return respond(await installs.install(tools, visit, once, wanted))


@_both("/uninstallApp", schemas.UninstallIn, Envelope[answers.RemovedOut], changes=True)
async def uninstall_app(
    request: Request, _caller: WriterDep, visit: VisitDep, tools: ToolsDep
) -> JSONResponse:
    """Remove an app, and its data unless `purge` is false; answers when all is gone."""
    wanted = await schemas.read(request, schemas.UninstallIn)
    return JSONResponse(await installs.uninstall(tools, visit, wanted))


@_both("/getAppInfo", schemas.AppIn, Envelope[answers.StateOut])
async def show_app(request: Request, caller: CallerDep, tools: ToolsDep) -> JSONResponse:
    """Show how an app is: whether it runs, where, and what is wrong with it."""
    wanted = await schemas.read(request, schemas.AppIn)
    return JSONResponse(await looks.app(tools, caller, wanted.app_name))


@_both("/getAllAppInfo", schemas.NothingIn, Envelope[answers.StatesOut])
async def show_apps(request: Request, caller: CallerDep, tools: ToolsDep) -> JSONResponse:
    """Show how all your apps are; an administrator sees everybody's."""
    await schemas.read(request, schemas.NothingIn)
    return JSONResponse(await looks.apps(tools, caller))


@_both("/uninstallAllApp", schemas.UninstallAllIn, Envelope[answers.AllRemovedOut], changes=True)
async def uninstall_apps(
    request: Request, _caller: WriterDep, visit: VisitDep, tools: ToolsDep
) -> JSONResponse:
    """Remove all your apps, when `confirm` is true; an administrator removes everybody's."""
    wanted = await schemas.read(request, schemas.UninstallAllIn)
    return JSONResponse(await installs.uninstall_all(tools, visit, wanted))


@_both("/searchServer", schemas.ServerIn, Envelope[answers.ServerOut])
async def show_server(request: Request, caller: CallerDep, tools: ToolsDep) -> JSONResponse:
    """Show what a server is doing right now, and what should worry you."""
    wanted = await schemas.read(request, schemas.ServerIn)
    return JSONResponse(await looks.server(tools, caller, wanted.server))


@_both("/getAppList", schemas.CatalogueIn, Envelope[answers.CatalogueOut])
async def list_catalogue(request: Request, _caller: CallerDep, tools: ToolsDep) -> JSONResponse:
    """List what can be installed."""
    wanted = await schemas.read(request, schemas.CatalogueIn)
    return JSONResponse(looks.catalogue(tools, wanted))
