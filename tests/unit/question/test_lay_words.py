"""Lay words become policy terms."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import SettingsError
from assistant.question.lay_words import ConceptLine, Expander, load_expander
from assistant.text.folding import fold

OWN = Expander(
    [
        ConceptLine(concept="续贷", policy=("续贷", "无还本续贷"), lay=("到期…接着用", "转一下")),
        ConceptLine(concept="收费", policy=("服务价格", "变相收费"), lay=("手续费", "ATM费")),
    ]
)
SHIPPED = load_expander()


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("贷款到期了想接着用", ("续贷", "无还本续贷")),
        ("贷款到期接着用", ("续贷", "无还本续贷")),
        ("到期。接着用", ()),
        ("到期以后过了很久很久再接着用", ()),
        ("续贷能不能转一下", ("无还本续贷",)),
        ("收手续费", ("服务价格", "变相收费")),
        ("收手續費", ("服务价格", "变相收费")),
        ("收ａｔｍ费", ("服务价格", "变相收费")),
        ("手续费能转一下吗", ("续贷", "无还本续贷", "服务价格", "变相收费")),
        ("天气怎么样", ()),
        ("", ()),
    ],
)
def test_terms(question: str, terms: tuple[str, ...]) -> None:
    assert OWN.terms(question) == terms


def test_concepts_in_the_order_of_the_table() -> None:
    assert [c.name for c in OWN.concepts("手续费，转一下")] == ["续贷", "收费"]
    assert OWN.concepts("服务价格") == ()


def test_regular_expression_signs_are_words() -> None:
    own = Expander([ConceptLine(concept="甲", policy=("乙",), lay=("党建+金融", "a.c", "(一"))])
    assert own.concepts("党建+金融")
    assert own.concepts("(一")
    assert not own.concepts("abc")
    assert not own.concepts("党建建金融")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_term_that_the_question_already_has(question: str) -> None:
    terms = SHIPPED.terms(question)
    assert len(set(terms)) == len(terms)
    assert not any(fold(term) in fold(question) for term in terms)


def test_the_shipped_table_finds_everyday_words() -> None:
    assert SHIPPED.concepts("贷款到期了还不上，能不能接着贷")
    assert SHIPPED.concepts("今天天气怎么样") == ()


@pytest.mark.parametrize("unit", ["到期", "接", "贷款"])
def test_the_longest_question_comes_to_an_end(unit: str) -> None:
    assert isinstance(SHIPPED.terms((unit * 2000)[:2000]), tuple)


@pytest.mark.parametrize(
    "content",
    [
        "[",
        "甲",
        "- {concept: 甲, policy: [], lay: [乙]}",
        "- {concept: 甲}",
        "- {concept: 甲, policy: [乙], lay: [丙], x: 1}",
    ],
)
def test_a_broken_table_is_a_setting_at_fault(tmp_path: Path, content: str) -> None:
    path = tmp_path / "colloquial.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"colloquial\.yaml"):
        load_expander(path)
    with pytest.raises(SettingsError):
        load_expander(tmp_path / "没有.yaml")
