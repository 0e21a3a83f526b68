"""What differs between two documents, clause by clause.

Laws, which the tests hold every comparison to: each part of either document stands in exactly one line; a document
compared with itself has no change; turning the documents round turns every line round and does nothing else; the
words of a line's edits, put together, are the words of its clauses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from assistant.schema.document import DocumentMeta, Span


class Change(StrEnum):
    """What became of a clause. The values are the names that programs read."""

    SAME = "same"
    MOVED = "moved"  # the same words under another number
    CHANGED = "changed"  # other words, under the same number or another
    ADDED = "added"
    GONE = "gone"

    @property
    def label(self) -> str:
        """As people read it."""
        return _LABELS[self]


_LABELS = {
    Change.SAME: "未变",
    Change.MOVED: "移位",
    Change.CHANGED: "改写",
    Change.ADDED: "新增",
    Change.GONE: "删去",
}


class PartKind(StrEnum):
    """What sort of clause a part is; only parts of one sort are held against each other."""

    CLAUSE = "clause"
    HEADING = "heading"  # 第二章 款项支付规定, 一、总体目标要求
    FRAME = "frame"  # title, 题注, 主送, 落款: around what the text rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The smallest piece that is compared as a whole: an article, a numbered section, a paragraph outside of these."""

    address: str
    kind: PartKind
    words: str  # without its own number; paragraphs and items on lines of their own
    span: Span
    heading: str | None = None


class EditKind(StrEnum):
    """Whether words stand in both, only in the older or only in the newer text."""

    KEPT = "kept"
    TAKEN = "taken"
    PUT = "put"


@dataclass(frozen=True, slots=True)
class Edit:
    """A run of words within a changed clause."""

    kind: EditKind
    words: str


def turned_edits(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that lead back; between kept words, what is taken stands before what is put."""
    found: list[Edit] = []
    for edit in edits:
        match edit.kind:
            case EditKind.KEPT:
                found.append(edit)
            case EditKind.TAKEN:
                found.append(Edit(EditKind.PUT, edit.words))
            case EditKind.PUT:
                at = len(found) - (bool(found) and found[-1].kind is EditKind.PUT)
                found.insert(at, Edit(EditKind.TAKEN, edit.words))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One clause of the older text, one of the newer, or both; `edits` are there where the words differ."""

    change: Change
    before: Part | None = None
    after: Part | None = None
    edits: tuple[Edit, ...] = ()

    @property
    def kind(self) -> PartKind:
        return self.one.kind

    @property
    def one(self) -> Part:
        """The clause of the newer text, where there is one."""
        part = self.after or self.before
        if part is None:
            raise ValueError("a line of a comparison has a clause on one side at least")
        return part

    @property
    def renumbered(self) -> bool:
        """Whether it stands under another number now."""
        return self.before is not None and self.after is not None and self.before.address != self.after.address

    def turned(self) -> Line:
        """The line as the other direction has it."""
        return Line(
            change=_TURNED.get(self.change, self.change),
            before=self.after,
            after=self.before,
            edits=turned_edits(self.edits),
        )


_TURNED = {Change.ADDED: Change.GONE, Change.GONE: Change.ADDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two documents, held against each other. `alike`: they have enough in common for likeness to pair clauses."""

    before: DocumentMeta
    after: DocumentMeta
    lines: tuple[Line, ...]  # in the order of the newer text; what is gone stands where it was
    alike: bool

    def count(self, change: Change, kind: PartKind | None = PartKind.CLAUSE) -> int:
        """How many lines of one kind, or of all, have this change."""
        return sum(line.change is change and kind in (None, line.kind) for line in self.lines)

    @property
    def differs(self) -> bool:
        return any(line.change is not Change.SAME for line in self.lines)
