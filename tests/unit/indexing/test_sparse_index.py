"""BM25 agrees with bm25s itself, finds what is there and nothing else."""

from __future__ import annotations

from pathlib import Path

import bm25s
import numpy as np
import pytest

from assistant.errors import IndexDamaged
from assistant.indexing.sparse_index import ANALYZERS, Analyzer, SparseIndex
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind
from assistant.schema.document import Span
from assistant.text.segment import Segmenter, char_grams, policy_terms

_TEXTS = (
    "严禁为挪用于非生产经营用途的贷款办理续贷，不得用续贷掩盖信用风险。",
    "推广随借随还的循环贷模式，灵活便捷地满足个体工商户等小规模群体资金需求。",
    "持续优化完善尽职免责实施细则。",
    "加强贷前审查，强化对借款主体资质审核。",
    "推广随借随还的循环贷模式，灵活便捷地满足个体工商户等小规模群体资金需求。",
    "……",
)


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    return Segmenter(policy_terms(), cache_dir=tmp_path_factory.mktemp("jieba"))


def _chunk(number: int, text: str, document: str = "d") -> Chunk:
    return Chunk(
        id=ChunkId(f"{document}#{number}"),
        kind=ChunkKind.SENTENCE,
        document_id=document,
        unit="一",
        address="一",
        heading_path=("通知",),
        span=Span(0, len(text)),
        text=text,
        plain=text,
    )


@pytest.fixture(scope="module")
def index(segmenter: Segmenter) -> SparseIndex:
    return SparseIndex.build([_chunk(n, text) for n, text in enumerate(_TEXTS)], segmenter=segmenter)


@pytest.mark.parametrize("analyzer", ANALYZERS)
def test_scores_are_those_of_bm25s(index: SparseIndex, segmenter: Segmenter, analyzer: Analyzer) -> None:
    analyse = segmenter.words if analyzer == "words" else char_grams
    model = bm25s.BM25(k1=1.5, b=0.75, method="lucene", backend="numpy")
    model.index([analyse(text) for text in _TEXTS], show_progress=False)
    question = "个体工商户续贷，续贷贷款"
    wanted = model.get_scores(analyse(question))
    hits = index.search(question, kind=ChunkKind.SENTENCE, k=10, analyzer=analyzer)
    assert {hit.chunk_id: hit.score for hit in hits} == pytest.approx(
        {f"d#{n}": score for n, score in enumerate(wanted.tolist()) if score > 0}, abs=1e-5
    )


@pytest.mark.parametrize("analyzer", ANALYZERS)
def test_the_right_sentence_comes_first_and_ties_break_by_id(index: SparseIndex, analyzer: Analyzer) -> None:
    hits = index.search("循环贷是什么", kind=ChunkKind.SENTENCE, k=5, analyzer=analyzer)
    assert [hit.chunk_id for hit in hits][:2] == ["d#1", "d#4"]
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert hits[0].score == hits[1].score
    assert hits[0].retriever == f"sparse-{analyzer}"
    cut_short = index.search("循环贷是什么", kind=ChunkKind.SENTENCE, k=1, analyzer=analyzer)
    assert [hit.chunk_id for hit in cut_short] == ["d#1"]


@pytest.mark.parametrize("analyzer", ANALYZERS)
@pytest.mark.parametrize("question", ["", "？！", "zzz", "黑洞蒸发"])
def test_a_question_without_a_known_word_has_no_hits(index: SparseIndex, analyzer: Analyzer, question: str) -> None:
    assert index.search(question, kind=ChunkKind.SENTENCE, k=5, analyzer=analyzer) == []


@pytest.mark.parametrize("analyzer", ANALYZERS)
def test_no_hits_where_there_are_no_chunks_or_none_are_wanted(index: SparseIndex, analyzer: Analyzer) -> None:
    assert index.search("续贷", kind=ChunkKind.CLAUSE, k=5, analyzer=analyzer) == []
    assert index.search("续贷", kind=ChunkKind.SENTENCE, k=0, analyzer=analyzer) == []
    assert index.count(ChunkKind.CLAUSE) == 0
    assert index.count(ChunkKind.SENTENCE) == len(_TEXTS)


def test_a_saved_index_reads_back_the_same_and_holds_no_pickle(
    index: SparseIndex, segmenter: Segmenter, tmp_path: Path
) -> None:
    index.save(tmp_path / "one")
    index.save(tmp_path / "two")
    loaded = SparseIndex.load(tmp_path / "one", segmenter=segmenter)
    for analyzer in ANALYZERS:
        for text in _TEXTS:
            assert loaded.search(text, kind=ChunkKind.SENTENCE, k=9, analyzer=analyzer) == index.search(
                text, kind=ChunkKind.SENTENCE, k=9, analyzer=analyzer
            )
    assert loaded.ids(ChunkKind.SENTENCE) == index.ids(ChunkKind.SENTENCE)
    for file in (tmp_path / "one").glob("*.npz"):
        with np.load(file, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays)
    assert {f.suffix for f in (tmp_path / "one").iterdir()} == {".npz", ".json"}


@pytest.mark.parametrize("name", ["sentence-words.npz", "sentence-words.json"])
@pytest.mark.parametrize("content", [None, b"", b"[]", b"\x00" * 64])
def test_a_damaged_file_is_named(
    index: SparseIndex, segmenter: Segmenter, tmp_path: Path, name: str, content: bytes | None
) -> None:
    index.save(tmp_path / "lexical")
    file = tmp_path / "lexical" / name
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(IndexDamaged, match="sentence-words"):
        SparseIndex.load(tmp_path / "lexical", segmenter=segmenter)


def test_nothing_is_printed_while_building(segmenter: Segmenter, capfd: pytest.CaptureFixture[str]) -> None:
    SparseIndex.build([_chunk(0, _TEXTS[0])], segmenter=segmenter)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("analyzer", ANALYZERS)
def test_only_chunks_of_the_documents_asked_for(segmenter: Segmenter, analyzer: Analyzer) -> None:
    both = [_chunk(n, text, "de"[n % 2]) for n, text in enumerate(_TEXTS)]
    index = SparseIndex.build(both, segmenter=segmenter)

    def found(within: frozenset[str] | None) -> list[tuple[str, float]]:
        hits = index.search("循环贷资金", kind=ChunkKind.SENTENCE, k=1, analyzer=analyzer, within=within)
        return [(hit.chunk_id, hit.score) for hit in hits]

    [(_, score)] = found(None)
    assert found(frozenset("d")) == [("d#4", score)]  # the scores are those of the whole index
    assert found(frozenset("e")) == [("e#1", score)]
    assert found(frozenset("f")) == found(frozenset()) == []


@pytest.mark.parametrize("kept", [{"甲"}, {"乙"}, {"甲", "丙"}, {"甲", "乙", "丙"}, set(), {"丁"}])
@pytest.mark.parametrize("counted", [True, False])
def test_narrowed_it_is_the_index_of_the_others_alone(
    segmenter: Segmenter, tmp_path: Path, kept: set[str], counted: bool
) -> None:
    homes = ("甲", "乙", "丙", "乙", "甲", "丁")
    chunks = [_chunk(n, text, home) for n, (text, home) in enumerate(zip(_TEXTS, homes, strict=True))]
    SparseIndex.build(chunks, segmenter=segmenter).save(tmp_path / "lexical")
    if not counted:  # as an index that was built before counts were kept
        for path in (tmp_path / "lexical").glob("*.npz"):
            with np.load(path) as arrays:
                older = {name: arrays[name] for name in arrays if name != "counts"}
            np.savez(path, **older)
    whole = SparseIndex.load(tmp_path / "lexical", segmenter=segmenter)
    others = [chunk for chunk in chunks if chunk.document_id in kept]
    narrowed = whole.narrowed(frozenset(kept), lambda kind: [c for c in others if c.kind is kind])
    alone = SparseIndex.build(others, segmenter=segmenter)
    assert narrowed.ids(ChunkKind.SENTENCE) == alone.ids(ChunkKind.SENTENCE)
    for analyzer in ANALYZERS:
        for question in ("个体工商户续贷，续贷贷款", "加强审查", "……", "循环贷模式的信用风险"):
            search = {"kind": ChunkKind.SENTENCE, "k": 10, "analyzer": analyzer}
            assert narrowed.search(question, **search) == alone.search(question, **search)  # type: ignore[arg-type]
    again = narrowed.narrowed(frozenset({"甲"}), lambda _: [])
    assert again.ids(ChunkKind.SENTENCE) == tuple(c.id for c in others if c.document_id == "甲")
