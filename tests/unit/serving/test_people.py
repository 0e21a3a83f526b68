"""Who may do what to whom: nobody hands on more than they hold, and somebody is always left to let others in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from doors import PASSWORD, opened

from assistant.access.registry import Registry
from assistant.access.users import Role, User
from assistant.errors import InputError, NotAllowed, NotFoundError, NotSignedIn
from assistant.schema.principal import Principal
from assistant.serving.people import People, new_password


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        yield found


@pytest.fixture
def make(registry: Registry) -> Callable[..., User]:
    def made(name: str, role: str = "reader", **more: object) -> User:
        return registry.users.create(name=name, password=PASSWORD, role=role, **more)  # type: ignore[arg-type]

    return made


@pytest.fixture
def admin(make: Callable[..., User]) -> Principal:
    return make("guan", "admin", department="信贷部", labels=["内部"]).principal


def acts(registry: Registry) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in registry.chain.entries()]


def test_a_user_is_made_signs_in_is_changed_shut_out_and_let_in_again(registry: Registry, admin: Principal) -> None:
    people = People(registry)
    user, password = people.create(admin, name="wang", role="reader", department="信贷部", labels=["内部"])
    token, _ = registry.users.sign_in("wang", password)
    people.change(admin, user.id, role="reader", department=None, labels=[])
    with pytest.raises(NotSignedIn):
        registry.users.principal(token)
    token, _ = registry.users.sign_in("wang", password)
    assert registry.users.principal(token).labels == frozenset()
    people.disable(admin, user.id)
    with pytest.raises(NotSignedIn):
        registry.users.sign_in("wang", password)
    people.enable(admin, user.id)
    _, other = people.reset_password(admin, user.id)
    with pytest.raises(NotSignedIn):
        registry.users.sign_in("wang", password)
    registry.users.sign_in("wang", other)
    kinds = ["created", "changed", "disabled", "enabled", "password"]
    assert acts(registry) == [(f"user.{kind}", admin.id) for kind in kinds]
    said = json.dumps([entry.body for entry in registry.chain.entries()])
    assert password not in said
    assert other not in said


@pytest.mark.parametrize("role", ["editor", "approver", "auditor"])
def test_an_administrator_makes_nobody_who_can_do_what_they_cannot(
    registry: Registry, admin: Principal, make: Callable[..., User], role: str
) -> None:
    people, other, keeper = People(registry), make("li"), make("zhao", role)
    with pytest.raises(NotAllowed):
        people.create(admin, name="new", role=role, department=None, labels=[])
    with pytest.raises(NotAllowed):
        people.change(admin, other.id, role=role, department=None, labels=[])
    with pytest.raises(NotAllowed):  # whoever sets a password can be that person
        people.reset_password(admin, keeper.id)
    people.change(admin, keeper.id, role=role, department=None, labels=["内部"])  # the role was given by another
    people.disable(admin, keeper.id)
    with pytest.raises(NotAllowed):
        people.enable(admin, keeper.id)
    registry.users.enable("zhao")
    people.change(admin, keeper.id, role="reader", department=None, labels=[])  # taking away is always possible
    assert [user.role for user in people.listed()] == [Role.ADMIN, Role.READER, Role.READER]


@pytest.mark.parametrize("more", [{"department": "风险部", "labels": []}, {"department": None, "labels": ["绝密"]}])
def test_labels_come_from_whoever_holds_them(
    registry: Registry, admin: Principal, make: Callable[..., User], more: dict[str, object]
) -> None:
    people, other, kept = People(registry), make("li"), make("zhou", **more)
    with pytest.raises(NotAllowed):
        people.create(admin, name="new", role="reader", **more)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        people.change(admin, other.id, role="reader", **more)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        people.reset_password(admin, kept.id)
    people.change(admin, kept.id, role="admin", **more)  # type: ignore[arg-type]  # theirs before, and left to them
    assert acts(registry) == [("user.changed", admin.id)]


def test_nobody_changes_themselves(registry: Registry, admin: Principal, make: Callable[..., User]) -> None:
    make("other", "admin")
    people = People(registry)
    for act in (people.disable, people.enable, people.reset_password):
        with pytest.raises(NotAllowed):
            act(admin, admin.subject)
    with pytest.raises(NotAllowed):
        people.change(admin, admin.subject, role="admin", department=None, labels=["内部"])
    assert acts(registry) == []


def test_the_last_administrator_stays(registry: Registry, admin: Principal, make: Callable[..., User]) -> None:
    other = make("other", "admin")
    People(registry).disable(other.principal, admin.subject)
    with pytest.raises(NotAllowed, match="最后一位管理员"):
        People(registry).disable(admin, other.id)  # shut out a moment ago, and amid a request
    with pytest.raises(NotAllowed, match="最后一位管理员"):
        People(registry).change(admin, other.id, role="reader", department=None, labels=[])
    registry.users.disable("other")  # whoever runs the machine may
    assert [user.disabled_at is None for user in registry.users.listed()] == [False, False]


def test_what_cannot_be_a_user_is_told(registry: Registry, admin: Principal) -> None:
    people = People(registry)
    for fields in ({"name": "guan"}, {"name": "a b"}, {"name": "x", "role": "king"}, {"name": "x", "department": "?"}):
        wanted: dict[str, Any] = {"name": "x", "role": "reader", "department": None, "labels": [], **fields}
        with pytest.raises((InputError, NotAllowed)):
            people.create(admin, **wanted)
    with pytest.raises(NotFoundError):
        people.disable(admin, "nobody")
    assert len(people.listed()) == 1


def test_a_new_password_does_not_hold_the_name() -> None:
    assert all("a" not in new_password("A") for _ in range(50))
    assert len({new_password("wang") for _ in range(50)}) == 50
