"""A chat model as the reader of candidate sentences: it names their numbers and says nothing else that is used.

    question, numbered sentences → prompt → one JSON reply: for each thing asked the numbers that answer → log-odds

Nothing that the model writes is shown. A reply that is not such JSON is no reply. What it says is one of a few
statements (named first, named, not named), so each has one value, the log-odds of being right; where they come from
stands in `docs/answering.md`, and `assistant train calibration` fits them to another model.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.errors import ModelOutputInvalid
from assistant.models.protocols import Candidate, ChatModel, Judged, json_pieces
from assistant.safety.intrusions import intrusive, without_intrusions
from assistant.writing.gate import without_thinking
from assistant.writing.prompting import CHOOSE_PROMPT, Prompt, load_prompt

MOST_PARTS = 4
MOST_NUMBERS = 3  # of one part; a small model that may name many names them all
_QUESTION_CHARS, _SENTENCE_CHARS = 600, 160  # what is longer is cut, and counted
_HEADING_CHARS, _NEIGHBOUR_CHARS = 40, 20
_SHORT = 30  # characters; a sentence that is longer is understood without its neighbours
_MOST_REPLY_CHARS = 4_000  # a model that reasons aloud may need them; the rest is not waited for
_GARBAGE = "语言模型没有按约定给出句子编号。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What each thing that a model may say is worth, as log-odds that it is right."""

    first: float = 1.0  # a sentence named first for a part
    named: float = 0.0  # a sentence named after it
    left: float = -1.5  # a sentence not named where others are
    none: float = -2.0  # a sentence where nothing is named at all
    all_parts: float = 1.0  # that any answers, where every part has a number
    some_parts: float = 0.3  # … where some part has none
    no_part: float = -1.5  # … where nothing is named


class LlmReader:
    """AnswerReader over any chat model. One request a call; holds nothing about any one question.

    Args:
        token: gives the mark of the fences around what is only read.
    """

    def __init__(
        self,
        chat: ChatModel,
        *,
        prompt: Prompt | None = None,
        worth: Statements | None = None,
        token: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        self._chat = chat
        self._prompt = prompt or load_prompt(CHOOSE_PROMPT)
        self._worth = worth or Statements()
        self._token = token

    @property
    def id(self) -> str:
        """The model and the prompt that it is given."""
        return f"llm/{self._chat.id}/{self._prompt.version}"

    def read(self, question: str, candidates: Sequence[Candidate]) -> Judged:
        """As `AnswerReader.read`. A candidate that orders machines about is not shown to the model.

        Raises:
            ModelError: as the model raised it, or its reply is not the JSON asked for.
        """
        shown = [n for n, candidate in enumerate(candidates) if not intrusive(candidate.sentence)]
        worth = self._worth
        if not shown:
            return Judged(sentences=(worth.none,) * len(candidates), answered=worth.no_part)
        system, user = self._prompt.rendered(
            nonce=self._token(),
            question=question[:_QUESTION_CHARS],
            sentences="\n".join(_lines([candidates[n] for n in shown])),
        )
        parts = parts_named(_read(json_pieces(self._chat, system, user, schema(len(shown)))), most=len(shown))
        told = dict(zip(shown, _odds(parts, len(shown), worth), strict=True))
        odds = (told.get(n, worth.none) for n in range(len(candidates)))
        cut = sum(len(candidates[n].sentence) > _SENTENCE_CHARS for n in shown) + (len(question) > _QUESTION_CHARS)
        return Judged(sentences=tuple(odds), answered=_answered(parts, worth), cut=cut)


def schema(most: int) -> Mapping[str, object]:
    """The form of a reply over sentences 1 to `most`."""
    numbers = {
        "type": "array",
        "items": {"type": "integer", "enum": list(range(1, most + 1))},
        "maxItems": min(most, MOST_NUMBERS),
    }
    return {
        "type": "object",
        "properties": {"parts": {"type": "array", "items": numbers, "minItems": 1, "maxItems": MOST_PARTS}},
        "required": ["parts"],
        "additionalProperties": False,
    }


_OPENED = re.compile(r"\{")


def parts_named(reply: str, *, most: int) -> list[list[int]]:
    """The numbers in `reply`, part by part. Words around the JSON are forgiven, anything else in it is not.

    Raises:
        ModelOutputInvalid: there is no such JSON, or it names a sentence that is not there.

    >>> parts_named('答：{"parts": [[2, 1], []]}', most=3)
    [[2, 1], []]
    """
    begun = _OPENED.search(reply)
    try:
        found = json.JSONDecoder().raw_decode(reply, begun.start())[0] if begun else None
    except (ValueError, RecursionError) as exc:
        raise ModelOutputInvalid(_GARBAGE) from exc
    parts = found.get("parts") if isinstance(found, dict) and len(found) == 1 else None
    if not isinstance(parts, list) or not all(isinstance(part, list) for part in parts):
        raise ModelOutputInvalid(_GARBAGE)
    if not all(type(n) is int and 1 <= n <= most for part in parts for n in part):
        raise ModelOutputInvalid(_GARBAGE)
    return [list(dict.fromkeys(part)) for part in parts]


def _odds(parts: Sequence[Sequence[int]], count: int, worth: Statements) -> list[float]:
    """The log-odds of sentences 1 to `count`; the best of what the parts say of each."""
    odds = [worth.left if any(parts) else worth.none] * count
    for part in parts:
        for place, number in enumerate(part):
            odds[number - 1] = max(odds[number - 1], worth.named if place else worth.first)
    return odds


def _answered(parts: Sequence[Sequence[int]], worth: Statements) -> float:
    """The log-odds that any candidate answers."""
    if not any(parts):
        return worth.no_part
    return worth.all_parts if all(parts) else worth.some_parts


def _lines(candidates: Sequence[Candidate]) -> Iterator[str]:
    """The sentences as the model sees them. Title and headings stand once over those that share them."""
    above: str | None = None
    for number, candidate in enumerate(candidates, start=1):
        where = _heading(candidate)
        if where != above:
            yield where
            above = where
        sentence = _flat(candidate.sentence)
        around = (candidate.before, candidate.after) if len(sentence) <= _SHORT else ("", "")
        yield f"[{number}] {_tail(around[0])}{sentence[:_SENTENCE_CHARS]}{_head(around[1])}"


def _heading(candidate: Candidate) -> str:
    title = _flat(without_intrusions(candidate.title))[:_HEADING_CHARS]
    headings = "·".join(_flat(without_intrusions(heading)) for heading in candidate.headings)[:_HEADING_CHARS]
    return (f"《{title}》" if title else "") + headings


def _tail(text: str) -> str:
    shown = _flat(without_intrusions(text))
    return f"（…{shown[-_NEIGHBOUR_CHARS:]}）" if shown else ""


def _head(text: str) -> str:
    shown = _flat(without_intrusions(text))
    return f"（{shown[:_NEIGHBOUR_CHARS]}…）" if shown else ""


def _flat(text: str) -> str:
    return "".join(text.split())


def _read(pieces: Iterator[str]) -> str:
    """The reply behind its thoughts, until its JSON is closed or it grows too long."""
    reply = ""
    try:
        for piece in without_thinking(pieces):
            reply += piece
            if len(reply) >= _MOST_REPLY_CHARS or _closed(reply):
                break
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
    return reply


def _closed(reply: str) -> bool:
    """Whether the first object of `reply` has ended."""
    begun = reply.find("{")
    return begun >= 0 and reply.count("{", begun) == reply.count("}", begun)
