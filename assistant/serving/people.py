"""Users, managed by somebody who is signed in. Every act is recorded.

Nobody hands on more than they hold, and a password is a hand-over too: who can set it can be that person. So an
administrator, who neither edits nor approves, makes readers and administrators; editors, approvers and auditors are
made by whoever runs the machine (`assistant users`). Taking away is always possible, but not from oneself, and not
from the last administrator.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from assistant.access.registry import Registry
from assistant.access.users import SCOPES_OF_ROLE, Role, User
from assistant.errors import InputError, NotAllowed, NotFoundError
from assistant.schema.document import PUBLIC
from assistant.schema.principal import Principal

_MORE_THAN_HELD = "不能授予您自己没有的权限、标签或部门，请由服务器管理员用命令行 assistant users 办理。"
_ONESELF = "不能更改自己的角色、部门、标签和状态，请由另一位管理员办理。"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read for another


class People:
    """The users of one registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._users = registry.users

    def listed(self) -> tuple[User, ...]:
        """Every user, the oldest first."""
        return self._users.listed()

    def one(self, user_id: str) -> User:
        """The user of that id.

        Raises:
            NotFoundError: there is none.
        """
        found = next((user for user in self._users.listed() if user.id == user_id), None)
        if found is None:
            raise NotFoundError("没有这个用户，可能地址有误。")
        return found

    def create(
        self, by: Principal, *, name: str, role: str, department: str | None, labels: Iterable[str]
    ) -> tuple[User, str]:
        """A new user, and their password, which is shown this once.

        Raises:
            InputError: the name is taken, or a field cannot be used.
            NotAllowed: they would have more than whoever makes them.
        """
        asked = tuple(labels)
        _see_held(by, _known_role(role), (*asked, *([department] if department else ())))
        password = new_password(name)
        user = self._users.create(name=name, password=password, role=role, department=department, labels=asked)
        self._registry.note("user.created", by.id, id=user.id, name=user.name, **_granted(user))
        return user, password

    def change(self, by: Principal, user_id: str, *, role: str, department: str | None, labels: Iterable[str]) -> User:
        """Another role, department and labels.

        Raises:
            NotFoundError: there is no such user.
            InputError: a field cannot be used, or the sign-in of the house says what they are.
            NotAllowed: it is oneself, the last administrator, or more than whoever asks holds.
        """
        before, asked = self.one(user_id), tuple(labels)
        _see_another(by, before)
        added = {*asked, *([department] if department else ())} - _labels_of(before)
        _see_held(by, _known_role(role), added, before=before.role)
        user = self._users.change(before.name, role=role, department=department, labels=asked, last=False)
        self._registry.note(
            "user.changed", by.id, id=user.id, name=user.name, before=_granted(before), **_granted(user)
        )
        return user

    def disable(self, by: Principal, user_id: str) -> User:
        """Shut a user out.

        Raises:
            NotFoundError: there is no such user.
            NotAllowed: it is oneself, or the last administrator.
        """
        before = self.one(user_id)
        _see_another(by, before)
        user = self._users.disable(before.name, last=False)
        self._registry.note("user.disabled", by.id, id=user.id, name=user.name)
        return user

    def enable(self, by: Principal, user_id: str) -> User:
        """Let a user in again.

        Raises:
            NotFoundError: there is no such user.
            NotAllowed: they have more than whoever asks.
        """
        before = self.one(user_id)
        _see_another(by, before)
        _see_held(by, before.role, _labels_of(before))
        user = self._users.enable(before.name)
        self._registry.note("user.enabled", by.id, id=user.id, name=user.name)
        return user

    def reset_password(self, by: Principal, user_id: str) -> tuple[User, str]:
        """Another password for somebody who forgot theirs, shown this once.

        Raises:
            NotFoundError: there is no such user.
            InputError: they have no password here.
            NotAllowed: it is oneself, or they have more than whoever asks.
        """
        before = self.one(user_id)
        _see_another(by, before)
        _see_held(by, before.role, _labels_of(before))
        password = new_password(before.name)
        user = self._users.set_password(before.name, password)
        self._registry.note("user.password", by.id, id=user.id, name=user.name)
        return user, password


def new_password(name: str) -> str:
    """A password that can be read out: twenty letters and digits in groups, 99 bits, without the name in it."""
    made = ""
    for _ in range(100):  # a name of one letter is in about half of them
        made = "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))
        if name.lower() not in made:
            break
    return made


def is_self(by: Principal, user: User) -> bool:
    """Whether this user is whoever asks."""
    return by.id == user.principal.id


def may_be_given(by: Principal) -> tuple[Role, ...]:
    """The roles that whoever asks can give to somebody new."""
    return tuple(role for role in Role if SCOPES_OF_ROLE[role] <= by.scopes)


def holds_all_of(by: Principal, user: User) -> bool:
    """Whether whoever asks holds all that this user has, and may let them in again or give them a password."""
    return SCOPES_OF_ROLE[user.role] <= by.scopes and _labels_of(user) <= by.labels | {PUBLIC}


def _see_another(by: Principal, user: User) -> None:
    if is_self(by, user):
        raise NotAllowed(_ONESELF)


def _see_held(by: Principal, role: Role, labels: Iterable[str], *, before: Role | None = None) -> None:
    """What is added is held; what somebody had before is not given by whoever leaves it to them."""
    had = SCOPES_OF_ROLE[before] if before is not None else frozenset()
    if not SCOPES_OF_ROLE[role] - had <= by.scopes or not set(labels) <= by.labels | {PUBLIC}:
        raise NotAllowed(_MORE_THAN_HELD)


def _known_role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError as exc:
        raise InputError("请选择一个角色。") from exc


def _labels_of(user: User) -> frozenset[str]:
    return frozenset(user.labels) | ({user.department} if user.department else frozenset())


def _granted(user: User) -> dict[str, object]:
    return {"role": user.role.value, "labels": list(user.labels), "department": user.department}
