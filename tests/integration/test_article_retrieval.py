"""`assistant eval retrieval` over a handful of articles of our own, from file to TREC run."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from assistant.errors import EvaluationError, SettingsError
from assistant.evaluation.article_files import Article, read_articles, read_queries
from assistant.evaluation.articles import ArticleIndex, ArticleWeights, statute_words
from assistant.evaluation.trec import read_run_file
from assistant.models.standins import HashingEmbedder
from assistant.serving.terminal.app import app

TEXTS = {
    "村镇贷款法": ["贷款期限不得超过三年。", "贷款利率由双方约定。", "贷款人应当审查用途。"],
    "印花管理办法": ["印花应当贴足。", "贷款合同应当贴花。"],
}
ARTICLES = [
    {"id": f"A{n}{i}", "law": law, "article_no": f"第{i}条", "text": text}
    for n, (law, texts) in enumerate(TEXTS.items())
    for i, text in enumerate(texts)
]
QUERIES = [{"query_id": 7, "text": "贷款最长可以借几年，期限是多久？", "gold": ["A00"]}]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    articles, queries = tmp_path / "articles.jsonl.gz", tmp_path / "queries.jsonl"
    with gzip.open(articles, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(a, ensure_ascii=False) + "\n" for a in ARTICLES)
    queries.write_text("".join(json.dumps(q, ensure_ascii=False) + "\n" for q in QUERIES), encoding="utf-8")
    return articles, queries


def test_from_files_to_a_run(files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_INDEXES_DIR", str(tmp_path / "indexes"))
    monkeypatch.setenv("ASSISTANT_EMBEDDER__KIND", "hashing")
    out = tmp_path / "out.run"
    done = CliRunner().invoke(
        app,
        ["eval", "retrieval", "--articles", str(files[0]), "--queries", str(files[1]), "--out", str(out), "--json"],
    )
    assert done.exit_code == 0, done.output
    ranking = read_run_file(out).rankings["7"]
    assert ranking[0][0] == "A00"
    assert len(ranking) == len(ARTICLES)
    assert json.loads(done.stdout)["figures"]["R@1"]["mean"] == 1.0


def test_an_article_of_a_law_that_speaks_more_of_the_matter_is_lifted_more() -> None:
    articles = [Article.model_validate(a) for a in ARTICLES]
    vector = HashingEmbedder().embed_queries(["贷款"])[0]
    scores = []
    for share in (0.0, 0.5):
        weights = ArticleWeights(lexical=1, dense=0, law_lexical=share, law_dense=0, authority=0)
        scores.append(ArticleIndex.build(articles, embedder=HashingEmbedder(), weights=weights).scores("贷款", vector))
    lifted = scores[1] - scores[0]
    assert np.ptp(lifted[:3]) < 1e-6
    assert lifted[:3].min() > lifted[3:].max() > 0


def test_of_two_equal_articles_the_one_of_the_cited_law_comes_first() -> None:
    articles = [
        Article(id="A", law="渔港办法", text="渔船应当登记。"),
        Article(id="B", law="渔船办法", text="渔船应当登记。"),
        Article(id="C", law="渔网细则", text="依照《渔船办法》执行。"),
    ]
    index = ArticleIndex.build(articles, embedder=HashingEmbedder())
    assert [document for document, _ in index.search("渔船登记", 2)] == ["B", "A"]


def test_lay_words_reach_the_words_of_statutes() -> None:
    articles = [
        Article(id="A", law="甲法", text="用人单位应当向劳动者支付经济补偿。"),
        Article(id="B", law="乙法", text="鱿鱼应当冷冻运输。"),
    ]
    found = {}
    for weight in (0.0, 1.0):
        weights = ArticleWeights(lexical=1, dense=0, law_lexical=0, law_dense=0, statute_words=weight)
        index = ArticleIndex.build(articles, embedder=HashingEmbedder(), weights=weights)
        found[weight] = [document for document, _ in index.search("被老板炒鱿鱼了", 2)]
    assert found == {0.0: ["B", "A"], 1.0: ["A", "B"]}


def test_the_table_of_statute_words_is_kept_by_concept() -> None:
    concepts = statute_words().lines
    assert len(concepts) > 100
    assert len({line.concept for line in concepts}) == len(concepts)
    for line in concepts:
        assert all(len(lay) > 1 and not re.search(r"[。？！?\d]|第.+条", lay) for lay in line.lay), line.concept


def test_fewer_articles_than_asked_for() -> None:
    index = ArticleIndex.build([Article.model_validate(ARTICLES[0])], embedder=HashingEmbedder())
    assert [document for document, _ in index.search("贷款", 10)] == ["A00"]


@pytest.mark.parametrize("content", ["", "{}\n", "not json\n", '{"id": "a b", "law": "x", "text": "y"}\n'])
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(content)
    with pytest.raises(EvaluationError, match=r"a\.jsonl"):
        read_articles(file)


def test_an_id_twice_and_a_broken_archive(tmp_path: Path) -> None:
    line = json.dumps(ARTICLES[0], ensure_ascii=False)
    (tmp_path / "twice.jsonl").write_text(f"{line}\n{line}\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match="重复"):
        read_articles(tmp_path / "twice.jsonl")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(line.encode())[:20])
    with pytest.raises(EvaluationError, match="无法读取"):
        read_queries(tmp_path / "cut.jsonl.gz")


def test_a_table_of_embedders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_INDEXES_DIR", str(tmp_path / "indexes"))
    document, cases = tmp_path / "渔船登记办法.txt", tmp_path / "cases.jsonl"
    document.write_text("渔船登记办法\n第一条 渔船应当登记。\n第二条 渔网应当检验。\n", encoding="utf-8")
    case = {"id": "c1", "question": "渔网要检验吗？", "gold": [{"doc": "渔船登记办法", "clause": "第二条"}]}
    cases.write_text(json.dumps(case, ensure_ascii=False) + "\n", encoding="utf-8")
    command = ["eval", "embedders", "--cases", str(cases), "--corpus", str(document), "--embedder", "hashing"]
    done = CliRunner().invoke(app, [*command, "--turns", "1", "--json"])
    assert done.exit_code == 0, done.output
    [row] = json.loads(done.stdout)["rows"]
    assert (row["name"], row["figures"]["RR"]["mean"], row["question_ratio"]) == ("hashing", 1.0, 1.0)
    assert row["mrr_difference"]["questions"] == 1
    text = CliRunner().invoke(app, [*command, "--turns", "1"]).stdout
    assert "MRR 1.000" in text
    assert row["id"] in text


@pytest.mark.parametrize("name", ["word2vec", "st"])
def test_an_embedder_that_cannot_be_meant(tmp_path: Path, name: str) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"id": "c", "question": "问", "gold_clauses": ["title"]}\n', encoding="utf-8")
    done = CliRunner().invoke(app, ["eval", "embedders", "--cases", str(cases), "--embedder", name])
    assert isinstance(done.exception, SettingsError)
