"""Interactive documentation, from our own files."""

import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse

STATIC = Path(__file__).parent / "static"

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; style-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_SECURITY_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
    "password": {"type": "http", "scheme": "basic", "description": "Username and password."},
}

router = APIRouter(include_in_schema=False)


@router.get("/")
@router.get("/docs")
@router.get("/api/spec.html")
async def show_docs() -> FileResponse:
    """Show Swagger UI; its "Authorize" keeps the token for the requests it sends."""
    return FileResponse(STATIC / "swagger" / "index.html", headers=_HEADERS)


def describe(app: FastAPI, *, version: str) -> None:
    """Have `/openapi.json` say how callers prove who they are."""

    def openapi() -> dict[str, Any]:  # Any: OpenAPI
        if app.openapi_schema is None:
            schema = get_openapi(
                title="Moorage",
                version=version,
                summary="A self-hosted cloud on your own servers.",
                routes=app.routes,
            )
            _drop_validation_errors(schema)
            schema.setdefault("components", {})["securitySchemes"] = _SECURITY_SCHEMES
            schema["security"] = [{"token": []}, {"password": []}]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _drop_validation_errors(schema: dict[str, Any]) -> None:  # Any: OpenAPI
    """Take out the 422 that FastAPI promises by itself: web.errors answers 400."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            response = operation["responses"].get("422", {})
            if "HTTPValidationError" in json.dumps(response):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        schema.get("components", {}).get("schemas", {}).pop(name, None)
