"""What a container that ended leaves: why it did, and its last words."""

from moorage.engines.port import Container, Engine
from moorage.instances import inside
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.kit.errors import Conflict, NotFound, Unavailable

_LOG_LINES = 15


def cause(seen: Container) -> str:
    """Return why a container ended, in brackets or after a colon, if its engine knows."""
    if seen.oom_killed:
        return ": it needs more memory than memory_mib gives"
    return f" (exit code {seen.exit_code})" if seen.exit_code else ""


async def last_words(tools: Tools, engine: Engine, instance: Instance, container: str) -> str:
    """Return the end of a container's log as a sentence, without secrets."""
    try:
        lines = await engine.container_log(container, tail=_LOG_LINES)
    except (NotFound, Conflict, Unavailable):  # engines refuse that of a dead one
        lines = []
    masked = inside.mask(tools, instance)
    text = " | ".join(masked(line.strip()) for line in lines if line.strip())
    return f"Its last words: {text}" if text else "It left no log."
