"""The reader moves scores; what it did not read stands behind; when it fails the rules go on alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from found_by_hand import sentences
from sample_texts import law

from assistant.answering.sentence_reading import Pick, ReadingWay, ReadingWeights, SentenceReading, candidate
from assistant.errors import ModelTimeout
from assistant.models.protocols import Candidate, Judged

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
