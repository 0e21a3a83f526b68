"""Which documents a question may rest on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.corpus.view import LibraryView, Views, addresses, eligible
from assistant.errors import NotFoundError
from assistant.models.standins import HashingEmbedder
from assistant.schema.chunk import ChunkKind
from assistant.schema.document import DocumentKind, DocumentMeta, LegalLevel, Validity
from assistant.schema.retrieval import Filters, Query

TODAY = date(2026, 1, 1)


def meta(name: str = "a", **facts: Any) -> DocumentMeta:
    return DocumentMeta(id=name, title="某条例", kind=DocumentKind.LAW, **facts)


def query(text: str = "期限多长？", **filters: Any) -> Query:
    return Query(text=text, standalone=text, filters=Filters(**filters))


NEW = meta("new", validity=Validity.IN_FORCE, effective_on=date(2023, 7, 1))
OLD = meta("old", validity=Validity.AMENDED, effective_on=date(2010, 1, 1), expired_on=date(2023, 7, 1))
GONE = meta("gone", validity=Validity.REPEALED)
OPEN = meta("open")
DOCUMENTS = (NEW, OLD, GONE, OPEN)

DAYS = [
    (NEW, date(2023, 6, 30), False),
    (NEW, date(2023, 7, 1), True),
    (NEW, TODAY, True),
    (OLD, date(2009, 12, 31), False),
    (OLD, date(2010, 1, 1), True),
    (OLD, date(2023, 6, 30), True),
    (OLD, date(2023, 7, 1), False),
    (GONE, TODAY, False),
    (meta(validity=Validity.AMENDED), TODAY, False),
    (meta(validity=Validity.ANNUAL, year=2024), TODAY, True),
    (OPEN, TODAY, True),
]


@pytest.mark.parametrize(("document", "day", "held"), DAYS)
def test_in_force(document: DocumentMeta, day: date, held: bool) -> None:
    assert document.in_force(day) is held


def test_today_unless_a_day_is_asked_about() -> None:
    assert eligible(DOCUMENTS, query(), today=TODAY) == {"new", "open"}
    assert eligible(DOCUMENTS, query(as_of=date(2020, 5, 5)), today=TODAY) == {"old", "open"}


@pytest.mark.parametrize("text", ["旧版怎么规定？", "这个条例还有效吗？", "修订前后有什么变化？", "已经废止了吗？"])
def test_a_question_about_versions_sees_them_all(text: str) -> None:
    assert eligible(DOCUMENTS, query(text), today=TODAY) == {"new", "old", "gone", "open"}
    assert eligible(DOCUMENTS, query(text, as_of=TODAY), today=TODAY) == {"new", "open"}


def test_only_the_documents_asked_for() -> None:
    assert eligible(DOCUMENTS, query(document_ids=frozenset({"new", "old"})), today=TODAY) == {"new"}
    assert eligible(DOCUMENTS, query(document_ids=frozenset()), today=TODAY) == frozenset()
    assert eligible(DOCUMENTS, query(document_ids=frozenset({"没有"})), today=TODAY) == frozenset()


LAW = DocumentMeta(id="law", title="某法", kind=DocumentKind.LAW, issuer="全国人民代表大会")
NOTICE = DocumentMeta(id="notice", title="某通知", kind=DocumentKind.NOTICE, region="陕西")
ELSEWHERE = DocumentMeta(id="elsewhere", title="某通知", kind=DocumentKind.NOTICE, region="山西")


def test_only_the_levels_asked_for_and_never_an_unknown_one() -> None:
    def held(*levels: LegalLevel) -> frozenset[str]:
        return eligible((LAW, NOTICE, OPEN), query(levels=frozenset(levels)), today=TODAY)

    assert held(LegalLevel.LAW) == {"law"}
    assert held(LegalLevel.LAW, LegalLevel.NORMATIVE) == {"law", "notice"}
    assert held() == frozenset()


@pytest.mark.parametrize("region", ["陕西", "陕西省", " 陕西 "])
def test_texts_for_another_region_take_no_part(region: str) -> None:
    assert eligible((LAW, NOTICE, ELSEWHERE), query(region=region), today=TODAY) == {"law", "notice"}


def test_filters_never_show_what_may_not_be_seen() -> None:
    secret = replace(NOTICE, id="secret", access=("内部",))
    asked = query(document_ids=frozenset({"secret"}), levels=frozenset(LegalLevel), region="陕西")
    assert eligible((secret,), asked, today=TODAY) == frozenset()
    assert eligible((secret,), replace(asked, rights=frozenset({"内部"})), today=TODAY) == {"secret"}


def test_versions_that_the_question_is_about() -> None:
    asked = replace(query(), versions=frozenset({"old"}), outdated=frozenset({"new"}))
    assert eligible(DOCUMENTS, asked, today=TODAY) == {"old", "open"}
    chosen_day = replace(asked, filters=Filters(as_of=TODAY))  # the day chosen outside the question counts
    assert eligible(DOCUMENTS, chosen_day, today=TODAY) == {"new", "open"}


def test_clauses_that_name_an_institution() -> None:
    assert addresses("各保险公司要丰富产品。", ("保险公司", "保险机构"))
    assert not addresses("各银行机构要续贷。", ("保险公司", "保险机构"))
    assert addresses("各银行机构要续贷。", ())


# --- the library as whoever asks may see it ---


@pytest.fixture(scope="module")
def library() -> MemoryLibrary:
    """A law for everybody and a notice for those of 内部."""
    secret = replace(notice(), meta=replace(notice().meta, access=("内部",)))
    return MemoryLibrary([law(), secret], HashingEmbedder())


@pytest.fixture(scope="module")
def views(library: MemoryLibrary) -> Views:
    return Views(library, frozenset())


def test_a_view_holds_nothing_of_a_hidden_document(library: MemoryLibrary, views: Views) -> None:
    view, hidden = views.of(), notice().meta.id
    assert [meta.id for meta in view.documents] == [law().meta.id]
    for kind in ChunkKind:
        assert {chunk.document_id for chunk in view.chunks(kind)} <= {law().meta.id}
    clause = next(c for c in library.chunks(ChunkKind.CLAUSE) if c.document_id == hidden)
    assert library.sentences_of(clause.id)
    assert view.sentences_of(clause.id) == ()
    with pytest.raises(NotFoundError):
        view.chunk(clause.id)
    with pytest.raises(NotFoundError):
        view.document(hidden)


def test_words_of_a_hidden_document_are_not_known(library: MemoryLibrary, views: Views) -> None:
    known, _ = library.sparse.vocabulary("续贷业务")
    assert "续贷" in known
    seen, strange = views.of().sparse.vocabulary("续贷业务")
    assert "续贷" in strange
    assert "续贷" not in seen
    assert "续贷" not in set(views.of().sparse.words())
    assert views.of().sparse.rarity("续贷")["续贷"] == 1.0
    assert library.sparse.rarity("续贷")["续贷"] < 1.0


def test_searches_of_a_view_find_what_may_be_seen(views: Views) -> None:
    question = "不得用续贷掩盖信用风险"
    vector = HashingEmbedder().embed_queries([question])[0]
    for view, ids in (
        (views.of(), {law().meta.id}),
        (views.of(frozenset({"内部"})), {law().meta.id, notice().meta.id}),
    ):
        found = view.dense.search(vector, kind=ChunkKind.CLAUSE, k=100)
        assert {hit.chunk_id.partition("#")[0] for hit in found} == ids
        worded = view.sparse.search(question, kind=ChunkKind.CLAUSE, k=100, analyzer="grams")
        assert {hit.chunk_id.partition("#")[0] for hit in worded} <= ids


def test_who_holds_every_label_sees_the_library_itself(library: MemoryLibrary) -> None:
    view = LibraryView(library, frozenset({"内部"}))
    assert view.documents == library.documents
    assert view.sparse is library.sparse
    assert view.chunks(ChunkKind.SENTENCE) == library.chunks(ChunkKind.SENTENCE)


def test_a_view_is_made_once_for_all_who_see_the_same(library: MemoryLibrary) -> None:
    views = Views(library, frozenset({"内部"}))
    assert views.of() is views.of(frozenset({"内部", "没有文件要的"}))
    assert views.of(frozenset()) is views.of(frozenset({"没有文件要的"}))
    assert views.of() is not views.of(frozenset())
