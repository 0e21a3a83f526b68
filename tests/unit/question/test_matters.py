"""The table of matters: what is named, what must stand in an answer, and whom to ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.question.matters import load_matters

MATTERS = load_matters()

MISSING = [
    ("信用贷款要不要找人做担保？", "稳步增加信用贷款投放。", ["担保"]),
    ("信用贷款要不要找人做担保？", "借款人应当提供担保。", []),
    ("没有抵押没有担保能贷款吗？", "稳步增加信用贷款投放。", []),  # what is done without is not asked about
    ("小微企业贷款的增值税能免吗？", "合理厘定小微企业贷款利率。", ["增值税"]),
    ("账户管理费能不能另外收？", "规范收费标准。", ["账户管理费"]),
    ("存款保险最高赔多少？", "最高偿付限额为人民币50万元。", []),  # only tells whom to ask
]


@pytest.mark.parametrize(("question", "evidence", "said"), MISSING)
def test_matters_that_no_sentence_speaks_of(question: str, evidence: str, said: list[str]) -> None:
    assert [matter.said for matter in MATTERS.missing(question, evidence)] == said


@pytest.mark.parametrize(
    ("question", "desk"),
    [
        ("增值税怎么免？", "税务机关"),
        ("遗产怎么分？", "人民法院"),
        ("续贷找谁？", "总行条线部门"),
        ("社保断缴怎么办？", "社会保障"),
    ],
)
def test_whom_to_ask(question: str, desk: str) -> None:
    assert desk in (MATTERS.whom(question) or "")


def test_nobody_at_a_bank_knows_the_weather() -> None:
    assert MATTERS.whom("明天会下雨吗？") is None


def test_of_two_wordings_the_longer_counts() -> None:
    assert [m.said for m in MATTERS.named("账户管理费怎么收")][:1] == ["账户管理费"]


@pytest.mark.parametrize(
    "text",
    [
        "- {matter: 税, asked: [税], whom: nowhere}\n",
        "- {matter: 税, asked: []}\n",
        "- {matter: 税, asked: [税], colour: red}\n",
        "税",
        "- [",
    ],
)
def test_a_table_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "matters.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"matters\.yaml"):
        load_matters(path)
