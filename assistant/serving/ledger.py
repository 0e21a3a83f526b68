"""What is kept of an answer: a record in the chain, and the answer itself as it was given."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from assistant.access.audit import ANSWERED, Draft
from assistant.access.recorder import Recorder
from assistant.corpus.standing import day_in_beijing
from assistant.records.answers import KeptAnswer
from assistant.safety.personal.screening import screen
from assistant.schema.answer import Answer
from assistant.schema.document import LegalLevel
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters, Turn
from assistant.serving.ports import Assistant
from assistant.serving.render.response import answer_json, closing_of, opening_of

NOBODY = "system:unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer about to be given."""

    id: str
    inquiry: Inquiry
    answer: Answer
    session_id: str
    request_id: str = ""
    latency_ms: float


class Ledger:
    """Records answers and acts."""

    def __init__(self, recorder: Recorder, *, today: Callable[[], date] | None = None) -> None:
        self.recorder = recorder
        self._today = today or (lambda: day_in_beijing(datetime.now(UTC)))

    def ready(self) -> None:
        """See that what will be answered can be recorded.

        Raises:
            AuditUnavailable: it cannot, and may not be answered then.
        """
        self.recorder.ready()

    def answered(self, given: Given, assistant: Assistant) -> None:
        """Record an answer, before anybody gets the last of it.

        Raises:
            AuditUnavailable: it could not be recorded, and may not be given.
        """
        now, principal = self.recorder.chain.store.clock(), given.inquiry.principal
        subject = principal.id if principal else NOBODY
        draft = Draft(kind=ANSWERED, subject=subject, at=now, facts=_facts(given, assistant))
        self.recorder.record(draft, kept_of(given, now, self._today()))

    def acted(self, kind: str, subject: str, /, **facts: Any) -> None:
        """Record an act.

        Raises:
            AuditUnavailable: it could not be recorded.
        """
        self.recorder.record(Draft(kind=kind, subject=subject, at=self.recorder.chain.store.clock(), facts=facts))


def kept_of(given: Given, at: int, day: date) -> KeptAnswer:
    """An answer as it is kept.

    Args:
        at: when it is given, in milliseconds since 1970.
        day: of which the texts in force were read, where no other was chosen.
    """
    principal = given.inquiry.principal
    return KeptAnswer(
        id=given.id,
        owner=principal.owner if principal else NOBODY,
        session_id=given.session_id,
        generation=given.answer.generation,
        created_at=at,
        inquiry=inquiry_json(given.inquiry, given.answer, day),
        body=answer_json(given.answer),
        opening=opening_of(session_id=given.session_id, request_id=given.request_id, answer_id=given.id),
        closing=closing_of(given.latency_ms),
    )


def clause_hash(text: str) -> str:
    """What the words of a clause are known by."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _facts(given: Given, assistant: Assistant) -> dict[str, Any]:
    answer, principal = given.answer, given.inquiry.principal
    return {
        "answer_id": given.id,
        "session_id": given.session_id,
        "department": principal.department if principal else None,
        "labels": sorted(principal.labels) if principal else [],
        **({"view_as": principal.viewing} if principal and principal.viewing is not None else {}),
        "question": answer.question,  # masked
        "standalone_question": answer.standalone_question,
        "outcome": answer.outcome.value,
        "mode": answer.mode.value,
        "confidence": answer.confidence,
        "clauses": list(_clauses(answer)),
        "generation": answer.generation,
        "embedder": assistant.embedder_id,
        "llm": assistant.llm_id,
        "prompt_version": answer.prompt_version,
        "degraded": list(answer.degraded),
        "latency_ms": given.latency_ms,
    }


def _clauses(answer: Answer) -> Iterator[dict[str, str]]:
    for role, citations in (("cited", answer.citations), ("nearest", answer.nearest)):
        for citation in citations:
            yield {
                "role": role,
                "id": citation.clause_id,
                "sha256": clause_hash(citation.clause_text),
                "verdict": citation.verdict.value,
            }


# --- what it was asked with ---


def inquiry_json(inquiry: Inquiry, answer: Answer, day: date) -> str:
    """An inquiry with the day on which it was put: enough to put it again.

    Question and turns before are masked; of those turns only what is read is kept, whoever sent them.
    """
    chosen = inquiry.filters
    before = screen(inquiry.question, inquiry.history).history
    said = {
        "question": answer.question,
        "history": [[turn.role, turn.content, list(turn.documents)] for turn in before],
        "follows": inquiry.follows,
        "filters": {
            "as_of": chosen.as_of.isoformat() if chosen.as_of else None,
            "document_ids": sorted(chosen.document_ids) if chosen.document_ids is not None else None,
            "levels": sorted(level.value for level in chosen.levels) if chosen.levels is not None else None,
            "region": chosen.region,
            "institution": chosen.institution,
        },
        "use_llm": inquiry.use_llm,
        "plain": inquiry.plain,
        "rights": sorted(inquiry.rights) if inquiry.rights is not None else None,
        "day": day.isoformat(),
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def inquiry_of(text: str) -> tuple[Inquiry, date]:
    """What `inquiry_json` wrote."""
    said = json.loads(text)
    chosen = said["filters"]
    filters = Filters(
        as_of=date.fromisoformat(chosen["as_of"]) if chosen["as_of"] else None,
        document_ids=frozenset(chosen["document_ids"]) if chosen["document_ids"] is not None else None,
        levels=frozenset(map(LegalLevel, chosen["levels"])) if chosen["levels"] is not None else None,
        region=chosen["region"],
        institution=chosen["institution"],
    )
    inquiry = Inquiry(
        question=said["question"],
        history=tuple(_turn(*turn) for turn in said["history"]),
        follows=said.get("follows"),  # not in what earlier versions wrote
        filters=filters,
        use_llm=said["use_llm"],
        plain=said["plain"],
        rights=frozenset(said["rights"]) if said["rights"] is not None else None,
    )
    return inquiry, date.fromisoformat(said["day"])


def _turn(role: str, content: str, documents: Sequence[str] = ()) -> Turn:
    """A turn as it was kept; earlier versions kept no documents with it."""
    return Turn(role=role, content=content, documents=tuple(documents))
