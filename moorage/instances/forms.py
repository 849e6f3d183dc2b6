"""What differs between the two forms an instance may have: one container, or a Compose project."""

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from moorage.engines.port import Engine
from moorage.instances import models, project, single
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.operations.run import Run


class Form(Protocol):
    """How an instance comes to run. Every call may be repeated.

    STEPS: what starting it, and waiting until it is ready, are called.
    """

    STEPS: tuple[str, str]

    def prepare(
        self, tools: Tools, run: Run, instance: Instance, engine: Engine
    ) -> Awaitable[dict[str, Any]]:  # Any: JSON
        """Have all images; return the columns that follow from that. Raises Failed."""
        ...

    def start_new(
        self, tools: Tools, run: Run, instance: Instance, engine: Engine
    ) -> Awaitable[str]:
        """Have an order running, on other ports if need be; return its (main) container's id."""
        ...

    def start_again(
        self, tools: Tools, run: Run, instance: Instance, engine: Engine
    ) -> Awaitable[str]:
        """Have what was made running again, on its ports; return its (main) container's id."""
        ...

    def until_ready(
        self, tools: Tools, instance: Instance, engine: Engine, container: str
    ) -> Awaitable[None]:
        """Wait until people can use it. Raises Failed with the last words of what ended."""
        ...

    def remove_network(
        self, tools: Tools, run: Run, instance: Instance, engine: Engine
    ) -> Awaitable[None]:
        """Remove its network, unless others are in it."""
        ...


FORMS: Mapping[models.Form, Form] = {"database": single, "app": project}
