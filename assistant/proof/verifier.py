"""Any text, sentence by sentence: what each cites, and whether that is what stands there.

    text → sentences → citations (find_…) → places (resolve_citations) → proof (prove) → Checked

The same proof that lets a language model's sentence through. What is checked of a citation, in this
order: the document and the address exist (NOT_FOUND); the version is in force on the day (SUPERSEDED);
quoted words stand there (MISQUOTE); figures (NUMBER), whom it addresses (SUBJECT), how it binds
(MODALITY), and that nothing is said beyond it (UNSUPPORTED). Words that stand in another clause than
the one cited are UNSUPPORTED, and the reason names that clause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.proof.at_places import AtPlaces, Finding, Told
from assistant.proof.citations import BackReference, Cited, Fault, Memory, UnknownTitle
from assistant.proof.claim_words import (
    as_history,
    claims_something,
    footnotes,
    is_note,
    says_expired,
    segments,
    sentences_of,
    undressed,
    without_citations,
    without_status,
)
from assistant.proof.find_addresses import read_address
from assistant.proof.find_citations import Citations
from assistant.proof.places import Place, Places
from assistant.proof.reasons import FAULTS, RANK, absent, expiry, named
from assistant.proof.resolve_citations import Resolved, clauses_at, resolve
from assistant.proof.rules import Rule
from assistant.schema.answer import Verdict
from assistant.schema.document import Document, DocumentMeta, Span
from assistant.text.folding import squeeze
from assistant.text.institutions import Institutions
from assistant.text.marked_sentences import parse_marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One sentence and what the proof found. `verdict` is `None` for what claims nothing: headings, questions."""

    text: str
    span: Span  # in the text that was handed in
    verdict: Verdict | None
    reason: str  # in Chinese, for people
    rule: Rule | None = None  # that gave the verdict
    places: tuple[Place, ...] = ()  # the clauses cited, or found


def all_proved(checked: Iterable[Checked]) -> bool:
    """Whether nothing that a text claims was found wanting."""
    return all(one.verdict in (None, Verdict.OK) for one in checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is to be checked. Fields beside the words go before what the words cite."""

    text: str
    doc: str | None = None  # id, title, alias or abbreviation
    address: str | None = None
    quote: str | None = None  # words said to stand in the clause
    as_of: date | None = None


class Verifier:
    """Checks texts against a library. Holds nothing about any text.

    Args:
        documents: those that may be seen.
        load: gives a document with its tree.
        today: gives the date in 北京时间.
        institutions: who is who; without it those of the package.
    """

    def __init__(
        self,
        documents: Sequence[DocumentMeta],
        load: Callable[[str], Document],
        *,
        today: Callable[[], date],
        institutions: Institutions | None = None,
    ) -> None:
        self._today = today
        self._citations = Citations(documents)
        self._places = Places(documents, load)
        self._proof = AtPlaces(self._places, institutions)

    def check_text(self, text: str, *, as_of: date | None = None) -> tuple[Checked, ...]:
        """Every sentence of `text`, in its order."""
        notes = footnotes(text)
        memory = Memory()
        out: list[Checked] = []
        for sentence, span in sentences_of(text):
            cited = () if is_note(sentence) else self._citations.find(sentence, memory)
            if is_note(sentence) or not claims_something(sentence, cited):
                reason = "标题、问句或注释，没有可核对的内容。"
                out.append(Checked(text=sentence, span=span, verdict=None, reason=reason))
                memory = _after(memory, cited)
                continue
            claim, marks = parse_marks(sentence)
            noted = "".join(f"（见{notes[n]}）" for n in marks if n in notes)
            checked, memory = self._check(Claim(text=claim + noted, as_of=as_of), memory)
            out.append(replace(checked, text=sentence, span=span))
        return tuple(out)

    def check(self, claim: Claim) -> Checked:
        """One claim, all of it."""
        return self._check(replace(claim, text=parse_marks(claim.text)[0] or claim.text), Memory())[0]

    def _check(self, claim: Claim, memory: Memory) -> tuple[Checked, Memory]:
        claim = replace(claim, text=undressed(claim.text))
        day = claim.as_of or self._today()
        cited = self._citations.find(claim.text, memory)
        memory = _after(memory, cited)
        given = self._given(claim)
        if isinstance(given, Finding):
            findings = [given]
        else:
            groups = self._groups(claim, cited, given, day)
            findings = [
                self._finding(Told(words=words, quote=claim.quote, day=day), group, claim) for words, group in groups
            ]
        worst = min(findings, key=lambda f: RANK[f.verdict])
        checked = Checked(
            text=claim.text,
            span=Span(0, len(claim.text)),
            verdict=worst.verdict,
            reason=worst.reason,
            rule=worst.rule,
            places=tuple(dict.fromkeys(p for f in findings for p in f.places)),
        )
        return checked, memory

    # --- what is cited ---

    def _given(self, claim: Claim) -> Cited | Finding | None:
        """The citation that the fields of a claim make; `None` when they make none."""
        if claim.doc is None and claim.address is None:
            return None
        places = read_address(claim.address) if claim.address else ()
        if claim.address and not places:
            inner = self._citations.find(claim.address)
            if len(inner) == 1 and inner[0].addresses and claim.doc is None:
                return replace(inner[0], start=0, end=0)
            places = inner[0].addresses if inner else ()
            if not places:
                reason = "所填的条款地址无法识别，请写成“第四十条第二款”或“五（十）”这样的形式。"
                return Finding(verdict=Verdict.NOT_FOUND, rule=Rule.ADDRESS, reason=reason)
        name = self._citations.called(claim.doc) if claim.doc else None
        if isinstance(name, UnknownTitle):
            return _unknown(name.fault)
        return Cited(start=0, end=0, raw="", name=name, addresses=places)

    def _groups(
        self, claim: Claim, cited: Sequence[Cited], given: Cited | None, day: date
    ) -> list[tuple[str, tuple[Cited, ...]]]:
        """The parts of a claim, each with what it cites."""
        outer = self._outer(cited, given, day)
        words = without_citations(claim.text, outer)
        if given is not None:
            return [(words, _with_fields(given, outer))]
        if len(outer) < 2:
            return [(words, tuple(outer))]
        return segments(claim.text, outer) or [(words, tuple(outer))]

    def _outer(self, cited: Sequence[Cited], given: Cited | None, day: date) -> list[Cited]:
        """The citations a claim makes itself, without those that stand in the cited clause's own words."""
        homes = [(c, squeeze(self._text_at(c, day))) for c in (*cited, *([given] if given else []))]
        kept = [one for one in cited if not _told_inside(one, homes)]
        if any(c.addresses for c in kept):  # a bare title beside an address names what is spoken of
            kept = [c for c in kept if c.addresses or (c.unknown and c.name is not None and c.name.quoted)]
        return kept

    def _text_at(self, cited: Cited, day: date) -> str:
        if not cited.addresses:
            return ""
        found = resolve(cited, self._places.load, day=day)
        return "\n".join(place.text for place in self._places_of(found))

    def _places_of(self, found: Resolved) -> list[Place]:
        return [self._places.place(meta.id, clause) for meta, clause in found.clauses]

    # --- the proof ---

    def _finding(self, told: Told, group: Sequence[Cited], claim: Claim) -> Finding:
        if all(c.name is None and not c.addresses for c in group):
            return self._uncited(told)
        unnamed = next((c for c in group if c.name is None), None)
        if unnamed is not None:
            return self._unnamed(told, unnamed, claim)
        history = as_history(claim.text)
        if history:
            told = replace(told, words=without_status(told.words))
        resolved: list[Resolved] = []
        for cited in group:
            if isinstance(cited.name, UnknownTitle):
                return _unknown(cited.name.fault)
            found = resolve(cited, self._places.load, day=told.day, past=history)
            if found.missing is not None:
                reason = absent(found.documents[0], found.missing)
                return Finding(verdict=Verdict.NOT_FOUND, rule=Rule.ADDRESS, reason=reason)
            resolved.append(found)
        return self._judged(told, resolved, claim)

    def _judged(self, told: Told, resolved: Sequence[Resolved], claim: Claim) -> Finding:
        """The finding on words whose citations all lead somewhere."""
        places = [place for found in resolved for place in self._places_of(found)]
        metas = [meta for found in resolved for meta in found.documents]
        told = replace(told, words=self._citations.without_names(told.words, metas))
        expired = next((m for m in metas if not m.in_force(told.day)), None)
        if expired is None and says_expired(claim.text):
            reason = f"《{metas[0].title}》在所问日期仍然有效，本库也没有它已失效的版本。"
            return Finding(verdict=Verdict.UNSUPPORTED, rule=Rule.NOT_EXPIRED, reason=reason, places=tuple(places))
        if expired is not None and not as_history(claim.text):
            reason = expiry(expired, told.day)
            return Finding(verdict=Verdict.SUPERSEDED, rule=Rule.EXPIRED, reason=reason, places=tuple(places))
        if not places:
            otherwise = f"《{metas[0].title}》中没有找到与它一致的条款。"
            return self._proof.searched(told, {m.id for m in metas}, otherwise)
        proof = self._proof.examined(told, places, together=any(found.together for found in resolved))
        if proof.verdict is Verdict.OK:
            reason = f"与{named(places)}一致。"
            return Finding(verdict=Verdict.OK, rule=proof.rule, reason=reason, places=tuple(places))
        return self._proof.elsewhere(told, places, proof)

    def _uncited(self, told: Told) -> Finding:
        """A sentence without a citation: whether any clause in force bears it out."""
        ids = {m.id for m in self._places.documents if m.in_force(told.day)}
        return self._proof.searched(told, ids, "没有写明出处，本库也没有找到与它一致的条款。")

    def _unnamed(self, told: Told, cited: Cited, claim: Claim) -> Finding:
        """An address without a document: it holds when one document in force has it and bears the words out."""
        documents = self._places.documents
        if len(documents) == 1:
            name = BackReference(start=0, end=0, raw="", documents=documents)
            return self._finding(told, (replace(cited, name=name),), claim)
        known = False
        for meta in (m for m in documents if m.in_force(told.day)):
            document = self._places.load(meta.id)
            clauses = [c for a in cited.addresses for c in clauses_at(document, a)[:1]]
            places = [self._places.place(meta.id, c) for c in clauses]
            known = known or bool(places)
            proof = self._proof.examined(told, places) if places else None
            if proof is not None and proof.verdict is Verdict.OK:
                reason = f"没有写明是哪份文件；与{named(places)}一致。"
                return Finding(verdict=Verdict.OK, rule=proof.rule, reason=reason, places=tuple(places))
        if not known:
            reason = "没有写明是哪份文件，本库各文件也没有这个条款。"
            return Finding(verdict=Verdict.NOT_FOUND, rule=Rule.ADDRESS, reason=reason)
        reason = "没有写明是哪份文件，本库各文件的这一条都与它不一致。请写明文件名。"
        return Finding(verdict=Verdict.UNSUPPORTED, rule=Rule.TITLE, reason=reason)


def _with_fields(given: Cited, outer: Sequence[Cited]) -> tuple[Cited, ...]:
    """What a claim cites whose fields name a document or a place."""
    named_there = next((c.name for c in outer if c.name is not None and c.name.documents), None)
    if given.name is None and named_there is not None:
        given = replace(given, name=named_there)
    if not given.addresses:  # the document alone is given: the words may say where in it
        inside = tuple(replace(c, name=given.name) for c in outer if c.addresses)
        return inside or (given,)
    return (given, *(c for c in outer if c.unknown))


def _unknown(fault: Fault) -> Finding:
    return Finding(verdict=Verdict.NOT_FOUND, rule=Rule.TITLE, reason=FAULTS[fault])


def _told_inside(one: Cited, homes: Sequence[tuple[Cited, str]]) -> bool:
    """Whether a citation is part of what another citation's clause says."""
    raw = squeeze(one.raw)
    return bool(raw) and any(
        other is not one and _comes_first(other, one) and _stands(raw, text) for other, text in homes
    )


def _comes_first(one: Cited, other: Cited) -> bool:
    """Whether `other` may be part of the words of `one`: a title is never part of itself."""
    return one.raw != other.raw or one.start < other.start


def _stands(raw: str, text: str) -> bool:
    return raw in text or raw.replace("(", "（").replace(")", "）") in text


def _after(memory: Memory, cited: Sequence[Cited]) -> Memory:
    for one in cited:
        memory = memory.after(one)
    return memory
