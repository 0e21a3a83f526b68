"""Files of claims: what is read, what is refused and how it is said, what comes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_laws import small_verifier

from assistant.errors import InputError
from assistant.evaluation.claims import check_claims, read_claims, write_verdicts

GOOD = '{"id": "a", "claim": "保管人不得擅自使用存货（仓单条例第三条）。"}'


def written(folder: Path, *lines: str) -> Path:
    path = folder / "claims.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_claims_in_verdicts_out_in_order(tmp_path: Path) -> None:
    fields = {"id": "b", "claim": "保管人不得使用存货。", "doc": "仓单条例", "address": "第四条", "as_of": "2026-01-01"}
    claims = read_claims(written(tmp_path, GOOD, "", json.dumps(fields, ensure_ascii=False)))
    out = tmp_path / "out.jsonl"
    write_verdicts(out, check_claims(claims, small_verifier()))
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(line["id"], line["verdict"]) for line in lines] == [("a", "OK"), ("b", "UNSUPPORTED")]
    assert all(set(line) == {"id", "verdict", "reason"} for line in lines)
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("绝密", "第 2 行（不是 JSON 对象）"),
        ('{"id": "b"}', "第 2 行（claim）"),
        ('{"id": "b", "claim": "甲", "绝密": 1}', "第 2 行（有不认识的字段）"),
        ('{"id": "b", "claim": "甲", "as_of": "绝密"}', "第 2 行（as_of）"),
        ('{"id": "a", "claim": "甲"}', "第 2 行（编号与前面重复）"),
        ("[" * 5000, "第 2 行（不是 JSON 对象）"),
    ],
)
def test_a_bad_line_is_named_and_not_repeated(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_claims(written(tmp_path, GOOD, line))
    assert words in caught.value.message
    assert "绝密" not in caught.value.message


def test_a_file_without_claims_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有内容"):
        read_claims(written(tmp_path, "", " "))
    with pytest.raises(InputError, match="无法读取"):
        read_claims(tmp_path / "missing.jsonl")
