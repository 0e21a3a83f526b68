"""What a question names and the sentences chosen for it, or the places that it names, do not speak of."""

from __future__ import annotations

from collections.abc import Callable

from assistant.answering.select import Selection
from assistant.question.reading import Reading
from assistant.schema.chunk import Chunk
from assistant.text.folding import fold, squeeze

_HEADING = 40  # characters of a clause, in which its heading stands


def held_by(selection: Selection, clause_of: Callable[[Chunk], Chunk]) -> str:
    """The chosen sentences with what tells what they are about: lead, addressee, titles, the clause's heading.

    Args:
        clause_of: the clause chunk a sentence belongs to.
    """
    return " ".join(
        " ".join(
            (
                p.chunk.lead,
                p.chunk.plain,
                p.chunk.subject or "",
                *p.chunk.heading_path,
                clause_of(p.chunk).plain[:_HEADING],
            )
        )
        for p in selection.picks
    )


def unspoken(reading: Reading, selection: Selection, held: str) -> tuple[str, ...]:
    """Matters of the table, and terms of the lexicon, that the question asks about and no sentence speaks of.

    Args:
        held: the words of the chosen sentences, as `held_by` gives them.
    """
    if selection.exhaustive:
        return ()
    text = squeeze(fold(held))
    named = tuple(matter.said for matter in reading.spoken_of.matters if not matter.stands_in(text))
    return named or tuple(term for term in reading.words.telling if not _both_halves(term, text))


def not_there(reading: Reading) -> str:
    """That a place holds nothing of what the question says it holds; empty when it does, or says nothing."""
    places = reading.places
    if not reading.claimed or not places or any(place.clause is None for place in places):
        return ""
    held = squeeze(fold(" ".join(place.clause.text for place in places if place.clause)))
    if any(fold(word) in held for word in reading.claimed):
        return ""
    named = "、".join(f"《{place.document.title}》{place.address.local}" for place in places)
    return f"{named}没有写到“{reading.claimed[0]}”。"


def _both_halves(term: str, text: str) -> bool:
    """Whether `text` holds the first and the last two characters of `term`."""
    return all(half in text for half in (fold(term[:2]), fold(term[-2:])))
