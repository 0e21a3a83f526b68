"""Which sentences of the evidence answer a question: complete for the question's kind, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answering.scans import scanned
from assistant.answering.sentence_reading import Heard, Pick, SentenceReading
from assistant.question.facts_asked import Attribute, AttributeRule
from assistant.question.matters import Matter
from assistant.question.reading import Reading
from assistant.question.understanding import Kind, Understanding
from assistant.schema.chunk import Chunk, ChunkId
from assistant.schema.retrieval import Evidence, Retrieved
from assistant.text.folding import fold, squeeze

_PURPOSE = re.compile(r"(?:第一条\s*)?为(?:了)?[^。]+制定本(?:法|条例|办法|规定|细则|意见|通知)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Margins in units of fused z-scores. Found on the development questions; docs/retrieval.md has the figures."""

    clause_share: float = 0.5  # how much a clause's own score counts beside its sentence's
    same_clause: float = 3.0  # a further sentence of the best clause may be this much worse
    same_clause_list: float = 3.0  # … when a list is asked for
    other_clause: float = 0.5  # a sentence of another clause may be this much worse
    other_clause_several: float = 2.5  # … when several matters are asked
    companion: float = 6.0  # a sentence of another clause on the same rare term may be this much worse
    companion_share: float = 0.25  # … or by this share of the best score: scores spread as the library grows
    rare: int = 3  # a term that stands in more clauses than this binds nothing together
    facet: float = 1.5  # a further sentence for one part of a question may be this much worse
    most_facet: int = 3
    of_whole: float = 0.3  # how much the whole question counts in finding what answers one part
    about: float = 0.6  # share of the question's words that a sentence of another clause must hold to state its fact
    states: float = 4.0  # for a sentence that states the kind of fact asked for (a date, an amount …)
    focus: float = 3.0  # for a sentence that holds all the words of the part that asks
    matter: float = 6.0  # for a sentence that speaks of the matters asked about
    institution: float = 3.0  # for the sentence of the asked institution, against its neighbour's
    most: int = 3
    most_list: int = 6
    most_several: int = 5
    most_parts: int = 6
    most_items: int = 20  # a list longer than this is not given whole
    opening: float = 2.0  # against the title and the clause of purpose, which settle nothing but what the text is
    most_scope: int = 10  # a clause named by its heading is listed whole up to this many sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPart:
    """One thing out of several that a question asks, with its own evidence."""

    text: str
    asked: Understanding
    found: Retrieved
    words: tuple[str, ...] = ()  # its words that the library uses
    enumerated: bool = False  # it was named side by side with others: 甲和乙各有…


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A part of the question whose fact no chosen sentence states."""

    text: str
    attributes: tuple[AttributeRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The chosen sentences in the order they are to be read, and the best one apart."""

    picks: tuple[Pick, ...]
    best: Pick | None
    exhaustive: bool = False  # every sentence of the scope was looked at, not just the best ranked
    listed: int = 0  # items of the lists that were given whole
    how: str = ""  # what was looked through for what, in words, where every sentence was
    settles: bool = False  # … and nothing else is asked
    gaps: tuple[Gap, ...] = ()  # parts of the question that nothing chosen settles
    parts: int = 0  # how many parts the question was taken apart into
    answered: float | None = None  # log-odds that a candidate answers, by the reader; None: nobody read
    rival: float | None = None  # log-odds of the likeliest sentence outside the best one's clause
    unread: bool = False  # the reader is there and gave nothing
    by_llm: bool = False  # a language model read


class Selector:
    """Reading and Retrieved → Selection.

    Args:
        reading: lets a reader say how surely each candidate answers; without it the rules choose alone.
    """

    def __init__(self, tuning: Tuning | None = None, *, reading: SentenceReading | None = None) -> None:
        self._tuning = tuning or Tuning()
        self._reading = reading

    def select(
        self, reading: Reading, found: Retrieved, everything: Sequence[Chunk], *, of_asking: bool = True
    ) -> Selection:
        """The sentences that answer the question.

        Args:
            everything: all sentences that the question may rest on, in the order of the corpus; read
                when the question asks for all places of something, and to see how rare a term is.
            of_asking: what the part that asks speaks of counts more than the rest.
        """
        scored = self._scored(
            reading.asked,
            found.evidence,
            reading.words.focus if of_asking else (),
            reading.demanded if of_asking else (),
        )
        heard = self._heard(reading.standalone, scored, use_llm=reading.use_llm)
        chosen = self._chosen(reading, found, heard.picks, everything)
        rival = _rival(heard.picks, chosen.best)
        return replace(chosen, answered=heard.answered, rival=rival, unread=heard.failed, by_llm=heard.by_llm)

    def _heard(self, question: str, scored: Sequence[Pick], *, use_llm: bool) -> Heard:
        if self._reading is None:
            return Heard(picks=tuple(scored))
        return self._reading.hear(question, scored, use_llm=use_llm)

    def _chosen(
        self, reading: Reading, found: Retrieved, scored: Sequence[Pick], everything: Sequence[Chunk]
    ) -> Selection:
        asked, words = reading.asked, reading.words
        best = min(scored, key=lambda p: (-p.score, p.chunk.id), default=None)
        if best is None:
            return Selection(picks=(), best=None)
        if made := scanned(reading, found, everything, most_scope=self._tuning.most_scope):
            picks = [Pick(chunk=c, score=best.score) for c in made.sentences]
            picks = self._with_items(asked, picks, everything) if made.items else picks
            held = {pick.chunk.id: pick for pick in picks}
            ordered = tuple(held[c.id] for c in everything if c.id in held)
            return Selection(picks=ordered, best=best, exhaustive=True, how=made.how, settles=made.settles)
        picks = self._with_fact(asked, scored, self._within_margins(asked, scored, best), best, words.naming)
        if asked.kind is Kind.YES_NO and best.chunk.lead:
            # 可以吸收存款吗 is answered by that item, which brings the words it goes on from.
            picks = [
                p for p in picks if not (p.chunk.parent_id == best.chunk.parent_id and p.chunk.plain == best.chunk.lead)
            ]
        picks = self._with_items(asked, picks, everything)
        if asked.kind in (Kind.YES_NO, Kind.FACT, Kind.DECISION):
            picks += self._companions(scored, best, picks, _rare(words.terms, everything, self._tuning.rare))
        listed = _whole_items(picks, everything)
        return Selection(picks=tuple(_in_reading_order(picks)), best=best, listed=listed)

    def select_parts(
        self,
        reading: Reading,
        parts: Sequence[AskedPart],
        whole: Selection,
        everything: Sequence[Chunk],
        *,
        keep_best: bool = False,
        beside: Sequence[Evidence] = (),
    ) -> Selection:
        """The sentences that answer a question of several parts, each part searched alone.

        Each part gives the best sentences of its best clause, and where that was given by a part before,
        of the next that is nearly as good. A part that asks after a fact which they do not state gives
        none, and its gap is named.

        Args:
            keep_best: what answers the whole question best comes first, whatever the parts give.
            beside: the evidence for the whole question; it counts a little in every part.
        """
        if whole.best is None or (whole.exhaustive and not any(part.enumerated for part in parts)):
            return whole
        rare = _rare(reading.words.terms, everything, self._tuning.rare)
        of_whole = self._of_whole(beside)
        chosen: dict[str, Pick] = {str(p.chunk.id): p for p in whole.picks[:1] if keep_best}
        gaps: list[Gap] = []
        unread = whole.unread
        for part in parts:
            heard = self._heard(part.text, self._scored(part.asked, part.found.evidence), use_llm=reading.use_llm)
            unread = unread or heard.failed
            given = {pick.chunk.parent_id for pick in chosen.values()}
            picks = self._of_part(part, rare, given, self._beside(heard.picks, of_whole))
            if _leaves_gap(part.asked, picks):
                gaps.append(Gap(text=part.text, attributes=part.asked.attributes))
                continue
            for pick in picks:
                chosen.setdefault(str(pick.chunk.id), pick)
        picked = tuple(_in_order_of_parts(list(chosen.values())[: self._tuning.most_parts]))
        return replace(
            whole, picks=picked or whole.picks, exhaustive=False, gaps=tuple(gaps), parts=len(parts), unread=unread
        )

    def _of_whole(self, beside: Sequence[Evidence]) -> dict[str, float]:
        """What each sentence scores for the whole question, by chunk id."""
        share = self._tuning.clause_share
        return {str(s.chunk.id): s.score + share * e.score for e in beside for s in e.sentences}

    def _beside(self, alone: Sequence[Pick], of_whole: Mapping[str, float]) -> list[Pick]:
        """The sentences for one part, best first; what they score for the whole question counts a little."""
        share, least = self._tuning.of_whole, min(of_whole.values(), default=0.0)
        both = [replace(p, score=(p.score + share * of_whole.get(str(p.chunk.id), least)) / (1 + share)) for p in alone]
        return sorted(both, key=lambda p: (-p.score, p.chunk.id))

    def _of_part(
        self, part: AskedPart, rare: Sequence[str], given: set[ChunkId | None], scored: Sequence[Pick]
    ) -> list[Pick]:
        """The best sentences of the best clause for one part, and what goes with them."""
        t = self._tuning
        if not scored:
            return []
        best = scored[0]
        own = [p for p in scored if p.chunk.parent_id == best.chunk.parent_id and p.score >= best.score - t.same_clause]
        picks = [p for p in own if self._speaks_alike(part.asked, best.chunk, p.chunk)][: t.most_facet]
        if best.chunk.parent_id in given:
            picks += [p for p in scored if p.chunk.parent_id not in given and p.score >= best.score - t.facet][:1]
        return self._with_fact(part.asked, scored, picks, best, part.words) + self._companions(
            scored, best, picks, rare
        )

    def _with_fact(
        self, asked: Understanding, scored: Sequence[Pick], picks: list[Pick], best: Pick, words: Sequence[str] = ()
    ) -> list[Pick]:
        """`picks`, and when none states the fact asked for, the sentence of the best clause that does.

        Where the best clause states none, as when another one holds the penalty, the sentence that states
        it for what is asked about: it must hold most of `words`.
        """
        if not asked.attributes or any(_states(asked, pick.chunk) for pick in picks):
            return picks
        stating = sorted((p for p in scored if _states(asked, p.chunk)), key=lambda p: (-p.score, p.chunk.id))
        own = [p for p in stating if p.chunk.parent_id == best.chunk.parent_id]
        penal = any(rule.attribute is Attribute.PENALTY for rule in asked.attributes)
        about = [p for p in stating if penal and words and _share_with_lead(words, p.chunk) >= self._tuning.about]
        return picks + (own or about)[:1]

    def _with_items(self, asked: Understanding, picks: list[Pick], everything: Sequence[Chunk]) -> list[Pick]:
        """`picks` with the whole of each list they open (下列情形：), or take one item from when a list is asked."""
        leads = {
            (pick.chunk.parent_id, lead): pick.score
            for pick in picks
            if (lead := _lead_of(pick.chunk, listing=asked.kind in (Kind.LIST, Kind.PROHIBITIONS)))
        }
        held = {pick.chunk.id for pick in picks}
        for (parent, lead), score in leads.items():
            members = [c for c in everything if c.parent_id == parent and lead in (c.plain, c.lead)]
            if len(members) <= self._tuning.most_items:
                picks = picks + [Pick(chunk=c, score=score) for c in members if c.id not in held]
                held |= {c.id for c in members}
        return picks

    def _companions(self, scored: Sequence[Pick], best: Pick, picks: Sequence[Pick], rare: Sequence[str]) -> list[Pick]:
        """What another clause says on the same rare term: 续贷 is wanted in one and has its limits in another."""
        shared = [term for term in rare if term in best.chunk.plain]
        margin = max(self._tuning.companion, self._tuning.companion_share * best.score)
        taken = {pick.chunk.parent_id for pick in picks}
        found = [
            pick
            for pick in scored
            if pick.chunk.parent_id not in taken
            and pick.score >= best.score - margin
            and any(term in pick.chunk.plain for term in shared)
        ]
        return sorted(found, key=lambda p: (-p.score, p.chunk.id))[:1]

    def _scored(
        self,
        asked: Understanding,
        evidence: Iterable[Evidence],
        focus: Sequence[str] = (),
        matters: Sequence[Matter] = (),
    ) -> list[Pick]:
        t = self._tuning
        return [
            Pick(
                chunk=s.chunk,
                score=s.score
                + t.clause_share * e.score
                + self._fit(asked, s.chunk)
                + t.states * _states(asked, s.chunk)
                + t.focus * _share(focus, s.chunk)
                + t.matter * _spoken_of(matters, s.chunk)
                + t.states * defines(asked.defines, s.chunk)
                - (t.opening if _opens(s.chunk) and not asked.about_text else 0.0),
            )
            for e in evidence
            for s in e.sentences
        ]

    def _fit(self, asked: Understanding, chunk: Chunk) -> float:
        """Up for the sentence that addresses who was asked about, down for one that addresses another."""
        if not asked.institutions or chunk.subject is None:
            return 0.0
        subject = chunk.subject
        if any(one.addressed_in(subject) for one in asked.institutions):
            return self._tuning.institution * (1.0 if asked.specific else 0.2)
        if any(wider.addressed_in(subject) for one in asked.institutions for wider in one.wider):
            return 0.0
        return -0.5 * self._tuning.institution

    def _within_margins(self, asked: Understanding, scored: Sequence[Pick], best: Pick) -> list[Pick]:
        t = self._tuning
        listing = asked.kind in (Kind.LIST, Kind.PROHIBITIONS, Kind.MENTIONS)
        same = t.same_clause_list if listing else t.same_clause
        other = t.other_clause_several if asked.several else t.other_clause
        most = t.most_several if asked.several else t.most_list if listing else t.most
        chosen = []
        for pick in sorted(scored, key=lambda p: (-p.score, p.chunk.id)):
            margin = same if pick.chunk.parent_id == best.chunk.parent_id else other
            if pick.score >= best.score - margin and self._speaks_alike(asked, best.chunk, pick.chunk):
                chosen.append(pick)
        return chosen[:most]

    def _speaks_alike(self, asked: Understanding, best: Chunk, other: Chunk) -> bool:
        """Within one clause, a sentence to another institution answers another question."""
        if asked.several or best.parent_id != other.parent_id or best.subject is None or other.subject is None:
            return True
        return best.subject == other.subject or not asked.institutions


def how_made(selection: Selection) -> str:
    """What was looked through for what, and how much was found, where every sentence was; empty otherwise."""
    return f"{selection.how}共 {len(selection.picks)} 处：" if selection.how else ""


def list_made(selection: Selection) -> str:
    """How long the one list is that was chosen as the text has it; empty where none was, or more was chosen."""
    picks = selection.picks
    lists = {(p.chunk.parent_id, p.chunk.lead or p.chunk.plain) for p in picks}
    items = sum(bool(p.chunk.lead) for p in picks)
    if len(lists) == 1 and items > 1 and items == selection.listed:
        return f"这一条列举的各项都在下面，共 {items} 项："
    return ""


def _rival(scored: Sequence[Pick], best: Pick | None) -> float | None:
    """The best log-odds outside the clause of `best`."""
    if best is None:
        return None
    others = (p.odds for p in scored if p.odds is not None and p.chunk.parent_id != best.chunk.parent_id)
    return max(others, default=None)


def _leaves_gap(asked: Understanding, picks: Sequence[Pick]) -> bool:
    """Whether a fact is asked for that none of the sentences states."""
    return bool(picks and asked.attributes) and not any(_states(asked, pick.chunk) for pick in picks)


def _states(asked: Understanding, chunk: Chunk) -> bool:
    """Whether the sentence, with the words it continues, states a fact of a kind that the question asks for."""
    return any(rule.stated_in(chunk.lead + chunk.plain) for rule in asked.attributes)


def _spoken_of(matters: Sequence[Matter], chunk: Chunk) -> float:
    """The share of `matters` that the sentence, with the words it continues, speaks of, 0..1."""
    text = squeeze(fold(chunk.lead + chunk.plain))
    return sum(matter.stands_in(text) for matter in matters) / len(matters) if matters else 0.0


def defines(term: str | None, chunk: Chunk) -> bool:
    """Whether the sentence says what `term` means: 所称…是指, 为一般保证, 内部资金转移定价（FTP）."""
    if not term:
        return False
    word = re.escape(term)
    return (
        re.search(
            rf"{word}[”」]?，?(?:是指|是|为|即|包括)|(?:为|称)(?:为|之为)?[“「]?{word}[”」]?[）)。；,，]|[（(]{word}[）)]",
            chunk.plain,
        )
        is not None
    )


def _lead_of(chunk: Chunk, *, listing: bool) -> str | None:
    """The words that open the list which `chunk` opens or, when `listing`, is an item of."""
    if chunk.plain.endswith(("：", ":")):
        return chunk.plain
    return (chunk.lead or None) if listing else None


def _opens(chunk: Chunk) -> bool:
    """Whether `chunk` says what the text is and why it was made: the title, 为了…制定本法."""
    return chunk.unit == "标题" or _PURPOSE.match(chunk.plain) is not None


def _whole_items(picks: Sequence[Pick], everything: Sequence[Chunk]) -> int:
    """How many items of lists are among `picks`, when no item of these lists is missing; else 0."""
    held = {pick.chunk.id for pick in picks}
    leads = {(pick.chunk.parent_id, pick.chunk.lead) for pick in picks if pick.chunk.lead}
    items = [c for c in everything if c.lead and (c.parent_id, c.lead) in leads] if leads else []
    return len(items) if all(c.id in held for c in items) else 0


def _share(words: Sequence[str], chunk: Chunk) -> float:
    """The share of `words` that stand in the sentence, 0..1."""
    return sum(word in chunk.plain for word in words) / len(words) if words else 0.0


def _share_with_lead(words: Sequence[str], chunk: Chunk) -> float:
    text = chunk.lead + chunk.plain
    return sum(word in text for word in words) / len(words) if words else 0.0


def _rare(terms: Sequence[str], everything: Sequence[Chunk], most: int) -> list[str]:
    """Those of `terms` that stand in one to `most` clauses."""
    clauses = {term: {c.parent_id for c in everything if term in c.plain} for term in terms}
    return [term for term, found in clauses.items() if 0 < len(found) <= most]


def _in_order_of_parts(picks: Sequence[Pick]) -> list[Pick]:
    """Clauses in the order of the parts that found them, sentences within a clause as the text has them."""
    order = {str(parent): n for n, parent in enumerate(dict.fromkeys(pick.chunk.parent_id for pick in picks))}
    return sorted(picks, key=lambda p: (order[str(p.chunk.parent_id)], p.chunk.span.start))


def _in_reading_order(picks: Sequence[Pick]) -> list[Pick]:
    """Clauses by their best sentence, sentences within a clause as the text has them."""
    top: dict[str, float] = {}
    for pick in picks:
        key = str(pick.chunk.parent_id)
        top[key] = max(pick.score, top.get(key, pick.score))
    return sorted(picks, key=lambda p: (-top[str(p.chunk.parent_id)], str(p.chunk.parent_id), p.chunk.span.start))
