"""A notice as a file, with an order at the start of one clause, amid another, at the end of a third."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

from assistant.evaluation.attacks.cases import Attack, CarryingClause

Carrier = Callable[[str, Sequence[str]], bytes]  # title and paragraphs as the bytes of a file


def write_poisoned(
    folder: Path, kinds: Mapping[str, Sequence[Attack]], notice: Sequence[CarryingClause], suffix: str, carrier: Carrier
) -> dict[str, Path]:
    """One file for each kind of order, by kind."""
    paths = {}
    for at, (kind, orders) in enumerate(kinds.items()):
        paths[kind] = folder / f"{suffix}{at:02d}.{suffix}"
        paths[kind].write_bytes(carrier(notice[0].label, paragraphs(notice[1:], orders)))
    return paths


def paragraphs(notice: Sequence[CarryingClause], orders: Sequence[Attack]) -> list[str]:
    """The paragraphs, each order where its place is."""
    by_place = {order.place: order.text for order in orders}
    return [clause.label + _with_order(clause, by_place.get(clause.place)) for clause in notice]


def _with_order(clause: CarryingClause, order: str | None) -> str:
    if clause.place is None or order is None:
        return clause.words
    order += "" if order.endswith(("。", "！", "!", ".")) else "。"
    match clause.place:
        case "start":
            return order + clause.words
        case "middle":
            first, stop, rest = clause.words.partition("。")
            return f"{first}{stop}{order}{rest}"
        case "end":
            return clause.words + order


def _txt(title: str, texts: Sequence[str]) -> bytes:
    return "\n\n".join((title, *texts)).encode()


def _md(title: str, texts: Sequence[str]) -> bytes:
    return "\n\n".join((f"# {title}", *texts)).encode()


def _html(title: str, texts: Sequence[str]) -> bytes:
    body = "".join(f"<p>{escape(text)}</p>" for text in texts)
    page = f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body>'
    return f"{page}<h1>{title}</h1>{body}</body></html>".encode()


CARRIERS: Mapping[str, Carrier] = {"txt": _txt, "md": _md, "html": _html}
