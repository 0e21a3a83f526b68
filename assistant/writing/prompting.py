"""Prompt files: loaded, checked, filled in.

A prompt is a file with a `=== system ===` and a `=== user ===` part, named KIND.LANGUAGE.VERSION.txt. It may
hold only the placeholders named here for its kind, without attributes, indices, conversions or formats; what is
filled in is never read as a template, so braces in a clause or a question stay what they are. A prompt that has
been used is never changed: a better one is the next version, and every answer says which one wrote it.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from assistant.errors import SettingsError

if TYPE_CHECKING:
    from langchain_core.prompts import ChatPromptTemplate

ANSWER_PROMPT = "answer.zh.v2"  # what changes from question to question stands last: llama.cpp reads the rest once
PLAIN_PROMPT = "plain.zh.v1"
FOLLOW_UP_PROMPT = "followup.zh.v1"
CHOOSE_PROMPT = "choose.zh.v1"
_GUARDED = frozenset({"canary", "nonce"})
_ANSWER = {"system": _GUARDED, "user": frozenset({"clauses", "question", "nonce"})}
_PLACEHOLDERS = {  # by the first part of a prompt's name
    "answer": _ANSWER,
    "rewrite": {"system": frozenset({"nonce"}), "user": frozenset({"question", "nonce"})},
    "phrase": {"system": frozenset({"most", "nonce"}), "user": frozenset({"source", "sentences", "nonce"})},
    # Nothing of the model's reply is shown, and a system part that never changes is read once by llama.cpp.
    "choose": {"system": frozenset(), "user": frozenset({"sentences", "question", "nonce"})},
    "plain": {"system": _GUARDED, "user": frozenset({"sentences", "nonce"})},
    "followup": {"system": _GUARDED, "user": frozenset({"turns", "question", "nonce"})},
}
_HEADERS = {"system": "=== system ===\n", "user": "=== user ===\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedClause:
    """A clause as the model sees it: its short number, where it stands, its words."""

    number: int
    source: str  # 《…》五、（十）
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The values for one rendering of the prompt, and the canary that must not come back."""

    values: dict[str, str]
    canary: str


@dataclass(frozen=True)
class Prompt:
    """A checked prompt file."""

    version: str
    system: str
    user: str

    @cached_property
    def template(self) -> ChatPromptTemplate:
        """The LangChain template of both parts."""
        from langchain_core.prompts import ChatPromptTemplate

        parts: list[Any] = [("system", self.system), ("human", self.user)]
        return ChatPromptTemplate.from_messages(parts, template_format="f-string")

    def rendered(self, **values: str) -> tuple[str, str]:
        """Both parts with `values` filled in; braces inside a value stay what they are."""
        return self.system.format_map(values), self.user.format_map(values)

    def fill(
        self,
        question: str,
        clauses: Sequence[NumberedClause],
        *,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> Filled:
        """Values for `template`. The fences bear a token that nobody who wrote a clause could know."""
        nonce = token()
        fenced = "\n\n".join(_fenced(clause, nonce) for clause in clauses)
        return self.filled({"clauses": fenced, "question": question}, token=token, nonce=nonce)

    def filled(
        self,
        values: Mapping[str, str],
        *,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
        nonce: str | None = None,
    ) -> Filled:
        """`values` with a fence token and a canary of this one rendering."""
        fence, canary = nonce or token(), token()
        return Filled(values={"canary": canary, "nonce": fence, **values}, canary=canary)


def _fenced(clause: NumberedClause, nonce: str) -> str:
    head = f"【条款 [{clause.number}] {nonce}】出处：{clause.source}"
    return f"{head}\n{clause.text}\n【条款 [{clause.number}] 完 {nonce}】"


@lru_cache(maxsize=4)
def load_prompt(version: str = ANSWER_PROMPT) -> Prompt:
    """The prompt file of that version, which comes with the package.

    Raises:
        SettingsError: there is no such file, or it is not a prompt.
    """
    try:
        text = resources.files("assistant").joinpath("writing", "prompts", f"{version}.txt").read_text("utf-8")
    except (OSError, ValueError) as exc:
        raise SettingsError(f"找不到提示词文件 {version}.txt，请重新安装本程序。") from exc
    return parse_prompt(text, version=version)


def parse_prompt(text: str, *, version: str) -> Prompt:
    """The two parts of a prompt file, each with exactly the placeholders it must have.

    Raises:
        SettingsError: a part is missing, or a placeholder is unknown, missing or more than a name.
    """
    head, found, rest = text.partition(_HEADERS["user"])
    if not found or not head.startswith(_HEADERS["system"]):
        raise SettingsError(f"提示词文件 {version}.txt 缺少 system 或 user 部分。")
    parts = {"system": head.removeprefix(_HEADERS["system"]).strip(), "user": rest.strip()}
    wanted = _PLACEHOLDERS.get(version.partition(".")[0], _ANSWER)
    for name, part in parts.items():
        _check(part, wanted[name], f"提示词文件 {version}.txt 的 {name} 部分")
    return Prompt(version=version, **parts)


def _check(part: str, wanted: frozenset[str], where: str) -> None:
    try:
        fields = [field for field in string.Formatter().parse(part) if field[1] is not None]
    except ValueError as exc:
        raise SettingsError(f"{where}花括号不成对。") from exc
    if any(spec or conversion for _, _, spec, conversion in fields):
        raise SettingsError(f"{where}的占位符不可带格式。")
    names = frozenset(name or "" for _, name, _, _ in fields)
    if names != wanted:
        wrong = "、".join(sorted(names ^ wanted)) or "（空）"
        raise SettingsError(f"{where}占位符不符：{wrong}。应为 {'、'.join(sorted(wanted))}。")
