"""The proof of a statement of a talk: the document holds today, the quote stands in its clause, the words say the same.

The same proof as everywhere else: `Verifier` for what is cited, `PlainProof` for plain words beside a quote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.products.talks.model import Judged, Point, Proved, Slide, SlideKind, Talk, hash_of, same_words
from assistant.products.talks.words import TalkWords, talk_words
from assistant.proof.places import Place, Places
from assistant.proof.reasons import REASONS, expiry
from assistant.proof.verifier import Claim, Verifier
from assistant.schema.answer import Verdict
from assistant.schema.document import Document, DocumentMeta
from assistant.text.folding import squeeze
from assistant.text.institutions import Institutions
from assistant.text.quotes import quote_stands
from assistant.writing.plain import PlainProof

_GOOD = Judged(verdict=Verdict.OK, reason="与条款一致。")
_UNTITLED = Judged(verdict=Verdict.UNSUPPORTED, reason="标题不是条款的标题，也没有条款证实。")
_NOT_OURS = Judged(verdict=Verdict.UNSUPPORTED, reason="固定提示被改动了；本机构自己的话请另加一页，不要写成固定提示。")
_TITLED = frozenset({SlideKind.POINTS, SlideKind.BACKGROUND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """What a statement says and where it says that it stands."""

    text: str
    quote: str
    document: str
    address: str


class Prover:
    """Judges statements against the library as it is on one day.

    Args:
        documents: those that may be seen.
        load: gives a document with its tree.
    """

    def __init__(
        self,
        documents: Sequence[DocumentMeta],
        load: Callable[[str], Document],
        *,
        day: date,
        institutions: Institutions | None = None,
    ) -> None:
        self.day = day
        self._metas = {meta.id: meta for meta in documents}
        self._places = Places(documents, load)
        self._load = load
        self._same = PlainProof(institutions=institutions)
        self.verifier = Verifier(documents, load, today=lambda: day, institutions=institutions)

    def meta(self, document: str) -> DocumentMeta | None:
        """Facts about a document, or `None`: the library does not hold it."""
        return self._metas.get(document)

    def place(self, document: str, address: str) -> Place | None:
        """The clause as it is today, or `None`: there is none."""
        clause = self._load(document).find(address) if document in self._metas else None
        return self._places.place(document, clause) if clause is not None else None

    def hash(self, document: str, address: str) -> str:
        """The hash of the clause's words today; empty where there is none."""
        place = self.place(document, address)
        return hash_of(place.text) if place is not None else ""

    def stands(self, cited: Cited) -> Judged:
        """Whether document, clause and quote are there and hold on the day."""
        meta = self.meta(cited.document)
        if meta is None:
            return Judged(verdict=Verdict.NOT_FOUND, reason="本库没有（或您无权查看）所引的文件。")
        if not meta.in_force(self.day):
            return Judged(verdict=Verdict.SUPERSEDED, reason=expiry(meta, self.day))
        place = self.place(cited.document, cited.address)
        if place is None:
            return Judged(verdict=Verdict.NOT_FOUND, reason=f"《{meta.title}》里没有{cited.address}。")
        if not same_words(cited.quote) or not quote_stands(cited.quote, place.text):
            return Judged(verdict=Verdict.MISQUOTE, reason="引用的原文与条款不一致。")
        return _GOOD

    def judge(self, cited: Cited) -> Judged:
        """Whether a statement is proved by the clause that it cites."""
        standing = self.stands(cited)
        if not standing.good:
            return standing
        if same_words(cited.text) == same_words(cited.quote) or self._same.says_the_same(cited.text, cited.quote):
            return _GOOD
        return self._against(cited)

    def plainer(self, quote: str) -> str:
        """The quote with policy words put into everyday ones by the table; what it says is still to be judged."""
        return self._same.plainer(quote)

    def proves(self, cited: Cited) -> bool:
        """Whether the statement says what its quote says, and the proof of any text accepts it with this address."""
        if not self.judge(cited).good:
            return False
        claim = Claim(text=cited.text, doc=cited.document, address=cited.address)
        return self.verifier.check(claim).verdict is Verdict.OK

    def title(self, slide: Slide) -> Judged | None:
        """Whether a title that claims something is borne out by a clause of the slide; `None`: it claims nothing."""
        if slide.kind not in _TITLED or not slide.points:
            bad = [c for c in self.verifier.check_text(slide.title) if c.verdict not in (None, Verdict.OK)]
            return _UNTITLED if bad and slide.kind is not SlideKind.COVER else None
        if any(self._names(slide.title, point) for point in slide.points):
            return _GOOD
        for point in slide.points:
            cited = Cited(text=slide.title, quote=point.quote, document=point.document, address=point.address)
            if self._same.says_the_same(cited.text, cited.quote):
                return _GOOD
        return _UNTITLED

    def _names(self, title: str, point: Point) -> bool:
        """Whether a title is that of the clause, of what it stands in, or of its document with its place."""
        known = {same_words(name) for name in self.names(point.document, point.address)}
        if same_words(title) in known:
            return True
        meta = self.meta(point.document)
        place = same_words(title).removeprefix(f"《{meta.title}》") if meta else ""
        return place != same_words(title) and bool(place) and point.address.startswith(place)

    def names(self, document: str, address: str) -> Iterator[str]:
        """What a slide of a clause may be called besides its place: its headings, and where its document comes from."""
        meta, place = self.meta(document), self.place(document, address)
        if meta is None or place is None:
            return
        yield from (heading for heading in self._places.above(place).splitlines() if heading)
        yield f"为什么有《{meta.title}》"

    def _against(self, cited: Cited) -> Judged:
        checked = self.verifier.check(Claim(text=cited.text, doc=cited.document, address=cited.address))
        if checked.verdict not in (None, Verdict.OK):
            return Judged(verdict=checked.verdict, reason=checked.reason)
        reason = REASONS[Verdict.UNSUPPORTED]
        return Judged(verdict=Verdict.UNSUPPORTED, reason=f"与所引原文不是一个意思，或漏了条件、主体：条款{reason}")


def prove_talk(talk: Talk, prover: Prover, words: TalkWords | None = None) -> Proved:
    """The talk as of the prover's day, with the verdict on each statement, title and line of this program today."""
    known = words or talk_words()
    lines: dict[str, Judged] = {}
    for slide in talk.slides:
        if (judged := prover.title(slide)) is not None:
            lines[f"{slide.id} 标题"] = judged
        strange = [line for line in slide.fixed if not known.has_fixed(line)]
        if strange:
            lines[f"{slide.id} 固定提示"] = _NOT_OURS
    used = dict.fromkeys(point.document for point in talk.points())
    return Proved(
        talk=_of_today(talk, prover),
        judged={point.id: _judged(point, prover) for point in talk.points()},
        lines=lines,
        documents=tuple(meta for name in used if (meta := prover.meta(name)) is not None),
    )


def _judged(point: Point, prover: Prover) -> Judged:
    """The verdict on a point: its words, whom it is said to address, and that a card asks and does not claim."""
    judged = prover.judge(cited(point))
    place = prover.place(point.document, point.address)
    if judged.good and place is not None and squeeze(point.subject) not in squeeze(place.text):
        return Judged(verdict=Verdict.SUBJECT, reason="所写的对象在这一条里没有。")
    if judged.good and point.question and not point.question.rstrip("”）").endswith(("？", "?")):
        return Judged(verdict=Verdict.UNSUPPORTED, reason="问答卡的问题须是问句。")
    return judged


def _of_today(talk: Talk, prover: Prover) -> Talk:
    """The talk with the day of this proof, and the hashes of its clauses on it."""
    slides = tuple(
        replace(
            slide,
            points=tuple(replace(p, clause_hash=prover.hash(p.document, p.address)) for p in slide.points),
        )
        for slide in talk.slides
    )
    return replace(talk, checked_on=prover.day, slides=slides)


def cited(point: Point) -> Cited:
    """A point as the proof takes it."""
    return Cited(text=point.text, quote=point.quote, document=point.document, address=point.address)
