"""What phrasings do to a ranking, and what they may not do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.indexing.cut import cut
from assistant.indexing.phrasing_chunks import tie
from assistant.models.standins import HashingEmbedder
from assistant.question.lay_words import Expander
from assistant.retrieval.hybrid import HybridRetriever, RankingWeights
from assistant.retrieval.phrasing_lift import NO_LIFT, PhrasingWeights, lift
from assistant.schema.chunk import Chunk, ChunkKind, Phrasing
from assistant.schema.document import Document
from assistant.schema.retrieval import Filters, Query, Retrieved

TODAY = date(2026, 1, 1)
FULL = PhrasingWeights()
NONE = PhrasingWeights(dense=0, grams=0, sentence=0)
DOCUMENTS = (notice(), law())


def phrasing(clause: str, question: str, answered_by: str | None = None) -> Phrasing:
    return Phrasing(
        document_id="notice",
        clause=clause,
        answered_by=answered_by,
        question=question,
        origin="hand",
        reviewed=True,
        path=Path("notice.yaml"),
    )


PHRASINGS = (
    phrasing("二、（一）", "拿了钱去炒股咋办", "用于购买理财产品"),
    phrasing("二、（一）", "家里头要一大笔咋弄", "单户授信"),
    phrasing("二、（二）", "扣了奖金上哪说理", "定期评价尽职免责"),
    phrasing("三、（三）", "村里搞不搞宣传"),
)
TIED = {chunk.id: chunk for chunk in tie(cut(notice()), PHRASINGS)}
IDS: list[str] = list(TIED)


def of(chunk_id: str) -> Chunk:
    return next(chunk for key, chunk in TIED.items() if key == chunk_id)


def ask(
    text: str,
    *,
    phrasings: tuple[Phrasing, ...] = PHRASINGS,
    weights: PhrasingWeights = FULL,
    documents: tuple[Document, ...] = DOCUMENTS,
) -> Retrieved:
    over = MemoryLibrary(documents, HashingEmbedder(), phrasings=phrasings)
    retriever = HybridRetriever(over, HashingEmbedder(), Expander([]), weights=RankingWeights(phrasings=weights))
    return retriever.retrieve(Query(text=text, standalone=text), today=TODAY)


@pytest.mark.parametrize(
    ("question", "clause", "sentence"),
    [
        ("拿了钱去炒股咋办呢", "notice#二、（一）", "严禁将涉农贷款资金"),
        ("家里头要一大笔咋弄啊", "notice#二、（一）", "要合理满足单户授信"),
        ("扣了奖金我上哪说理去", "notice#二、（二）", "各银行机构要定期评价"),
    ],
)
def test_a_question_asked_like_one_of_them_finds_its_sentence(question: str, clause: str, sentence: str) -> None:
    # The stand-in knows no meaning, and of three clauses none is far from the mean: more weight than usual.
    found = best_of(ask(question, weights=PhrasingWeights(dense=3.0, grams=3.0, sentence=6.0)))
    assert found[0] == clause
    assert found[1].startswith(sentence)


def test_what_no_word_of_the_text_tells_a_phrasing_does() -> None:
    question, alone = "扣了奖金我上哪说理去", (notice(),)
    with_them = best_of(ask(question, documents=alone))
    assert with_them != best_of(ask(question, documents=alone, phrasings=()))


def test_a_document_that_its_own_words_do_not_bring_into_play_is_not_pulled_up() -> None:
    question = "扣了奖金我上哪说理去"
    weights = RankingWeights(in_play=1)
    over = MemoryLibrary(DOCUMENTS, HashingEmbedder(), phrasings=PHRASINGS)
    retriever = HybridRetriever(over, HashingEmbedder(), Expander([]), weights=weights)
    found = retriever.retrieve(Query(text=question, standalone=question), today=TODAY)
    bare = ask(question, phrasings=())
    assert bare.ranking[0].chunk_id.startswith("law_2023#")
    assert [hit.chunk_id for hit in found.ranking] == [hit.chunk_id for hit in bare.ranking]


def best_of(found: Retrieved) -> tuple[str, str]:
    """The best clause and the best of its sentences."""
    best = found.evidence[0]
    return best.chunk.id, max(best.sentences, key=lambda s: s.score).chunk.plain


def test_without_weight_everything_is_as_without_phrasings() -> None:
    for question in ("拿了钱去炒股咋办", "续贷有什么要求", "贷款期限最长几年"):
        with_none, without = ask(question, weights=NONE), ask(question, phrasings=())
        assert with_none == without
    assert ask("拿了钱去炒股咋办") != ask("拿了钱去炒股咋办", phrasings=())


def test_a_question_for_a_document_without_phrasings_stays_with_it() -> None:
    found, before = ask("贷款期限不得超过三年，可以续期吗"), ask("贷款期限不得超过三年，可以续期吗", phrasings=())
    bare = tuple(replace(e, phrasing=0.0) for e in found.evidence)  # how like a phrasing it is, alone is told
    assert replace(found, phrasing=before.phrasing, evidence=bare) == before
    assert found.ranking[0].chunk_id == "law_2023#第四条"


def test_phrasings_of_a_document_that_takes_no_part_take_none() -> None:
    query = Query(
        text="拿了钱去炒股咋办", standalone="拿了钱去炒股咋办", filters=Filters(document_ids=frozenset({"law_2023"}))
    )
    found = [
        HybridRetriever(
            MemoryLibrary(DOCUMENTS, HashingEmbedder(), phrasings=phrasings), HashingEmbedder(), Expander([])
        ).retrieve(query, today=TODAY)
        for phrasings in (PHRASINGS, ())
    ]
    assert found[0] == found[1]
    assert {hit.chunk_id.partition("#")[0] for hit in found[0].ranking} == {"law_2023"}


def test_nothing_that_comes_out_is_a_phrasing() -> None:
    found = ask("拿了钱去炒股咋办")
    asked = {p.question for p in PHRASINGS}
    assert all("?" not in hit.chunk_id for hit in found.ranking)
    for evidence in found.evidence:
        chunks = [evidence.chunk, *(s.chunk for s in evidence.sentences)]
        assert all(c.kind is not ChunkKind.PHRASING and c.phrasing is None for c in chunks)
        assert all(question not in c.plain for c in chunks for question in asked)


def test_the_words_of_phrasings_are_no_words_of_the_library() -> None:
    library = MemoryLibrary(DOCUMENTS, HashingEmbedder(), phrasings=PHRASINGS)
    bare = MemoryLibrary(DOCUMENTS, HashingEmbedder())
    text = "拿了钱去炒股咋办，家里头要一大笔，扣了奖金上哪说理"
    assert library.sparse.vocabulary(text) == bare.sparse.vocabulary(text)
    assert set(library.sparse.words()) == set(bare.sparse.words())


def test_how_near_the_clauses_are_is_not_told_by_phrasings() -> None:
    found, before = ask("拿了钱去炒股咋办"), ask("拿了钱去炒股咋办", phrasings=())
    near = {e.chunk.id: e.dense for e in before.evidence}
    assert {e.chunk.id: e.dense for e in found.evidence}.items() == near.items()


def test_a_clause_counts_by_its_best_phrasing_and_others_stay() -> None:
    dense = {IDS[0]: 0.95, IDS[1]: 0.80, IDS[2]: 0.85, IDS[3]: 0.84}
    found = lift(dense, {}, chunk_of=of, rival=None, weights=PhrasingWeights())
    assert set(found.clauses) == {"notice#二、（一）", "notice#二、（二）", "notice#三、（三）"}
    assert found.clauses["notice#二、（一）"] > 0 > found.clauses["notice#三、（三）"]
    assert sum(found.clauses.values()) == pytest.approx(0, abs=1e-9)
    assert found.sentences == {of(IDS[0]).answers: pytest.approx(1.0)}


def test_a_sentence_gains_no_more_than_its_bound_and_less_when_less_near() -> None:
    dense = {IDS[0]: 0.95, IDS[1]: 0.94, IDS[2]: 0.92}
    gained = lift(dense, {}, chunk_of=of, rival=None, weights=PhrasingWeights(sentence=3.0)).sentences
    assert gained == {of(IDS[0]).answers: pytest.approx(3.0), of(IDS[1]).answers: pytest.approx(1.5)}


@pytest.mark.parametrize(("rival", "share"), [(0.96, 0.0), (0.95, 0.0), (0.94, 0.5), (0.93, 1.0), (0.5, 1.0)])
def test_the_nearer_another_document_is_the_less_phrasings_count(rival: float, share: float) -> None:
    dense = {IDS[0]: 0.95, IDS[2]: 0.85}
    whole = lift(dense, {}, chunk_of=of, rival=None, weights=PhrasingWeights())
    part = lift(dense, {}, chunk_of=of, rival=rival, weights=PhrasingWeights())
    if share == 0.0:
        assert part == NO_LIFT
    else:
        assert part.clauses == {c: pytest.approx(share * v) for c, v in whole.clauses.items()}
        assert part.sentences == {s: pytest.approx(share * v) for s, v in whole.sentences.items()}


def test_without_vectors_phrasings_rank_by_words_where_no_other_document_is_there() -> None:
    grams = {IDS[0]: 7.0, IDS[2]: 1.0}
    alone = lift({}, grams, chunk_of=of, rival=None, weights=PhrasingWeights())
    assert alone.clauses["notice#二、（一）"] > 0
    assert alone.sentences == {}
    assert lift({}, grams, chunk_of=of, rival=0.9, weights=PhrasingWeights()) == NO_LIFT
