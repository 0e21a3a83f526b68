"""A question about a matter that a document left out alone treats: it is named, and no other answers for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from assistant.corpus.view import chosen
from assistant.indexing.ports import LibraryPort
from assistant.parsing.facts.state import without_state
from assistant.question.reading import Reading
from assistant.schema.document import DocumentMeta
from assistant.text.folding import fold

_ASKS_FORCE = re.compile(r"有效|失效|废止|作废|管用|能用|还用|施行|生效|过期")
_SHORTEST = 2  # characters of a word that names a matter


def only_left_out(library: LibraryPort, reading: Reading, day: date) -> DocumentMeta | None:
    """The document not in force on `day` that alone knows a word of its own title which the question says.

    `None` when the question chooses a day, names or compares versions, asks what an old text said, or its words
    stand in a document that holds too.
    """
    query = reading.query
    if _chooses(reading):
        return None
    out = [m for m in library.documents if not m.in_force(day) and chosen(m, query.filters)]
    ids = frozenset(meta.id for meta in out)
    if not ids or (ids & reading.allowed and not _ASKS_FORCE.search(query.text)):
        return None
    known, _ = library.sparse.vocabulary(query.standalone, within=ids)
    held, _ = library.sparse.vocabulary(query.standalone, within=reading.allowed - ids)
    own = [word for word in known if word not in held and len(word) >= _SHORTEST]
    best = max(_saying(out, own), key=lambda pair: (pair[0], pair[1].id), default=None)
    return best[1] if best else None


def _chooses(reading: Reading) -> bool:
    """Whether the question says itself which text or which day it means."""
    query = reading.query
    return query.as_of is not None or bool(query.versions or query.named or query.outdated)


def _saying(metas: Iterable[DocumentMeta], words: list[str]) -> list[tuple[int, DocumentMeta]]:
    """The documents whose titles say some of `words`, with how many characters of them."""
    found = []
    for meta in metas:
        title = fold(without_state(meta.title))
        said = sum(len(word) for word in words if word in title)
        if said:
            found.append((said, meta))
    return found
