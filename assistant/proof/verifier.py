"""Any text, sentence by sentence: what each cites, and whether that is what stands there.

    text → sentences → citations (cited.py) → places (addresses.py) → proof (citing.py) → Checked

The same proof that lets a language model's sentence through. What is checked of a citation, in this
order: the document and the address exist (NOT_FOUND); the version is in force on the day (SUPERSEDED);
quoted words stand there (MISQUOTE); figures (NUMBER), whom it addresses (SUBJECT), how it binds
(MODALITY), and that nothing is said beyond it (UNSUPPORTED). Words that stand in another clause than
the one cited are UNSUPPORTED, and the reason names that clause.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from assistant.proof.citations import Citations, Cited, Memory, Named, clauses_at, read_address, remembered
from assistant.proof.prove import Proof, examine
from assistant.proof.rules import Rule
from assistant.schema.answer import Verdict
from assistant.schema.document import (
    UNADDRESSED,
    UNIT_LEVELS,
    Clause,
    Document,
    DocumentMeta,
    Level,
    Span,
)
from assistant.text.folding import flow, squeeze
from assistant.text.institutions import Institutions
from assistant.text.marked_sentences import parse_marks, split_sentences
from assistant.text.quotes import locate_quote
from assistant.text.segment import pairs_of

_CANDIDATES = 6  # clauses tried for a sentence that cites none
_CHANGED = 0.75  # so much of a claim repeats the cited clause that what differs was changed
_CLEARLY = 0.05
_RARE = 4000  # a pair of characters in more clauses than that tells nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A clause that a sentence was held against. `span` is where its words stand in the document."""

    document_id: str
    document_title: str
    address: str
    text: str  # as a reader sees it, the words it goes on from before it
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One sentence and what the proof found. `verdict` is `None` for what claims nothing: headings, questions."""

    text: str
    span: Span  # in the text that was handed in
    verdict: Verdict | None
    reason: str  # in Chinese, for people
    places: tuple[Place, ...] = ()  # the clauses cited, or found


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is to be checked. Fields beside the words go before what the words cite."""

    text: str
    doc: str | None = None  # id, title, alias or abbreviation
    address: str | None = None
    quote: str | None = None  # words said to stand in the clause
    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """A verdict on one part of a sentence."""

    verdict: Verdict
    reason: str
    places: tuple[Place, ...] = ()


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
        self._documents = tuple(documents)
        self._load = load
        self._today = today
        self._institutions = institutions
        self._citations = Citations(documents)
        self._readings: dict[str, _Reading] = {}

    def check_text(self, text: str, *, as_of: date | None = None) -> tuple[Checked, ...]:
        """Every sentence of `text`, in its order."""
        notes = _footnotes(text)
        memory = Memory()
        out: list[Checked] = []
        for sentence, span in _sentences(text):
            if _is_note(sentence) or not _claims_something(sentence, self._citations.find(sentence, memory)):
                reason = "标题、问句或注释，没有可核对的内容。"
                out.append(Checked(text=sentence, span=span, verdict=None, reason=reason))
                for cited in self._citations.find(sentence, memory) if not _is_note(sentence) else ():
                    memory = remembered(memory, cited)
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
        claim = replace(claim, text=_undressed(claim.text))
        day = claim.as_of or self._today()
        cited = self._citations.find(claim.text, memory)
        given = self._given(claim)
        memory = _after(memory, cited)
        if isinstance(given, _Finding):
            findings = [given]
        else:
            groups = self._groups(claim, cited, given, day)
            findings = [self._finding(words, group, claim, day) for words, group in groups]
        worst = min(findings, key=lambda f: _RANK[f.verdict])
        places = tuple(dict.fromkeys(p for f in findings for p in f.places))
        whole = Span(0, len(claim.text))
        return Checked(text=claim.text, span=whole, verdict=worst.verdict, reason=worst.reason, places=places), memory

    # --- what is cited ---

    def _given(self, claim: Claim) -> Cited | _Finding | None:
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
                return _Finding(
                    verdict=Verdict.NOT_FOUND,
                    reason="所填的条款地址无法识别，请写成“第四十条第二款”或“五（十）”这样的形式。",
                )
        name = self._citations.called(claim.doc) if claim.doc else None
        if name is not None and not name.documents:
            return _Finding(verdict=Verdict.NOT_FOUND, reason=_FAULTS[name.fault or "title"])
        return Cited(start=0, end=0, raw="", name=name, addresses=places)

    def _groups(
        self, claim: Claim, cited: Sequence[Cited], given: Cited | None, day: date
    ) -> list[tuple[str, tuple[Cited, ...]]]:
        """The parts of a claim, each with what it cites."""
        outer = self._outer(cited, given, day)
        words = _without(claim.text, outer)
        if given is not None:
            named = next((c.name for c in outer if c.name is not None and c.name.documents), None)
            if given.name is None and named is not None:
                given = replace(given, name=named)
            if not given.addresses:  # the document alone is given: the words may say where in it
                inside = [replace(c, name=given.name) for c in outer if c.addresses]
                return [(words, tuple(inside) or (given,))]
            wrong = [c for c in outer if c.name is not None and c.name.fault]
            return [(words, (given, *wrong))]
        if len(outer) < 2:
            return [(words, tuple(outer))]
        return _segments(claim.text, outer) or [(words, tuple(outer))]

    def _outer(self, cited: Sequence[Cited], given: Cited | None, day: date) -> list[Cited]:
        """The citations a claim makes itself, without those that stand in the cited clause's own words."""
        kept = []
        homes = {id(c): squeeze(self._text_at(c, day)) for c in (*cited, *([given] if given else []))}
        for one in cited:
            raw = squeeze(one.raw)
            others = [
                homes[id(c)] for c in (*cited, *([given] if given else [])) if c is not one and _comes_first(c, one)
            ]
            if raw and any(_stands(raw, text) for text in others):
                continue
            kept.append(one)
        if any(c.addresses for c in kept):  # a bare title beside an address names what is spoken of
            kept = [c for c in kept if c.addresses or (c.name is not None and c.name.fault and c.name.quoted)]
        return kept

    def _text_at(self, cited: Cited, day: date) -> str:
        return "\n".join(place.text for place in self._resolved(cited, day)[1]) if cited.addresses else ""

    def _resolved(self, cited: Cited, day: date) -> tuple[_Finding | None, tuple[Place, ...], tuple[DocumentMeta, ...]]:
        """The places of a citation and its documents, or why it has none."""
        name = cited.name
        if name is None:
            return None, (), ()
        if not name.documents:
            return _Finding(verdict=Verdict.NOT_FOUND, reason=_FAULTS[name.fault or "title"]), (), ()
        current = tuple(d for d in name.documents if d.in_force(day))
        metas = current or name.documents
        missing: str | None = None
        places: list[Place] = []
        holding = metas
        for address in cited.addresses:
            found = [(m, c) for m in metas for c in clauses_at(self._load(m.id), address)[:1]]
            if not found:
                missing = address.local
                break
            meta, clause = max(found, key=lambda f: (f[0].effective_on or date.min, f[0].id))
            places.append(self._reading(meta.id).place(clause))
            holding = (meta,)
        if missing is not None:
            return _absent(metas[0], missing), (), metas
        return None, tuple(places), holding

    # --- the proof ---

    def _finding(self, words: str, group: Sequence[Cited], claim: Claim, day: date) -> _Finding:
        if not group or all(c.name is None and not c.addresses for c in group):
            return self._uncited(words, claim, day)
        places: list[Place] = []
        metas: list[DocumentMeta] = []
        for cited in group:
            if cited.name is None:
                return self._unnamed(words, cited, claim, day)
            fault, found, holding = self._resolved(cited, day)
            if fault is not None:
                return fault
            places += found
            metas += holding
        words = self._citations.without_names(words, metas)
        expired = next((m for m in metas if not m.in_force(day)), None)
        if expired is not None and not _as_history(claim.text):
            return _Finding(verdict=Verdict.SUPERSEDED, reason=_expiry(expired, day), places=tuple(places))
        if not places:
            return self._within(words, metas, claim)
        ranged = any(c.ranged for c in group)
        proof = self._examined(words, places, claim, ranged=ranged)
        if proof.verdict is Verdict.OK:
            return _Finding(verdict=Verdict.OK, reason=f"与{_named(places)}一致。", places=tuple(places))
        return self._elsewhere(words, places, claim, day, proof)

    def _proved(self, words: str, places: Sequence[Place], claim: Claim) -> Verdict:
        return self._examined(words, places, claim).verdict

    def _examined(self, words: str, places: Sequence[Place], claim: Claim, *, ranged: bool = False) -> Proof:
        texts = [place.text for place in places]
        if claim.quote is not None and not any(_quoted(claim.quote, text) for text in texts):
            return Proof(Verdict.MISQUOTE, Rule.QUOTATION)
        if not any(char.isalnum() for char in words):
            return Proof(Verdict.OK if claim.quote else Verdict.UNSUPPORTED, Rule.QUOTATION)
        context = "\n".join(f"{p.document_title}\n{p.address}" for p in places)
        above = "\n".join(self._above(place) for place in places)
        if ranged:
            texts = ["\n".join(texts)]
        return examine(words, *texts, context=f"{context}\n{above}", institutions=self._institutions)

    def _above(self, place: Place) -> str:
        """The headings over a place and the whole unit it belongs to: words a claim may take its subject from."""
        return self._reading(place.document_id).headings.get(place.address, "")

    def _elsewhere(self, words: str, places: Sequence[Place], claim: Claim, day: date, proof: Proof) -> _Finding:
        """What is wrong with a citation that its clause does not bear out."""
        verdict = proof.verdict
        home = self._home(words, claim, places, day)
        changed = verdict in (Verdict.NUMBER, Verdict.SUBJECT, Verdict.MODALITY) and proof.repeats >= _CHANGED
        clearly = min(1.0, proof.repeats + _CLEARLY)
        if home is not None and changed and self._examined(words, [home], claim).repeats < clearly:
            home = None  # it is the cited clause with a word changed
        if home is not None:
            old = not self._meta(home.document_id).in_force(day)
            if old and home.document_id not in {p.document_id for p in places}:
                reason = f"所述内容见{_named([home])}，该文本在所问日期不具效力；{_named(places)}不是这样规定的。"
                return _Finding(verdict=Verdict.SUPERSEDED, reason=reason, places=(*places, home))
            reason = f"所述内容不在{_named(places)}，而在{_named([home])}。"
            return _Finding(verdict=Verdict.UNSUPPORTED, reason=reason, places=(*places, home))
        held = f"条文写的是“{proof.held}”。" if proof.held else ""
        return _Finding(verdict=verdict, reason=f"{_named(places)}{_REASONS[verdict]}{held}", places=tuple(places))

    def _home(self, words: str, claim: Claim, places: Sequence[Place], day: date) -> Place | None:
        """Another place that bears `words` out: in the same document first, then in those in force."""
        held = {(p.document_id, p.address) for p in places}
        ids = {p.document_id for p in places}
        found = [
            place
            for place in self._candidates(words, {m.id for m in self._documents})
            if (place.document_id, place.address) not in held and self._repeated(words, place, claim)
        ]
        if not found:
            return None
        best = min(
            found,
            key=lambda p: (p.document_id not in ids, not self._meta(p.document_id).in_force(day)),
        )
        inner = self._smallest(words, best, claim)
        return inner if (inner.document_id, inner.address) not in held else None

    def _repeated(self, words: str, place: Place, claim: Claim) -> bool:
        proof = self._examined(words, [place], claim)
        return proof.verdict is Verdict.OK and proof.repeats >= _CHANGED

    def _smallest(self, words: str, place: Place, claim: Claim) -> Place:
        """The 款 or 项 of a place that bears `words` out by itself."""
        reading = self._reading(place.document_id)
        clause = reading.document.find(place.address)
        inner = [c for c in (clause.walk() if clause else ()) if c is not clause and c.level not in UNADDRESSED]
        smaller = [p for p in map(reading.place, inner) if self._proved(words, [p], claim) is Verdict.OK]
        return min(smaller, key=lambda p: len(p.text), default=place)

    def _uncited(self, words: str, claim: Claim, day: date) -> _Finding:
        """A sentence without a citation: whether any clause in force bears it out."""
        ids = {m.id for m in self._documents if m.in_force(day)}
        return self._search(words, ids, claim, "没有写明出处，本库也没有找到与它一致的条款。")

    def _within(self, words: str, metas: Sequence[DocumentMeta], claim: Claim) -> _Finding:
        """A sentence that cites a document as a whole."""
        return self._search(words, {m.id for m in metas}, claim, f"《{metas[0].title}》中没有找到与它一致的条款。")

    def _search(self, words: str, ids: set[str], claim: Claim, otherwise: str) -> _Finding:
        if not any(char.isalnum() for char in words) and claim.quote:
            words = claim.quote
        verdicts = []
        for place in self._candidates(words, ids):
            verdict = self._proved(words, [place], claim)
            if verdict is Verdict.OK:
                place = self._smallest(words, place, claim)
                return _Finding(verdict=verdict, reason=f"与{_named([place])}一致。", places=(place,))
            verdicts.append((verdict, place))
        if verdicts and claim.quote and all(v is Verdict.MISQUOTE for v, _ in verdicts):
            return _Finding(verdict=Verdict.MISQUOTE, reason="引用的原话在本库中没有找到。")
        near = tuple(place for _, place in verdicts[:1])
        hint = f"最接近的是{_named(near)}，{_REASONS[verdicts[0][0]]}" if near else ""
        return _Finding(verdict=Verdict.UNSUPPORTED, reason=otherwise + hint, places=near)

    def _unnamed(self, words: str, cited: Cited, claim: Claim, day: date) -> _Finding:
        """An address without a document: it holds when one document in force has it and bears the words out."""
        metas = [m for m in self._documents if m.in_force(day)]
        if len(self._documents) == 1:
            name = Named(start=0, end=0, raw="", documents=self._documents)
            return self._finding(words, (replace(cited, name=name),), claim, day)
        found: list[Place] = []
        for meta in metas:
            document = self._load(meta.id)
            clauses = [c for a in cited.addresses for c in clauses_at(document, a)[:1]]
            if clauses:
                places = [self._reading(meta.id).place(c) for c in clauses]
                if self._proved(words, places, claim) is Verdict.OK:
                    reason = f"没有写明是哪份文件；与{_named(places)}一致。"
                    return _Finding(verdict=Verdict.OK, reason=reason, places=tuple(places))
                found += places
        if not found:
            return _Finding(verdict=Verdict.NOT_FOUND, reason="没有写明是哪份文件，本库各文件也没有这个条款。")
        return _Finding(
            verdict=Verdict.UNSUPPORTED, reason="没有写明是哪份文件，本库各文件的这一条都与它不一致。请写明文件名。"
        )

    # --- the library ---

    def _reading(self, document_id: str) -> _Reading:
        if document_id not in self._readings:
            self._readings[document_id] = _Reading(self._load(document_id))
        return self._readings[document_id]

    def _meta(self, document_id: str) -> DocumentMeta:
        return next(m for m in self._documents if m.id == document_id)

    @cached_property
    def _units(self) -> tuple[Place, ...]:
        """Every unit clause of the library: 条, （十）, what stands below no 条."""
        return tuple(
            reading.place(clause)
            for meta in self._documents
            for reading in [self._reading(meta.id)]
            for clause in reading.document.walk()
            if clause.level in UNIT_LEVELS
            and clause.level is not Level.TITLE
            and not any(c.level in UNIT_LEVELS for c in clause.children)
        )

    @cached_property
    def _postings(self) -> dict[str, list[int]]:
        postings: dict[str, list[int]] = defaultdict(list)
        for number, unit in enumerate(self._units):
            for pair in _pairs(unit.text):
                postings[pair].append(number)
        return postings

    def _candidates(self, words: str, ids: set[str]) -> Iterator[Place]:
        """The unit clauses that share most with `words`, best first."""
        counts: Counter[int] = Counter()
        pairs = _pairs(words)
        for pair in pairs:
            held = self._postings.get(pair, ())
            if len(held) <= _RARE:
                counts.update(held)
        best = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        kept = [(n, count) for n, count in best if self._units[n].document_id in ids][:_CANDIDATES]
        return (self._units[n] for n, count in kept if count >= 0.3 * len(pairs))


# --- words --------------------------------------------------------------------------------------

_ORDER = (
    Verdict.NOT_FOUND, Verdict.SUPERSEDED, Verdict.MISQUOTE, Verdict.NUMBER, Verdict.SUBJECT, Verdict.MODALITY,
    Verdict.UNSUPPORTED, Verdict.OK,
)  # fmt: skip
_RANK = {verdict: rank for rank, verdict in enumerate(_ORDER)}
_FAULTS = {
    "title": "本库没有这个名称的文件，请核对文件名（须与全称或通用简称一致）。",
    "year": "本库有同名文件，但没有所写年份的版本。",
    "number": "本库有同名文件，但文号与所写的不符。",
    "issuer": "本库有同名文件，但发文机关与所写的不符。",
}
_REASONS = {
    Verdict.MISQUOTE: "没有引号里的这句话。",
    Verdict.NUMBER: "的数字、日期、比例或其上下限与所述不同。",
    Verdict.SUBJECT: "说的不是同一主体。",
    Verdict.MODALITY: "的约束程度（应当、可以、不得等）或肯定否定与所述不同。",
    Verdict.UNSUPPORTED: "没有这样说，或没有说这么多，请对照原文。",
    Verdict.NOT_FOUND: "无法核对。",
    Verdict.SUPERSEDED: "不是所问日期有效的文本。",
    Verdict.OK: "与所述一致。",
}


def _absent(meta: DocumentMeta, local: str) -> _Finding:
    part = "（本库收录的是节选）" if "节选" in meta.title else ""
    return _Finding(verdict=Verdict.NOT_FOUND, reason=f"《{meta.title}》没有{local}{part}。")


def _expiry(meta: DocumentMeta, day: date) -> str:
    if meta.effective_on is not None and day < meta.effective_on:
        return f"《{meta.title}》的这一版本自{meta.effective_on.isoformat()}起施行，所问日期尚未施行。"
    since = f"，自{meta.expired_on.isoformat()}起不再有效" if meta.expired_on else ""
    by = f"，由{meta.superseded_by}取代" if meta.superseded_by else ""
    year = f"（{meta.year}年）" if meta.year else ""
    return f"《{meta.title}》{year}{meta.validity.value}{since}{by}，不能作为现行依据。"


def _named(places: Sequence[Place]) -> str:
    return "、".join(dict.fromkeys(f"《{p.document_title}》{p.address}" for p in places))


_HISTORY = re.compile(
    r"(?:已|现已|业已|已经)(?:被)?(?:废止|失效|修订|取代)的|(?:修订|修改)前的?|旧版|当时有效|当时施行|原《"
)


def _as_history(text: str) -> bool:
    """Whether a sentence itself says that what it cites is no longer in force."""
    return _HISTORY.search(text) is not None


_LEAD_WORDS = (
    r"(?:根据|按照|依据|依照|参照|参见|详见|请见|见于|见|出自|来自|源自|引自|载于|写在|规定在|来源于|(?:法律)?(?:来源|出处|依据)(?:[：:]|是|为|在)|依据(?:是|为)?[：:]?|这是|参考|引自|摘自|法条[：:]"
    r"|注[：:]|又|而|以及|和|与|及|、|在)*"
)
_SAYS = (
    r"(?:第[一二三四五六七八九十]+段|首句|末句|前半句|后半句)?的?(?:相关|有关|上述)?"
    r"(?:规定|要求|明确|指出|提出|载明|明文规定|明文|明令|写明|写道|写到|提到|谈到|讲到|说到|强调|说|约定|确立|条款|原话(?:是)?|原文(?:是)?|写了|写着|[讲写]得?很?(?:明白|清楚))*(?:了|的是|的)?"
)
# 新修订的《…》, 自2025年6月1日起施行的《…》: what stands before a citation and only introduces it.
_INTRODUCES = re.compile(
    r"(?:自|从|于|根据|依据|依照|按照|按|依|我国|现行|最新|新|旧|当时|那时|适用|有效|的|国务院|\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?起?|施行"
    r"|修订后?|修正后?|公布|发布|实施|对此|此外|其中|同时|另外|答[：:]|[，,、\s])*"
)
_AFTER_PLACE = r"(?:第[一二三四五六七八九十]句|之|[，,]?(?:国务院令|主席令)第[一二三四五六七八九十百零\d]{1,6}号)*"
_CITE = re.compile(
    rf"(?:——|—|－|-|\*|※)?\s*{_LEAD_WORDS}\s*(?:¤[\s、，,和与及;；]{{0,2}})+(?:中|里|之中)?{_AFTER_PLACE}{_SAYS}\s*[，,：:]?"
)
_EMPTY = re.compile(r"[（(\[【〔]\s*[，,；;、。]?\s*[）)\]】〕]")


def _without(text: str, cited: Iterable[Cited]) -> str:
    """`text` without its citations and the words that lead to them."""
    for one in sorted(cited, key=lambda c: -c.start):
        if one.end > one.start:
            head = text[: one.start]
            begins = max((head.rfind(mark) for mark in "。！？；："), default=-1) + 1
            if _INTRODUCES.fullmatch(head, begins):
                head = head[:begins]
            text = f"{head}¤{text[one.end :]}"
    text = _EMPTY.sub("", _CITE.sub("", text))
    return re.sub(r"^[\s，,。：:；;、)）]+|[\s（(—－]+$", "", text).strip()


_QUESTION = re.compile(r"^.{0,80}[？?]\s*(?=答[：:])", re.DOTALL)
_LIST_SIGN = re.compile(r"^\s*(?:[-*•·#>]+\s+|[-•·]\s*|\d{1,2}[.、)）](?!\d)\s*|[（(]\d{1,2}[)）]\s*)+")
_CALLED = re.compile(r"[（(]以下(?:统|简)?称(?:为)?[：:]?[“\"「]?《?[^（()）]{1,24}》?[”\"」]?[）)]")


def _undressed(text: str) -> str:
    """`text` without what is no part of the statement: list signs, emphasis, （以下简称…）, a question."""
    return _CALLED.sub("", _LIST_SIGN.sub("", _QUESTION.sub("", text.replace("**", ""))))


def _segments(text: str, cited: Sequence[Cited]) -> list[tuple[str, tuple[Cited, ...]]]:
    """The parts of a sentence, each with the citation behind it in brackets or before it; empty when mixed."""
    groups: list[list[Cited]] = []
    for one in sorted(cited, key=lambda c: c.start):
        if groups and re.fullmatch(r"[\s、，,和与及以及或者；;]{0,3}", text[groups[-1][-1].end : one.start]):
            groups[-1].append(one)
        else:
            groups.append([one])
    if len(groups) < 2:
        return []
    behind = [bool(re.match(r"[^（(]{0,2}[）)]", text[g[-1].end : g[-1].end + 4])) for g in groups]
    if all(behind):
        ends = [text.find("）", g[-1].end) if "）" in text[g[-1].end : g[-1].end + 3] else g[-1].end for g in groups]
        starts = [0, *(end + 1 for end in ends[:-1])]
        stops = [end + 1 for end in ends]
    elif not any(behind) and not text[: groups[0][0].start].strip("，, （(根据按照依"):
        starts = [0, *(_lead_start(text, g[0].start) for g in groups[1:])]
        stops = [*starts[1:], len(text)]
    else:
        return []
    parts = []
    for group, start, stop in zip(groups, starts, stops, strict=True):
        shifted = [replace(c, start=c.start - start, end=c.end - start) for c in group]
        words = _without(text[start:stop], shifted)
        if not any(char.isalnum() for char in words):
            return []
        parts.append((words, tuple(group)))
    return parts


def _lead_start(text: str, at: int) -> int:
    match = re.search(r"(?:根据|按照|依据|依照)$", text[:at])
    return match.start() if match else at


def _comes_first(one: Cited, other: Cited) -> bool:
    """Whether `other` may be part of the words of `one`: a title is never part of itself."""
    return one.raw != other.raw or one.start < other.start


def _stands(raw: str, text: str) -> bool:
    return raw in text or raw.replace("(", "（").replace(")", "）") in text


def _after(memory: Memory, cited: Sequence[Cited]) -> Memory:
    for one in cited:
        memory = remembered(memory, one)
    return memory


_MARKS_AROUND = re.compile(r"^[\s“”\"「」『』]+|[\s“”\"「」『』]+$")


def _quoted(quote: str, text: str) -> bool:
    quote = _MARKS_AROUND.sub("", quote)
    return bool(quote.strip()) and locate_quote(quote, text, within=Span(0, len(text))) is not None


def _pairs(text: str) -> frozenset[str]:
    return pairs_of("".join(char for char in text if char.isalnum()))


# --- sentences ----------------------------------------------------------------------------------

_NOTE = re.compile(r"^\s*(?:\[\^?(\d{1,3})\]|【(\d{1,3})】|注(\d{1,3})[：:]|([①-⑳]))\s*[：:]?\s*(.{2,200})$")


def _footnotes(text: str) -> dict[int, str]:
    """Notes at lines of their own: [1] 《保险法》第十六条."""
    notes: dict[int, str] = {}
    for line in text.splitlines():
        if match := _NOTE.match(line):
            number = (
                next(int(n) for n in (match[1], match[2], match[3]) if n) if not match[4] else ord(match[4]) - 0x245F
            )
            notes[number] = match[5].strip().rstrip("。")
    return notes


def _is_note(sentence: str) -> bool:
    return _NOTE.match(sentence) is not None


def _sentences(text: str) -> Iterator[tuple[str, Span]]:
    at = 0
    for sentence in split_sentences(text):
        start = text.find(sentence, at)
        if start < 0:
            start = at
        at = start + len(sentence)
        yield sentence, Span(start, min(at, len(text)))


_HEADING = re.compile(
    r"^(?:#{1,6}\s|第[一二三四五六七八九十百]+[章节编]\s|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)])"
)
_POLITE = re.compile(r"^(?:您好|你好|好的|以下|综上|如下|感谢|希望|请注意|总结|结论|回答|答)[^，。]{0,16}[：:。！]?$")


def _claims_something(sentence: str, cited: Sequence[Cited]) -> bool:
    """Whether a sentence states anything: no heading, question, greeting or lead-in."""
    bare = sentence.strip()
    letters = sum(char.isalnum() for char in bare)
    if letters < 5 or bare.endswith(("？", "?")) or _POLITE.match(bare):
        return False
    if bare.startswith("#") or (bare.endswith(("：", ":")) and letters < 40 and not cited):
        return False
    ended = bare.rstrip('”」』）)"').endswith(("。", "；", ";", "！", "."))
    return (
        ended
        or letters > 24
        or (bool(cited) and bool(_without(bare, cited)) and not _HEADING.match(bare))
        or "，" in bare
    )


# --- places -------------------------------------------------------------------------------------


class _Reading:
    """A document as claims are held against it: the words of each place, and the headings over it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.headings: dict[str, str] = {}
        self._leads: dict[str, str] = {}
        self._places: dict[str, Place] = {}
        waiting: list[tuple[Clause, str, str]] = [(c, "", "") for c in document.clauses]
        while waiting:
            clause, over, lead = waiting.pop()
            over = f"{over}\n{clause.heading}" if clause.heading else over
            if clause.level not in UNADDRESSED:
                self.headings[clause.address], self._leads[clause.address] = over, lead
            own = "".join(flow(c.text) for c in clause.children if c.level is Level.LEAD)
            waiting.extend((c, over, lead + own) for c in clause.children)

    def place(self, clause: Clause) -> Place:
        if clause.address not in self._places:
            self._places[clause.address] = Place(
                document_id=self.document.id,
                document_title=self.document.meta.title,
                address=clause.address,
                text=self._leads.get(clause.address, "") + self._words(clause),
                span=clause.span,
            )
        return self._places[clause.address]

    def _words(self, clause: Clause) -> str:
        """The words of a clause as a reader sees them, a line for each 款 and 项, without the number of the 条."""
        lines: list[str] = []
        before: Clause | None = None
        for leaf in clause.leaves():
            if leaf.level is Level.LABEL and clause.level is Level.ARTICLE:
                continue
            torn = before is not None and before.level is leaf.level is Level.PIECE and before.address == leaf.address
            if torn:
                lines[-1] += flow(leaf.text)
            else:
                lines.append(flow(leaf.text))
            before = leaf
        return "\n".join(lines)


__all__ = ["Checked", "Claim", "Place", "Verifier"]
