"""One look at a server: what is there, what that means, what is written and mended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile

from sqlalchemy import select

from moorage.audit import service as audit
from moorage.engines.port import Container, Engine
from moorage.instances import reconcile, rules, states
from moorage.instances.models import STANDS, Instance, Kind
from moorage.instances.reconcile import Facts, Finding, Thing
from moorage.instances.tools import Tools
from moorage.instances.words import last_words
from moorage.kit.clock import now
from moorage.kit.db import Session
from moorage.operations import service as operations
from moorage.operations.models import UNFINISHED, Operation

_MEND = "instance.mend"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done about an instance. finding: None for one that is gone."""

    instance: Instance
    finding: Finding | None
    is_to_be_mended: bool

    @property
    def is_news(self) -> bool:
        """Whether the row says anything else."""
        return self.finding is not None and self.finding.changes(self.instance)


async def facts(tools: Tools, engine: Engine) -> Facts:
    """See what a server has of this installation. Raises Unavailable.

    Containers before volumes: a container that is seen has made its volume by then.
    """
    ours = {rules.DEPLOYMENT: tools.installation}
    at = now()
    containers = await engine.find_containers(ours)
    volumes = await engine.find_volumes({})
    networks = await engine.find_networks(ours)
    things = [
        *(Thing("container", one.name, one.labels) for one in containers),
        *(
            Thing("volume", one.name, one.labels)
            for one in volumes
            if one.labels.get(rules.DEPLOYMENT) == tools.installation
        ),
        *(Thing("network", one.name, one.labels) for one in networks),
    ]
    return Facts(
        at=at,
        containers=_by_instance(containers),
        volumes={one.name for one in volumes},
        things=things,
    )


def _by_instance(containers: Iterable[Container]) -> dict[str, dict[str, Container]]:
    found: dict[str, list[Container]] = {}
    for one in containers:
        if instance_id := one.labels.get(rules.INSTANCE):
            found.setdefault(instance_id, []).append(one)
    return {instance_id: reconcile.by_service(parts) for instance_id, parts in found.items()}


async def write_down(
    tools: Tools, server_id: str, engine: Engine, seen: Facts
) -> set[tuple[Kind, str]]:
    """Write down what is news, have mended what is wrong, and return what is nobody's.

    Nothing is done to an instance while an operation works on it, or has since the look.
    """
    async with tools.db.read() as session:
        known = await _known(session, server_id, seen)
        verdicts = await _verdicts(session, tools, known, seen)
    if verdicts:
        words = await _told_by(tools, engine, verdicts)
        async with tools.db.begin() as session:  # rows may have changed: judge again
            again = await _known(session, server_id, seen)
            for verdict in await _verdicts(session, tools, again, seen):
                await _act(session, verdict, words, at=seen.at)
    return reconcile.strangers(
        seen.things,
        instances={one.id for one in known.instances},
        owners={one.owner_id for one in known.instances if one.deleted_at is None}
        | set(known.busy.values()),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """Rows that a look concerns. busy: instance → owner, of those that are being worked on."""

    instances: Sequence[Instance]
    busy: Mapping[str, str]


async def _known(session: Session, server_id: str, seen: Facts) -> _Known:
    """Read what stands on the server, and what has left something there."""
    unfinished = select(Operation.subject, Operation.owner_id).where(
        Operation.status.in_(UNFINISHED)
    )
    busy = dict((await session.execute(unfinished)).all())
    standing = (
        await session.scalars(select(Instance).where(Instance.server_id == server_id, *STANDS))
    ).all()
    others = {thing.instance_id for thing in seen.things} - {one.id for one in standing}
    named = [one for one in others if one is not None]
    gone = await session.scalars(select(Instance).where(Instance.id.in_(named))) if named else ()
    return _Known([*standing, *gone], busy)


async def _verdicts(session: Session, tools: Tools, known: _Known, seen: Facts) -> list[Verdict]:
    """Return what there is to do."""
    verdicts = []
    for instance in known.instances:
        if instance.id in known.busy or _is_later(instance, seen.at):
            continue
        verdict = _verdict(tools, instance, seen)
        if verdict.is_to_be_mended and not await _may_mend(session, instance, seen.at):
            verdict = replace(verdict, is_to_be_mended=False)
        if verdict.is_news or verdict.is_to_be_mended:
            verdicts.append(verdict)
    return verdicts


def _verdict(tools: Tools, instance: Instance, seen: Facts) -> Verdict:
    if instance.status == "failed" or instance.deleted_at is not None:
        return Verdict(instance, None, bool(reconcile.remains(instance, seen.things)))
    if instance.desired == "gone" or instance.status == "creating":  # for operations to settle
        return Verdict(instance, None, False)
    finding = reconcile.find(
        instance,
        seen.containers.get(instance.id, {}),
        lasting=rules.lasting(instance),
        gone=[
            volume
            for volume in rules.volumes(tools.installation, instance)
            if volume not in seen.volumes
        ],
        at=seen.at,
    )
    return Verdict(instance, finding, finding.is_wrong)


async def _told_by(tools: Tools, engine: Engine, verdicts: Iterable[Verdict]) -> dict[str, str]:
    """Return the end of the logs that say why something is news, by container."""
    return {
        culprit: await last_words(tools, engine, verdict.instance, culprit)
        for verdict in verdicts
        if verdict.is_news and verdict.finding and (culprit := verdict.finding.culprit)
    }


def _is_later(instance: Instance, look: datetime) -> bool:
    """Return whether the row knows better: an operation ended after the look."""
    return instance.observed_at is not None and instance.observed_at > look


async def _may_mend(session: Session, instance: Instance, at: datetime) -> bool:
    latest = await session.execute(
        select(Operation.kind, Operation.status, Operation.ended_at)
        .where(Operation.subject == instance.id)
        .order_by(Operation.number.desc())
        .limit(reconcile.FAILURES_COUNTED)
    )
    failures = takewhile(lambda row: _has_failed(row.kind, row.status), latest)
    again = reconcile.mend_from([row.ended_at for row in failures])
    return again is None or again <= at


def _has_failed(kind: str, status: str) -> bool:
    return status == "failed" or (kind == _MEND and status == "cancelled")


async def _act(
    session: Session, verdict: Verdict, words: Mapping[str, str], *, at: datetime
) -> None:
    instance, finding = verdict.instance, verdict.finding
    if finding is not None and verdict.is_news:
        if said := words.get(finding.culprit or ""):
            finding = replace(finding, message=f"{finding.message} {said}")
        await states.set_found(session, instance.id, finding, at=at)
    if verdict.is_to_be_mended:
        await operations.enqueue(
            session,
            "instance.mend",
            subject=instance.id,
            owner_id=instance.owner_id,
            server_id=instance.server_id,
        )
        await audit.record(
            session,
            caller=None,
            action=_MEND,
            subject=instance.id,
            source_address=None,
            detail=finding.message if finding else "Something of it was left on its server.",
        )
