"""What a claim that repeats a clause may not change in its words: named objections, asked in one order.

One changed word makes such a claim false: another figure, 可以 for 应当, 投保人 for 保险人. Each objection is a
function of one thing that may be wrong; the first that speaks decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.proof.align import Comparison, Edit, in_place
from assistant.proof.rules import Rule, Ruling
from assistant.proof.tokens import (
    AFTER,
    AND,
    BEFORE,
    MAY,
    MODALS,
    MUST,
    MUST_NOT,
    NEGATION,
    OR,
    SWEEPING,
    URGE,
    Token,
    tokens_of,
)
from assistant.schema.answer import Verdict
from assistant.text.institutions import Institutions


@dataclass(frozen=True, slots=True)
class Case:
    """A claim beside the stretch that it repeats, and all that it may draw words from."""

    found: Comparison
    known: str  # the whole clause, its headings, its title
    institutions: Institutions

    @property
    def claimed(self) -> str:
        return _written(self.found.claim)


def objection(case: Case) -> Ruling | None:
    """The first thing that the claim changes and must not, `None` when there is none."""
    for check in _OBJECTIONS:
        if (ruling := check(case)) is not None:
            return ruling
    return None


def words_changed(found: Comparison, verdict: Verdict) -> str:
    """The words of the clause in whose place the claim has others of the kind that `verdict` names; "" for none."""
    kinds: dict[Verdict, Callable[[Token], bool]] = {
        Verdict.NUMBER: lambda t: t.figure,
        Verdict.SUBJECT: lambda t: t.name,
        Verdict.MODALITY: lambda t: t.form in MODALS or t.form == NEGATION,
    }
    kind = kinds.get(verdict)
    if kind is None:
        return ""
    for edit in found.edits:
        lost, new = [t for t in edit.lost if kind(t)], [t for t in edit.new if kind(t)]
        if lost and new and in_place(edit) and [t.form for t in lost] != [t.form for t in new]:
            return "、".join(t.text for t in lost)
    return ""


# --- figures, binding words -------------------------------------------------------------------------


def _figures(case: Case) -> Ruling | None:
    """A figure exchanged, or one that the clause does not have."""
    for edit in case.found.edits:
        new = sorted(t.form for t in edit.new if t.figure)
        lost = sorted(t.form for t in edit.lost if t.figure)
        if not new or new == lost:
            continue
        known = {t.form for t in tokens_of(case.known, case.institutions) if t.figure}
        if (lost and in_place(edit)) or not set(new) <= known:
            return Ruling(Verdict.NUMBER, Rule.FIGURE_CHANGED)
    return None


def _binding(case: Case) -> Ruling | None:
    """Binding words and negations exchanged or added, before told for after."""
    return next((r for edit in case.found.edits if (r := _binding_of(edit)) is not None), None)


def _binding_of(edit: Edit) -> Ruling | None:
    times_new, times_lost = ({t.form for t in side} & {BEFORE, AFTER} for side in (edit.new, edit.lost))
    if times_new and times_lost and times_new != times_lost:
        return Ruling(Verdict.MODALITY, Rule.TIME_TURNED)
    new = [t.form for t in edit.new if t.form in MODALS or t.form == NEGATION]
    lost = [t.form for t in edit.lost if t.form in MODALS or t.form == NEGATION]
    if sorted(new) == sorted(lost) or not in_place(edit):
        return None
    if new.count(NEGATION) != lost.count(NEGATION):
        return Ruling(Verdict.MODALITY, Rule.NEGATION_CHANGED)
    forces_new, forces_lost = set(new) & MODALS, set(lost) & MODALS
    if forces_new and forces_lost and forces_new != forces_lost:
        return Ruling(Verdict.MODALITY, Rule.FORCE_CHANGED)
    return None


def _governed(case: Case) -> Ruling | None:
    """A stretch that both have stands under the same binding word in both, and under the same negation."""
    found = case.found
    said = {t.form for t in found.claim}
    end_a = end_b = 0  # of the stretch before
    for a, b, size in found.blocks:
        before_a, before_b, end_a, end_b = end_a, end_b, a + size, b + size
        if size < 2:
            continue
        if _denied(found.clause, a, before_a) != _denied(found.claim, b, before_b):
            return Ruling(Verdict.MODALITY, Rule.DENIED_ELSEWHERE)
        if not _same_rule(found, a, b, said):
            return Ruling(Verdict.MODALITY, Rule.RULED_OTHERWISE)
    return None


def _same_rule(found: Comparison, a: int, b: int, said: set[str]) -> bool:
    """Whether what begins at `a` in the clause and `b` in the claim is ruled alike, or told in the weaker way."""
    there, here = found.clause[a].rule, found.claim[b].rule
    if there == here:
        return True
    if here is None:
        return there == MUST or there in said or (b == 0 and there in (MAY, URGE))
    if there is None:
        if here == MAY:
            return _favours(found.clause[a : a + 2])
        return here == MUST or (here == URGE and here in {t.form for t in found.clause})
    return here == MAY and there == URGE


_FAVOURS = frozenset({"享受", "减轻", "减免", "免除"})


def _favours(verb: Sequence[Token]) -> bool:
    """Whether what follows is to someone's good: 享受优惠 without a binding word is what one 可以享受."""
    return _written(verb) in _FAVOURS


def _denied(tokens: Sequence[Token], at: int, floor: int) -> bool:
    """Whether a negation stands at `at` or right before it, a word between at most.

    `floor` is where the stretch before ends: its words have their own negation, save one at its very end.
    """
    if floor and tokens[floor - 1].form == NEGATION:
        floor -= 1
    near = tokens[max(at - 2, floor, 0) : at + 1]
    return any(t.form == NEGATION and t.piece == tokens[at].piece for t in near)


# --- words that have changed places -----------------------------------------------------------------


def _swapped(case: Case) -> Ruling | None:
    """Two words have changed places: 保险人向投保人 for 投保人向保险人.

    Seen in two ways: each stands where the other stood, or one has moved across the other while the words
    between them did not follow (A发现 before B for 发现A behind it). What moves as it is, is only told earlier.
    """
    found = case.found
    if "被" in _written(found.claim) and "被" not in _written(found.clause):
        return None
    changed = [(tuple(t.form for t in e.lost), tuple(t.form for t in e.new)) for e in found.edits]
    if _crossed(found) or any(_exchanged(lost, new, changed) for lost, new in changed):
        return Ruling(Verdict.SUBJECT, Rule.WORDS_SWAPPED)
    return None


_Forms = tuple[str, ...]


def _exchanged(lost: _Forms, new: _Forms, changed: Sequence[tuple[_Forms, _Forms]]) -> bool:
    if not new or {AND, OR} & set(new):
        return False
    if lost != new and sorted(lost) == sorted(new) and any(form[0] not in "&@" for form in new):
        return True
    if new != lost and (new, lost) in changed and min(len(_bare(new)), len(_bare(lost))) > 1:
        return True
    return len(new) > 1 and any(gone != new and sorted(gone) == sorted(new) for gone, _ in changed)


def _crossed(found: Comparison) -> bool:
    """Whether one name has moved across another between the same commas: 金融机构以中小企业出具的保函."""
    moved = {e.lost[0].form for e in found.edits if len(e.lost) == 1 and not e.new and e.lost[0].name}
    for edit in found.edits:
        if edit.lost or len(edit.new) != 1 or edit.new[0].form not in moved or edit.new[0].joined:
            continue
        token, at = edit.new[0], edit.after
        beside = [t for t in found.claim[max(0, at - 3) : at + 4] if t is not token and t.name]
        if any(t.piece == token.piece and not t.joined for t in beside):
            return True
    return False


def _grafted(case: Case) -> Ruling | None:
    """The claim begins with whom one sentence speaks of and goes on with what another says of another."""
    found = case.found
    first = next((t.form for t in found.claim if t.name), None)
    for edit in found.edits:
        if edit.first or not edit.lost or not edit.after or not edit.before or edit.behind is None:
            continue
        own = [t.form for t in edit.lost if t.sentence == edit.behind.sentence and t.name]
        crossed = edit.lost[0].sentence != edit.behind.sentence
        if crossed and own and first is not None and first not in own and own[0] not in (t.form for t in edit.new):
            return Ruling(Verdict.SUBJECT, Rule.SENTENCES_GRAFTED)
    return None


def _joined(case: Case) -> Ruling | None:
    """The condition of one rule is told before what follows from another, without the other's own."""
    for edit in case.found.edits:
        if edit.left is None or edit.behind is None or edit.left.part == edit.behind.part:
            continue
        own = [t for t in edit.lost if t.part == edit.behind.part]
        if edit.left.condition and any(t.condition for t in own):
            return Ruling(Verdict.UNSUPPORTED, Rule.SENTENCES_JOINED)
    return None


def _excepted(case: Case) -> Ruling | None:
    """What the clause takes out of a rule (但…除外) is told as if it fell under it."""
    if any(t.form == NEGATION or t.text == "除" for t in case.found.claim):
        return None
    for a, _, size in case.found.blocks:
        if size > 1 and all(t.excepted for t in case.found.clause[a : a + size]):
            return Ruling(Verdict.MODALITY, Rule.EXCEPTION_LOST)
    return None


_ACT = 3  # so many words of a ban are what it forbids
_QUALIFIER = 3  # words


def _qualifier_lost(case: Case) -> Ruling | None:
    """A ban without the words that narrow it: 严禁办理出库 for 严禁为来源不明的存货办理出库."""
    clause = case.found.clause
    kept = {at for a, _, size in case.found.blocks for at in range(a, a + size)}
    told: dict[int, list[int]] = {}
    for at in sorted(kept):
        if clause[at].rule == MUST_NOT:
            told.setdefault(clause[at].piece, []).append(at)
    for piece, places in told.items():
        if len(places) >= _ACT and _narrowed(clause, piece, kept, places[-1]):
            return Ruling(Verdict.UNSUPPORTED, Rule.QUALIFIER_LOST)
    return None


def _narrowed(clause: Sequence[Token], piece: int, kept: set[int], last: int) -> bool:
    """Whether several words up to 的 stand in a ban before `last` that the claim does not have."""
    run: list[Token] = []
    for at, token in enumerate(clause[:last]):
        run = [*run, token] if token.piece == piece and token.rule == MUST_NOT and at not in kept else []
        if token.attributive and len(run) >= _QUALIFIER and "任何" not in _written(run):
            return True
    return False


# --- words of substance -----------------------------------------------------------------------------


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
        return _written([t for t in self.new if t.form[0] not in "&@" and t.form not in forms])

    @cached_property
    def gone(self) -> str:
        return _written([t for t in self.lost if t.form[0] not in "&@"])

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
    left = _written(change.lost)
    alike = any(_contained(left, name) or _contained(name, left) for name in names)
    if len(left) > 1 and left not in change.case.claimed and not alike:
        return Ruling(Verdict.SUBJECT, Rule.NAME_FOR_WORDS)
    return None


def _words_for_name(change: _Change) -> Ruling | None:
    """Other words in the place of a name."""
    names = change.names_lost
    if not names or change.names_new or not change.edit.new or not change.in_place:
        return None
    said = _written(change.new)
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


def _matter(case: Case) -> Ruling | None:
    """Words of substance that the claim exchanges or adds, edit by edit."""
    rulings: Iterator[Ruling | None] = (
        check(change) for edit in case.found.edits for change in [_Change(edit, case)] for check in _OF_AN_EDIT
    )
    return next((ruling for ruling in rulings if ruling is not None), None)


_OBJECTIONS: Sequence[Callable[[Case], Ruling | None]] = (
    _figures,
    _swapped,
    _binding,
    _governed,
    _grafted,
    _joined,
    _excepted,
    _qualifier_lost,
    _matter,
)

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


def _written(tokens: Sequence[Token]) -> str:
    return "".join(t.text for t in tokens)


def _bare(forms: Sequence[str]) -> str:
    return "".join(form.lstrip("&") for form in forms)


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
    new = _written(edit.new)
    tail = new + _written(found.claim[len(found.claim) - edit.before :][:3])
    return bool(_ROLE.search(new)) or any(_ROLE.search(tail[:size]) for size in range(len(new), len(tail) + 1) if size)
