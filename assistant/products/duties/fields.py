"""The duty table for programs: what a route or a file of JSON says of it."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.products.duties.model import Degree, Duty, DutyTable


def chosen(table: DutyTable, *, kind: str | None = None, degree: Degree | None = None) -> Iterator[Duty]:
    """The rows of one kind of addressee and one degree, in their order; `None` chooses all."""
    for duty in table.duties:
        if (kind is None or kind in (duty.actor.kinds or ("未载明",))) and (degree is None or duty.degree is degree):
            yield duty


def table_fields(table: DutyTable, *, kind: str | None = None, degree: Degree | None = None) -> dict[str, object]:
    """The table as plain values, with what was not read."""
    rows = [duty_fields(duty) for duty in chosen(table, kind=kind, degree=degree)]
    return {
        "day": table.day.isoformat(),
        "documents": [{"id": name, "title": title} for name, title in table.documents],
        "left_out": [{"title": title, "why": why} for title, why in table.left_out],
        "unread": [
            {"document": one.document_id, "what": one.what, "count": one.count, "places": list(one.places)}
            for one in table.unread
        ],
        "count": len(rows),
        "duties": rows,
    }


def duty_fields(duty: Duty) -> dict[str, object]:
    """One row as plain values."""
    carrier = duty.actor.carrier
    return {
        "id": duty.id,
        "actor": duty.actor.words,
        "actor_shown": duty.actor.shown,
        "carried_from": None if carrier is None else {"address": carrier.address, "quote": carrier.quote},
        "actor_kinds": list(duty.actor.kinds),
        "degree": duty.degree.value,
        "act": duty.act,
        "objects": list(duty.objects),
        "conditions": list(duty.conditions),
        "exceptions": list(duty.exceptions),
        "deadlines": list(duty.deadlines),
        "related": list(duty.related),
        "sources": [
            {
                "document": source.document_id,
                "title": source.title,
                "document_number": source.document_number,
                "address": source.address,
                "quote": source.quote,
                "validity": source.validity.value,
                "effective_on": source.effective_on.isoformat() if source.effective_on else None,
                "in_force": source.in_force,
            }
            for source in duty.sources
        ],
    }
