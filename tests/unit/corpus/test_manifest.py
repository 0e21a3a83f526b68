"""What is known of a document: from the manifest, from the head of the file, from its words."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.corpus.manifest import ManifestLine, meta_from, read_manifest
from assistant.errors import SourceError
from assistant.schema.document import DocumentKind, DocumentMeta, Validity

LINE: dict[str, Any] = {
    "path": "a.txt",
    "sha256": "0" * 64,
    "title": "某办法",
    "issuer": None,
    "document_number": "某发〔2024〕7号",
    "year": 2024,
    "region": None,
    "issued_on": "2024-02-02",
    "effective_on": "2024-07-01",
    "status": "现行有效",
    "aliases": ["办法"],
}


def write(folder: Path, *lines: object) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    (folder / "manifest.jsonl").write_text(text, encoding="utf-8")
    return folder


def facts(front: dict[str, Any], line: ManifestLine | None = None, *, issuer: str | None = None) -> DocumentMeta:
    return meta_from(
        path=Path("corpus/a.md"),
        sha="f" * 64,
        kind=DocumentKind.LAW,
        title="文中标题",
        issuer=issuer,
        front=front,
        line=line,
    )


def test_no_manifest_is_an_empty_one(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) == {}


def test_lines_by_file_name(tmp_path: Path) -> None:
    lines = read_manifest(write(tmp_path, LINE, "", {**LINE, "path": "b.txt", "expired_on": "2025-01-01"}))
    assert list(lines) == ["a.txt", "b.txt"]
    assert lines["a.txt"].effective_on == date(2024, 7, 1)
    assert lines["a.txt"].aliases == ("办法",)
    assert lines["b.txt"].expired_on == date(2025, 1, 1)


BROKEN: dict[str, object] = {
    "no JSON": "{",
    "no object": "[]",
    "a field too many": {**LINE, "webhook": "x"},
    "a field too few": {k: v for k, v in LINE.items() if k != "title"},
    "unknown validity": {**LINE, "status": "有效吧"},
    "no such day": {**LINE, "issued_on": "2024-02-30"},
}


@pytest.mark.parametrize("line", BROKEN.values(), ids=BROKEN)
def test_a_broken_line_is_named_by_its_number(tmp_path: Path, line: object) -> None:
    with pytest.raises(SourceError, match=r"manifest\.jsonl 第 3 行"):
        read_manifest(write(tmp_path, LINE, "", line))


def test_the_manifest_goes_before_the_head_of_the_file() -> None:
    line = ManifestLine.model_validate({**LINE, "path": "a.md"})
    meta = facts({"title": "别名", "issuer": "别局", "status": "已废止"}, line, issuer="又一局")
    assert (meta.id, meta.title, meta.issuer, meta.validity) == ("a", "某办法", None, Validity.IN_FORCE)
    assert (meta.year, meta.issued_on, meta.document_number) == (2024, date(2024, 2, 2), "某发〔2024〕7号")
    assert (meta.source_path, meta.source_sha256, meta.aliases) == ("a.md", "f" * 64, ("办法",))


def test_the_head_of_the_file_goes_before_its_words() -> None:
    front = {
        "title": "某法",
        "issuer": "国务院",
        "doc_number": "国务院令第1号",
        "date": date(2020, 7, 5),
        "effective": "2020-09-01",
        "status": "已被修订",
        "superseded_by": "某法（国务院令第802号，2025-06-01起）",
    }
    meta = facts(front, issuer="文中机关")
    assert (meta.title, meta.issuer, meta.document_number) == ("某法", "国务院", "国务院令第1号")
    assert (meta.issued_on, meta.effective_on, meta.year) == (date(2020, 7, 5), date(2020, 9, 1), 2020)
    assert (meta.validity, meta.expired_on) == (Validity.AMENDED, date(2025, 6, 1))


def test_what_nobody_states_stays_open() -> None:
    meta = facts({})
    assert (meta.title, meta.issuer, meta.validity) == ("文中标题", None, Validity.UNKNOWN)
    assert (meta.year, meta.issued_on, meta.effective_on, meta.expired_on) == (None, None, None, None)
    assert facts({}, issuer="文中机关").issuer == "文中机关"


@pytest.mark.parametrize(
    ("words", "validity"),
    [
        ("现行有效", Validity.IN_FORCE),
        ("已被修订", Validity.AMENDED),
        ("已修订", Validity.AMENDED),
        ("已废止", Validity.REPEALED),
        ("年度文件", Validity.ANNUAL),
        ("未核实", Validity.UNKNOWN),
        ("大概有效", Validity.UNKNOWN),
        (None, Validity.UNKNOWN),
    ],
)
def test_validity_is_never_guessed(words: str | None, validity: Validity) -> None:
    assert facts({"status": words}).validity is validity
