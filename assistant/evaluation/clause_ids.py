"""Our addresses in the words of the case files.

A document whose numbering runs on has short ids: （十） names one clause. Where numbering starts again below
each 一、 and in each annex, an id is the whole address: 二、（一）, 二、1., 附件2第三条.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from assistant.schema.answer import Citation
from assistant.schema.document import Clause, Document, Level, Span
from assistant.text.numerals import parse_numeral

NOTICE = "notice_2024_shaanxi"  # whose clauses a bare id means

_NAMES = {"标题": "title", "序言": "preamble"}
_NUMERALS = "〇零一二三四五六七八九十百千"
_ITEM = re.compile(rf"(?:[{_NUMERALS}]+、)?(（[{_NUMERALS}]+）).*", re.DOTALL)  # 五、（十）, 五、（十）第二段
_HEADING = re.compile(rf"([{_NUMERALS}]+)(?:、.*)?", re.DOTALL)  # 一, 一、第一段
_ARTICLE = re.compile(rf"(第[{_NUMERALS}]+条(?:之[{_NUMERALS}]+)?).*", re.DOTALL)  # 第十二条第二款第（三）项
_ASKED = re.compile(rf"问答第([{_NUMERALS}]+)问.*", re.DOTALL)  # 问答第三问
_WHOLE_ITEM = re.compile(rf"((?:[{_NUMERALS}]+、)?（[{_NUMERALS}]+）).*", re.DOTALL)
_NUMBERED = re.compile(rf"([{_NUMERALS}]+、\d+\.).*", re.DOTALL)  # 二、1.第一段
_ANNEX = re.compile(r"(附件\d*) ?(.+)", re.DOTALL)  # 附件1 一、（二）, 附件2第三条


@dataclass(frozen=True, slots=True)
class _Numbering:
    """How one document is numbered."""

    restarts: bool  # （一） stands in it more than once, annexes apart
    items: dict[str, tuple[tuple[str, Span], ...]]  # by 一、 that holds 1. 2. without a （一）: its own words and items


class ClauseNames:
    """The ids of clauses as case files write them, each document by its own numbering.

    Args:
        document_of: gives the document of an id; asked once for each.
    """

    def __init__(self, document_of: Callable[[str], Document]) -> None:
        self._document_of = document_of
        self._known: dict[str, _Numbering] = {}

    def ranked(self, clause_ids: Iterable[str], *, bare_document: str | None = None) -> tuple[str, ...]:
        """Each id once, best first. A 一、 whose items have ids of their own stands as its items, in their order."""
        names: dict[str, None] = {}
        for clause_id in clause_ids:
            document, _, address = clause_id.rpartition("#")
            parts = self._parts(document, address)
            names.update(dict.fromkeys(self._id(document, part, bare_document) for part, _ in parts))
        return tuple(names)

    def cited(self, citations: Iterable[Citation], *, bare_document: str | None = None) -> tuple[str, ...]:
        """Each cited id once, in the order of its first place."""
        names: dict[str, None] = {}
        for citation in citations:
            parts = self._parts(citation.document_id, citation.address)
            inside = [p for p, span in parts if any(span.start <= s.start < span.end for s in citation.spans)]
            found = inside or [part for part, _ in parts]
            names.update(dict.fromkeys(self._id(citation.document_id, part, bare_document) for part in found))
        return tuple(names)

    def _parts(self, document: str, address: str) -> tuple[tuple[str, Span], ...]:
        return self._numbering(document).items.get(address) or ((address, Span(0, 0)),)

    def _id(self, document: str, address: str, bare_document: str | None) -> str:
        name = clause_name(address, whole=self._numbering(document).restarts)
        return name if document == bare_document else f"{document}#{name}"

    def _numbering(self, document_id: str) -> _Numbering:
        if document_id not in self._known:
            self._known[document_id] = _numbering(self._document_of(document_id))
        return self._known[document_id]


def _numbering(document: Document) -> _Numbering:
    clauses = list(document.walk())
    marks = Counter(
        clause_name(c.address) for c in clauses if c.level is Level.HEADING_2 and not _ANNEX.fullmatch(c.address)
    )
    restarts = any(times > 1 for times in marks.values())
    headings = [c for c in clauses if c.level is Level.HEADING_1 and (restarts or _ANNEX.fullmatch(c.address))]
    return _Numbering(restarts, {c.address: parts for c in headings if (parts := _parts_of(c))})


def _parts_of(heading: Clause) -> tuple[tuple[str, Span], ...]:
    """The items 1. 2. right below a 一、, before them its own words; empty when it has none."""
    items = [(child.address, child.span) for child in heading.children if child.level is Level.HEADING_3]
    if not items:
        return ()
    own = [c for c in heading.children if c.level not in (Level.LABEL, Level.HEADING_3)]
    words = Span(heading.span.start, items[0][1].start)
    return ((heading.address, words), *items) if any(c.span.start < words.end for c in own) else tuple(items)


def clause_name(address: str, *, whole: bool = False) -> str:
    """The clause at or above `address` that a reader would cite, as case files write it. Anything else stays as it is.

    Args:
        whole: the numbering of the document starts again, so that （一） alone names no clause.

    >>> [clause_name(a) for a in ("标题", "序言", "一", "五、（十）", "第十二条", "问答第三问", "附件1 一、（二）")]
    ['title', 'preamble', '一', '（十）', '第十二条', '第3问', '附件1一、（二）']
    >>> [clause_name(a, whole=True) for a in ("一", "五、（十）第二段", "二、1.第一段", "第十二条第二款")]
    ['一、', '五、（十）', '二、1.', '第十二条']
    """
    if address in _NAMES:
        return _NAMES[address]
    if match := _ANNEX.fullmatch(address):
        name = clause_name(match[2], whole=True)
        return f"{match[1]} {name}" if name[0].isascii() else f"{match[1]}{name}"  # 附件2 5. is not 附件25.
    if match := _ASKED.fullmatch(address):
        return f"第{parse_numeral(match[1])}问"
    for pattern in (_ARTICLE, *((_WHOLE_ITEM, _NUMBERED) if whole else (_ITEM,)), _HEADING):
        if match := pattern.fullmatch(address):
            return f"{match[1]}、" if whole and pattern is _HEADING else match[1]
    return address
