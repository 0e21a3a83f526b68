"""The tables: made, brought forward and back, the same in both databases."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from assistant.errors import RecordsOutdated, SettingsError
from assistant.records.schema import EMPTY, downgrade, make_ready, schema_of, upgrade
from assistant.records.store import Store
from assistant.records.tables import metadata


def names(store: Store) -> set[str]:
    with store.read() as connection:
        return set(inspect(connection).get_table_names())


def test_an_empty_database_gets_every_table(store: Store) -> None:
    assert schema_of(store).current == EMPTY
    make_ready(store)
    make_ready(store)  # a second time changes nothing
    assert schema_of(store).is_current
    assert names(store) == {*metadata.tables, "alembic_version"}


def test_the_revisions_make_what_the_tables_say(store: Store) -> None:
    upgrade(store)
    with store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_revision_goes_back_and_forward_again(store: Store) -> None:
    upgrade(store)
    schema = schema_of(store)
    for revision in reversed([EMPTY, *schema.known[:-1]]):
        downgrade(store, revision)
        assert schema_of(store).current == revision
    assert names(store) <= {"alembic_version"}
    upgrade(store)
    assert schema_of(store).is_current


def test_it_goes_back_only_to_revisions_that_came_before(store: Store) -> None:
    upgrade(store)
    for wrong in ("9999", schema_of(store).newest, "-1", "base"):
        with pytest.raises(SettingsError, match=EMPTY):
            downgrade(store, wrong)


def test_tables_of_a_newer_program_are_not_touched(store: Store) -> None:
    upgrade(store)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RecordsOutdated, match="更新的程序"):
        make_ready(store)
    assert names(store) == {*metadata.tables, "alembic_version"}


def test_a_revision_that_fails_leaves_nothing(store: Store) -> None:
    with store.write() as connection:
        connection.execute(text("CREATE TABLE users (id INTEGER)"))  # in the way of the first revision
    with pytest.raises(Exception, match="记录库"):
        upgrade(store)
    assert "sessions" not in names(store)
    assert schema_of(store).current == EMPTY
