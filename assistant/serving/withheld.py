"""What was said of documents that whoever reads it now may no longer see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from assistant.access.audit import ANSWERED
from assistant.records.answers import KeptAnswer
from assistant.serving.ports import Assistant

_SHORT = 4000  # characters
_TITLE = re.compile(r"《([^《》]{1,200})》")


class Withheld:
    """What the holders of `labels` may not be shown, in the light of the library that answers now.

    A document that has left the library is withheld from those who lack a label that whoever asked held then.
    """

    def __init__(self, assistant: Assistant, labels: frozenset[str]) -> None:
        self._labels = labels
        self._seen = frozenset(meta.id for meta in assistant.documents(labels))
        hidden = assistant.hidden(labels)
        self._hidden = frozenset(meta.id for meta in hidden)
        self._titles = frozenset(name for meta in hidden for name in (meta.title, *meta.aliases))

    def answer(self, kept: KeptAnswer) -> bool:
        """Whether an answer is to be withheld."""
        rights = json.loads(kept.inquiry).get("rights")
        named = frozenset(_documents(json.loads(kept.body)))
        return self._withheld(named, frozenset(rights or ())) or self.words(kept.body)

    def record(self, kind: str, facts: Mapping[str, Any]) -> bool:
        """Whether what the audit says of an act is to be withheld. Of documents long gone nobody knows the labels."""
        said = frozenset(_texts(facts))
        if not said.isdisjoint(self._hidden | self._titles) or any(map(self.words, said)):
            return True
        if kind.startswith("corpus."):
            return bool(self._hidden) and not frozenset(_texts(facts.get("documents", []))) <= self._seen
        if kind != ANSWERED:
            return False
        named = frozenset(str(clause["id"]).rpartition("#")[0] for clause in facts["clauses"])
        return self._withheld(named, frozenset(facts["labels"]))

    def words(self, text: str) -> bool:
        """Whether a text names a document that may not be seen by its title; in a long one, in 《》."""
        if len(text) > _SHORT:
            return not self._titles.isdisjoint(_TITLE.findall(text))
        return any(title in text for title in self._titles)

    def _withheld(self, named: frozenset[str], rights: frozenset[str]) -> bool:
        gone = named - self._seen - self._hidden
        return bool(named & self._hidden) or (bool(gone) and not rights <= self._labels)


def _texts(facts: object) -> Iterator[str]:
    """Every text in what the audit says."""
    match facts:
        case str():
            yield facts
        case Mapping():
            for one in facts.values():
                yield from _texts(one)
        case list():
            for one in facts:
                yield from _texts(one)


def _documents(body: Mapping[str, Any]) -> Iterator[str]:
    for part in ("citations", "nearest", "related"):
        for one in body.get(part, ()):
            if one.get("document_id"):
                yield str(one["document_id"])
