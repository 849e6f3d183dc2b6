"""The only list of durable jobs, each bound to what it may touch."""

from functools import partial

from moorage.instances import jobs as instances
from moorage.instances.tools import Tools
from moorage.operations.runner import Job


def jobs(tools: Tools) -> dict[str, Job]:
    """Return what performs each kind of operation, and what undoes it."""
    return {
        "instance.create": Job(
            partial(instances.create, tools), undo=partial(instances.undo_create, tools)
        ),
        "instance.delete": Job(
            partial(instances.delete, tools), undo=partial(instances.undo_delete, tools)
        ),
    }
