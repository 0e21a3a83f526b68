"""The routes of the library: documents and clauses, for those who may see them."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path

from assistant.errors import NotFoundError
from assistant.serving.desk import Desk
from assistant.serving.http import wire
from assistant.serving.http.bodies import clause_at
from assistant.serving.http.errors import documented
from assistant.serving.http.rules import Asker
from assistant.serving.render.fields import clause_body, document_body, outline_body, related_body

DocumentId = Annotated[str, Path(description="文件编号。", examples=["notice_2024_shaanxi"], max_length=200)]
Address = Annotated[str, Path(description="条款地址。", examples=["二、（三）"], max_length=200)]


def add_library(app: FastAPI, desk: Desk) -> None:
    """Give an application these routes."""

    @app.get("/api/v1/documents", summary="文件清单", tags=["文件"], responses=documented(503))
    def documents(asker: Asker) -> wire.DocumentList:
        assistant = desk.provider()
        listed = list(map(document_body, assistant.documents(asker.labels)))
        return wire.DocumentList(generation=assistant.generation, documents=listed)

    @app.get(
        "/api/v1/documents/{document_id}",
        summary="一份文件及其条款目录",
        tags=["文件"],
        responses=documented(404, 422, 503),
    )
    def document(document_id: DocumentId, asker: Asker) -> wire.DocumentDetail:
        return outline_body(desk.provider().document(document_id, asker.labels))

    @app.get(
        "/api/v1/documents/{document_id}/clauses/{address:path}",
        summary="一个条款",
        tags=["文件"],
        responses=documented(404, 422, 503),
    )
    def clause(document_id: DocumentId, address: Address, asker: Asker) -> wire.ClauseBody:
        assistant = desk.provider()
        found = assistant.document(document_id, asker.labels)
        place = clause_at(found, address)
        if place is None:
            raise NotFoundError("这份文件没有该地址的条款，请先查阅文件的条款目录，再填写其中的地址。")
        related = list(map(related_body, assistant.related_to(found.id, place.address, asker.labels)))
        return clause_body(found, place, related=related)
