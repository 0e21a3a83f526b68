"""Fields of a DOCX: their code is never text, their result is, unless it is a table of contents or a page number.

Source: ECMA-376 Part 1, 17.16.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.parsing.formats.model import TOO_COMPLEX, Findings, Rejected

_DDE = re.compile(r"^\s*DDE(AUTO)?\b", re.IGNORECASE)
_CONTENTS_FIELD = re.compile(r"^\s*(?:TOC|INDEX)\b", re.IGNORECASE)
_PAGE_FIELD = re.compile(r"^\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_EXTERNAL_FIELD = re.compile(r"^\s*(?:INCLUDETEXT|INCLUDEPICTURE|LINK|DATABASE|IMPORT)\b", re.IGNORECASE)
_MAX_DEPTH = 60


@dataclass(slots=True)
class _Field:
    """A complex field that has begun. Its code is never text; its result is, unless `skip`."""

    code: str = ""
    in_result: bool = False
    skip: bool = False


class Fields:
    """The fields that stand open. `pair`: each field of the document that begins also ends."""

    def __init__(self, findings: Findings, *, pair: bool) -> None:
        self._findings = findings
        self._open: list[_Field] = []
        self._pair = pair
        self.contents_seen = 0

    @property
    def silent(self) -> bool:
        """Whether text that stands here is no text of the document."""
        return any(f.skip or not f.in_result for f in self._open)

    @property
    def skipping(self) -> bool:
        """Whether the result of a table of contents or a page number stands here."""
        return any(f.skip and f.in_result for f in self._open)

    def mark(self, kind: str) -> str:
        """A w:fldChar of a kind; the code of a field that ends here."""
        if not self._pair:
            return ""  # a field that never ends would swallow the rest: then none is followed
        if kind == "begin":
            if len(self._open) > _MAX_DEPTH:
                raise Rejected(TOO_COMPLEX, "域代码嵌套过深，请简化后再加入")
            self._open.append(_Field())
        elif self._open and kind == "separate":
            self._open[-1].in_result = True
            self._judge(self._open[-1])
        elif self._open and kind == "end":
            field = self._open.pop()
            self._judge(field)
            return field.code
        return ""

    def code(self, words: str) -> None:
        """A piece of a field's code."""
        if not self._pair:
            self._judge(_Field(code=words))
        elif self._open and not self._open[-1].in_result:
            self._open[-1].code += words

    def is_skipped(self, code: str) -> bool:
        """Whether the result of a simple field is no text."""
        field = _Field(code=code)
        self._judge(field)
        return field.skip

    def _judge(self, field: _Field) -> None:
        if _DDE.match(field.code):
            self._findings.warn("dde_field", "文件含有会启动其他程序的域（DDE），没有执行，请核对文件来源")
        if _EXTERNAL_FIELD.match(field.code):
            message = "文件的域引用了外部内容，没有打开，请核对正文是否完整"
            self._findings.warn("external_ref", message, where="field")
        contents = self._pair and _CONTENTS_FIELD.match(field.code) is not None
        self.contents_seen += contents
        field.skip = contents or _PAGE_FIELD.match(field.code) is not None
