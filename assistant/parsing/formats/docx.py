"""DOCX: paragraphs in order with the numbers Word shows, tables as tables, nothing that a reader does not see.

bytes ─ zipgate ─ Package (parts) ─ Blocks (paragraphs, tables) ─ Inline (runs, fields, drawings) ─ text

Out of the body: headers, footers, notes, comments, tracked deletions, tables of contents.
Text boxes are read where they are anchored.

Source: ECMA-376 Part 1, chapter 17.
"""

from __future__ import annotations

import re

from assistant.parsing.formats.builder import TextBuilder
from assistant.parsing.formats.captions import contents_lines, is_caption
from assistant.parsing.formats.docx_blocks import Block, Blocks, Paragraph, Table
from assistant.parsing.formats.docx_inline import V
from assistant.parsing.formats.docx_numbering import W
from assistant.parsing.formats.docx_package import Package
from assistant.parsing.formats.model import Findings, Parsed
from assistant.parsing.formats.zipgate import read_parts

_FURNITURE = re.compile(r"[\s\d—\-–－/第页共,，.ivxIVX]*$")
_SURROUNDINGS = {
    "header": "header",
    "footer": "footer",
    "footnotes": "footnote",
    "endnotes": "endnote",
    "comments": "comment",
}


def read_docx(raw: bytes) -> Parsed:
    """The readable text of a DOCX.

    Raises:
        Rejected: `corrupt`, `bomb`, `dtd`, `macro`, `encrypted`, `too_complex`, `empty` or `no_text`.
    """
    findings = Findings()
    package = Package(read_parts(raw, findings), findings)
    builder = TextBuilder()
    _render(Blocks(package, findings).read(), builder, findings)
    _report_surroundings(package, findings)
    return builder.finish(findings)


def _render(blocks: list[Block], builder: TextBuilder, findings: Findings) -> None:
    lines = [b.text.strip() if isinstance(b, Paragraph) else "" for b in blocks]
    marked = frozenset(i for i, b in enumerate(blocks) if isinstance(b, Paragraph) and b.contents)
    contents = contents_lines(lines, marked)
    if contents:
        findings.lose("目录")
    before: Paragraph | None = None
    for at, block in enumerate(blocks):
        if isinstance(block, Table):
            last = before.text.strip().rpartition("\n")[2] if before else ""
            named = before is not None and is_caption(last, styled=before.caption)
            builder.table(block.rows, last if named else None)
            before = None
        elif at not in contents and block.text.strip():
            builder.paragraph(block.text)
            before = block


def _report_surroundings(package: Package, findings: Findings) -> None:
    """Headers, footers, notes and comments: found, not indexed."""
    for kind, name in package.kinds:
        tree = package.tree(name) if kind in _SURROUNDINGS else None
        if tree is None:
            continue
        items = [tree] if kind in ("header", "footer") else list(tree)
        for item in items:
            words = "".join(t.text or "" for t in item.iter(f"{W}t"))
            if not _FURNITURE.match(words):
                findings.hide(_SURROUNDINGS[kind], words)
        for path in tree.iter(f"{V}textpath"):
            findings.hide("watermark", str(path.get("string", "")))
