"""Words spelt by their sound."""

from __future__ import annotations

import pytest

from assistant.question.phonetic import SoundAlikes, has_pinyin

WORDS = ["普惠", "小微", "信贷", "信贷计划", "单列", "志愿者", "金融", "银行", "形式", "供给", "LPR"]


def sounds() -> SoundAlikes:
    return SoundAlikes(lambda: WORDS)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("普会小薇要不要单烈", ("普惠", "小微", "单列")),  # homophones, tones and all
        ("jinrong zhiyuanzhe 讲什么", ("金融", "志愿者")),
        ("yinhang 和志愿者", ("银行", "志愿者")),
        ("xindai 找谁", ("信贷",)),  # one short word, but typed in letters on purpose
        ("信代计化 怎么单烈", ("信贷计划", "单列")),  # the longest word wins
    ],
)
def test_words_are_found_by_sound(question: str, meant: tuple[str, ...]) -> None:
    assert sounds().words_in(question) == meant


@pytest.mark.parametrize(
    "question",
    [
        "你们行是搭伙的",  # 行是 sounds like 形式, but one short word proves no misspelling
        "公积金最多几成",  # 公积 has other tones than 供给
        "LPR",
        "",
    ],
)
def test_chance_resemblance_finds_nothing(question: str) -> None:
    assert sounds().words_in(question) == ()


def test_only_syllables_count_as_pinyin() -> None:
    assert has_pinyin("dai kuan怎么办 daikuan")
    assert not has_pinyin("LPR 和 FTP 是什么")
    assert not has_pinyin("贷款怎么办")
