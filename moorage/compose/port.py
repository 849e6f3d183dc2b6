"""What Moorage asks of Docker Compose: the one contract for the tool and for fakes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from moorage.engines.port import Say

# The tool, its runtime or its loader would take these for themselves.
RESERVED = re.compile(
    r"(COMPOSE|BUILDKIT|BUILDX|OTEL|SSL_CERT|LD)_.*|GO(DEBUG|GC|MAXPROCS|TRACEBACK|MEMLIMIT)"
    r"|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS.*|API_VERSION|BUILDKIT|CLI_.*|CONTENT_TRUST.*"
    r"|DEFAULT_PLATFORM|AUTH_CONFIG|CUSTOM_HEADERS)|(https?|no|all)_proxy|HOME|PATH|PWD|SSH_AUTH_SOCK",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Project:
    """A Compose file and what it is run with.

    folder: absolute; what relative paths are relative to. file: within it. name: of containers,
    networks and volumes. variables: all that `${…}` may say, save reserved ones; nothing else
    is in reach. override: a second Compose file, its content, that is merged on top.
    """

    folder: Path
    file: str
    name: str
    variables: Mapping[str, str] = field(repr=False)
    override: str = ""


class Compose(Protocol):
    """Whoever understands Compose files."""

    async def config(self, project: Project) -> dict[str, Any]:  # Any: JSON
        """Return the project as Compose understands it: resolved, merged, in long form.

        Services of all profiles are in it; volumes and the like that none uses are not.
        Raises Invalid (with what Compose says), Unavailable (there is none, or it hangs).
        """
        ...


class Runner(Compose, Protocol):
    """Whoever runs Compose files on one engine."""

    async def up(self, project: Project, *, say: Say, timeout_s: float) -> None:
        """Have all services run that are in no profile; what is there already is only started.

        Returns when they are started, in the order in which they depend on each other. It makes
        no image. Raises PortTaken, NetworkMissing, ImageMissing, Conflict (a container of
        somebody else has the name), Failed (with what Compose says, which names the container
        that is to blame, or its "service"), Unavailable (the engine does not answer, or it took
        longer).
        """
        ...
