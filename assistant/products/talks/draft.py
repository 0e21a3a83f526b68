"""Audience × topic × minutes → a talk whose every point is proved by its clause.

    brief → clauses (choosing) → pieces → slides of points → background, risks, limits, cards → minutes → Talk

Nothing here needs a language model. With one, `in_plain_words` puts the points into plain words, each proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from assistant.errors import InputError
from assistant.products.talks.choosing import Brief, Material, Place, background_units, find_material, forbids
from assistant.products.talks.library import TalkLibrary
from assistant.products.talks.model import FEWEST_MINUTES, MOST_MINUTES, Point, Slide, SlideKind, Talk, ended
from assistant.products.talks.pieces import Piece
from assistant.products.talks.proving import Cited, Prover, cited
from assistant.products.talks.timing import shared_out
from assistant.products.talks.words import TalkWords, talk_words
from assistant.safety.input_gate import clean_question
from assistant.safety.intrusions import intrusive
from assistant.schema.answer import PlainVersion, Statement
from assistant.schema.document import Level
from assistant.text.segment import pairs_of

_POINTS, _MORE_POINTS = 3, 5  # of one clause
_LONG_CLAUSE = 5.0  # minutes of the talk for each clause from which more is told of it
_BACKGROUND, _RISKS, _LIMITS, _CARDS = 3, 3, 2, 4
_LONG_TALK = 30  # minutes from which there are more cards and risks
_CITATION = 1


class PlainPort(Protocol):
    """Puts statements into plain words, each proved; raises `ModelError` where it cannot."""

    def write(self, statements: Sequence[Statement]) -> PlainVersion: ...


def draft_talk(brief: Brief, library: TalkLibrary, prover: Prover, *, words: TalkWords | None = None) -> Talk:
    """The talk for a brief.

    Raises:
        InputError: audience or topic cannot be used, the minutes are too few or too many, or the library holds
            nothing near the topic.
    """
    known = words or talk_words()
    if not FEWEST_MINUTES <= brief.minutes <= MOST_MINUTES:
        raise InputError(f"宣讲时长须为 {FEWEST_MINUTES} 至 {MOST_MINUTES} 分钟的整数。")
    brief = replace(brief, audience=clean_question(brief.audience), topic=clean_question(brief.topic))
    material = find_material(brief, library, known)
    slides = _Draft(brief, material, prover, known).slides()
    if not any(slide.kind is SlideKind.POINTS for slide in slides):
        raise InputError("库里没有找到与这个主题相近的条款，请换一个说法，或先把有关文件加入库中。")
    minutes = shared_out(slides, brief.minutes)
    return Talk(
        audience=brief.audience,
        topic=brief.topic,
        minutes=brief.minutes,
        checked_on=library.day,
        generation=library.generation,
        slides=tuple(replace(slide, minutes=own) for slide, own in zip(slides, minutes, strict=True)),
    )


class _Draft:
    """One draft on its way."""

    def __init__(self, brief: Brief, material: Material, prover: Prover, words: TalkWords) -> None:
        self._brief = brief
        self._material = material
        self._prover = prover
        self._words = words
        self._more = brief.minutes >= _LONG_TALK
        self._points = 0
        self._told: set[str] = set()
        self._near: dict[str, float] = {}  # by id of a point
        each = brief.minutes / max(1, len(material.clauses))
        self._most = _MORE_POINTS if each >= _LONG_CLAUSE else _POINTS

    def slides(self) -> list[Slide]:
        """All slides but their minutes."""
        treated = [slide for place in self._material.clauses if (slide := self._clause(place)) is not None]
        kinds = (
            Slide(id="", kind=SlideKind.COVER, title=self._brief.topic, minutes=0),
            Slide(id="", kind=SlideKind.OUTLINE, title=self._words.titles.outline, minutes=0),
            self._background(),
            *treated,
            self._risks(),
            self._limits(),
            self._cards(treated),
            self._local(),
            Slide(
                id="",
                kind=SlideKind.SOURCES,
                title=self._words.titles.sources,
                minutes=0,
                fixed=self._words.fixed.sources,
            ),
        )
        there = [slide for slide in kinds if slide is not None]
        return [replace(slide, id=f"s{n}") for n, slide in enumerate(there, start=1)]

    # --- slides -------------------------------------------------------------------------------------

    def _clause(self, place: Place) -> Slide | None:
        """The slide of one clause: its first piece, which says what it is about, and those nearest to the brief."""
        pieces = self._material.pieces(place)
        rest = self._ranked(pieces[1:])[: self._most - 1]
        points = self._proved(sorted((*pieces[:1], *rest), key=lambda p: p.start))
        if not points:
            return None
        return Slide(id="", kind=SlideKind.POINTS, title=self._title(place), minutes=0, points=points)

    def _title(self, place: Place) -> str:
        """The heading of a clause, else what says where it stands."""
        document = self._material.library.load(place[0])
        clause = document.find(place[1])
        return clause.heading if clause and clause.heading else f"《{document.meta.title}》{place[1]}"

    def _background(self) -> Slide | None:
        """Where the talk's main document comes from and what it is for, in its own words."""
        main = self._material.main
        if main is None:
            return None
        document = self._material.library.load(main)
        levels = {clause.address: clause.level for clause in document.addressable()}
        units = [u for u in background_units(document, self._material) if levels[u.address] is not Level.TITLE]
        pieces: list[Piece] = []
        for unit in units:
            ranked = self._ranked(self._material.pieces((main, unit.address)))
            pieces += sorted(ranked[: _BACKGROUND - (len(units) - 1)], key=lambda p: p.start)
        points = self._proved(pieces[:_BACKGROUND])
        title = f"为什么有《{document.meta.title}》"
        return Slide(id="", kind=SlideKind.BACKGROUND, title=title, minutes=0, points=points) if points else None

    def _risks(self) -> Slide | None:
        risky = self._words.risky
        places = (*self._material.clauses, *self._material.risky)  # never what only says what a text is for
        pieces = [p for place in places for p in self._material.pieces(place)]
        found = [p for p in pieces if forbids(p) or risky.search(p.quote)]
        count = _RISKS + (2 if self._more else 0)
        near = self._ranked(found)
        ranked = sorted(near, key=lambda p: not forbids(p))[: count - 1]
        # One warning at least, where there is one: what is forbidden is not all that listeners have to beware of.
        warned = [p for p in near if p not in ranked][:1]
        points = self._proved([*ranked, *warned], again=True)
        if not points:
            return None
        fixed = self._words.fixed.risks
        return Slide(id="", kind=SlideKind.RISKS, title=self._words.titles.risks, minutes=0, points=points, fixed=fixed)

    def _limits(self) -> Slide:
        limiting = self._words.limiting
        pieces = [p for place in self._material.clauses for p in self._material.pieces(place)]
        found = self._ranked([p for p in pieces if limiting.search(p.quote)])
        quoted = "".join(p.quote for p in pieces)
        absent = "、".join(what for what, unit in self._words.figures.items() if unit not in quoted)
        unstated = (self._words.unstated.format(what=absent),) if absent else ()
        return Slide(
            id="",
            kind=SlideKind.LIMITS,
            title=self._words.titles.limits,
            minutes=0,
            points=self._proved(found[:_LIMITS], again=True),
            fixed=(*self._words.fixed.limits, *unstated),
        )

    def _cards(self, treated: Sequence[Slide]) -> Slide:
        count = _CARDS + (2 if self._more else 0)
        points = [self._asked(slide, best) for slide in treated if (best := self._best(slide)) is not None]
        fixed = tuple(card.line for card in self._words.fixed_cards)
        return Slide(
            id="",
            kind=SlideKind.CARDS,
            title=self._words.titles.cards,
            minutes=0,
            points=tuple(points[:count]),
            fixed=fixed,
        )

    def _local(self) -> Slide:
        words = self._words
        blanks = tuple(f"{blank}：" for blank in words.blanks)
        return Slide(
            id="", kind=SlideKind.LOCAL, title=words.titles.local, minutes=0, fixed=words.fixed.local, blanks=blanks
        )

    # --- points -------------------------------------------------------------------------------------

    def _ranked(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces nearest to the brief first; pieces of one sentence by the words that they share with it."""
        asked = pairs_of(self._brief.topic) | pairs_of(self._brief.audience)
        shared = {piece: len(asked & pairs_of(piece.quote)) for piece in pieces}
        return sorted(pieces, key=lambda p: (p.leans, -self._material.score(p), -shared[p], p.start))

    def _best(self, slide: Slide) -> Point | None:
        """The point of a slide that is nearest to the brief."""
        return max(slide.points, key=lambda point: self._near[point.id], default=None)

    def _asked(self, slide: Slide, point: Point) -> Point:
        """A card: what a clause says, asked for."""
        asks, meta = self._words.questions, self._prover.meta(point.document)
        title = meta.title if meta else ""
        headed = not slide.title.startswith("《")
        question = (asks.headed if headed else asks.plain).format(
            heading=slide.title, title=title, address=point.address
        )
        self._points += 1
        return replace(point, id=f"p{self._points}", question=question)

    def _proved(self, pieces: Sequence[Piece], *, again: bool = False) -> tuple[Point, ...]:
        """The pieces as points, but those that the proof does not accept and, without `again`, those told before."""
        points = []
        for piece in pieces:
            if intrusive(piece.quote) or (piece.quote in self._told and not again):
                continue
            point = self._point(piece)
            if self._prover.proves(cited(point)):
                self._told.add(piece.quote)
                points.append(point)
        return tuple({point.quote: point for point in points}.values())

    def _point(self, piece: Piece) -> Point:
        self._points += 1
        name = f"p{self._points}"
        self._near[name] = self._material.score(piece)
        plain = ended(self._prover.plainer(piece.quote))
        said = Cited(text=plain, quote=piece.quote, document=piece.document, address=piece.address)
        return Point(
            id=name,
            text=plain if self._prover.proves(said) else ended(piece.quote),
            quote=piece.quote,
            document=piece.document,
            address=piece.address,
            clause_hash=self._prover.hash(piece.document, piece.address),
            subject="" if piece.subject in piece.quote else piece.subject,
        )


def in_plain_words(talk: Talk, writer: PlainPort, prover: Prover) -> Talk:
    """The talk with its points in plain words, where the proof finds that they say the same; else as they were.

    Raises:
        ModelError: the model did not answer.
    """
    points = [point for point in talk.points() if not point.written]
    texts = tuple(dict.fromkeys(point.quote for point in points))
    told = writer.write([Statement(text=text, citations=(_CITATION,)) for text in texts])
    plain = {old: new.text for old, new in zip(texts, told.statements, strict=True)}

    def put(point: Point) -> Point:
        text = plain.get(point.quote, point.text)
        said = Cited(text=text, quote=point.quote, document=point.document, address=point.address)
        new = replace(point, text=text, written=True)
        return new if new.reworded and prover.proves(said) else point

    slides = tuple(replace(slide, points=tuple(map(put, slide.points))) for slide in talk.slides)
    return replace(talk, slides=slides)
