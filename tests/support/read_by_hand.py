"""A reading without a library: what the rules see in a question's own words."""

from __future__ import annotations

from datetime import date

from assistant.question.duties_asked import figures_asked, who_asked
from assistant.question.premise import premise_of
from assistant.question.reading import Reading
from assistant.question.topic import of_trade, points_here, statutes_in
from assistant.question.understanding import asking_part, sought, understand
from assistant.schema.retrieval import Filters, Query
from assistant.text.institutions import load_institutions

INSTITUTIONS = load_institutions()


def read(question: str, *, as_of: date | None = None) -> Reading:
    """`question` without what only a library can tell of it: words, parts, places, versions."""
    query = Query(text=question, standalone=question, filters=Filters(as_of=as_of))
    asked = understand(question, INSTITUTIONS)
    return Reading(
        query=query,
        search=query,
        asked=asked,
        asking=asking_part(question),
        premise=premise_of(question),
        sought=sought(asked, question),
        whose=who_asked(question),
        figures=figures_asked(question),
        statutes=statutes_in(question),
        of_trade=of_trade(question),
        points_here=points_here(question),
    )
