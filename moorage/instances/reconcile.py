"""What a look at a server means: how its instances stand, what to mend, what is nobody's. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from moorage.catalog.running import SERVICE
from moorage.engines.port import Container, ContainerStatus
from moorage.instances import rules
from moorage.instances.models import Health, Instance, Kind, Observed, Status

PAUSED_FOR = timedelta(seconds=30)  # who copies data holds a container for a moment, not longer
FAILURES_COUNTED = 7  # a minute doubled so often is more than the longest pause
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)

_OBSERVED: Mapping[ContainerStatus, Observed] = {
    "created": "stopped",
    "running": "running",
    "paused": "paused",
    "restarting": "restarting",
    "removing": "missing",
    "exited": "stopped",
    "dead": "missing",
}

_ALIVE: Sequence[Observed] = ("missing", "stopped", "restarting", "paused", "running")


@dataclass(frozen=True, slots=True)
class Thing:
    """Something on a server that carries our label."""

    kind: Kind
    name: str
    labels: Mapping[str, str]

    @property
    def instance_id(self) -> str | None:
        """Whose it says it is; None for what instances share."""
        return self.labels.get(rules.INSTANCE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What one look at a server saw. containers: by instance, then by service.

    volumes: names of all, for one that was brought back from a backup has no label of ours.
    """

    at: datetime
    containers: Mapping[str, Mapping[str, Container]]
    volumes: Collection[str]
    things: Sequence[Thing]


@dataclass(frozen=True, slots=True)
class Finding:
    """How an instance stands. is_wrong: whether that can and must be mended.

    culprit: the id of a container whose log says why.
    """

    observed: Observed
    health: Health | None
    status: Status
    message: str | None = None
    is_wrong: bool = False
    culprit: str | None = None

    def changes(self, instance: Instance) -> bool:
        """Return whether the row says anything else; a reason that it has may stay."""
        then = (instance.observed, instance.health, instance.status)
        return then != (self.observed, self.health, self.status)


def by_service(containers: Iterable[Container]) -> dict[str, Container]:
    """Return the containers of one instance; a database has one service, without a name."""
    return {one.labels.get(SERVICE, ""): one for one in containers}


def find(
    instance: Instance,
    containers: Mapping[str, Container],
    *,
    lasting: Iterable[str],
    gone: Sequence[str] = (),
    at: datetime,
) -> Finding:
    """Return how an instance stands that is to run or to be stopped.

    lasting: its services that go on running. gone: its volumes that are not there.
    """
    seen = {service: _observed(containers.get(service)) for service in lasting}
    seen = seen or {"": "missing"}
    if gone:
        return Finding("volume missing", None, "degraded", without_data(gone[0]))
    if instance.desired == "stopped":
        return _to_be_stopped(max(seen.values(), key=_ALIVE.index))
    service = min(seen, key=lambda one: _ALIVE.index(seen[one]))
    observed, container = seen[service], containers.get(service)
    which = f"Its container {service}".rstrip()
    if observed == "running":
        return _running(instance, [containers[one] for one in seen])
    if observed == "restarting":
        it = which if service else "It"
        again = f"{it} ends again and again{_exit_code(container)}; its log says why."
        culprit = container.id if container else None
        return Finding(observed, None, "degraded", again, culprit=culprit)
    if observed == "paused":
        since = instance.observed_at if instance.observed == "paused" else None
        is_wrong = since is not None and at - since >= PAUSED_FOR
        return Finding(observed, None, "degraded", f"{which} is paused.", is_wrong)
    missing = f"{which} is gone; it is made again, with its data."
    ended = f"{which} has stopped{_exit_code(container)}; it is started again."
    return Finding(observed, None, "degraded", missing if observed == "missing" else ended, True)


def remains(instance: Instance, things: Iterable[Thing]) -> list[Thing]:
    """Return what is still there of an instance that is gone, or whose order failed."""
    return [
        thing
        for thing in things
        if thing.instance_id == instance.id and not (instance.data_kept and thing.kind == "volume")
    ]


def strangers(
    things: Iterable[Thing], *, instances: Collection[str], owners: Collection[str]
) -> set[tuple[Kind, str]]:
    """Return what belongs to no instance and no owner that we know, as (kind, name)."""
    return {
        (thing.kind, thing.name)
        for thing in things
        if thing.instance_id not in instances and thing.labels.get(rules.OWNER) not in owners
    }


def without_data(volume: str) -> str:
    """Return what to tell the owner of an instance whose volume is gone."""
    return (
        f"Its volume {volume} is gone, and its data with it. Bring it back from a backup under "
        "that name and start the instance; or remove the instance."
    )


def mend_from(failures: Sequence[datetime]) -> datetime | None:
    """Return when to mend again after failures in a row, the last one first."""
    if not failures:
        return None
    doublings = min(len(failures), FAILURES_COUNTED) - 1
    return failures[0] + min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)


def _to_be_stopped(observed: Observed) -> Finding:
    if observed in ("stopped", "missing"):
        return Finding(observed, None, "stopped")
    still = "It runs although it is to be stopped; it is stopped again."
    return Finding(observed, None, "degraded", still, True)


def _running(instance: Instance, containers: Sequence[Container]) -> Finding:
    health = _health(containers)
    if health == "unhealthy":
        sick = "It runs, but its engine's health check fails; its log says why."
        culprit = next(one.id for one in containers if one.health == "unhealthy")
        return Finding("running", health, "degraded", sick, culprit=culprit)
    is_fresh = any(one.is_fresh for one in containers)
    if instance.status == "degraded" and (health == "starting" or (is_fresh and _fell(instance))):
        return Finding("running", health, "degraded", instance.message)
    if health == "starting" and instance.health == "healthy":  # its engine looks for the first
        return Finding("running", "healthy", "running")  # time after half a minute
    return Finding("running", health, "running")


def _fell(instance: Instance) -> bool:
    """Return whether it ended again and again, and so may do it once more."""
    return instance.observed in ("restarting", "running") and instance.health != "unhealthy"


def _observed(container: Container | None) -> Observed:
    return "missing" if container is None else _OBSERVED[container.status]


def _health(containers: Iterable[Container]) -> Health | None:
    """Return the worst of what their checks say."""
    checked = {one.health for one in containers}
    known: tuple[Health, ...] = ("unhealthy", "starting", "healthy")
    return next((health for health in known if health in checked), None)


def _exit_code(container: Container | None) -> str:
    return f" (exit code {container.exit_code})" if container and container.exit_code else ""
