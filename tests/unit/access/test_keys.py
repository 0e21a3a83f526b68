"""API keys: shown once, proved by a MAC, void when they should be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from clocks import PEPPER, Clock
from sqlalchemy import select

from assistant.access.keys import ApiKeys
from assistant.access.secrets import Pepper
from assistant.errors import InputError, NotFoundError, NotSignedIn
from assistant.records.store import Store
from assistant.records.tables import keys as table
from assistant.schema.principal import PrincipalKind, Scope

DAY_MS = 86_400_000


def made(keys: ApiKeys, **more: object) -> str:
    given: dict[str, object] = {"name": "门户", "scopes": ["ask"], "by": "terminal:t", **more}
    return keys.create(**given)[0]  # type: ignore[arg-type]


def test_a_key_says_who_comes_and_what_they_may(keys: ApiKeys) -> None:
    text, kept = keys.create(
        name="门户", scopes=["search", "ask"], labels=["内部"], department="信贷部", by="terminal:t"
    )
    found = keys.principal(text)
    assert (found.kind, found.subject, found.department) == (PrincipalKind.KEY, kept.id, "信贷部")
    assert found.scopes == {Scope.ASK, Scope.SEARCH}
    assert found.labels == {"内部", "信贷部"}
    assert found.id == f"key:{kept.id}"


def test_the_store_holds_nothing_that_opens(keys: ApiKeys, store: Store, tmp_path: Path) -> None:
    text = made(keys)
    secret = text.split("_", 2)[2]
    with store.read() as connection:
        row = connection.execute(select(table)).one()
    assert secret not in repr(row)
    assert text not in repr(keys.listed())
    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.iterdir())
    with pytest.raises(NotSignedIn):  # the same store under another pepper
        ApiKeys(store, Pepper(b"another" * 8)).principal(text)
    assert PEPPER.secret.decode() not in repr(PEPPER)


def test_whatever_opens_nothing_says_the_same(keys: ApiKeys, clock: Clock) -> None:
    whole = made(keys)
    revoked, short_lived = made(keys), made(keys, days=1)
    keys.revoke(keys.listed()[1].id)
    other = "a" if whole[-1] != "a" else "b"
    clock.ahead_ms = DAY_MS
    wrong = [
        "", "pz_", "x" * 5000, "钥匙", whole[:-1], whole[:-1] + other, whole + "a", whole.upper(), revoked,
        short_lived, re.sub(r"_[a-z2-7]{10}_", "_aaaaaaaaaa_", whole),
    ]  # fmt: skip
    said = set()
    for text in wrong:
        with pytest.raises(NotSignedIn) as caught:
            keys.principal(text)
        said.add((caught.value.code, caught.value.message))
    assert len(said) == 1
    assert keys.principal(whole)


def test_a_key_lives_as_long_as_it_was_given(keys: ApiKeys, clock: Clock) -> None:
    text = made(keys, days=2)
    clock.ahead_ms = 2 * DAY_MS - 1000
    assert keys.principal(text).expires_at is not None
    clock.ahead_ms = 2 * DAY_MS
    with pytest.raises(NotSignedIn):
        keys.principal(text)


def test_the_last_use_is_noted_to_a_minute(keys: ApiKeys, clock: Clock) -> None:
    text = made(keys)
    assert keys.listed()[0].used_at is None
    keys.principal(text)
    first = keys.listed()[0].used_at
    assert first is not None
    clock.ahead_ms = 30_000
    keys.principal(text)
    assert keys.listed()[0].used_at == first
    clock.ahead_ms = 61_000
    keys.principal(text)
    assert keys.listed()[0].used_at != first


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []}, {"scopes": ["everything"]}, {"name": ""}, {"name": "a b"}, {"name": "x" * 61},
        {"labels": ["<b>"]}, {"department": "\x1b[31m"}, {"days": 0}, {"days": 100_000},
    ],
    ids=range(9),
)  # fmt: skip
def test_what_cannot_be_used_makes_no_key_and_is_not_repeated(keys: ApiKeys, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        made(keys, **wrong)
    assert "everything" not in caught.value.message
    assert keys.listed() == ()


def test_a_key_that_never_was_cannot_be_revoked(keys: ApiKeys) -> None:
    with pytest.raises(NotFoundError):
        keys.revoke("0" * 16)
