"""`/v1/usage`: how much of what somebody may have is in use."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from moorage.identity import service as identity
from moorage.identity.models import User
from moorage.instances import quotas
from moorage.instances.quotas import Usage
from moorage.web.deps import CallerDep, ToolsDep
from moorage.web.v1.nouns import noun, problems


class CountOut(BaseModel):
    """reserved: what is being made. limit: null when there is none."""

    in_use: int = Field(examples=[3])
    reserved: int = Field(examples=[1])
    limit: int | None = Field(examples=[100])


class ShareOut(BaseModel):
    """What there is of one blueprint, reserved ones too."""

    blueprint: str = Field(examples=["redis"])
    instances: int = Field(examples=[4])
    memory_mib: int = Field(examples=[1024])


class UsageOut(BaseModel):
    """What an owner has, and what it may have."""

    owner_id: str = Field(examples=["usr_01KAKQ8C5V0GJ3N6Z9X2T4W7YR"])
    owner: str = Field(description="The username.", examples=["anna"])
    instances: CountOut
    memory_mib: CountOut
    blueprints: list[ShareOut]


router = noun("usage")


@router.get("", response_model=UsageOut, responses=problems(404))
async def show_usage(
    caller: CallerDep,
    tools: ToolsDep,
    owner: Annotated[
        str, Query(description="An id or a username; admins may name anybody.")
    ] = identity.ME,
) -> UsageOut:
    """Show what you have and may have; an administrator may ask for any owner."""
    async with tools.db.read() as session:
        user = await identity.get_user_for(session, caller, owner)
        return _out(user, await quotas.usage(session, tools.settings, user))


def _out(user: User, usage: Usage) -> UsageOut:
    return UsageOut(
        owner_id=user.id,
        owner=user.username,
        instances=CountOut(
            in_use=usage.in_use.instances,
            reserved=usage.reserved.instances,
            limit=usage.quota.instances,
        ),
        memory_mib=CountOut(
            in_use=usage.in_use.memory_mib,
            reserved=usage.reserved.memory_mib,
            limit=usage.quota.memory_mib or None,
        ),
        blueprints=[
            ShareOut(blueprint=name, instances=held.instances, memory_mib=held.memory_mib)
            for name, held in usage.blueprints.items()
        ],
    )
