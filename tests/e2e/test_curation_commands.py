"""`assistant gaps`, `assistant gold`, and the gold set as cases of `assistant eval run`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asked_in_vain import DEPARTMENTS, EVERYBODYS, House, house
from typer.testing import CliRunner

from assistant.curation.gold import GoldCase, add_gold
from assistant.schema.answer import Outcome
from assistant.serving.terminal.app import app

VAIN = "彩票中奖怎么交税？"


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house whose data folder the commands use, and whose library they open."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path))
    with house(tmp_path) as held:
        index = SimpleNamespace(fingerprint="f" * 64, documents=2)
        monkeypatch.setattr("assistant.assembly.build_assistant", lambda *_, **__: held.assistant)
        monkeypatch.setattr("assistant.assembly.make_index", lambda *_, **__: (index, ()))
        yield held


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, words, standalone_mode=False)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert code in (done.exit_code, done.return_value or 0), done.output
    return done.stdout


def case(name: str, question: str, outcome: Outcome, *addresses: tuple[str, str]) -> GoldCase:
    return GoldCase(
        id=name,
        question=question,
        addresses=addresses,
        outcome=outcome,
        author="li.na",
        reviewer="wang.wei",
        added_on=date(2026, 3, 1),
    )


def write(held: House, *cases: GoldCase) -> None:
    for one in cases:
        add_gold(held.gold_file, one, held.assistant.document)


def test_gaps_are_listed_and_the_listing_is_recorded(held: House) -> None:
    for department in ("信贷部", "零售部"):
        held.ask(VAIN, department=department)
    listed = run("gaps", "list")
    assert VAIN in listed
    assert "2 问" in listed
    [gap] = json.loads(run("gaps", "list", "--all", "--json"))
    assert (gap["questions"], gap["departments"], gap["closed"]) == ([VAIN], {"信贷部": 1, "零售部": 1}, False)
    assert [facts for _, facts in held.acts("gap.")] == [{"all": False}, {"all": True}]


def test_the_gold_set_is_listed_and_checked(held: House) -> None:
    assert "还没有标准题" in run("gold", "list")
    write(
        held,
        case("gold-1", VAIN, Outcome.NOT_FOUND),
        case("gold-2", "能贷吗？", Outcome.ANSWERED, (DEPARTMENTS.id, "二、（一）")),
    )
    assert "li.na/wang.wei" in run("gold", "list")
    assert [one["id"] for one in json.loads(run("gold", "list", "--json"))] == ["gold-1", "gold-2"]
    assert "共 2 道，0 处不在库里" in run("gold", "check")
    write(held, case("gold-3", "能贷吗？", Outcome.ANSWERED, (EVERYBODYS.id, "第九十九条")))
    assert f"gold-3  库里没有：{EVERYBODYS.id} 第九十九条" in run("gold", "check", code=3)


def test_evaluation_runs_on_the_gold_set_and_scores_it(held: House) -> None:
    right = case("gold-1", "提供虚假材料的能不能发放贷款？", Outcome.ANSWERED, (EVERYBODYS.id, "第三条"))
    write(held, right, case("gold-2", VAIN, Outcome.NOT_FOUND))
    out = held.home / "run.jsonl"
    facts: dict[str, Any] = json.loads(
        run("eval", "run", "--cases", str(held.gold_file), "--out", str(out), "--no-llm", "--json")
    )
    assert (facts["cases"], facts["refused"]) == (2, 1)
    scored = json.loads(run("eval", "score", str(out), "--cases", str(held.gold_file), "--json"))
    assert scored["all"]["passed"]["mean"] == 1.0
    assert scored["all"]["cite_r"]["mean"] == 1.0
