"""标准题: candidates out of feedback and gaps, reviewed by a second person, and kept in the gold set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from assistant.access.audit import Draft
from assistant.access.registry import Registry
from assistant.corpus.standing import day_in_beijing
from assistant.curation.gold import ANSWERING, GoldCase, add_gold, address_in, astray, drop_gold, read_gold
from assistant.errors import InputError, NotAllowed, NotFoundError
from assistant.records.answers import KeptAnswer
from assistant.records.feedback import Feedback
from assistant.records.gaps import Settled
from assistant.records.gold_candidates import Address, Candidate, CandidateState
from assistant.safety.input_gate import clean_question
from assistant.safety.personal.masking import mask
from assistant.schema.answer import Outcome
from assistant.schema.principal import Principal
from assistant.serving.conversations import question_of
from assistant.serving.gap_desk import TENDING, GapDesk, masked_note
from assistant.serving.ports import AssistantProvider
from assistant.serving.render.words import plain_text
from assistant.serving.withheld import Withheld

_NO_CANDIDATE = "没有这道题，或您不能查看。"
_NO_FEEDBACK = "没有这条反馈：已过保存期，或您不能查看。"
_MOST_ADDRESSES = 20
_AS_READ = "请选好文件，并对照“读原文”里的写法填写条款，例如 第八条、二、（一）。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A clause that an answer cited or showed."""

    document_id: str
    document_title: str
    address: str
    text: str
    quotes: tuple[str, ...]
    cited: bool  # otherwise it was only shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a candidate is made of: a question that was asked, and what came back. All words are masked."""

    answer_id: str
    at: int
    question: str
    standalone: str
    outcome: Outcome
    text: str
    clauses: tuple[Cited, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What somebody proposes for the gold set."""

    question: str
    outcome: str
    addresses: tuple[Address, ...] = ()
    note: str = ""
    gap_id: str = ""
    feedback_id: str = ""


class GoldDesk:
    """Shows candidates and cases, and keeps what is decided about them; every act is recorded.

    Args:
        gaps: which candidates may close.
        file: the gold set.
    """

    def __init__(self, registry: Registry, provider: AssistantProvider, gaps: GapDesk, file: Path) -> None:
        self._registry, self._provider, self._gaps, self._file = registry, provider, gaps, file

    # --- what it starts from ---

    def source(self, answer_id: str, asker: Principal) -> Source:
        """An answer as the source of a candidate; that it was read is recorded.

        Raises:
            NotFoundError: there is none, or it may not be read.
        """
        kept = self._registry.answers.get(answer_id)
        if kept is None or Withheld(self._provider(), asker.labels).answer(kept):
            raise NotFoundError("没有这次答复：已过保存期，或您不能查看。")
        self._registry.note("answer.read", asker.id, answer_id=answer_id, door="curation")
        return source_of(kept)

    def readable(self, answer_id: str, asker: Principal) -> Source | None:
        """The same; `None` where it may not be read."""
        try:
            return self.source(answer_id, asker)
        except NotFoundError:
            return None

    def feedback(self, feedback_id: str, asker: Principal) -> tuple[Feedback, Source]:
        """One feedback with the answer it speaks of.

        Raises:
            NotFoundError: there is none, or it may not be read.
        """
        found = self._registry.feedback.get(feedback_id)
        if found is None or Withheld(self._provider(), asker.labels).words(found.comment or ""):
            raise NotFoundError(_NO_FEEDBACK)
        return found, self.source(found.answer_id, asker)

    def sources_of(self, found: Iterable[Feedback]) -> dict[str, Source]:
        """The answers of feedback that was found readable, by their ids."""
        kept = self._registry.answers.of_ids([one.answer_id for one in found])
        return {answer_id: source_of(one) for answer_id, one in kept.items()}

    # --- candidates ---

    def candidates(self, state: CandidateState, asker: Principal) -> tuple[Candidate, ...]:
        """Those in a state that `asker` may see, the newest first."""
        may_see = self._sight(asker)
        return tuple(one for one in self._registry.candidates.listed(state) if may_see(one))

    def candidate(self, candidate_id: str, asker: Principal) -> Candidate:
        """One candidate.

        Raises:
            NotFoundError: there is none, or it may not be seen.
        """
        found = self._registry.candidates.get(candidate_id)
        if found is None or not self._sight(asker)(found):
            raise NotFoundError(_NO_CANDIDATE)
        return found

    def _sight(self, asker: Principal) -> Callable[[Candidate], bool]:
        """Whether a candidate may be seen: none of its documents is hidden, and none is named. One that has left the
        library hides nothing; its candidates have to be looked at."""
        hidden = {meta.id for meta in self._provider().hidden(asker.labels)}
        withheld = Withheld(self._provider(), asker.labels)

        def may_see(candidate: Candidate) -> bool:
            words = (candidate.question, candidate.note or "", candidate.remark or "")
            return hidden.isdisjoint(name for name, _ in candidate.addresses) and not any(map(withheld.words, words))

        return may_see

    def propose(self, by: Principal, made: Proposal) -> Candidate:
        """Keep a candidate for a second person to look at. Personal data in it is masked.

        Raises:
            InputError: a field cannot be used, or an address is not in the library.
            NotFoundError: the gap that it is to close may not be seen.
        """
        _see_may(by)
        outcome = _outcome(made.outcome)
        addresses = self._addresses(made.addresses, by)
        if outcome in ANSWERING and not addresses:
            raise InputError("应当答复的题，请至少指明一处条款。")
        if outcome is Outcome.NOT_FOUND and addresses:
            raise InputError("“本库未载明”的题不应有条款依据，请去掉条款，或换一种应有结果。")
        question, note = mask(clean_question(made.question)).text.strip(), masked_note(made.note)
        candidate = self._registry.candidates.add(
            question=question,
            addresses=addresses,
            outcome=outcome.value,
            note=note,
            gap_id=self._gaps.hold(made.gap_id, by) if made.gap_id else None,
            feedback_id=made.feedback_id or None,
            author=by.id,
        )
        self._registry.note("gold.proposed", by.id, id=candidate.id, **_facts(candidate))
        return candidate

    def _addresses(self, asked: Sequence[Address], by: Principal) -> tuple[Address, ...]:
        """The addresses as the documents have them, each once.

        Raises:
            InputError: one of them is not there.
        """
        if len(asked) > _MOST_ADDRESSES:
            raise InputError(f"一道题至多指明 {_MOST_ADDRESSES} 处条款。")
        found: dict[Address, None] = {}
        for number, (name, address) in enumerate(asked, start=1):
            try:
                there = address_in(self._provider().document(name, by.labels), address)
            except NotFoundError:
                there = None
            if there is None:
                raise InputError(f"第 {number} 处条款（先数勾选的，再数填写的）在库里没有找到，{_AS_READ}")
            found[name, there] = None
        return tuple(found)

    def decide(self, candidate_id: str, by: Principal, *, accept: bool, remark: str) -> Candidate:
        """Take a candidate of somebody else's into the gold set, or give it back with a remark.

        Raises:
            NotAllowed: it is their own.
            InputError: it is given back without a remark, or its clauses are in the library no longer.
            CandidateMoved: somebody else has decided.
        """
        _see_may(by)
        candidate = self.candidate(candidate_id, by)
        if candidate.author == by.id:
            raise NotAllowed("自己提出的题不能由自己复核，请另一位同事复核。")
        said = masked_note(remark)
        if not accept and said is None:
            raise InputError("退回时请写明原因，让提出的人知道改什么。")
        if accept:
            self._addresses(candidate.addresses, by)
        done = self._registry.candidates.decide(
            candidate_id,
            held=CandidateState.WAITING,
            state=CandidateState.ACCEPTED if accept else CandidateState.RETURNED,
            reviewer=by.id,
            remark=said,
            then=partial(self._taken_in, by) if accept else _nothing,
        )
        self._registry.note("gold.accepted" if accept else "gold.returned", by.id, id=done.id, **_facts(done))
        return done

    def withdraw(self, candidate_id: str, by: Principal, *, remark: str) -> Candidate:
        """Take a case out of the gold set again.

        Raises:
            InputError: no reason is given.
            CandidateMoved: it is not in the gold set.
        """
        _see_may(by)
        self.candidate(candidate_id, by)
        said = masked_note(remark)
        if said is None:
            raise InputError("撤下时请写明原因。")
        done = self._registry.candidates.decide(
            candidate_id,
            held=CandidateState.ACCEPTED,
            state=CandidateState.WITHDRAWN,
            reviewer=by.id,
            remark=said,
            then=lambda _, candidate: drop_gold(self._file, case_id(candidate)),
        )
        self._registry.note("gold.withdrawn", by.id, id=done.id, **_facts(done))
        return done

    def texts_of(self, candidate: Candidate, asker: Principal) -> tuple[tuple[Address, str], ...]:
        """Each address of a candidate with its text as it stands in the library now; empty where it does not."""
        found = []
        for name, address in candidate.addresses:
            try:
                document = self._provider().document(name, asker.labels)
                clause = document.find(address)
                found.append(((name, address), plain_text(document, clause) if clause else ""))
            except NotFoundError:
                found.append(((name, address), ""))
        return tuple(found)

    def astray(self, asker: Principal) -> tuple[str, ...]:
        """Ids of cases whose clauses are not in the library that answers now."""
        gone = astray(read_gold(self._file), partial(self._provider().document, rights=asker.labels))
        return tuple(dict.fromkeys(case.id for case, _ in gone))

    def _taken_in(self, by: Principal, connection: Connection, candidate: Candidate) -> None:
        """Write a case into the gold set, and close the gap it comes from."""
        names = {user.principal.id: user.name for user in self._registry.users.listed()}
        reviewer = by.id
        case = GoldCase(
            id=case_id(candidate),
            question=candidate.question,
            addresses=candidate.addresses,
            outcome=Outcome(candidate.outcome),
            author=names.get(candidate.author, candidate.author),
            reviewer=names.get(reviewer, reviewer),
            added_on=day_in_beijing(datetime.now(UTC)),
        )
        self._close(connection, candidate, case.id, by)
        add_gold(self._file, case, partial(self._provider().document, rights=by.labels))

    def _close(self, connection: Connection, candidate: Candidate, case: str, by: Principal) -> None:
        """Close the gap that a candidate comes from, also where that has become part of another."""
        for state in self._registry.gaps.listed_within(connection) if candidate.gap_id else ():
            if candidate.gap_id not in (state.id, *state.questions):
                continue
            at = candidate.reviewed_at or 0
            closed = replace(state, closed_with=Settled.GOLD, closed_with_id=case, closed_at=at, closed_by=by.id)
            self._registry.gaps.put_within(connection, closed)
            facts = {"id": state.id, "with": Settled.GOLD.value, "settled": case, "questions": len(state.questions)}
            draft = Draft(kind="gap.closed", subject=by.id, at=at, facts=facts)
            self._registry.chain.add(connection, [draft])


def case_id(candidate: Candidate) -> str:
    """The id that a candidate has in the gold set."""
    return f"gold-{candidate.id[:12]}"


def source_of(kept: KeptAnswer) -> Source:
    """A kept answer as the source of a candidate."""
    body = json.loads(kept.body)
    clauses = [
        Cited(
            document_id=one["document_id"],
            document_title=one["document_title"],
            address=one["address"],
            text=one["clause_text"],
            quotes=tuple(one["quotes"]),
            cited=part == "citations",
        )
        for part in ("citations", "nearest")
        for one in body.get(part, ())
    ]
    once = {(one.document_id, one.address): one for one in reversed(clauses)}
    return Source(
        answer_id=kept.id,
        at=kept.created_at,
        question=question_of(kept),
        standalone=body["standalone_question"],
        outcome=Outcome(body["outcome"]),
        text=body["text"],
        clauses=tuple(reversed(once.values())),
    )


def _facts(candidate: Candidate) -> dict[str, object]:
    documents = sorted({document for document, _ in candidate.addresses})
    return {"outcome": candidate.outcome, "documents": documents, "addresses": len(candidate.addresses)}


def _outcome(said: str) -> Outcome:
    try:
        return Outcome(said)
    except ValueError as exc:
        raise InputError("请选择这道题应有的结果。") from exc


def _nothing(_: Connection, __: Candidate) -> None:
    """Nothing else has to be done."""


def _see_may(by: Principal) -> None:
    if not by.scopes & TENDING:
        raise NotAllowed("您可以查看，但不能提出或复核标准题。请联系有编辑或审批权限的同事。")
