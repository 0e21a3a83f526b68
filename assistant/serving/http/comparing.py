"""版本对照: two documents of the library side by side, and the same as a file."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response

from assistant.errors import AssistantError, InputError
from assistant.products.compare.compare import compare
from assistant.products.compare.model import Comparison
from assistant.products.compare.report import NOTE, UNLIKE, named, summary
from assistant.serving.desk import Desk
from assistant.serving.http.pages import show
from assistant.serving.http.rules import Asker
from assistant.serving.ports import Assistant
from assistant.serving.reading.comparison import DIFFERING, pairs_on, sheet_of
from assistant.serving.render.comparison import FILES, file_name

_KEPT = 4
_PATIENCE_S = 30.0
DocumentName = Annotated[str, Query(max_length=200)]
MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown; charset=utf-8",
}


def add_comparing(app: FastAPI, desk: Desk) -> None:
    """Give an application this page and its files."""
    kept = Comparisons()

    @app.get("/compare", include_in_schema=False)
    def side_by_side(
        request: Request,
        asker: Asker,
        a: DocumentName = "",
        b: DocumentName = "",
        choose: Annotated[str, Query(alias="show", max_length=20)] = DIFFERING,
        page: int = 1,
    ) -> Response:
        assistant = desk.provider()
        documents = assistant.documents(asker.labels)
        pairs = list(pairs_on(documents))
        both: dict[str, Any] = {"documents": documents, "pairs": pairs, "a": a, "b": b, "named": named}
        if not a or not b:
            return show(request, "compare", active="compare", comparison=None, **both)
        found = kept.comparison(assistant, a, b, asker.labels)
        return show(
            request,
            "compare",
            active="compare",
            comparison=found,
            sheet=sheet_of(found, choose, page),
            chosen=choose,
            summary=summary(found),
            unlike=UNLIKE,
            note=NOTE,
            files=list(FILES),
            **both,
        )

    @app.get("/compare/export", include_in_schema=False)
    def export(asker: Asker, a: DocumentName, b: DocumentName, kind: Annotated[str, Query(max_length=10)]) -> Response:
        if kind not in FILES:
            raise InputError("导出的格式须为 docx、xlsx 或 md。", code="bad_request")
        assistant = desk.provider()
        found = kept.comparison(assistant, a, b, asker.labels)
        return download(FILES[kind](found), file_name(found, kind), MEDIA_TYPES[kind])


class ComparingBusy(AssistantError):
    """Another comparison is being made, and it takes its time."""

    code = "busy"


class Comparisons:
    """The last comparisons of the index that is served, so that a page of one costs little; one is made at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: OrderedDict[tuple[str, str, str], Comparison] = OrderedDict()

    def comparison(self, assistant: Assistant, a: str, b: str, labels: frozenset[str]) -> Comparison:
        """The comparison of two documents that may be seen.

        Raises:
            NotFoundError: one of them is not there, or may not be seen: no one can tell which.
            ComparingBusy: others are being made.
        """
        before, after = assistant.document(a, labels), assistant.document(b, labels)
        key = (assistant.generation, a, b)
        if (held := self._made.get(key)) is not None:
            return held
        if not self._lock.acquire(timeout=_PATIENCE_S):
            raise ComparingBusy("正在对照别的文件，请稍后再试。")
        try:
            if key not in self._made:
                self._made[key] = compare(before, after)
            self._made.move_to_end(key)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return self._made[key]
        finally:
            self._lock.release()


def download(content: bytes, name: str, kind: str) -> Response:
    """A file to be kept, under its Chinese name."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=kind, headers=headers)
