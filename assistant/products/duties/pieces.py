"""A sentence cut where one act ends and the next begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.products.duties.wordlists import Wordlists

_OPEN, _CLOSE = "《“‘（(「『〈", "》”’）)」』〉"
_STOPS = "，；：。！？;:!?"
# 应当…并不得…, within one piece.
_COMPOUND = 10  # characters between two names that make one: 分支机构所在地监督管理部门
_PLAIN = 12  # characters before the first name of one that nothing describes
# 与被调查事件有关的单位: a name behind what opens like a phrase that says how.
_CONCERNED = re.compile(r"^[^，]{1,30}(?:有关|相关|关系)的")
_TURNED = re.compile(r"[对向将把为由]")  # before a name: it is what something is done to
# 国务院审计、监察等机关
_GROUP = re.compile(r"(?=[^，]*?、)[^，的对向在为]{1,40}?等(?:有关|相关)?(?:部门|机关|机构|单位)")
_SECOND = re.compile(r"(?<=.)(?:并且|而且|并|且|但)(?=(?:同时)?(?:还|也)?(?:应当|不得|必须|可以|严禁))")


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two commas: `text` is the sentence's from `start` on; `stop` is what ends it."""

    text: str
    start: int
    stop: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def pieces_of(sentence: str) -> Iterator[Piece]:
    """The pieces of a sentence in order; commas in brackets and quotation marks cut nothing."""
    start = depth = 0
    for at, char in enumerate(sentence):
        if char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth = max(0, depth - 1)
        elif char in _STOPS and depth == 0:
            yield from _halves(sentence[start:at], start, char)
            start = at + 1
    yield from _halves(sentence[start:], start, "")


def _halves(text: str, start: int, stop: str) -> Iterator[Piece]:
    cuts = [0, *(match.start() for match in _SECOND.finditer(text)), len(text)]
    for one, other in zip(cuts, cuts[1:], strict=False):
        if text[one:other]:
            yield Piece(text[one:other], start + one, stop if other == len(text) else "")


class Reader:
    """Tells of a piece of text whether it addresses somebody, sets a condition, or only says how."""

    def __init__(self, lists: Wordlists) -> None:
        self.lists = lists

    def opening(self, text: str) -> int:
        """Where the piece begins behind 并, 但, 同时."""
        match = self.lists.opening.match(text)
        return match.end() if match else 0

    def adverbial(self, text: str) -> bool:
        """Whether the piece says only how, when or by what: 在风险可控前提下, 根据企业实际需要."""
        lists = self.lists
        if lists.manner.match(text):
            return True
        if lists.frames.match(text) and lists.ends_adverbial.search(text):
            return bool(lists.ends_time.search(text)) or not lists.acts_inside.search(text)
        adverbs = lists.adverbs.match(text)
        bare = text[adverbs.end() :] if adverbs else text
        last = bare.rsplit("的", 1)[-1]
        return bool(lists.opens_object.match(bare)) and not lists.object_verbs.search(last)

    def condition(self, text: str) -> bool:
        """Whether the piece says when: …的, …时, 未经批准."""
        lists = self.lists
        opens = lists.opens_condition.match(text) or lists.consent.match(text)
        return bool(opens or lists.ends_condition.search(text) or self.adverbial(text))

    def aim(self, text: str) -> bool:
        """Whether the piece only says what the act before it is for: 确保…, 提升…."""
        for pattern, unless_addressee in self.lists.aims:
            if match := pattern.match(text):
                return not (unless_addressee and self.addressee(text[match.end() :], open_end=True))
        return False

    def acts(self, text: str) -> bool:
        """Whether the piece opens with a verb, or with how something is done."""
        lists = self.lists
        return bool(lists.opens_verb.match(text) or lists.opens_prep.match(text) or lists.adverbs.match(text))

    # --- whom it addresses ----------------------------------------------------------------------

    def addressee(self, text: str, *, open_end: bool = False) -> int:
        """How long the name of whom `text` addresses is at its beginning; 0: it begins with none.

        Args:
            open_end: what follows need not be a verb, as behind 引导.
        """
        lists = self.lists
        if not text or (lists.founding.match(text) and not self._begins_with_name(text)):
            return 0
        if lists.never_subject.match(text) and not self._begins_with_name(text) and not _CONCERNED.search(text):
            return 0
        if lists.cases.search(text[:6]) or lists.states.match(text):
            return 0
        determined = lists.determiners.match(text)
        at = determined.end() if determined else 0
        described = not lists.heads.match(text, at) and bool(
            lists.opens_verb.match(text, at) or lists.opens_prep.match(text, at)
        )
        begun = 0  # where the name, or the one joined to it, begins
        for match in iter(lambda: lists.heads.search(text, at), None):
            at = match.end()
            if not self._reaches(text, match.start()):
                return 0
            if described and not self._has_de(text, match.start()):
                continue
            before = text[begun : match.start()]
            if lists.taking.search(before):
                return 0
            if not described and (len(before) > _PLAIN and not re.search("[的、]", before) or _TURNED.search(before)):
                return 0
            end = self._bracketed(text, at)
            rest = text[end:]
            if join := lists.joins.match(rest):
                if self._next_name(rest, join.end()):
                    at = begun = end + join.end()
                    described = False
                    continue
                return 0
            if rest.startswith("等") and (following := lists.heads.search(rest)) and following.start() < 24:
                at = end
                continue
            if rest.startswith("等") and lists.opens_predicate.match(rest[1:]):
                return end + 1
            if rest.startswith("的"):
                following = lists.heads.search(rest)
                if following is None or following.start() > 9 or "，" in rest[: following.start()]:
                    return 0
                at = end
                continue
            if related := self._relative(text, end):
                return related
            described_by = re.match(r"[^的，、]{1,5}的(?!情形|情况)", rest)
            if described_by and not rest.endswith("的") and not lists.opens_prep.match(rest):
                if lists.heads.match(rest, described_by.end()):
                    at = end + described_by.end()
                    continue
                return 0
            if grouped := _GROUP.match(rest):
                at = end + grouped.end()
                if open_end or lists.opens_predicate.match(text[at:]):
                    return at
            if open_end or lists.opens_predicate.match(rest):
                return end
            following = lists.heads.search(text, at)
            if following is None or following.start() - at > _COMPOUND:
                return 0
        return 0

    def _begins_with_name(self, text: str) -> bool:
        match = self.lists.heads.match(text)
        return match is not None

    def _reaches(self, text: str, start: int) -> bool:
        """Whether the name that begins at `start` still belongs to the opening of `text`."""
        return not re.search("[，；。：]", text[:start])

    def _has_de(self, text: str, start: int) -> bool:
        """Whether what opens with a verb describes the name: 经营外汇业务的金融机构."""
        at = text.rfind("的", 0, start)
        return (
            at >= 0 and start - at <= 12 and (not re.search("[对向将把为与]", text[:at]) or _ends_concerned(text[:at]))
        )

    def _bracketed(self, text: str, end: int) -> int:
        """`end`, or the end of the bracket behind: (以下统称投保机构)."""
        match = re.compile(r"[（(][^（()）]{1,40}[）)]").match(text, end)
        return match.end() if match else end

    def _next_name(self, rest: str, at: int) -> bool:
        following = self.lists.heads.search(rest, at)
        return following is not None and following.start() - at <= 40 and "，" not in rest[at : following.start()]

    def _relative(self, text: str, end: int) -> int:
        """The end of 省人民政府确定的部门, where a name is described by what another did."""
        rest = text[end:]
        match = re.match(r"[^的，、]{1,24}的", rest)
        if match is None or not self.lists.opens_verb.match(rest):
            return 0
        following = self.lists.heads.search(rest, match.end())
        if following is None or following.start() - match.end() > (8 if match.end() <= 6 else 0):
            return 0
        whole = self._bracketed(text, end + following.end())
        return whole if self.lists.opens_predicate.match(text[whole:]) else 0


def _ends_concerned(text: str) -> bool:
    return text.endswith(("有关", "相关", "关系"))
