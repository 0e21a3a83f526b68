"""A comparison in words: its head, its counts, and which lines are worth listing."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.products.compare.model import Change, Comparison, EditKind, Line, PartKind
from assistant.schema.document import DocumentMeta

UNLIKE = "两份文件没有足够的相同之处，看不出条款之间的对应。下面只列出文字几乎相同的条款，其余各列在自己一方。"
NOTE = (
    "按文字比对：先认出文字相同的条款，再按相近的程度和先后次序找对应。“移位”是文字未变、条号变了；一条拆成几条、几条并成一条的，"
    "只对应最相近的一条，其余列为新增或删去。结果供查阅，以两份文件的原文为准。"
)
_APART = {Change.ADDED: "只在新", Change.GONE: "只在旧"}
_CHANGES = (Change.CHANGED, Change.ADDED, Change.GONE, Change.MOVED, Change.SAME)


def named(meta: DocumentMeta) -> str:
    """A document with what tells its version from others: 《某法》（2025-01-01 起施行，现行有效）."""
    title = meta.title if "《" in meta.title else f"《{meta.title}》"
    day = f"{meta.effective_on} 起施行" if meta.effective_on else f"{meta.issued_on} 发布" if meta.issued_on else ""
    return f"{title}（{'，'.join(part for part in (day, meta.validity.value) if part)}）"


def counted(comparison: Comparison) -> tuple[tuple[Change, int], ...]:
    """How many clauses changed in each way, headings and frames left aside."""
    return tuple((change, comparison.count(change)) for change in _CHANGES)


def summary(comparison: Comparison) -> str:
    """The counts in one line."""
    if not comparison.differs:
        return "两份文件的文字相同。"
    names = {change: change.label if comparison.alike else _APART.get(change, change.label) for change in Change}
    return "条款：" + "，".join(f"{names[change]} {count}" for change, count in counted(comparison)) + "。"


def listed(comparison: Comparison) -> Iterator[Line]:
    """The lines that differ."""
    return (line for line in comparison.lines if line.change is not Change.SAME)


def place(line: Line) -> str:
    """第八条 → 第九条, or the one number there is."""
    if line.before is not None and line.after is not None and line.renumbered:
        return f"{line.before.address} → {line.after.address}"
    return line.one.address


def label(line: Line, *, alike: bool = True) -> str:
    """What became of it, as people read it; a heading and what frames a text are called so.

    Of unlike texts nothing came or went: a clause stands in one of them only.
    """
    kinds = {PartKind.HEADING: "（标题）", PartKind.FRAME: "（题头、落款）"}
    words = line.change.label if alike else _APART.get(line.change, line.change.label)
    return words + kinds.get(line.kind, "")


def marked(line: Line) -> str:
    """The words of a line as plain text: taken out in 〔删：…〕, put in in 〔增：…〕."""
    if not line.edits:
        return line.one.words
    marks = {EditKind.KEPT: "{}", EditKind.TAKEN: "〔删：{}〕", EditKind.PUT: "〔增：{}〕"}
    return "".join(marks[edit.kind].format(edit.words) for edit in line.edits)
