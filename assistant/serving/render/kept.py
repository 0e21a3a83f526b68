"""An answer that was kept as JSON, as the noun again: what shows new answers shows it too."""

from __future__ import annotations

from assistant.schema.answer import (
    Answer,
    Citation,
    Modality,
    Mode,
    Outcome,
    PlainVersion,
    RelatedPolicy,
    Statement,
    Verdict,
)
from assistant.schema.document import LegalLevel, Span, Validity
from assistant.serving.http import wire


def answer_of(body: str, question: str) -> Answer:
    """The answer to a masked question that `answer_json` wrote; its ranking was not kept."""
    kept = wire.AnswerBody.model_validate_json(body)
    return Answer(
        question=question,
        standalone_question=kept.standalone_question,
        outcome=Outcome(kept.outcome),
        mode=Mode(kept.mode),
        text=kept.text,
        statements=tuple(map(_statement, kept.statements)),
        citations=tuple(map(_citation, kept.citations)),
        follows=kept.follows,
        follows_unsure=kept.follows_unsure,
        nearest=tuple(map(_citation, kept.nearest)),
        notices=tuple(kept.notices),
        generation=kept.generation,
        degraded=tuple(kept.degraded),
        related=tuple(map(_related, kept.related)),
        confidence=kept.confidence,
        prompt_version=kept.prompt_version,
        plain=_plain(kept.plain) if kept.plain else None,
    )


def _citation(body: wire.CitationBody) -> Citation:
    return Citation(
        number=body.number,
        document_id=body.document_id,
        document_title=body.document_title,
        address=body.address,
        heading=body.heading,
        clause_text=body.clause_text,
        quotes=tuple(body.quotes),
        spans=tuple(Span(one.start, one.end) for one in body.spans),
        validity=Validity(body.status),
        verdict=Verdict(body.verdict),
        legal_level=LegalLevel(body.legal_level) if body.legal_level else None,
    )


def _statement(body: wire.StatementBody) -> Statement:
    return Statement(
        text=body.text,
        citations=tuple(body.citations),
        modality=Modality(body.modality) if body.modality else None,
        quoted=body.quoted,
        subject=body.subject,
    )


def _plain(body: wire.PlainBody) -> PlainVersion:
    return PlainVersion(
        text=body.text,
        statements=tuple(map(_statement, body.statements)),
        reworded=body.reworded,
        prompt_version=body.prompt_version,
    )


def _related(body: wire.RelatedBody) -> RelatedPolicy:
    fields = body.model_dump()
    lists = {name: tuple(fields[name]) for name in ("clauses", "unverified", "citations")}
    return RelatedPolicy(**{**fields, **lists})
