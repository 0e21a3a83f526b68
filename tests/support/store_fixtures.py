"""Fixtures of stores, and of what hands out and checks credentials over one: a plugin that `tests/conftest.py` names.

`empty_store` is an empty database of both kinds in turn; `store` is SQLite with its tables, under a clock that the
test sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from clocks import PEPPER, Clock, Ticks
from databases import fresh_database, running_postgres

from assistant.access.embeds import Embeds
from assistant.access.gate import GuardedGate
from assistant.access.keys import ApiKeys
from assistant.access.users import Users
from assistant.records.schema import make_ready
from assistant.records.store import Store, sqlite_url


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server."""
    with running_postgres() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "data")
    return fresh_database(request.getfixturevalue("postgres"))


@pytest.fixture
def empty_store(database_url: str) -> Iterator[Store]:
    """An empty database, opened."""
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    store = Store(sqlite_url(tmp_path), clock=clock)
    make_ready(store)
    yield store
    store.close()


@pytest.fixture
def keys(store: Store) -> ApiKeys:
    return ApiKeys(store, PEPPER)


@pytest.fixture
def embeds(store: Store, tmp_path: Path) -> Embeds:
    return Embeds(store, tmp_path / "secrets")


@pytest.fixture
def users(store: Store) -> Users:
    return Users(store, PEPPER, hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def gate(keys: ApiKeys, embeds: Embeds, users: Users, ticks: Ticks) -> GuardedGate:
    return GuardedGate(keys, embeds, users, clock=ticks)
