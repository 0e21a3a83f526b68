"""What helps to read an answer on the chat page: why it is what it is, its limits, the clauses beside those cited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assistant.errors import InputError
from assistant.schema.answer import Answer, Citation, Mode, Outcome, Why
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta, Level, Span, Validity
from assistant.schema.retrieval import Filters
from assistant.serving.page.said import answer_message, samples_note_html
from assistant.serving.page.scope import Scope, document_choices, scope_words
from assistant.serving.page.talking import greet
from assistant.serving.reading.neighbours import neighbours_of
from assistant.serving.render.html import answer_cards_html
from assistant.serving.render.words import outcome_why

WORDS = ("第一条 为了<甲>，制定本办法。", "第二条 甲应当及时付款。", "第三条 甲不得拖欠款项。")


def law() -> Document:
    """Three articles below a title and a chapter."""
    text = "某办法\n第一章 总则\n" + "\n".join(WORDS)
    articles = []
    for number, words in zip("一二三", WORDS, strict=True):
        start = text.index(words)
        articles.append(
            Clause(address=f"第{number}条", level=Level.ARTICLE, span=Span(start, start + len(words)), text=words)
        )
    start = text.index("第一章")
    label = Clause(address="第一章", level=Level.LABEL, span=Span(start, start + 6), text=text[start : start + 6])
    chapter = Clause(
        address="第一章",
        level=Level.CHAPTER,
        span=Span(start, len(text)),
        text=text[start:],
        children=(label, *articles),
    )
    title = Clause(address="标题", level=Level.TITLE, span=Span(0, 3), text=text[:3])
    meta = DocumentMeta(id="law", title="某办法", kind=DocumentKind.LAW, validity=Validity.IN_FORCE)
    return Document(meta=meta, text=text, clauses=(title, chapter))


def citation() -> Citation:
    return Citation(
        number=1,
        document_id="law",
        document_title="某办法",
        address="第二条",
        heading=None,
        clause_text=WORDS[1],
        quotes=("甲应当及时付款。",),
        spans=(Span(0, 1),),
        validity=Validity.IN_FORCE,
    )


def answer(**changes: object) -> Answer:
    made = Answer(
        question="甲要付款吗？",
        standalone_question="甲要付款吗？",
        outcome=Outcome.ANSWERED,
        mode=Mode.EXTRACTIVE,
        text="甲应当及时付款。[1]",
        statements=(),
        citations=(citation(),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "sides"),
    [
        ("第一条", [("下一条", "第二条")]),
        ("第二条", [("上一条", "第一条"), ("下一条", "第三条")]),
        ("第三条", [("上一条", "第二条")]),
        ("标题", []),
        ("第九条", []),
    ],
)
def test_the_clauses_beside_one(address: str, sides: list[tuple[str, str]]) -> None:
    assert [(one.side, one.address) for one in neighbours_of(law(), address)] == sides


def test_a_long_neighbour_is_cut_and_read_in_its_document() -> None:
    document = law()
    long = replace(document, text=document.text.replace(WORDS[2], f"第三条 {'甲' * 900}"))
    chapter = long.clauses[1]
    last = replace(
        chapter.children[-1],
        text=long.text[chapter.children[-1].span.start :],
        span=Span(chapter.children[-1].span.start, len(long.text)),
    )
    long = replace(long, clauses=(long.clauses[0], replace(chapter, children=(*chapter.children[:-1], last))))
    shown = neighbours_of(long, "第二条")[1]
    assert len(shown.words) < 500
    assert shown.words.endswith("……")
    assert shown.path.startswith("read/law/")


def test_a_card_holds_its_neighbours_folded_and_escaped_and_a_name_to_copy() -> None:
    html = answer_cards_html(answer(), lambda one: neighbours_of(law(), one.address))
    assert '<details class="pz-beside"><summary>前后条款</summary>' in html
    assert "为了&lt;甲&gt;" in html
    assert "甲不得拖欠款项" in html
    assert 'data-copy="《某办法》第二条"' in html
    assert "pz-beside" not in answer_cards_html(answer())


@pytest.mark.parametrize("why", list(Why))
def test_every_reason_has_one_sentence(why: Why) -> None:
    said = outcome_why(answer(outcome=Outcome.NOT_FOUND, why=why))
    assert said.endswith("。")
    assert said.count("。") == 1


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_says_why_in_words_and_colour(outcome: Outcome) -> None:
    shown = {o: answer_message(answer(outcome=o)) for o in Outcome}
    assert outcome_why(answer(outcome=outcome)) in shown[outcome]
    badges = {o: message.partition(">")[0] for o, message in shown.items()}
    assert len(set(badges.values())) == len(Outcome)


def test_an_answer_says_what_it_was_limited_to() -> None:
    metas = [law().meta, replace(law().meta, id="other", title="另一办法")]
    words = scope_words(Filters(as_of=date(2024, 6, 30), document_ids=frozenset({"law"})), metas)
    assert words == "2024-06-30 有效的文本，《某办法》（现行有效）"
    assert f"限定范围：{words}" in answer_message(answer(), limited=words)
    assert "限定范围" not in answer_message(answer())
    assert scope_words(Filters(), metas) == ""
    assert scope_words(Filters(document_ids=frozenset({"gone"})), metas) == "1 份您现在不能看或已移出的文件"
    many = [replace(law().meta, id=str(n), title=f"办法{n}") for n in range(5)]
    assert scope_words(Filters(document_ids=frozenset("01234")), many).endswith("等 5 份文件")


def test_what_is_said_without_samples() -> None:
    assert samples_note_html({"客户": ("问？",)}) == ""
    assert samples_note_html(None) == ""  # there is no index: the status line says so already
    assert "请直接输入" in samples_note_html({})


def test_an_empty_library_is_told_and_what_to_do() -> None:
    class Empty:
        def documents(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]:
            return ()

    class Desk:
        def provider(self) -> Empty:
            return Empty()

    shown = greet(Desk())  # type: ignore[arg-type]
    assert "本库还没有您可以查看的文件" in shown.status
    assert shown.choices == ()


def test_the_form_becomes_filters() -> None:
    assert Scope().filters() == Filters()
    assert Scope(" 2024-06-30 ", ("a", "b")).filters() == Filters(
        as_of=date(2024, 6, 30), document_ids=frozenset({"a", "b"})
    )


@pytest.mark.parametrize(
    "day", ["2024/6/30", "2024-6-30", "2024-02-30", "昨天", "20240630", "２０２４-06-30", "0000-01-01"]
)
def test_a_day_that_is_none_is_told_without_being_repeated(day: str) -> None:
    with pytest.raises(InputError) as caught:
        Scope(day).filters()
    assert "截至日期" in caught.value.message
    assert day not in caught.value.message


def test_documents_that_read_alike_are_told_apart() -> None:
    twin = replace(law().meta, id="twin")
    assert document_choices([law().meta, twin]) == [
        ("某办法（现行有效） law", "law"),
        ("某办法（现行有效） twin", "twin"),
    ]
    assert document_choices([law().meta]) == [("某办法（现行有效）", "law")]
