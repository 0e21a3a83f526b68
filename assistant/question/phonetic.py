"""Words spelt by their sound: pinyin typed for want of an input method (jinrong), and homophones
picked by mistake (普会 for 普惠). Pronunciations come from pypinyin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.text.folding import fold

_TOKEN = re.compile(r"[a-z]+|[\u3400-\u9fff]")
_LONGEST_SYLLABLE = 6  # zhuang
_FEWEST_SYLLABLES = 2  # one syllable has too many homophones to mean anything
_MOST_SYLLABLES = 6
# Runs of Latin letters that begin like pinyin: an initial, then a vowel. LPR and FTP do not.
_PINYIN_LIKE = re.compile(r"\b(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?[aeiouv]+(?:ng|n|r)?){2,}\b")


def has_pinyin(question: str) -> bool:
    """Whether `question` holds a run of letters that can be read as two or more syllables."""
    return _PINYIN_LIKE.search(fold(question)) is not None


@dataclass(frozen=True, slots=True)
class _Syllable:
    """A sound in a question; typed in letters it bears no tone."""

    plain: str  # hui
    toned: str | None  # hui4


class SoundAlikes:
    """Finds words of the library by their sound.

    Args:
        words: gives every word of the library; read at the first question that needs it.
    """

    def __init__(self, words: Callable[[], Iterable[str]]) -> None:
        self._words = words

    def words_in(self, question: str) -> tuple[str, ...]:
        """Words of the library whose sound stands in `question`, longest first at each place.

        Characters must sound alike in their tones too, and a single word of two characters proves no
        misspelling (行是 is not meant as 形式): then there are none, unless it was typed in letters.

        >>> SoundAlikes(lambda: ["普惠", "志愿者", "单列"]).words_in("普会 zhiyuanzhe 要不要单烈")
        ('普惠', '志愿者', '单列')
        >>> SoundAlikes(lambda: ["续贷", "形式"]).words_in("xudai 咋弄")
        ('续贷',)
        """
        syllables = list(self._syllables(fold(question)))
        found: dict[str, None] = {}
        typed = False
        at = 0
        while at < len(syllables):
            words, size = self._longest_at(syllables, at)
            found.update(dict.fromkeys(words))
            typed = typed or (bool(words) and all(s.toned is None for s in syllables[at : at + size]))
            at += size
        meant = tuple(found)
        certain = typed or len(meant) > 1 or any(len(word) > _FEWEST_SYLLABLES for word in meant)
        return meant if certain else ()

    def _longest_at(self, syllables: Sequence[_Syllable], at: int) -> tuple[Sequence[str], int]:
        for size in range(min(_MOST_SYLLABLES, len(syllables) - at), _FEWEST_SYLLABLES - 1, -1):
            window = syllables[at : at + size]
            toned = [s.toned for s in window if s.toned is not None]
            key = " ".join(toned) if len(toned) == size else " ".join(s.plain for s in window)
            if words := self._by_sound.get(key):
                return words, size
        return (), 1

    @cached_property
    def _by_sound(self) -> dict[str, list[str]]:
        """Words by their sound, once with tones and once without."""
        from pypinyin import Style, lazy_pinyin

        found: dict[str, list[str]] = {}
        for word in self._words():
            if len(word) < _FEWEST_SYLLABLES or word[0].isascii():
                continue
            for style in (Style.NORMAL, Style.TONE3):
                found.setdefault(" ".join(lazy_pinyin(word, style=style)), []).append(word)
        return found

    @cached_property
    def _known_syllables(self) -> frozenset[str]:
        return frozenset(s for sound in self._by_sound for s in sound.split() if s.isalpha())

    def _syllables(self, text: str) -> Iterator[_Syllable]:
        from pypinyin import Style, lazy_pinyin

        for match in _TOKEN.finditer(text):
            token = match[0]
            if token.isascii():
                yield from (_Syllable(part, None) for part in self._cut(token))
            else:
                yield _Syllable(lazy_pinyin(token)[0], lazy_pinyin(token, style=Style.TONE3)[0])

    def _cut(self, letters: str) -> list[str]:
        """`letters` cut into syllables that the library knows, as few as possible; itself when it is no pinyin."""
        best: list[list[str] | None] = [[]] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - _LONGEST_SYLLABLE), end):
                before = best[start]
                if before is None or letters[start:end] not in self._known_syllables:
                    continue
                if (held := best[end]) is None or len(before) + 1 < len(held):
                    best[end] = [*before, letters[start:end]]
        return best[-1] or [letters]
