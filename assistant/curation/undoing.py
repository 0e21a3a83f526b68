"""What leads back from a publication: kept when it is made, and turned into changes when somebody wants it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.access.registry import Registry
from assistant.corpus.manifest import ManifestLine
from assistant.corpus.outcomes import FileVerdict
from assistant.corpus.overlays import overlay_of
from assistant.curation.house import House
from assistant.curation.preparing import Prepared
from assistant.curation.stated import kept_facts, kept_given
from assistant.errors import InputError, NotAllowed, NotFoundError
from assistant.records.changes import ENDED, Change, ChangeKind, ChangeState
from assistant.schema.principal import Principal, Scope

UNDOES = "undoes"  # in the report of a change: the id of the publication that it takes back


def steps_back(house: House, prepared: Prepared) -> list[dict[str, Any]]:
    """What leads back from a publication that is about to be made, the files that go kept beside the records.

    A step whose `do` is empty says that no change of ours leads back.
    """
    lines = house.lines()
    found: list[dict[str, Any]] = []
    for change in prepared.changes:
        line = lines.get(change.document_id or "")
        outcome = prepared.aside.outcomes.get(change.id)
        if outcome is not None:
            fresh = outcome.verdict in (FileVerdict.ADDED, FileVerdict.VERSION)
            facts = {"title": outcome.title, **({"access": list(outcome.access)} if outcome.access else {})}
            found.append({"do": "remove" if fresh else "", "document": outcome.document_id, "facts": facts})
        elif line is not None and change.kind is ChangeKind.REMOVE:
            kept = {"file": _save(house, prepared.id, line), "facts": kept_given(line[0])}
            corrections = [one.json() for one in overlay_of(line[1], line[0].sha256)]
            found.append({"do": "add", "document": change.document_id, "corrections": corrections, **kept})
        elif line is not None:
            found.append({"do": "restate", "document": change.document_id, "facts": kept_facts(line[0])})
    return found


def take_back(registry: Registry, house: House, by: Principal, publication_id: str) -> tuple[Change, ...]:
    """The changes that lead back from a publication, waiting for another person.

    Raises:
        NotAllowed: they may neither edit nor approve.
        NotFoundError: there is none, or what is needed for it is gone.
        InputError: it is being taken back, or nothing of it can be.
    """
    if not (by.may(Scope.CORPUS_APPROVE) or by.may(Scope.CORPUS_EDIT)):
        raise NotAllowed("您没有管理文件的权限，请联系管理员。")
    found = registry.publications.get(publication_id)
    if found is None:
        raise NotFoundError("没有这次发布，请从清单里打开。")
    under_way = registry.changes.listed(states=set(ChangeState) - ENDED)
    if any(change.report.get(UNDOES) == publication_id for change in under_way):
        raise InputError("撤回这次发布的变更已经在待办里，请到清单里处理。")
    steps = [step for step in found.summary["undo"] if step["do"]]
    if not steps:
        raise InputError("这次发布没有可以自动撤回的内容，请登记新的变更。")
    made = tuple(_step_back(registry, house, by, publication_id, step) for step in reversed(steps))
    ids = [change.id for change in made]
    registry.note("corpus.taken-back", by.id, publication=publication_id, changes=ids)
    return made


def _step_back(registry: Registry, house: House, by: Principal, publication_id: str, step: Mapping[str, Any]) -> Change:
    book, note, report = registry.changes, "撤回此前的一次发布", {UNDOES: publication_id}
    if step["do"] != "add":
        kind = ChangeKind.REMOVE if step["do"] == "remove" else ChangeKind.RESTATE
        facts = step.get("facts")
        change = book.put(kind, by=by.id, document_id=step["document"], facts=facts, note=note, report=report)
        return book.submit(change.id)
    path = _saved(house, publication_id) / step["file"]
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise NotFoundError("移除时留存的文件不在了，请重新上传。") from exc
    sha, facts = hashlib.sha256(content).hexdigest(), step["facts"]
    change = book.put(ChangeKind.ADD, by=by.id, name=path.name, sha256=sha, facts=facts, note=note, report=report)
    house.keep(change.id, path.name, content)
    book.edit(change.id, corrections=list(step["corrections"]))
    return book.submit(change.id)


def _save(house: House, publication_id: str, line: tuple[ManifestLine, Path]) -> str:
    """Keep the file of a document that goes, so that it can come back; its name."""
    folder = _saved(house, publication_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(line[1], folder / line[1].name)
    return line[1].name


def _saved(house: House, publication_id: str) -> Path:
    return house.data_dir / "released" / publication_id
