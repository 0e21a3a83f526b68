"""The words that a text is searched with: its own, those it spells by sound, and the policy terms for its lay words."""

from __future__ import annotations

from assistant.indexing.ports import SparsePort
from assistant.question.lay_words import Expander
from assistant.question.phonetic import SoundAlikes, has_pinyin


class SearchWords:
    """Text → words to search.

    Args:
        sparse: tells which words the library uses.
    """

    def __init__(self, sparse: SparsePort, expander: Expander) -> None:
        self._sparse = sparse
        self._expander = expander
        self._sounds = SoundAlikes(sparse.words)

    def of(self, text: str) -> str:
        """`text` with the words of the library that it spells by sound, and short policy terms for its lay words."""
        meant = self.meant(text)
        return " ".join((text, *meant, *self._expander.terms(" ".join((text, *meant)))))

    def meant(self, text: str) -> tuple[str, ...]:
        """Words of the library that `text` spells by sound; empty for a text spelt as usual."""
        known, _ = self._sparse.vocabulary(text)
        return self._sounds.words_in(text) if not known or has_pinyin(text) else ()
