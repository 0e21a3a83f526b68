"""Questions that a clause answers, written by a language model for people to look through."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from assistant.corpus.phrasings import same_question, usable_question
from assistant.models.protocols import ChatModel
from assistant.schema.chunk import Chunk, Phrasing
from assistant.text.folding import fold, squeeze
from assistant.writing.prompting import Prompt, load_prompt

PHRASE_PROMPT = "phrase.zh.v1"
MOST_PER_SENTENCE = 8
_LEAST_QUOTE = 12  # characters of a sentence that name it, at least
_MAX_READ = 16_000  # code points of one reply
# 2 到期还不上能续吗；[2] …；2. …；（2）…
_LINE = re.compile(
    r"^\s*(?:[\[【（(](?P<fenced>\d{1,3})[\]】）)]|(?P<bare>\d{1,3})(?=[)）.、．:：\s]))[)）.、．:：\s]*(?P<question>\S.*?)\s*$"
)
_MARKUP = re.compile(r"https?://|www\.|[<>`*#|{}\\]")
_DIGIT_RUN = re.compile(r"\d+(?:\.\d+)?")


class PhraseWriter:
    """Asks a model, clause by clause, and keeps what can be used.

    Args:
        most: how many questions for one sentence are asked for, and kept.
    """

    def __init__(
        self,
        chat: ChatModel,
        *,
        most: int = MOST_PER_SENTENCE,
        prompt: Prompt | None = None,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._chat = chat
        self._most = most
        self._prompt = prompt or load_prompt(PHRASE_PROMPT)
        self._token = token

    @property
    def origin(self) -> str:
        return f"llm:{self._chat.id}"[:100]

    def write(self, clause: Chunk, sentences: Sequence[Chunk], *, path: Path, taken: set[str]) -> tuple[Phrasing, ...]:
        """Questions that `sentences` of `clause` answer, by sentence; nobody has reviewed them.

        Args:
            path: the file they are to stand in.
            taken: `same_question` of those that the document has; what is written is added.

        Raises:
            ModelError: the model did not answer.
        """
        nonce = self._token()
        numbered = "\n".join(f"{n} {s.lead}{s.plain}" for n, s in enumerate(sentences, start=1))
        source = " ".join((*clause.heading_path, clause.unit))
        system, user = self._prompt.rendered(nonce=nonce, most=str(self._most), source=source, sentences=numbered)
        reply = ""
        for piece in self._chat.stream(system, user):
            reply += piece
            if len(reply) >= _MAX_READ:
                break
        found: dict[int, list[str]] = {n: [] for n in range(len(sentences))}
        for number, question in _questions(reply[:_MAX_READ], clause):
            key = same_question(question)
            if number in found and len(found[number]) < self._most and key not in taken and nonce not in question:
                taken.add(key)
                found[number].append(question)
        return tuple(
            Phrasing(
                document_id=clause.document_id,
                clause=clause.unit,
                answered_by=_quote(sentences, number),
                question=question,
                origin=self.origin,
                reviewed=False,
                path=path,
            )
            for number, questions in found.items()
            for question in questions
        )


def _questions(reply: str, clause: Chunk) -> Iterator[tuple[int, str]]:
    """The place of the sentence, from 0, and the question, of each line that can be used."""
    numbers = set(_DIGIT_RUN.findall(fold(clause.plain)))
    for line in reply.splitlines():
        match = _LINE.match(line)
        if match is None or _MARKUP.search(line):
            continue
        try:
            question = usable_question(match["question"])
        except ValueError:
            continue
        if set(_DIGIT_RUN.findall(fold(question))) <= numbers:
            yield int(match["fenced"] or match["bare"]) - 1, question


def _quote(sentences: Sequence[Chunk], number: int) -> str | None:
    """The shortest beginning of a sentence that stands in no other; `None` when two sentences are the same."""
    words = sentences[number].plain
    others = [squeeze(fold(s.plain)) for n, s in enumerate(sentences) if n != number]
    for end in range(min(_LEAST_QUOTE, len(words)), len(words) + 1):
        if not any(squeeze(fold(words[:end])) in other for other in others):
            return words[:end]
    return None
