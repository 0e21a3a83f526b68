"""What a claim that repeats a clause may not change in its words: named objections, asked in one order.

One changed word makes such a claim false: another figure, 可以 for 应当, 投保人 for 保险人. Each objection is a
function of one thing that may be wrong; the first that speaks decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.proof.align import Case, Comparison, Edit, in_place, written
from assistant.proof.rules import Rule, Ruling
from assistant.proof.substance import changed_in_substance
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
    URGE,
    Token,
    tokens_of,
)
from assistant.schema.answer import Verdict


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
    new, lost = _binding_forms(edit.new), _binding_forms(edit.lost)
    if new == lost or not in_place(edit):
        return None
    if new.count(NEGATION) != lost.count(NEGATION):
        return Ruling(Verdict.MODALITY, Rule.NEGATION_CHANGED)
    forces_new, forces_lost = set(new) & MODALS, set(lost) & MODALS
    if forces_new and forces_lost and forces_new != forces_lost:
        return Ruling(Verdict.MODALITY, Rule.FORCE_CHANGED)
    return None


def _binding_forms(tokens: Sequence[Token]) -> list[str]:
    return sorted(t.form for t in tokens if t.form in MODALS or t.form == NEGATION)


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
    return written(verb) in _FAVOURS


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
    if "被" in written(found.claim) and "被" not in written(found.clause):
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
    put_in = (e for e in found.edits if len(e.new) == 1 and not e.lost and e.new[0].form in moved)
    return any(not e.new[0].joined and _beside_another_name(found, e.new[0], e.after) for e in put_in)


def _beside_another_name(found: Comparison, token: Token, at: int) -> bool:
    near = found.claim[max(0, at - 3) : at + 4]
    return any(t is not token and t.name and not t.joined and t.piece == token.piece for t in near)


def _grafted(case: Case) -> Ruling | None:
    """The claim begins with whom one sentence speaks of and goes on with what another says of another."""
    first = next((t.form for t in case.found.claim if t.name), None)
    if first is not None and any(_addressee_lost(edit, first) for edit in case.found.edits):
        return Ruling(Verdict.SUBJECT, Rule.SENTENCES_GRAFTED)
    return None


def _addressee_lost(edit: Edit, first: str) -> bool:
    """Whether the claim goes on in another sentence and leaves out whom that one names, who is not `first`."""
    inside = not edit.first and edit.after and edit.before
    if not inside or not edit.lost or edit.behind is None or edit.lost[0].sentence == edit.behind.sentence:
        return False
    own = [t.form for t in edit.lost if t.name and t.sentence == edit.behind.sentence]
    return bool(own) and first not in own and own[0] not in {t.form for t in edit.new}


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
        if token.attributive and len(run) >= _QUALIFIER and "任何" not in written(run):
            return True
    return False


def _bare(forms: Sequence[str]) -> str:
    return "".join(form.lstrip("&") for form in forms)


_OBJECTIONS: Sequence[Callable[[Case], Ruling | None]] = (
    _figures,
    _swapped,
    _binding,
    _governed,
    _grafted,
    _joined,
    _excepted,
    _qualifier_lost,
    changed_in_substance,
)
