"""Settings → keys, users, portals and the gate: what serves and what manages them start from here."""

from __future__ import annotations

from assistant.access.recorder import Recorder
from assistant.access.registry import Registry, open_registry
from assistant.records.store import sqlite_url
from assistant.settings import Settings, WhenFull


def build_registry(settings: Settings, *, make_pepper: bool = False) -> Registry:
    """Keys, users and portals, in the database that the settings name.

    Args:
        make_pepper: make the pepper where there is none yet, as for the first key.

    Raises:
        SettingsError: the pepper or the URL of the database cannot be used.
        RecordsError: the database cannot be used, or its tables are of another version.
    """
    return open_registry(
        records_url(settings),
        pepper_file=settings.pepper_file,
        secrets_dir=settings.secrets_dir,
        make_pepper=make_pepper,
        leeway_s=settings.access.clock_skew_s,
    )


def build_recorder(settings: Settings, registry: Registry) -> Recorder:
    """What puts answers and acts into the chain of a registry."""
    return Recorder(
        registry.chain,
        registry.answers,
        refuse=settings.audit.when_full is WhenFull.REFUSE,
        waiting=settings.audit.waiting,
    )


def records_url(settings: Settings) -> str:
    """Where the records are."""
    given = settings.records.url
    return given.get_secret_value() if given else sqlite_url(settings.data_dir)
