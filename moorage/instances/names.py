"""What a new instance is called: by its owner, and on its server."""

import secrets

from sqlalchemy import ColumnElement, exists, select

from moorage.instances import rules
from moorage.instances.models import STANDS, Instance
from moorage.kit.db import Session, save
from moorage.kit.errors import Conflict
from moorage.kit.i18n import Text


async def save_new(
    session: Session, instance: Instance, name: str | None, *, only_one: bool
) -> None:
    """Write a new instance with a name, or with one that is free.

    Its project becomes another one if that stands on the server already, unless it must be the
    only one. Raises Conflict when a name is taken.
    """
    project = instance.project
    same_server = Instance.server_id == instance.server_id
    if project and await _is_taken(session, same_server, Instance.project == project):
        if only_one:
            raise Conflict(project_taken(project))
        instance.project = None
    instance.name = name or instance.id  # until the database has given the number
    await save_named(session, instance, if_taken=taken(instance.name))
    if project and instance.project is None:
        instance.project = f"{project}-{instance.number}"
    if name is None:
        wanted = rules.default_name(instance.blueprint, instance.number)
        same_owner = Instance.owner_id == instance.owner_id
        is_taken = await _is_taken(session, same_owner, Instance.name == wanted)
        instance.name = f"{wanted}-{secrets.token_hex(4)}" if is_taken else wanted
    await session.flush()


def taken(name: str) -> str:
    """Return what to tell an owner that has a name already."""
    return Text("You already have an instance named {name!r}.", name=name)


def project_taken(project: str) -> str:
    """Return what to tell when there can be one only, and it is there."""
    return Text("{name} exists on this server already; remove it first.", name=project)


async def save_named(session: Session, instance: Instance, *, if_taken: str) -> None:
    """Write an instance. Raises Conflict when its name is taken, or its project."""
    project = instance.project  # nothing can be read once it was refused
    try:
        await save(session, instance, if_taken=if_taken)
    except Conflict as error:
        if project and "project" in (error.detail or ""):
            raise Conflict(project_taken(project)) from error
        raise


async def _is_taken(session: Session, *conditions: ColumnElement[bool]) -> bool:
    return bool(await session.scalar(select(exists().where(*conditions, *STANDS))))
