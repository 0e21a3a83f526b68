"""The routes of the library: documents and clauses, for those who may see them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import FastAPI, Path

from assistant.corpus.beside import neighbours, same_words, versions_of
from assistant.errors import NotFoundError
from assistant.schema.document import Clause, Document
from assistant.serving.desk import Desk
from assistant.serving.http import wire
from assistant.serving.http.bodies import clause_at
from assistant.serving.http.errors import documented
from assistant.serving.http.paging import MOST, Cursor, Limit, named_place, number_place, page
from assistant.serving.http.rules import Asker
from assistant.serving.http.wire_given import ClauseDetail, ClauseList, VersionBody
from assistant.serving.render.fields import clause_body, document_body, outline_body, related_body

DocumentId = Annotated[str, Path(description="文件编号。", examples=["notice_2024_shaanxi"], max_length=200)]
Address = Annotated[str, Path(description="条款地址。", examples=["二、（三）"], max_length=200)]


def add_library(app: FastAPI, desk: Desk) -> None:
    """Give an application these routes."""
    _add_documents(app, desk)
    _add_clauses(app, desk)


def _add_documents(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/v1/documents", summary="文件清单", tags=["文件"], responses=documented(422, 503))
    def documents(asker: Asker, cursor: Cursor = None, limit: Limit = MOST) -> wire.DocumentList:
        """按编号排列，每页至多 100 份；`next` 不为 null 时还有下一页。"""
        assistant, after = desk.provider(), named_place(cursor)
        behind = sorted(
            (meta for meta in assistant.documents(asker.labels) if after is None or meta.id > after),
            key=lambda meta: meta.id,
        )
        found, following = page(behind, limit, lambda meta: (meta.id,))
        return wire.DocumentList(
            generation=assistant.generation, documents=list(map(document_body, found)), next=following
        )

    @app.get(
        "/api/v1/documents/{document_id}",
        summary="一份文件及其条款目录",
        tags=["文件"],
        responses=documented(404, 422, 503),
    )
    def document(document_id: DocumentId, asker: Asker) -> wire.DocumentDetail:
        return outline_body(desk.provider().document(document_id, asker.labels))


def _add_clauses(app: FastAPI, desk: Desk) -> None:
    @app.get(
        "/api/v1/documents/{document_id}/clauses",
        summary="条款目录",
        tags=["文件"],
        responses=documented(404, 422, 503),
    )
    def clauses(document_id: DocumentId, asker: Asker, cursor: Cursor = None, limit: Limit = MOST) -> ClauseList:
        """次序同原文，每页至多 100 条。"""
        found, after = desk.provider().document(document_id, asker.labels), number_place(cursor)
        lines = list(enumerate(found.addressable()))[(after + 1 if after is not None else 0) :]
        shown, following = page(lines, limit, lambda one: (one[0],))
        return ClauseList(
            document_id=found.id, clauses=[wire.ClauseLine.of(clause) for _, clause in shown], next=following
        )

    @app.get(
        "/api/v1/documents/{document_id}/clauses/{address:path}",
        summary="一个条款",
        tags=["文件"],
        responses=documented(404, 422, 503),
    )
    def clause(document_id: DocumentId, address: Address, asker: Asker) -> ClauseDetail:
        """一字不改的原文，前后的条款，以及同一文件其他文本里的这一条。"""
        assistant = desk.provider()
        found = assistant.document(document_id, asker.labels)
        place = clause_at(found, address)
        if place is None:
            raise NotFoundError("这份文件没有该地址的条款，请先查阅文件的条款目录，再填写其中的地址。")
        related = list(map(related_body, assistant.related_to(found.id, place.address, asker.labels)))
        others = versions_of(found.meta, assistant.documents(asker.labels))
        return ClauseDetail(
            **clause_body(found, place, related=related).model_dump(),
            **asdict(neighbours(found, place)),
            versions=[_version(place, assistant.document(meta.id, asker.labels)) for meta in others],
        )


def _version(place: Clause, other: Document) -> VersionBody:
    there = other.find(place.address)
    return VersionBody(
        document_id=other.id,
        document_title=other.meta.title,
        status=other.meta.validity,
        effective_on=other.meta.effective_on,
        address=there.address if there else None,
        same_words=same_words(place, there) if there else None,
    )
