"""The addresses of a sentence: 第十二条第二款, 五（十）, 695条. The grammar is that of `parsing/addresses.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.parsing.addresses import Address, Step, read_chain
from assistant.parsing.markers import value_of
from assistant.text.folding import squeeze

_NUMERAL = "一二三四五六七八九十百千零〇两0-9０-９"
_STARTS = re.compile(
    rf"第\s*[（(]?[{_NUMERAL}]|(?<![{_NUMERAL}年月日.])[0-9０-９]{{1,4}}\s*条(?![例件])|[一二三四五六七八九十]{{1,3}}(?:、\s*(?=[（(])|(?=[（(][一二三四五六七八九十]))"
    rf"|[（(][一二三四五六七八九十]{{1,3}}[）)]|[㈠-㈩]|附件\s*[一二三四五六七八九十\d]?"
)


@dataclass(frozen=True, slots=True)
class Found:
    """The places that some words of a sentence name."""

    start: int
    end: int
    places: tuple[Address, ...]
    ranged: bool = False

    @property
    def kind(self) -> str:
        """The kind of the first step: 条, 款, （一）."""
        return self.places[0].steps[0].kind


_PREAMBLE = re.compile(r"(?<=[》知见法定案])的?(序言|前言|引言)(?:部分)?")


def addresses_in(sentence: str) -> Iterator[Found]:
    """Every address of `sentence`, in order."""
    if preamble := _PREAMBLE.search(sentence):
        place = Address((Step("词", 0, word="序言"),))
        yield Found(preamble.start(1), preamble.end(), (place,))
    at = 0
    while match := _STARTS.search(sentence, at):
        above = _HEADING.match(sentence, match.start())
        chain = read_chain(sentence, above.end() if above else match.start(), len(sentence), True)
        if above and chain is not None:  # 五（十） without the 、 between
            head = Step("一", value_of(above[1]))
            chain.places[:] = [(head, *place) for place in chain.places]
        if chain is None or not _is_address(sentence, match.start(), chain.end):
            at = match.end()
            continue
        places = tuple(Address(steps) for steps in chain.written_out())
        yield Found(match.start(), chain.end, places, bool(chain.ranges))
        at = max(chain.end, match.end())


_HEADING = re.compile(r"([一二三四五六七八九十]{1,3})(?=[（(][一二三四五六七八九十]{1,3}[）)])")


def _is_address(sentence: str, start: int, end: int) -> bool:
    raw = squeeze(sentence[start:end])
    if raw.startswith("附件") and len(raw) < 4:
        return False
    return not re.match(r"(?:方|人|者|产业|轮|次|期|批|线)", sentence[end : end + 2]) or raw.endswith(
        ("条", "款", "项")
    )


def read_address(text: str) -> tuple[Address, ...]:
    """The places of a field that holds an address alone: 第十二条第二款, 695条, 五（十）; else none."""
    text = squeeze(text)
    if (above := _HEADING.match(text)) and (below := read_address(text[above.end() :])):
        head = Step("一", value_of(above[1]))
        return tuple(Address((head, *place.steps)) for place in below)
    for written in (text, f"第{text}", f"第{text}条" if text.isdigit() else ""):
        chain = read_chain(written, 0, len(written), True) if written else None
        if chain is not None and chain.end == len(written):
            return tuple(Address(steps) for steps in chain.written_out())
    return ()
