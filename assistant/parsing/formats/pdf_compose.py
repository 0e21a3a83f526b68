"""Pages of drawn characters become a text, whatever format they were drawn from."""

from __future__ import annotations

import re
from itertools import groupby

from assistant.parsing.formats.builder import TextBuilder
from assistant.parsing.formats.captions import is_caption
from assistant.parsing.formats.encodings import plausibility
from assistant.parsing.formats.model import NO_TEXT, Findings, Parsed, Rejected
from assistant.parsing.formats.pdf_flow import Flow, Paragraph
from assistant.parsing.formats.pdf_furniture import body_lines
from assistant.parsing.formats.pdf_lines import Grid, Line, grids_of, lines_of
from assistant.parsing.formats.pdf_page import UNKNOWN, Page
from assistant.parsing.formats.pdf_unfold import unfold, without_line_numbers

MAX_PAGES = 3000
MAX_CHARS = 12_000_000
FEW = 20  # characters: a page with fewer has no text layer worth the name
_SCANNED = 0.8
_READABLE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef\w\u2010-\u2027\u2460-\u24ff%]")
_PRIVATE = re.compile(r"[\ue000-\uf8ff\ufffd\u0080-\u024f\u0370-\u1fff]")


def compose(pages: list[Page], findings: Findings) -> Parsed:
    """The text of `pages` in reading order: paragraphs joined, ruled tables, what pages add taken out.

    Raises:
        Rejected: `no_text` or `empty`.
    """
    unfold(pages, findings)
    _report_hidden(pages, findings)
    _judge_text(pages, findings)
    return _compose(pages, findings)


def _report_hidden(pages: list[Page], findings: Findings) -> None:
    for number, drawn in enumerate(pages, start=1):
        for kind, run in groupby(drawn.hidden, key=lambda h: h[0]):
            findings.hide(kind, "".join(text for _, text in run), where=f"第{number}页")


def _judge_text(pages: list[Page], findings: Findings) -> None:
    """No text layer, pages that are pictures, and text that is no text."""
    counts = [sum(1 for c in page.chars if c.text.strip()) for page in pages]
    poor = [i for i, count in enumerate(counts) if count < FEW]
    if len(poor) > _SCANNED * len(pages):
        raise _no_text(pages)
    _report_pictures(pages, poor, findings)
    text = "".join(c.text for page in pages for c in page.chars[:4000]).replace(" ", "")
    good = len(_READABLE.findall(_PRIVATE.sub("", text)))
    share, unknown = good / max(1, len(text)), text.count(UNKNOWN) / max(1, len(text))
    if share < 0.6 or unknown > 0.05 or plausibility(_PRIVATE.sub("", text)) < 0.55:
        findings.warn("garbled", "文字层多半是乱码（字体缺少对照表），不宜收入，请提供原始电子文件或做文字识别（OCR）")


def _no_text(pages: list[Page]) -> Rejected:
    if any(kind == "invisible" for page in pages for kind, _ in page.hidden):
        message = "页面是图片，只有看不见的文字层，无法核对，请提供原始电子文件或先做文字识别（OCR）"
    else:
        message = "没有文字层，多半是扫描件，请提供原始电子文件或先做文字识别（OCR）"
    return Rejected(NO_TEXT, message)


def _report_pictures(pages: list[Page], poor: list[int], findings: Findings) -> None:
    """Pages that are pictures, of the `poor` ones, and pictures on other pages."""
    lost = [i for i in poor if pages[i].image_area > 0.2 * pages[i].width * pages[i].height]
    if lost:
        numbers = "、".join(str(i + 1) for i in lost[:50])
        findings.warn("pages_lost", f"第 {numbers} 页是图片，文字没有收入，请补充", where=numbers)
        findings.lose("图片页", len(lost))
    pictures = sum(page.images for i, page in enumerate(pages) if i not in lost)
    if pictures:
        findings.lose("图片", pictures)


def _compose(pages: list[Page], findings: Findings) -> Parsed:
    grids: list[list[Grid]] = []
    lines: list[list[Line]] = []
    for number, page in enumerate(pages):
        found, rest = grids_of(page, number)
        grids.append(found)
        lines.append(without_line_numbers(lines_of(rest, number), findings))
    lines = body_lines(pages, lines, findings)
    flow = Flow(pages, lines)
    for page_grids, page_lines in zip(grids, lines, strict=True):
        items: list[Line | Grid] = [*page_grids, *page_lines]
        for item in sorted(items, key=_height_on_page):
            flow.take(item)
    builder = TextBuilder()
    before: Paragraph | None = None
    for part in flow.finish():
        if isinstance(part, Paragraph):
            builder.paragraph(part.text)
            before = part
        else:
            named = before is not None and is_caption(before.text, styled=before.centered)
            builder.table(part.rows, before.text.strip() if before is not None and named else None)
            before = None
    return builder.finish(findings, replaced_limit=1.0)


def _height_on_page(item: Line | Grid) -> float:
    return (item.top + item.bottom) / 2 if isinstance(item, Line) else item.top
