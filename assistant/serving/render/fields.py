"""Nouns → the bodies that `wire.py` describes; the same bodies are the JSON of the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from assistant.corpus.standing import day_in_beijing, left_out
from assistant.parsing.legal_level import level_of
from assistant.proof.verifier import Checked
from assistant.schema.answer import Answer, Citation, RelatedPolicy
from assistant.schema.document import Clause, Document, DocumentMeta, Level
from assistant.schema.retrieval import Hit
from assistant.serving.http import wire
from assistant.serving.render.words import OUTCOME_LABELS, ai_label, checked_label, plain_text

_SCORE_DIGITS = 6


def as_fields(body: BaseModel) -> dict[str, Any]:
    """A body as JSON has it; what was not said of it is left out."""
    return body.model_dump(mode="json", exclude_unset=True)


def answer_body(answer: Answer) -> wire.AnswerBody:
    """The answer with its label in words."""
    return wire.AnswerBody.of(answer, outcome_label=OUTCOME_LABELS[answer.outcome], ai_generated=ai_label(answer.mode))


def citation_body(citation: Citation) -> wire.CitationBody:
    """A citation; `quotes[i]` stands at `spans[i]` (code points of the document)."""
    return wire.CitationBody.model_validate(citation)


def related_body(policy: RelatedPolicy) -> wire.RelatedBody:
    """A related policy."""
    return wire.RelatedBody.model_validate(policy)


def checked_body(checked: Checked) -> wire.CheckedBody:
    """A checked sentence; `span` counts code points of the text that was sent."""
    places = [wire.PlaceBody.of(place, clause_text=place.text) for place in checked.places]
    return wire.CheckedBody.of(checked, label=checked_label(checked), citations=places)


def document_body(meta: DocumentMeta) -> wire.DocumentBody:
    """What is known of a document."""
    return wire.DocumentBody.of(meta, **_standing(meta))


def outline_body(document: Document) -> wire.DocumentDetail:
    """A document with the address and heading of each clause."""
    clauses = [wire.ClauseLine.of(clause) for clause in document.addressable()]
    return wire.DocumentDetail.of(document.meta, **_standing(document.meta), **_unread(document), clauses=clauses)


def hit_body(hit: Hit, document: Document) -> wire.HitBody:
    """A line of a ranking with its clause."""
    address = hit.chunk_id.rpartition("#")[2]
    clause = document.find(address)
    return wire.HitBody.of(
        hit,
        **_home(document),
        score=round(hit.score, _SCORE_DIGITS),
        address=address,
        heading=clause.heading if clause else None,
        text=plain_text(document, clause) if clause else "",
        legal_level=level_of(document.meta),
    )


def clause_body(document: Document, clause: Clause, **more: object) -> wire.ClauseBody:
    """A clause with its text. `text` is the exact slice, `plain` as a reader sees it."""
    children = [c.address for c in clause.children if c.level not in (Level.LABEL, Level.LEAD)]
    return wire.ClauseBody.of(clause, **_home(document), plain=plain_text(document, clause), children=children, **more)


def _home(document: Document) -> dict[str, object]:
    """The document that something stands in."""
    return {"document_id": document.id, "document_title": document.meta.title, "status": document.meta.validity}


def _unread(document: Document) -> dict[str, object]:
    """What of the file is not in the text, and what its reading warned of."""
    return {"hidden": document.hidden, "lost": document.lost, "warnings": document.warnings}


def _standing(meta: DocumentMeta) -> dict[str, object]:
    return {
        "status": meta.validity,
        "legal_level": level_of(meta),
        "left_out": left_out(meta, day_in_beijing(datetime.now(UTC))),
    }
