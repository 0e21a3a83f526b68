"""What a question names and the sentences chosen for it, or the places that it names, do not speak of."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.answering.select import Selection, defines
from assistant.question.reading import Reading
from assistant.schema.chunk import Chunk
from assistant.text.folding import fold, squeeze

_DIFFERS = re.compile(r"区别|不同于|区分|有别于")
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
    if unsaid := _meaning_unsaid(reading, selection):
        return unsaid
    named = tuple(matter.said for matter in reading.spoken_of.matters if not matter.stands_in(text))
    return named or tuple(term for term in reading.words.telling if not _both_halves(term, text))


def _meaning_unsaid(reading: Reading, selection: Selection) -> tuple[str, ...]:
    """The meaning of a term, or the difference of two, that is asked for, when the chosen sentences merely use them."""
    asked, chunks = reading.asked, [pick.chunk for pick in selection.picks]
    term = asked.defines
    if term and any(term in c.plain for c in chunks) and not any(defines(term, c) for c in chunks):
        return (f"{term}的含义",)
    if asked.compared is None or asked.institutions or asked.titles or reading.sides or reading.query.named:
        return ()
    one, other = asked.compared
    merely_used = _merely_used(one, other, [c.lead + c.plain for c in chunks])
    return (f"{one}与{other}的区别",) if merely_used else ()


def _merely_used(one: str, other: str, texts: Sequence[str]) -> bool:
    """Whether `texts` speak of one of two terms and do not tell them apart: by sentences on each of them alone, or by
    one that says in what they differ."""
    alone = [sum(a in text and b not in text for text in texts) for a, b in ((one, other), (other, one))]
    told = all(alone) or any(_DIFFERS.search(text) for text in texts)
    return not told and any(one in text or other in text for text in texts)


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
