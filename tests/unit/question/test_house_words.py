"""Everyday words that a house adds: over ours, never instead of them, and without a trace where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.corpus.phrasings import merged as merged_phrasings
from assistant.errors import SettingsError
from assistant.models.standins import HashingEmbedder
from assistant.question.lay_words import ConceptLine, load_expander, merged
from assistant.question.tables import load_tables
from assistant.schema.chunk import Phrasing
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Retrieved

OURS = load_expander().lines
QUESTIONS = ("贷款到期还不上能接着用吗？", "提供虚假材料会怎样？", "村里的小微企业能续贷吗？", "金库归谁管")


def line(concept: str, *, policy: tuple[str, ...] = ("续贷",), lay: tuple[str, ...] = ("垫一把",)) -> ConceptLine:
    return ConceptLine(concept=concept, policy=policy, lay=lay)


def test_without_a_table_of_the_house_everything_is_as_before(tmp_path: Path) -> None:
    assert load_expander(house=tmp_path / "none.yaml").lines == OURS
    assert merged(OURS, ()) == OURS
    library = MemoryLibrary([law(), notice()], HashingEmbedder())

    def rankings(house: Path | None) -> list[Retrieved]:
        assistant = memory_assistant(library, tables=load_tables(house=house))
        return [assistant.search(Inquiry(question=question)) for question in QUESTIONS]

    empty = tmp_path / "lay_words.yaml"
    empty.write_text("[]\n", encoding="utf-8")
    before = rankings(None)
    assert any(found.ranking for found in before)
    for house in (tmp_path / "none.yaml", empty):
        for one, other in zip(before, rankings(house), strict=True):
            assert one.ranking == other.ranking


def test_a_word_of_the_house_leads_where_ours_did_not(tmp_path: Path) -> None:
    house = tmp_path / "lay_words.yaml"
    house.write_text("- concept: 续贷\n  policy: [续贷]\n  lay: [垫一把]\n", encoding="utf-8")
    asked = "能不能再垫一把"
    assert "续贷" not in [concept.name for concept in load_expander().concepts(asked)]
    assert [concept.name for concept in load_expander(house=house).concepts(asked)] == ["续贷"]


def test_what_the_house_says_of_a_matter_of_ours_stands_behind_our_words() -> None:
    ours = (line("续贷", policy=("续贷业务",), lay=("续上",)), line("展期"))
    house = (line("新的"), line("续贷", lay=("续上", "垫一把")), line("续贷", policy=("续",), lay=("再续",)))
    found = merged(ours, house)
    assert [one.concept for one in found] == ["续贷", "展期", "新的"]
    assert found[0].policy == ("续贷业务", "续贷", "续")
    assert found[0].lay == ("续上", "垫一把", "再续")
    assert found[1] == ours[1]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("- concept: 甲\n  policy: []\n  lay: [乙]\n", "第 2 行的 0.policy"),
        ("- concept: 甲\n  policy: [丙]\n  lay: [乙]\n  note: 丁\n", "第 4 行的 0.note"),
        ("- concept: [甲\n", "第 "),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, where: str) -> None:
    house = tmp_path / "lay_words.yaml"
    house.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=f"lay_words.yaml .*{where}"):
        load_expander(house=house)


def test_a_phrasing_of_the_house_goes_before_ours_of_the_same_words() -> None:
    def phrasing(question: str, clause: str, document: str = "notice") -> Phrasing:
        return Phrasing(
            document_id=document,
            clause=clause,
            answered_by=None,
            question=question,
            origin="hand",
            reviewed=True,
            path=Path("p.yaml"),
        )

    ours = (phrasing("能续贷吗？", "一、"), phrasing("收费吗", "二、"))
    house = (phrasing("能续贷吗", "三、"), phrasing("收费吗", "四、", "law"))
    assert merged_phrasings(ours, ()) == ours
    assert [(p.document_id, p.clause) for p in merged_phrasings(ours, house)] == [
        ("notice", "二、"), ("notice", "三、"), ("law", "四、")
    ]  # fmt: skip
