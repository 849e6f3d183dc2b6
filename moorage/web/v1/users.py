"""`/v1/users`: who may call, and how much each may have."""

from datetime import datetime
from typing import Annotated, cast

from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from moorage.idempotency.service import Answer, fingerprint
from moorage.identity import rules
from moorage.identity import service as identity
from moorage.identity.models import Role
from moorage.identity.service import UserChanges
from moorage.identity.throttle import Throttle
from moorage.instances.tools import Tools
from moorage.kit.db import Session
from moorage.kit.errors import Denied, Invalid, Unauthenticated
from moorage.kit.i18n import Text
from moorage.kit.paging import Listed, listed
from moorage.web import bodies, etags
from moorage.web.answers import respond
from moorage.web.deps import AdminDep, CallerDep, OverseerDep, ToolsDep, VisitDep, WriterDep
from moorage.web.etags import IfMatchDep, IfNoneMatchDep
from moorage.web.once import KeyDep, Once
from moorage.web.paging import ListOut, PageDep
from moorage.web.trail import Visit
from moorage.web.v1.fields import Filter, In, Out, left_out, ruled, text
from moorage.web.v1.nouns import UNCHANGED, noun, problems

Username = Annotated[str, ruled(rules.check_username), text(pattern=f"^{rules.USERNAME.pattern}$")]
Password = Annotated[str, ruled(rules.check_password), text(rules.PASSWORD_LENGTH)]
Quota = Annotated[int, Field(ge=0, lt=1 << 31)]


class UserIn(In):
    """A new user; it logs in with the password, or with a token that an administrator makes."""

    username: Username
    role: Role = "user"
    password: Password | None = None
    quota_instances: Quota | None = None
    quota_memory_mib: Quota | None = None


class UserPatch(In):
    """What changes; the rest stays. A quota of null is the default of the installation."""

    role: Role = left_out()
    disabled: bool = left_out()
    password: Password = left_out()
    current_password: str = left_out()
    quota_instances: Quota | None = left_out()
    quota_memory_mib: Quota | None = left_out()

    def changes(self) -> UserChanges:
        """Return what changes, but for the password."""
        passwords = {"password", "current_password"}
        return cast(UserChanges, self.model_dump(exclude_unset=True, exclude=passwords))

    def told(self) -> str:
        """Return what changes in the words of the audit log."""
        words = [f"{name}={value}" for name, value in self.changes().items()]
        return ", ".join([*words, "password"] if self.password else words)


class UserOut(Out):
    """A user. number: its id on the doors with integers. quota_*: null for the default."""

    id: str
    number: int
    username: str
    role: Role
    disabled: bool
    has_password: bool
    quota_instances: int | None
    quota_memory_mib: int | None
    created_at: datetime


router = noun("users")


@router.post(
    "",
    status_code=201,
    response_model=UserOut,
    responses=problems(403, 409, 413, 422),
    openapi_extra=bodies.described(UserIn, {"username": "anna", "quota_instances": 10}),
)
async def create_user(
    request: Request, caller: AdminDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Add a user. Tokens come from `POST /v1/tokens`."""
    content = await bodies.read_json(request)
    wanted = bodies.parse(UserIn, content)

    async def make(session: Session) -> Answer:
        user = await identity.create_user(session, **wanted.model_dump())
        await visit.record(session, "user.create", user.id, detail=f"role={user.role}")
        body = UserOut.model_validate(user).model_dump(mode="json")
        return Answer(201, {"Location": f"/v1/users/{user.id}"}, body)

    print_of_request = fingerprint("POST /v1/users", content)
    return respond(await Once(tools, caller.user_id, key, print_of_request).make(make))


@router.get("", response_model=ListOut[UserOut], responses=problems(403))
async def list_users(
    _caller: OverseerDep,
    tools: ToolsDep,
    page: PageDep,
    username: Filter = None,
    disabled: Annotated[bool | None, Query()] = None,
) -> Listed:
    """List all users, newest first."""
    async with tools.db.read() as session:
        rows = await identity.list_users(session, page, username=username, disabled=disabled)
    return listed(rows, page)


@router.get("/{user}", response_model=UserOut, responses=problems(404) | UNCHANGED)
async def show_user(
    user: str, caller: CallerDep, tools: ToolsDep, if_none_match: IfNoneMatchDep
) -> Response:
    """Show a user by its id, its name, or `me`."""
    async with tools.db.read() as session:
        found = await identity.get_user_for(session, caller, user)
    return if_none_match.answer(UserOut.model_validate(found))


@router.patch(
    "/{user}",
    response_model=UserOut,
    responses=problems(403, 404, 409, 412, 413),
    openapi_extra=bodies.described(UserPatch, {"disabled": True}),
)
async def change_user(
    user: str,
    request: Request,
    caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
    if_match: IfMatchDep,
) -> Response:
    """Change a user. One that is disabled is locked out at once, and its tokens are revoked.

    Whoever is no administrator may change its own password only; who has one says it too.
    """
    wanted = bodies.parse(UserPatch, await bodies.read_json(request))
    changes = await _changes(request, visit, tools, user, wanted)
    async with tools.db.begin() as session:
        found = await identity.get_user_for(session, caller, user)
        if_match.check(UserOut.model_validate(found))
        await identity.change_user(session, found, changes)
        await visit.record(session, "user.change", found.id, detail=wanted.told())
    return etags.answer(UserOut.model_validate(found))


async def _changes(
    request: Request, visit: Visit, tools: Tools, user: str, wanted: UserPatch
) -> UserChanges:
    """Return what the caller changes about a user. Raises NotFound, Denied, Invalid, Throttled."""
    async with tools.db.read() as session:
        found = await identity.get_user_for(session, visit.caller, user)
    changes = wanted.changes()
    rules.check_may_change(visit.caller, changes)
    if wanted.password is not None:
        if found.id == visit.caller.user_id and found.has_password:
            await _prove(request, visit, tools, wanted.current_password)
        changes["password_hash"] = await identity.hashed_password(wanted.password)
    return changes


async def _prove(request: Request, visit: Visit, tools: Tools, password: str | None) -> None:
    """Raise Denied unless it is the caller's password: a stolen token shall not be enough."""
    if password is None:
        reason = Text("is required: you change your own password")
        sentence = Text("{name} {reason}.", name="current_password", reason=reason)
        raise Invalid(sentence, fields={"current_password": reason})
    throttle: Throttle = request.app.state.throttle
    throttle.check(visit.address)
    try:
        await identity.caller_of_password(
            tools.db, username=visit.caller.username, password=password
        )
    except Unauthenticated as error:
        throttle.failed(visit.address)
        raise Denied(Text("The current_password is not your password.")) from error
