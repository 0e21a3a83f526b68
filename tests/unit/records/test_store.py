"""The store: transactions, faults, the file it makes."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from assistant.errors import RecordsError, SettingsError
from assistant.records.schema import make_ready
from assistant.records.store import Store, sqlite_url


def test_a_transaction_is_whole_or_nothing(empty_store: Store) -> None:
    with empty_store.write() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))

    def fail() -> None:
        with empty_store.write() as connection:
            connection.execute(text("INSERT INTO t VALUES (1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with empty_store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 0


def test_faults_of_the_database_leave_as_ours_and_repeat_no_value(empty_store: Store) -> None:
    with pytest.raises(RecordsError) as caught, empty_store.write() as connection:
        connection.execute(text("SELECT '绝密' FROM nowhere"))
    assert "绝密" not in caught.value.message
    assert caught.value.code == "records_unavailable"


def test_writers_in_many_threads_lose_nothing(tmp_path: Path) -> None:
    store = Store(sqlite_url(tmp_path))
    with store.write() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
        connection.execute(text("INSERT INTO t VALUES (0)"))

    def add(_: int) -> None:
        with store.write() as connection:
            found = connection.execute(text("SELECT n FROM t")).scalar_one()
            connection.execute(text("UPDATE t SET n = :n"), {"n": found + 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    with store.read() as connection:
        assert connection.execute(text("SELECT n FROM t")).scalar_one() == 80
    store.close()


def test_sqlite_keeps_a_journal_and_foreign_keys(tmp_path: Path) -> None:
    store = Store(sqlite_url(tmp_path))
    with store.read() as connection:
        found = {p: connection.exec_driver_sql(f"PRAGMA {p}").scalar_one() for p in ("journal_mode", "foreign_keys")}
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 10_000
    assert found == {"journal_mode": "wal", "foreign_keys": 1}
    store.close()


def test_a_row_that_points_nowhere_is_refused(empty_store: Store) -> None:
    make_ready(empty_store)
    with pytest.raises(RecordsError), empty_store.write() as connection:
        connection.execute(text("INSERT INTO signins VALUES ('m', 'nobody', 1, 2)"))


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    store = Store(sqlite_url(tmp_path / "data"))
    make_ready(store)
    files = sorted((tmp_path / "data").iterdir())
    assert files[0].name == "assistant.sqlite"
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    store.close()


@pytest.mark.parametrize("url", ["", "nothing", "mysql://a@b/c", "sqlite://", "sqlite:///:memory:", "oracle://x"])
def test_other_databases_are_refused_by_name(url: str) -> None:
    with pytest.raises(SettingsError, match=r"ASSISTANT_RECORDS__URL"):
        Store(url)


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    store = Store("postgresql://someone:hush-hush@127.0.0.1:1/none")
    with pytest.raises(RecordsError) as caught, store.read():
        pass
    assert "hush-hush" not in caught.value.message
    assert "hush-hush" not in repr(store)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecordsError, match="ASSISTANT_DATA_DIR"):
        Store(sqlite_url(tmp_path / "file"))
