"""Answers written by a language model, let through sentence by sentence.

    prompt | chat model | sentences → gate → Statement

Nothing the model writes is trusted. A sentence passes the gate when it bears the number of a
clause it was given and `prove` finds nothing against it. What does not pass is replaced by
the clause's own words where there are any left, else dropped. Links, markup and the prompt itself
never pass.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.errors import ModelError, ModelOutputInvalid, ModelTimeout
from assistant.models.protocols import ChatModel
from assistant.proof.close_wording import faithful
from assistant.proof.prove import prove, supports
from assistant.safety.intrusions import intrusive, leads_elsewhere, meant_for_a_machine, without_intrusions
from assistant.schema.answer import Citation, Mode, Statement, Verdict
from assistant.schema.document import Span
from assistant.schema.retrieval import Evidence, Query
from assistant.text.binding_words import modality_of
from assistant.text.institutions import Institutions, known_institutions
from assistant.text.marked_sentences import SentenceSplitter, parse_marks
from assistant.text.quotes import locate_quote
from assistant.text.segment import pairs_of
from assistant.writing.prompting import Filled, NumberedClause, Prompt, load_prompt

if TYPE_CHECKING:
    from langchain_core.prompt_values import PromptValue
    from langchain_core.runnables import Runnable

MAX_STATEMENTS = 24
MAX_SENTENCE_CHARS = 400
_MAX_CLAUSE_CHARS = 12_000  # of all clauses together in the prompt
_ECHO_CHARS = 20  # so many characters in a row of the prompt count as repeating it
_DECLINED = "本库未载明"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What became of the model's sentences. `declined`: it said that the library does not settle this."""

    released: int = 0  # sentences of the model
    replaced: int = 0  # by the words of the clause
    dropped: int = 0
    declined: bool = False
    error: ModelError | None = None

    @property
    def mode(self) -> Mode:
        """Who wrote what was let through."""
        if not self.released:
            return Mode.EXTRACTIVE
        return Mode.LLM_REPAIRED if self.replaced or self.dropped or self.error else Mode.LLM

    @property
    def usable(self) -> bool:
        """Whether at least one sentence of the model was proved; else the extractive answer serves."""
        return self.released > 0


def notice_for(error: ModelError | None) -> str:
    """What the user reads above an extractive answer that was to be the model's."""
    match error:
        case ModelTimeout():
            what = "语言模型响应超时"
        case ModelOutputInvalid() | None:
            what = "语言模型返回的内容未通过条款核对，未予采用"
        case _:
            what = "语言模型暂时不可用"
    return f"{what}，以下为条款摘录作答。"


class GatedStream(Iterator[Statement]):
    """Statements as they are proved. After the last one `report` says what happened.

    A fault of the model ends the stream and stands in the report; it is not raised, because the
    statements so far are proved and remain good.
    """

    def __init__(self, sentences: Iterator[str], reading: _Reading, gate: _Gate) -> None:
        self._sentences = sentences
        self._reading = reading
        self._gate = gate
        self._error: ModelError | None = None

    def __next__(self) -> Statement:
        while len(self._gate.passed) < MAX_STATEMENTS:
            try:
                sentence = _untraced_next(self._sentences)
            except ModelError as error:
                self._error = error
                raise StopIteration from None
            statement = self._gate.judge(sentence)
            if statement is not None:
                return statement
        self.close()
        raise StopIteration

    def close(self) -> None:
        """Stop the model. Whoever leaves before the end calls this."""
        self._reading.stopped = True  # first, since a chain that is closed reads its model to the end
        if isinstance(self._sentences, Generator):
            self._sentences.close()

    def __del__(self) -> None:
        self.close()

    @property
    def report(self) -> GateReport:
        """So far; complete once the stream has ended."""
        gate = self._gate
        return GateReport(
            released=gate.released,
            replaced=gate.replaced,
            dropped=gate.dropped,
            declined=gate.declined,
            error=self._error,
        )


class LlmComposer:
    """Lets a chat model write answers over evidence. Holds nothing about any one question."""

    def __init__(
        self,
        chat: ChatModel,
        *,
        prompt: Prompt | None = None,
        institutions: Institutions | None = None,
        token: Callable[[], str] | None = None,
    ) -> None:
        self._chat = chat
        self._prompt = prompt or load_prompt()
        self._institutions = institutions or known_institutions()
        self._token = token

    @property
    def model_id(self) -> str:
        return self._chat.id

    @property
    def prompt_version(self) -> str:
        return self._prompt.version

    def stream(
        self,
        query: Query,
        evidence: Sequence[Evidence],
        citations: Sequence[Citation],
        fallback: Sequence[Statement],
    ) -> GatedStream:
        """Proved statements over `citations`, whose texts come from `evidence` where it holds them.

        Args:
            query: `standalone` is what the model is asked.
            evidence: the clauses found.
            citations: what the statements may cite, by number.
            fallback: the extractive answer; its sentences stand in for the model's that fail.
        """
        plain = {str(item.chunk.id): item.chunk.plain for item in evidence}
        sources = _sources(citations, plain)
        asked = [NumberedClause(number=n, source=source.name, text=source.text) for n, source in sources.items()]
        filled = (
            self._prompt.fill(query.standalone, asked, token=self._token)
            if self._token
            else self._prompt.fill(query.standalone, asked)
        )
        gate = _Gate(
            sources=sources,
            fallback=tuple(fallback),
            forbidden=Forbidden(self._prompt, filled),
            institutions=self._institutions,
        )
        reading = _Reading(self._chat)
        return GatedStream(self._chain(reading).stream(filled.values), reading, gate)

    def _chain(self, reading: _Reading) -> Runnable[dict[str, str], str]:
        """Values of the prompt in, sentences out, as they are finished."""
        from langchain_core.runnables import RunnableGenerator

        return self._prompt.template | RunnableGenerator(reading.pieces) | RunnableGenerator(_sentences)


class _Reading:
    """A chat model as a step of a chain, for one reply; ends at once when `stopped`."""

    def __init__(self, chat: ChatModel) -> None:
        self._chat = chat
        self.stopped = False

    def pieces(self, prompts: Iterator[PromptValue]) -> Iterator[str]:
        for value in prompts:
            system, user = value.to_messages()
            pieces = self._chat.stream(str(system.text), str(user.text))
            try:
                while not self.stopped and (piece := next(pieces, None)) is not None:
                    yield piece
            finally:
                if isinstance(pieces, Generator):
                    pieces.close()


def _untraced_next(sentences: Iterator[str]) -> str:
    """The next one; whatever the environment says, no prompt goes to a tracing service."""
    from langsmith import tracing_context

    with tracing_context(enabled=False):
        return next(sentences)


def _sentences(pieces: Iterator[str]) -> Iterator[str]:
    splitter = SentenceSplitter()
    for piece in without_thinking(pieces):
        yield from splitter.feed(piece)
    yield from splitter.close()


_THINK, _THOUGHT = "<think>", "</think>"


def without_thinking(pieces: Iterator[str]) -> Iterator[str]:
    """`pieces` without a <think>…</think> at their beginning, which reasoning models put there."""
    held = ""
    for piece in pieces:
        held += piece
        begun = held.lstrip()
        if _THINK.startswith(begun[: len(_THINK)]):
            if _THOUGHT not in begun:
                continue
            held = begun.partition(_THOUGHT)[2]
        yield held
        break
    else:
        # Thoughts without an end are no answer; a few characters that only look like it are.
        if not held.lstrip().startswith(_THINK):
            yield held
        return
    yield from pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A clause that may be cited."""

    name: str
    text: str
    context: str


def _sources(citations: Sequence[Citation], plain: Mapping[str, str]) -> dict[int, _Source]:
    """By number, the best first, as many as the prompt may hold; at least one that has words of its own.

    Sentences that order the model about are left out: it need not read what it may not follow, and
    what stands in them proves nothing.
    """
    out: dict[int, _Source] = {}
    room = _MAX_CLAUSE_CHARS
    for citation in citations:
        text = without_intrusions(plain.get(citation.clause_id, citation.clause_text)).strip()
        if not text:
            continue
        room -= len(text)
        if room < 0 and out:
            break
        out[citation.number] = _Source(
            name=f"《{citation.document_title}》{citation.address}",
            text=text,
            context=without_intrusions(f"{citation.document_title}\n{citation.address}\n{citation.heading or ''}"),
        )
    return out


# --- what never passes ----------------------------------------------------------------------

_CODE = re.compile(r"[<>{}`|\\]")
_LIST_SIGN = re.compile(r"^(?:[-*•·#>]+\s+|[-*•·]\s*(?=\D)|\d{1,2}[.、)）](?!\d)\s*|[（(]\d{1,2}[)）]\s*)+")
_EMPHASIS = re.compile(r"\*+|__+|^#+\s*|^>\s*")


class Forbidden:
    """Recognises links, markup, hidden characters and the prompt's own words."""

    def __init__(self, prompt: Prompt, filled: Filled) -> None:
        self._canaries = tuple(filled.values[name].casefold() for name in ("canary", "nonce"))
        words = _letters(prompt.system) + "\n" + _letters(prompt.user)
        self._shingles = frozenset(words[at : at + _ECHO_CHARS] for at in range(len(words) - _ECHO_CHARS + 1))

    def found_in(self, sentence: str) -> bool:
        if len(sentence) > MAX_SENTENCE_CHARS or _CODE.search(unicodedata.normalize("NFKC", sentence)):
            return True
        if leads_elsewhere(sentence) or meant_for_a_machine(sentence):
            return True
        folded = sentence.casefold()
        if any(canary in folded for canary in self._canaries):
            return True
        words = _letters(sentence)
        return any(words[at : at + _ECHO_CHARS] in self._shingles for at in range(len(words) - _ECHO_CHARS + 1))


def _letters(text: str) -> str:
    """Letters and figures alone, so that other punctuation hides no repetition."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


# --- the gate -------------------------------------------------------------------------------


class _Gate:
    """Judges the sentences of one reply, in order."""

    def __init__(
        self,
        *,
        sources: Mapping[int, _Source],
        fallback: tuple[Statement, ...],
        forbidden: Forbidden,
        institutions: Institutions,
    ) -> None:
        self._sources = sources
        self._fallback = [statement for statement in fallback if not intrusive(statement.text)]
        self._forbidden = forbidden
        self._institutions = institutions
        self.passed: list[Statement] = []
        self.released = 0
        self.replaced = 0
        self.dropped = 0
        self.declined = False

    def judge(self, sentence: str) -> Statement | None:
        """What is shown in place of `sentence`, if anything."""
        sentence = _EMPHASIS.sub("", _LIST_SIGN.sub("", _EMPHASIS.sub("", sentence).strip())).strip()
        text, marks = parse_marks(sentence)
        if not any(char.isalnum() for char in text):
            return None  # marks or dashes on a line of their own
        if _DECLINED in text:  # nothing to prove and nothing to show: the caller words refusals
            self.declined = True
            return None
        known = tuple(number for number in marks if number in self._sources)
        # Behind the mark of the sentence before, a bracket or colon would make a Markdown link: [1](x), [1]: x.
        safe = text[0] not in "([:" and not (self._forbidden.found_in(sentence) or self._forbidden.found_in(text))
        statement = self._proved(text, known) if safe else None
        if statement is None:
            return self._replacement(known)
        if any(statement.text == other.text for other in self.passed):
            return None
        self.released += 1
        self.passed.append(statement)
        return statement

    def _proved(self, text: str, known: tuple[int, ...]) -> Statement | None:
        cited = tuple(n for n in known if supports(text, self._sources[n].text, context=self._sources[n].context))
        sources = [self._sources[number] for number in cited]
        verdict = prove(
            text,
            *(source.text for source in sources),
            context="\n".join(source.context for source in sources),
            institutions=self._institutions,
        )
        if verdict is not Verdict.OK or not faithful(text, [f"{source.context}\n{source.text}" for source in sources]):
            return None
        quoted = any(locate_quote(text, s.text, within=Span(0, len(s.text))) for s in sources)
        return Statement(text=text, citations=cited, modality=modality_of(text), quoted=quoted)

    def _replacement(self, known: tuple[int, ...]) -> Statement | None:
        """The next sentence of the clause itself that says something not yet said."""
        for statement in self._fallback:
            if not set(known) & set(statement.citations) or self._said(statement):
                continue
            self._fallback.remove(statement)
            self.replaced += 1
            self.passed.append(statement)
            return statement
        self.dropped += 1
        return None

    def _said(self, statement: Statement) -> bool:
        """Whether what went out already says this, for the most part."""
        letters = _letters(statement.text)
        pairs = pairs_of(letters)
        said = "\n".join(_letters(other.text) for other in self.passed)
        return bool(pairs) and sum(pair in said for pair in pairs) >= 0.7 * len(pairs)
