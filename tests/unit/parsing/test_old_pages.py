"""Old pages, mobile pages and texts saved from them are read as the documents in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from old_page_templates import Variant
from old_pages import HELD_OUT, MET_LATER, PAGES, page, pages
from page_drafts import PageDraft, page_drafts
from page_score import PageScore, score_page, score_pages, shown


@pytest.mark.parametrize("document", page_drafts(), ids=lambda d: d.name)
def test_the_documents_themselves_are_read(document: PageDraft, tmp_path: Path) -> None:
    """Without furniture nothing is wrong: the truth of `page_drafts` stands apart from pages."""
    bare = Variant(name="bare", suffix="txt", body="txt", template="{B}")
    found = score_page(page(document, bare), tmp_path)
    assert (found.wrong, found.clauses.f1, found.heads) == ([], 1.0, 1.0)


@pytest.fixture(scope="module", params=[PAGES, HELD_OUT, MET_LATER], ids=["pages", "held_out", "met_later"])
def scores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, PageScore]:
    """A score for each variant and for all."""
    return score_pages(pages(request.param), tmp_path_factory.mktemp("pages"))


@pytest.mark.slow
def test_clauses_and_heads_are_found_in_the_page(scores: dict[str, PageScore]) -> None:
    total = scores["all"]
    assert total.clauses.documents == 60
    assert total.clauses.f1 >= 0.99, shown(scores)
    assert total.clauses.address_match >= 0.98, shown(scores)
    assert total.heads >= 0.97, shown(scores)


@pytest.mark.slow
def test_the_page_is_in_no_clause_and_no_line_of_the_document_is_lost(scores: dict[str, PageScore]) -> None:
    total = scores["all"]
    assert (total.furniture, total.lost) == (0, 0), shown(scores)
    assert total.clauses.tables_right == total.clauses.tables > 0


def test_the_score_sees_furniture_and_loss(tmp_path: Path) -> None:
    """The measure itself: a line of a page that is read as a clause counts, and so does a line that is gone."""
    document = page_drafts()[0]
    bare = Variant(name="bare", suffix="txt", body="txt", template="{B}\n本县各处公厕分布图\n")
    whole = page(document, bare)
    assert score_page(whole, tmp_path).furniture == 1
    shorter = whole.raw.replace("第七条".encode(), b"")
    cut = score_page(
        type(whole)(name="cut", suffix="txt", raw=shorter, document=document, furniture=frozenset()), tmp_path
    )
    assert cut.lost == 1
    assert cut.clauses.f1 < 1.0
