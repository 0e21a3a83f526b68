"""An answer in words for a client that shows text alone: its outcome and notices in it, its marks tied to clauses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from assistant.schema.answer import Answer
from assistant.serving.http.openai.wire import UrlCitation
from assistant.serving.render.words import (
    OUTCOME_LABELS,
    ai_label,
    restated_question,
    source_line,
    titled,
)

_MARKS = re.compile(r"(?:\[\d{1,4}\])+")
_MARK = re.compile(r"\[(\d{1,4})\]")
_LEAD = re.compile(r"[\s\-•]*(?:【[^】]{1,8}】)?")

Link = Callable[[str, str], str]  # document id and address → where the clause is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An answer in words. `body` is the answer's own text; `tail` follows it and says how it is to be taken."""

    body: str
    tail: str
    marks: tuple[UrlCitation, ...]  # offsets count code points of `text`

    @property
    def text(self) -> str:
        return self.body + self.tail


def shown(answer: Answer, *, sources: bool, link: Link) -> Shown:
    """The answer with what a client that shows text alone would otherwise lose.

    Args:
        sources: whether the text lists the sources as well.
    """
    return Shown(body=answer.text, tail=_tail(answer, sources=sources), marks=tuple(_marks(answer, link)))


def link_from(base: str) -> Link:
    """Links to clauses as this application serves them below `base`."""

    def link(document_id: str, address: str) -> str:
        place = f"{quote(document_id, safe='')}/clauses/{quote(address, safe='')}"
        return f"{base.rstrip('/')}/api/v1/documents/{place}"

    return link


def _tail(answer: Answer, *, sources: bool) -> str:
    lines = [f"理解为：{restated}" for restated in [restated_question(answer)] if restated]
    lines += [f"提示：{notice}" for notice in answer.notices]
    blocks = ["\n".join(lines)] if lines else []
    if sources:
        blocks += _sources(answer)
    blocks.append(f"（{OUTCOME_LABELS[answer.outcome]}。{ai_label(answer.mode)}）")
    return "".join(f"\n\n{block}" for block in blocks)


def _sources(answer: Answer) -> Iterator[str]:
    if answer.citations:
        yield "\n".join(["出处：", *map(source_line, answer.citations)])
    if answer.refused and answer.nearest:
        places = [f"- {titled(c.document_title)}{c.address}" for c in answer.nearest]
        yield "\n".join(["最接近的条款（不是依据）：", *places])


def _marks(answer: Answer, link: Link) -> Iterator[UrlCitation]:
    """Every mark of the text with the sentence that it proves; figures in brackets inside a sentence are none."""
    by_number = {citation.number: citation for citation in answer.citations}
    inside = list(_statement_spans(answer))
    read_to = 0
    for run in _MARKS.finditer(answer.text):
        cited = [(mark, by_number.get(int(mark[1]))) for mark in _MARK.finditer(answer.text, run.start(), run.end())]
        if any(start <= run.start() < end for start, end in inside) or not any(citation for _, citation in cited):
            continue
        start = max(read_to, answer.text.rfind("\n", 0, run.start()) + 1)
        exact = next((span for span in inside if span[1] == run.start()), None)
        lead = _LEAD.match(answer.text, start, run.start())
        begin = exact[0] if exact else lead.end() if lead else start
        for mark, citation in cited:
            if citation is not None:
                yield UrlCitation(
                    start_index=mark.start(),
                    end_index=mark.end(),
                    claim_start=begin,
                    claim_end=run.start(),
                    number=citation.number,
                    title=f"{titled(citation.document_title)}{citation.address}",
                    url=link(citation.document_id, citation.address),
                )
        read_to = run.end()


def _statement_spans(answer: Answer) -> Iterator[tuple[int, int]]:
    """Where the statements stand in the text, as far as they stand there word for word."""
    read_to = 0
    for statement in answer.statements:
        start = answer.text.find(statement.text, read_to)
        if start >= 0:
            read_to = start + len(statement.text)
            yield start, read_to
