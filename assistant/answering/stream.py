"""An answer in pieces: extractive, with its plain version, or as a language model writes it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from assistant.answering.compose import Composer
from assistant.answering.wrap_up import Said, Served, Worked, wrap_up
from assistant.errors import ModelError
from assistant.schema.answer import AnswerEvent, Citation, DeltaEvent, DoneEvent, Mode, SourcesEvent, Statement
from assistant.writing.gate import GateReport, LlmComposer, notice_for
from assistant.writing.plain import NO_MODEL, NOT_WRITTEN, PlainWriter

_log = logging.getLogger(__name__)
_MOST_CLAUSES_FOR_MODEL = 5


class AnswerStream:
    """Worked → AnswerEvents: one `SourcesEvent`, `DeltaEvent`s, one `DoneEvent`.

    Args:
        composer: cites the clauses that a model may read beside those of the extractive answer.
    """

    def __init__(self, served: Served, composer: Composer) -> None:
        self._served = served
        self._composer = composer

    def extracted(self, worked: Worked, *, notices: tuple[str, ...] = ()) -> Iterator[AnswerEvent]:
        """The extractive answer, a line at a time."""
        draft = worked.draft
        yield SourcesEvent(citations=draft.citations or draft.nearest, standalone_question=worked.query.standalone)
        for line in draft.text.splitlines(keepends=True):
            yield DeltaEvent(text=line)
        said = Said(
            text=draft.text,
            statements=draft.statements,
            citations=draft.citations,
            mode=Mode.EXTRACTIVE,
            notices=notices,
        )
        yield DoneEvent(answer=wrap_up(worked, said, self._served))

    def plainly(self, worked: Worked, writer: PlainWriter | None) -> Iterator[AnswerEvent]:
        """The extractive answer and, where a model is there, its plain version."""
        *events, last = self.extracted(worked)
        assert isinstance(last, DoneEvent)
        yield from events
        if writer is None:
            yield DoneEvent(answer=replace(last.answer, notices=(*last.answer.notices, NO_MODEL)))
            return
        try:
            plain = writer.write(last.answer.statements)
        except ModelError as error:
            _log.info("no plain words: %s", error.code)
            yield DoneEvent(answer=replace(last.answer, notices=(*last.answer.notices, NOT_WRITTEN)))
            return
        notices = last.answer.notices if plain.reworded else (*last.answer.notices, NOT_WRITTEN)
        yield DoneEvent(answer=replace(last.answer, plain=plain if plain.reworded else None, notices=notices))

    def written(self, worked: Worked, writer: LlmComposer) -> Iterator[AnswerEvent]:
        """The model's answer as far as it is proved, else the extractive one with a notice."""
        offered = self._offered(worked)
        passed: list[Statement] = []
        with closing(writer.stream(worked.query, worked.found.evidence, offered, worked.draft.statements)) as proved:
            for statement in proved:
                if not passed:
                    yield SourcesEvent(citations=offered, standalone_question=worked.query.standalone)
                passed.append(statement)
                yield DeltaEvent(text=_spoken(statement))
            report = proved.report
        _log.info(
            "the model's sentences: %d passed, %d replaced, %d dropped",
            report.released,
            report.replaced,
            report.dropped,
        )
        if not passed:
            yield from self.extracted(worked, notices=(_notice(report),))
            return
        if not report.usable:  # only the clauses' own words went out: say the rest of them too
            rest = _unsaid(worked.draft.statements, passed)
            yield from (DeltaEvent(text=_spoken(statement)) for statement in rest)
            passed += rest
        said = _written(passed, offered, report, writer.prompt_version)
        yield DoneEvent(answer=wrap_up(worked, said, self._served))

    def _offered(self, worked: Worked) -> tuple[Citation, ...]:
        """What the model may cite: the clauses of the extractive answer, then the next best."""
        own = worked.draft.citations
        held = {c.clause_id for c in own}
        more = [
            max(e.sentences, key=lambda s: (s.score, s.chunk.id)).chunk
            for e in worked.found.evidence
            if e.chunk.id not in held and e.sentences
        ]
        room = max(0, _MOST_CLAUSES_FOR_MODEL - len(own))
        extra = self._composer.citations(more[:room])
        return (*own, *(replace(c, number=n) for n, c in enumerate(extra, start=len(own) + 1)))


def _unsaid(own: Sequence[Statement], passed: Sequence[Statement]) -> list[Statement]:
    """Those statements of the extractive answer that were not said yet."""
    said = {statement.text for statement in passed}
    return [statement for statement in own if statement.text not in said]


def _written(passed: Sequence[Statement], offered: Sequence[Citation], report: GateReport, prompt_version: str) -> Said:
    """What a model said, with the citations that it used."""
    used = {number for statement in passed for number in statement.citations}
    return Said(
        text="".join(_spoken(statement) for statement in passed),
        statements=tuple(passed),
        citations=tuple(_with_quotes(c, passed) for c in offered if c.number in used),
        mode=report.mode,
        notices=() if report.usable and report.error is None else (_notice(report),),
        prompt_version=prompt_version if report.usable else None,
    )


def _notice(report: GateReport) -> str:
    """What the user reads when the model's words were not, or not all, used."""
    if report.error is None and report.declined:
        return "语言模型未能依据条款作答，以下为条款摘录。"
    return notice_for(report.error)


def _spoken(statement: Statement) -> str:
    """A proved sentence as it runs in the text."""
    return statement.text + "".join(f"[{n}]" for n in statement.citations)


def _with_quotes(citation: Citation, passed: Sequence[Statement]) -> Citation:
    """The citation with those of its quotes that the answer repeats, if it repeats any."""
    repeated = [
        (quote, span)
        for quote, span in zip(citation.quotes, citation.spans, strict=True)
        if any(citation.number in s.citations and ((s.quoted and s.text in quote) or quote in s.text) for s in passed)
    ]
    kept = repeated or list(zip(citation.quotes, citation.spans, strict=True))
    return replace(citation, quotes=tuple(q for q, _ in kept), spans=tuple(s for _, s in kept))
