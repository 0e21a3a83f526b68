"""Documents of every layout in every format, made with their truth, are read back clause by clause."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from generated_corpus import LAYOUTS
from generated_files import RENDERERS
from generated_score import Score, score_all, score_file, shown

_SEEDS = range(14)  # times 5 layouts and 5 formats: 350 documents


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Score]:
    """One score for each layout in each format, and one for all."""
    folder = tmp_path_factory.mktemp("generated")
    return score_all(folder, _SEEDS)


@pytest.mark.slow
def test_clauses_are_found_where_they_begin_and_end(scores: dict[str, Score]) -> None:
    total = scores["all"]

    assert total.documents >= 300
    assert total.rejected == 0
    assert total.f1 >= 0.995, shown(scores)
    assert total.address_match >= 0.99, shown(scores)


@pytest.mark.slow
def test_no_layout_and_format_is_carried_by_the_others(scores: dict[str, Score]) -> None:
    weak = [name for name, score in scores.items() if score.f1 < 0.98 or score.address_match < 0.98]

    assert weak == [], shown(scores)


@pytest.mark.slow
def test_no_cross_reference_becomes_a_clause(scores: dict[str, Score]) -> None:
    assert scores["all"].false_from_references == 0, shown(scores)


@pytest.mark.slow
def test_words_tables_and_references_are_exact(scores: dict[str, Score]) -> None:
    total = scores["all"]

    assert total.text_match >= 0.995, shown(scores)
    assert total.tables_right == total.tables > 0, shown(scores)
    assert total.references_right >= 0.99 * total.references > 0, shown(scores)
    assert total.lowest_coverage == 1.0, shown(scores)


def test_the_score_sees_a_clause_that_is_not_there(tmp_path: Path) -> None:
    """The measure itself: truth with a clause more, one less and one moved is no longer met."""
    draft = LAYOUTS["law"](1)
    path = tmp_path / "law.txt"
    path.write_bytes(RENDERERS["txt"](draft, random.Random(1)))
    whole = score_file(draft, path)
    draft.clauses[3].address = "第九百条"
    draft.clauses[5].end += 1
    gone = draft.clauses.pop()

    changed = score_file(draft, path)

    assert whole.wrong == []
    assert changed.f1 < whole.f1 == 1.0
    assert changed.address_match < 1.0
    assert any(gone.address in words for words in changed.wrong)
