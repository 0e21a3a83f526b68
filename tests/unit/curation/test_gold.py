"""The gold set: a file that evaluation runs on, written whole, and what was added by hand stays in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Thread

import pytest
from sample_texts import law, notice

from assistant.curation import gold as gold_module
from assistant.curation.gold import GoldCase, add_gold, address_in, astray, drop_gold, read_gold
from assistant.errors import EvaluationError, NotFoundError
from assistant.evaluation.cases import read_cases
from assistant.evaluation.runner import write_lines
from assistant.evaluation.scoring import gold_of
from assistant.schema.answer import Outcome
from assistant.schema.document import Document

CASE = GoldCase(
    id="gold-1",
    question="提供虚假材料的能不能发放贷款？",
    addresses=((law().id, "第五条第一款"), ("notice", "二、（一）")),
    outcome=Outcome.ANSWERED,
    author="li.na",
    reviewer="wang.wei",
    added_on=date(2026, 3, 1),
)
REFUSED = replace(CASE, id="gold-2", question="彩票怎么买？", addresses=(), outcome=Outcome.NOT_FOUND)


def document_of(name: str) -> Document:
    found = {one.id: one for one in (law(), notice())}.get(name)
    if found is None:
        raise NotFoundError("没有")
    return found


def test_there_is_no_case_before_the_first(tmp_path: Path) -> None:
    assert read_gold(tmp_path / "gold.jsonl") == ()
    (tmp_path / "gold.jsonl").touch()
    assert read_gold(tmp_path / "gold.jsonl") == ()


def test_what_is_added_is_read_again_and_is_a_case_file(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    for case in (CASE, REFUSED):
        add_gold(file, case, document_of)
    assert read_gold(file) == (CASE, REFUSED)
    [first, second] = read_cases(file)
    assert (first.answerable, second.answerable) == (True, False)
    assert first.model_extra == {}  # nothing in it that evaluation would warn of
    assert gold_of(first) == {f"{law().id}#第5条", "notice#(1)"}
    assert (first.author, first.reviewer, first.added_on) == ("li.na", "wang.wei", date(2026, 3, 1))


def test_a_case_that_is_added_again_takes_its_own_place(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    for case in (CASE, REFUSED, replace(CASE, reviewer="zhao.min")):
        add_gold(file, case, document_of)
    assert [(case.id, case.reviewer) for case in read_gold(file)] == [("gold-2", "wang.wei"), ("gold-1", "zhao.min")]


def test_what_was_written_by_hand_stays(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    add_gold(file, CASE, document_of)
    line = {**json.loads(file.read_text("utf-8")), "must_include": ["不得"]}
    file.write_text(json.dumps(line, ensure_ascii=False), "utf-8")
    add_gold(file, REFUSED, document_of)
    assert read_cases(file)[0].must_include == ("不得",)
    drop_gold(file, "gold-2")
    assert read_cases(file)[0].must_include == ("不得",)
    drop_gold(file, "gold-1")
    assert read_gold(file) == ()


def test_of_two_who_add_a_case_at_once_neither_loses_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, others, real = tmp_path / "gold.jsonl", list[Thread](), write_lines

    def amid(path: Path, lines: list[str]) -> None:
        if not others:
            others.append(Thread(target=add_gold, args=(file, REFUSED, document_of)))
            others[0].start()
            others[0].join(0.5)
        real(path, lines)

    monkeypatch.setattr(gold_module, "write_lines", amid)
    add_gold(file, CASE, document_of)
    others[0].join()
    assert {case.id for case in read_gold(file)} == {"gold-1", "gold-2"}


def test_a_file_that_is_broken_is_told_of_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text('{"id": "a", "question": "?"}\n', "utf-8")
    for act in (lambda: read_gold(file), lambda: add_gold(file, CASE, document_of), lambda: drop_gold(file, "a")):
        with pytest.raises(EvaluationError, match="第 1 行"):
            act()
    assert file.read_text("utf-8") == '{"id": "a", "question": "?"}\n'


def test_cases_whose_clauses_are_gone_are_named() -> None:
    gone = replace(CASE, id="gold-3", addresses=((law().id, "第九十九条"), ("other", "第一条")))
    found = [(case.id, address) for case, address in astray([CASE, REFUSED, gone], document_of)]
    assert found == [("gold-3", f"{law().id} 第九十九条"), ("gold-3", "other 第一条")]


@pytest.mark.parametrize(
    ("typed", "found"),
    [("二、(一)", "二、（一）"), (" 二、 （一） ", "二、（一）"), ("二、（九）", None), ("", None)],
)
def test_an_address_is_found_as_it_is_typed(typed: str, found: str | None) -> None:
    assert address_in(notice(), typed) == found
