"""A question is read once: what comes after takes the nouns of this room and calls none of its readers."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from read_by_hand import read

from assistant.question.matters import Matter
from assistant.question.reading import SpokenOf, Words

PACKAGE = Path(__file__).resolve().parents[3] / "assistant"
NOUNS = {
    *("Reading", "PartReading", "Spoken", "Understanding", "Kind", "Premise", "Institution", "Place", "Mention"),
    *("Concept", "Matter", "Attribute", "AttributeRule", "Unplaced", "Fact", "FactAsked"),
}
# What reads clauses, or answers without a question's text.
BESIDE = {"MEASURED", "COMMON_TERMS", "REGIONS", "asking_words", "names_something", "is_generic", "single", "said"}
TABLE = {"Expander", "ConceptLine", "GAP"}  # whose matters retrieval compares with a question


def taken(room: str) -> set[str]:
    """The names that a room takes from `question`."""
    return {
        alias.name
        for path in (PACKAGE / room).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("assistant.question.")
        for alias in node.names
    }


@pytest.mark.parametrize(("room", "allowed"), [("answering", NOUNS | BESIDE), ("retrieval", NOUNS | TABLE)])
def test_a_room_behind_this_one_reads_no_question(room: str, allowed: set[str]) -> None:
    assert "Reading" in taken(room)
    assert taken(room) <= allowed


def test_sentences_should_speak_of_the_matters_named_else_of_the_first_telling_term() -> None:
    security = Matter("担保", "担保", ("抵押", "保证"), "default")
    told = replace(read("续贷怎么办？"), words=Words(telling=("不良贷款率", "续贷业务")))
    assert [matter.name for matter in told.demanded] == ["不良贷款率"]
    assert replace(told, spoken_of=SpokenOf(matters=(security,))).demanded == (security,)
    assert read("续贷怎么办？").demanded == ()


def test_a_question_about_the_text_itself_demands_nothing() -> None:
    about = replace(read("这份通知是谁印发的？"), words=Words(telling=("不良贷款率",)))
    assert about.asked.about_text
    assert about.demanded == ()
