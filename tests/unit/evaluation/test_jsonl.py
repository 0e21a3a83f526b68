"""One reader for every file of JSON lines."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from pydantic import BaseModel

from assistant.errors import EvaluationError, InputError
from assistant.evaluation.jsonl import Kind, read_lines

KIND = Kind(noun="渔港文件", advice="请修改")


class Harbour(BaseModel):
    id: str
    berths: int = 0


def written(folder: Path, text: str) -> Path:
    path = folder / "harbours.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def test_lines_come_in_their_order_packed_or_not(tmp_path: Path) -> None:
    text = '{"id": "b", "berths": 2}\n\n{"id": "a"}\n'
    packed = tmp_path / "harbours.jsonl.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    plain = read_lines(written(tmp_path, text), Harbour, KIND)
    assert [(h.id, h.berths) for h in plain] == [("b", 2), ("a", 0)]
    assert read_lines(packed, Harbour, KIND) == plain


def test_a_mark_at_the_head_of_the_file_is_no_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "harbours.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": "a"}')
    assert [h.id for h in read_lines(path, Harbour, KIND)] == ["a"]


def test_a_key_may_stand_twice_only_where_that_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "a"}\n{"id": "a"}')
    with pytest.raises(EvaluationError, match="第 2 行（编号与前面重复）"):
        read_lines(path, Harbour, KIND)
    assert len(read_lines(path, Harbour, KIND, key=None)) == 2


def test_the_error_is_of_the_kind_that_the_file_has(tmp_path: Path) -> None:
    kind = Kind(noun="渔港文件", advice="请修改", error=InputError)
    with pytest.raises(InputError, match=r"渔港文件 harbours\.jsonl 的第 1 行（berths）不合格式，请修改"):
        read_lines(written(tmp_path, '{"id": "a", "berths": "绝密"}'), Harbour, kind)
    with pytest.raises(InputError, match="无法读取"):
        read_lines(tmp_path / "none.jsonl", Harbour, kind)


def test_a_torn_packed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "harbours.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "a"}' * 99)[:-9])
    with pytest.raises(EvaluationError, match="无法读取"):
        read_lines(path, Harbour, KIND)
