"""What else a language model may write: an answer in plain words, a follow-up made to stand alone. Both are checked.

    statements → prompt → lines, one each → the gate's own proof, both ways → PlainVersion
    turns, follow-up → prompt → one question → nothing in it that was not said → text, or None

Nothing here is needed for an answer: whatever fails leaves the clause's words, or the question as rules join it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from assistant.errors import ModelError
from assistant.models.protocols import ChatModel
from assistant.proof.close_wording import faithful
from assistant.proof.prove import prove
from assistant.safety.intrusions import leads_elsewhere, meant_for_a_machine
from assistant.schema.answer import PlainVersion, Statement, Verdict
from assistant.text.binding_words import modality_of
from assistant.text.folding import fold, squeeze
from assistant.text.institutions import Institutions, known_institutions
from assistant.text.marked_sentences import parse_marks
from assistant.text.numerals import numbers_in
from assistant.text.segment import pairs_of
from assistant.text.tables import packaged, read_table
from assistant.writing.gate import MAX_SENTENCE_CHARS, Forbidden, without_thinking
from assistant.writing.prompting import FOLLOW_UP_PROMPT, PLAIN_PROMPT, Filled, Prompt, load_prompt

_log = logging.getLogger(__name__)
_MOST_REPLY_CHARS = 12_000
_MOST_QUESTION_CHARS = 300
_SHARED_PAIRS = 0.75  # of a rewritten question's pairs of characters that were said before

NO_MODEL = "口语版需要语言模型，当前没有设置；以下为条款原句。设置方法见 docs/settings.md。"
NOT_WRITTEN = "语言模型未能写出口语版，以下为条款原句。"

PlainWords = Mapping[str, tuple[str, ...]]


def load_plain_words(path: Path | None = None) -> PlainWords:
    """Policy word → ways to say the same plainly; the package's table, or the one at `path`.

    Raises:
        SettingsError: the table cannot be used.
    """
    form = TypeAdapter(dict[str, tuple[str, ...]])
    return read_table(path or packaged("plain_words.yaml"), form)


# --- plain words ----------------------------------------------------------------------------

_NUMBERED = re.compile(r"^\s*[\[［【〔(（]?(\d{1,2})[\]］】〕)）.、:：．]+\s*(\S.*)$")


class PlainProof:
    """Whether plain words say what the original says. Holds nothing about any text.

    Args:
        words: which words may stand for which policy words without saying anything else.
    """

    def __init__(self, words: PlainWords | None = None, institutions: Institutions | None = None) -> None:
        self._words = words if words is not None else load_plain_words()
        self._institutions = institutions or known_institutions()

    def says_the_same(self, plain: str, original: str) -> bool:
        """Whether `plain` claims nothing that `original` does not, and keeps its figures, names and force."""
        if squeeze(plain) == squeeze(original) or len(plain) > min(MAX_SENTENCE_CHARS, 2 * len(original) + 20):
            return False  # nothing gained, or more said
        back = self._in_policy_words(plain, original)
        if prove(back, original, institutions=self._institutions) is not Verdict.OK or not faithful(back, [original]):
            return False
        if modality_of(back) is not modality_of(original) or numbers_in(back) != numbers_in(original):
            return False
        # The other way round: each figure with its unit, each name, each binding word of the original is still there.
        return prove(original, back, institutions=self._institutions, min_support=0.0) in _ONLY_SHORTER

    def plainer(self, original: str) -> str:
        """`original` with each policy word of the table in its first everyday way; the words alone, unproved."""
        for policy in sorted(self._words, key=lambda word: (-len(word), word)):
            ways = self._words[policy]
            if policy in original and ways:
                original = original.replace(policy, ways[0])
        return original

    def _in_policy_words(self, plain: str, original: str) -> str:
        """`plain` with the words of the table turned back into those of `original`."""
        for policy, ways in self._words.items():
            if policy in original and policy not in plain:
                for way in sorted(ways, key=len, reverse=True):
                    plain = plain.replace(way, policy)
        return plain


class PlainWriter:
    """Puts the statements of an answer into plain words, one by one. Holds nothing about any answer.

    Args:
        words: which words may stand for which policy words without saying anything else.
    """

    def __init__(
        self,
        chat: ChatModel,
        *,
        words: PlainWords | None = None,
        prompt: Prompt | None = None,
        institutions: Institutions | None = None,
        token: Callable[[], str] | None = None,
    ) -> None:
        self._chat = chat
        self._prompt = prompt or load_prompt(PLAIN_PROMPT)
        self._proof = PlainProof(words, institutions)
        self._token = token

    def write(self, statements: Sequence[Statement]) -> PlainVersion:
        """Every statement in plain words, or as it is when the model's words say anything else.

        Raises:
            ModelError: the model did not answer.
        """
        sentences = "\n".join(f"{n}. {''.join(s.text.split())}" for n, s in enumerate(statements, start=1))
        filled = _filled(self._prompt, {"sentences": sentences}, self._token)
        forbidden = Forbidden(self._prompt, filled)
        offered = dict(_numbered(_reply(self._chat, self._prompt, filled)))
        told = []
        for number, statement in enumerate(statements, start=1):
            plain = offered.get(number, "")
            good = bool(plain) and not forbidden.found_in(plain) and self.says_the_same(plain, statement.text)
            told.append(
                Statement(
                    text=plain,
                    citations=statement.citations,
                    modality=statement.modality,
                    subject=statement.subject,
                )
                if good
                else statement
            )
        reworded = sum(new is not old for new, old in zip(told, statements, strict=True))
        _log.info("plain words: %d of %d sentences", reworded, len(statements))
        return PlainVersion(
            text="\n".join(_line(s) for s in told),
            statements=tuple(told),
            reworded=reworded,
            prompt_version=self._prompt.version,
        )

    def says_the_same(self, plain: str, original: str) -> bool:
        """As `PlainProof.says_the_same`."""
        return self._proof.says_the_same(plain, original)


_ONLY_SHORTER = frozenset({Verdict.OK, Verdict.UNSUPPORTED})  # words may be left out; figures, names and force not


def _line(statement: Statement) -> str:
    subject = f"{statement.subject}：" if statement.subject else ""
    return f"- {subject}{statement.text}" + "".join(f"[{n}]" for n in statement.citations)


def _numbered(reply: str) -> Iterator[tuple[int, str]]:
    """The numbered lines of a reply, their marks taken off."""
    for line in reply.splitlines():
        if match := _NUMBERED.match(line):
            yield int(match[1]), parse_marks(match[2])[0]


# --- follow-ups -----------------------------------------------------------------------------


class FollowUpWriter:
    """Makes a follow-up stand alone, out of what the user said and nothing else."""

    def __init__(
        self,
        chat: ChatModel,
        *,
        prompt: Prompt | None = None,
        institutions: Institutions | None = None,
        token: Callable[[], str] | None = None,
    ) -> None:
        self._chat = chat
        self._prompt = prompt or load_prompt(FOLLOW_UP_PROMPT)
        self._names = (institutions or known_institutions()).names
        self._token = token

    def rewrite(self, question: str, turns: Sequence[str]) -> str | None:
        """The question that stands alone, or `None` when the model gave none that can be used.

        Args:
            turns: what the user said before, oldest first; what the assistant said is evidence of nothing.
        """
        said = "\n".join(f"用户：{' '.join(turn.split())}" for turn in turns)
        filled = _filled(self._prompt, {"turns": said, "question": " ".join(question.split())}, self._token)
        try:
            reply = _reply(self._chat, self._prompt, filled)
        except ModelError as error:
            _log.info("follow-up kept as it is: %s", error.code)
            return None
        lines = [line.strip() for line in reply.splitlines() if line.strip()]
        if len(lines) != 1 or Forbidden(self._prompt, filled).found_in(lines[0]):
            return None
        return lines[0] if self.keeps_to(lines[0], question, turns) else None

    def keeps_to(self, written: str, question: str, turns: Sequence[str]) -> bool:
        """Whether `written` holds nothing that was not said, and all that the follow-up itself names."""
        if not 2 <= len(written) <= _MOST_QUESTION_CHARS or leads_elsewhere(written) or meant_for_a_machine(written):
            return False
        conversation = "\n".join((*turns, question))
        if not numbers_in(question) <= numbers_in(written) <= numbers_in(conversation):
            return False
        for pattern in (self._names, _TITLE, _PLACE):
            told = set(pattern.findall(fold(written)))
            if not set(pattern.findall(fold(question))) <= told <= set(pattern.findall(fold(conversation))):
                return False
        pairs, before = _pairs(written), _pairs(conversation)
        return bool(pairs) and len(pairs & before) >= _SHARED_PAIRS * len(pairs)


_PARTICLES = frozenset("的了呢吗那么在对是有和与")
_TITLE = re.compile(r"《[^《》]{1,60}》")
_PLACE = re.compile(r"[\u4e00-\u9fff]{2}(?:省|市|自治区)|陕西|北京|上海|广东|浙江|江苏|四川|重庆|天津")


def _pairs(text: str) -> frozenset[str]:
    return pairs_of("".join(char for char in fold(text) if char.isalnum() and char not in _PARTICLES))


# --- a whole reply --------------------------------------------------------------------------


def _filled(prompt: Prompt, values: Mapping[str, str], token: Callable[[], str] | None) -> Filled:
    return prompt.filled(values, token=token) if token else prompt.filled(values)


def _reply(chat: ChatModel, prompt: Prompt, filled: Filled) -> str:
    """All that the model says, its thoughts aside; no longer than any good reply can be."""
    from langsmith import tracing_context

    with tracing_context(enabled=False):
        system, user = prompt.template.invoke(filled.values).to_messages()
    pieces, size = [], 0
    for piece in without_thinking(chat.stream(str(system.text), str(user.text))):
        pieces.append(piece)
        size += len(piece)
        if size > _MOST_REPLY_CHARS:
            break
    return "".join(pieces)
