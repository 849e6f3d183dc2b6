"""What a Docker Engine says when it refuses → our kinds of error. Pure.

Engines put most of the meaning into text: a taken port is a 500, a missing network a 404. The
texts are those of moby 20.10 to 28 (errors in daemon/, libnetwork/, containerd and runc), and of
Docker Compose, which says by itself that a network is missing.
"""

import re

from moorage.engines.port import ImageMissing, NetworkMissing, PortTaken, SubnetTaken
from moorage.kit.errors import Conflict, Invalid, MoorageError, NotFound, Unavailable
from moorage.kit.i18n import Text

# What the text contains, the kind, and a sentence that may use the groups of the pattern.
Signs = tuple[tuple[str, type[MoorageError], str], ...]

_SIGNS: Signs = (
    (
        r"(?:Bind for|listen tcp\d?|bind host port(?: for)?) \S*?:(\d+)(?::\S+|/tcp)?"
        r"(?: failed: port is already allocated|: (?:bind: )?address already in use)",
        PortTaken,
        "Port {0} is taken on this server: choose another one.",
    ),
    (
        r"port is already allocated|address already in use",
        PortTaken,
        "A port of this container is taken on this server: choose another one.",
    ),
    (
        r"(\S+):\d+: bind: cannot assign requested address",
        Invalid,
        "This server has no address {0}: publish on one of its own.",
    ),
    (
        r"non-overlapping IPv4 address pool|address pools have been fully subnetted",
        Conflict,
        "The engine has no subnet left for another network: give one, or remove networks.",
    ),
    (
        r"[Pp]ool overlaps|networks have overlapping IPv4|address space overlaps",
        SubnetTaken,
        "The subnet overlaps with a network of this server: choose another one.",
    ),
    (
        r"has active endpoints",
        Conflict,
        "Running containers use that network: stop them first.",
    ),
    (
        r"network (\S+) (?:declared as external, but could not be found|not found)",
        NetworkMissing,
        "There is no network {0} on this server.",
    ),
    (
        r"[Nn]o such image: (\S+?)(?::? No such image.*)?(?m:$)",
        ImageMissing,
        "There is no image {0} on this server: fetch or build it.",
    ),
    (
        r"manifest unknown|manifest for \S+ not found|repository does not exist|does not exist or"
        r" no pull access|requested access to the resource is denied|authentication required",
        ImageMissing,
        "No registry of this server has that image.",
    ),
    (
        r"dial tcp|no such host|i/o timeout|TLS handshake|request canceled while waiting",
        Unavailable,
        "No image registry answers this server.",
    ),
    (
        r"unable to find user (\S+):",
        Invalid,
        "The image knows no user {0}.",
    ),
    (
        r"Error processing tar file|invalid tar header",
        Invalid,
        "What was given is not a tar archive.",
    ),
    (
        r"[Ii]nvalid (?:CIDR|subnet|pool)",
        Invalid,
        "That is not a subnet: write it as 10.1.2.0/24.",
    ),
)

_BY_STATUS: dict[int, type[MoorageError]] = {
    400: Invalid,
    403: Invalid,
    404: NotFound,
    409: Conflict,
}


def engine_error(status: int, text: str) -> MoorageError:
    """Return the error that an answer with this status and text means."""
    if known := known_error(text):
        return known
    kind = _BY_STATUS.get(status)
    if kind is None:
        return Unavailable(Text("The Docker Engine failed; its log says why."), detail=text)
    return kind(f"The Docker Engine refuses: {text}", detail=f"HTTP {status}")


def known_error(text: str, signs: Signs = _SIGNS) -> MoorageError | None:
    """Return the error that the text alone tells, if it does; signs: the first that fits wins."""
    for pattern, kind, sentence in signs:
        if match := re.search(pattern, text):
            return kind(sentence.format(*match.groups()), detail=text)
    return None


def unreachable(address: str, advice: str, error: BaseException) -> Unavailable:
    """Return what to tell when the engine at that address gave no answer."""
    return Unavailable(
        Text(
            "The Docker Engine at {address} does not answer: {reason}. {advice}",
            address=address,
            reason=_reason(error),
            advice=advice,
        ),
        detail=repr(error),
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return Text("no answer in time")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return Text("it closed the connection")
