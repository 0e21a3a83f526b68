"""What a text states of itself: title, 文种, 发文机关, 文号, dates, 有效期, region; each with its place.

A fact that the text does not state is absent; nothing is guessed from the file's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assistant.parsing.facts.agencies import issuers
from assistant.parsing.facts.days import day_of, days
from assistant.parsing.facts.leaves import leaves_of
from assistant.parsing.facts.numbers import document_number, number_form
from assistant.parsing.facts.state import ended
from assistant.parsing.facts.titles import genre_of, title_and_kind
from assistant.parsing.readable import readable
from assistant.schema.document import Clause, HeaderFact

__all__ = ["day_of", "fact", "genre_of", "number_form", "read_header", "revisions"]


def read_header(clauses: Sequence[Clause], text: str) -> tuple[HeaderFact, ...]:
    """The facts that the text states, at most one of a name but `issuer`, `revised` and `repeals`."""
    leaves = leaves_of(clauses, readable(text))
    return (*title_and_kind(leaves), *issuers(leaves), *document_number(leaves), *days(leaves), *ended(leaves))


def revisions(facts: Sequence[HeaderFact]) -> tuple[date, ...]:
    """The days of amendment, in order."""
    return tuple(sorted({date.fromisoformat(f.value) for f in facts if f.name == "revised"}))


def fact(facts: Sequence[HeaderFact], name: str) -> HeaderFact | None:
    """The first fact of that name."""
    return next((f for f in facts if f.name == name), None)
