"""Words written out and short, in the search and in the lay tables; sums that hold a smaller one in their digits."""

from __future__ import annotations

import pytest
from memory_library import MemoryLibrary
from named_documents import documents

from assistant.models.standins import HashingEmbedder
from assistant.question.abbreviations import forms_of, other_forms
from assistant.question.lay_words import ConceptLine, Expander, load_expander
from assistant.question.search_words import SearchWords


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("首贷能贴多少", "首次贷款"),
        ("首次贷款能贴多少", "首贷"),
        ("流贷最长几年", "流动资金贷款"),
        ("农机怎么补", "农业机械"),
        ("公积金怎么提", "住房公积金"),
    ],
)
def test_each_form_leads_to_the_others(text: str, form: str) -> None:
    assert form in other_forms(text)


def test_a_form_inside_the_one_used_is_not_added() -> None:
    assert "信用贷" not in other_forms("信用贷款的额度")
    assert forms_of("首") == ()


def test_only_forms_that_the_library_uses_are_searched(tmp_path_factory: pytest.TempPathFactory) -> None:
    library = MemoryLibrary(documents(tmp_path_factory.mktemp("forms")), HashingEmbedder())
    words = SearchWords(library.sparse, Expander([])).of("流贷怎么支付").split()
    assert "流动资金贷款" in words
    assert "流动资金贷" not in words


def test_a_matter_told_by_a_short_form_is_treated_under_the_long_one() -> None:
    line = ConceptLine(concept="首贷户", policy=("无贷企业",), lay=("首贷", "头一回贷"))
    [concept] = Expander([line]).concepts("首贷怎么办")
    assert "首次贷款" in concept.policy
    beside = line.model_copy(update={"beside": True})
    assert Expander([beside]).concepts("首贷怎么办")[0].policy == ("无贷企业",)


@pytest.mark.parametrize(
    ("text", "meant"), [("存50万", True), ("存450万", False), ("四百五十万", False), ("五十万", True)]
)
def test_a_sum_is_not_the_end_of_a_larger_one(text: str, *, meant: bool) -> None:
    line = ConceptLine(concept="限额", policy=("最高偿付限额",), lay=("50万", "五十万"))
    assert bool(Expander([line]).concepts(text)) is meant


def test_the_packaged_table_knows_a_sum_by_itself_alone() -> None:
    names = [c.name for c in load_expander().concepts("贷款本金450万能贴息吗")]
    assert "存款保险限额" not in names
    assert "存款保险限额" in [c.name for c in load_expander().concepts("存了50万")]
