"""Where a citation leads: the versions that are meant, and the clauses that its addresses name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from assistant.parsing.addresses import Address, locate
from assistant.proof.citations import Cited
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta, Level


@dataclass(frozen=True, slots=True)
class Resolved:
    """The documents of a citation and the clauses it names. `missing`: an address that none of them has.

    `together`: the clauses are read as one, since the citation names a range, or an item without its 款.
    """

    documents: tuple[DocumentMeta, ...] = ()
    clauses: tuple[tuple[DocumentMeta, Clause], ...] = ()
    missing: str | None = None
    together: bool = False


def resolve(cited: Cited, load: Callable[[str], Document], *, day: date, past: bool = False) -> Resolved:
    """Where `cited` leads on `day`: in the versions in force, or in all where none is.

    `past`: the sentence says itself that what it cites no longer holds; the versions that do not are meant.
    """
    if cited.name is None or not cited.name.documents:
        return Resolved()
    named = cited.name.documents
    metas = tuple(d for d in named if d.in_force(day) is not past) or named
    found: list[tuple[DocumentMeta, Clause]] = []
    holding, together = metas, cited.ranged
    for address in cited.addresses:
        held = [(m, clauses) for m in metas if (clauses := clauses_at(load(m.id), address))]
        if not held:
            return Resolved(metas, missing=address.local)
        newest, clauses = max(held, key=lambda one: (one[0].effective_on or date.min, one[0].id))
        several = clauses if _without_paragraph(clauses) else clauses[:1]
        found.extend((newest, clause) for clause in several)
        together = together or len(several) > 1
        holding = (newest,)
    return Resolved(holding, tuple(found), together=together)


def _without_paragraph(clauses: tuple[Clause, ...]) -> bool:
    return len(clauses) > 1 and all(clause.level is Level.ITEM for clause in clauses)


def clauses_at(document: Document, address: Address) -> tuple[Clause, ...]:
    """The clauses that a cited address may mean; a notice's （十） may be called 第十条 or 第十项 too."""
    if found := _items_at(document, address) or locate(document, address):
        return found
    if document.meta.kind is not DocumentKind.NOTICE:
        return ()
    kinds = [s.kind for s in address.steps]
    if kinds in (["条", "项"], ["条", "（一）"]):  # 第五条第（十）项 for 五、（十）
        heading = Address((replace(address.steps[0], kind="一"), replace(address.steps[1], kind="（一）")))
        if found := locate(document, heading):
            return found
    steps = tuple(replace(s, kind="（一）") if s.kind in ("条", "项") else s for s in address.steps)
    if found := locate(document, Address(steps)):
        return found
    local = Address(steps).local
    ending = tuple(c for c in document.addressable() if c.address.endswith(local))
    return ending if len(ending) == 1 else ()


def _items_at(document: Document, address: Address) -> tuple[Clause, ...]:
    """第三条第二项: the items of that number in every 款 of the article, when it has several."""
    if [s.kind for s in address.steps] not in (["条", "项"], ["条", "（一）"]):
        return ()
    article, item = (Address((step,)).local for step in (address.steps[0], replace(address.steps[1], kind="项")))
    form = re.compile(rf"{re.escape(article)}第[^款]+款{re.escape(item)}")
    found = {c.address: c for c in document.addressable() if c.level is Level.ITEM and form.fullmatch(c.address)}
    return tuple(found.values()) if len(found) > 1 else ()
