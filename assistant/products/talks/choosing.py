"""Which clauses a talk treats: those nearest to its topic, its parts and its listeners, then those beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.products.talks.library import TalkLibrary
from assistant.products.talks.pieces import Piece, Pieces
from assistant.products.talks.words import TalkWords
from assistant.schema.answer import Modality
from assistant.schema.chunk import Chunk
from assistant.schema.document import Document, Level
from assistant.schema.retrieval import Retrieved
from assistant.text.binding_words import modality_of

_NEAR = 0.5  # of the best score of a query
_NEXT = 3  # so many of each query come before the clauses beside them
_LIMIT = 8  # clauses looked at for each query
_MINUTES_EACH = 2.2
_SHARE = 0.55  # of the minutes for the clauses themselves
_FEWEST, _MOST = 2, 12
_PARTS = re.compile(r"[，,、；;/]|与|和|及|以及|或者")
_SHORTEST_PART = 2
_GENERAL = frozenset({Level.TITLE, Level.PREAMBLE})
_LAST_SCORE = -100.0

Place = tuple[str, str]  # document, address of a unit clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a talk is asked for."""

    audience: str
    topic: str
    minutes: int

    @property
    def queries(self) -> tuple[str, ...]:
        """What is searched: the topic, each part of it, and the topic with the listeners.

        The listeners alone find clauses in texts that name nobody like them: 社区老年居民 in a regulation of deposits.
        """
        parts = [part.strip() for part in _PARTS.split(self.topic)]
        long = [part for part in parts if len(part) >= _SHORTEST_PART]
        return tuple(dict.fromkeys((self.topic, *(long if len(long) > 1 else ()), f"{self.audience}，{self.topic}")))

    @property
    def room(self) -> int:
        """How many clauses the minutes allow."""
        return max(_FEWEST, min(_MOST, round(self.minutes * _SHARE / _MINUTES_EACH)))


@dataclass
class Material:
    """What was found for a brief: clauses in the order in which they are treated, and how near each sentence is."""

    library: TalkLibrary
    clauses: tuple[Place, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)  # by id of a sentence
    risky: tuple[Place, ...] = ()  # clauses found for risks besides
    _cut: dict[str, Pieces] = field(default_factory=dict)

    def pieces(self, place: Place) -> tuple[Piece, ...]:
        """The pieces of a clause in the order of the text."""
        return self.cut(place[0]).of(place[1])

    def cut(self, document: str) -> Pieces:
        """A document in pieces, cut once."""
        if document not in self._cut:
            self._cut[document] = Pieces(self.library.load(document))
        return self._cut[document]

    def score(self, piece: Piece) -> float:
        return self.scores.get(piece.sentence, _LAST_SCORE)

    @property
    def main(self) -> str | None:
        """The document that most of the clauses stand in."""
        counts: dict[str, int] = {}
        for document, _ in self.clauses:
            counts[document] = counts.get(document, 0) + 1
        return max(counts, key=lambda name: counts[name]) if counts else None


def find_material(brief: Brief, library: TalkLibrary, words: TalkWords) -> Material:
    """The clauses for a brief. Empty where the library holds nothing near it."""
    found = [library.search(query, limit=_LIMIT) for query in brief.queries]
    risks = library.search(f"{brief.topic} {words.risk_query}", limit=_LIMIT)
    material = Material(library=library, scores=_scores([*found, risks]))
    near = [[place for place in _near(one) if not _general(material, place)] for one in found]
    material.clauses = picked = tuple(_picked(material, near, found))[: brief.room]
    risky = (_place(e.chunk) for e in (*(e for f in found for e in f.evidence), *risks.evidence) if e.score > 0)
    apart = (place for place in risky if place not in picked and not _general(material, place))
    material.risky = tuple(dict.fromkeys(apart))
    return material


def _scores(found: Sequence[Retrieved]) -> dict[str, float]:
    """The best score of each sentence over all queries."""
    scores: dict[str, float] = {}
    for one in found:
        for evidence in one.evidence:
            for sentence in evidence.sentences:
                name = str(sentence.chunk.id)
                scores[name] = max(sentence.score, scores.get(name, sentence.score))
    return scores


def _picked(material: Material, near: Sequence[Sequence[Place]], found: Sequence[Retrieved]) -> list[Place]:
    """The best clause of each query; then, of the document that most stand in, the next best and their section.

    Last whatever else is near: what an office was sent says more of its matters than any other text.
    """
    depth = max((len(row) for row in near), default=0)
    by_turns = dict.fromkeys(row[n] for n in range(depth) for row in near if n < len(row))
    first = dict.fromkeys(row[0] for row in near if row)
    material.clauses = tuple(first)
    own = [row[n] for n in range(1, _NEXT) for row in near if n < len(row) and row[n][0] == material.main]
    told = list(dict.fromkeys((*first, *own)))
    beside = _beside(material, [place for place in told if place[0] == material.main], found)
    return list(dict.fromkeys((*told, *beside, *by_turns)))


def _near(found: Retrieved) -> Iterator[Place]:
    best = max((e.score for e in found.evidence), default=0.0)
    for evidence in found.evidence:
        if evidence.score > 0 and evidence.score >= _NEAR * best:
            yield _place(evidence.chunk)


def _place(chunk: Chunk) -> Place:
    return chunk.document_id, chunk.unit


def _general(material: Material, place: Place) -> bool:
    """Whether a clause is told as the background of the talk and not as one of its clauses."""
    return place[1] in {unit.address for unit in background_units(material.library.load(place[0]), material)}


def background_units(document: Document, material: Material) -> list[Chunk]:
    """Title, preamble, and the first clause: 一、总体要求, or the 第一条 that says what a law is for."""
    units = material.cut(document.id).units
    levels = {clause.address: clause.level for clause in document.addressable()}
    general = [unit for unit in units if levels.get(unit.address) in _GENERAL]
    first = next((unit for unit in units if levels.get(unit.address) in (Level.HEADING_1, Level.ARTICLE)), None)
    begins = next((unit for unit in units if levels.get(unit.address) not in _GENERAL), None)
    return [*general, *([first] if first is not None and first is begins else [])]


def _beside(material: Material, picked: Sequence[Place], found: Sequence[Retrieved]) -> list[Place]:
    """The other clauses of the sections that several chosen clauses stand in, the nearest to the brief first."""
    best: dict[Place, float] = {}
    for one in found:
        for evidence in one.evidence:
            place = _place(evidence.chunk)
            best[place] = max(evidence.score, best.get(place, evidence.score))
    rows: list[Place] = []
    for document in dict.fromkeys(name for name, _ in picked):
        sections = _sections(material.library.load(document))
        counts: dict[str, int] = {}
        for name, address in picked:
            if name == document:
                section = sections.get(address, "")
                counts[section] = counts.get(section, 0) + 1
        held = {s for s, count in counts.items() if s and count > 1}
        rows += [(document, address) for address, section in sections.items() if section in held]
    rows = [place for place in rows if not _general(material, place)]
    return sorted(rows, key=lambda place: -best.get(place, _LAST_SCORE))


def _sections(document: Document) -> dict[str, str]:
    """Address of each unit clause → that of the 一、, 章 or 节 above it."""
    out: dict[str, str] = {}
    above = {Level.HEADING_1, Level.CHAPTER, Level.SECTION}
    for clause in document.walk():
        if clause.level in above:
            for child in clause.children:
                if child.level in (Level.HEADING_2, Level.ARTICLE):
                    out[child.address] = clause.address
    return out


def forbids(piece: Piece) -> bool:
    """Whether the words of a piece forbid something."""
    return modality_of(piece.quote) is Modality.PROHIBIT
