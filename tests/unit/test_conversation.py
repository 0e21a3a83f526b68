"""A question in a conversation: read both ways where it may go on or not, and kept near the documents spoken of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary

from assistant.models.protocols import Candidate, Judged
from assistant.models.standins import HashingEmbedder
from assistant.parsing.clauses import parse_clauses
from assistant.pipeline import PolicyAssistant
from assistant.question.kinship import Leaning
from assistant.schema.answer import Outcome
from assistant.schema.document import Document, DocumentKind, DocumentMeta
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Turn

BEFORE = "市场摆摊登记要交哪些材料？"
ASKED = "经办人员的提成怎么分配？"  # shows no sign of leaning and names nothing that the tables know


def document(name: str, articles: Sequence[str]) -> Document:
    text = "\n".join((name, *(f"第{n}条　{a}" for n, a in zip("一二三", articles, strict=True))))
    meta = DocumentMeta(id=name, title=name, kind=DocumentKind.LAW, effective_on=date(2020, 1, 1))
    return Document(meta=meta, text=text, clauses=parse_clauses(text, DocumentKind.LAW))


MARKET = document(
    "摊位管理办法",
    ["市场摆摊登记应当提交身份证明。", "登记期限为三年。", "经营者应当在三十日内办理变更手续。"],
)
PARK = document(
    "停车管理办法",
    ["停车场登记应当提交权属证明。", "登记期限为五年。", "经营者应当在三十日内办理变更手续。"],
)


@dataclass
class Doubtful:
    """A judge of turns that is not sure, and says that the question goes on."""

    def judge(self, question: str, before: str) -> Leaning:
        return Leaning(leans=True, sure=False)


class Reader:
    """A reader that finds a question by itself answered, or behind the turns before it."""

    id = "scripted"

    def __init__(self, odds: Callable[[str], float]) -> None:
        self.odds = odds

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        value = self.odds(question)
        return Judged(sentences=(value,) * len(candidates), answered=value)


@pytest.fixture(scope="module")
def library() -> MemoryLibrary:
    return MemoryLibrary([MARKET, PARK], HashingEmbedder())


def assistant(library: MemoryLibrary, odds: Callable[[str], float] | None) -> PolicyAssistant:
    reader: dict[str, Any] = {"answer_reader": Reader(odds)} if odds else {}
    return memory_assistant(library, make_kinship=lambda view: Doubtful(), **reader)


@pytest.mark.parametrize(
    ("alone", "joined", "goes_on"),
    [(3.0, -1.0, False), (0.5, 1.0, False), (-1.0, 1.0, True), (0.0, 1.5, True)],
)
def test_where_it_is_not_clear_what_the_reader_finds_answered_decides(
    library: MemoryLibrary, alone: float, joined: float, goes_on: bool
) -> None:
    def odds(question: str) -> float:
        return joined if BEFORE in question else alone

    inquiry = Inquiry(question=ASKED, history=(Turn(role="user", content=BEFORE),))
    answer = assistant(library, odds).ask(inquiry)
    assert answer.follows is goes_on
    assert answer.follows_unsure  # either way the other is offered


def test_what_is_found_neither_way_is_not_joined_to_the_turns_before(library: MemoryLibrary) -> None:
    inquiry = Inquiry(question="食堂几点开饭？", history=(Turn(role="user", content="班车什么时候发车？"),))
    answer = assistant(library, lambda question: -9.0 if "班车" not in question else -5.0).ask(inquiry)
    assert answer.outcome is Outcome.NOT_FOUND
    assert not answer.follows
    assert "班车" not in answer.standalone_question


def test_what_whoever_asks_has_said_is_not_weighed(library: MemoryLibrary) -> None:
    inquiry = Inquiry(question=ASKED, history=(Turn(role="user", content=BEFORE),), follows=True)
    assert assistant(library, lambda question: -5.0 if BEFORE in question else 5.0).ask(inquiry).follows


def test_without_a_reader_it_goes_on(library: MemoryLibrary) -> None:
    inquiry = Inquiry(question=ASKED, history=(Turn(role="user", content=BEFORE),))
    assert assistant(library, None).ask(inquiry).follows


@pytest.mark.parametrize("spoken_of", [MARKET, PARK])
def test_of_clauses_alike_that_of_the_document_spoken_of_comes_first(
    library: MemoryLibrary, spoken_of: Document
) -> None:
    asked = "经营者多少日内办理变更手续？"
    history = (Turn(role="user", content="登记期限多长？", documents=(spoken_of.id,)),)
    found = assistant(library, None).search(Inquiry(question=asked, history=history, follows=False))
    assert str(found.ranking[0].chunk_id) == f"{spoken_of.id}#第三条"


def test_a_document_that_is_named_is_looked_into_whatever_was_spoken_of(library: MemoryLibrary) -> None:
    asked = "停车管理办法里，经营者多少日内办理变更手续？"
    history = (Turn(role="user", content="登记期限多长？", documents=(MARKET.id,)),)
    found = assistant(library, None).search(Inquiry(question=asked, history=history))
    assert str(found.ranking[0].chunk_id) == "停车管理办法#第三条"


def test_what_was_spoken_of_long_ago_is_forgotten(library: MemoryLibrary) -> None:
    asked = Inquiry(question="经营者多少日内办理变更手续？", follows=False)
    since = [Turn(role="user", content="你好")] * 3
    history = (Turn(role="user", content="登记期限多长？", documents=(PARK.id,)), *since)
    ranked = assistant(library, None)
    long_ago = ranked.search(Inquiry(question=asked.question, history=history, follows=False))
    assert long_ago.ranking == ranked.search(asked).ranking
