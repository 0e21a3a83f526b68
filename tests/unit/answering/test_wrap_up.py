"""An answer is wrapped up: notices, the texts of another day, the policies beside what it cites."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from found_by_hand import clause_of, sentences
from sample_texts import notice

from assistant.answering.compose import Composer, Draft
from assistant.answering.wrap_up import Said, Served, Worked, wrap_up
from assistant.corpus.lifecycle import Coming
from assistant.schema.answer import Answer, Mode, Outcome
from assistant.schema.retrieval import Query, Retrieved

NOTICE = notice()
CITED = sentences([NOTICE])[-2:]
COMPOSER = Composer(clause_of=lambda c: clause_of([NOTICE], c), meta_of=lambda _: NOTICE.meta)
CITATIONS = COMPOSER.citations(CITED)


SERVED = Served(generation="f", title_of=lambda _: NOTICE.meta.title, related_to=lambda *_: ())
SAID = Said(text="答", statements=(), citations=CITATIONS, mode=Mode.EXTRACTIVE)


def worked(query: Query, *, degraded: tuple[str, ...] = (), confidence: float | None = None) -> Worked:
    return Worked(
        question="问",
        query=query,
        found=Retrieved(query=query, ranking=(), evidence=(), degraded=degraded),
        draft=Draft(outcome=Outcome.ANSWERED, lead="", statements=(), citations=CITATIONS),
        notices=("先",),
        confidence=confidence,
    )


def finished(
    query: Query,
    *,
    degraded: tuple[str, ...] = (),
    notices: tuple[str, ...] = (),
    confidence: float | None = None,
) -> Answer:
    said = replace(SAID, notices=notices)
    return wrap_up(worked(query, degraded=degraded, confidence=confidence), said, SERVED)


QUERY = Query(text="问", standalone="问")


def test_notices_stand_in_order() -> None:
    notices = finished(QUERY, degraded=("dense", "rewrite"), notices=("后",)).notices
    assert notices[:2] == ("先", "后")
    assert len(notices) == 3  # a wording that failed is no matter of the reader's
    assert "向量模型" in notices[2]


def test_a_text_of_another_day_is_told_to_be_one() -> None:
    then = replace(QUERY, day=date(2021, 3, 1), versions=frozenset({NOTICE.id}))
    assert any("2021年" in line and NOTICE.meta.title in line for line in finished(then).notices)
    assert not any("2021年" in line for line in finished(replace(then, versions=frozenset())).notices)
    assert not any("2021年" in line for line in finished(replace(then, day=None)).notices)


def test_a_reader_that_was_out_is_told() -> None:
    assert any("阅读模型" in line for line in finished(QUERY, degraded=("reader",)).notices)


def test_without_features_there_is_no_confidence() -> None:
    assert finished(QUERY).confidence is None
    assert finished(QUERY, confidence=0.12345).confidence == 0.123


def test_a_text_that_ends_soon_is_told_once_and_with_its_day() -> None:
    def noticed(soon: Coming | None) -> list[str]:
        served = replace(SERVED, coming_of=lambda _: soon)
        return [line for line in wrap_up(worked(QUERY), SAID, served).notices if "2026-12-20" in line]

    ends = Coming(ends=True, on=date(2026, 12, 20), days=21)
    assert noticed(ends) == [f"《{NOTICE.meta.title}》将于 2026-12-20 失效（还有 21 天），届时请重新查询。"]
    assert noticed(replace(ends, ends=False)) == []
    assert noticed(None) == []
