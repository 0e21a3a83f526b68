"""A question in policy wording by a language model, searched beside the question's own words.

Nothing rests on what comes back: it is neither shown nor proved from, and whatever it adds beyond
wording (numbers, institutions, titles, links) is taken out before anything is searched.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from assistant.errors import InputError, ModelError
from assistant.models.protocols import ChatModel
from assistant.safety.input_gate import clean_question
from assistant.text.institutions import Institutions
from assistant.text.numerals import ANY_NUMERAL, HAN_NUMERAL, parse_numeral
from assistant.writing.prompting import Prompt, load_prompt

_log = logging.getLogger(__name__)

REWRITE_PROMPT = "rewrite.zh.v1"
MAX_CHARS = 120  # code points of what is searched
_MAX_READ = 600  # code points of the model's reply; the rest is not waited for
_LEAST = 4
_LABEL = re.compile(r"^\s*(?:改写(?:后|结果)?|检索语句|查询)[^：:]{0,6}[：:]\s*")
_FOREIGN = re.compile(r"https?://\S+|www\.\S+|[<>`*#|\[\]{}\\_~^$]|[\"'“”‘’「」『』]")
_TITLE = re.compile(r"《[^》]*》?")
_UNIT = r"(?:万亿|[万亿千百])?(?:元|块|%|％|成|倍|年|个?月|[日号天]|条|款|项|个|家|户|次)"
# 1000 万元, 3.5%, 三成, 第五条; but not 一 of 一级分行 or 进一步
_NUMBER = re.compile(
    rf"第?(?:[0-9０-９]+(?:[.．][0-9０-９]+)?\s*(?:{_UNIT})?|百分之{ANY_NUMERAL}|{HAN_NUMERAL}(?:{_UNIT}|[万亿]))"
)
_DIGITS = re.compile(rf"{ANY_NUMERAL}(?:[.．][0-9０-９]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """What a model made of a question. No `text`: it brought nothing to search, or failed with `error`."""

    text: str | None = None
    error: ModelError | None = None


class Rewriter:
    """Question → the same in policy wording. Holds nothing about any one question.

    Args:
        chat: with a total time budget of its own; a question is waiting.
    """

    def __init__(
        self,
        chat: ChatModel,
        institutions: Institutions,
        *,
        prompt: Prompt | None = None,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._chat = chat
        self._institutions = institutions
        self._prompt = prompt or load_prompt(REWRITE_PROMPT)
        self._token = token

    def rewrite(self, question: str) -> Rewriting:
        """The wording to search beside `question`. A failing model is told in the result, not raised."""
        nonce = self._token()
        system, user = self._prompt.rendered(nonce=nonce, question=question)
        try:
            reply = _read(self._chat.stream(system, user))
        except ModelError as exc:
            _log.warning("rewriting is out: %s", exc.code)
            return Rewriting(error=exc)
        return Rewriting(text=self._wording(reply.replace(nonce, ""), question))

    def _wording(self, reply: str, question: str) -> str | None:
        """The first line of `reply` that can be searched, without what `question` does not bear out."""
        for line in reply.splitlines():
            words = _FOREIGN.sub("", _LABEL.sub("", line))
            words = _TITLE.sub(lambda m: m[0] if m[0].strip("《》") in question else "", words)
            words = self._without_institutions(_without_numbers(words, question), question)
            try:
                clean = clean_question(words[:MAX_CHARS])
            except InputError:  # nothing visible is left, or broken characters came
                continue
            if len(clean) >= _LEAST:
                return clean if clean != question else None
        return None

    def _without_institutions(self, words: str, question: str) -> str:
        """`words` without the names of institutions that `question` does not name."""
        meant = set(self._institutions.asked(question))
        names = self._institutions.aliases()
        kept = {wording for name in meant for wording in names[name]}
        longest_first = sorted({w for wordings in names.values() for w in wordings}, key=lambda w: (-len(w), w))
        named = re.compile("|".join(map(re.escape, longest_first)))
        return named.sub(lambda m: m[0] if m[0] in kept or m[0] in question else "", words)


def _without_numbers(words: str, question: str) -> str:
    """`words` without the numbers that `question` does not hold, whatever way they are written."""
    held = "，".join(match[0] for match in _NUMBER.finditer(question))  # 三年, but not 一 of 拖一拖
    known = {parse_numeral(match[0]) for match in _DIGITS.finditer(held)}

    def known_or_gone(match: re.Match[str]) -> str:
        values = [parse_numeral(found[0]) for found in _DIGITS.finditer(match[0])]
        return match[0] if values and all(v is not None and v in known for v in values) else ""

    return _NUMBER.sub(known_or_gone, words)


def _read(pieces: Iterator[str]) -> str:
    """The reply, as far as it is wanted.

    Raises:
        ModelError: as the model raised it.
    """
    reply = ""
    try:
        for piece in pieces:
            reply += piece
            if len(reply) >= _MAX_READ:
                break
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
    return reply[:_MAX_READ]
