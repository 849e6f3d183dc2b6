"""What names, passwords and scopes look like, and what a caller may do. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from moorage.identity.models import Role
from moorage.kit.errors import Denied, Invalid
from moorage.kit.i18n import Text

SCOPES = ("read", "write")
PASSWORD_LENGTH = range(8, 129)
TOKEN_NAME_LENGTH = range(1, 101)
USERNAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling. token_id: of the API token that proved it; era: of the user, without one."""

    user_id: str
    username: str
    role: Role
    scopes: frozenset[str]
    token_id: str | None = None
    era: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether the caller sees and does everything."""
        return self.role == "admin"

    @property
    def sees(self) -> str | None:
        """Whose things the caller sees: its own; None: everybody's."""
        return None if self.is_admin else self.user_id

    @property
    def may_write(self) -> bool:
        """Whether the caller may change something."""
        return "write" in self.scopes


def require_admin(caller: Caller) -> None:
    """Raise Denied unless the caller is an administrator."""
    if not caller.is_admin:
        raise Denied(Text("Only an administrator may do this."))


def require_write(caller: Caller) -> None:
    """Raise Denied unless the caller may change something."""
    if not caller.may_write:
        raise Denied(Text("This token may only read; use one with the scope 'write'."))


def check_may_change(caller: Caller, fields: Iterable[str]) -> None:
    """Raise Denied unless the caller may change these fields of a user that it may see."""
    named = ", ".join(fields)
    if named and not caller.is_admin:
        raise Denied(Text("Only an administrator may change {fields}.", fields=named))


def is_username(text: str) -> bool:
    """Whether a user could have that name."""
    return USERNAME.fullmatch(text) is not None


def check_username(username: str) -> None:
    """Raise Invalid unless a user could have that name."""
    if not is_username(username):
        raise invalid(
            "username", Text("has 1 to 64 of the letters A-Z and a-z, digits, '.', '_', '-'")
        )


def check_password(password: str) -> None:
    """Raise Invalid unless the password has a good length."""
    if len(password) not in PASSWORD_LENGTH:
        raise invalid("password", Text("has 8 to 128 characters"))


def check_token_name(name: str) -> None:
    """Raise Invalid unless a token could have that name."""
    if len(name) not in TOKEN_NAME_LENGTH or not name.isprintable():
        raise invalid("name", Text("has 1 to 100 printable characters"))


def granted(scopes: Iterable[str]) -> str:
    """Return the scopes as a token keeps them; `write` includes `read`. Raises Invalid."""
    wanted = set(scopes)
    if not wanted or not wanted <= set(SCOPES):
        raise invalid("scopes", Text("are 'read', or 'read' and 'write'"))
    return "read write" if "write" in wanted else "read"


def invalid(field: str, reason: str) -> Invalid:
    """Return what is wrong with a field."""
    sentence = Text("The field {field!r} {reason}.", field=field, reason=reason)
    return Invalid(sentence, fields={field: reason})
