"""Words that bind: what counts as one, and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.schema.answer import Modality
from assistant.text.binding_words import Force, binding_words, load_binding_words, modality_of

WORDS = binding_words()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("不得挪用，应当归还", [("不得", Force.PROHIBIT), ("应当", Force.REQUIRE)]),
        ("不得不退还", []),  # means that one has to, and is no ban
        ("不得超过三年", []),  # a bound
        ("并不禁止合作", [("并不禁止", Force.PERMIT)]),
        ("可以不提供担保", [("可以不", Force.EXEMPT)]),
        ("免予处罚", [("免予", Force.EXEMPT)]),
        ("杜绝重复收费", [("杜绝", Force.PROHIBIT)]),
        ("重要事项，主要目标，摘要", []),
        ("所需要的材料", []),
        ("根据实际需要", []),
        ("需经批准", [("需", Force.REQUIRE)]),
        ("不可抗力，许可", []),
        ("也可向法院起诉", [("可", Force.PERMIT)]),
        ("资金支持的力度，支持企业", [("支持", Force.ENCOURAGE)]),
    ],
)
def test_which_words_bind(text: str, found: list[tuple[str, Force]]) -> None:
    assert [(word.text, word.force) for word in WORDS.within(text)] == found
    assert WORDS.forces(text) == {force for _, force in found}


def test_a_word_is_found_where_it_begins() -> None:
    word = WORDS.at("银行不得挪用", 2)
    assert word is not None
    assert (word.text, word.start, word.end) == ("不得", 2, 4)
    assert WORDS.at("银行不得挪用", 3) is None


def test_words_that_forbid_by_themselves() -> None:
    assert WORDS.bans.findall("严禁转存，不得掩盖，不能清偿") == ["严禁", "不得"]


@pytest.mark.parametrize("content", ["[", "甲", "- {force: 甲, words: [乙]}", "- {force: permit, words: []}"])
def test_a_broken_list_is_a_setting_at_fault(tmp_path: Path, content: str) -> None:
    path = tmp_path / "words.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"words\.yaml"):
        load_binding_words(path)


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("严禁贷款转存", Modality.PROHIBIT),
        ("要加强审查，不得挪用", Modality.PROHIBIT),
        ("各银行机构要加强贷前审查", Modality.REQUIRE),
        ("申请人可以申请复议", Modality.PERMIT),
        ("并不禁止合作", Modality.PERMIT),
        ("鼓励开展合作", Modality.ENCOURAGE),
        ("主要目标与重要需求", Modality.STATE),
        ("适应反应供应", Modality.STATE),
        ("逾期不得超过三个月", Modality.STATE),
    ],
)
def test_modality(text: str, modality: Modality) -> None:
    assert modality_of(text) is modality
