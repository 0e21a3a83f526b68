"""Settings → keys, users, portals and the gate: what serves and what manages them start from here."""

from __future__ import annotations

from assistant.access.oidc import Oidc, OidcClient
from assistant.access.recorder import Recorder
from assistant.access.registry import Registry, open_registry
from assistant.access.secrets import pepper_at
from assistant.errors import SettingsError
from assistant.records.store import sqlite_url
from assistant.settings import Settings, WhenFull, needed


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


def build_oidc(settings: Settings) -> Oidc | None:
    """The provider through which people sign in, if there is one; nothing is asked of it yet.

    Raises:
        SettingsError: its secret cannot be read.
    """
    given = settings.oidc
    if given.issuer is None:
        return None
    client = OidcClient(
        issuer=given.issuer,
        client_id=needed(given.client_id, "ASSISTANT_OIDC__CLIENT_ID"),
        client_secret=oidc_secret(settings),
        home=needed(settings.public_url, "ASSISTANT_PUBLIC_URL").rstrip("/"),
        roles=given.roles,
        role_claim=given.role_claim,
        name_claim=given.name_claim,
        department_claim=given.department_claim,
        departments=given.departments,
        labels=given.labels,
        leeway_s=settings.access.clock_skew_s,
        timeout_s=given.timeout_s,
    )
    return Oidc(client, pepper_at(settings.pepper_file))


def oidc_secret(settings: Settings) -> str:
    """The secret that the provider knows this program by.

    Raises:
        SettingsError: there is none, or its file cannot be read.
    """
    given = settings.oidc
    if given.client_secret_file is None:
        held = given.client_secret.get_secret_value() if given.client_secret else None
        return needed(held, "ASSISTANT_OIDC__CLIENT_SECRET")
    try:
        return given.client_secret_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError("ASSISTANT_OIDC__CLIENT_SECRET_FILE 指定的文件无法读取。") from exc


def records_url(settings: Settings) -> str:
    """Where the records are."""
    given = settings.records.url
    return given.get_secret_value() if given else sqlite_url(settings.data_dir)
