"""Which word of a piece binds, if any: one that only describes somebody or stands in what is told does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.products.duties.model import Degree
from assistant.products.duties.phrases import Phrases, noun_end
from assistant.products.duties.pieces import Piece
from assistant.text.binding_words import BindingWord, Force

BANS = (Degree.BAN, Degree.MUST_NOT)
_OWED = re.compile(r"([^的，、]{1,6})的(?=[^，]{1,12}$)")


@dataclass(frozen=True, slots=True)
class Modal:
    """A word that binds, where it stands in its piece; an empty one binds by the form of the sentence."""

    degree: Degree
    word: str = ""
    start: int = 0
    end: int = 0


class Binding:
    """Finds the word that binds a piece of one sentence."""

    def __init__(self, phrases: Phrases, pieces: Sequence[Piece], *, notice: bool) -> None:
        self._phrases = phrases
        self._lists = phrases.lists
        self._pieces = pieces
        self._notice = notice

    def modal(self, text: str, piece: Piece, *, governed: bool) -> Modal | None:
        """The word that binds `text`, the piece without its opening; `None` where there is none.

        Args:
            governed: an act of the sentence stands before, so that a tail may say what it is for.
        """
        if text.endswith("的"):
            return None
        for word in self._words(text):
            degree = self._lists.degree_of.get(word.text)
            if degree is None or (not self._notice and word.text in self._lists.words.notices_only):
                continue
            if self._describes(text, word, piece) or not self._binds(text, word, governed=governed):
                continue
            return Modal(degree, word.text, word.start, word.end)
        return None

    def certain(self, text: str) -> bool:
        """Whether a word in it binds for certain, as 应当 does."""
        degrees, words = self._lists.degree_of, self._lists.words
        loose = words.opening_only | words.notices_only
        return any(w.text in degrees and w.text not in loose and len(w.text) > 1 for w in self._words(text))

    def _describes(self, text: str, word: BindingWord, piece: Piece) -> bool:
        """Whether the word stands in what describes whom the next piece binds: 依法应当履行义务的机构，应当…."""
        behind = text[word.end :]
        if piece.stop != "，" or not re.search(r"的[^的]{1,10}$", behind):
            return False
        following = next((p for p in self._pieces if p.start > piece.start), None)
        name = behind.rsplit("的", 1)[-1]
        return following is not None and self._at_start(following.text) and bool(self._phrases.addressee(name))

    def _at_start(self, text: str) -> bool:
        skip = self._phrases.opening(text)
        return any(word.start == skip for word in self._words(text))

    def _words(self, text: str) -> list[BindingWord]:
        """Those of the table, and 不得 before a figure too."""
        found = {word.start: word for word in self._lists.binding.within(text)}
        for match in self._lists.binding.bans.finditer(text):
            if match.start() not in found and not text.startswith(self._lists.words.no_bans, match.start()):
                found[match.start()] = BindingWord(match[0], match.start(), match.end(), Force.PROHIBIT, True)
        return [found[at] for at in sorted(found)]

    def _binds(self, text: str, word: BindingWord, *, governed: bool) -> bool:
        lists, phrases = self._lists, self._phrases
        before = text[: word.start]
        bare = before[phrases.opening(before) :]
        owed = _OWED.match(text[word.end :])
        if owed and lists.verb.fullmatch(owed[1]):
            return False  # 应当交纳的保费
        if governed and phrases.aim(text):
            return False
        if word.text in lists.words.opening_only:
            adverbs = lists.adverbs.fullmatch(bare)
            return not bare or adverbs is not None or phrases.addressee(bare) == len(bare)
        return not lists.speaking.match(bare) or lists.heads.match(bare) is not None or noun_end(bare)
