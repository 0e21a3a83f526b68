"""`text` grows line by line; tables keep their exact places in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from assistant.parsing.formats.cleaning import clean, visible
from assistant.parsing.formats.comparison import COMPARED, Comparison, comparison_of, in_force
from assistant.parsing.formats.model import EMPTY, NO_TEXT, Findings, Parsed, Rejected, TableSource
from assistant.schema.document import Span

_PADDING = " \t\r\n\u3000\u2002\u2003\u00a0\u200b\ufeff"
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]")


class TextBuilder:
    """The text of a document that is being put together."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._tables: list[TableSource] = []
        self.controls = 0
        self.superseded: list[str] = []  # wordings of a comparison that are no longer in force

    def paragraph(self, text: str) -> None:
        """Add a paragraph, a line for each of its lines; blank ones are left out."""
        for line in text.split("\n"):
            if inner := self._scrub(line).strip(_PADDING):
                self._line(inner)

    def table(self, rows: tuple[tuple[str, ...], ...], caption: str | None, *, numbers: tuple[int, ...] = ()) -> None:
        """Add a table; rows without a word are left out. Of one that compares, the wording in force.

        `numbers`: the number by which each row is addressed, where the source has numbers of its own.
        """
        if (found := comparison_of(rows)) is not None:
            self._compared(rows, found)
            return
        cleaned = [tuple(" ".join(self._scrub(c).split()) for c in row) for row in rows]
        kept = [at for at, row in enumerate(cleaned) if any(row)]
        if not kept:
            return
        spans = tuple(self._line("\t".join(cleaned[at])) for at in kept)
        table = TableSource(
            span=Span(spans[0].start, spans[-1].end),
            caption=caption,
            rows=tuple(cleaned[at] for at in kept),
            row_spans=spans,
            numbers=tuple(numbers[at] for at in kept) if numbers else (),
        )
        self._tables.append(table)

    def _compared(self, rows: Sequence[Sequence[str]], found: Comparison) -> None:
        for row in rows[found.head :]:
            words, old = in_force(row, found)
            self.superseded += [old] if old else []
            self.paragraph(words)

    def finish(
        self, findings: Findings, front: dict[str, Any] | None = None, *, replaced_limit: float = 0.01
    ) -> Parsed:
        """Everything that was added.

        Raises:
            Rejected: `empty`, `no_text` when only images were there, or `garbled`.
        """
        text = "\n".join(self._parts) + "\n"
        if self.controls:
            findings.warn("control_chars", f"去掉了 {self.controls} 个控制字符，请核对原文")
        for words in self.superseded:
            findings.hide("superseded", words)
        if self.superseded:
            findings.warn("comparison", COMPARED)
        if not visible(text):
            if findings.lost:
                raise Rejected(NO_TEXT, f"没有可读的文字，只有{'、'.join(findings.lost)}，请先做文字识别（OCR）")
            raise Rejected(EMPTY, "文件没有可读的正文")
        clean(text, findings, replaced_limit=replaced_limit)  # counts and judges; the lines are clean already
        return Parsed(
            text=text,
            front=front or {},
            tables=tuple(self._tables),
            warnings=findings.warnings,
            hidden=findings.hidden,
            lost=findings.lost,
        )

    def _line(self, text: str) -> Span:
        span = Span(self._size, self._size + len(text))
        self._parts.append(text)
        self._size += len(text) + 1
        return span

    def _scrub(self, text: str) -> str:
        text, removed = _CONTROLS.subn("", _BREAKS.sub(" ", text))
        self.controls += removed
        return text
