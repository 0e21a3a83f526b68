"""What changed between two generations, clause by clause, and which saved answers rest on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.corpus.succession import title_key
from assistant.errors import InputError, NotFoundError
from assistant.indexing.generations import GenerationInfo, list_generations
from assistant.indexing.manifest import RECORD
from assistant.indexing.store import Record
from assistant.schema.document import UNADDRESSED, Clause, Document, DocumentMeta, Level
from assistant.text.folding import flow, squeeze

_SILENT_FACTS = frozenset({"source_path", "source_sha256", "id"})


class Change(StrEnum):
    """What happened to a clause or a document."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  # the same words at another address
    VERSION = "new_version"  # a document that was not there, of the same title as one that was


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseChange:
    """One clause, at the smallest address whose own words differ."""

    change: Change
    address: str  # in the newer generation; of a removed clause in the older one
    before: str | None = None
    after: str | None = None
    moved_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChange:
    """One document."""

    change: Change
    document_id: str
    title: str
    against: str | None = None  # of a new version: the id of the version it is compared with
    facts: tuple[tuple[str, str, str], ...] = ()  # name, before, after
    clauses: tuple[ClauseChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedAnswer:
    """A saved answer that cites what is no longer so."""

    id: str
    clauses: tuple[str, ...]  # document_id#address, as the answer cites them


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationDiff:
    """Everything that differs between two generations."""

    before: str
    after: str
    documents: tuple[DocumentChange, ...]

    def count(self, change: Change) -> int:
        """How many clauses changed in this way."""
        return sum(c.change is change for d in self.documents for c in d.clauses)


class _Cited(BaseModel):
    """What is read of a line of a run file; the rest of it is the evaluation's own."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    citations: tuple[str, ...] = ()


def find_pair(indexes_dir: Path, before: str | None, after: str | None) -> tuple[GenerationInfo, GenerationInfo]:
    """The two generations meant: by name or the beginning of one; without names the served one and the one before.

    Raises:
        NotFoundError: there is none of that name, or only one at all.
    """
    infos = list_generations(indexes_dir)
    current = next((info for info in infos if info.current), None)
    newer = _named(infos, after) if after else current
    others = [info for info in infos if newer is None or info.name != newer.name]
    older = _named(infos, before) if before else next(iter(others), None)
    if newer is None or older is None:
        raise NotFoundError("磁盘上没有两版索引可比，可用 assistant index list 查看。")
    return older, newer


def _named(infos: Sequence[GenerationInfo], name: str) -> GenerationInfo:
    exact = [info for info in infos if info.name == name]
    found = exact or [info for info in infos if info.name.startswith(name)]
    if len(found) != 1:
        raise NotFoundError("没有这一版索引，或有几版都以此开头，可用 assistant index list 查看名称。")
    return found[0]


def diff_generations(before: GenerationInfo, after: GenerationInfo) -> GenerationDiff:
    """Compare two generations on disk.

    Raises:
        IndexDamaged: one of them cannot be read.
    """
    old, new = Record(before.folder / RECORD), Record(after.folder / RECORD)
    try:
        changes = diff_documents(
            {meta.id: old.document(meta.id) for meta in old.metas()},
            {meta.id: new.document(meta.id) for meta in new.metas()},
        )
    finally:
        old.close()
        new.close()
    return GenerationDiff(before=before.name, after=after.name, documents=changes)


def diff_documents(before: Mapping[str, Document], after: Mapping[str, Document]) -> tuple[DocumentChange, ...]:
    """Compare two sets of documents, in the order of the newer one, then what is gone."""
    changes = [_document_change(document, before) for document in after.values()]
    gone = [
        DocumentChange(
            change=Change.REMOVED,
            document_id=document.id,
            title=document.meta.title,
            clauses=_clause_changes(document, None),
        )
        for document in before.values()
        if document.id not in after
    ]
    return (*(change for change in changes if change is not None), *gone)


def compare_versions(before: Document, after: Document) -> DocumentChange:
    """What differs between two documents, such as two versions of one text."""
    return DocumentChange(
        change=Change.VERSION,
        document_id=after.id,
        title=after.meta.title,
        against=before.id,
        facts=_fact_changes(before.meta, after.meta),
        clauses=_clause_changes(before, after),
    )


def _document_change(document: Document, before: Mapping[str, Document]) -> DocumentChange | None:
    same = before.get(document.id)
    if same is not None:
        facts, clauses = _fact_changes(same.meta, document.meta), _clause_changes(same, document)
        if not facts and not clauses:
            return None
        return DocumentChange(
            change=Change.CHANGED, document_id=document.id, title=document.meta.title, facts=facts, clauses=clauses
        )
    earlier = [d for d in before.values() if title_key(d.meta.title) == title_key(document.meta.title)]
    previous = max(earlier, key=lambda d: (str(d.meta.effective_on or d.meta.issued_on or ""), d.id), default=None)
    return DocumentChange(
        change=Change.VERSION if previous else Change.ADDED,
        document_id=document.id,
        title=document.meta.title,
        against=previous.id if previous else None,
        clauses=_clause_changes(previous, document),
    )


def _fact_changes(before: DocumentMeta, after: DocumentMeta) -> tuple[tuple[str, str, str], ...]:
    old, new = asdict(before), asdict(after)
    return tuple(
        (name, _fact(old[name]), _fact(new[name]))
        for name in old
        if name not in _SILENT_FACTS and old[name] != new[name]
    )


def _fact(value: object) -> str:
    if isinstance(value, list | tuple):
        return "、".join(str(part) for part in value)
    return "" if value is None else str(value)


def _clause_changes(before: Document | None, after: Document | None) -> tuple[ClauseChange, ...]:
    old = _own_words(before) if before else {}
    new = _own_words(after) if after else {}
    left, came = _others(old, new), _others(new, old)
    moved = _moves(left, came)
    stayed = {address: words for address, words in left.items() if address not in moved.values()}
    changes = [_change(address, words, moved=moved.get(address), before=stayed) for address, words in came.items()]
    gone = [(address, words) for address, words in stayed.items() if address not in came or address in moved]
    return (*changes, *(ClauseChange(change=Change.REMOVED, address=a, before=words) for a, words in gone))


def _others(some: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """The clauses of `some` whose words do not stand at the same address of `others`."""
    return {a: words for a, words in some.items() if a not in others or _key(others[a]) != _key(words)}


def _change(address: str, words: str, *, moved: str | None, before: Mapping[str, str]) -> ClauseChange:
    """What became of the clause that now stands at `address`.

    Args:
        moved: where the same words stood.
        before: the words of clauses that stand nowhere else now.
    """
    if moved is not None:
        return ClauseChange(change=Change.MOVED, address=address, after=words, moved_from=moved)
    if address in before:
        return ClauseChange(change=Change.CHANGED, address=address, before=before[address], after=words)
    return ClauseChange(change=Change.ADDED, address=address, after=words)


def _moves(left: Mapping[str, str], came: Mapping[str, str]) -> dict[str, str]:
    """New address → old address of words that stand unchanged elsewhere; words that come twice are not followed."""
    homes: dict[str, list[str]] = {}
    for address, words in left.items():
        homes.setdefault(_key(words), []).append(address)
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for words in came.values():
        counts[_key(words)] = counts.get(_key(words), 0) + 1
    for address, words in came.items():
        key = _key(words)
        if counts[key] == 1 and len(homes.get(key, ())) == 1:
            found[address] = homes[key][0]
    return found


def _own_words(document: Document) -> dict[str, str]:
    """By address, the words of each clause without those of clauses below it; clauses without any are left out."""
    found: dict[str, str] = {}
    for clause in document.addressable():
        words = _own(clause)
        if words:
            found[clause.address] = f"{found[clause.address]}\n{words}" if clause.address in found else words
    return found


def _own(clause: Clause) -> str:
    """第十二条 alone, when 款 hold its words, says nothing; a heading does."""
    if clause.is_leaf:
        return flow(clause.text)
    if clause.level is Level.ARTICLE and clause.heading is None:
        return ""
    return " ".join(flow(c.text) for c in clause.children if c.is_leaf and c.level in UNADDRESSED)


def _key(words: str) -> str:
    return squeeze(words)


# --- saved answers ------------------------------------------------------------------------------


def read_cited(path: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Id and cited clauses of every answer of a run file.

    Raises:
        InputError: the file cannot be read; the line is named.
    """
    found = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    try:
                        entry = _Cited.model_validate_json(line)
                    except ValidationError as exc:
                        raise InputError(f"答复文件第 {number} 行无法使用，请用 assistant eval run 的输出。") from exc
                    found.append((entry.id, entry.citations))
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError("答复文件无法读取，请检查路径和编码（UTF-8）。") from exc
    return tuple(found)


def affected_answers(
    diff: GenerationDiff, answers: Iterable[tuple[str, tuple[str, ...]]], *, bare_document: str | None = None
) -> tuple[AffectedAnswer, ...]:
    """The saved answers that cite a clause which changed, moved or is gone, or a document whose status changed.

    Args:
        bare_document: the document that citations without `document#` speak of.
    """
    touched: dict[str, list[str]] = {}
    whole: set[str] = set()
    for document in diff.documents:
        if document.change is Change.REMOVED or any(f[0] in _TELLING_FACTS for f in document.facts):
            whole.add(document.document_id)
        if document.change is Change.CHANGED:
            touched[document.document_id] = [
                c.moved_from or c.address for c in document.clauses if c.change is not Change.ADDED
            ] + [c.address for c in document.clauses if c.change is Change.ADDED]
    found = []
    for answer_id, citations in answers:
        hit = tuple(c for c in citations if _rests_on(c, touched, whole, bare_document))
        if hit:
            found.append(AffectedAnswer(id=answer_id, clauses=hit))
    return tuple(found)


_TELLING_FACTS = frozenset({"validity", "effective_on", "expired_on", "superseded_by"})


def _rests_on(citation: str, touched: Mapping[str, list[str]], whole: set[str], bare: str | None) -> bool:
    document, mark, address = citation.rpartition("#")
    if not mark:
        document = bare or ""
    return document in whole or any(_within(changed, address) for changed in touched.get(document, ()))


def _within(changed: str, cited: str) -> bool:
    """Whether the changed clause is the cited one or a part of it.

    >>> [_within(c, "第三条") for c in ("第三条", "第三条第二款", "第三条之一", "第三十条")]
    [True, True, False, False]
    >>> _within("五、（十）第二段", "（十）")
    True
    """
    names = {"title": "标题", "preamble": "序言"}
    cited = names.get(cited, cited)
    for place in (changed, changed.partition("、")[2]):
        if place == cited:
            return True
        if cited and place.startswith(cited):
            rest = place[len(cited) :]
            return not rest.startswith("之") and (rest[0] in "第（(、" or rest[0].isdigit() or cited[-1] in "）、")
    return False
