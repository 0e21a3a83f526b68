"""Temperature and offset are found again where they are known, and told on documents that they were not fitted to."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import exp

import pytest

from assistant.errors import EvaluationError, ModelOutputInvalid, ModelUnavailable
from assistant.models.protocols import Candidate, Judged
from assistant.models.reading import Line
from assistant.training.items import Item, Place, Sentence, TrainingDocument, TrainingSet
from assistant.training.reader_calibration import Question, Told, calibration, fit, line, questions

QUIET = lambda stage, done, of: None  # noqa: E731


def told(temperature: float, offset: float, count: int = 4000) -> list[Told]:
    """Raw numbers that are right as often as the line says."""
    chance = random.Random(7)
    found = []
    for n in range(count):
        raw = chance.uniform(-6, 6)
        share = 1 / (1 + exp(-(raw / temperature + offset)))
        found.append(Told(f"文件{n % 10}", raw, chance.random() < share))
    return found


def test_a_known_line_is_found() -> None:
    found = line(told(2.5, -1.0))
    assert found.temperature == pytest.approx(2.5, rel=0.1)
    assert found.offset == pytest.approx(-1.0, abs=0.15)


def test_numbers_that_are_too_sure_fit_better_afterwards() -> None:
    found = fit(told(3.0, -1.5))
    assert found.error < 0.04 < found.uncalibrated_error
    assert found.auc > 0.7


@pytest.mark.parametrize("right", [True, False])
def test_questions_of_one_kind_are_not_enough(right: bool) -> None:
    with pytest.raises(EvaluationError, match="答得出"):
        line([Told("甲", float(n), right) for n in range(10)])


def test_numbers_that_say_the_opposite_are_refused() -> None:
    with pytest.raises(EvaluationError, match="换一个模型"):
        line([Told("甲", float(n), n < 5) for n in range(10)])


def _place(n: int) -> Place:
    return Place(text="条", start=n, end=n + 1)


WORDS = ("贷款期限最长十年。", "严禁用于炒股。", "应当按月报告。", "贷款利率由双方约定。", "另有规定的除外。")
DOCUMENT = TrainingDocument("甲办法", {}, tuple(Sentence(_place(n), "条", w) for n, w in enumerate(WORDS)))


def training(documents: int = 100, items: int = 4) -> TrainingSet:
    made = [
        Item(
            id=f"{d:03}-{n}",
            document=f"文件{d:03}",
            voice="near" if n % 2 else "plain",
            question="贷款利率怎么定？",
            gold=() if n % 2 else (_place(3),),
            near=(_place(0),) if n % 2 else (),
        )
        for d in range(documents)
        for n in range(items)
    ]
    return TrainingSet(tuple(made), {f"文件{d:03}": DOCUMENT for d in range(documents)})


def test_questions_are_of_held_out_documents_and_spread_over_them() -> None:
    held = training().held_out
    asked = questions(training(), most=len(held), candidates=3)
    assert {q.document for q in asked} == held
    assert len(asked) == len(held)


def test_candidates_hold_what_answers_and_what_looks_like_it_in_the_order_of_the_text() -> None:
    answerable, near = questions(training(), most=10_000, candidates=3)[:2]
    for question, named in ((answerable, 3), (near, 0)):
        shown = [c.sentence for c in question.candidates]
        assert len(shown) == 3
        assert WORDS[named] in shown
        assert shown == [w for w in WORDS if w in shown]
        assert all(c.title == "甲办法" for c in question.candidates)
    assert [c.sentence for c, right in zip(answerable.candidates, answerable.right, strict=True) if right] == [WORDS[3]]
    assert not any(near.right)


class Scoring:
    """A reader by a function; raises where that gives an exception."""

    id = "scoring"

    def __init__(self, score: object) -> None:
        self._score = score

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        assert callable(self._score)
        found = [self._score(question, c.sentence) for c in candidates]
        for one in found:
            if isinstance(one, Exception):
                raise one
        return Judged(sentences=tuple(found), answered=None)


ASKED = [
    Question(
        document=f"文件{n % 6}",
        asked=f"第{n}问",
        candidates=tuple(Candidate(sentence=w) for w in WORDS[:3]),
        right=(n % 3 == 0, False, n % 3 == 1),
    )
    for n in range(60)
]


def noisy(question: str, sentence: str) -> float:
    n = int(question[1:-1])
    right = (n % 3 == 0 and sentence == WORDS[0]) or (n % 3 == 1 and sentence == WORDS[2])
    return (3.0 if right else -1.0) + random.Random(question + sentence).uniform(-3, 3)


def test_a_reader_is_calibrated() -> None:
    seen: list[int] = []
    found = calibration(Scoring(noisy), ASKED, command="c", progress=lambda stage, done, of: seen.append(done))
    assert (found.reader, found.command, found.questions, found.documents) == ("scoring", "c", 60, 6)
    assert isinstance(found.sentence, Line)
    assert found.answered_fit.auc > 0.5
    assert seen == list(range(1, 61))


def test_a_few_unusable_replies_are_left_out_and_many_end_it() -> None:
    few = Scoring(lambda q, s: ModelOutputInvalid("x") if q == "第3问" else noisy(q, s))
    assert calibration(few, ASKED, command="c", progress=QUIET).questions == 59
    many = Scoring(lambda q, s: ModelOutputInvalid("x") if q != "第3问" else noisy(q, s))
    with pytest.raises(EvaluationError, match="--items"):
        calibration(many, ASKED, command="c", progress=QUIET)


def test_a_model_that_is_not_there_ends_it_at_once() -> None:
    gone = Scoring(lambda q, s: ModelUnavailable("没有"))
    with pytest.raises(ModelUnavailable):
        calibration(gone, ASKED, command="c", progress=QUIET)
