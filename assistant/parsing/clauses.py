"""The clause tree of an official text.

A text is a head (版头, title, 题注, 主送), a body, a tail (落款), and perhaps what it issues (印发) and
its attachments (附件), each of which has numbers of its own. The readers in `tree/` share one cursor: whether
（一） is a 项 or a heading depends on whether an article stands open above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.parsing.corrections import Correction, placed
from assistant.parsing.lines.attachments import attachment_at
from assistant.parsing.lines.model import TableLike, physical_lines
from assistant.parsing.markers import ARTICLE_STARTS, mark_at
from assistant.parsing.openings import openings_of
from assistant.parsing.readable import readable
from assistant.parsing.tree.cursor import Cursor
from assistant.parsing.tree.nodes import PARTS
from assistant.parsing.tree.walk import Walk
from assistant.schema.document import APPARATUS, Clause, DocumentKind, Level, Table
from assistant.text.numerals import ANY_NUMERAL, parse_numeral

_NO_RULE = APPARATUS | {Level.TITLE, Level.LABEL}
# A line that might open an article: 「〔第一条〕…」, 「· 第 1 条…」; a reference as 第三条规定的 does not count.
_LIKE_ARTICLE = re.compile(
    rf"[^一-龥\d]{{0,4}}第\s{{0,2}}(?:{ANY_NUMERAL}|[Il|]+)\s{{0,2}}[条條](?![第的至、和或及与所之规中款项，。；])"
)
_DELETED = re.compile(r"[（(〔【]?(?:删去|删除|已删去|已删除|已废止|废止)[）)〕】]?[。]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What `parse_tree` finds."""

    clauses: tuple[Clause, ...]
    tables: tuple[Table, ...]
    warnings: tuple[str, ...]


def kind_of(text: str, corrections: Sequence[Correction] = ()) -> DocumentKind:
    """LAW when at least two lines before any 附件 open an article, else NOTICE.

    Raises:
        Rejected: a correction is of a line that is not there.
    """
    said = placed(text, corrections)
    text = readable(text)
    lines = [line for line in physical_lines(text) if line.start not in said.left_out]
    openings = openings_of(text, lines, said)
    articles = 0
    for line in lines:
        if line.start in openings.quoted:
            continue
        if text[line.start] in ARTICLE_STARTS or line.start in said.headings:
            mark = openings.marks.get(line.start) or mark_at(text, line.start, line.end)
            articles += mark is not None and mark.level is Level.ARTICLE
            if articles >= 2:
                return DocumentKind.LAW
        elif text[line.start] == "附" and articles == 0:
            found = attachment_at(text, line.start, line.end)
            if found and not found.rest and not found.colon:
                break
    return DocumentKind.NOTICE


def parse_clauses(text: str, kind: DocumentKind, tables: Sequence[TableLike] = ()) -> tuple[Clause, ...]:
    """The clause tree of `text`; every non-blank character lies in exactly one leaf."""
    return parse_tree(text, kind, tables).clauses


def parse_tree(
    text: str, kind: DocumentKind, tables: Sequence[TableLike] = (), corrections: Sequence[Correction] = ()
) -> Tree:
    """The clause tree of `text`, its tables, and what looked wrong.

    Raises:
        Rejected: a correction is of a line that is not there, or of a row of a table.
    """
    said = placed(text, corrections)
    cursor = Cursor(readable(text), kind, tables, said)
    Walk(cursor).read()
    clauses = tuple(node.freeze(text) for node in cursor.roots)
    return Tree(
        clauses=clauses,
        tables=tuple(cursor.found_tables),
        warnings=(*said.told(), *cursor.warnings, *_doubts(cursor.text, clauses, cursor.quoted)),
    )


def _doubts(text: str, clauses: tuple[Clause, ...], quoted: frozenset[int]) -> Iterator[str]:
    """What speaks against a tree as a whole: it has a title only, or lines look like articles and none was found."""
    if all(leaf.level in _NO_RULE for root in clauses for leaf in root.leaves()):
        yield "only_title：只有标题，没有读到正文，请核对文件；正文若在图片、附件或内嵌网页里，请另行加入"
    if any(c.level is Level.ARTICLE for root in clauses for c in root.walk()):
        return
    own = (line for line in physical_lines(text) if line.start not in quoted)
    lines = sum(1 for line in own if _LIKE_ARTICLE.match(text, line.start, line.end))
    if lines >= 2:
        yield f"no_article：有 {lines} 行像是以“第…条”开头，却没有认出条文，请核对条号的写法"


def numbering_gaps(clauses: tuple[Clause, ...]) -> tuple[str, ...]:
    """Addresses of articles or headings before which a number is missing, in order."""
    gaps: list[str] = []
    for part in _parts(clauses):
        last: dict[Level, int] = {}
        for clause in part:
            if clause.level not in (Level.ARTICLE, Level.HEADING_1, Level.HEADING_2) or "之" in clause.address:
                continue
            match = re.search(rf"({ANY_NUMERAL})(?:条|）|$)", clause.address)
            number = int(parse_numeral(match[1]) or 0) if match else 0
            before = last.get(clause.level)
            if before is not None and number not in (before + 1, 1):
                gaps.append(clause.address)
            last[clause.level] = number
    return tuple(gaps)


def _parts(clauses: Sequence[Clause]) -> Iterator[list[Clause]]:
    """The clauses of the main text, then those of each part with numbers of its own."""
    main: list[Clause] = []
    others: list[list[Clause]] = []
    waiting = list(reversed(clauses))
    while waiting:
        clause = waiting.pop()
        if clause.level in PARTS:
            others.append([c for c in clause.walk() if c is not clause])
            continue
        main.append(clause)
        waiting.extend(reversed(clause.children))
    yield main
    yield from others


def is_deleted(words: str) -> bool:
    """Whether an article's words only say that it was struck out: （删去）."""
    return _DELETED.fullmatch(words.strip()) is not None
