"""Cross-references become absolute addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.corpus.reading import parse_file
from assistant.parsing.clauses import parse_clauses
from assistant.parsing.references import find_references
from assistant.schema.document import DocumentKind

LAW = """某法
第一章 总则
第一条 甲。
第二条 乙：
（一）丙；
（二）丁。
戊。
{words}
"""


def references(tmp_path: Path, words: str) -> list[tuple[str, str | None]]:
    path = tmp_path / "a.txt"
    path.write_text(LAW.format(words=words), encoding="utf-8")
    document = parse_file(path)
    found = document.references
    assert all(document.text[r.span.start : r.span.end] == r.raw for r in found)
    assert all(document.find(r.source) is not None for r in found)
    return [(r.raw, f"{r.document}:{r.target}" if r.document else r.target) for r in found]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("第三条 依照前条办理。", [("前条", "第二条")]),
        ("第三条 依照前条第一款第（二）项办理。", [("前条第一款第（二）项", "第二条第一款第（二）项")]),
        ("第三条 己。\n前款情形除外。", [("前款", "第三条第一款")]),
        ("第三条 己。\n庚。\n前两款情形除外。", [("前两款", "第三条第一款"), ("前两款", "第三条第二款")]),
        ("第三条 己。\n依照本条第一款办理。", [("本条第一款", "第三条第一款")]),
        ("第三条 违反本章规定的，依照第二条第一、二款处理。", [
            ("本章", "第一章"), ("第二条第一、二款", "第二条第一款"), ("第二条第一、二款", "第二条第二款"),
        ]),
        ("第三条 适用第一条至第二条。", [("第一条至第二条", "第一条至第二条")]),
        ("第三条 依照本法第二条第（一）项。", [("本法第二条第（一）项", "第二条第（一）项")]),
        ("第三条 依照第38条。", [("第38条", "第三十八条")]),
        ("第三条 依照《某〈甲〉办法》第五条和该办法第六条。", [
            ("《某〈甲〉办法》第五条", "某〈甲〉办法:第五条"), ("该办法第六条", "某〈甲〉办法:第六条"),
        ]),
        ("第三条 依照公司法第五条处理。", [("公司法第五条", "公司法:第五条")]),
        ("第三条 依照《某法》（2020年修订）第五条。", [("《某法》（2020年修订）第五条", "某法（2020年修订）:第五条")]),
        ("第三条 依照第二条第一款第（一）项或者第（二）项。", [
            ("第二条第一款第（一）项或者第（二）项", "第二条第一款第（一）项"),
            ("第二条第一款第（一）项或者第（二）项", "第二条第一款第（二）项"),
        ]),
        ("第三条 依照第二\n条第二款。", [("第二\n条第二款", "第二条第二款")]),
        ("第三条 本法所称《某法》，第一次、第三人、前几项工作均不引用。", []),
    ],
)  # fmt: skip
def test_references(tmp_path: Path, words: str, expected: list[tuple[str, str | None]]) -> None:
    assert references(tmp_path, words) == expected


def test_headings_of_a_notice(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        "某通知\n一、甲\n（一）乙。各行要。\n二、丙\n（二）丁。按第（三）项办理，落实（三）所列措施。\n（三）戊。各行要。",
        encoding="utf-8",
    )
    found = parse_file(path).references
    assert [(r.source, r.raw, r.target) for r in found] == [
        ("二、（二）第一段", "第（三）项", "二、（三）"),
        ("二、（二）第一段", "（三）", "二、（三）"),
    ]


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("本法自2024年1月1日起施行。《旧法》同时废止。", ["旧法"]),
        ("《旧法》（某发〔2020〕1号）和《旧办法》同时废止。", ["旧法", "旧办法"]),
        ("《旧法》第三条同时废止。", []),
        ("依照《旧法》办理。", []),
    ],
)
def test_repeals_are_proposals(tmp_path: Path, words: str, titles: list[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"某法\n第一条 甲。\n第二条 {words}", encoding="utf-8")
    found = [f.value for f in parse_file(path).facts if f.name == "repeals"]
    assert found == titles


def test_a_long_run_of_places_costs_no_more_than_its_length() -> None:
    """第一条 four thousand times on one line once took gigabytes: each reference held the whole run."""
    text = f"某办法\n第一条 依照{'第一条' * 4000}办理。\n第二条 施行。\n"
    found = find_references(parse_clauses(text, DocumentKind.LAW), text)
    assert len(found) >= 40
    assert sum(len(r.raw) for r in found) < 200 * len(text)
