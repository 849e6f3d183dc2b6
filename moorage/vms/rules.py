"""Whose a VM is, which one is meant, what an order may say. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moorage.identity.rules import Caller
from moorage.kit.errors import Conflict, Invalid, MoorageError, NotFound
from moorage.kit.faults import Faults
from moorage.kit.i18n import Text
from moorage.openstack.port import (
    OWNER_KEY,
    VM_KEY,
    Broken,
    Flavor,
    Image,
    Kind,
    Network,
    OverQuota,
    Server,
    ServerSpec,
    is_no_room,
)

PREFIX = "vm"

_NAME = re.compile(r"\S(.{0,253}\S)?")

_WORDS: Mapping[type, Text] = {
    Image: Text("image"),
    Flavor: Text("flavor"),
    Network: Text("network"),
    Server: Text("VM"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks for, unchecked; image, flavor and network by name or id."""

    name: object
    image: object
    flavor: object
    network: object
    keep_failed: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made: image and network by id, the flavor as a server has it.

    keep_failed: for somebody to look at.
    """

    name: str
    image: str
    flavor: Mapping[str, Any]  # Any: text and numbers
    network: str
    keep_failed: bool = False

    def spec(self, vm_id: str, owner_id: str) -> ServerSpec:
        """Return what to ask the cloud for; by its metadata it is found again."""
        metadata = {VM_KEY: vm_id, OWNER_KEY: owner_id}
        return ServerSpec(self.name, self.image, self.flavor["id"], self.network, metadata)


def may_see(caller: Caller, server: Server) -> bool:
    """Whether it is the caller's; an administrator sees also what was not made through us."""
    return caller.is_admin or server.owner_id == caller.user_id


def is_order(identifier: str) -> bool:
    """Whether it is an id that we gave to an order, and not the cloud's."""
    return identifier.startswith(f"{PREFIX}_")


def the_one(kind: type[Kind], found: Sequence[Kind], name: str) -> Kind:
    """Return what is meant by a name or id. Raises NotFound, Conflict when it is not clear."""
    if not found:
        raise NotFound(Text("There is no {kind} {name!r:.80}.", kind=_WORDS[kind], name=name))
    if len(found) > 1:
        raise Conflict(
            Text(
                "{number} have the name {name!r:.80}; say which {kind} by its id.",
                number=len(found),
                name=name,
                kind=_WORDS[kind],
            )
        )
    return found[0]


def check(wanted: Wanted, found: Mapping[str, Sequence[object]], faults: Sequence[Invalid]) -> None:
    """Raise Invalid with all that is wrong with an order. found: by field, what its text fits."""
    unknown = [_unknown(field, getattr(wanted, field)) for field in found if not found[field]]
    Faults(*unknown, *_name_faults(wanted.name), *faults, separator="; ").check()


def fault(server: Server) -> MoorageError:
    """Return why a server went to ERROR."""
    reason = server.fault or Text("it does not say why")
    if is_no_room(reason):
        return OverQuota(reason)
    return Broken(Text("The cloud could not do it: {reason}", reason=reason))


def ordered(vm_id: str, args: Mapping[str, Any], *, owner_id: str, created: str) -> Server:
    """Return a VM that the cloud does not know yet. args: of the operation that makes it (JSON)."""
    return Server(
        id=vm_id,
        name=args["name"],
        status="BUILD",
        created=created,
        image={"id": args["image"]},
        flavor=args["flavor"],
        metadata={VM_KEY: vm_id, OWNER_KEY: owner_id},
    )


def _unknown(field: str, given: object) -> Invalid:
    if given is None:
        sentence = Text("Invalid {field} provided: none; {field}_id is required", field=field)
        return Invalid(sentence, fields={field: Text("is required")})
    sentence = Text("Invalid {field} provided: {given:.80}", field=field, given=str(given))
    return Invalid(sentence, fields={field: Text("is none that the cloud has")})


def _name_faults(given: object) -> list[Invalid]:
    if isinstance(given, str) and _NAME.fullmatch(given) and given.isprintable():
        return []
    if given is None:
        sentence = Text("Invalid name provided: none; name is required")
        return [Invalid(sentence, fields={"name": Text("is required")})]
    reason = Text("has 1 to 255 printable characters, and no blank at its ends")
    sentence = Text(
        "Invalid name provided: {given!r:.80}; a name {reason}", given=given, reason=reason
    )
    return [Invalid(sentence, fields={"name": reason})]
