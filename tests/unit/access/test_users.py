"""Users of the workbench: passwords, roles, sign-ins."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from clocks import PEPPER, Clock
from sqlalchemy import select

from assistant.access.users import SCOPES_OF_ROLE, SIGNED_IN_MS, Role, Users
from assistant.errors import InputError, NotFoundError, NotSignedIn
from assistant.records.store import Store
from assistant.records.tables import signins
from assistant.records.tables import users as table
from assistant.schema.principal import READING, Scope

PASSWORD = "correct-horse-7"
FAST = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def add(users: Users, name: str = "li.ming", role: str = "reader") -> None:
    users.create(name=name, password=PASSWORD, role=role, department="信贷部", labels=["内部"])


def test_whoever_knows_the_password_is_signed_in(users: Users) -> None:
    add(users, role="auditor")
    token, user = users.sign_in("li.ming", PASSWORD)
    found = users.principal(token)
    assert found == user.principal
    assert found.labels == {"内部", "信贷部"}
    assert found.scopes == READING | {Scope.AUDIT_READ}


def test_neither_password_nor_token_is_kept(users: Users, store: Store) -> None:
    add(users)
    token, _ = users.sign_in("li.ming", PASSWORD)
    with store.read() as connection:
        held = repr([connection.execute(select(table)).all(), connection.execute(select(signins)).all()])
    assert PASSWORD not in held
    assert token not in held
    assert "argon2id" in held


def test_every_failure_says_the_same(users: Users) -> None:
    add(users)
    add(users, "wang")
    users.disable("wang")
    said = set()
    for name, password in [("li.ming", "wrong-password"), ("nobody", PASSWORD), ("wang", PASSWORD), ("", "")]:
        with pytest.raises(NotSignedIn) as caught:
            users.sign_in(name, password)
        said.add((caught.value.code, caught.value.message))
    assert len(said) == 1


def test_a_sign_in_ends(users: Users, clock: Clock) -> None:
    add(users)
    tokens = [users.sign_in("li.ming", PASSWORD)[0] for _ in range(3)]
    users.sign_out(tokens[0])
    clock.ahead_ms = SIGNED_IN_MS - 60_000
    assert users.principal(tokens[1])
    with pytest.raises(NotSignedIn):
        users.principal(tokens[0])
    clock.ahead_ms = SIGNED_IN_MS + 1
    with pytest.raises(NotSignedIn):
        users.principal(tokens[1])


@pytest.mark.parametrize("end", ["disable", "password"])
def test_shutting_out_ends_what_is_open(users: Users, end: str) -> None:
    add(users)
    token, _ = users.sign_in("li.ming", PASSWORD)
    if end == "disable":
        users.disable("li.ming")
    else:
        users.set_password("li.ming", "another-horse-8")
    with pytest.raises(NotSignedIn):
        users.principal(token)


@pytest.mark.parametrize("end", ["disable", "password"])
def test_shutting_out_while_the_password_is_compared_lets_nobody_in(
    users: Users, store: Store, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    add(users)
    beside, matches = Users(store, PEPPER, hasher=FAST), users._matches

    def slowly(known: str, password: str) -> bool:
        same = matches(known, password)
        beside.disable("li.ming") if end == "disable" else beside.set_password("li.ming", "another-horse-8")
        return same

    monkeypatch.setattr(users, "_matches", slowly)
    with pytest.raises(NotSignedIn) as caught:
        users.sign_in("li.ming", PASSWORD)
    assert caught.value.code == "bad_credential"
    with store.read() as connection:
        assert connection.execute(select(signins)).all() == []


@pytest.mark.parametrize("weak", ["short-1", "aaaaaaaaaaaaaaa", "li.ming-2026-x", "x" * 201, ""])
def test_a_weak_password_makes_no_user(users: Users, weak: str) -> None:
    with pytest.raises(InputError):
        users.create(name="li.ming", password=weak, role="reader")
    assert users.listed() == ()


def test_full_width_letters_are_the_same_letters(users: Users) -> None:
    users.create(name="a", password="ＣＯＲＲＥＣＴ-horse-7", role="reader")
    assert users.sign_in("a", "CORRECT-horse-7")


def test_a_name_is_given_once_and_a_role_is_one_of_ours(users: Users) -> None:
    add(users)
    with pytest.raises(InputError, match="同名"):
        add(users)
    with pytest.raises(InputError, match="reader"):
        add(users, "b", role="root")
    with pytest.raises(NotFoundError):
        users.disable("nobody")


def test_no_role_prepares_and_lets_out() -> None:
    assert set(SCOPES_OF_ROLE) == set(Role)
    for scopes in SCOPES_OF_ROLE.values():
        assert not {Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE} <= scopes
        assert not {Scope.USERS, Scope.AUDIT_READ} <= scopes
