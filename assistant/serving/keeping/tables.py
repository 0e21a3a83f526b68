"""词表: what the house adds to our words and phrasings, asked for by one person and let through by another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from assistant.access.registry import Registry
from assistant.corpus import house_phrasings
from assistant.corpus.phrasings import same_question
from assistant.corpus.release import CorpusRelease
from assistant.errors import InputError, NotFoundError
from assistant.indexing.build import Progress
from assistant.question import house_words
from assistant.question.lay_words import ConceptLine, read_house
from assistant.records.amendments import Amendment, AmendmentBook
from assistant.schema.chunk import Phrasing
from assistant.schema.principal import Principal
from assistant.serving.keeping.lifecycle import carry_out
from assistant.serving.keeping.work import Work
from assistant.serving.ports import Assistant
from assistant.text.folding import fold

LAY_WORDS, PHRASINGS = "lay_words", "phrasings"
KINDS = (LAY_WORDS, PHRASINGS)
_GONE = "词表里没有这一项，可能已被修改，请回到列表查看。"
_LONGEST_NOTE = 300
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a table as the list has it."""

    table: str
    fields: Fields
    house: bool  # whether it is the house's, which alone is changed here

    @property
    def key(self) -> str:
        """What the entry is called in an address."""
        return key_of(self.table, self.fields)

    @property
    def subject(self) -> str:
        """What a change of it is about."""
        return subject_of(self.table, self.fields)

    @property
    def told(self) -> str:
        """All its words, folded, for finding it."""
        return fold(" ".join(_words(self.fields)))


def subject_of(table: str, fields: Fields) -> str:
    """What there may be one of: a matter, or a question of a document."""
    if table == LAY_WORDS:
        return str(fields["concept"])
    return "\n".join((fields["document_id"], same_question(fields["question"])))[:300]


def key_of(table: str, fields: Fields) -> str:
    """What an entry is called in an address."""
    return hashlib.sha256(subject_of(table, fields).encode()).hexdigest()[:16]


class Sources(Protocol):
    """Where the tables are, and what is made of them."""

    @property
    def lay_words(self) -> Path:
        """The house's file."""
        ...

    @property
    def phrasings(self) -> Path:
        """The house's folder."""
        ...

    def our_words(self) -> tuple[ConceptLine, ...]:
        """Entries of ours."""
        ...

    def our_phrasings(self) -> tuple[Phrasing, ...]:
        """Phrasings of ours."""
        ...

    def release(self, phrasings: Sequence[Phrasing]) -> CorpusRelease:
        """The corpus, and the index over it with these phrasings of the house."""
        ...

    def trial(
        self, *, words: Sequence[ConceptLine] | None, phrasings: Sequence[Phrasing] | None, progress: Progress
    ) -> AbstractContextManager[Assistant]:
        """An assistant that answers with these of the house in place of what holds; nothing is kept of it."""
        ...


class HouseTables:
    """The tables of the house and who changes them. Who may, the doors see to.

    Args:
        ready: raises where the index may not be built anew now.
    """

    def __init__(
        self, registry: Registry, sources: Sources, *, work: Work, ready: Callable[[], None] = lambda: None
    ) -> None:
        self._ready = ready
        self._registry, self.sources, self.work = registry, sources, work
        self.changes = AmendmentBook(registry.store)
        self._writing = Lock()

    # --- looking ---

    def entries(self, table: str, asker: Principal, assistant: Assistant) -> tuple[Entry, ...]:
        """Every entry: the house's first, then ours. Phrasings of documents that may not be seen are left out.

        Raises:
            SettingsError, SourceError: a table cannot be used; the message names the line.
        """
        seen = {meta.id for meta in assistant.documents(asker.labels)}
        listed = [Entry(table=table, fields=fields, house=house) for fields, house in self._all(table)]
        return tuple(one for one in listed if table == LAY_WORDS or one.fields["document_id"] in seen)

    def entry(self, table: str, key: str, asker: Principal, assistant: Assistant) -> Entry:
        """An entry of the house.

        Raises:
            NotFoundError: there is none, or it may not be seen.
        """
        found = (one for one in self.entries(table, asker, assistant) if one.house and one.key == key)
        if (entry := next(found, None)) is None:
            raise NotFoundError(_GONE)
        return entry

    def open_changes(self, asker: Principal, assistant: Assistant) -> tuple[Amendment, ...]:
        """What waits for a second person."""
        return self._seen(self.changes.listed(KINDS, open_only=True), asker, assistant)

    def history(self, asker: Principal, assistant: Assistant, *, limit: int = 50) -> tuple[Amendment, ...]:
        """The newest changes, whatever became of them."""
        return self._seen(self.changes.listed(KINDS, limit=limit), asker, assistant)

    def change(self, change_id: str, asker: Principal, assistant: Assistant) -> Amendment:
        """One of them.

        Raises:
            NotFoundError: there is none, or it may not be seen.
        """
        change = self.changes.get(change_id)
        if change.kind not in KINDS or not self._seen([change], asker, assistant):
            raise NotFoundError(_GONE)
        return change

    def checked(self, table: str, fields: Fields, asker: Principal, assistant: Assistant) -> dict[str, Any]:
        """The fields of a form as an entry.

        Raises:
            InputError: naming the field.
        """
        if table == LAY_WORDS:
            line = house_words.checked_entry(
                fields["concept"], fields["policy"], fields["lay"], beside=bool(fields.get("beside"))
            )
            return house_words.entry_fields(line)
        try:
            document = assistant.document(fields["document_id"], asker.labels)
        except NotFoundError as exc:
            raise InputError("“文件”不在文件库中，请从列表里选一份。") from exc
        found = house_phrasings.checked_phrasing(
            document, fields["clause"], fields["question"], fields["answered_by"], folder=self.sources.phrasings
        )
        return house_phrasings.entry_fields(found)

    def trial(
        self, table: str, before: Fields | None, after: Fields | None, progress: Progress
    ) -> AbstractContextManager[Assistant]:
        """An assistant that answers as if the change held.

        Raises:
            InputError: the change does not go with the table as it is.
        """
        if table == LAY_WORDS:
            words = self._words_with(before, after)
            return self.sources.trial(words=words, phrasings=None, progress=progress)
        _, phrasings = self._phrasings_with(before, after)
        return self.sources.trial(words=None, phrasings=phrasings, progress=progress)

    def see(self, table: str, before: Fields | None, after: Fields | None) -> None:
        """See that a change would change something and goes with the table.

        Raises:
            InputError: it does not.
        """
        if before == after:
            raise InputError("没有改动：各项与现在的词表相同。")
        _ = self._words_with(before, after) if table == LAY_WORDS else self._phrasings_with(before, after)

    # --- acting ---

    def propose(
        self,
        by: Principal,
        table: str,
        before: Fields | None,
        after: Fields | None,
        *,
        note: str = "",
        undoes: str | None = None,
    ) -> Amendment:
        """Ask for an entry to be added, changed or taken out; a second person lets it through.

        Raises:
            InputError: nothing would change, it does not go with the table, or one waits on it already.
        """
        about = before if before is not None else after
        if about is None:
            raise InputError("没有改动：各项与现在的词表相同。")
        self.see(table, before, after)
        change = self.changes.propose(
            kind=table,
            subject=subject_of(table, about),
            author=by.id,
            before=before,
            after=after,
            note=note[:_LONGEST_NOTE],
            undoes=undoes,
        )
        self._note("proposed", by, change)
        return change

    def undo(self, by: Principal, change: Amendment) -> Amendment:
        """Ask for a change to be taken back; that is a change, too.

        Raises:
            InputError: it does not hold, or the entry was changed since.
        """
        if change.state != "active":
            raise InputError("这项改动没有生效，不需要撤销。")
        return self.propose(by, change.kind, change.after, change.before, undoes=change.id)

    def withdraw(self, by: Principal, change: Amendment) -> None:
        """Take one's own change back."""
        self._note("withdrawn", by, self.changes.withdraw(change.id, by=by.id))

    def reject(self, by: Principal, change: Amendment) -> None:
        """Refuse a change of somebody else."""
        self._note("rejected", by, self.changes.reject(change.id, by=by.id))

    def approve(self, by: Principal, change: Amendment) -> None:
        """Let a change of somebody else through, and make it so beside the answers.

        Raises:
            NotAllowed: it is one's own.
            UnderWay: something else is being done.
            InputError: the index was rolled back.
        """
        if change.kind == PHRASINGS:  # words alone need no other index
            self._ready()
        carry_out(
            self.work,
            self.changes,
            change,
            by,
            task=lambda progress: self._make_so(change, progress),
            note=lambda verb, **facts: self._note(verb, by, change, **facts),
        )

    def _make_so(self, change: Amendment, progress: Progress) -> Any:
        with self._writing:
            if change.kind == LAY_WORDS:
                progress("写入词表", 0, 1)
                house_words.write_house(self.sources.lay_words, self._words_with(change.before, change.after))
                return None
            before, after = self._phrasings_with(change.before, change.after)
            release = self.sources.release(after)
            return release.rephrase(lambda: house_phrasings.write_house(before, after), progress=progress)

    # --- inside ---

    def _all(self, table: str) -> Iterator[tuple[dict[str, Any], bool]]:
        if table == LAY_WORDS:
            yield from ((house_words.entry_fields(one), True) for one in read_house(self.sources.lay_words))
            yield from ((house_words.entry_fields(one), False) for one in self.sources.our_words())
            return
        for house, found in ((True, self._house_phrasings()), (False, self.sources.our_phrasings())):
            yield from ((house_phrasings.entry_fields(one), house) for one in found)

    def _house_phrasings(self) -> tuple[Phrasing, ...]:
        return house_phrasings.read_house(self.sources.phrasings)

    def _words_with(self, before: Fields | None, after: Fields | None) -> tuple[ConceptLine, ...]:
        one, other = (house_words.entry_from(fields) if fields else None for fields in (before, after))
        return house_words.exchanged(read_house(self.sources.lay_words), one, other)

    def _phrasings_with(
        self, before: Fields | None, after: Fields | None
    ) -> tuple[tuple[Phrasing, ...], tuple[Phrasing, ...]]:
        folder, now = self.sources.phrasings, self._house_phrasings()
        one, other = (house_phrasings.entry_from(f, folder=folder) if f else None for f in (before, after))
        return now, house_phrasings.exchanged(now, one, other)

    def _seen(self, found: Sequence[Amendment], asker: Principal, assistant: Assistant) -> tuple[Amendment, ...]:
        seen = {meta.id for meta in assistant.documents(asker.labels)}
        return tuple(one for one in found if one.kind == LAY_WORDS or _documents(one) <= seen)

    def _note(self, verb: str, by: Principal, change: Amendment, **facts: Any) -> None:
        named: dict[str, Any] = {"documents": sorted(_documents(change))}
        if change.kind == LAY_WORDS:
            named = {"concept": change.subject}
        self._registry.note(f"corpus.tables-{verb}", by.id, change=change.id, table=change.kind, **named, **facts)


def _documents(change: Amendment) -> set[str]:
    """The documents that a change of phrasings names."""
    return {
        str(fields["document_id"]) for fields in (change.before, change.after) if fields and "document_id" in fields
    }


def _words(fields: Fields) -> Iterator[str]:
    for value in fields.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from map(str, value)
