"""The shelf of sample questions: made once for an index and what may be seen of it, and no trouble where it fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from threading import Event

import pytest
from duty_texts import document

from assistant.errors import IndexNotBuilt, ModelTimeout
from assistant.schema.answer import Answer, Citation, Mode, Outcome
from assistant.schema.document import Document, DocumentKind, DocumentMeta, Span, Validity
from assistant.schema.inquiry import Inquiry
from assistant.serving.samples import SampleShelf

DAY = date(2026, 1, 1)
PUBLIC = document("第一条 借款人不得挪用贷款资金炒股票。\n", name="public", kind=DocumentKind.LAW)
HIDDEN = document("第一条 保证人不得转移抵押财产。\n", name="hidden", kind=DocumentKind.LAW, access=("信贷部",))


class Library:
    """Answers each question with the whole of the document that shares most characters with it."""

    def __init__(self) -> None:
        self.generation = "one"
        self.degraded: tuple[str, ...] = ()
        self.asked: list[Inquiry] = []
        self.fault: Exception | None = None
        self.go = Event()
        self.go.set()

    def documents(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]:
        return tuple(one.meta for one in (PUBLIC, HIDDEN) if one.meta.visible(rights or frozenset()))

    def document(self, document_id: str, rights: frozenset[str] | None = None) -> Document:
        return next(one for one in (PUBLIC, HIDDEN) if one.id == document_id)

    def ask(self, inquiry: Inquiry) -> Answer:
        self.go.wait(20)
        self.asked.append(inquiry)
        if self.fault is not None:
            raise self.fault
        one = max((PUBLIC, HIDDEN), key=lambda d: sum(char in d.text for char in inquiry.question))
        cited = Citation(
            number=1,
            document_id=one.id,
            document_title=one.meta.title,
            address="第一条",
            heading=None,
            clause_text=one.text,
            quotes=(one.text,),
            spans=(Span(0, len(one.text)),),
            validity=Validity.IN_FORCE,
        )
        return Answer(
            question=inquiry.question,
            standalone_question=inquiry.question,
            outcome=Outcome.ANSWERED,
            mode=Mode.EXTRACTIVE,
            text=one.text,
            statements=(),
            citations=(cited,),
        )


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def shelf(library: Library) -> SampleShelf:
    return SampleShelf(lambda: library, today=lambda: DAY)  # type: ignore[arg-type,return-value]


def said(shelf: SampleShelf, *labels: str) -> str:
    return "".join(question for questions in shelf.of(frozenset(labels)).result(20).values() for question in questions)


def test_each_sees_questions_of_what_they_may_see(shelf: SampleShelf, library: Library) -> None:
    assert "炒股票" in said(shelf)
    assert "抵押财产" not in said(shelf)
    assert "抵押财产" in said(shelf, "信贷部")
    assert {one.rights for one in library.asked} == {frozenset(), frozenset({"信贷部"})}
    assert not any(one.use_llm for one in library.asked)


def test_they_are_made_once_for_an_index(shelf: SampleShelf, library: Library) -> None:
    said(shelf)
    asked = len(library.asked)
    assert asked > 0
    said(shelf, "别的部门")  # sees the same documents
    assert len(library.asked) == asked
    library.generation = "two"
    said(shelf)
    assert len(library.asked) == 2 * asked


def test_they_are_made_anew_once_nothing_is_done_without_any_more(shelf: SampleShelf, library: Library) -> None:
    library.degraded = ("dense",)
    said(shelf)
    kept = shelf.of(frozenset())
    library.degraded = ()
    assert shelf.of(frozenset()) is not kept


def test_those_who_come_meanwhile_wait_for_the_same(shelf: SampleShelf, library: Library) -> None:
    library.go.clear()
    first, second = shelf.of(None), shelf.of(None)
    assert first is second
    assert not first.done()
    library.go.set()
    assert first.result(20)


@pytest.mark.parametrize("fault", [ModelTimeout("语言模型没有按时作答。"), RuntimeError("坏了")])
def test_a_fault_gives_none_and_repeats_nothing(
    shelf: SampleShelf, library: Library, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    library.fault = fault
    assert shelf.of(None).result(20) == {}
    assert "炒股票" not in caplog.text
    assert "示例问题没有拟成" in caplog.text
    library.fault = None
    assert "炒股票" in said(shelf)


def test_those_who_ask_go_first(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.serving.samples._GIVES_WAY_S", 20.0)
    looked: list[int] = []

    def taken() -> int:
        looked.append(len(library.asked))
        return 1 if len(looked) <= 3 else 0

    shelf = SampleShelf(lambda: library, taken=taken, today=lambda: DAY)  # type: ignore[arg-type,return-value]
    assert shelf.of(None).result(20)
    assert looked[:4] == [0, 0, 0, 0]


def test_without_an_index_the_fault_is_told() -> None:
    def none() -> Library:
        raise IndexNotBuilt("还没有建立索引。")

    with pytest.raises(IndexNotBuilt):
        SampleShelf(none).of(None)  # type: ignore[arg-type]


def test_a_notice_is_read_before_the_statutes_that_everybody_has() -> None:
    from assistant.serving.samples import _told_first

    laws = tuple(replace(PUBLIC.meta, id=f"law{n}") for n in range(20))
    notice = replace(PUBLIC.meta, id="notice", kind=DocumentKind.NOTICE)
    over = replace(notice, id="over", validity=Validity.REPEALED)
    shown = [meta.id for meta in _told_first((*laws, over, notice), DAY)]
    assert shown[:2] == ["notice", "law0"]
    assert len(shown) == 12
