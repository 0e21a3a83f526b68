"""The routes of what is managed of the library and the records: corpus, index, audit, retention."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import FastAPI, Path, Query

from assistant.indexing.generations import GenerationInfo
from assistant.serving.desk import Desk
from assistant.serving.http import wire_admin as bodies
from assistant.serving.http.admin import READS, Managed
from assistant.serving.http.errors import documented
from assistant.serving.http.given import moment
from assistant.serving.http.paging import Cursor, Limit, named_place, number_place, page
from assistant.serving.http.rules import Asker

GENERATIONS = "/api/v1/admin/generations"
_SWITCHES = documented(404, 409, 422, 500, 503)
GenerationName = Annotated[
    str,
    Path(description="索引的名称。", examples=["3f0c5a1b2c3d4e5f"], pattern="^[0-9a-f]{16}(-[0-9]{1,4})?$"),
]


def add_admin_library(app: FastAPI, desk: Desk) -> None:
    """Give an application these routes."""
    _add_index(app, desk)
    _add_audit(app, desk)
    _add_retention(app)


def _add_index(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/v1/admin/corpus", summary="文件库的现状", tags=["管理"], responses=READS)
    def corpus(asker: Asker, office: Managed) -> bodies.CorpusBody:
        shelf = office.shelf(asker, desk.provider())
        counts = Counter(meta.validity.value for meta in shelf.documents)
        return bodies.CorpusBody(
            generation=shelf.generation,
            documents=len(shelf.documents),
            by_status=dict(counts),
            waiting=list(shelf.waiting),
        )

    @app.get(GENERATIONS, summary="索引各版", tags=["管理"], responses=READS)
    def generations(asker: Asker, office: Managed, cursor: Cursor = None, limit: Limit = 20) -> bodies.GenerationList:
        after, whole = named_place(cursor), not desk.provider().hidden(asker.labels)
        listed = office.generations()
        names = [info.name for info in listed]
        behind = listed[names.index(after) + 1 :] if after in names else () if after else listed
        found, following = page(behind, limit, lambda info: (info.name,))
        return bodies.GenerationList(generations=[_generation(info, whole=whole) for info in found], next=following)

    @app.post(f"{GENERATIONS}/rollback", summary="退回上一版索引", tags=["管理"], responses=_SWITCHES)
    def roll_back(asker: Asker, office: Managed) -> bodies.GenerationBody:
        """再退一次则恢复。正在运行的服务几秒内自行改用。"""
        whole = not desk.provider().hidden(asker.labels)
        return _generation(office.roll_back(asker), whole=whole)

    @app.post(f"{GENERATIONS}/{{name}}/serve", summary="改用一版索引", tags=["管理"], responses=_SWITCHES)
    def serve(name: GenerationName, asker: Asker, office: Managed) -> bodies.GenerationBody:
        """正在运行的服务几秒内自行改用；原来的一版可以退回。"""
        whole = not desk.provider().hidden(asker.labels)
        return _generation(office.serve_generation(asker, name), whole=whole)


def _generation(info: GenerationInfo, *, whole: bool) -> bodies.GenerationBody:
    counts = {name: getattr(info, name) if whole else None for name in ("documents", "clauses", "chunks")}
    return bodies.GenerationBody(
        name=info.name,
        fingerprint=info.fingerprint,
        embedder_id=info.embedder_id,
        built_at=info.built_at,
        current=info.current,
        **counts,
    )


def _add_audit(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/v1/admin/audit", summary="留痕", tags=["管理"], responses=READS)
    def audit(
        asker: Asker,
        office: Managed,
        cursor: Cursor = None,
        limit: Limit = 20,
        kind: Annotated[
            str | None,
            Query(pattern="^[a-z][a-z.-]{0,39}$", description="只列出这一种；不填为全部。", examples=["answer"]),
        ] = None,
        subject: Annotated[
            str | None,
            Query(
                pattern=r"^[!-~\u4e00-\u9fff]{1,200}$",
                description="只列出谁的；不填为全部。",
                examples=["user:5f0c1a2b3c4d4e5f"],
            ),
        ] = None,
    ) -> bodies.RecordList:
        """新的在前。查看本身也留痕，就是其中最新的一条。"""
        before = number_place(cursor)
        listed = office.records(asker, desk.provider, before=before, kind=kind, subject=subject, limit=limit + 1)
        found, following = page(listed, limit, lambda one: (one[0].seq,))
        records = [
            bodies.RecordBody(
                seq=entry.seq,
                at=moment(entry.at),
                kind=entry.kind,
                subject=entry.subject,
                facts=None if withheld else dict(entry.facts),
                withheld=withheld,
                prev=entry.prev,
                hash=entry.hash,
            )
            for entry, withheld in found
        ]
        return bodies.RecordList(records=records, next=following)


def _add_retention(app: FastAPI) -> None:
    @app.get("/api/v1/admin/retention", summary="保存期", tags=["管理"], responses=READS)
    def retention(_: Asker, office: Managed) -> bodies.RetentionBody:
        portals = [
            bodies.EmbedRetention(id=one.id, name=one.name, retention_days=one.retention_days)
            for one in office.registry.embeds.listed()
            if one.retention_days is not None
        ]
        return bodies.RetentionBody(keep_days=office.keep_days, portals=portals)

    @app.post("/api/v1/admin/retention/run", summary="删去超过保存期的", tags=["管理"], responses=READS)
    def run(asker: Asker, office: Managed) -> bodies.PurgedBody:
        """删去超过保存期的留痕、答复和会话；删了什么、留痕从哪里开始，留在记录里。"""
        return bodies.PurgedBody.model_validate(office.purge(asker))
