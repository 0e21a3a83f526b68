"""Users of the workbench: argon2id passwords, roles, and who is signed in."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from threading import Semaphore
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, Row, delete, select, update

from assistant.access.oidc import NO_ROLE, RECENT_S, Vouched
from assistant.access.secrets import Pepper
from assistant.access.words import checked_labels, checked_name
from assistant.errors import InputError, NotAllowed, NotFoundError, NotSignedIn
from assistant.records.store import Store
from assistant.records.tables import signins, users
from assistant.schema.principal import READING, Principal, PrincipalKind, Scope

MIN_PASSWORD, MAX_PASSWORD = 12, 200
SIGNED_IN_MS = 8 * 3600 * 1000
RECENT_MS = RECENT_S * 1000  # how long ago one may have signed in to do what reaches far
_PURPOSE = "sign-in"
_UNUSABLE = "!"  # no hash: nothing verifies against it
_REFUSED = "用户名或密码不对，或该用户已停用。"


class Role(StrEnum):
    """What a user of the workbench is there for."""

    READER = "reader"
    EDITOR = "editor"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


# An approver does not edit and an admin does not approve: what one prepares another lets out.
ROLE_NAMES = {
    Role.READER: "使用者",
    Role.EDITOR: "编辑",
    Role.APPROVER: "审批",
    Role.AUDITOR: "审计",
    Role.ADMIN: "管理员",
}
SCOPES_OF_ROLE = {
    Role.READER: READING,
    Role.EDITOR: READING | {Scope.CORPUS_EDIT, Scope.FEEDBACK_READ},
    Role.APPROVER: READING | {Scope.CORPUS_APPROVE, Scope.FEEDBACK_READ},
    Role.AUDITOR: READING | {Scope.AUDIT_READ, Scope.FEEDBACK_READ},
    Role.ADMIN: READING | {Scope.KEYS, Scope.EMBEDS, Scope.USERS, Scope.RETENTION, Scope.VIEW_AS, Scope.METRICS},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user without the password."""

    id: str
    name: str
    role: Role
    department: str | None
    labels: tuple[str, ...]
    created_at: int
    signed_in_at: int | None
    disabled_at: int | None
    vouched: bool = False  # the sign-in of the house says who they are, at each sign-in anew

    @property
    def principal(self) -> Principal:
        return Principal(
            kind=PrincipalKind.USER,
            subject=self.id,
            scopes=frozenset(SCOPES_OF_ROLE[self.role]),
            labels=frozenset(self.labels) | ({self.department} if self.department else set()),
            department=self.department,
        )


class Users:
    """The users of one store, and their sign-ins."""

    def __init__(self, store: Store, pepper: Pepper, *, hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._pepper = pepper
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._one = Semaphore()  # one hash at a time: each takes 19 MiB and a good part of a second's CPU
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def create(
        self, *, name: str, password: str, role: str, department: str | None = None, labels: Iterable[str] = ()
    ) -> User:
        """A new user.

        Raises:
            InputError: the name is taken or cannot be used, the role is unknown, or the password too weak.
        """
        wanted = checked_name(name)
        made = {
            "id": secrets.token_hex(8),
            "name": wanted,
            "role": _role(role).value,
            "department": checked_name(department) if department else None,
            "labels": list(checked_labels(labels)),
            "created_at": self._store.clock(),
            "password_hash": self._hash(password, name=wanted),
        }
        with self._store.write() as connection:
            if _by_name(connection, wanted) is not None:
                raise InputError("已有同名的用户，请换一个名字。")
            connection.execute(users.insert().values(**made))
            return _user(connection.execute(select(users).where(users.c.id == made["id"])).one())

    def listed(self) -> tuple[User, ...]:
        """Every user, the oldest first."""
        with self._store.read() as connection:
            return tuple(map(_user, connection.execute(select(users).order_by(users.c.created_at, users.c.id))))

    def set_password(self, name: str, password: str) -> User:
        """Another password; whoever is signed in with the old one is signed out.

        Raises:
            InputError: the password is too weak.
            NotFoundError: there is no such user.
        """
        with self._store.read() as connection:
            row = _by_name(connection, name)
        if row is not None and row.external_id is not None:
            raise InputError("这个用户经统一登录进来，在本系统没有密码。")
        return self._change(name, password_hash=self._hash(password, name=name))

    def change(self, name: str, *, role: str, department: str | None, labels: Iterable[str], last: bool = True) -> User:
        """Another role, department and labels; whoever is signed in signs in again.

        Args:
            last: whether the last administrator may stop being one.

        Raises:
            InputError: one of them cannot be used, or the sign-in of the house says what they are.
            NotFoundError: there is no such user.
            NotAllowed: they are the last administrator.
        """
        with self._store.read() as connection:
            row = _by_name(connection, name)
        if row is not None and row.external_id is not None:
            raise InputError("这个用户经统一登录进来，角色、部门和标签由那里给出，不在这里更改。")
        said = {
            "role": _role(role).value,
            "department": checked_name(department) if department else None,
            "labels": list(checked_labels(labels)),
        }
        return self._change(name, last=last, **said)

    def disable(self, name: str, *, last: bool = True) -> User:
        """Shut a user out, signed in or not.

        Args:
            last: whether the last administrator may be shut out.

        Raises:
            NotFoundError: there is no such user.
            NotAllowed: they are the last administrator.
        """
        return self._change(name, last=last, disabled_at=self._store.clock())

    def enable(self, name: str) -> User:
        """Let a user in again who was shut out; they sign in anew.

        Raises:
            NotFoundError: there is no such user.
        """
        return self._change(name, disabled_at=None)

    def sign_in(self, name: str, password: str) -> tuple[str, User]:
        """A token for the cookie of whoever knows the password. Each failure costs and says the same.

        Raises:
            NotSignedIn: no such user, another password, or disabled.
        """
        with self._store.read() as connection:
            row = _by_name(connection, name)
        with self._one:
            known = self._matches(row.password_hash if row else self._nobody, password)
        if row is None or not known or row.disabled_at is not None:
            raise NotSignedIn(_REFUSED, code="bad_credential")
        token, now = secrets.token_urlsafe(32), self._store.clock()
        with self._store.write() as connection:
            still = select(users).where(users.c.id == row.id, users.c.disabled_at.is_(None)).with_for_update()
            row = connection.execute(still.where(users.c.password_hash == row.password_hash)).one_or_none()
            if row is None:  # shut out, or the password changed, while it was compared
                raise NotSignedIn(_REFUSED, code="bad_credential")
            connection.execute(delete(signins).where(signins.c.expires_at <= now))
            connection.execute(
                signins.insert().values(
                    mac=self._mac(token), user_id=row.id, created_at=now, expires_at=now + SIGNED_IN_MS
                )
            )
            connection.execute(update(users).where(users.c.id == row.id).values(signed_in_at=now))
        return token, _user(row)

    def sign_in_vouched(self, vouched: Vouched) -> tuple[str, User]:
        """A token for the cookie of somebody for whom the provider of the house vouches.

        They are made known at the first time, and are what the provider says each time. They have no password here.

        Raises:
            NotSignedIn: they have no role here, and are signed out if they had; or they are disabled.
        """
        now, token = self._store.clock(), secrets.token_urlsafe(32)
        same = users.c.external_id == vouched.external_id
        with self._store.write() as connection:
            row = connection.execute(select(users).where(same)).one_or_none()
            shut_out = vouched.role is None or (row is not None and row.disabled_at is not None)
            if row is not None and shut_out:
                connection.execute(delete(signins).where(signins.c.user_id == row.id))
        if shut_out:
            raise NotSignedIn(NO_ROLE, code="forbidden")
        said = {
            "role": _role(vouched.role or "").value,
            "department": vouched.department,
            "labels": list(vouched.labels),
            "signed_in_at": now,
        }
        with self._store.write() as connection:
            row = connection.execute(select(users).where(same)).one_or_none()
            user_id = row.id if row is not None else secrets.token_hex(8)
            if row is None:
                name = _free_name(connection, vouched)
                made = {"id": user_id, "name": name, "created_at": now, "external_id": vouched.external_id}
                connection.execute(users.insert().values(**made, **said, password_hash=_UNUSABLE))
            else:
                connection.execute(update(users).where(users.c.id == user_id).values(**said))
            connection.execute(delete(signins).where(signins.c.expires_at <= now))
            at = min(now, vouched.at if vouched.at is not None else now)
            kept = {"user_id": user_id, "created_at": at, "expires_at": now + SIGNED_IN_MS}
            connection.execute(signins.insert().values(mac=self._mac(token), **kept))
            return token, _user(connection.execute(select(users).where(users.c.id == user_id)).one())

    def sign_out(self, token: str) -> None:
        """Forget a sign-in; one that is not there is no fault."""
        with self._store.write() as connection:
            connection.execute(delete(signins).where(signins.c.mac == self._mac(token)))

    def recent(self, token: str) -> bool:
        """Whether whoever has this token signed in of late."""
        since = self._store.clock() - RECENT_MS
        wanted = select(signins.c.created_at).where(signins.c.mac == self._mac(token))
        with self._store.read() as connection:
            at = connection.execute(wanted).scalar_one_or_none()
        return at is not None and at > since

    def principal(self, token: str) -> Principal:
        """Who signed in and got this token.

        Raises:
            NotSignedIn: nobody, or it is over, or the user was disabled.
        """
        wanted = select(users).join(signins, signins.c.user_id == users.c.id)
        valid = (signins.c.mac == self._mac(token)) & (signins.c.expires_at > self._store.clock())
        with self._store.read() as connection:
            row = connection.execute(wanted.where(valid & users.c.disabled_at.is_(None))).one_or_none()
        if row is None:
            raise NotSignedIn("登录已过期，请重新登录。", code="bad_credential")
        return _user(row).principal

    def _change(self, name: str, *, last: bool = True, **values: Any) -> User:
        with self._store.write() as connection:
            row = _by_name(connection, name)
            if row is None:
                raise NotFoundError("没有这个用户，请用 python -m assistant users list 查看。")
            stays = values.get("role", row.role) == Role.ADMIN and values.get("disabled_at") is None
            if not last and not stays and _admins(connection) == {row.id}:
                raise NotAllowed("这是最后一位管理员，不能停用或改作他用。请先另设一位管理员。")
            connection.execute(update(users).where(users.c.id == row.id).values(**values))
            connection.execute(delete(signins).where(signins.c.user_id == row.id))
            return _user(connection.execute(select(users).where(users.c.id == row.id)).one())

    def _hash(self, password: str, *, name: str) -> str:
        normal = unicodedata.normalize("NFKC", password)
        if not MIN_PASSWORD <= len(normal) <= MAX_PASSWORD:
            raise InputError(f"密码须为 {MIN_PASSWORD} 到 {MAX_PASSWORD} 个字符。")
        if len(set(normal)) < 5 or name.lower() in normal.lower():
            raise InputError("密码太容易猜到：不要含用户名，至少用 5 种不同的字符。")
        with self._one:
            return self._hasher.hash(normal)

    def _matches(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, unicodedata.normalize("NFKC", password[: MAX_PASSWORD + 1]))
        except (Argon2Error, InvalidHashError):
            return False

    def _mac(self, token: str) -> str:
        return self._pepper.mac(_PURPOSE, token)


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError as exc:
        raise InputError(f"角色须为以下之一：{'、'.join(Role)}。") from exc


def _by_name(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(users).where(users.c.name == name)).one_or_none()


def _admins(connection: Connection) -> set[str]:
    """The administrators who are let in; held until the transaction ends, so that two do not shut out each other."""
    wanted = select(users.c.id).where(users.c.role == Role.ADMIN.value, users.c.disabled_at.is_(None))
    return set(connection.execute(wanted.order_by(users.c.id).with_for_update()).scalars())


def _free_name(connection: Connection, vouched: Vouched) -> str:
    """A name that nobody has; never that of somebody with a password here."""
    plain = re.sub(r"[^\w\-.@]", "", vouched.name)[:40]
    for name in (f"sso·{plain or vouched.external_id[:8]}", f"sso·{plain}·{vouched.external_id[:12]}"):
        if _by_name(connection, name) is None:
            return name
    return f"sso·{vouched.external_id[:50]}"


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        department=row.department,
        labels=tuple(row.labels),
        created_at=row.created_at,
        signed_in_at=row.signed_in_at,
        disabled_at=row.disabled_at,
        vouched=row.external_id is not None,
    )
