"""版本对照: two documents of the library side by side, and the same as a file."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response

from assistant.errors import InputError
from assistant.products.compare.compare import compare
from assistant.products.compare.report import NOTE, UNLIKE, named, summary
from assistant.serving.desk import Desk
from assistant.serving.http.pages import show
from assistant.serving.http.rules import Asker
from assistant.serving.reading.comparison import DIFFERING, pairs_on, sheet_of
from assistant.serving.render.comparison import FILES, file_name

DocumentName = Annotated[str, Query(max_length=200)]
MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown; charset=utf-8",
}


def add_comparing(app: FastAPI, desk: Desk) -> None:
    """Give an application this page and its files."""

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
        found = compare(assistant.document(a, asker.labels), assistant.document(b, asker.labels))
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
        found = compare(assistant.document(a, asker.labels), assistant.document(b, asker.labels))
        return download(FILES[kind](found), file_name(found, kind), MEDIA_TYPES[kind])


def download(content: bytes, name: str, kind: str) -> Response:
    """A file to be kept, under its Chinese name."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=kind, headers=headers)
