"""Pages in two columns, turned, watermarked or counted in the margin are read as their reader reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from office_files import FONT, lines_page, pdf

from assistant.parsing.clauses import kind_of, parse_tree
from assistant.parsing.formats.model import Parsed
from assistant.parsing.formats.pdf import read_pdf
from assistant.schema.document import Level

Draw = Callable[[Any], None]
RULES = [
    "第一条 为保护古树名木，制定本办法，全市适用。",
    "第二条 树龄一百年以上的为古树，实行挂牌。",
    "第三条 禁止在树冠下堆物、取土、用火、倒水。",
    "第四条 养护单位每季巡查一次，并作出记录。",
]


def texts(parsed: Parsed) -> list[str]:
    return ["".join(line.split()) for line in parsed.text.splitlines()]


def hidden(parsed: Parsed) -> dict[str, str]:
    return {h.kind: h.text for h in parsed.hidden}


def articles(parsed: Parsed) -> list[str]:
    tree = parse_tree(parsed.text, kind_of(parsed.text))
    return [c.address for root in tree.clauses for c in root.walk() if c.level is Level.ARTICLE]


LEFT = [
    "第一条 古树名木由市林业站",
    "统一登记，树龄满百年的挂",
    "牌保护，牌上写明树种。",
    "第二条 禁止攀折、刻划和在",
    "树冠投影下堆放杂物。",
]
RIGHT = [
    "第三条 养护人每季度巡查一",
    "次，发现虫害立即上报并作",
    "出处理，处理情况存档。",
    "第四条 违反本办法的，由市",
    "林业站责令改正并警告。",
]


def columns(canvas: Any) -> None:
    canvas.setFont(FONT, 16)
    canvas.drawCentredString(297, 790, "古树名木保护办法")
    canvas.setFont(FONT, 12)
    for at, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
        canvas.drawString(70, 740 - 20 * at, left)
        canvas.drawString(320, 740 - 20 * at, right)


def test_two_columns_are_read_one_after_the_other() -> None:
    parsed = read_pdf(pdf(columns))
    assert "".join(texts(parsed)) == "古树名木保护办法" + "".join("".join(LEFT + RIGHT).split())
    assert articles(parsed) == ["第一条", "第二条", "第三条", "第四条"]


def test_labels_beside_values_are_no_columns() -> None:
    def call(canvas: Any) -> None:
        lines_page(RULES)(canvas)
        for at, (label, value) in enumerate(
            [("树种", "银杏"), ("树高", "30米"), ("树龄", "120年"), ("位置", "城隍庙"), ("长势", "良")]
        ):
            canvas.drawString(90, 500 - 20 * at, label)
            canvas.drawString(330, 500 - 20 * at, value)

    assert "".join(texts(read_pdf(pdf(call)))[4:]).startswith("树种银杏树高30米树龄120年")


def stamped(words: str, *, gray: float, size: float = 12.0) -> Draw:
    def call(canvas: Any) -> None:
        lines_page(RULES)(canvas)
        canvas.saveState()
        canvas.setFillGray(gray)
        canvas.setFont(FONT, size)
        for at, char in enumerate(words):
            canvas.drawString(150 + 36 * at, 721, char)
        canvas.restoreState()

    return call


@pytest.mark.parametrize("call", [stamped("仅供参考", gray=0.75), stamped("仅供参考", gray=0.75, size=30)])
def test_a_level_watermark_is_taken_out(call: Draw) -> None:
    parsed = read_pdf(pdf(call))
    assert texts(parsed) == ["".join(rule.split()) for rule in RULES]
    assert hidden(parsed) == {"watermark": "仅供参考"}


def test_pale_words_on_a_line_of_their_own_stay() -> None:
    def call(canvas: Any) -> None:
        lines_page(RULES)(canvas)
        canvas.setFillGray(0.6)
        canvas.drawString(90, 600, "第五条 本办法自五月一日起施行。")

    assert articles(read_pdf(pdf(call)))[-1] == "第五条"


def turned(angle: int) -> Draw:
    def call(canvas: Any) -> None:
        canvas.saveState()
        canvas.translate(297, 421)
        canvas.rotate(angle)
        for at, words in enumerate(
            ["附件", "一、银杏每株补助五百元，由镇村发放到户。", "二、香樟每株补助三百元，由镇村发放到户。"]
        ):
            canvas.setFont(FONT, 12)
            canvas.drawString(-200, 100 - 20 * at, words)
        canvas.restoreState()

    return call


@pytest.mark.parametrize("angle", [90, -90, 180])
def test_a_turned_page_is_read(angle: int) -> None:
    parsed = read_pdf(pdf(lines_page(RULES), turned(angle)))
    assert texts(parsed)[-3:] == [
        "附件",
        "一、银杏每株补助五百元，由镇村发放到户。",
        "二、香樟每株补助三百元，由镇村发放到户。",
    ]
    assert parsed.hidden == ()


def test_turned_words_beside_upright_ones_are_named() -> None:
    def call(canvas: Any) -> None:
        lines_page([rule for rule in RULES for _ in range(3)])(canvas)
        turned(90)(canvas)

    assert any(what.startswith("侧向排列的文字 1 处") for what in read_pdf(pdf(call)).lost)


def counted(start: int, lines: list[str]) -> Draw:
    def call(canvas: Any) -> None:
        lines_page(lines)(canvas)
        for at in range(len(lines)):
            canvas.drawRightString(60, 740 - 20 * at, str(start + at))

    return call


def test_line_numbers_in_the_margin_are_taken_out() -> None:
    later = [f"第{n}条 本条所称{what}，由市林业站认定。" for n, what in zip("六七八九十", "冠干根枝叶", strict=True)]
    parsed = read_pdf(
        pdf(
            counted(1, [*RULES, "第五条 古树所在地", "由镇政府管护。"]), counted(7, [*later, "第十一条 自五月起施行。"])
        )
    )
    assert articles(parsed) == [f"第{n}条" for n in ("一二三四五六七八九十")] + ["第十一条"]
    assert not [line for line in texts(parsed) if line[0].isdigit()]
    assert {h.text for h in parsed.hidden if h.kind == "line_number"} == {"1–6", "7–12"}


def test_a_numbered_list_keeps_its_numbers() -> None:
    lines = [f"{n}. 树高{n}0米以上的，每年检查{n}次。" for n in range(1, 8)]
    assert [line[0] for line in texts(read_pdf(pdf(lines_page(lines))))] == list("1234567")


def raised(canvas: Any, before: str, mark: str, after: str, y: float) -> None:
    canvas.setFont(FONT, 12)
    canvas.drawString(90, y, before)
    x = 90 + canvas.stringWidth(before, FONT, 12)
    canvas.setFont(FONT, 7)
    canvas.drawString(x, y + 5, mark)
    canvas.setFont(FONT, 12)
    canvas.drawString(x + canvas.stringWidth(mark, FONT, 7), y, after)


def test_a_raised_mark_changes_no_figure_and_no_article() -> None:
    def call(canvas: Any) -> None:
        lines_page(RULES)(canvas)
        raised(canvas, "第五条 罚款为损失额的8", "1", "%。", 660)
        canvas.setFont(FONT, 9)
        canvas.drawString(90, 90, "1 损失额由林业站核定。")

    parsed = read_pdf(pdf(call))
    assert articles(parsed)[-1] == "第五条"
    assert texts(parsed)[-1] == "第五条罚款为损失额的8%。"
    assert any("损失额由林业站核定" in what for what in parsed.lost)


def test_a_power_stays_a_power() -> None:
    def call(canvas: Any) -> None:
        lines_page(RULES)(canvas)
        raised(canvas, "第五条 树根按10", "3", "条计。", 660)

    assert texts(read_pdf(pdf(call)))[-1] == "第五条树根按10^3条计。"


def test_articles_with_radicals_or_without_blanks_begin_paragraphs() -> None:
    lines = [
        "第⼀条 古树挂牌。",
        "第⼆条 古树登记。",
        "第三条古树巡查。",
        "第四条：古树养护。",
        "第五条（罚则）违者罚款。",
    ]
    assert articles(read_pdf(pdf(lines_page(lines)))) == ["第一条", "第二条", "第三条", "第四条", "第五条"]
