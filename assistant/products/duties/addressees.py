"""Whom a phrase addresses: the name at its beginning, with what describes and joins it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.products.duties.wordlists import Wordlists

_COMPOUND = 10  # characters between two names that make one: 分支机构所在地监督管理部门
_FAR = 200  # characters before a name that still belong to it; no name is longer, and the search stays short
_PLAIN = 12  # characters before the first name of one that nothing describes
_OWNED, _LISTED, _JOINED, _DESCRIBED = 9, 24, 40, 12  # and before a name behind 的, before 等, behind 和, behind a verb
# 与被调查事件有关的单位: a name behind what opens like a phrase that says how.
_CONCERNED = re.compile(r"^[^，]{1,30}(?:有关|相关|关系)的")
_TURNED = re.compile(r"[对向将把为由]")  # before a name: it is what something is done to
# 国务院审计、监察等机关
_GROUP = re.compile(r"(?=[^，]*?、)[^，的对向在为]{1,40}?等(?:有关|相关)?(?:部门|机关|机构|单位)")
_BRACKET = re.compile(r"[（(][^（()）]{1,40}[）)]")
_OF = re.compile(r"[^的，、]{1,5}的(?!情形|情况)")
_RELATIVE = re.compile(r"[^的，、]{1,24}的")


@dataclass(frozen=True, slots=True)
class _Further:
    """The name goes on from `at`; with `joined` another one begins there."""

    at: int
    joined: bool = False


class Addressees:
    """Finds the name of whom a phrase addresses."""

    def __init__(self, lists: Wordlists) -> None:
        self._lists = lists

    def at_beginning(self, text: str, *, open_end: bool = False) -> int:
        """How long the name of whom `text` addresses is at its beginning; 0: it begins with none.

        Args:
            open_end: what follows need not be a verb, as behind 引导.
        """
        lists = self._lists
        if not self._may_address(text):
            return 0
        determined = lists.determiners.match(text)
        at = determined.end() if determined else 0
        opens = lists.opens_verb.match(text, at) or lists.opens_prep.match(text, at)
        described = opens is not None and not lists.heads.match(text, at)
        begun = 0  # where the name, or the one joined to it, begins
        while match := lists.heads.search(text, at):
            at = match.end()
            if match.start() > _FAR or re.search("[，；。：]", text[: match.start()]):
                return 0
            if described and not _described(text, match.start()):
                continue
            if self._is_object(text[begun : match.start()], described=described):
                return 0
            found = self._behind(text, self._bracketed(text, at), open_end=open_end)
            if isinstance(found, int):
                return found
            at = found.at
            if found.joined:
                begun, described = at, False
        return 0

    def _may_address(self, text: str) -> bool:
        lists = self._lists
        if not text or lists.cases.search(text[:6]) or lists.states.match(text):
            return False
        if lists.heads.match(text):
            return True
        return not lists.founding.match(text) and (
            lists.never_subject.match(text) is None or _CONCERNED.search(text) is not None
        )

    def _is_object(self, before: str, *, described: bool) -> bool:
        """Whether the words before a name make it what something is done to: 实行政府指导价."""
        if self._lists.taking.search(before):
            return True
        long = len(before) > _PLAIN and not re.search("[的、]", before)
        return not described and (long or _TURNED.search(before) is not None)

    def _behind(self, text: str, end: int, *, open_end: bool) -> int | _Further:
        """The whole length, when the name that ends at `end` is the last; where it goes on; 0: it addresses nobody."""
        lists, rest = self._lists, text[end:]
        if join := lists.joins.match(rest):
            return _Further(end + join.end(), joined=True) if self._named(rest, join.end(), _JOINED) else 0
        if rest.startswith("等") and self._named(rest, 0, _LISTED - 1):
            return _Further(end)
        if rest.startswith("等") and lists.opens_predicate.match(rest[1:]):
            return end + 1
        if rest.startswith("的"):
            return _Further(end) if self._named(rest, 0, _OWNED) else 0
        if related := self._relative(text, end):
            return related
        owner = _OF.match(rest)
        if owner and not rest.endswith("的") and not lists.opens_prep.match(rest):
            return _Further(end + owner.end()) if lists.heads.match(rest, owner.end()) else 0
        return self._last(rest, end, open_end=open_end)

    def _last(self, rest: str, end: int, *, open_end: bool) -> int | _Further:
        """The same for a name that nothing joins: it ends before a verb, or is a part of a longer one."""
        opens = self._lists.opens_predicate
        grouped = _GROUP.match(rest)
        if grouped and (open_end or opens.match(rest[grouped.end() :])):
            return end + grouped.end()
        if open_end or opens.match(rest):
            return end
        return _Further(end) if self._named(rest, 0, _COMPOUND) else 0

    def _named(self, rest: str, at: int, within: int) -> bool:
        """Whether a name begins within so many characters, before any comma."""
        following = self._lists.heads.search(rest, at)
        return following is not None and following.start() - at <= within and "，" not in rest[at : following.start()]

    def _bracketed(self, text: str, end: int) -> int:
        """`end`, or the end of the bracket behind: (以下统称投保机构)."""
        match = _BRACKET.match(text, end)
        return match.end() if match else end

    def _relative(self, text: str, end: int) -> int:
        """The end of 省人民政府确定的部门, where a name is described by what another did."""
        rest = text[end:]
        match = _RELATIVE.match(rest)
        if match is None or not self._lists.opens_verb.match(rest):
            return 0
        following = self._lists.heads.search(rest, match.end())
        if following is None or following.start() - match.end() > (8 if match.end() <= 6 else 0):
            return 0
        whole = self._bracketed(text, end + following.end())
        return whole if self._lists.opens_predicate.match(text[whole:]) else 0


def _described(text: str, start: int) -> bool:
    """Whether what opens with a verb describes the name: 经营外汇业务的金融机构."""
    at = text.rfind("的", 0, start)
    plain = not re.search("[对向将把为与]", text[: max(at, 0)])
    return at >= 0 and start - at <= _DESCRIBED and (plain or text[:at].endswith(("有关", "相关", "关系")))
