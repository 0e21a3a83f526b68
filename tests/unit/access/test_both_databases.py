"""Keys, users, portals, the chain and answers behave the same in SQLite and in PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from clocks import PEPPER

from assistant.access.audit import Chain, Draft
from assistant.access.audit_proof import check, marks_of
from assistant.access.keys import ApiKeys
from assistant.access.recorder import Recorder
from assistant.access.users import Users
from assistant.errors import NotSignedIn, RecordsError
from assistant.records.answers import AnswerBook, KeptAnswer
from assistant.records.schema import make_ready
from assistant.records.store import Store


@pytest.fixture
def ready(empty_store: Store) -> Store:
    make_ready(empty_store)
    return empty_store


def draft(n: int) -> Draft:
    return Draft(kind="answer", subject=f"key:{n}", at=1000 + n, facts={"question": "能续贷吗？𠮷\u0000"})


def test_keys_and_users(ready: Store) -> None:
    keys = ApiKeys(ready, PEPPER)
    text, key = keys.create(name="门户", scopes=["ask"], labels=["内部"], by="t")
    assert keys.principal(text).labels == {"内部"}
    keys.revoke(key.id)
    with pytest.raises(NotSignedIn):
        keys.principal(text)
    users = Users(ready, PEPPER, hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    users.create(name="li", password="correct-horse-7", role="admin")
    token, _ = users.sign_in("li", "correct-horse-7")
    assert users.principal(token).subject
    users.disable("li")
    with pytest.raises(NotSignedIn):
        users.principal(token)


def test_many_writers_make_one_chain_and_old_records_go(ready: Store) -> None:
    chain = Chain(ready)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: chain.append([draft(n)]), range(40)))
    entries = list(chain.entries())
    marks = marks_of(entries)
    assert (len(marks), check(entries, marks).whole) == (40, True)
    before = 1 + max(entry.at for entry in entries[:10])
    gone = next((n for n, entry in enumerate(entries) if entry.at >= before), 40)  # the writers came in any order
    assert chain.purge(before, by="t") == gone >= 10
    assert [entry.seq for entry in chain.entries()] == list(range(gone + 1, 42))
    assert check(chain.entries(), marks).whole


def test_a_record_and_its_answer_are_one(ready: Store) -> None:
    recorder = Recorder(Chain(ready), AnswerBook(ready), refuse=True)
    kept = KeptAnswer(
        id="a", owner="key:1", session_id="s", generation="g", created_at=5, inquiry="{}", body='{"text":"续贷"}'
    )
    recorder.record(draft(1), kept)
    assert recorder.answers.get("a", owner="key:1") == kept
    with pytest.raises(RecordsError):
        recorder.record(draft(2), kept)
    assert len(list(Chain(ready).entries())) == 1
    assert recorder.answers.purge(6) == 1
