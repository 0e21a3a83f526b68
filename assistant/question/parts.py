"""The parts of a question that asks several things, each with the documents it names.

「续贷和展期，通知和民法典分别怎么规定」 asks one thing of two documents: each is searched for it, without the
names of the documents in the words searched, because they stand in every clause's heading path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.question.catalogue import Catalogue, Mention
from assistant.question.facets import MOST, asks, facets

_JOINED = re.compile(r"^[》”\"]?(?:里|中|上)?(?:、|和|与|跟|同|以及|还有|，)[^，。？！；]{0,6}$")
_LEFT_OVER = re.compile(r"《》|(?:^|(?<=，))[、和与跟同里中的]+|[、和与跟同]+(?=分别|各|怎么|怎样|如何|，|。|？|$)")
_FEWEST_LETTERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that is asked."""

    text: str
    documents: frozenset[str] | None  # those it names; `None` when it names none or several
    enumerated: bool = True  # named side by side with others, not told in a clause of its own


def parts_of(question: str, catalogue: Catalogue) -> tuple[Part, ...]:
    """What `question` asks, part by part; empty when it asks one thing."""
    if asked_of := _asked_of_each(question, catalogue.mentions(question)):
        return asked_of
    return tuple(_part(text, catalogue.mentions(text)) for text in facets(question))


def _asked_of_each(question: str, mentions: Sequence[Mention]) -> tuple[Part, ...]:
    """One part for each document when the documents stand side by side: 通知和条例分别…"""
    groups = [frozenset(d.id for d in m.documents) for m in mentions]
    if len(set(groups)) < 2:
        return ()
    side_by_side = all(_JOINED.match(question[before.end : after.start]) for before, after in pairwise(mentions))
    if not side_by_side:
        return ()
    topic = _without(question, mentions)
    if sum(char.isalnum() for char in topic) < _FEWEST_LETTERS:
        return ()
    return tuple(Part(text=topic, documents=group) for group in dict.fromkeys(groups[:MOST]))


def _part(text: str, mentions: Sequence[Mention]) -> Part:
    enumerated = not asks(text)
    if len({m.documents for m in mentions}) != 1:
        return Part(text=text, documents=None, enumerated=enumerated)
    return Part(text=text, documents=frozenset(d.id for d in mentions[0].documents), enumerated=True)


def _without(text: str, mentions: Sequence[Mention]) -> str:
    """`text` without the names of documents and what joined them."""
    for mention in reversed(mentions):
        text = text[: mention.start] + text[mention.end :]
    return _LEFT_OVER.sub("", text).strip("，, ")
