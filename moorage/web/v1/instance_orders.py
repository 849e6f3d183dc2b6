"""From a request to an order; all that is wrong with it is said at once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moorage.instances import service as instances
from moorage.instances.service import Order
from moorage.instances.tools import Tools
from moorage.kit.errors import Invalid
from moorage.kit.faults import Faults
from moorage.web import bodies
from moorage.web.v1.instance_schemas import InstanceIn


async def order(tools: Tools, content: dict[str, Any]) -> Order:  # Any: JSON
    """Return the order that a request tells of. Raises Invalid with all that is wrong with it."""
    try:
        return _order(bodies.parse(InstanceIn, content))
    except Invalid as error:
        raise await _with_the_rest(tools, content, error) from error


@contextmanager
def in_our_words() -> Iterator[None]:
    """Have the options called so; other doors, and so the catalogue, say config or settings."""
    try:
        yield
    except Invalid as error:
        fields = {
            re.sub(r"^(config|settings)\b", "options", name): reason
            for name, reason in error.fields.items()
        }
        raise Invalid(error.message, fields=fields, detail=error.detail) from error


def _order(given: InstanceIn) -> Order:
    return Order(
        blueprint=given.blueprint,
        config=given.options,
        name=given.name,
        version=given.version,
        memory_mib=given.memory_mib,
        cpus=given.cpus,
        server=given.server,
        labels=given.labels or {},
        deletion_protection=given.deletion_protection,
    )


async def _with_the_rest(
    tools: Tools,
    content: dict[str, Any],  # Any: JSON
    first: Invalid,
) -> Invalid:
    """Return what is wrong with an order of which some fields could not even be read."""
    faults = Faults(first)
    bad = {name.partition(".")[0] for name in first.fields}
    good = {name: content[name] for name in InstanceIn.model_fields if name in content.keys() - bad}
    if "blueprint" in good:
        async with tools.db.read() as session:
            with faults.noted(), in_our_words():
                await instances.settle(session, tools, _order(InstanceIn.model_construct(**good)))
    return faults.error()
