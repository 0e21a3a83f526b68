"""`assistant duties` as a process of its own: shown, as JSON, as a workbook that is filled in and written again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from test_cli import ROOT, run_in

CORPUS = ("--corpus", str(ROOT / "corpus" / "notice_2024_shaanxi.txt"))


def test_the_table_is_shown_and_filtered(tmp_path: Path) -> None:
    done = run_in(tmp_path, "duties", *CORPUS, "--degree", "严禁")
    assert done.returncode == 0, done.stderr
    assert "[严禁] 各银行机构：套取经营性贷款行为" in done.stdout
    assert "[要求]" not in done.stdout


def test_as_json_each_row_has_its_source(tmp_path: Path) -> None:
    done = run_in(tmp_path, "duties", *CORPUS, "--actor-kind", "保险机构", "--json")
    told = json.loads(done.stdout)
    assert told["count"] == len(told["duties"]) > 0
    assert all(row["sources"][0]["quote"] and "保险机构" in row["actor_kinds"] for row in told["duties"])


def test_a_second_export_over_the_first_keeps_what_was_filled_in(tmp_path: Path) -> None:
    out = tmp_path / "清单.xlsx"
    assert run_in(tmp_path, "duties", *CORPUS, "--out", str(out)).returncode == 0
    workbook = load_workbook(out)
    sheet = workbook["清单"]
    at = next(cell.column for cell in sheet[1] if cell.value == "责任部门")
    sheet.cell(row=5, column=at).value = "普惠金融部"
    workbook.save(out)
    done = run_in(tmp_path, "duties", *CORPUS, "--out", str(out))
    assert "保留了 1 行填写的内容" in done.stdout
    assert load_workbook(out)["清单"].cell(row=5, column=at).value == "普惠金融部"
    assert (tmp_path / "清单.上一次.xlsx").is_file()


def test_a_file_that_is_no_duty_table_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "别的.xlsx"
    out.write_bytes(b"mine")
    done = run_in(tmp_path, "duties", *CORPUS, "--out", str(out))
    assert done.returncode == 2
    assert out.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "arguments",
    [("--degree", "必须"), ("--doc", "nobody"), ("--earlier", "a.xlsx"), ("--out", "a.xlsx", "--degree", "严禁")],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run_in(tmp_path, "duties", *CORPUS, *arguments)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("*.xlsx"))


def test_the_scores_are_told(tmp_path: Path) -> None:
    cases = str(ROOT / "eval" / "seen" / "duties_notice.jsonl")
    done = run_in(tmp_path, "eval", "duties", "--cases", cases, *CORPUS, "--totals")
    assert done.returncode == 0, done.stderr
    assert "精确率" in done.stdout
