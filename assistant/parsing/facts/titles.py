"""Title and 文种."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.parsing.facts.leaves import Leaves
from assistant.parsing.wordlists import titles
from assistant.schema.document import HeaderFact, Level
from assistant.text.folding import squeeze

_GENRE = re.compile(rf"(?:{'|'.join(map(re.escape, titles().genres))})$")
_TRIAL = re.compile(r"(?:[（(〔][^（()）]{1,20}[）)〕])+$")


def title_and_kind(leaves: Leaves) -> Iterator[HeaderFact]:
    """The title, and the 文种 that it ends with."""
    found = leaves.title
    words = found.heading if found else None
    if leaves.issued is not None and leaves.issued.heading and (words is None or words.endswith(("令", "号"))):
        found, words = leaves.issued.children[0], leaves.issued.heading
        label = next((c for c in leaves.issued.children if c.level is Level.LABEL), found)
        found = label
    if found is None or not words:
        return
    yield HeaderFact(name="title", value=words, span=found.span)
    genre = genre_of(words) or ("问答" if leaves.asked else None)
    if genre:
        yield HeaderFact(name="kind", value=genre, span=found.span)


def genre_of(title: str) -> str | None:
    """The 文种 that a title ends with: 通知, 意见, 办法, …; 法律 for 某法."""
    words = _TRIAL.sub("", squeeze(title).rstrip("》〉"))
    words = _TRIAL.sub("", words)
    if match := _GENRE.search(words):
        return match[0]
    return "法律" if words.endswith(("法", "法典")) or re.search(r"法典.{1,4}编$", words) else None
