"""The sentences of a model's output, and the source marks [1] that they bear."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NUMBER_LIST = r"\^?\s*\d{1,3}(?:\s*[,，、\-–—~]\s*\d{1,3})*\s*"
_MARK = re.compile(rf"\s*[\[［【]{_NUMBER_LIST}[\]］】]")  # [1] [1,2] 【1】 ［１］ [1-3] [^1]
_MARK_ON_LINE = re.compile(rf"[ \t]*[\[［【]{_NUMBER_LIST}[\]］】]")
_MARK_BEGUN = re.compile(r"[\[［【][\s\d^,，、\-–—~]*")
_RANGE = re.compile(r"(\d+)(?:\s*[\-–—~]\s*(\d+))?")
_MAX_RANGE = 20
_MAX_SENTENCE = 600  # code points; what runs on for longer is cut there, which keeps splitting linear
_ENDERS = "。！？!?"
_OPENERS = {"“": "”", "「": "」", "『": "』", "（": "）", "《": "》"}
_CLOSERS = frozenset("”’」』）》)\"'")


def parse_marks(sentence: str) -> tuple[str, tuple[int, ...]]:
    """The sentence without its source marks, and their numbers in order, each once.

    >>> parse_marks("严禁贷款转存[1][2]。")
    ('严禁贷款转存。', (1, 2))
    """
    numbers: dict[int, None] = {}
    for mark in _MARK.finditer(sentence):
        for first, last in _RANGE.findall(mark[0]):
            low, high = int(first), int(last or first)
            numbers.update(dict.fromkeys(range(low, high + 1) if high - low < _MAX_RANGE else (low, high)))
    return _MARK.sub("", sentence).strip(), tuple(numbers)


def split_sentences(text: str) -> tuple[str, ...]:
    """Sentences of a model's output, each with the marks before and after its 。"""
    splitter = SentenceSplitter()
    return (*splitter.feed(text), *splitter.close())


class SentenceSplitter:
    """The same for text that comes in pieces: how it is cut makes no difference to the sentences.

    A sentence ends at 。！？ outside quotation marks and brackets, or at a line break. Marks and
    closing quotes after the end still belong to it, so it is given out only when the next
    sentence begins.
    """

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, piece: str) -> tuple[str, ...]:
        self._rest += piece
        return tuple(self._take())

    def close(self) -> tuple[str, ...]:
        """What is left at the end."""
        last, self._rest = self._rest.strip(), ""
        return (last,) if last else ()

    def _take(self) -> Iterator[str]:
        while (end := self._end()) is not None:
            sentence, self._rest = self._rest[:end].strip(), self._rest[end:]
            if sentence:
                yield sentence

    def _end(self) -> int | None:
        end = _sentence_end(self._rest[:_MAX_SENTENCE])
        return _MAX_SENTENCE if end is None and len(self._rest) >= _MAX_SENTENCE else end


def _sentence_end(text: str) -> int | None:
    """Where the first sentence and all that belongs to it ends; `None` while that is open."""
    awaited: list[str] = []
    for at, char in enumerate(text):
        if char == "\n":
            return at + 1 if text[:at].strip() else _after_blank(text)
        if awaited and char == awaited[-1]:
            awaited.pop()
        elif char in _OPENERS:
            awaited.append(_OPENERS[char])
        elif char in _ENDERS and (not awaited or _closes_here(text, at + 1, awaited)):
            return _after_marks(text, at + 1)
    return None


def _after_blank(text: str) -> int | None:
    stripped = text.lstrip()
    return len(text) - len(stripped) if stripped else None


def _closes_here(text: str, at: int, awaited: Sequence[str]) -> bool:
    """Whether the quotation ends right behind the full stop and the sentence with it: “……。”[1]"""
    rest = text[at:]
    closing = "".join(reversed(awaited))
    if not rest.startswith(closing):
        return False
    behind = rest[len(closing) :].lstrip(" \t")
    return bool(behind) and (behind[0] in "[［【\n" or behind[0] in _OPENERS)


def _after_marks(text: str, at: int) -> int | None:
    """The end of closing quotes and marks from `at` on; `None` when more of them may come."""
    while at < len(text):
        char = text[at]
        if char in _CLOSERS or char in _ENDERS:
            at += 1
        elif mark := _MARK_ON_LINE.match(text, at):  # a line break ends the sentence, marks behind it or not
            at = mark.end()
        elif char in " \t":
            blank = len(text) - len(text[at:].lstrip(" \t"))
            if blank == len(text):
                return None
            if text[blank] not in "[［【":
                return at
            at = blank
        elif _MARK_BEGUN.fullmatch(text, at):
            return None
        else:
            return at
    return None
