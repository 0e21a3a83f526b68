"""Words held against places: what the clauses there say of them, and where else they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.proof.places import Place, Places
from assistant.proof.prove import Proof, examine
from assistant.proof.reasons import REASONS, named
from assistant.proof.rules import Rule
from assistant.schema.answer import Verdict
from assistant.text.institutions import Institutions
from assistant.text.quotes import quote_stands

_CHANGED = 0.75  # so much of a claim repeats the cited clause that what differs was changed
_CLEARLY = 0.05
_MARKS_AROUND = re.compile(r"^[\s“”\"「」『』]+|[\s“”\"「」『』]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict on one part of a sentence, and the rule that gave it."""

    verdict: Verdict
    rule: Rule
    reason: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of some places: the words without their citations, a quotation beside them, and the day."""

    words: str
    quote: str | None
    day: date


class AtPlaces:
    """Holds words against the places of a library."""

    def __init__(self, places: Places, institutions: Institutions | None) -> None:
        self._places = places
        self._institutions = institutions

    def examined(self, told: Told, places: Sequence[Place], *, together: bool = False) -> Proof:
        """The proof of what is told by `places`. `together`: their clauses count as one."""
        texts = [place.text for place in places]
        if told.quote is not None and not any(_quoted(told.quote, text) for text in texts):
            return Proof(Verdict.MISQUOTE, Rule.QUOTATION)
        if not any(char.isalnum() for char in told.words):
            return Proof(Verdict.OK if told.quote else Verdict.UNSUPPORTED, Rule.QUOTATION)
        context = "\n".join(f"{p.document_title}\n{p.address}" for p in places)
        above = "\n".join(self._places.above(place) for place in places)
        if together:
            texts = ["\n".join(texts)]
        return examine(told.words, *texts, context=f"{context}\n{above}", institutions=self._institutions)

    def elsewhere(self, told: Told, places: Sequence[Place], proof: Proof) -> Finding:
        """What is wrong with a citation that its clause does not bear out."""
        verdict = proof.verdict
        home = self._home(told, places)
        changed = verdict in (Verdict.NUMBER, Verdict.SUBJECT, Verdict.MODALITY) and proof.repeats >= _CHANGED
        if home is not None and changed and self.examined(told, [home]).repeats < min(1.0, proof.repeats + _CLEARLY):
            home = None  # it is the cited clause with a word changed
        if home is None:
            held = f"条文写的是“{proof.held}”。" if proof.held else ""
            reason = f"{named(places)}{REASONS[verdict]}{held}"
            return Finding(verdict=verdict, rule=proof.rule, reason=reason, places=tuple(places))
        old = not self._holds(home, told.day) and home.document_id not in {p.document_id for p in places}
        reason = (
            f"所述内容见{named([home])}，该文本在所问日期不具效力；{named(places)}不是这样规定的。"
            if old
            else f"所述内容不在{named(places)}，而在{named([home])}。"
        )
        found = Verdict.SUPERSEDED if old else Verdict.UNSUPPORTED
        return Finding(verdict=found, rule=Rule.ELSEWHERE, reason=reason, places=(*places, home))

    def searched(self, told: Told, ids: set[str], otherwise: str) -> Finding:
        """Whether any clause of some documents bears the words out; `otherwise`: the reason when none does."""
        if not any(char.isalnum() for char in told.words) and told.quote:
            told = replace(told, words=told.quote)
        against: list[tuple[Proof, Place]] = []
        for place in self._places.like(told.words, ids):
            proof = self.examined(told, [place])
            if proof.verdict is Verdict.OK:
                place = self._smallest(told, place)
                reason = f"与{named([place])}一致。"
                return Finding(verdict=Verdict.OK, rule=proof.rule, reason=reason, places=(place,))
            against.append((proof, place))
        if against and told.quote and all(p.verdict is Verdict.MISQUOTE for p, _ in against):
            reason = "引用的原话在本库中没有找到。"
            return Finding(verdict=Verdict.MISQUOTE, rule=Rule.QUOTATION, reason=reason)
        near = tuple(place for _, place in against[:1])
        hint = f"最接近的是{named(near)}，{REASONS[against[0][0].verdict]}" if near else ""
        return Finding(verdict=Verdict.UNSUPPORTED, rule=Rule.NOT_FOUND, reason=otherwise + hint, places=near)

    def _home(self, told: Told, places: Sequence[Place]) -> Place | None:
        """Another place that bears the words out: in the same document first, then in those in force."""
        held = {(p.document_id, p.address) for p in places}
        ids = {p.document_id for p in places}
        everywhere = {m.id for m in self._places.documents}
        found = [
            place
            for place in self._places.like(told.words, everywhere)
            if (place.document_id, place.address) not in held and self._repeated(told, place)
        ]
        if not found:
            return None
        best = min(found, key=lambda p: (p.document_id not in ids, not self._holds(p, told.day)))
        inner = self._smallest(told, best)
        return inner if (inner.document_id, inner.address) not in held else None

    def _holds(self, place: Place, day: date) -> bool:
        return self._places.meta(place.document_id).in_force(day)

    def _repeated(self, told: Told, place: Place) -> bool:
        proof = self.examined(told, [place])
        return proof.verdict is Verdict.OK and proof.repeats >= _CHANGED

    def _smallest(self, told: Told, place: Place) -> Place:
        """The 款 or 项 of a place that bears the words out by itself."""
        smaller = [p for p in self._places.inside(place) if self.examined(told, [p]).verdict is Verdict.OK]
        return min(smaller, key=lambda p: len(p.text), default=place)


def _quoted(quote: str, text: str) -> bool:
    return quote_stands(_MARKS_AROUND.sub("", quote), text)
