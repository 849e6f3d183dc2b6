"""`/v1/servers`: the machines that instances run on."""

from datetime import datetime
from operator import attrgetter

from pydantic import BaseModel, Field

from moorage.identity.rules import Caller
from moorage.instances import servers
from moorage.instances.models import Kind
from moorage.instances.servers import Seen, Status
from moorage.instances.tools import Tools
from moorage.kit.paging import Listed, listed
from moorage.web.deps import CallerDep, ToolsDep
from moorage.web.paging import ListOut, PageDep
from moorage.web.v1.nouns import noun, problems


class EngineOut(BaseModel):
    """A server's engine, as it described itself when it last did."""

    version: str = Field(examples=["20.10.24"])
    operating_system: str = Field(examples=["Debian GNU/Linux 12 (bookworm)"])
    cpus: int = Field(examples=[4])
    memory_mib: int = Field(examples=[16_384])


class LeftoverOut(BaseModel):
    """Something with our label that belongs to nothing we know; see MOORAGE_LEFTOVERS."""

    kind: Kind
    name: str = Field(examples=["moorage-4f0c1a-redis-7-data"])
    seen_at: datetime = Field(description="When it was first seen.")


class ServerOut(BaseModel):
    """A server."""

    id: str = Field(examples=["srv_01KAKQ8C5V0GJ3N6Z9X2T4W7YR"])
    name: str = Field(description="By which an order chooses it.", examples=["local"])
    status: Status = Field(description="Whether its engine answers now; unknown: not at once.")
    address: str = Field(description="Where clients reach what runs on it.", examples=["192.0.2.7"])
    engine: EngineOut | None = Field(description="For admins; null until it has answered once.")
    instances: int | None = Field(description="How many it has; for admins.")
    leftovers: list[LeftoverOut] | None = Field(description="For admins.")
    created_at: datetime


router = noun("servers")


@router.get("", response_model=ListOut[ServerOut])
async def list_servers(page: PageDep, caller: CallerDep, tools: ToolsDep) -> Listed:
    """List the servers by name."""
    found = await servers.list_after(tools, page.after, limit=page.one_more)
    return listed([_out(tools, caller, one) for one in found], page, key=attrgetter("name"))


@router.get("/{server}", response_model=ServerOut, responses=problems(404))
async def show_server(server: str, caller: CallerDep, tools: ToolsDep) -> ServerOut:
    """Show a server, by its id or name, and whether its engine answers right now."""
    return _out(tools, caller, await servers.get(tools, server))


def _out(tools: Tools, caller: Caller, seen: Seen) -> ServerOut:
    known = caller.is_admin and seen.info is not None
    return ServerOut(
        id=seen.server.id,
        name=seen.server.name,
        status=seen.status,
        address=tools.settings.reachable_address,
        engine=EngineOut.model_validate(seen.info, from_attributes=True) if known else None,
        instances=seen.instances if caller.is_admin else None,
        leftovers=[LeftoverOut.model_validate(one, from_attributes=True) for one in seen.leftovers]
        if caller.is_admin
        else None,
        created_at=seen.server.created_at,
    )
