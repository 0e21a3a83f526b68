"""A corpus with an index and records beside it, as publishing needs them: over stand-ins, without a server."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from corpus_samples import Corner

from assistant.access.registry import Registry
from assistant.curation.files import ChangeFiles
from assistant.curation.house import House
from assistant.evaluation.runner import Answering
from assistant.records.changes import Change, ChangeKind
from assistant.schema.principal import READING, Principal, PrincipalKind, Scope

DAY = date(2026, 6, 1)


def person(name: str, *scopes: Scope, labels: frozenset[str] = frozenset()) -> Principal:
    """Somebody who is signed in."""
    return Principal(kind=PrincipalKind.USER, subject=name, scopes=READING | set(scopes), labels=labels)


EDITOR = person("lin", Scope.CORPUS_EDIT)
APPROVER = person("zhao", Scope.CORPUS_APPROVE)
BOTH = person("qian", Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE)


def house_at(root: Path, corner: Corner, *, answering: Mapping[str, Answering] | None = None) -> House:
    """Everything that publishing asks for; `answering` has the assistants `now` and `then`."""
    files = ChangeFiles(root / "data" / "changes")
    return House(
        corpus_dir=corner.corpus,
        indexes_dir=corner.indexes,
        data_dir=root / "data",
        release=corner.release(),
        path_of=files.path,
        keep=files.put,
        now_served=lambda: (answering or {})["now"],
        open_at=lambda _: (answering or {})["then"],
        today=lambda: DAY,
    )


def adding(registry: Registry, root: Path, name: str, text: str, *, by: Principal = EDITOR, **facts: Any) -> Change:
    """A file that waits for somebody to approve it."""
    content = text.encode()
    sha = hashlib.sha256(content).hexdigest()
    made = registry.changes.put(ChangeKind.ADD, by=by.id, name=name, sha256=sha, facts=facts)
    ChangeFiles(root / "data" / "changes").put(made.id, name, content)
    return registry.changes.submit(made.id)


def removing(registry: Registry, document_id: str, *, by: Principal = EDITOR) -> Change:
    """A document that is to go, waiting as well."""
    made = registry.changes.put(ChangeKind.REMOVE, by=by.id, document_id=document_id)
    return registry.changes.submit(made.id)
