"""PDF with a text layer: paragraphs and ruled tables, through pdfminer's interpreter.

Nothing but page content is read: no attachment, script, form or annotation is opened or run.
"""

from __future__ import annotations

import logging
import re
from io import BytesIO
from itertools import groupby
from typing import Any

from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFObjRef, resolve1
from pdfminer.psexceptions import PSException

from assistant.parsing.formats.builder import TextBuilder
from assistant.parsing.formats.captions import is_caption
from assistant.parsing.formats.encodings import plausibility
from assistant.parsing.formats.limits import StageLimit
from assistant.parsing.formats.model import CORRUPT, ENCRYPTED, NO_TEXT, TOO_COMPLEX, Findings, Parsed, Rejected
from assistant.parsing.formats.pdf_flow import Flow, Paragraph
from assistant.parsing.formats.pdf_furniture import body_lines
from assistant.parsing.formats.pdf_lines import Grid, Line, grids_of, lines_of
from assistant.parsing.formats.pdf_page import UNKNOWN, Page, PageDevice
from assistant.parsing.formats.pdf_unfold import unfold, without_line_numbers

_OPEN_SECONDS = 8.0
_MAX_OBJECTS = 200_000
_MAX_PAGES = 3000
_MAX_CHARS = 12_000_000
_FEW = 20  # characters: a page with fewer has no text layer worth the name
_SCANNED = 0.8
_OBJECT = re.compile(rb"\d obj\b")
_SIZE = re.compile(rb"/(?:Size|N|Count)\s+(\d{1,12})\b")
_READABLE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef\w\u2010-\u2027\u2460-\u24ff%]")
_PRIVATE = re.compile(r"[\ue000-\uf8ff\ufffd\u0080-\u024f\u0370-\u1fff]")
_DAMAGED = "文件不完整或已损坏，请重新下载或重新导出 PDF"


def read_pdf(raw: bytes) -> Parsed:
    """The readable text of a PDF.

    Raises:
        Rejected: `corrupt`, `encrypted`, `no_text`, `too_complex` or `timeout`.
    """
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    findings = Findings()
    _gate(raw, findings)
    with StageLimit(_OPEN_SECONDS, CORRUPT, _DAMAGED):
        document = _open(raw, findings)
        _walk_tree(document)
    pages = _draw(document, findings)
    unfold(pages, findings)
    _report_hidden(pages, findings)
    _judge_text(pages, findings)
    return _compose(pages, findings)


def _gate(raw: bytes, findings: Findings) -> None:
    """What bytes alone tell, before anything is parsed."""
    if b"%%EOF" not in raw[-4096:]:
        raise Rejected(CORRUPT, _DAMAGED)
    if sum(1 for _ in _OBJECT.finditer(raw)) > _MAX_OBJECTS:
        raise Rejected(CORRUPT, "文件内部对象过多，不像正常的 PDF，请重新导出")
    if any(int(size) > 5 * _MAX_OBJECTS for size in _SIZE.findall(raw)):
        raise Rejected(CORRUPT, "文件内部标示的大小异常，请重新导出 PDF")
    if b"/EmbeddedFile" in raw:
        findings.warn("embedded_object", "文件带有附件，未打开，请核对是否需要另行加入")
    if b"/JavaScript" in raw or b"/JS " in raw or b"/Launch" in raw:
        findings.warn("active_content", "文件带有脚本或启动动作，没有执行，请核对文件来源")


def _open(raw: bytes, findings: Findings) -> PDFDocument:
    try:
        document = PDFDocument(PDFParser(BytesIO(raw)), password="")
    except PDFPasswordIncorrect as exc:
        raise Rejected(ENCRYPTED, "文件设有打开密码，请取消密码后再加入") from exc
    except PDFEncryptionError as exc:
        raise Rejected(ENCRYPTED, "文件的加密方式无法打开，请取消加密后再加入") from exc
    except (PDFException, PSException, ValueError, TypeError, KeyError, IndexError, AttributeError) as exc:
        raise Rejected(CORRUPT, _DAMAGED) from exc
    if document.encryption is not None:
        findings.warn("owner_password", "文件设有权限密码（可打开，限制编辑），已按只读方式读取")
    return document


def _walk_tree(document: PDFDocument) -> None:
    """Refuse a page tree that runs in circles or has no page."""
    seen: set[int] = set()
    todo: list[Any] = [document.catalog.get("Pages")]
    leaves = 0
    while todo:
        node = todo.pop()
        if isinstance(node, PDFObjRef):
            if node.objid in seen:
                raise Rejected(CORRUPT, "文件的页面目录自相循环，已损坏，请重新导出 PDF")
            seen.add(node.objid)
        try:
            entry = resolve1(node)
            kids = resolve1(entry.get("Kids")) if isinstance(entry, dict) else None
        except (PDFException, PSException, ValueError, TypeError, KeyError, RecursionError) as exc:
            raise Rejected(CORRUPT, _DAMAGED) from exc
        if isinstance(kids, list):
            todo += kids
        elif isinstance(entry, dict):
            leaves += 1
        if leaves + len(todo) > 10 * _MAX_PAGES:
            raise Rejected(TOO_COMPLEX, f"文件超过 {_MAX_PAGES} 页，请拆分后再加入")
    if not leaves:
        raise Rejected(CORRUPT, _DAMAGED)
    if leaves > _MAX_PAGES:
        raise Rejected(TOO_COMPLEX, f"文件超过 {_MAX_PAGES} 页，请拆分后再加入")


def _draw(document: PDFDocument, findings: Findings) -> list[Page]:
    manager = PDFResourceManager()
    device = PageDevice(manager)
    interpreter = PDFPageInterpreter(manager, device)
    pages: list[Page] = []
    total = 0
    try:
        for page in PDFPage.create_pages(document):
            interpreter.process_page(page)
            pages.append(device.page)
            total += len(device.page.chars) + len(device.page.hidden)
            if total > _MAX_CHARS:
                raise Rejected(TOO_COMPLEX, "文件的字符数异常，请拆分后再加入")
            _report_annotations(page, findings)
    except (
        PDFException,
        PSException,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        AssertionError,
    ) as exc:
        raise Rejected(CORRUPT, _DAMAGED) from exc
    if not pages:
        raise Rejected(CORRUPT, _DAMAGED)
    return pages


def _report_hidden(pages: list[Page], findings: Findings) -> None:
    for number, drawn in enumerate(pages, start=1):
        for kind, run in groupby(drawn.hidden, key=lambda h: h[0]):
            findings.hide(kind, "".join(text for _, text in run), where=f"第{number}页")


def _report_annotations(page: PDFPage, findings: Findings) -> None:
    annotations = resolve1(page.annots)
    for reference in annotations[:1000] if isinstance(annotations, list) else ():
        entry = resolve1(reference)
        words = resolve1(entry.get("Contents")) if isinstance(entry, dict) else None
        if isinstance(words, bytes):
            wide = words.startswith((b"\xfe\xff", b"\xff\xfe"))
            findings.hide("comment", words.decode("utf-16" if wide else "latin-1", "replace"))


def _judge_text(pages: list[Page], findings: Findings) -> None:
    """No text layer, pages that are pictures, and text that is no text."""
    counts = [sum(1 for c in page.chars if c.text.strip()) for page in pages]
    poor = [i for i, count in enumerate(counts) if count < _FEW]
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
