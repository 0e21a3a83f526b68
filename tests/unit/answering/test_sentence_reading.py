"""The reader moves scores; what it did not read stands behind; when it fails the rules go on alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from found_by_hand import sentences
from sample_texts import law

from assistant.answering.sentence_reading import Pick, ReadingWay, ReadingWeights, SentenceReading, candidate
from assistant.errors import ModelTimeout
from assistant.indexing.cut import cut
from assistant.models.protocols import Candidate, Judged
from assistant.schema.chunk import ChunkKind

CHUNKS = sentences([law()])[:6]
PICKS = [Pick(chunk=chunk, score=float(-n)) for n, chunk in enumerate(CHUNKS)]


class Liking:
    """A reader that likes some sentences."""

    id = "liking"

    def __init__(self, odds: Callable[[Candidate], float]) -> None:
        self._odds = odds
        self.asked: list[tuple[str, tuple[Candidate, ...]]] = []

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        self.asked.append((question, tuple(candidates)))
        found = tuple(map(self._odds, candidates))
        return Judged(sentences=found, answered=max(found))


class Silent:
    id = "silent"

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        raise ModelTimeout("阅读模型没有按时应答。")


def test_the_sentence_that_the_reader_likes_comes_first() -> None:
    liked = PICKS[3].chunk
    heard = SentenceReading(Liking(lambda s: 5.0 if s == candidate(liked) else -2.0)).hear("问", PICKS)
    assert max(heard.picks, key=lambda p: p.score).chunk == liked
    assert heard.answered == 5.0
    assert not heard.failed
    assert [p.chunk for p in heard.picks] == [p.chunk for p in PICKS]


def test_the_best_are_read_and_the_rest_stand_behind_the_least_likely() -> None:
    reader = Liking(lambda s: 1.0)
    weights = ReadingWeights(weight=2.0, candidates=3, unread=0.5)
    heard = SentenceReading(reader, ReadingWay(weights=weights)).hear("问", list(reversed(PICKS)))
    [(question, texts)] = reader.asked
    assert question == "问"
    assert texts == tuple(candidate(p.chunk) for p in PICKS[:3])
    by_chunk = {p.chunk.id: p for p in heard.picks}
    assert [by_chunk[p.chunk.id].odds for p in PICKS] == [1.0] * 3 + [None] * 3
    assert by_chunk[PICKS[0].chunk.id].score == pytest.approx(2.0)
    assert by_chunk[PICKS[5].chunk.id].score == pytest.approx(-5.0 + 2.0 * 0.5)


@pytest.mark.parametrize(("best", "other", "first"), [(-6.0, 0.5, 1), (-6.0, -0.5, 0), (-2.0, 0.5, 0)])
def test_what_the_reader_rejects_stands_behind_what_it_accepts(best: float, other: float, first: int) -> None:
    picks = [replace(pick, score=40.0 - 20.0 * n) for n, pick in enumerate(PICKS[:3])]
    odds = {candidate(picks[0].chunk): best, candidate(picks[1].chunk): other, candidate(picks[2].chunk): -7.0}
    heard = SentenceReading(Liking(odds.__getitem__)).hear("问", picks)
    ordered = sorted(heard.picks, key=lambda p: -p.score)
    assert ordered[0].chunk == picks[first].chunk
    assert ordered[2].chunk == picks[2].chunk  # the ranking still orders what is rejected


def test_with_a_rejected_sentence_goes_what_was_not_read_behind_it() -> None:
    picks = [replace(pick, score=40.0 - n) for n, pick in enumerate(PICKS[:3])]
    odds = {candidate(picks[0].chunk): -6.0, candidate(picks[1].chunk): 3.0}
    reader = SentenceReading(Liking(odds.__getitem__), ReadingWay(weights=ReadingWeights(candidates=2)))
    assert max(reader.hear("问", picks).picks, key=lambda p: p.score).chunk == picks[1].chunk


def test_a_sentence_is_read_with_its_title_and_its_lead() -> None:
    chunk = replace(CHUNKS[0], lead="有下列情形之一的：")
    assert candidate(chunk).text == f"{chunk.heading_path[0]}\n有下列情形之一的：{chunk.plain}"


def test_without_a_reader_that_answers_the_rules_go_on() -> None:
    heard = SentenceReading(Silent()).hear("问", PICKS)
    assert heard.picks == tuple(PICKS)
    assert (heard.answered, heard.failed) == (None, True)


def test_nothing_to_read() -> None:
    reader = Liking(lambda s: 1.0)
    assert SentenceReading(reader).hear("问", []).picks == ()
    assert reader.asked == []


def test_a_stand_in_reads_where_the_reader_gives_nothing_and_that_is_told() -> None:
    stand_in = Liking(lambda s: 2.0)
    heard = SentenceReading(Silent(), ReadingWay(stand_in=stand_in)).hear("问", PICKS)
    assert (heard.answered, heard.failed) == (2.0, True)
    assert len(stand_in.asked) == 1


def test_where_the_stand_in_fails_too_the_rules_go_on() -> None:
    heard = SentenceReading(Silent(), ReadingWay(stand_in=Silent())).hear("问", PICKS)
    assert (heard.picks, heard.answered, heard.failed) == (tuple(PICKS), None, True)


def test_a_language_model_that_is_kept_out_is_not_asked_and_nothing_is_amiss() -> None:
    model, stand_in = Liking(lambda s: 5.0), Liking(lambda s: 2.0)
    way = ReadingWay(stand_in=stand_in, of_llm=True)
    heard = SentenceReading(model, way).hear("问", PICKS, use_llm=False)
    assert (heard.answered, heard.failed, model.asked) == (2.0, False, [])
    assert SentenceReading(model, way).hear("问", PICKS, use_llm=True).answered == 5.0
    alone = SentenceReading(model, ReadingWay(of_llm=True)).hear("问", PICKS, use_llm=False)
    assert (alone.picks, alone.answered, alone.failed) == (tuple(PICKS), None, False)
    other = Liking(lambda s: 1.0)
    assert SentenceReading(other, ReadingWay()).hear("问", PICKS, use_llm=False).answered == 1.0


def test_a_reader_that_only_orders_moves_sentences_and_says_no_odds() -> None:
    class Ordering(Liking):
        def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
            return replace(super().read(question, candidates), answered=None)

    liked = PICKS[4].chunk
    heard = SentenceReading(Ordering(lambda s: 9.0 if s == candidate(liked) else 0.0)).hear("问", PICKS)
    assert max(heard.picks, key=lambda p: p.score).chunk == liked
    assert {p.odds for p in heard.picks} == {None}
    assert (heard.answered, heard.failed) == (None, False)


def test_neighbours_are_the_words_of_the_clause_around_the_sentence() -> None:
    document = law()
    chunks = cut(document)
    clauses = {c.id: c for c in chunks if c.kind is ChunkKind.CLAUSE}
    seen = 0
    for chunk in (c for c in chunks if c.kind is ChunkKind.SENTENCE):
        assert chunk.parent_id is not None
        one = candidate(chunk, lambda c: clauses[c.parent_id] if c.parent_id else c)
        clause = clauses[chunk.parent_id]
        assert one.before + chunk.text + one.after == clause.text
        seen += bool(one.before and one.after)
    assert seen
