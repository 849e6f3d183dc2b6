"""How an app stands, in the words of this door. Pure."""

from collections.abc import Mapping
from typing import Literal

from moorage.instances.models import Instance
from moorage.instances.reconcile import Finding
from moorage.kit.i18n import Text
from moorage.operations.models import Operation

_DOING = {
    "instance.create": Text("It is being installed"),
    "instance.delete": Text("It is being removed"),
    "instance.start": Text("It is being started"),
    "instance.restart": Text("It is being restarted"),
    "instance.stop": Text("It is being stopped"),
    "instance.mend": Text("It is being mended"),
}
_STEPS: Mapping[str, str] = {
    "Image": Text("its images"),
    "Containers": Text("its containers"),
    "Ready": Text("its first answer"),
    "Stop": Text("its end"),
    "Data": Text("its data"),
}
_STANDS = {"running": Text("It runs."), "stopped": Text("It is stopped.")}


def status_of(instance: Instance, operation: Operation | None) -> Literal["0", "1", "2"]:
    """Return 0: it is stopped, or something is being done with it; 1: it runs; 2: it is unwell.

    operation: the last one on it.
    """
    if operation is not None and not operation.is_ended:
        return "0"
    if instance.status in ("failed", "degraded"):
        return "2"
    return "1" if instance.status == "running" else "0"


def seen(finding: Finding, info: str) -> tuple[Literal["0", "1", "2"], str]:
    """Return how an app is that ran when it was last looked at; info: what that said."""
    if finding.status == "running":
        return "1", info
    if finding.observed in ("running", "restarting"):
        return "2", finding.message or info
    return "0", Text("It is being looked at.")


def info_of(instance: Instance, operation: Operation | None) -> str:
    """Return how far it is, or what is wrong with it."""
    if operation is not None and not operation.is_ended:
        doing = _DOING.get(operation.kind, Text("It is being changed"))
        if not operation.steps:
            return Text("{doing}.", doing=doing)
        step = operation.steps[-1]
        name, detail = _STEPS.get(step["name"], step["name"]), step.get("detail")
        now = Text("{step}: {detail}", step=name, detail=detail) if detail else name
        return Text(
            "{doing}: {progress}%, {now}", doing=doing, progress=operation.progress, now=now
        )
    if instance.message:
        return instance.message
    return _STANDS.get(instance.status, "")


def port_text(port: int | None) -> str:
    """Return a port; empty: there is none."""
    return "" if port is None else str(port)
