"""A folder becomes documents; what cannot be read is named and counted while the rest comes through."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from tree_laws import broken_laws

from assistant.corpus.reading import parse_file, read_corpus
from assistant.errors import SourceError, UnreadableSource
from assistant.schema.document import DocumentKind, Level, Validity

NOTICE = "某局办公室印发 《关于试点的通知》\n\n现通知如下。\n\n一、要求\n\n各行要落实。"
LAW = "---\ntitle: '某条例'\nissuer: '国务院'\nstatus: '现行有效'\n---\n\n# 某条例\n\n第一条 甲。\n\n第二条 乙。\n"


def fill(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def manifest(folder: Path, name: str, *, sha: str | None = None) -> None:
    digest = sha or sha256((folder / name).read_bytes()).hexdigest()
    line = {
        "path": name,
        "sha256": digest,
        "title": "清单标题",
        "issuer": "清单机关",
        "document_number": None,
        "year": 2024,
        "region": "陕西",
        "issued_on": None,
        "effective_on": None,
        "status": "年度文件",
    }
    (folder / "manifest.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")


def test_documents_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    corpus = read_corpus([fill(tmp_path, {"b.md": LAW, "a.txt": NOTICE})])
    assert [d.id for d in corpus.documents] == ["a", "b"]
    assert corpus.failures == ()
    notice, law = corpus.documents
    assert (notice.meta.kind, notice.meta.title, notice.meta.issuer) == (
        DocumentKind.NOTICE,
        "关于试点的通知",
        "某局办公室",
    )
    assert (law.meta.kind, law.meta.title, law.meta.validity) == (DocumentKind.LAW, "某条例", Validity.IN_FORCE)
    assert [broken_laws(d.text, d.clauses) for d in corpus.documents] == [[], []]


def test_failures_are_named_while_the_good_ones_come_through(tmp_path: Path) -> None:
    bad: dict[str, str | bytes] = {
        "1空.txt": "",
        "2无字.txt": "\u200b\n",
        "3是PDF.txt": b"%PDF-1.4",
        "4表格.xlsx": b"PK\x03\x04",
        "5头部.md": "---\ntitle: [\n---\n甲",
        "6乱码.txt": b"\xff\xff\xff",
    }
    corpus = read_corpus([fill(tmp_path, {**bad, "0好.txt": NOTICE, "9好.md": LAW})])
    assert [d.id for d in corpus.documents] == ["0好", "9好"]
    assert [f.path.name for f in corpus.failures] == list(bad)
    assert all(f.code and f.code != "internal_error" for f in corpus.failures)
    assert all(f.message.startswith(f"{f.path.name}：") for f in corpus.failures)


def test_what_is_no_source_is_passed_over(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"README.md": "# 说明", ".隐藏.txt": "甲", "facts.yaml": "a: 1", "a.txt": NOTICE}
    (tmp_path / "子文件夹").mkdir()
    corpus = read_corpus([fill(tmp_path, files)])
    assert ([d.id for d in corpus.documents], corpus.failures) == (["a"], ())


def test_the_manifest_tells_the_facts(tmp_path: Path) -> None:
    manifest(fill(tmp_path, {"a.txt": NOTICE}), "a.txt")
    for path in (tmp_path, tmp_path / "a.txt"):
        meta = read_corpus([path]).documents[0].meta
        assert (meta.title, meta.issuer, meta.region, meta.validity) == (
            "清单标题",
            "清单机关",
            "陕西",
            Validity.ANNUAL,
        )


def test_a_file_that_is_not_the_one_in_the_manifest(tmp_path: Path) -> None:
    manifest(fill(tmp_path, {"a.txt": NOTICE, "b.md": LAW}), "a.txt", sha="0" * 64)
    corpus = read_corpus([tmp_path])
    assert [d.id for d in corpus.documents] == ["b"]
    assert [f.path.name for f in corpus.failures] == ["a.txt"]
    assert "sha256" in corpus.failures[0].message


def test_a_file_that_the_manifest_promises_and_nobody_brought(tmp_path: Path) -> None:
    manifest(fill(tmp_path, {"a.txt": NOTICE, "b.md": LAW}), "a.txt")
    (tmp_path / "a.txt").unlink()
    with pytest.raises(UnreadableSource, match=r"登记的文件不存在：a\.txt"):
        read_corpus([tmp_path])


def test_a_broken_manifest_stops_the_reading(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="第 1 行"):
        read_corpus([fill(tmp_path, {"a.txt": NOTICE, "manifest.jsonl": "{"})])


def test_two_files_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match=r"同名"):
        read_corpus([fill(tmp_path, {"a.txt": NOTICE, "a.md": LAW})])


def test_two_folders_with_files_of_one_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        fill(tmp_path / name, {"a.txt": NOTICE})
    with pytest.raises(UnreadableSource, match=r"同名"):
        read_corpus([tmp_path / "one", tmp_path / "two"])


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="没有这个文件或文件夹"):
        read_corpus([tmp_path / "没有"])


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    corpus = read_corpus([tmp_path])
    assert (corpus.documents, corpus.failures) == ((), ())


def test_numbers_that_begin_anew_have_addresses_of_their_own(tmp_path: Path) -> None:
    text = "某通知\n\n一、甲\n\n各行要。\n\n一、乙\n\n各行要。\n\n附件1\n\n某表\n\n一、丙\n\n各行要。"
    document = parse_file(fill(tmp_path, {"a.txt": text}) / "a.txt")
    assert broken_laws(document.text, document.clauses) == []
    assert [c.heading for c in document.walk() if c.level is Level.HEADING_1] == ["甲", "乙", "丙"]


def test_a_date_that_does_not_exist(tmp_path: Path) -> None:
    path = fill(tmp_path, {"a.md": LAW.replace("status:", "effective: '2024-02-30'\nstatus:")}) / "a.md"
    with pytest.raises(SourceError, match="不存在的日期"):
        parse_file(path)


def test_a_date_with_a_time_of_day_is_a_day(tmp_path: Path) -> None:
    path = fill(tmp_path, {"a.md": LAW.replace("status:", "effective: 2024-02-01 08:00:00\nstatus:")}) / "a.md"
    assert str(parse_file(path).meta.effective_on) == "2024-02-01"


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    fill(tmp_path, {"a.txt": NOTICE, "b.md": LAW})
    assert read_corpus([tmp_path]) == read_corpus([tmp_path])
