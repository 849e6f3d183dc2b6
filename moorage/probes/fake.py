"""Log in to servers, and ask for pages, that only the fake engine runs."""

from moorage.engines.fake import FakeEngine
from moorage.probes.port import Page, Target, not_ready, refused


class FakeProbe:
    """A client of whatever the fake engine publishes.

    A login works when a running container publishes that port and has the password as the value
    of one of its environment variables.
    """

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    async def login(self, target: Target) -> None:
        """Log in, once."""
        for container in self._engine.containers.values():
            places = {(port.address, port.port) for port in container.spec.ports}
            if container.seen.status != "running" or (target.address, target.port) not in places:
                continue
            if target.password in container.spec.environment.values():
                return
            raise refused(target, "wrong password")
        raise not_ready(target, "connection refused")


class FakeVisitor:
    """A client of whatever the fake engine publishes: each page is as it must be."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    async def visit(self, page: Page) -> None:
        """Ask for the page, once."""
        for container in self._engine.containers.values():
            places = {(port.address, port.port) for port in container.spec.ports}
            if container.seen.status == "running" and (page.address, page.port) in places:
                return
        raise not_ready(page, "connection refused")
