"""读原文: the documents of the library, and one of them with its clauses, for those who may see them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from threading import Lock
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response

from assistant.corpus.standing import day_in_beijing, said
from assistant.errors import NotFoundError
from assistant.schema.document import DocumentMeta, LegalLevel
from assistant.schema.principal import Principal
from assistant.serving.desk import Desk
from assistant.serving.http.pages import show
from assistant.serving.http.rules import Asker
from assistant.serving.ports import Assistant
from assistant.serving.reading.document import Asked, find_clause, reading_of
from assistant.serving.reading.references import References
from assistant.serving.reading.shelf import Wanted, entries, entry

Words = Annotated[str, Query(max_length=200)]
Quotes = Annotated[list[str] | None, Query(max_length=8)]
NO_DOCUMENT = "没有这份文件，请从文件清单里打开。"
_NO_CLAUSE = "这份文件没有这一条，请从文件的条款目录里打开。"
_KEPT = 8  # references of as many libraries as different people see
_MOST_QUOTED = 600  # characters of a quote


def add_reading(app: FastAPI, desk: Desk) -> None:
    """Give an application these pages."""
    kept = _Kept()

    @app.get("/read", include_in_schema=False)
    def shelf(request: Request, asker: Asker, words: Words = "", level: Words = "", state: Words = "") -> Response:
        documents = desk.provider().documents(asker.labels)
        wanted = Wanted(words=words.strip(), level=level, state=state)
        listed = entries(documents, wanted, day=_today())
        return show(
            request,
            "shelf",
            active="read",
            entries=listed,
            count=len(documents),
            wanted=wanted,
            levels=[one.value for one in LegalLevel],
            said=said,
        )

    @app.get("/read/{place:path}", include_in_schema=False)
    def document(
        request: Request, asker: Asker, place: str, q: Quotes = None, find: Words = "", page: int | None = None
    ) -> Response:
        assistant = desk.provider()
        documents = assistant.documents(asker.labels)
        document_id, address = _parted(place, documents)
        held = assistant.document(document_id, asker.labels)
        if address is not None and find_clause(held, address) is None:
            raise NotFoundError(_NO_CLAUSE)
        quotes = tuple(words[:_MOST_QUOTED] for words in q or ())
        asked = Asked(address=address, quotes=quotes, find=find.strip(), page=page)
        references = kept.references(assistant, asker, documents)
        return show(
            request,
            "document",
            active="read",
            document=held,
            entry=entry(held.meta, documents, day=_today()),
            reading=reading_of(held, asked, references),
            asked_of=asked,
            whole=references.whole,
            said=said,
        )


def _today() -> date:
    return day_in_beijing(datetime.now(UTC))


def _parted(place: str, documents: Sequence[DocumentMeta]) -> tuple[str, str | None]:
    """The document and the address of `文件/条款`; ids and addresses may hold a stroke themselves.

    Raises:
        NotFoundError: there is no such document, or it may not be seen: no one can tell which.
    """
    found = [meta.id for meta in documents if place == meta.id or place.startswith(f"{meta.id}/")]
    if not found:
        raise NotFoundError(NO_DOCUMENT)
    document_id = max(found, key=len)
    return document_id, place[len(document_id) + 1 :] or None


class _Kept:
    """The references of a library as somebody sees it, read once for each generation."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: OrderedDict[tuple[str, frozenset[str]], References] = OrderedDict()

    def references(self, assistant: Assistant, asker: Principal, documents: Sequence[DocumentMeta]) -> References:
        key = assistant.generation, frozenset(meta.id for meta in documents)
        labels = asker.labels
        with self._lock:
            if key not in self._made:
                for old in [other for other in self._made if other[0] != key[0]]:
                    del self._made[old]  # with it the index that it reads from
                self._made[key] = References(documents, lambda name: assistant.document(name, labels))
                while len(self._made) > _KEPT:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]
