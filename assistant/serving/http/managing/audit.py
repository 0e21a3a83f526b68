"""留痕: who did what, when; whether the records are whole; all of it as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse

from assistant.access.audit_proof import Finding
from assistant.corpus.standing import day_in_beijing
from assistant.errors import InputError
from assistant.schema.principal import Principal
from assistant.serving.audit_desk import AuditDesk, Found, Wish
from assistant.serving.desk import Desk
from assistant.serving.http.errors import STATUS_OF_CODE
from assistant.serving.http.managing.shell import Managed, Refusal, managed, read_form, show_admin, tried
from assistant.serving.http.rules import Asker
from assistant.serving.render.audit import fact_lines, gist, kind_words, outcome_choices

PATH = "/admin/audit"
_A_PAGE = 30
_MOST_MARKS = 5
_LONGEST = {"who": 200, "kind": 40, "doc": 200, "outcome": 40, "first": 10, "last": 10}


def add_audit(app: FastAPI, desk: Desk) -> None:
    """Give an application the pages of the audit."""
    one: dict[int, AuditDesk] = {}  # by office, which a test may change

    def books(request: Request) -> AuditDesk:
        office = managed(request)
        return one.setdefault(id(office), AuditDesk(office.registry, desk.provider))

    @app.get(PATH, include_in_schema=False)
    def page(request: Request, asker: Asker, _: Managed) -> Response:
        fields = _fields(request)
        try:
            found = books(request).read(asker, _wish(fields), before=_before(request), limit=_A_PAGE)
        except InputError as exc:
            refusal = Refusal(exc.message, STATUS_OF_CODE.get(exc.code, 422))
            return _shown(request, books(request), asker, fields, refusal=refusal)
        return _shown(request, books(request), asker, fields, found)

    @app.get(f"{PATH}/export", include_in_schema=False)
    def export(request: Request, asker: Asker, _: Managed) -> Response:
        lines = books(request).export(asker, _wish(_fields(request)))
        name = f"audit-{day_in_beijing(datetime.now(UTC))}.jsonl"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingResponse(_bytes(lines), media_type="text/plain; charset=utf-8", headers=headers)

    @app.post(f"{PATH}/verify", include_in_schema=False)
    async def verify(request: Request, asker: Asker, _: Managed) -> Response:
        form = await read_form(request, files=_MOST_MARKS)
        marks = [file.content.decode("utf-8", "replace") for file in form.files]
        done = await tried(lambda: books(request).verify(asker, marks))
        if isinstance(done, Refusal):
            return await asyncio.to_thread(_shown, request, books(request), asker, {}, refusal=done)
        return show_admin(request, "admin_verified", finding=done, words=_finding_words(done))


def _bytes(lines: Iterator[str]) -> Iterator[bytes]:
    for line in lines:
        yield f"{line}\n".encode("utf-8", "surrogatepass")


def _fields(request: Request) -> dict[str, str]:
    """What was asked for, as it stands in the address."""
    return {name: request.query_params.get(name, "").strip()[:most] for name, most in _LONGEST.items()}


def _wish(fields: dict[str, str]) -> Wish:
    """The same, read.

    Raises:
        InputError: a day is none.
    """
    return Wish(
        person=fields["who"],
        kind=fields["kind"],
        document=fields["doc"],
        outcome=fields["outcome"],
        first=_day(fields["first"]),
        last=_day(fields["last"]),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as exc:
        raise InputError("日期须形如 2026-01-31。") from exc


def _before(request: Request) -> int | None:
    said = request.query_params.get("before", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


def _shown(
    request: Request,
    books: AuditDesk,
    asker: Principal,
    fields: dict[str, str],
    found: Found | None = None,
    refusal: Refusal | None = None,
) -> Response:
    chosen = {name: fields.get(name, "") for name in _LONGEST}
    values: dict[str, Any] = {
        "found": found or Found(records=(), older=None),
        "asked_for": found is not None,
        "chosen": chosen,
        "narrowed": any(chosen.values()),
        "choices": books.choices(asker),
        "outcomes": outcome_choices(),
        "first_page": _before(request) is None,
        "kind_words": kind_words,
        "gist": gist,
        "fact_lines": fact_lines,
    }
    status = refusal.status if refusal else 200
    return show_admin(request, "admin_audit", status=status, fault=refusal.message if refusal else "", **values)


def _finding_words(found: Finding) -> str:
    if not found.whole:
        return f"第 {found.first_bad} 条起有问题：{found.reason}。它之前的 {found.last} 条完整。"
    if found.marked:
        return f"{found.records} 条记录完整，其中 {found.marked} 条与另存的校验值相同。"
    return f"{found.records} 条记录前后相接，没有被改动、抽走或插入。"
