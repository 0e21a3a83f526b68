"""A comparison as Markdown, DOCX, XLSX and plain values: all of it, and no words of a document act."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from docx import Document as Paper
from openpyxl import load_workbook
from sample_texts import law, notice, old_law

from assistant.parsing.clauses import parse_clauses
from assistant.products.compare.compare import compare
from assistant.products.compare.model import Change, Comparison
from assistant.products.compare.paper import as_paper
from assistant.products.compare.report import UNLIKE, label, listed, named, place, summary
from assistant.products.compare.workbook import as_workbook
from assistant.schema.document import Document, DocumentKind
from assistant.serving.render.comparison import comparison_fields, comparison_markdown, comparison_terminal, file_name

HOSTILE = "=cmd|'/c calc'!A1 <script>alert(1)</script> [点此](javascript:alert(2)) **粗**"


@pytest.fixture(scope="module")
def versions() -> Comparison:
    return compare(old_law(), law())


def hostile() -> Document:
    text = law().text.replace("用途不明的", HOSTILE)
    return replace(law(), text=text, clauses=parse_clauses(text, kind=DocumentKind.LAW))


def test_the_counts_and_places_in_words(versions: Comparison) -> None:
    assert summary(versions) == "条款：改写 2，新增 3，删去 0，移位 0，未变 0。"
    assert named(versions.before) == "《村镇贷款条例》（2010-01-01 起施行，已修订）"
    assert "第二条 → 第四条" in [place(line) for line in versions.lines]
    assert "新增（标题）" in [label(line) for line in versions.lines]
    assert summary(compare(law(), law())) == "两份文件的文字相同。"


def test_unlike_texts_say_that_clauses_stand_in_one_of_them_only() -> None:
    found = compare(law(), notice())
    assert summary(found).startswith("条款：改写 0，只在新")
    for words in (comparison_markdown(found), comparison_terminal(found)):
        assert UNLIKE in words
        assert "新增" not in words.replace(UNLIKE, "").replace(comparison_markdown(found)[-200:], "")


def test_markdown_marks_what_was_taken_and_put(versions: Comparison) -> None:
    words = comparison_markdown(versions)
    assert "## 改写：第二条 → 第四条" in words
    assert "贷款期限不得超过<del>一年</del><ins>三年；确需延长的，可以续期一次</ins>。" in words


def test_the_workbook_has_a_row_for_each_line_that_differs(versions: Comparison) -> None:
    workbook = load_workbook(BytesIO(as_workbook(versions)))
    rows = list(workbook["对照"].iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [label(line) for line in listed(versions)]
    assert [row[1] for row in rows] == [place(line) for line in listed(versions)]
    [fourth] = [row for row in rows if row[1] == "第二条 → 第四条"]
    assert fourth[4] == "贷款期限不得超过〔删：一年〕〔增：三年；确需延长的，可以续期一次〕。"
    assert workbook["说明"]["B3"].value == summary(versions)


def test_the_paper_shows_both_sides(versions: Comparison) -> None:
    paper = Paper(BytesIO(as_paper(versions)))
    [table] = paper.tables
    assert len(table.rows) == 1 + sum(1 for _ in listed(versions))
    [row] = [row for row in table.rows if "第二条 → 第四条" in row.cells[0].text]
    assert [cell.text for cell in row.cells[1:]] == [
        "贷款期限不得超过一年。",
        "贷款期限不得超过三年；确需延长的，可以续期一次。",
    ]
    assert [run.text for run in row.cells[1].paragraphs[0].runs if run.font.strike] == ["一年"]
    assert [run.text for run in row.cells[2].paragraphs[0].runs if run.font.underline] == [
        "三年；确需延长的，可以续期一次"
    ]


def test_plain_values_hold_every_line(versions: Comparison) -> None:
    fields = comparison_fields(versions)
    assert fields["counts"] == {"changed": 2, "added": 3, "gone": 0, "moved": 0, "same": 0}
    assert isinstance(fields["lines"], list)
    assert len(fields["lines"]) == sum(line.change is not Change.SAME for line in versions.lines)
    assert file_name(versions, "docx") == "条款对照_law_2010_law_2023.docx"


def test_nothing_of_a_document_acts() -> None:
    found = compare(law(), hostile())
    assert found.count(Change.CHANGED) == 1
    words = comparison_markdown(found)
    assert "<script" not in words
    assert r"\[点此\](javascript" in words  # no link
    for sheet in load_workbook(BytesIO(as_workbook(found))).worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and not str(cell.value or "").startswith("=") for cell in row)
    assert HOSTILE in "".join(cell.text for row in Paper(BytesIO(as_paper(found))).tables[0].rows for cell in row.cells)
