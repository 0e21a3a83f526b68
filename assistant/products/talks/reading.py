"""The lines of a file as people gave it back, page by page, and the register inside it.

Lines come in the order in which the exporter wrote them: shapes of a page one after the other, then its notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from assistant.errors import InputError
from assistant.parsing.formats.model import Findings, Rejected
from assistant.parsing.formats.zipgate import SLIDES, WORD, read_parts
from assistant.products.talks.package import kept_register

PPTX, DOCX = ".pptx", ".docx"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """A file that was exported before. `pages`: lines by page; a handout is one page."""

    kind: str  # ".pptx" or ".docx"
    pages: tuple[tuple[str, ...], ...]
    register: str | None  # JSON


def read_back(raw: bytes, kind: str) -> GivenBack:
    """The lines of a file.

    Raises:
        InputError: it is no PPTX or DOCX file, is damaged, or may not be opened.
    """
    if kind not in (PPTX, DOCX):
        raise InputError("只能核对 .pptx 和 .docx 文件。")
    try:
        read_parts(raw, Findings(), SLIDES if kind == PPTX else WORD)
        return _slides(raw) if kind == PPTX else _handout(raw)
    except Rejected as exc:
        raise InputError(f"文件无法核对：{exc.message}。") from exc
    except (KeyError, ValueError, AttributeError, OSError) as exc:
        raise InputError("文件无法读取，请确认它是完整的 .pptx 或 .docx 文件。") from exc


def _slides(raw: bytes) -> GivenBack:
    from pptx import Presentation

    presentation: Any = Presentation(BytesIO(raw))
    pages = tuple(tuple(_page(slide)) for slide in presentation.slides)
    return GivenBack(kind=PPTX, pages=pages, register=kept_register(presentation.part))


def _page(slide: Any) -> Iterator[str]:
    for shape in slide.shapes:
        yield from _shape(shape)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        yield from _paragraphs(slide.notes_slide.notes_text_frame.paragraphs)


def _shape(shape: Any) -> Iterator[str]:
    if hasattr(shape, "shapes"):  # a group
        for inner in shape.shapes:
            yield from _shape(inner)
    elif getattr(shape, "has_table", False) and shape.has_table:
        for row in shape.table.rows:
            for cell in row.cells:
                yield from _paragraphs(cell.text_frame.paragraphs)
    elif getattr(shape, "has_text_frame", False) and shape.has_text_frame:
        yield from _paragraphs(shape.text_frame.paragraphs)


def _paragraphs(paragraphs: Any) -> Iterator[str]:
    """Their words; a line break inside one is none."""
    for paragraph in paragraphs:
        text = "".join(paragraph.text.replace("\v", "").splitlines())
        if text.strip():
            yield text.strip()


def _handout(raw: bytes) -> GivenBack:
    from docx import Document as DocxDocument

    document: Any = DocxDocument(BytesIO(raw))
    lines = tuple(_body(document))
    return GivenBack(kind=DOCX, pages=(lines,), register=kept_register(document.part))


def _body(holder: Any) -> Iterator[str]:
    from docx.table import Table

    for inner in holder.iter_inner_content():
        if isinstance(inner, Table):
            for row in inner.rows:
                for cell in row.cells:
                    yield from _body(cell)
        else:
            yield from _paragraphs([inner])
