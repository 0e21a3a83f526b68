"""The XLSX file: no formulas, and nothing that people wrote is lost between two exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from duty_texts import RULES, document, table
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from assistant.errors import InputError
from assistant.products.duties.columns import BANK, OURS, as_typed, harmless
from assistant.products.duties.earlier import CHANGES, COUNTS, LIST, NOTES, read_earlier
from assistant.products.duties.model import DutyTable
from assistant.products.duties.workbook import Exported, export
from assistant.schema.document import DocumentKind

Edit = Callable[[Any], None]


def rules(text: str = RULES) -> DutyTable:
    return table(document(text, kind=DocumentKind.LAW))


def opened(exported: Exported) -> Any:
    return load_workbook(BytesIO(exported.content))


def edited(exported: Exported, *edits: Edit) -> bytes:
    """The file after people worked on it."""
    workbook = opened(exported)
    for edit in edits:
        edit(workbook)
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def column(sheet: Any, name: str) -> int:
    return next(int(cell.column) for cell in sheet[1] if cell.value == name)


def fill(act: str, name: str, value: Any, note: str = "") -> Edit:
    """Writes into a column of the row with that act."""

    def write(workbook: Any) -> None:
        sheet = workbook[LIST]
        row = next(r for r in sheet.iter_rows(min_row=2) if r[column(sheet, "行为") - 1].value == act)
        cell = row[column(sheet, name) - 1]
        cell.value = value
        if note:
            cell.comment = Comment(note, "")

    return write


def lines(workbook: Any, sheet: str) -> list[dict[str, Any]]:
    head, *rest = workbook[sheet].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rest]


def row_with(workbook: Any, act: str) -> dict[str, Any]:
    return next(line for line in lines(workbook, LIST) if line["行为"] == act)


def again(raw: bytes, text: str = RULES) -> Exported:
    return export(rules(text), read_earlier(raw))


SECRET = "予以保密"


# --- the sheets ---------------------------------------------------------------------------------


def test_the_file_has_four_sheets_and_empty_coloured_columns_for_the_bank() -> None:
    workbook = opened(export(rules()))
    assert workbook.sheetnames == [LIST, CHANGES, COUNTS, NOTES]
    sheet = workbook[LIST]
    assert tuple(cell.value for cell in sheet[1]) == (*OURS, *BANK)
    assert len(lines(workbook, LIST)) == len(rules().duties)
    for name in BANK:
        cell = sheet.cell(row=2, column=column(sheet, name))
        assert cell.value is None
        assert cell.fill.start_color.rgb not in (None, "00000000")


def test_the_counts_add_up() -> None:
    workbook = opened(export(rules()))
    (whole,) = [line for line in lines(workbook, COUNTS) if str(line["主体类别"]).startswith("全部行")]
    assert whole["约束性合计"] + whole["鼓励、允许合计"] == len(rules().duties)


def test_the_notes_name_what_was_not_read() -> None:
    odd = document("第一条 责令公开的信息应当，除外。\n", title="怪办法")
    words = str(list(opened(export(table(odd)))[NOTES].iter_rows(values_only=True)))
    assert "怪办法" in words
    assert "没有成行" in words


# --- formulas -----------------------------------------------------------------------------------

EVIL = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", " =1", '=HYPERLINK("http://a")']


@pytest.mark.parametrize("words", EVIL)
def test_a_text_is_never_the_beginning_of_a_formula(words: str) -> None:
    assert harmless(words).startswith("'")
    assert as_typed(harmless(words)) == words
    assert harmless(as_typed(harmless(words))) == harmless(words)


@pytest.mark.parametrize("words", EVIL)
def test_no_cell_of_the_four_sheets_begins_as_a_formula(words: str) -> None:
    evil = document(RULES, kind=DocumentKind.LAW, title=words, document_number=words)
    first = export(table(evil))
    raw = edited(first, fill(SECRET, "证据", words), lambda workbook: workbook[LIST].cell(1, 40, words))
    for exported in (first, export(table(evil), read_earlier(raw))):
        for sheet in opened(exported):
            for cell in (cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)):
                assert cell.data_type == "s"
                assert cell.value.lstrip(" ")[0:1] not in tuple("=+-@＝＋－＠\t\r\n")


def test_control_characters_and_endless_texts_are_written_all_the_same() -> None:
    assert harmless("甲\x00\x07乙\ud800") == "甲乙"
    assert len(harmless("字" * 40_000)) < 32_767


# --- what people filled in ----------------------------------------------------------------------


def test_entries_stay_with_their_row_whatever_their_type() -> None:
    day = datetime(2026, 5, 1)  # noqa: DTZ001 - as a spreadsheet has it
    raw = edited(
        export(rules()),
        fill(SECRET, "责任部门", "合规部", note="已与法务确认"),
        fill(SECRET, "复核日期", day),
        fill(SECRET, "进展", 0.5),
    )
    for _ in range(3):
        done = again(raw)
        row = row_with(opened(done), SECRET)
        assert (row["责任部门"], row["复核日期"], row["进展"]) == ("合规部", day, 0.5)
        sheet = opened(done)[LIST]
        notes = [c.comment.text for r in sheet.iter_rows() for c in r if c.comment]
        assert notes == ["已与法务确认"]
        raw = done.content


def _sorted_backwards(workbook: Any) -> None:
    sheet = workbook[LIST]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    for number, values in enumerate(reversed(rows), start=2):
        for at, value in enumerate(values, start=1):
            sheet.cell(row=number, column=at).value = value


def _column_moved(workbook: Any) -> None:
    sheet = workbook[LIST]
    old, new = column(sheet, "责任部门"), sheet.max_column + 1
    for row in range(1, sheet.max_row + 1):
        sheet.cell(row=row, column=new).value = sheet.cell(row=row, column=old).value
    sheet.delete_cols(old)


@pytest.mark.parametrize("edit", [_sorted_backwards, _column_moved])
def test_rows_and_columns_may_be_moved(edit: Edit) -> None:
    raw = edited(export(rules()), fill(SECRET, "责任部门", "合规部"), edit)
    assert row_with(opened(again(raw)), SECRET)["责任部门"] == "合规部"


def test_columns_rows_and_sheets_that_people_added_stay() -> None:
    def add(workbook: Any) -> None:
        sheet = workbook[LIST]
        at = sheet.max_column + 1
        sheet.cell(row=1, column=at).value = "备注"
        sheet.cell(row=2, column=at).value = "先办"
        sheet.cell(row=sheet.max_row + 1, column=column(sheet, "行为")).value = "本行补充的一条"
        workbook.create_sheet("台账")["A1"] = "自用"

    raw = edited(export(rules()), add)
    for _ in range(2):
        done = again(raw)
        workbook = opened(done)
        assert lines(workbook, LIST)[0]["备注"] == "先办"
        assert lines(workbook, LIST)[-1]["行为"] == "本行补充的一条"
        assert workbook["台账"]["A1"].value == "自用"
        assert done.added == 1
        raw = done.content


def test_a_row_whose_clause_is_renumbered_keeps_its_entries() -> None:
    raw = edited(export(rules()), fill(SECRET, "责任部门", "合规部"))
    done = again(raw, RULES.replace("第四条", "第四条 本条是新增的。\n\n第四条之一"))
    row = row_with(opened(done), SECRET)
    assert row["责任部门"] == "合规部"
    assert row["条款"].startswith("第四条之一")
    assert done.carried.count()["移位"] == 1


def test_a_reworded_row_is_listed_with_both_wordings_and_its_entries() -> None:
    raw = edited(export(rules()), fill(SECRET, "责任部门", "合规部"))
    done = again(raw, RULES.replace("予以保密", "予以严格保密"))
    assert row_with(opened(done), "予以严格保密")["责任部门"] is None
    (line,) = lines(opened(done), CHANGES)
    assert (line["变化"], line["责任部门"]) == ("改写", "合规部")
    assert SECRET in line["原来的文字"]
    assert "予以严格保密" in line["现在的文字"]


SHORTER = RULES.replace("第四条 仓储企业对知悉的商业秘密，应当予以保密。", "第四条 本条删去。")


def test_entries_of_a_vanished_row_wait_in_the_changes_and_come_back_with_it() -> None:
    raw = edited(export(rules()), fill(SECRET, "责任部门", "合规部"))
    for _ in range(3):
        done = again(raw, SHORTER)
        (line,) = [line for line in lines(opened(done), CHANGES) if line["变化"] == "消失"]
        assert line["责任部门"] == "合规部"
        raw = done.content
    back = again(raw)
    assert row_with(opened(back), SECRET)["责任部门"] == "合规部"
    assert back.carried.count()["恢复"] == 1


def test_new_rows_are_listed_but_not_on_the_first_export() -> None:
    first = export(rules(SHORTER))
    assert first.carried.changes == ()
    assert again(first.content).carried.count() == {"新增": 1}


def test_a_copied_row_with_other_entries_is_told() -> None:
    def copy(workbook: Any) -> None:
        sheet = workbook[LIST]
        values = [cell.value for cell in sheet[2]]
        for at, value in enumerate(values, start=1):
            sheet.cell(row=sheet.max_row + (at == 1), column=at).value = value
        sheet.cell(row=sheet.max_row, column=column(sheet, "责任部门")).value = "另一部门"

    done = again(edited(export(rules()), copy))
    (line,) = lines(opened(done), CHANGES)
    assert (line["变化"], line["责任部门"]) == ("编号重复", "另一部门")


def test_words_that_people_changed_in_a_column_of_the_program_are_told() -> None:
    done = again(edited(export(rules()), fill(SECRET, "条件", "仅限分行")))
    (line,) = lines(opened(done), CHANGES)
    assert line["变化"] == "程序列有改动"
    assert "仅限分行" in line["原来的文字"]


# --- files that are none ------------------------------------------------------------------------


def _other_files() -> Iterator[bytes]:
    yield b""
    yield b"not a zip"
    yield b"PK\x03\x04broken"
    for name, head in (("别的", "编号"), (LIST, "序号")):
        workbook = Workbook()
        workbook.active.title = name
        workbook.active["A1"] = head
        out = BytesIO()
        workbook.save(out)
        yield out.getvalue()


@pytest.mark.parametrize("raw", list(_other_files()))
def test_a_file_that_is_no_duty_table_is_refused_in_plain_words(raw: bytes) -> None:
    with pytest.raises(InputError) as told:
        read_earlier(raw)
    assert "清单" in told.value.message


def test_two_columns_of_one_name_are_refused_for_one_would_be_lost() -> None:
    raw = edited(export(rules()), lambda workbook: workbook[LIST].cell(1, 30, "证据"))
    with pytest.raises(InputError, match="同名"):
        read_earlier(raw)
