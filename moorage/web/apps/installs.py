"""Apps are installed and removed: the rooms decide, we wait where the door promises it."""

import asyncio

from moorage.idempotency.service import Answer
from moorage.instances import apps, inside, rules, servers, verbs
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.service import Order
from moorage.instances.tools import Tools
from moorage.kit.db import Session
from moorage.kit.errors import Invalid, MoorageError, NotFound
from moorage.kit.faults import refused
from moorage.kit.i18n import Text, translated
from moorage.operations import service as operations
from moorage.operations.models import Operation
from moorage.web.answers import REMOVED_WITHIN_S, located, location
from moorage.web.apps.answers import (
    AllRemovedOut,
    InstalledOut,
    JsonObject,
    NotRemovedOut,
    RemovedOut,
    answer,
)
from moorage.web.apps.schemas import InstallIn, UninstallAllIn, UninstallIn
from moorage.web.apps.states import port_text
from moorage.web.once import Once
from moorage.web.trail import Visit

_OUR_WORDS = {"blueprint": "appName", "name": "customName", "config": "settings"}


async def install(tools: Tools, visit: Visit, once: Once, wanted: InstallIn) -> Answer:
    """Order an app; whoever ordered it follows its operation."""
    order = _order(tools, wanted)

    async def make(session: Session) -> Answer:
        try:
            instance, operation = await instances.create(
                session, tools, owner_id=visit.caller.user_id, order=order
            )
        except Invalid as error:
            raise _in_our_words(error) from error
        await visit.record(session, operation.kind, instance.id)
        told = InstalledOut(
            containerName=rules.main(instance),
            port=port_text(instance.port),
            db_port=port_text(instance.db_port),
            info=translated(Text("Ask getAppInfo how far it is.")),
            operation=location(operation),
        )
        body = answer("1", Text("{app} is being installed.", app=wanted.app_name), told)
        return located(operation, 200, body)

    if await once.recall() is None:
        await apps.check_room(tools, order, sees=visit.caller.sees)
    return await once.make(make)


async def uninstall(tools: Tools, visit: Visit, wanted: UninstallIn) -> JsonObject:
    """Remove an app and wait until it is gone. Raises NotFound."""
    async with tools.db.read() as session:
        instance = await apps.find_app(session, tools, visit.caller, wanted.app_name)
    if instance is None:
        raise not_installed(wanted.app_name)
    kept = await _kept(tools, instance, purge=wanted.purge)
    operation = await _removed(tools, visit, instance, purge=wanted.purge)
    reason = _why_there(instance, operation)
    data = Text("Its data is kept: {volumes}.", volumes=", ".join(kept)) if kept else ""
    told = RemovedOut(info=translated(reason or data), operation=location(operation), volumes=kept)
    if reason is not None:
        return answer("0", reason, told)
    return answer("1", Text("{app} was uninstalled.", app=wanted.app_name), told)


async def uninstall_all(tools: Tools, visit: Visit, wanted: UninstallAllIn) -> JsonObject:
    """Remove all apps that the caller sees, several at a time, and wait until they are gone."""
    async with tools.db.read() as session:
        found = await apps.list_apps(session, visit.caller)
    names = [instance.blueprint for instance in found]
    if not wanted.confirm:
        question = Text("Nothing is removed yet: repeat it with confirm=true.")
        return answer("0", question, AllRemovedOut(removed=[], failed=[], apps=names, volumes=[]))
    outcomes = await asyncio.gather(
        *(_tried(tools, visit, instance, purge=wanted.purge) for instance in found)
    )
    removed, failed, volumes = list[str](), list[NotRemovedOut](), list[str]()
    for name, (reason, kept) in zip(names, outcomes, strict=True):
        if reason is None:
            removed.append(name)
            volumes += kept
        else:
            failed.append(NotRemovedOut(appName=name, reason=translated(reason)))
    told = AllRemovedOut(removed=removed, failed=failed, apps=[], volumes=volumes)
    if failed:
        return answer("0", Text("Not all apps were uninstalled; failed says why."), told)
    return answer("1", Text("All apps were uninstalled."), told)


def not_installed(name: str) -> NotFound:
    """Return what to tell who asks for an app that is not there."""
    return NotFound(Text("{app} is not installed.", app=name))


def _order(tools: Tools, wanted: InstallIn) -> Order:
    """Raises NotFound (not in the catalogue), Invalid."""
    if all(app.name != wanted.app_name for app in tools.catalog.list("app")):
        raise NotFound(
            Text(
                "There is no app {app} in the catalogue; getAppList lists all.", app=wanted.app_name
            )
        )
    if wanted.domain is not None:
        raise Invalid(Text("domain: is not possible yet; leave it out and use the port."))
    return Order(
        blueprint=wanted.app_name,
        config=wanted.settings,
        name=wanted.custom_name,
        version=wanted.version,
        server=wanted.server,
        only_one=True,
    )


def _in_our_words(error: Invalid) -> Invalid:
    if not error.fields:
        return error
    fields = {}
    for name, reason in error.fields.items():
        first, dot, rest = name.partition(".")
        fields[_OUR_WORDS.get(first, first) + dot + rest] = reason
    return refused(fields, detail=error.detail)


async def _removed(tools: Tools, visit: Visit, instance: Instance, *, purge: bool) -> Operation:
    """Return the operation that removes an instance, when it has ended or takes too long."""
    await servers.check_engine_of(tools, instance)
    async with tools.db.begin() as session:
        found = await instances.get_own(session, visit.caller, instance.id)
        operation = await verbs.delete(session, found, keep_data=not purge)
        await apps.forget_failed(session, visit.caller, found)
        await visit.record(session, operation.kind, found.id)
    return await operations.wait(tools.db, operation.id, timeout_s=REMOVED_WITHIN_S)


async def _tried(
    tools: Tools, visit: Visit, instance: Instance, *, purge: bool
) -> tuple[str | None, list[str]]:
    """Return why an app is still there, None when it is gone; and the volumes that it leaves."""
    try:
        kept = await _kept(tools, instance, purge=purge)
        return _why_there(instance, await _removed(tools, visit, instance, purge=purge)), kept
    except MoorageError as error:
        return error.message, []


async def _kept(tools: Tools, instance: Instance, *, purge: bool) -> list[str]:
    return [] if purge else list(await inside.volumes(tools, instance))


def _why_there(instance: Instance, operation: Operation) -> Text | None:
    if operation.has_failed:
        return Text(
            "{app} was not uninstalled: {reason}",
            app=instance.blueprint,
            reason=operation.error or Text("somebody has cancelled it."),
        )
    if not operation.is_ended:
        return Text("{app} is still being removed; ask again in a moment.", app=instance.blueprint)
    return None
