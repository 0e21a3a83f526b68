"""The tables brought to a revision, forward and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from assistant.errors import RecordsOutdated, SettingsError
from assistant.records.store import Store

_SCRIPTS = Path(__file__).parent / "migrations"
EMPTY = "0000"  # what an empty database is called
_NEWER = (
    "记录库由更新的程序建成，本程序不认识它的版本。"
    "请改用更新的程序，或先用那个程序运行 python -m assistant records downgrade。"
)


@dataclass(frozen=True, slots=True)
class Schema:
    """Where a database stands."""

    current: str  # a revision, or `EMPTY`
    newest: str  # the newest that this program knows
    known: tuple[str, ...]  # every revision, oldest first

    @property
    def is_current(self) -> bool:
        return self.current == self.newest


def schema_of(store: Store) -> Schema:
    """Where the database stands.

    Raises:
        RecordsError: it cannot be asked.
    """
    with store.read() as connection:
        current = MigrationContext.configure(connection).get_current_revision() or EMPTY
    scripts = ScriptDirectory.from_config(_config(None))
    known = tuple(reversed([script.revision for script in scripts.walk_revisions()]))
    return Schema(current=current, newest=known[-1], known=known)


def make_ready(store: Store) -> None:
    """Make the tables where there are none; otherwise see that they are what this program knows.

    Raises:
        RecordsOutdated: they are older or newer; the message names the command to run.
    """
    schema = schema_of(store)
    if schema.is_current:
        return
    if schema.current == EMPTY:
        upgrade(store)
    elif schema.current in schema.known:
        raise RecordsOutdated(
            f"记录库的版本是 {schema.current}，本程序需要 {schema.newest}。"
            "请先备份记录库，再运行 python -m assistant records upgrade。"
        )
    else:
        raise RecordsOutdated(_NEWER)


def upgrade(store: Store) -> None:
    """Bring the tables to the newest revision; all of it, or nothing.

    Raises:
        RecordsOutdated: they are newer than this program.
    """
    schema = schema_of(store)
    if schema.current not in (EMPTY, *schema.known):
        raise RecordsOutdated(_NEWER)
    with store.write() as connection:
        command.upgrade(_config(connection), "head")


def downgrade(store: Store, revision: str) -> None:
    """Bring the tables back to an earlier revision; what only newer ones hold is lost.

    Raises:
        SettingsError: there is no such revision before the present one.
    """
    schema = schema_of(store)
    earlier = (EMPTY, *schema.known[: schema.known.index(schema.current)]) if schema.current in schema.known else ()
    if revision not in earlier:
        raise SettingsError(f"记录库可以退回的版本：{'、'.join(earlier) or '没有'}。")
    with store.write() as connection:
        command.downgrade(_config(connection), "base" if revision == EMPTY else revision)


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
