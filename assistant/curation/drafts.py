"""Changes prepared: files uploaded, read, described and corrected by one person, and handed to another.

What reads a file is the sandboxed reader of `parse_file`, in a thread; the scanner of the house comes before it.
Nothing here lets anything into the library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from assistant.access.registry import Registry
from assistant.corpus.intake import MAX_BYTES, display_name
from assistant.corpus.quality import examine
from assistant.curation.alike import Library
from assistant.curation.draft_reading import Begin, Readings, corrections_of, in_thread
from assistant.curation.facts import APPROVALS, facts_of, labels_of, may_see
from assistant.curation.files import ChangeFiles
from assistant.curation.reports import (
    READ,
    READING,
    approvals_needed,
    read_report,
    rejected_report,
    too_little,
)
from assistant.curation.scanning import Scanner
from assistant.errors import AssistantError, InputError, NotAllowed, NotFoundError
from assistant.parsing.corrections import Correction
from assistant.records.changes import EDITABLE, ENDED, Change, ChangeKind, ChangeState
from assistant.schema.document import PUBLIC, Document
from assistant.schema.principal import Principal

_UNDER_WAY = frozenset(ChangeState) - ENDED
_EVERY = 100_000
_MAX_NOTE = 500
_MAX_CORRECTIONS = 2000
_GONE = "没有这项变更，请从清单里打开。"
_OTHERS = "这项变更由另一位同事准备，只有本人可以修改；您可以查看。"
_NOT_HELD = "只能使用您自己持有的标签，请重新选择。"
_NOT_READ = "文件还没有读好，请等读取结束后再试。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """How uploads are dealt with."""

    scanner: Scanner | None = None
    max_bytes: int = MAX_BYTES  # of one file
    max_files: int = 20  # at a time


class Drafts:
    """The changes of one registry while they are prepared.

    Args:
        library: gives the library that is served.
        begin: begins work that takes long.
    """

    def __init__(
        self,
        registry: Registry,
        files: ChangeFiles,
        library: Callable[[], Library],
        rules: Drafting,
        *,
        begin: Begin = in_thread,
    ) -> None:
        self.registry, self.files, self.rules = registry, files, rules
        self._changes, self._library = registry.changes, library
        self._editing = Lock()
        self._readings = Readings(registry, files, library, rules.scanner, begin=begin)

    # --- looking ---

    def listed(self, by: Principal) -> tuple[Change, ...]:
        """The changes that whoever asks may see, what was touched last first; of those that ended, the newest."""
        found = (*self._changes.listed(states=_UNDER_WAY, limit=_EVERY), *self._changes.listed(states=ENDED))
        ordered = sorted(found, key=lambda change: -change.changed_at)
        return tuple(change for change in ordered if may_see(by, change))

    def one(self, by: Principal, change_id: str) -> Change:
        """One of them.

        Raises:
            NotFoundError: there is none, or it may not be seen: no one can tell which.
        """
        change = self._changes.get(change_id)
        if not may_see(by, change):
            raise NotFoundError(_GONE)
        return change

    def alike(self, by: Principal, change: Change) -> tuple[Mapping[str, Any], ...]:
        """What is nearly the same as its file, of what whoever asks may see; the report has what its author may."""
        known = change.report.get("alike") or ()
        seen = _seen_by(by, self._library) if known else frozenset[str]()
        return tuple(one for one in known if one["id"] in seen)

    def twin(self, by: Principal, change: Change) -> str:
        """The id of another change that brings the very bytes in; empty where there is none that may be seen."""
        found = str(change.report.get("twin") or "")
        return found if found and may_see(by, self._changes.get(found)) else ""

    def stage(self, change_id: str) -> str:
        """How far the reading of a file is, in words; empty when nobody reads it."""
        return self._readings.stage(change_id)

    def document(self, by: Principal, change: Change) -> Document | None:
        """The document of a change under its corrections; `None` while it is read, which begins now.

        Raises:
            NotFoundError: the file is gone.
            SourceError: its bytes are others.
            InputError: it can no longer be read, or its corrections do not fit it.
        """
        held = self._readings.held(change.id)
        if held is None:
            self.files.path(change)
            if fault := self._readings.fault(change.id):
                raise InputError(fault)
            self._readings.start(change, by, keep=False)
            held = self._readings.held(change.id)
        return None if held is None else held.under(corrections_of(change))

    # --- preparing ---

    def upload(
        self, by: Principal, files: Sequence[tuple[str, bytes]], *, labels: Iterable[str] = ()
    ) -> tuple[Change, ...]:
        """A change for each file; reading them goes on behind.

        Args:
            files: name and bytes of each.
            labels: what the documents will bear.

        Raises:
            InputError: no file, or too many.
            NotAllowed: a label that whoever asks does not hold.
        """
        access = _held_labels(by, labels)
        if not 0 < len(files) <= self.rules.max_files:
            raise InputError(f"请一次选择 1 至 {self.rules.max_files} 个文件。")
        return tuple(self._uploaded(by, name, content, access) for name, content in files)

    def _uploaded(self, by: Principal, name: str, content: bytes, access: list[str]) -> Change:
        shown, sha = (
            display_name(name.replace("\\", "/").rpartition("/")[2]) or "文件",
            hashlib.sha256(content).hexdigest(),
        )
        facts: dict[str, Any] = {"access": access} if access else {}
        refused = self._refused(content)
        report = rejected_report(*refused) if refused else {"state": READING}
        change = self._changes.put(ChangeKind.ADD, by=by.id, name=shown, sha256=sha, facts=facts, report=report)
        self.registry.note("change.uploaded", by.id, id=change.id, sha256=sha, bytes=len(content))
        if refused:
            return change
        self.files.put(change.id, shown, content)
        self._readings.start(change, by, keep=True)
        return change

    def _refused(self, content: bytes) -> tuple[str, str] | None:
        if not content:
            return "empty", "文件没有内容，请重新选择"
        if len(content) > self.rules.max_bytes:
            return "too_large", f"文件超过 {self.rules.max_bytes // 2**20} MiB，没有保存，请拆分后再上传"
        return None

    def read_again(self, by: Principal, change_id: str) -> Change:
        """Read the file once more.

        Raises:
            NotFoundError: there is no such change, or its file is gone.
            NotAllowed: somebody else prepares it.
        """
        change = self._own(by, change_id)
        self.files.path(change)
        if not self.stage(change_id):
            self.registry.note("change.read-again", by.id, id=change_id)
            self._readings.forget(change_id)
            self._changes.edit(change_id, report={"state": READING})
            self._readings.start(change, by, keep=True)
        return self._changes.get(change_id)

    def state(
        self,
        by: Principal,
        change_id: str,
        said: Mapping[str, str],
        *,
        labels: Iterable[str] = (),
        approved: Iterable[str] = (),
    ) -> Change:
        """What is known of the file, by the fields of `facts.WORDS`, its labels, and what was approved of it.

        Raises:
            InputError: a field cannot be used.
            NotAllowed: a label that whoever asks does not hold, or somebody else prepares it.
        """
        facts, access = facts_of(said), _held_labels(by, labels)
        if facts.get("expired_on", "9") <= facts.get("effective_on", "0"):
            raise InputError("失效日期须晚于施行日期，请核对。")
        with self._editing:  # a correction in another window keeps the facts that it found
            change = self._own(by, change_id)
            needed = approvals_needed(change.report)
            facts |= {name: True for name in APPROVALS if name in set(approved) & needed.keys()}
            facts |= {"access": access} if access else {}
            done = self._changes.edit(change_id, facts=facts)
        given = [name for name in APPROVALS if facts.get(name)]
        self.registry.note("change.stated", by.id, id=change_id, labels=access, approved=given)
        return done

    def correct(self, by: Principal, change_id: str, line: int, correction: Correction | None) -> Change:
        """Say what a line is; `None` takes back what was said of it. The report's figures are those of the new tree.

        Raises:
            InputError: the line cannot be corrected so, or the file is not read.
            NotAllowed: somebody else prepares it.
        """
        with self._editing:  # of two windows that correct at once, neither loses what the other said
            return self._corrected(by, change_id, line, correction)

    def _corrected(self, by: Principal, change_id: str, line: int, correction: Correction | None) -> Change:
        change = self._own(by, change_id)
        held = self._readings.held(change_id)
        if held is None or change.report.get("state") != READ:
            raise InputError(_NOT_READ)
        others = [one for one in corrections_of(change) if one.line != line]
        now = tuple(sorted([*others, *([correction] if correction else [])], key=lambda one: one.line))
        if len(now) > _MAX_CORRECTIONS:
            raise InputError(f"一份文件最多校对 {_MAX_CORRECTIONS} 行，请换用版式更清楚的版本。")
        document = held.under(now)
        report = {**change.report, **read_report(document, examine(document), ()), "alike": change.report["alike"]}
        facts = dict(change.facts)
        if approvals_needed(report) != approvals_needed(change.report):  # what was approved is not what there is now
            facts = {name: value for name, value in facts.items() if name not in APPROVALS}
        done = self._changes.edit(change_id, corrections=[one.json() for one in now], report=report, facts=facts)
        act = correction.act.value if correction else "undone"
        self.registry.note("change.corrected", by.id, id=change_id, line=line, act=act)
        return done

    def submit(self, by: Principal, change_id: str, note: str) -> Change:
        """Hand the change to somebody else.

        Raises:
            InputError: it is not ready.
            NotAllowed: somebody else prepares it, or it bears labels that whoever asks holds no more.
        """
        change = self._own(by, change_id)
        if missing := lacking(change):
            raise InputError(missing[0])
        _held_labels(by, labels_of(change))
        self._changes.edit(change_id, note=_note(note))
        done = self._changes.submit(change_id)
        self.registry.note("change.submitted", by.id, id=change_id, kind=done.kind.value)
        return done

    def drop(self, by: Principal, change_id: str) -> None:
        """Let the change come to nothing, its file too.

        Raises:
            InputError: it is published already.
            NotAllowed: somebody else prepares it.
        """
        change = self.one(by, change_id)
        _see_own(by, change)
        self._changes.drop(change_id)
        self.registry.note("change.dropped", by.id, id=change_id, kind=change.kind.value)
        self.files.drop(change_id)
        self._readings.forget(change_id)

    def remove(self, by: Principal, document_id: str, note: str) -> Change:
        """Ask for a document to be taken out of the library; it waits for somebody else at once.

        Raises:
            InputError: no reason is given, or it is asked for already.
            NotFoundError: there is no such document, or it may not be seen.
        """
        meta = self._library().document(document_id, by.labels).meta
        why = _note(note)
        if not why:
            raise InputError("请写明移除的理由，审批的人要看。")
        under_way = self._changes.listed(states=_UNDER_WAY, limit=_EVERY)
        known = (one for one in under_way if one.kind is ChangeKind.REMOVE)
        if any(one.document_id == document_id for one in known):
            raise InputError("这份文件已有一项移除的变更，请从清单里打开。")
        facts = {"title": meta.title, **({"access": list(meta.access)} if meta.access else {})}
        change = self._changes.put(ChangeKind.REMOVE, by=by.id, document_id=document_id, facts=facts, note=why)
        done = self._changes.submit(change.id)
        self.registry.note("change.submitted", by.id, id=change.id, kind=done.kind.value)
        return done

    # --- whose it is ---

    def _own(self, by: Principal, change_id: str) -> Change:
        change = self.one(by, change_id)
        _see_own(by, change)
        if change.state not in EDITABLE:
            raise InputError("这项变更已经提交或结束，不能再改；请审批的人退回后再改。")
        return change


def lacking(change: Change) -> tuple[str, ...]:
    """What keeps a change from being submitted, in words."""
    if change.kind is not ChangeKind.ADD:
        return ()
    if change.report.get("state") != READ:
        return (_NOT_READ if change.report.get("state") == READING else "文件没有读成，不能提交。",)
    unapproved = [
        words for name, words in approvals_needed(change.report).items() if change.facts.get(name) is not True
    ]
    short = too_little(change.report)
    return (*([short] if short else []), *(f"还需确认：{words}" for words in unapproved))


def is_theirs(by: Principal, change: Change) -> bool:
    """Whether whoever asks prepares this change, and still may."""
    return change.created_by == by.id and change.state in EDITABLE


def may_be_dropped(by: Principal, change: Change) -> bool:
    """Whether whoever asks can let the change come to nothing."""
    return change.created_by == by.id and change.state not in ENDED


def _seen_by(by: Principal, library: Callable[[], Library]) -> frozenset[str]:
    try:
        return frozenset(meta.id for meta in library().documents(by.labels))
    except AssistantError:  # no index answers; the rest of a page does not need one
        return frozenset()


def _see_own(by: Principal, change: Change) -> None:
    if change.created_by != by.id:
        raise NotAllowed(_OTHERS)


def _held_labels(by: Principal, labels: Iterable[str]) -> list[str]:
    wanted = sorted(set(labels) - {PUBLIC})
    if not set(wanted) <= by.labels:
        raise NotAllowed(_NOT_HELD)
    return wanted


def _note(words: str) -> str:
    plain = words.strip()
    if len(plain) > _MAX_NOTE:
        raise InputError(f"说明最多 {_MAX_NOTE} 字。")
    return plain
