"""Interactive documentation, from our own files, and a page about each problem."""

import json
import os
import re
from html import escape
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from moorage.kit.errors import NotFound
from moorage.kit.i18n import Text
from moorage.web import problems
from moorage.web.problems import Problem, ProblemOut

STATIC = Path(__file__).parent / "static"

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; style-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_SECURITY_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
    "ticket": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Auth-Token",
        "description": "A ticket from `POST /api/ticket`.",
    },
    "password": {"type": "http", "scheme": "basic", "description": "Username and password."},
}
_DESCRIPTION = f"""
New code: `/v1`, where whatever can go wrong is one of the [problems]({problems.PATH}). The other
paths are for existing clients of databases, apps, virtual machines and sessions, and answer as
those expect; behind all of them are the same instances, machines and users.
"""
# In the order of the page.
_TAGS = {
    "blueprints": "What there is to order, and what an order may say.",
    "instances": "Databases, caches and apps: order, watch, stop, remove.",
    "operations": "What long work is doing, live.",
    "vms": "Virtual machines of the OpenStack cloud.",
    "machines": "All that there are, and who may use each.",
    "servers": "Machines that instances run on.",
    "users": "Who may call.",
    "tokens": "By which programs prove for whom they call.",
    "usage": "How much of what you may have is in use.",
    "audit": "Who did what, when, and from where.",
    "databases and caches": "For existing clients, and how these add users: new code orders at "
    "`/v1/instances`, and adds users at `/v1/users`.",
    "apps": "For existing clients: new code installs at `/v1/instances`.",
    "virtual machines": "For existing clients: new code starts them at `/v1/vms`.",
    "machines and sessions": "For existing clients, and browsers: a ticket is a session.",
    "health": "For whatever watches the service.",
}


class Static(StaticFiles):
    """Our own files, with the headers of our own pages."""

    def file_response(
        self,
        full_path: os.PathLike[str] | str,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return a file."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers.update(_HEADERS)
        return answer


router = APIRouter(include_in_schema=False)


@router.get("/")
@router.get("/docs")
@router.get("/api/spec.html")
async def show_docs() -> FileResponse:
    """Show Swagger UI; its "Authorize" keeps the token for the requests it sends."""
    return FileResponse(STATIC / "swagger" / "index.html", headers=_HEADERS)


@router.get(problems.PATH)
async def list_problems() -> HTMLResponse:
    """List all that can go wrong."""
    rows = "".join(
        f'<tr><td>{one.status}<td><a href="{one.type}">{escape(one.title)}</a>'
        for one in problems.ALL
    )
    return _page("Problems", f"<table>{rows}</table>")


@router.get(problems.PATH + "/{problem}")
async def show_problem(problem: str) -> HTMLResponse:
    """Explain one problem. Raises NotFound."""
    for one in problems.ALL:
        if one.name == problem:
            return _page(one.title, _explained(one))
    raise NotFound(Text("There is no such problem; {path} lists all.", path=problems.PATH))


def describe(app: FastAPI, *, version: str) -> None:
    """Have `/openapi.json` say how callers prove who they are, and what a problem looks like."""

    def openapi() -> dict[str, Any]:  # Any: OpenAPI
        if app.openapi_schema is None:
            schema = get_openapi(
                title="Moorage",
                version=version,
                summary="A self-hosted cloud on your own servers.",
                description=_DESCRIPTION,
                tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
                routes=app.routes,
            )
            _drop_validation_errors(schema)
            components = schema.setdefault("components", {})
            components["securitySchemes"] = _SECURITY_SCHEMES
            components["schemas"] |= _problem_schemas()
            schema["security"] = [{name: []} for name in _SECURITY_SCHEMES]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _problem_schemas() -> dict[str, Any]:  # Any: OpenAPI
    whole = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**whole.pop("$defs"), "ProblemOut": whole}


def _drop_validation_errors(schema: dict[str, Any]) -> None:  # Any: OpenAPI
    """Take out the 422 that FastAPI promises by itself: web.errors answers 400."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            response = operation["responses"].get("422", {})
            if "HTTPValidationError" in json.dumps(response):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        schema.get("components", {}).get("schemas", {}).pop(name, None)


def _explained(problem: Problem) -> str:
    return (
        f"<p>{_marked(problem.meaning)}<p>{_marked(problem.remedy)}"
        f"<pre>{escape(json.dumps(problem.example, indent=2, ensure_ascii=False))}</pre>"
        f'<p><a href="{problems.PATH}">All problems</a>'
    )


def _marked(text: str) -> str:
    """Return the text as HTML; what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _page(title: str, body: str) -> HTMLResponse:
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width">'
        f'<link rel="stylesheet" href="/static/problems.css">'
        f"<main><h1>{escape(title)}</h1>{body}</main></html>"
    )
    return HTMLResponse(page, headers=_HEADERS)
