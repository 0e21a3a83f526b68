"""One database behind everything that is remembered: SQLite in a file, or PostgreSQL.

Other people's faults stop here: whatever the database raises leaves as a `RecordsError`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from assistant.errors import RecordsError, SettingsError

FILE = "assistant.sqlite"  # in the data folder
_BUSY_S = 10  # how long a writer waits for another one
_ADVICE = "请检查磁盘空间、数据库服务和访问权限，然后再试。"
_WRITES = "assistant_writes"


def sqlite_url(data_dir: Path) -> str:
    """The URL of the SQLite file in a data folder."""
    return f"sqlite:///{(data_dir / FILE).resolve()}"


def now_ms() -> int:
    """The time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Store:
    """Connections to the one database. Safe for several threads; knows no table.

    Args:
        url: `sqlite:///` with a path, or `postgresql://` with a host.
        clock: milliseconds since 1970; a test may set it.

    Raises:
        SettingsError: the URL cannot be used, or the driver of its database is not installed.
        RecordsError: the file cannot be made.
    """

    def __init__(self, url: str, *, clock: Callable[[], int] = now_ms) -> None:
        self.clock = clock
        self._engine = _engine(url)
        self._writing = self._engine.execution_options(**{_WRITES: True})

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or undone when anything is raised.

        In SQLite it holds the one lock for writing from its beginning, so what it reads stays so.

        Raises:
            RecordsError: the database cannot do it.
        """
        with _translated(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction for reading.

        Raises:
            RecordsError: the database cannot do it.
        """
        with _translated(), self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as exc:
        raise RecordsError(f"记录库现在无法使用（{type(exc).__name__}）。{_ADVICE}") from exc


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise SettingsError("ASSISTANT_RECORDS__URL 不是数据库地址，写法见 docs/settings.md") from exc
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            _make_file(Path(parsed.database))
            engine = create_engine(parsed, connect_args={"timeout": _BUSY_S})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        case "postgresql":
            return _postgres(parsed)
        case _:
            raise SettingsError("ASSISTANT_RECORDS__URL 须以 sqlite:/// 或 postgresql:// 开头，写法见 docs/settings.md")


def _postgres(parsed: Any) -> Engine:
    try:
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args={"connect_timeout": 5}
        )
    except ModuleNotFoundError as exc:
        raise SettingsError("使用 PostgreSQL 需要安装附加依赖：pip install 'puhui-policy-assistant[postgres]'") from exc


def _make_file(path: Path) -> None:
    """The file, readable by its owner alone; SQLite gives its companions the same rights."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as exc:
        raise RecordsError(f"记录库文件无法建立或写入：{path}。请检查 ASSISTANT_DATA_DIR 的权限和磁盘空间。") from exc


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: sqlite3 would begin late and commit before DDL
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_S * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
