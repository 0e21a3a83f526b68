"""Two generations compared clause by clause, and the saved answers that rest on what changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from corpus_samples import NOTICE, rules, segmenter

from assistant.corpus.diff import (
    Change,
    GenerationDiff,
    affected_answers,
    diff_documents,
    diff_generations,
    find_pair,
    read_cited,
)
from assistant.corpus.reading import parse_file
from assistant.errors import InputError, NotFoundError
from assistant.indexing.build import build_index
from assistant.models.standins import HashingEmbedder
from assistant.schema.document import Document, Validity


def document(folder: Path, name: str, text: str) -> Document:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return parse_file(path)


def compared(before: list[Document], after: list[Document]) -> GenerationDiff:
    changes = diff_documents({d.id: d for d in before}, {d.id: d for d in after})
    return GenerationDiff(before="a", after="b", documents=changes)


def clauses(diff: GenerationDiff, number: int = 0) -> list[tuple[str, str]]:
    return [(c.change.value, c.address) for c in diff.documents[number].clauses]


def test_a_change_is_told_once_at_the_smallest_clause(tmp_path: Path) -> None:
    old = document(tmp_path, "办法.md", rules(2020))
    new = document(tmp_path, "办法.md", rules(2020, limit="一千", item="费用"))
    diff = compared([old], [new])
    assert clauses(diff) == [("changed", "第二条第一款"), ("changed", "第三条第一款第（二）项")]
    first = diff.documents[0].clauses[0]
    assert (first.before, first.after) == ("单户贷款余额不得超过五百万元。", "单户贷款余额不得超过一千万元。")
    assert diff.documents[0].facts == ()


def test_white_space_and_page_breaks_are_no_change(tmp_path: Path) -> None:
    old = document(tmp_path, "通知.txt", NOTICE)
    new = document(tmp_path, "通知.txt", NOTICE.replace("贷款到期前", "贷款到期\n前"))
    assert compared([old], [new]).documents == ()


def test_an_article_put_in_between_moves_the_ones_behind_it(tmp_path: Path) -> None:
    text = rules(2020)
    old = document(tmp_path, "办法.md", text)
    later = text.replace("第三条", "第四条").replace("第四条 本办法", "第五条 本办法")
    new = document(tmp_path, "办法.md", later.replace("第四条 贷款人", "第三条 借款人应当如实申报。\n\n第四条 贷款人"))
    diff = compared([old], [new])
    moves = {c.address: c.moved_from for c in diff.documents[0].clauses if c.change is Change.MOVED}
    assert moves["第五条第一款"] == "第四条第一款"
    assert moves["第四条第一款第（一）项"] == "第三条第一款第（一）项"
    assert (diff.count(Change.ADDED), diff.count(Change.REMOVED), diff.count(Change.CHANGED)) == (1, 0, 0)


def test_a_clause_that_is_gone(tmp_path: Path) -> None:
    old = document(tmp_path, "办法.md", rules(2020))
    new = document(tmp_path, "办法.md", rules(2020).replace("（一）利率；\n（二）期限。", "（一）利率。"))
    assert ("removed", "第三条第一款第（二）项") in clauses(compared([old], [new]))


def test_a_new_version_is_compared_with_the_one_before_it(tmp_path: Path) -> None:
    first = document(tmp_path, "2015.md", rules(2015, limit="一百"))
    old = document(tmp_path, "2020.md", rules(2020))
    new = document(tmp_path, "2024.md", rules(2024, limit="一千"))
    diff = compared([first, old], [first, old, new])
    [change] = diff.documents
    assert (change.change, change.document_id, change.against) == (Change.VERSION, "2024", "2020")
    assert clauses(diff) == [("changed", "第二条第一款"), ("changed", "第四条第一款")]


def test_documents_that_come_and_go(tmp_path: Path) -> None:
    law, notice = document(tmp_path, "办法.md", rules(2020)), document(tmp_path, "通知.txt", NOTICE)
    came, gone = compared([law], [notice]).documents
    assert (came.change, came.document_id) == (Change.ADDED, "通知")
    assert {c.change for c in came.clauses} == {Change.ADDED}
    assert (gone.change, gone.document_id) == (Change.REMOVED, "办法")
    assert {c.change for c in gone.clauses} == {Change.REMOVED}


def test_a_change_of_status_is_a_change(tmp_path: Path) -> None:
    old = document(tmp_path, "办法.md", rules(2020))
    meta = replace(old.meta, validity=Validity.REPEALED, expired_on=date(2024, 3, 1))
    [change] = compared([old], [replace(old, meta=meta)]).documents
    assert change.facts == (("validity", "现行有效", "已废止"), ("expired_on", "", "2024-03-01"))
    assert change.clauses == ()


def test_generations_on_disk(tmp_path: Path) -> None:
    indexes = tmp_path / "indexes"
    for text in (rules(2020), rules(2020, limit="一千")):
        build_index(
            [document(tmp_path, "办法.md", text)],
            indexes_dir=indexes,
            embedder=HashingEmbedder(),
            segmenter=segmenter(),
        )
    older, newer = find_pair(indexes, None, None)
    assert newer.current
    assert not older.current
    assert clauses(diff_generations(older, newer)) == [("changed", "第二条第一款")]
    assert find_pair(indexes, newer.name[:8], older.name) == (newer, older)
    assert diff_generations(newer, newer).documents == ()
    for before, after in (("", "zz"), ("zz", None)):
        with pytest.raises(NotFoundError):
            find_pair(indexes, before, after)
    with pytest.raises(NotFoundError, match="没有两版"):
        find_pair(tmp_path / "none", None, None)


def test_answers_that_rest_on_what_changed(tmp_path: Path) -> None:
    old, notice = document(tmp_path, "办法.md", rules(2020)), document(tmp_path, "通知.txt", NOTICE)
    new = document(tmp_path, "办法.md", rules(2020, item="费用"))
    diff = compared([old, notice], [new])
    answers = [
        ("kept", ("办法#第二条",)),
        ("changed", ("办法#第二条", "办法#第三条")),
        ("gone", ("通知#一",)),
        ("bare", ("二",)),
        ("other", ("别的#第三条",)),
        ("none", ()),
    ]
    found = {a.id: a.clauses for a in affected_answers(diff, answers, bare_document="通知")}
    assert found == {"changed": ("办法#第三条",), "gone": ("通知#一",), "bare": ("二",)}


def test_a_change_of_status_touches_every_answer_on_the_document(tmp_path: Path) -> None:
    old = document(tmp_path, "办法.md", rules(2020))
    new = replace(old, meta=replace(old.meta, validity=Validity.AMENDED))
    assert [a.id for a in affected_answers(compared([old], [new]), [("a", ("办法#第一条",))])] == ["a"]
    renamed = replace(old, meta=replace(old.meta, aliases=("贷款办法",)))
    assert affected_answers(compared([old], [renamed]), [("a", ("办法#第一条",))]) == ()


def test_a_run_file_is_read_leniently_and_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    whole = {"id": "q1", "citations": ["办法#第三条"], "answer": "…", "latency_ms": 1.0}
    path.write_text(f"{json.dumps(whole)}\n\n", encoding="utf-8")
    assert read_cited(path) == (("q1", ("办法#第三条",)),)
    path.write_text(f"{json.dumps(whole)}\n[1]\n", encoding="utf-8")
    with pytest.raises(InputError, match="第 2 行"):
        read_cited(path)
    with pytest.raises(InputError, match="无法读取"):
        read_cited(tmp_path / "none.jsonl")
