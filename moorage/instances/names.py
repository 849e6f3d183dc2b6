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
    there = await _find_project(session, instance) if project else None
    if there is not None:
        if only_one:
            raise Conflict(app_is_there(there, sees=instance.owner_id))
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


def app_is_there(instance: Instance, *, sees: str | None) -> str:
    """Return what to tell when there can be one only, and it is there. sees: whose; None: all."""
    name = rules.main(instance)
    if instance.status == "creating":
        return Text("{name} is being installed on this server already.", name=name)
    if instance.status == "deleting":
        return Text(
            "{name} is being removed from this server; try again when it is gone.", name=name
        )
    if sees in (None, instance.owner_id):
        return Text("{name} exists on this server already; remove it first.", name=name)
    return _exists(name)


async def save_named(session: Session, instance: Instance, *, if_taken: str) -> None:
    """Write an instance. Raises Conflict when its name is taken, or its project."""
    project = instance.project  # nothing can be read once it was refused
    try:
        await save(session, instance, if_taken=if_taken)
    except Conflict as error:
        if project and "project" in (error.detail or ""):
            raise Conflict(_exists(project)) from error
        raise


def _exists(project: str) -> str:
    return Text("{name} exists on this server already.", name=project)


async def _find_project(session: Session, instance: Instance) -> Instance | None:
    """Return the instance that stands where another one is to be."""
    same_place = (Instance.server_id == instance.server_id, Instance.project == instance.project)
    return await session.scalar(select(Instance).where(*same_place, *STANDS))


async def _is_taken(session: Session, *conditions: ColumnElement[bool]) -> bool:
    return bool(await session.scalar(select(exists().where(*conditions, *STANDS))))
