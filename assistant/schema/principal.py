"""Who asks: a person, a program or a portal's user, with what they may do and see."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum


class PrincipalKind(StrEnum):
    """How somebody is known."""

    LOCAL = "local"  # this machine in development mode; nobody in particular
    TERMINAL = "terminal"  # whoever runs a command here
    KEY = "key"  # a program with an API key
    USER = "user"  # a user of the workbench
    EMBED = "embed"  # a portal's user, vouched for by the portal's token


class Scope(StrEnum):
    """What one may do. A route names one of these (`assistant.serving.http.rules`)."""

    ASK = "ask"
    SEARCH = "search"
    VERIFY = "verify"
    DOCUMENTS = "documents"
    CORPUS_EDIT = "corpus:edit"
    CORPUS_APPROVE = "corpus:approve"
    AUDIT_READ = "audit:read"
    FEEDBACK_READ = "feedback:read"
    RETENTION = "retention:manage"
    KEYS = "keys:manage"
    EMBEDS = "embeds:manage"
    EMBED_CODES = "embeds:codes"  # of a portal's back end: codes for its pages, and taking back their tokens
    USERS = "users:manage"
    VIEW_AS = "view-as"
    METRICS = "metrics:read"


READING = frozenset({Scope.ASK, Scope.SEARCH, Scope.VERIFY, Scope.DOCUMENTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who was recognised. `labels` are those of documents they may read, their department among them."""

    kind: PrincipalKind
    subject: str  # unique among its kind
    scopes: frozenset[Scope] = frozenset()
    labels: frozenset[str] = frozenset()
    department: str | None = None
    expires_at: int | None = None  # milliseconds since 1970; not known after that
    portal: str | None = None  # of a portal's back end: whose codes it gets
    viewing: str | None = None  # as whom they look at the library, to read alone; `None`: as themselves
    lacking: frozenset[str] = frozenset()  # labels of whom they view as that they do not hold, and so do not see

    @property
    def id(self) -> str:
        """Unique among all: what the audit names."""
        return f"{self.kind}:{self.subject}"

    @property
    def owner(self) -> str:
        """What owns a conversation: what was asked as somebody else stays apart from what was asked as oneself."""
        return self.id if self.viewing is None else f"{self.id}|{zlib.crc32(self.viewing.encode()):08x}"

    def may(self, scope: Scope) -> bool:
        """Whether this may be done."""
        return scope in self.scopes
