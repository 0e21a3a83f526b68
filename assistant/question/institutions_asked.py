"""The institutions that a question names, each with the words that tell whether a sentence speaks of it."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.text.institutions import Institutions

_GENERIC = frozenset({"银行机构", "银行保险机构"})


def is_generic(name: str) -> bool:
    """Whether `name` means every bank, and so none in particular."""
    return name in _GENERIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """An institution of the bank's table."""

    name: str
    wordings: tuple[str, ...]  # how documents write it
    said: tuple[str, ...]  # every wording, of documents and of people
    addressed_as: tuple[str, ...]  # one of them stands in the addressee of a sentence to it
    wider: tuple[Institution, ...] = ()  # groups whose duties are also its own

    @property
    def generic(self) -> bool:
        return is_generic(self.name)

    def addressed_in(self, subject: str) -> bool:
        """Whether `subject`, the addressee of a sentence, names the institution itself."""
        return any(word in subject for word in self.addressed_as)


def institutions_in(text: str, institutions: Institutions) -> tuple[Institution, ...]:
    """The institutions that `text` names, in its order."""
    return tuple(
        _institution(name, institutions, tuple(_institution(w, institutions) for w in institutions.covering(name)))
        for name in institutions.asked(text)
    )


def _institution(name: str, institutions: Institutions, wider: tuple[Institution, ...] = ()) -> Institution:
    return Institution(
        name=name,
        wordings=institutions.wordings(name),
        said=institutions.said(name),
        addressed_as=institutions.addressed_as(name),
        wider=wider,
    )
