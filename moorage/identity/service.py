"""Make users and tokens, and find out who is calling."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypedDict

from sqlalchemy import bindparam, select, update

from moorage.identity import passwords, rules
from moorage.identity.models import Role, Token, User
from moorage.identity.quotas import Quota, quota_of
from moorage.identity.rules import Caller
from moorage.kit.clock import now
from moorage.kit.crypto import digest, new_token
from moorage.kit.db import Database, Session, save
from moorage.kit.errors import Conflict, NotFound, Unauthenticated
from moorage.kit.i18n import Text
from moorage.kit.ids import new_id
from moorage.kit.paging import Page
from moorage.kit.rows import Query, Values

ME = "me"

_ENDS_SESSIONS = {"role", "disabled", "password_hash"}


class UserChanges(TypedDict, total=False):
    """What can be changed about a user; what is left out stays.

    password_hash: from hashed_password. quota_*: None for the default of the installation.
    """

    role: Role
    disabled: bool
    password_hash: str
    quota_instances: int | None
    quota_memory_mib: int | None


async def create_user(
    session: Session,
    *,
    username: str,
    role: Role = "user",
    password: str | None = None,
    quota_instances: int | None = None,
    quota_memory_mib: int | None = None,
) -> User:
    """Add a user. Raises Invalid, Conflict (the name is taken)."""
    rules.check_username(username)
    user = User(
        username=username,
        role=role,
        # Before the first statement: nobody else waits while we hash.
        password_hash=None if password is None else await hashed_password(password),
        quota_instances=quota_instances,
        quota_memory_mib=quota_memory_mib,
    )
    await save(
        session,
        user,
        if_taken=Text("The username {name!r} is taken; choose another.", name=username),
    )
    return user


async def get_user(session: Session, user_id: str) -> User:
    """Return a user. Raises NotFound."""
    user = await session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise _no_user(user_id)
    return user


async def get_user_for(session: Session, caller: Caller, wanted: str) -> User:
    """Return the user that a caller means by an id, a username, or `me`.

    Raises NotFound, also when it is somebody else and the caller no administrator.
    """
    if wanted == ME:
        return await get_user(session, caller.user_id)
    # An id is written in the letters of a name.
    user = None
    if rules.is_username(wanted):
        user = await session.scalar(select(User).where(User.id == wanted))
    user = user or await find_user_by_name(session, wanted)
    if user is None or not (caller.is_admin or caller.user_id == user.id):
        raise _no_user(wanted)
    return user


async def find_user_by_name(session: Session, username: str) -> User | None:
    """Return the user of that name, whatever text it is."""
    if not rules.is_username(username):
        return None
    return await session.scalar(select(User).where(User.username == username))


async def list_users(
    session: Session, page: Page, *, username: str | None = None, disabled: bool | None = None
) -> list[User]:
    """Return a page of users, and one more; of that name, disabled or not, when that is said."""
    query = select(User).order_by(User.id.desc()).limit(page.one_more)
    if page.after is not None:
        query = query.where(User.id < page.after)
    if username is not None:
        query = query.where(User.username == username)
    if disabled is not None:
        query = query.where(User.disabled.is_(disabled))
    return list(await session.scalars(query))


async def hashed_password(password: str) -> str:
    """Return what to keep of a password. Takes a tenth of a second. Raises Invalid."""
    rules.check_password(password)
    return await passwords.hashed(password)


async def change_user(session: Session, user: User, changes: UserChanges) -> None:
    """Change a user; disabling it ends its tokens. Raises Conflict (the last administrator).

    Its sessions end with whatever they were given for: its password, its role.
    """
    role, disabled = changes.get("role", user.role), changes.get("disabled", user.disabled)
    if _administers(user.role, user.disabled) and not _administers(role, disabled):
        await _check_not_last(session, user)
    now_other = {name for name, value in changes.items() if getattr(user, name) != value}
    for name, value in changes.items():
        setattr(user, name, value)
    if now_other & _ENDS_SESSIONS:
        user.era = new_id("era")
    if disabled:
        await session.execute(
            update(Token)
            .where(Token.user_id == user.id, Token.revoked_at.is_(None))
            .values(revoked_at=now())
        )
    await session.flush()


async def get_quota(session: Session, *, user_id: str, default: Quota) -> Quota:
    """Return what the user may have. Raises NotFound.

    Two orders of one user are counted one after the other: on PostgreSQL its row is locked, on
    SQLite there is one writer at a time.
    """
    user = await session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise _no_user(user_id)
    return quota_of(user, default=default)


async def issue_token(
    session: Session,
    *,
    user: User,
    name: str,
    scopes: Iterable[str] = rules.SCOPES,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Make a token; the text beside the row is shown this once.

    expires_at: aware; None: it lasts until it is revoked. Raises Invalid, Conflict (disabled).
    """
    if user.disabled:
        raise Conflict(Text("The user {name!r} is disabled; enable it first.", name=user.username))
    rules.check_token_name(name)
    if expires_at is not None and expires_at <= now():
        raise rules.invalid("expires_at", Text("lies in the past"))
    text = new_token("moor")
    token = Token(
        user_id=user.id,
        name=name,
        digest=digest(text),
        scopes=rules.granted(scopes),
        expires_at=expires_at,
    )
    session.add(token)
    await session.flush()
    return token, text


async def list_tokens(session: Session, page: Page, *, user_id: str) -> list[Token]:
    """Return a page of a user's tokens but for revoked ones, and one more."""
    query = (
        select(Token)
        .where(Token.user_id == user_id, Token.revoked_at.is_(None))
        .order_by(Token.id.desc())
        .limit(page.one_more)
    )
    if page.after is not None:
        query = query.where(Token.id < page.after)
    return list(await session.scalars(query))


async def get_token(session: Session, *, user_id: str | None, token_id: str) -> Token:
    """Return a token of a user; None: of anybody. Raises NotFound, also when it is revoked."""
    token = await session.get(Token, token_id)
    if token is None or user_id not in (None, token.user_id) or token.revoked_at is not None:
        raise NotFound(Text("There is no token {id!r}.", id=token_id[:80]))
    return token


async def revoke_token(session: Session, *, user_id: str | None, token_id: str) -> Token:
    """End a token at once. Raises NotFound, as get_token."""
    token = await get_token(session, user_id=user_id, token_id=token_id)
    token.revoked_at = now()
    await session.flush()
    return token


async def caller_of_token(db: Database, token: str) -> Caller:
    """Return whose token it is. Raises Unauthenticated, in the same words for every cause."""
    for caller, expires_at in await db.answer(CALLERS, digest=digest(token)):
        if expires_at is None or expires_at > now():
            return caller
    raise unauthenticated()


async def caller_of_password(db: Database, *, username: str, password: str) -> Caller:
    """Return whose name and password these are. Raises Throttled, and as caller_of_token.

    Takes the database and not a session: checking takes a tenth of a second, and nobody waits
    that long inside a transaction. It takes as long when there is no such user.
    """
    async with db.read() as session:
        user = await find_user_by_name(session, username)
    kept = user.password_hash if user else None
    fits = await passwords.matches(password, kept)
    if user is None or kept is None or user.disabled or not fits:
        raise unauthenticated()
    if passwords.is_outdated(kept):
        renewed = await passwords.hashed(password)
        async with db.begin() as session:
            await session.execute(
                update(User)
                .where(User.id == user.id, User.password_hash == kept)
                .values(password_hash=renewed)
            )
    return Caller(
        user_id=user.id,
        username=user.username,
        role=user.role,
        scopes=frozenset(rules.SCOPES),
        era=user.era,
    )


async def find_caller(db: Database, user_id: str) -> Caller | None:
    """Return a user as its password proves it; None when it may not call any more."""
    return await db.answer(OWNERS, user_id=user_id)


def unauthenticated() -> Unauthenticated:
    """Return the error for all credentials that prove nothing, whatever the cause."""
    return Unauthenticated(Text("Invalid or expired credentials."))


def _callers(
    rows: Sequence[tuple[str, str, datetime | None, str, str, Role]], _values: Values
) -> Sequence[tuple[Caller, datetime | None]]:
    """Return each caller, and when its token expires."""
    return [
        (Caller(user_id, username, role, frozenset(scopes.split()), token_id), expires_at)
        for token_id, scopes, expires_at, user_id, username, role in rows
    ]


CALLERS = Query(
    select(Token.id, Token.scopes, Token.expires_at, User.id, User.username, User.role)
    .join(User, User.id == Token.user_id)
    .where(
        Token.digest == bindparam("digest"), Token.revoked_at.is_(None), User.disabled.is_(False)
    ),
    _callers,
)


def _owner(rows: Sequence[tuple[str, str, Role, str]], _values: Values) -> Caller | None:
    for user_id, username, role, era in rows:
        return Caller(user_id, username, role, frozenset(rules.SCOPES), era=era)
    return None


OWNERS = Query(
    select(User.id, User.username, User.role, User.era).where(
        User.id == bindparam("user_id"), User.disabled.is_(False)
    ),
    _owner,
)


def _administers(role: Role, disabled: bool) -> bool:
    return role == "admin" and not disabled


async def _check_not_last(session: Session, user: User) -> None:
    """Raise Conflict unless there is another administrator.

    All of them are locked, in one order: of two that disable each other, one is too late.
    """
    administrators = await session.scalars(
        select(User.id)
        .where(User.role == "admin", User.disabled.is_(False))
        .order_by(User.id)
        .with_for_update()
    )
    if not set(administrators) - {user.id}:
        raise Conflict(
            Text("{name!r} is the last administrator; add another one first.", name=user.username)
        )


def _no_user(wanted: str) -> NotFound:
    return NotFound(Text("There is no user {name!r}.", name=wanted[:80]))
