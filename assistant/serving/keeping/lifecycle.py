"""有效期: how long documents hold, said anew by one person and let through by another; who looks after which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import BaseModel, ConfigDict

from assistant.access.registry import Registry
from assistant.corpus.lifecycle import Coming, Need, chain, coming, needs
from assistant.corpus.manifest import ManifestLine, Proposal, folders_of, meta_of, read_manifest
from assistant.corpus.outcomes import ReleaseReport
from assistant.corpus.release import CorpusRelease
from assistant.corpus.restating import Facts, checked, facts_of
from assistant.corpus.standing import LeftOut, left_out
from assistant.corpus.succession import RepealFound, repeals, stem
from assistant.errors import AssistantError, InputError, NotAllowed, NotFoundError
from assistant.indexing.build import Progress
from assistant.records.amendments import Amendment, AmendmentBook, Care, CareBook
from assistant.schema.document import DocumentMeta, Validity
from assistant.schema.principal import Principal
from assistant.serving.keeping.work import UnderWay, Work
from assistant.serving.ports import Assistant

FACTS = "facts"  # the kind of a change
_NO_DOCUMENT = "没有这份文件，请从列表里打开。"
_UNLISTED = "这份文件没有登记在清单里，请先用 assistant corpus add 登记，再改有效期。"
_LONGEST_OWNER, _LONGEST_NOTE = 60, 300
_LETTING_THROUGH = Lock()  # of two people who approve at once one is too late, and nothing is begun twice


class FactsBody(BaseModel):
    """Facts as a change keeps them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effective_on: date | None
    expired_on: date | None
    status: Validity
    superseded_by: str | None
    source: str | None

    def facts(self) -> Facts:
        return Facts(**dict(self))


def kept_facts(facts: Facts) -> dict[str, Any]:
    """Facts as JSON."""
    return FactsBody(**asdict(facts)).model_dump(mode="json")


def facts_from(kept: Mapping[str, Any] | None) -> Facts:
    """Facts from JSON."""
    return FactsBody.model_validate(kept).facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One document as the list has it."""

    meta: DocumentMeta  # as the manifest has it now
    line: ManifestLine | None  # `None`: a file that nobody has registered
    care: Care
    change: Amendment | None  # that waits for a second person
    ended: RepealFound | None  # another document says that this one ends, and nobody has confirmed it
    needs: tuple[Need, ...]
    soon: Coming | None
    out: LeftOut | None  # why it takes no part in answers today

    @property
    def proposal(self) -> Proposal | None:
        """What the program found out and a person has to confirm."""
        waiting = self.line.proposal if self.line else None
        return waiting or (self.ended.proposal if self.ended else None)

    @property
    def dismissible(self) -> bool:
        """Whether it can be dismissed; what a text says of another one it says again each time it is read."""
        return self.line is not None and self.line.proposal is not None

    @property
    def facts(self) -> Facts:
        if self.line is None:
            raise InputError(_UNLISTED)
        return facts_of(self.line)

    @property
    def place(self) -> tuple[int, date, str]:
        """Sorts what needs attention first to the front."""
        day = self.soon.on if self.soon else self.care.recheck_on or date.max
        return (self.needs[0].order if self.needs else len(Need)), day, self.meta.id


class LifeCycle:
    """What is known of how long documents hold, and who changes it. Who may, the doors see to.

    Args:
        release: the corpus and the index over it.
        today: the day in 北京时间.
        ready: raises where the index may not be built anew now.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        corpus_dir: Path,
        release: Callable[[], CorpusRelease],
        work: Work,
        today: Callable[[], date],
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._registry, self._ready = registry, ready
        self._corpus_dir, self._release, self.work, self.today = corpus_dir, release, work, today
        self.changes = AmendmentBook(registry.store)
        self._care = CareBook(registry.store)
        self._read: tuple[tuple[str, frozenset[str]], dict[str, RepealFound]] | None = None

    # --- looking ---

    def rows(self, asker: Principal, assistant: Assistant) -> tuple[Row, ...]:
        """Every document that `asker` may see, what needs attention first."""
        folders = folders_of(self._corpus_dir)
        lines = {stem(line.path): line for folder in folders for line in read_manifest(folder).values()}
        care, day = self._care.all(), self.today()
        waiting = {change.subject: change for change in self.changes.listed([FACTS], open_only=True)}
        ended = self._ended(asker, assistant)
        found = [
            _row(meta, lines.get(meta.id), care.get(meta.id), waiting.get(meta.id), ended.get(meta.id), day=day)
            for meta in assistant.documents(asker.labels)
        ]
        return tuple(sorted(found, key=lambda row: row.place))

    def row(self, asker: Principal, assistant: Assistant, document_id: str) -> Row:
        """One of them.

        Raises:
            NotFoundError: there is none, or it may not be seen.
        """
        return self._found(self.rows(asker, assistant), document_id)

    def chain(self, row: Row, rows: Iterable[Row]) -> tuple[DocumentMeta, ...]:
        """The documents that replaced each other, this one among them, the oldest first."""
        return chain(row.meta, [one.meta for one in rows])

    def history(self, document_id: str) -> tuple[Amendment, ...]:
        """What was asked for a document, the newest first."""
        return self.changes.listed([FACTS], subject=document_id)

    # --- acting ---

    def propose(self, by: Principal, row: Row, facts: Facts, *, note: str) -> Amendment:
        """Ask for other facts; a second person lets them through.

        Raises:
            InputError: nothing would change, the facts contradict each other, or something waits already.
        """
        before = row.facts
        if row.line is not None and row.line.proposal is not None:
            raise InputError("这份文件有一项程序提出的变化待确认，请先由审批人确认或驳回，再改登记。")
        if facts == before:
            raise InputError("没有改动：各项与现在的登记相同。")
        checked(facts)
        change = self.changes.propose(
            kind=FACTS,
            subject=row.meta.id,
            author=by.id,
            before=kept_facts(before),
            after=kept_facts(facts),
            note=note[:_LONGEST_NOTE],
        )
        self._note("proposed", by, change, before=change.before, after=change.after)
        return change

    def withdraw(self, by: Principal, change_id: str) -> Amendment:
        """Take one's own change back."""
        change = self.changes.withdraw(self._own(change_id).id, by=by.id)
        self._note("withdrawn", by, change)
        return change

    def reject(self, by: Principal, change_id: str, rows: Sequence[Row]) -> Amendment:
        """Refuse a change of somebody else."""
        change = self._own(change_id)
        self._found(rows, change.subject)
        change = self.changes.reject(change.id, by=by.id)
        self._note("rejected", by, change)
        return change

    def approve(self, by: Principal, change_id: str, rows: Sequence[Row]) -> Amendment:
        """Let a change of somebody else through, and make it so beside the answers.

        Raises:
            NotAllowed: it is one's own.
            UnderWay: something else is being done.
            InputError: the index was rolled back.
        """
        self._ready()
        asked = self._own(change_id)
        self._found(rows, asked.subject)
        known, facts = {asked.subject: facts_from(asked.before)}, {asked.subject: facts_from(asked.after)}
        return carry_out(
            self.work,
            self.changes,
            asked,
            by,
            task=lambda progress: self._release().restate(facts, known=known, progress=progress),
            note=lambda verb, **facts: self._note(verb, by, asked, **facts),
        )

    def decide_proposal(self, by: Principal, row: Row, *, confirm: bool) -> None:
        """Confirm or dismiss what the program itself found out about a document.

        Raises:
            NotAllowed: whoever added the document that ends it is no second person.
            NotFoundError: nothing waits.
            UnderWay: something else is being done.
        """
        proposal = row.proposal
        if proposal is None or not (confirm or row.dismissible):
            raise NotFoundError("这份文件没有待确认的变化了。")
        newer = self._line(proposal.by)
        if newer is not None and by.id in self._registry.changes.authors_of(newer.sha256):
            raise NotAllowed("新的文件是您加入的，它取代旧文件须由另一个人确认。")
        self._ready()
        verb, document_id = "confirmed" if confirm else "dismissed", row.meta.id
        release, facts = self._release(), {"documents": [document_id], "by": proposal.by}
        self.work.start(
            owner=by.id,
            about=document_id,
            task=lambda progress: release.decide(
                confirm={document_id: proposal} if confirm else None,
                dismiss=() if confirm else (document_id,),
                progress=progress,
            ),
        )
        self._registry.note(f"corpus.supersession-{verb}", by.id, **facts)

    def put_care(self, by: Principal, row: Row, *, owner: str, recheck_on: date | None) -> Care:
        """Say who looks after a document and when again; no fact of the document, and no matter of the index.

        Raises:
            InputError: the name is too long.
        """
        if len(owner) > _LONGEST_OWNER or not (owner.isprintable() or not owner):
            raise InputError(f"“负责人”须为一行文字，不超过 {_LONGEST_OWNER} 个字。")
        care = self._care.put(row.meta.id, owner=owner or None, recheck_on=recheck_on, by=by.id)
        day = recheck_on.isoformat() if recheck_on else None
        self._registry.note("corpus.care", by.id, documents=[row.meta.id], owner=care.owner, recheck_on=day)
        return care

    def _ended(self, asker: Principal, assistant: Assistant) -> dict[str, RepealFound]:
        """Which documents another one ends, by what may be seen; read once for each library."""
        ids = [meta.id for meta in assistant.documents(asker.labels)]
        key = assistant.generation, frozenset(ids)
        if self._read is None or self._read[0] != key:
            documents = [assistant.document(name, asker.labels) for name in ids]
            self._read = key, {one.document_id: one for one in repeals(documents)}
        return self._read[1]

    def _own(self, change_id: str) -> Amendment:
        change = self.changes.get(change_id)
        if change.kind != FACTS:
            raise NotFoundError(_NO_DOCUMENT)
        return change

    def _found(self, rows: Sequence[Row], document_id: str) -> Row:
        found = next((row for row in rows if row.meta.id == document_id), None)
        if found is None:
            raise NotFoundError(_NO_DOCUMENT)
        return found

    def _line(self, document_id: str) -> ManifestLine | None:
        lines = (line for folder in folders_of(self._corpus_dir) for line in read_manifest(folder).values())
        return next((line for line in lines if stem(line.path) == document_id), None)

    def _note(self, verb: str, by: Principal, change: Amendment, **facts: Any) -> None:
        self._registry.note(f"corpus.restate-{verb}", by.id, change=change.id, documents=[change.subject], **facts)


def carry_out(
    work: Work,
    changes: AmendmentBook,
    change: Amendment,
    by: Principal,
    *,
    task: Callable[[Progress], ReleaseReport | None],
    note: Callable[..., None],
) -> Amendment:
    """Let a change through: make it so beside the answers, and write down how that ended.

    Args:
        note: records that it was approved; then that it is applied, and in which generation, where there is a new one.

    Raises:
        NotAllowed: it is one's own.
        UnderWay: something else is being done; the change can be let through later.
    """
    with _LETTING_THROUGH:
        if work.busy:
            raise UnderWay
        claimed = changes.claim(change.id, by=by.id)
        note("approved")
        _begin(work, changes, claimed, by, task, note)
    return claimed


def _begin(
    work: Work,
    changes: AmendmentBook,
    change: Amendment,
    by: Principal,
    task: Callable[[Progress], ReleaseReport | None],
    note: Callable[..., None],
) -> None:

    def run(progress: Progress) -> None:
        fault = "处理中途出现异常，请再试一次，或查看服务器日志。"
        try:
            report = task(progress)
            generation = report.build.folder.name if report and report.build else None
            changes.settle(change.id, generation=generation)
            fault = ""
            note("applied", generation=generation)
        except AssistantError as exc:
            fault = exc.message
            raise
        finally:
            if fault:
                changes.settle(change.id, fault=fault)

    try:
        work.start(owner=by.id, about=change.id, task=run)
    except UnderWay as exc:
        changes.settle(change.id, fault=exc.message)
        raise


def _row(
    meta: DocumentMeta,
    line: ManifestLine | None,
    care: Care | None,
    change: Amendment | None,
    ended: RepealFound | None,
    *,
    day: date,
) -> Row:
    now = meta_of(line, id=meta.id, kind=meta.kind) if line is not None else meta
    held = care or Care(document_id=meta.id)
    waiting = change is not None or ended is not None or (line is not None and line.proposal is not None)
    return Row(
        meta=now,
        line=line,
        care=held,
        change=change,
        ended=ended,
        needs=needs(now, day, waiting=waiting, recheck_on=held.recheck_on),
        soon=coming(now, day),
        out=left_out(now, day),
    )
