"""PDF with a text layer: paragraphs and ruled tables, through pdfminer's interpreter.

Nothing but page content is read: no attachment, script, form or annotation is opened or run.
"""

from __future__ import annotations

import logging
import re
from io import BytesIO
from typing import Any

from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFObjRef, resolve1
from pdfminer.psexceptions import PSException

from assistant.parsing.formats.limits import StageLimit
from assistant.parsing.formats.model import CORRUPT, ENCRYPTED, TOO_COMPLEX, Findings, Parsed, Rejected
from assistant.parsing.formats.pdf_compose import MAX_CHARS, MAX_PAGES, compose
from assistant.parsing.formats.pdf_page import Page, PageDevice

_OPEN_SECONDS = 8.0
_MAX_OBJECTS = 200_000
_OBJECT = re.compile(rb"\d obj\b")
_SIZE = re.compile(rb"/(?:Size|N|Count)\s+(\d{1,12})\b")
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
    return compose(_draw(document, findings), findings)


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
        if leaves + len(todo) > 10 * MAX_PAGES:
            raise Rejected(TOO_COMPLEX, f"文件超过 {MAX_PAGES} 页，请拆分后再加入")
    if not leaves:
        raise Rejected(CORRUPT, _DAMAGED)
    if leaves > MAX_PAGES:
        raise Rejected(TOO_COMPLEX, f"文件超过 {MAX_PAGES} 页，请拆分后再加入")


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
            if total > MAX_CHARS:
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


def _report_annotations(page: PDFPage, findings: Findings) -> None:
    annotations = resolve1(page.annots)
    for reference in annotations[:1000] if isinstance(annotations, list) else ():
        entry = resolve1(reference)
        words = resolve1(entry.get("Contents")) if isinstance(entry, dict) else None
        if isinstance(words, bytes):
            wide = words.startswith((b"\xfe\xff", b"\xff\xfe"))
            findings.hide("comment", words.decode("utf-16" if wide else "latin-1", "replace"))
