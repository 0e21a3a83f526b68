"""The words that a text is searched with: its own, those it spells by sound, and the policy terms for its lay words."""

from __future__ import annotations

from assistant.indexing.ports import SparsePort
from assistant.question.abbreviations import other_forms
from assistant.question.lay_words import Expander
from assistant.question.phonetic import SoundAlikes, has_pinyin
from assistant.schema.retrieval import LayTerms


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
        """`text` with the words of the library that it spells by sound or in another form, and short policy terms for
        its lay words."""
        return " ".join((self.own(text), *self.terms(text)))

    def own(self, text: str) -> str:
        """The same without the policy terms: they are words of the documents that the lay table was written for."""
        said = self._said(text)
        return " ".join((said, *self._forms(said)))

    def terms(self, text: str) -> tuple[str, ...]:
        """The short policy terms for the lay words of `text`."""
        said = self._said(text)
        forms = self._forms(said)
        return tuple(term for term in self._expander.terms(said) if term not in forms)

    def lay(self, text: str, last: str | None) -> LayTerms | None:
        """The terms for `text`, with the words that are searched without them for it and for its last turn."""
        terms = self.terms(text)
        return LayTerms(terms=terms, own=self.own(text), own_last=self.own(last) if last else None) if terms else None

    def _said(self, text: str) -> str:
        return " ".join((text, *self.meant(text)))

    def _forms(self, said: str) -> tuple[str, ...]:
        return tuple(form for form in other_forms(said) if self._uses(form))

    def _uses(self, form: str) -> bool:
        """Whether the library knows every word of `form`."""
        known, strange = self._sparse.vocabulary(form)
        return bool(known) and not strange

    def meant(self, text: str) -> tuple[str, ...]:
        """Words of the library that `text` spells by sound; empty for a text spelt as usual."""
        known, _ = self._sparse.vocabulary(text)
        return self._sounds.words_in(text) if not known or has_pinyin(text) else ()
