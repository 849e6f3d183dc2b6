"""Make users and tokens, and find out who is calling."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import func, select, update

from moorage.identity import passwords, rules
from moorage.identity.models import Role, Token, User
from moorage.identity.quotas import Quota, quota_of
from moorage.identity.rules import Caller
from moorage.kit.clock import now
from moorage.kit.crypto import digest, new_token
from moorage.kit.db import Database, Session, save
from moorage.kit.errors import Conflict, Invalid, NotFound, Unauthenticated


async def create_user(
    session: Session, *, username: str, role: Role = "user", password: str | None = None
) -> User:
    """Add a user. Raises Invalid, Conflict (the name is taken)."""
    rules.check_username(username)
    user = User(username=username, role=role)
    if password is not None:
        await set_password(user, password)
    await save(session, user, if_taken=f"The username {username!r} is taken; choose another.")
    return user


async def get_user(session: Session, user_id: str) -> User:
    """Return a user. Raises NotFound."""
    user = await session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise NotFound(f"There is no user {user_id!r}.")
    return user


async def find_user_by_name(session: Session, username: str) -> User | None:
    """Return the user of that name, whatever text it is."""
    if not rules.is_username(username):
        return None
    return await session.scalar(select(User).where(User.username == username))


async def list_users(session: Session, *, limit: int, before: str | None = None) -> list[User]:
    """Return users, newest first; before: the id that the last page ended with."""
    query = select(User).order_by(User.id.desc()).limit(limit)
    if before is not None:
        query = query.where(User.id < before)
    return list(await session.scalars(query))


async def set_password(user: User, password: str) -> None:
    """Give the user a password, in place of the one it had. Raises Invalid."""
    rules.check_password(password)
    user.password_hash = await passwords.hashed(password)


async def disable_user(session: Session, user_id: str) -> User:
    """Lock a user out and end its tokens. Raises NotFound, Conflict (the last administrator)."""
    user = await get_user(session, user_id)
    others = select(func.count()).where(
        User.role == "admin", User.disabled.is_(False), User.id != user.id
    )
    if user.role == "admin" and not await session.scalar(others):
        raise Conflict(f"{user.username!r} is the last administrator; add another one first.")
    user.disabled = True
    await session.execute(
        update(Token)
        .where(Token.user_id == user.id, Token.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    return user


async def enable_user(session: Session, user_id: str) -> User:
    """Let a user in again; its old tokens stay revoked. Raises NotFound."""
    user = await get_user(session, user_id)
    user.disabled = False
    return user


async def get_quota(session: Session, *, user_id: str, default: Quota) -> Quota:
    """Return what the user may have. Raises NotFound.

    Two orders of one user are counted one after the other: on PostgreSQL its row is locked, on
    SQLite there is one writer at a time.
    """
    user = await session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise NotFound(f"There is no user {user_id!r}.")
    return quota_of(user, default=default)


async def issue_token(
    session: Session,
    *,
    user: User,
    name: str,
    scopes: Iterable[str] = rules.SCOPES,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Make a token; the text beside the row is shown this once. Raises Invalid.

    expires_at: aware; None: it lasts until it is revoked.
    """
    rules.check_token_name(name)
    if expires_at is not None and expires_at <= now():
        raise Invalid(
            "The field 'expires_at' lies in the past.", fields={"expires_at": "lies in the past"}
        )
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


async def list_tokens(
    session: Session, *, user_id: str, limit: int, before: str | None = None
) -> list[Token]:
    """Return a user's tokens but for revoked ones, newest first; before: as in list_users."""
    query = (
        select(Token)
        .where(Token.user_id == user_id, Token.revoked_at.is_(None))
        .order_by(Token.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Token.id < before)
    return list(await session.scalars(query))


async def revoke_token(session: Session, *, user_id: str, token_id: str) -> Token:
    """End a user's token at once. Raises NotFound, also when it was revoked before."""
    token = await session.get(Token, token_id)
    if token is None or token.user_id != user_id or token.revoked_at is not None:
        raise NotFound(f"There is no token {token_id!r}.")
    token.revoked_at = now()
    return token


async def note_uses(session: Session, uses: Mapping[str, datetime]) -> None:
    """Write down when tokens were last used: id → time. Meant for many at once, now and then."""
    for token_id, used_at in uses.items():
        await session.execute(
            update(Token).where(Token.id == token_id).values(last_used_at=used_at)
        )


async def caller_of_token(session: Session, token: str) -> Caller:
    """Return whose token it is. Raises Unauthenticated, in the same words for every cause."""
    query = (
        select(Token, User)
        .join(User, User.id == Token.user_id)
        .where(Token.digest == digest(token), Token.revoked_at.is_(None), User.disabled.is_(False))
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise _unauthenticated()
    row, user = found
    if row.expires_at is not None and row.expires_at <= now():
        raise _unauthenticated()
    return Caller(
        user_id=user.id,
        username=user.username,
        role=user.role,
        scopes=frozenset(row.scopes.split()),
        token_id=row.id,
    )


async def caller_of_password(db: Database, *, username: str, password: str) -> Caller:
    """Return whose name and password these are. Raises Unauthenticated, as caller_of_token.

    Takes the database and not a session: checking takes a tenth of a second, and nobody waits
    that long inside a transaction. It takes as long when there is no such user.
    """
    async with db.read() as session:
        user = await find_user_by_name(session, username)
    kept = user.password_hash if user else None
    fits = await passwords.matches(password, kept)
    if user is None or kept is None or user.disabled or not fits:
        raise _unauthenticated()
    if passwords.is_outdated(kept):
        renewed = await passwords.hashed(password)
        async with db.begin() as session:
            await session.execute(
                update(User)
                .where(User.id == user.id, User.password_hash == kept)
                .values(password_hash=renewed)
            )
    return Caller(
        user_id=user.id, username=user.username, role=user.role, scopes=frozenset(rules.SCOPES)
    )


def _unauthenticated() -> Unauthenticated:
    return Unauthenticated("Invalid or expired credentials.")
