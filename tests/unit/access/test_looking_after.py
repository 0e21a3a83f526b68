"""Changing users and searching the audit: the same in SQLite and in PostgreSQL, and with two at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from clocks import PEPPER

from assistant.access.audit import Chain, Draft
from assistant.access.audit_search import Sought, kinds, newest, oldest
from assistant.access.users import Role, Users
from assistant.errors import InputError, NotAllowed, NotFoundError, NotSignedIn
from assistant.records.schema import make_ready
from assistant.records.store import Store

PASSWORD = "correct-horse-7"


@pytest.fixture
def ready(empty_store: Store) -> Store:
    make_ready(empty_store)
    return empty_store


@pytest.fixture
def users(ready: Store) -> Users:
    return Users(ready, PEPPER, hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def test_a_user_is_changed_and_let_in_again(users: Users) -> None:
    users.create(name="li", password=PASSWORD, role="reader")
    token, _ = users.sign_in("li", PASSWORD)
    assert users.recent(token)
    changed = users.change("li", role="auditor", department="合规部", labels=["内部", "内部"])
    assert (changed.role, changed.department, changed.labels) == (Role.AUDITOR, "合规部", ("内部",))
    assert not users.recent(token)
    with pytest.raises(NotSignedIn):
        users.principal(token)
    users.disable("li")
    assert users.enable("li").disabled_at is None
    users.sign_in("li", PASSWORD)
    for role, name, fault in (("king", "li", InputError), ("reader", "nobody", NotFoundError)):
        with pytest.raises(fault):
            users.change(name, role=role, department=None, labels=[])


@pytest.mark.parametrize("_", range(5))
def test_two_administrators_do_not_shut_out_each_other(users: Users, _: int) -> None:
    names = ("a", "b")
    for name in names:
        users.create(name=name, password=PASSWORD, role="admin")
    together = Barrier(2)

    def shut_out(name: str) -> bool:
        together.wait()
        try:
            users.disable(name, last=False)
        except NotAllowed:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(shut_out, names))
    assert sorted(done) == [False, True]
    assert [user.disabled_at is None for user in users.listed()].count(True) == 1


def test_records_are_found_in_batches_and_in_order(ready: Store) -> None:
    chain = Chain(ready)
    odd = 'a%b_"c\\d'
    drafts = [Draft(kind="key.created", subject=f"key:{n % 3}", at=n, facts={"n": n}) for n in range(1200)]
    drafts.append(Draft(kind="corpus.added", subject="terminal:root", at=5000, facts={"documents": [odd]}))
    drafts.append(Draft(kind="answer", subject="key:1", at=5001, facts={"outcome": "answered", "id": f"{odd}#第一条"}))
    drafts.append(Draft(kind="audit.read", subject="user:1", at=5002, facts={"document": odd, "outcome": "answered"}))
    drafts.append(Draft(kind="corpus.added", subject="terminal:root", at=5003, facts={"documents": ["axxbx_c"]}))
    chain.append(drafts)

    def found(**wanted: object) -> list[int]:
        sought = Sought(**wanted)  # type: ignore[arg-type]
        forward = [one.seq for one in oldest(ready, sought)]
        assert [one.seq for one in newest(ready, sought, before=None)] == forward[::-1]
        return forward

    assert found() == list(range(1, 1205))
    assert found(subjects=("key:0",), since=300, until=900) == list(range(301, 901, 3))
    assert found(subjects=()) == []
    assert found(kind="corpus.added") == [1201, 1204]
    assert found(document=odd) == [1201, 1202]
    assert found(outcome="answered") == [1202]
    assert [one.seq for one in newest(ready, Sought(), before=3)] == [2, 1]
    assert kinds(ready) == ("answer", "audit.read", "corpus.added", "key.created")
