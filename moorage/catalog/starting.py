"""Whether what is started of a stranger's project is enough for an app. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from moorage.catalog import running
from moorage.catalog.findings import Finding, error
from moorage.catalog.parse import mapping

Json = Mapping[str, Any]  # Any: JSON of the parser


def findings(model: Json, about: Json) -> Iterator[Finding]:
    """List what keeps the app from running. about: its block `x-moorage`."""
    started = running.services(model)
    for name in started:
        for needed, how in (model["services"][name].get("depends_on") or {}).items():
            if needed not in started and how.get("required", True):
                detail = f"{needed} has a profile, so it is never started; remove one of the two."
                yield error(f"services.{name}.depends_on.{needed}", "profiles", detail)
    for key in ("main", "database"):
        service = mapping(about.get(key)).get("service")
        if not isinstance(service, str) or service not in model["services"]:
            continue  # which the block's own check tells
        if service not in started:
            detail = f"{service} has a profile, so it is never started; remove that."
            yield error(f"x-moorage.{key}", "profiles", detail)
        elif running.outlet(model, service) is None:
            detail = f"{service} has no network, so nobody reaches it; remove network_mode."
            yield error(f"x-moorage.{key}", "network-mode", detail)
