"""How well a text became clauses, in figures that a person can check before relying on it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from assistant.corpus.doubts import doubts, needing_approval
from assistant.corpus.report import coverage
from assistant.parsing.clauses import numbering_gaps
from assistant.safety.personal.numbers import count_persons
from assistant.schema.document import Clause, Document, DocumentMeta, HiddenText, Level
from assistant.text.sentences import ends_openly

MIN_COVERAGE = 0.95  # of the non-blank characters; below it the document is refused
MAX_PERSONAL_IDS = 20  # from here on a file is a list of people and no policy
_NUMBERED = frozenset(
    {Level.PART, Level.CHAPTER, Level.SECTION, Level.ARTICLE, Level.HEADING_1, Level.HEADING_2, Level.HEADING_3}
)
_FRONT = frozenset({Level.TITLE, Level.NOTE})
_HEADING_CHARS = 40
_CONTINUES = re.compile(r"^(?:规定|所列|所称|之规定|[的和、，及或至])")
_STATED = {"issuer": "发文机关", "document_number": "文号", "issued_on": "发布日期", "effective_on": "施行日期"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What a person looks at before relying on a parsed document."""

    coverage: float  # share of the text's non-blank characters that lie in a clause, 0 to 1
    clauses: int  # with an address
    units: tuple[tuple[str, int], ...]  # level → how many: ("article", 37)
    numbering_gaps: tuple[str, ...]  # addresses before which a number is missing
    suspects: tuple[str, ...]  # addresses of what may be a false heading
    tables: int
    unstated: tuple[str, ...]  # facts that the source does not state, in Chinese
    personal_ids: int  # different 身份证号; their digits are never repeated
    phones: int  # different mobile numbers
    warnings: tuple[str, ...]
    hidden: tuple[HiddenText, ...] = ()  # words of the file that are not in the text
    lost: tuple[str, ...] = ()  # what of the file cannot be text
    needs_approval: tuple[str, ...] = ()  # codes among `warnings` that keep the file out until a person approves


def examine(document: Document) -> Quality:
    """The figures of one document."""
    front = frozenset(leaf.span.end for root in document.clauses for leaf in root.leaves() if leaf.level in _FRONT)
    levels = Counter(c.level.value for c in document.addressable() if c.level in _NUMBERED)
    personal_ids, phones = count_persons(document.text)
    warnings = doubts(document)
    return Quality(
        coverage=coverage(document),
        clauses=sum(1 for _ in document.addressable()),
        units=tuple(sorted(levels.items())),
        numbering_gaps=numbering_gaps(document.clauses),
        suspects=tuple(
            c.address for c in document.addressable() if c.level in _NUMBERED and _is_suspect(document, c, front)
        ),
        tables=len(document.tables),
        unstated=_unstated(document.meta),
        personal_ids=personal_ids,
        phones=phones,
        warnings=warnings,
        hidden=document.hidden,
        lost=document.lost,
        needs_approval=needing_approval(warnings),
    )


def _is_suspect(document: Document, clause: Clause, front: frozenset[int]) -> bool:
    """Whether the clause begins in the middle of a sentence, or its words go on as a reference would.

    `front` are the ends of title and 题注, which may break off without a stop.
    """
    label = next((c for c in clause.children if c.level is Level.LABEL), None)
    rest = document.text[label.span.end : clause.span.end].lstrip() if label else ""
    if _CONTINUES.match(rest):
        return True
    end = clause.span.start  # walked back over blanks, for a copy of all that stands before would be quadratic
    while end and document.text[end - 1].isspace():
        end -= 1
    line = document.text[document.text.rfind("\n", 0, end) + 1 : end].strip()
    # A heading or a title before it ends openly too, but is short; a broken sentence is not.
    return len(line) > _HEADING_CHARS and end not in front and not line.startswith("#") and ends_openly(line)


def _unstated(meta: DocumentMeta) -> tuple[str, ...]:
    return tuple(words for name, words in _STATED.items() if getattr(meta, name) is None)
