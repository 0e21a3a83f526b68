"""A question to several documents is put to each of them, without their names."""

from __future__ import annotations

import pytest
from sample_texts import law, notice

from assistant.question.catalogue import Catalogue
from assistant.question.parts import parts_of

DOCUMENTS = [notice().meta, law().meta]
CATALOGUE = Catalogue(DOCUMENTS)
LAW = next(name for name in CATALOGUE._names if CATALOGUE._names[name][0].id == law().meta.id)


def test_documents_side_by_side_are_each_asked() -> None:
    parts = parts_of(f"贷款展期，通知和{LAW}分别怎么规定？", CATALOGUE)
    assert [part.documents for part in parts] == [frozenset({notice().meta.id}), frozenset({law().meta.id})]
    assert all(part.text.startswith("贷款展期") for part in parts)
    assert all(LAW not in part.text and "通知" not in part.text for part in parts)


def test_a_part_that_names_a_document_is_looked_for_there() -> None:
    first, second = parts_of(f"农户续贷有什么限制？{LAW}对展期又怎么规定？", CATALOGUE)
    assert first.documents is None
    assert second.documents == frozenset({law().meta.id})


@pytest.mark.parametrize("question", ["", "续贷有什么要求？", f"{LAW}怎么规定展期？"])
def test_one_matter_stays_whole(question: str) -> None:
    assert parts_of(question, CATALOGUE) == ()
