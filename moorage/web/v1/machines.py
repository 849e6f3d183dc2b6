"""`/v1/machines`: all that there are, who may use each, and what they were doing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from moorage.identity.rules import Caller
from moorage.instances.tools import Tools
from moorage.inventory import assignments, samples
from moorage.inventory.machine import Machine
from moorage.kit.i18n import translated
from moorage.kit.paging import listed
from moorage.web import bodies, etags
from moorage.web.deps import AdminDep, CallerDep, ToolsDep, VisitDep
from moorage.web.etags import IfMatchDep
from moorage.web.machines.schemas import MachineInfo, WantedDep
from moorage.web.paging import ListOut, PageDep
from moorage.web.v1.fields import In, Out, left_out
from moorage.web.v1.nouns import noun, problems

Usernames = Annotated[list[str], Field(max_length=1000)]
AssignedTo = Annotated[
    list[str] | None,
    Field(description="For admins: the users that may use it; null: everybody, []: admins only."),
]


class MachineOut(MachineInfo):
    """A machine. other: whatever else a file says of it."""

    other: dict[str, Any]  # Any: JSON
    assigned_to: AssignedTo = None


class MachinesOut(ListOut[MachineOut]):
    """One page of machines."""

    problem: str | None = Field(
        description="For admins: what is wrong with where machines are known from."
    )


class MachinePatch(In):
    """What changes. assigned_to: names or ids of users; null: everybody, []: admins only."""

    assigned_to: Usernames | None = left_out()

    def told(self) -> str:
        """Return what changes in the words of the audit log."""
        if "assigned_to" not in self.model_fields_set:
            return ""
        return "everybody" if self.assigned_to is None else ", ".join(self.assigned_to) or "nobody"


class StateOut(Out):
    """What a PATCH can change; the ETag of a machine is of this alone."""

    id: int
    assigned_to: list[str] | None


class SampleOut(Out):
    """What a machine was doing at a moment. cpu, gpu: 0 to 1; mem_used, disk_used: bytes."""

    at: datetime
    cpu: float | None
    mem_used: int | None
    disk_used: int | None
    gpu: float | None


class HistoryOut(Out):
    """Samples, oldest first."""

    items: list[SampleOut]


router = noun("machines")


@router.get("", response_model=MachinesOut)
async def list_machines(
    caller: CallerDep, tools: ToolsDep, page: PageDep, wanted: WantedDep
) -> dict[str, object]:
    """List the machines that you may use, by id; an administrator sees all."""
    seen = await assignments.seen_by(tools.db, caller, tools.machines)
    found = [one for one in wanted.among(seen) if _key(one) > (page.after or "")]
    shown = await _shown(tools, caller, found[: page.one_more])
    problem = tools.machines.problem() if caller.is_admin else None
    return {**listed(shown, page, key=_key), "problem": translated(problem) if problem else None}


@router.get("/{machine}", response_model=MachineOut, responses=problems(404) | etags.SHOWN)
async def show_machine(machine: str, caller: CallerDep, tools: ToolsDep) -> Response:
    """Show a machine by its id."""
    found = await _found(tools, caller, machine)
    [shown] = await _shown(tools, caller, [found])
    return _tagged(shown)


@router.patch(
    "/{machine}",
    response_model=MachineOut,
    responses=problems(403, 404, 409, 412, 413) | etags.SHOWN,
    openapi_extra=bodies.described(MachinePatch, {"assigned_to": ["anna"]}),
)
async def change_machine(
    machine: str,
    request: Request,
    caller: AdminDep,
    visit: VisitDep,
    tools: ToolsDep,
    if_match: IfMatchDep,
) -> Response:
    """Assign a machine to some users, to nobody, or to everybody."""
    wanted = bodies.parse(MachinePatch, await bodies.read_json(request))
    found = await _found(tools, caller, machine)
    async with tools.db.begin() as session:
        assigned = await assignments.usernames(session, [found.id])
        if_match.check(StateOut(id=found.id, assigned_to=assigned.get(found.id)))
        if "assigned_to" in wanted.model_fields_set:
            await assignments.assign(session, found.id, wanted.assigned_to)
        await visit.record(session, "machine.assign", str(found.id), detail=wanted.told())
    [shown] = await _shown(tools, caller, [found])
    return _tagged(shown)


@router.get("/{machine}/history", response_model=HistoryOut, responses=problems(404))
async def show_history(
    machine: str,
    caller: CallerDep,
    tools: ToolsDep,
    hours: Annotated[int, Query(ge=1, le=samples.KEPT_HOURS, description="How far back.")] = 24,
) -> HistoryOut:
    """Show what a machine was doing: a sample a minute, fewer of more than a day."""
    found = await _found(tools, caller, machine)
    async with tools.db.read() as session:
        rows = await samples.list_samples(session, found.id, hours=hours)
    return HistoryOut(items=[SampleOut.model_validate(row) for row in rows])


async def _found(tools: Tools, caller: Caller, machine: str) -> Machine:
    return await assignments.get_for(tools.db, caller, tools.machines, machine)


async def _shown(tools: Tools, caller: Caller, machines: Sequence[Machine]) -> list[MachineOut]:
    async with tools.db.read() as session:
        assigned = await assignments.usernames(session, [one.id for one in machines])
    shown = [MachineOut.model_validate(one) for one in machines]
    if caller.is_admin:
        for one in shown:
            one.assigned_to = assigned.get(one.id)
    return shown


def _tagged(shown: MachineOut) -> Response:
    return etags.answer(shown, of=StateOut(id=shown.id, assigned_to=shown.assigned_to))


def _key(machine: Machine | MachineOut) -> str:
    return f"{machine.id:010}"  # sorted as text, they are sorted as numbers
