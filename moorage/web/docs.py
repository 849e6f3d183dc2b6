"""Interactive documentation, from our own files."""

from pathlib import Path

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

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title="Moorage",
                version=version,
                summary="A self-hosted cloud on your own servers.",
                routes=app.routes,
            )
            schema.setdefault("components", {})["securitySchemes"] = _SECURITY_SCHEMES
            schema["security"] = [{"token": []}, {"password": []}]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way
