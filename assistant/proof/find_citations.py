"""Where a sentence says that it stands: the documents and addresses that it cites.

「（见《通知》第五部分第（十）项）」「2025年款项支付条例第三十一条」「该条第二款」: a name (find_names), then an address
(find_addresses). What a citation leads to is settled in resolve_citations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.parsing.addresses import Address
from assistant.proof.citations import BackReference, Cited, Memory, Named, UnknownTitle
from assistant.proof.find_addresses import Found, addresses_in
from assistant.proof.find_names import Names
from assistant.schema.document import DocumentMeta

_BETWEEN = re.compile(r"[\s的中里之，,：:]{0,3}")  # between a name and its address
_BRACKET = re.compile(r"\s{0,2}[（(]\s{0,2}")  # 第一百三十条（《…保险法》）
_JOINED = re.compile(r"[\s、，,和与及以及或者或；;（）()]{0,4}")
_BACK = re.compile(r"(?:该|同|此|上述|前述|同一)(?:部)?(?:法律|法|条例|办法|规定|细则|通知|文件|意见)(?!律|人|定|规)")
_SAME_ARTICLE = re.compile(r"(?:该|同|此)条(?![例款件目])")
_PREVIOUS_ARTICLE = re.compile(r"(?:该条的?)?上一?条(?![例款件目])")
_REFERS_BACK = re.compile(rf"({_BACK.pattern}|{_SAME_ARTICLE.pattern}|{_PREVIOUS_ARTICLE.pattern})的?\s*$")
_OWN = re.compile(r"(?:本(?:法|条例|办法|规定|细则|决定|意见)|前款|前条|前项|前两款|前两项|前三款)的?\s*$")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A sentence with its names, and what was cited before the place in hand."""

    sentence: str
    names: Sequence[Named]
    before: Sequence[Cited]
    memory: Memory

    def citing(self, start: int, end: int, name: Named | None, places: tuple[Address, ...]) -> Cited:
        return Cited(start=start, end=end, raw=self.sentence[start:end], name=name, addresses=places)


class Citations:
    """Finds the citations of a sentence.

    Args:
        documents: every document that may be cited.
    """

    def __init__(self, documents: Sequence[DocumentMeta]) -> None:
        self._names = Names(documents)
        self.called = self._names.called
        self.without_names = self._names.without_names

    def find(self, sentence: str, memory: Memory | None = None) -> tuple[Cited, ...]:
        """The citations of `sentence` in its order; those that stand inside a clause's own words are among them."""
        memory = memory or Memory()
        names = self._names.within(sentence)
        found: list[Cited] = []
        used: set[int] = set()
        for place in addresses_in(sentence):
            cited = self._at(place, _Reading(sentence, names, found, memory))
            if cited is None:
                continue
            if cited.name is not None:
                used.add(cited.name.start)
            found.append(replace(cited, ranged=place.ranged))
            memory = memory.after(cited)
        found += _articles_before(sentence, memory, found)
        for name in names:
            if name.start not in used and not any(c.start <= name.start < c.end for c in found):
                raw = sentence[name.start : name.end]
                found.append(Cited(start=name.start, end=name.end, raw=raw, name=name, addresses=()))
        return tuple(sorted(found, key=lambda c: (c.start, c.end)))

    def _at(self, place: Found, reading: _Reading) -> Cited | None:
        """The citation whose address stands at `place`, `None` when those words cite nothing."""
        head = reading.sentence[: place.start]
        if _OWN.search(head):
            return None
        if cited := _with_name_beside(place, reading):
            return cited
        if back := _REFERS_BACK.search(head):
            return _gone_back(reading, back.start(), place)
        gap = re.search(r"[的中里]?\s*$", head)
        name = self._names.before(reading.sentence, gap.start() if gap else place.start)
        within = place.kind in ("款", "项", "目")
        if name is not None and not (within and isinstance(name, UnknownTitle)):
            return reading.citing(name.start, place.end, name, place.places)
        if within:
            return None
        if place.kind in ("（一）", "一") and not _cites(reading.sentence, place):
            return None
        return reading.citing(place.start, place.end, _named_before(place, reading), place.places)


def _with_name_beside(place: Found, reading: _Reading) -> Cited | None:
    """《仓储法》第五条, 第五条（《仓储法》）."""
    sentence = reading.sentence
    beside = [n for n in reading.names if n.end <= place.start and _BETWEEN.fullmatch(sentence[n.end : place.start])]
    if beside:
        return reading.citing(beside[-1].start, place.end, beside[-1], place.places)
    behind = next((n for n in reading.names if n.quoted and _BRACKET.fullmatch(sentence[place.end : n.start])), None)
    return reading.citing(place.start, behind.end, behind, place.places) if behind else None


def _named_before(place: Found, reading: _Reading) -> Named | None:
    """The document that an address without a name belongs to: named before it, in the sentence or the text."""
    earlier = [c for c in reading.before if c.name is not None and c.name.documents]
    if earlier and _JOINED.fullmatch(reading.sentence[earlier[-1].end : place.start]):
        return earlier[-1].name
    titles = [n for n in reading.names if n.end <= place.start and not isinstance(n, UnknownTitle)]
    if titles:
        return titles[-1]
    return _remembered(reading.memory, place.start)


def _remembered(memory: Memory, at: int) -> Named | None:
    if not memory.documents:
        return None
    return BackReference(start=at, end=at, raw="", documents=memory.documents, versioned=memory.versioned)


def _gone_back(reading: _Reading, start: int, place: Found) -> Cited:
    """该法第十六条, 该条第二款, 上一条第一款: the document and article cited before."""
    name = _remembered(reading.memory, start)
    article = _article_meant(reading.sentence, start, reading.memory)
    places = place.places
    if name is not None and article is not None:
        places = tuple(Address((*article.steps, *address.steps)) for address in places)
    return reading.citing(start, place.end, name, places)


def _article_meant(sentence: str, at: int, memory: Memory) -> Address | None:
    """The article that 该条 or 上一条 at `at` means."""
    if memory.article is None:
        return None
    if _PREVIOUS_ARTICLE.match(sentence, at):
        step = memory.article.steps[0]
        return Address((replace(step, number=step.number - 1, suffix=0),)) if step.number > 1 else None
    return memory.article if _SAME_ARTICLE.match(sentence, at) else None


def _articles_before(sentence: str, memory: Memory, found: Sequence[Cited]) -> list[Cited]:
    """上一条规定…: the article before the one cited last, without an address of its own."""
    name = _remembered(memory, 0)
    out = []
    for match in _PREVIOUS_ARTICLE.finditer(sentence):
        article = _article_meant(sentence, match.start(), memory)
        apart = not any(c.start <= match.start() < c.end for c in found)
        if name is not None and article is not None and apart and not found:
            here = replace(name, start=match.start(), end=match.start())
            out.append(Cited(start=match.start(), end=match.end(), raw=match[0], name=here, addresses=(article,)))
    return out


def _cites(sentence: str, place: Found) -> bool:
    """Whether （十） without a name before it names a place, and is no number of a list."""
    head, tail = sentence[: place.start], sentence[place.end :]
    return bool(
        re.search(r"(?:见|据|照|按|——|—|第|[（(]|依)\s*$", head)
        or re.match(r"\s*(?:条|项|部分|的?规定|要求|明确|[）)])", tail)
    )
