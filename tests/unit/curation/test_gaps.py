"""Questions asked in vain: read from the records, put together, and kept with what was decided about them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from assistant.access.audit import Entry
from assistant.curation.gaps import (
    LIMIT,
    UNSTATED,
    Asked,
    asked_in_vain,
    counted_departments,
    gaps_of,
    limit_for,
    newest,
    texts_of,
    ties_of,
)
from assistant.models.protocols import CosineScale
from assistant.records.gaps import GapState, Settled
from assistant.schema.answer import Outcome


def entry(name: str, kind: str = "answer", **more: Any) -> Entry:
    facts = {
        "answer_id": name, "department": "信贷部", "labels": [], "question": f"{name}？", "outcome": "not_found",
        "standalone_question": f"{name}？", "clauses": [], **more,
    }  # fmt: skip
    body = json.dumps({"seq": 1, "at": 5, "kind": kind, "subject": "key:1", "facts": facts})
    return Entry(seq=1, at=5, kind=kind, subject="key:1", body=body, prev="", hash="")


def asked(name: str, at: int, words: str = "", department: str = "信贷部") -> Asked:
    said = words or f"{name}？"
    return Asked(id=name, at=at, question=said, standalone=said, outcome=Outcome.NOT_FOUND, department=department)


def test_what_was_answered_is_no_gap_and_everything_else_is() -> None:
    entries = [entry(one.value, outcome=one.value) for one in Outcome] + [entry("x", kind="key.created")]
    assert [one.outcome for one in asked_in_vain(entries)] == [Outcome.PARTIAL, Outcome.POSSIBLE, Outcome.NOT_FOUND]


def test_a_department_that_nobody_stated_is_said_to_be_so() -> None:
    found = list(asked_in_vain([entry("a"), entry("b", department=None)]))
    assert [one.department for one in found] == ["信贷部", UNSTATED]
    gaps = gaps_of(found, [(0,), (1,)], ())
    assert counted_departments(gaps) == (("信贷部", 1), (UNSTATED, 1))


def test_the_same_words_in_another_form_are_one_wording() -> None:
    questions = (asked("a", 1, "能续贷吗？"), asked("b", 2, "能 續貸 吗？"), asked("c", 3, "利率多少？"))
    assert len(texts_of(questions)) == 2
    [first, second] = gaps_of(questions, [(0,), (1,)], ())
    assert [one.id for one in first.questions] == ["a", "b"]
    assert (first.id, second.id, first.last_asked) == ("a", "c", 2)


def test_only_the_newest_wordings_are_put_together_and_the_rest_is_counted() -> None:
    questions = [asked("a", 1), asked("b", 2), asked("c", 3), asked("d", 4, "b？")]
    kept, left_out = newest(questions, 2)
    assert ([one.id for one in kept], left_out) == (["b", "c", "d"], 1)


def test_a_decision_stays_with_its_questions_when_others_join() -> None:
    questions = (asked("a", 1), asked("b", 2), asked("new", 9), asked("older", 0))
    state = GapState(id="a", questions=("a", "b"), assigned_to="user:1", changed_at=5)
    assert texts_of(questions) == ("a？", "b？", "new？", "older？")
    assert ties_of(questions, [state]) == ((0, 1),)
    [gap] = gaps_of(questions, [(0, 1, 2, 3)], [state])
    assert (gap.id, gap.state, gap.first.id) == ("a", state, "a")  # not the older one that joined
    assert [one.id for one in gap.questions] == ["older", "a", "b", "new"]


def test_a_decision_outlives_the_question_by_which_it_is_known() -> None:
    """Its answer was purged; the others are still tied, and the gap keeps its id and state."""
    questions = (asked("b", 2), asked("c", 3))
    state = GapState(id="a", questions=("a", "b", "c"), changed_at=5)
    assert ties_of(questions, [state]) == ((0, 1),)
    [gap] = gaps_of(questions, [(0, 1)], [state])
    assert (gap.id, gap.first.id, gap.state) == ("a", "b", state)


def test_what_is_asked_again_after_it_was_closed_is_open_again() -> None:
    state = GapState(
        id="a", questions=("a",), closed_with=Settled.DOCUMENT, closed_with_id="law", closed_at=5, changed_at=5
    )
    [closed] = gaps_of([asked("a", 1)], [(0,)], [state])
    assert (closed.closed, closed.open, closed.since_closed) == (True, False, 0)
    [again] = gaps_of([asked("a", 1), asked("b", 9, "a？")], [(0,)], [state])
    assert (again.closed, again.open, again.since_closed) == (True, True, 1)


def test_departments_and_outcomes_are_counted_the_most_first() -> None:
    questions = [asked("a", 1), asked("b", 2, department="合规部"), replace(asked("c", 3), outcome=Outcome.PARTIAL)]
    [gap] = gaps_of(questions, [(0, 1, 2)], ())
    assert gap.departments == (("信贷部", 2), ("合规部", 1))
    assert gap.outcomes == ((Outcome.NOT_FOUND, 2), (Outcome.PARTIAL, 1))
    assert gap.examples == ("a？", "c？", "b？")


def test_the_limit_is_on_the_scale_of_each_model() -> None:
    assert limit_for(CosineScale()) == LIMIT
    scale = CosineScale(factor=0.2, shift=0.75)
    assert scale.published(limit_for(scale)) == pytest.approx(LIMIT)
