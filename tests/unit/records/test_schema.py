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


def test_an_empty_database_gets_every_table(empty_store: Store) -> None:
    assert schema_of(empty_store).current == EMPTY
    make_ready(empty_store)
    make_ready(empty_store)  # a second time changes nothing
    assert schema_of(empty_store).is_current
    assert names(empty_store) == {*metadata.tables, "alembic_version"}


def test_the_revisions_make_what_the_tables_say(empty_store: Store) -> None:
    upgrade(empty_store)
    with empty_store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_revision_goes_back_and_forward_again(empty_store: Store) -> None:
    upgrade(empty_store)
    schema = schema_of(empty_store)
    for revision in reversed([EMPTY, *schema.known[:-1]]):
        downgrade(empty_store, revision)
        assert schema_of(empty_store).current == revision
    assert names(empty_store) <= {"alembic_version"}
    upgrade(empty_store)
    assert schema_of(empty_store).is_current


def test_it_goes_back_only_to_revisions_that_came_before(empty_store: Store) -> None:
    upgrade(empty_store)
    for wrong in ("9999", schema_of(empty_store).newest, "-1", "base"):
        with pytest.raises(SettingsError, match=EMPTY):
            downgrade(empty_store, wrong)


def test_tables_of_a_newer_program_are_not_touched(empty_store: Store) -> None:
    upgrade(empty_store)
    with empty_store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for change in (make_ready, upgrade):
        with pytest.raises(RecordsOutdated, match="更新的程序"):
            change(empty_store)
    assert names(empty_store) == {*metadata.tables, "alembic_version"}


def test_a_revision_that_fails_leaves_nothing(empty_store: Store) -> None:
    with empty_store.write() as connection:
        connection.execute(text("CREATE TABLE users (id INTEGER)"))  # in the way of the first revision
    with pytest.raises(Exception, match="记录库"):
        upgrade(empty_store)
    assert "sessions" not in names(empty_store)
    assert schema_of(empty_store).current == EMPTY
