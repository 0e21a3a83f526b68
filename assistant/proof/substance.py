"""Words of substance that a claim exchanges or adds: names, sweeping words, contraries, and all others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.proof.align import Case, Comparison, Edit, in_place, written
from assistant.proof.rules import Rule, Ruling
from assistant.proof.tokens import AND, MODALS, NEGATION, OR, SWEEPING, Token
from assistant.schema.answer import Verdict


@dataclass(frozen=True)
class _Change:
    """One edit with its words of substance."""

    edit: Edit
    case: Case

    @cached_property
    def new(self) -> tuple[Token, ...]:
        return tuple(t for t in self.edit.new if _of_substance(t))

    @cached_property
    def lost(self) -> tuple[Token, ...]:
        return tuple(t for t in self.edit.lost if _of_substance(t))

    @property
    def names_new(self) -> list[str]:
        return [t.text for t in self.new if t.name]

    @property
    def names_lost(self) -> list[str]:
        return [t.text for t in self.lost if t.name]

    @cached_property
    def words(self) -> str:
        """What the claim says in the place of `gone`, names aside."""
        forms = {t.form for t in self.case.found.clause if len(t.form) > 1}
        return written([t for t in self.new if t.form[0] not in "&@" and t.form not in forms])

    @cached_property
    def gone(self) -> str:
        return written([t for t in self.lost if t.form[0] not in "&@"])

    @property
    def in_place(self) -> bool:
        return in_place(self.edit)

    def covered(self, name: str, held: Sequence[str]) -> bool:
        return any(self.case.institutions.covered(name, other) for other in held)


def _of_substance(token: Token) -> bool:
    return not token.figure and token.form not in MODALS and token.form not in (NEGATION, AND)


def _name_changed(change: _Change) -> Ruling | None:
    held = change.names_lost
    if held and any(not change.covered(name, held) for name in change.names_new):
        return Ruling(Verdict.SUBJECT, Rule.NAME_CHANGED)
    return None


def _made_sweeping(change: _Change) -> Ruling | None:
    """全部, 一律, 只 put in."""
    if any(t.form in SWEEPING for t in change.new) and not any(t.form in SWEEPING for t in change.lost):
        return Ruling(Verdict.UNSUPPORTED, Rule.MADE_SWEEPING)
    return None


def _and_for_or(change: _Change) -> Ruling | None:
    new, lost = {t.form for t in change.edit.new}, {t.form for t in change.edit.lost}
    if (OR in new and AND in lost) or (AND in new and OR in lost and not change.new):
        return Ruling(Verdict.UNSUPPORTED, Rule.AND_FOR_OR)
    return None


def _name_strange(change: _Change) -> Ruling | None:
    """A name put in that stands nowhere in the clause."""
    strange = [name for name in change.names_new if name not in change.case.known]
    held = [t.text for t in change.case.found.clause if t.name]
    if strange and not change.names_lost and not any(change.covered(name, held) for name in strange):
        return Ruling(Verdict.SUBJECT, Rule.NAME_STRANGE)
    return None


def _name_for_words(change: _Change) -> Ruling | None:
    """A name in the place of other words: 银行 for 申请人."""
    names = change.names_new
    if not names or change.names_lost or not change.in_place:
        return None
    left = written(change.lost)
    alike = any(_contained(left, name) or _contained(name, left) for name in names)
    if len(left) > 1 and left not in change.case.claimed and not alike:
        return Ruling(Verdict.SUBJECT, Rule.NAME_FOR_WORDS)
    return None


def _words_for_name(change: _Change) -> Ruling | None:
    """Other words in the place of a name."""
    names = change.names_lost
    if not names or change.names_new or not change.edit.new or not change.in_place:
        return None
    said = written(change.new)
    alike = any(_contained(said, name) for name in names)
    if len(said) > 1 and not alike and any(name not in change.case.claimed for name in names):
        return Ruling(Verdict.SUBJECT, Rule.WORDS_FOR_NAME)
    return None


def _contrary(change: _Change) -> Ruling | None:
    if change.in_place and _opposite(change.words, change.gone):
        return Ruling(Verdict.MODALITY, Rule.CONTRARY)
    return None


_HARMLESS = 1  # characters


def _words_changed(change: _Change) -> Ruling | None:
    """Words exchanged or added that the clause does not have."""
    words, gone = change.words, change.gone
    if len(words) <= _HARMLESS and not (len(words) == len(gone) == 1 and words != gone):
        return None
    if _contained(words, gone):
        return None
    moved = _known(words, change.case.known)
    told = not gone or not change.in_place or len(gone) <= 1 or _known(gone, change.case.claimed)
    if moved and told:
        return None
    if _is_role(change.edit, change.case.found):
        return Ruling(Verdict.SUBJECT, Rule.ROLE_CHANGED)
    return Ruling(Verdict.UNSUPPORTED, Rule.WORDS_CHANGED)


_OF_AN_EDIT: Sequence[Callable[[_Change], Ruling | None]] = (
    _name_changed,
    _made_sweeping,
    _and_for_or,
    _name_strange,
    _name_for_words,
    _words_for_name,
    _contrary,
    _words_changed,
)


def changed_in_substance(case: Case) -> Ruling | None:
    """Words of substance that the claim exchanges or adds, edit by edit."""
    rulings: Iterator[Ruling | None] = (
        check(change) for edit in case.found.edits for change in [_Change(edit, case)] for check in _OF_AN_EDIT
    )
    return next((ruling for ruling in rulings if ruling is not None), None)


_OPPOSITES = (
    ("提高", "降低"), ("提升", "降低"), ("增加", "减少"), ("扩大", "缩小"), ("加大", "减少"), ("加强", "减弱"),
    ("上升", "下降"), ("上调", "下调"),
    ("延长", "缩短"), ("放宽", "收紧"), ("加快", "放缓"), ("提前", "延后"), ("提前", "推迟"), ("之前", "之后"),
    ("以前", "以后"), ("前", "后"),
    ("有效", "失效"), ("有利", "不利"), ("公开", "保密"), ("允许", "禁止"), ("同意", "拒绝"), ("合法", "非法"),
    ("收取", "退还"), ("增", "减"),
    ("高", "低"), ("多", "少"), ("长", "短"), ("加", "减"), ("升", "降"),
)  # fmt: skip


def _opposite(words: str, gone: str) -> bool:
    """Whether one says the contrary of the other."""
    return any(
        (a in words and b in gone) or (b in words and a in gone) for a, b in _OPPOSITES if (a in words) != (a in gone)
    )


def _contained(words: str, gone: str) -> bool:
    """Whether one of the two is short for the other: its characters stand in the other in their order."""
    if not gone or len(words) > len(gone):
        return False
    rest = iter(gone)
    return all(char in rest for char in words)


def _known(words: str, known: str) -> bool:
    """Whether `words`, or all pairs of their characters, stand in `known`."""
    return words in known or (len(words) > 2 and all(words[at : at + 2] in known for at in range(len(words) - 1)))


_ROLE = re.compile(
    r"(?:人|机构|公司|部门|机关|银行|企业|单位|人员|政府|者|方|院|会|户|组织|团体|协会|当事人|股东|董事|监事|联社)$"
)


def _is_role(edit: Edit, found: Comparison) -> bool:
    """Whether what was exchanged is whom the sentence speaks of."""
    new = written(edit.new)
    tail = new + written(found.claim[len(found.claim) - edit.before :][:3])
    return bool(_ROLE.search(new)) or any(_ROLE.search(tail[:size]) for size in range(len(new), len(tail) + 1) if size)
