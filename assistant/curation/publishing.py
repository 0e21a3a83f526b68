"""Approved changes become a generation: made aside, looked at, published by whoever may, and taken back the same way.

    waiting, approved ─prepare→ Prepared ─publish→ corpus and served index ─mark→ published
                                                      └ take_back → changes that lead back, which wait for somebody

Whoever prepared a change never lets it out. What breaks off before the point of no return has changed nothing;
what breaks off after it is noted by `catch_up`, at the next look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.access.registry import Registry
from assistant.corpus.aside import Landed, finish, is_broken_off, put_away, take_in
from assistant.curation.house import House
from assistant.curation.preparing import Prepared, prepare
from assistant.curation.undoing import steps_back, take_back
from assistant.errors import InputError, NotAllowed, NotFoundError
from assistant.indexing.build import Progress
from assistant.records.changes import Change, ChangeKind, ChangeState
from assistant.records.publications import Publication
from assistant.schema.principal import Principal, Scope

_OWN = "自己登记的变更须由另一个人审批和放行。"
_CHANGED = "预览之后，有变更被退回、改过或还没有批准，什么都没有发布。请重新预览。"
_SHUT = "标准题有退步，须写明理由才能仍然发布。"
_NO_RIGHT = "您没有审批文件的权限，请联系管理员。"
_MOST_WORDS = 500


class Publishing:
    """Lets changes out. Every act is recorded."""

    def __init__(self, registry: Registry, house: House) -> None:
        self._registry = registry
        self._house = house

    # --- deciding -------------------------------------------------------------------------------

    def approve(self, by: Principal, change_id: str, words: str = "", *, seen: int | None = None) -> Change:
        """Say that a change may be published.

        Args:
            seen: when it was changed last, as whoever approves saw it; what was changed since is looked at again.

        Raises:
            NotAllowed: it is their own, or they may not approve.
            NotFoundError, InputError: there is none, or it does not wait.
        """
        change = self._another(by, change_id)
        done = self._registry.changes.approve(change.id, by=by.id, words=_few(words), seen=seen)
        self._registry.note("change.approved", by.id, id=change.id, change=change.kind.value, sha256=change.sha256)
        return done

    def send_back(self, by: Principal, change_id: str, words: str) -> Change:
        """Have a change prepared further; the words tell why.

        Raises:
            NotAllowed: they may not approve.
            NotFoundError, InputError: there is none, it does not wait, or no words say why.
        """
        _see_approver(by)
        if not _few(words):
            raise InputError("退回时请写明原因，登记人才知道要改什么。")
        done = self._registry.changes.send_back(change_id, by=by.id, words=_few(words))
        self._registry.note("change.returned", by.id, id=done.id, change=done.kind.value, sha256=done.sha256)
        return done

    def _another(self, by: Principal, change_id: str) -> Change:
        _see_approver(by)
        change = self._registry.changes.get(change_id)
        if change.created_by == by.id:
            raise NotAllowed(_OWN)
        return change

    # --- preparing and publishing -----------------------------------------------------------------

    def prepare(self, change_ids: Sequence[str], progress: Progress) -> Prepared:
        """A publication of these changes, made aside. Raises as `preparing.prepare`."""
        self.catch_up()
        return prepare(self._registry, self._house, change_ids, progress)

    def put_away(self) -> None:
        """Take away what was made aside and is not wanted any more."""
        put_away(self._house.corpus_dir, self._house.indexes_dir)

    def take_back(self, by: Principal, publication_id: str) -> tuple[Change, ...]:
        """The changes that lead back from a publication. Raises as `undoing.take_back`."""
        return take_back(self._registry, self._house, by, publication_id)

    def publish(self, by: Principal, prepared: Prepared, *, reason: str = "") -> Publication:
        """Make it the library.

        Args:
            reason: why it is let out although the gate is shut.

        Raises:
            NotAllowed: they may not approve.
            InputError: a change was not approved by another person, or the gate is shut and nobody says why.
            Moved: the library has changed since.
            AssistantError: it could not be done.
        """
        _see_approver(by)
        self.catch_up()
        self._see_approved(by, prepared)
        if prepared.gate.shut and not _few(reason):
            raise InputError(_SHUT)
        kept = _few(reason) if prepared.gate.shut else ""
        note: dict[str, Any] = {
            "id": prepared.id,
            "by": by.id,
            "reason": kept,
            "before": prepared.before,
            "changes": self._landing(prepared),
            "summary": self._summary(prepared),
        }
        house = self._house
        take_in(
            house.corpus_dir,
            house.indexes_dir,
            prepared.aside,
            note=note,
            done=lambda generation: self._mark(generation, note),
        )
        found = self._registry.publications.get(prepared.id)
        if found is None:
            raise NotFoundError("这次发布没有记下来，请联系管理员。")
        return found

    def catch_up(self) -> None:
        """Note what was published by a process that ended before it could."""
        house = self._house
        if is_broken_off(house.corpus_dir):
            finish(house.corpus_dir, house.indexes_dir, self._noted)

    def _see_approved(self, by: Principal, prepared: Prepared) -> None:
        for change in prepared.changes:
            now = self._registry.changes.get(change.id)
            if now.state is not ChangeState.APPROVED or _said(now) != _said(change):
                raise InputError(_CHANGED)
            if now.created_by in (now.decided_by, by.id) or now.decided_by is None:
                raise NotAllowed(_OWN)

    def _landing(self, prepared: Prepared) -> list[dict[str, Any]]:
        """Of each change what is needed to note it."""
        found = []
        for change in prepared.changes:
            outcome = prepared.aside.outcomes.get(change.id)
            document = outcome.document_id if outcome is not None else change.document_id
            found.append({"id": change.id, "kind": change.kind.value, "sha256": change.sha256, "document": document})
        return found

    def _summary(self, prepared: Prepared) -> dict[str, Any]:
        """What the list of publications tells, and what leads back."""
        looks = prepared.documents
        return {
            "documents": [
                {
                    "id": look.change.document_id,
                    "title": look.change.title,
                    "change": look.change.change.value,
                    "access": sorted(look.access),
                    "against": look.change.against,
                    "clauses": {kind.value: count for kind, count in look.counts},
                }
                for look in looks
            ],
            "answers": len(prepared.answers),
            "duties": len(prepared.duties),
            "talks": len(prepared.talks),
            "gate": {"cases": prepared.gate.cases, "worse": [case.id for case in prepared.gate.worse]},
            "undo": steps_back(self._house, prepared),
        }

    # --- noting ---------------------------------------------------------------------------------

    def _noted(self, landed: Landed, generation: str, note: Mapping[str, Any]) -> None:
        if landed is Landed.NOT:
            return
        self._mark(generation, note if landed is Landed.WHOLE else self._what_is_there(note))

    def _what_is_there(self, note: Mapping[str, Any]) -> Mapping[str, Any]:
        """The note on those changes alone that the corpus shows: its files have the hash, or are gone."""
        lines = self._house.lines()
        hashes = {line.sha256 for line, _ in lines.values()}
        kept = [
            one
            for one in note["changes"]
            if (one["kind"] == ChangeKind.ADD.value and one["sha256"] in hashes)
            or (one["kind"] == ChangeKind.REMOVE.value and one["document"] not in lines)
        ]
        return {**note, "changes": kept}

    def _mark(self, generation: str, note: Mapping[str, Any]) -> None:
        """Write down what was published; may be begun again."""
        books = self._registry
        if not note["changes"] or books.publications.get(note["id"]) is not None:
            return
        for one in note["changes"]:
            books.changes.landed(one["id"], generation=generation, document_id=one["document"])
        documents = [document["id"] for document in note["summary"]["documents"]]
        books.note(
            "corpus.published",
            note["by"],
            publication=note["id"],
            generation=generation,
            changes=[one["id"] for one in note["changes"]],
            documents=documents,
            gate_overridden=bool(note["reason"]),
        )
        books.publications.add(
            note["id"],
            generation=generation,
            before=note["before"],
            by=note["by"],
            reason=note["reason"],
            summary=note["summary"],
        )


def _see_approver(by: Principal) -> None:
    if not by.may(Scope.CORPUS_APPROVE):
        raise NotAllowed(_NO_RIGHT)


def _said(change: Change) -> Change:
    """A change but for how far it is."""
    blank: dict[str, Any] = {"state": ChangeState.OPEN, "changed_at": 0, "decided_by": None, "decided_at": None}
    return replace(change, decision="", **blank)


def _few(words: str) -> str:
    if len(words.strip()) > _MOST_WORDS:
        raise InputError(f"说明不超过 {_MOST_WORDS} 个字。")
    return words.strip()
