"""The sentence that stands before the quotes: what the clauses settle, in plain words, and what they do not.

A lead never says more than the quotes prove. It names the clause's own word (“应当”, “可以”, “严禁”), corrects
what the question takes for granted, and says of a part of the question that the clauses do not state it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.select import Gap
from assistant.question.facts_asked import Attribute, AttributeRule
from assistant.question.institutions_asked import is_generic
from assistant.question.premise import Premise
from assistant.question.reading import Reading
from assistant.question.understanding import Kind, Understanding
from assistant.schema.answer import Modality, Statement
from assistant.schema.chunk import Chunk
from assistant.text.binding_words import binding_words
from assistant.text.institutions import Institutions
from assistant.text.numerals import numbers_in

_QUOTE = "原文是："
BAN_WORDS = binding_words().bans
_REQUIRED = re.compile(r"应当|必须|不少于|要")
_QUALIFIED = re.compile(r"有条件的[\u4e00-\u9fff]{2,4}|必要时|在[^，。；]{2,10}前提下|符合[^，。；]{1,8}条件的")
_EXCEPTED = re.compile(r"(?:但|但是)?[^，。；]{0,30}(?:除外|从其规定|从其约定|依照其规定)")
# What one figure of a kind looks like in a clause, to say what it states instead.
_KINDS = (
    (
        re.compile(r"[%％‰]|百分点|基点|个点"),
        re.compile(r"百分之[零一二三四五六七八九十百\d]+|\d+(?:\.\d+)?\s*[%％‰]|[万千]分之[一二三四五六七八九十\d]+"),
    ),
    (re.compile(r"倍"), re.compile(r"[一二三四五六七八九十\d]+\s*倍")),
    (re.compile(r"[万亿元]"), re.compile(r"[一二三四五六七八九十百千万亿两\d\s]+[万亿]?\s*元(?:以[上下])?")),
    (
        re.compile(r"工作日|天|日|个月|年"),
        re.compile(r"[一二三四五六七八九十百两\d]+\s*(?:个)?(?:工作日|日|天|个月|年)(?:以[上内])?"),
    ),
)


def lead_of(
    reading: Reading,
    statements: Sequence[Statement],
    clauses: Sequence[Chunk],
    institutions: Institutions | None,
    *,
    how: str = "",
    listed: str = "",
) -> str:
    """The leading sentence; empty when the quotes need none.

    Args:
        how: what was looked through for what, where every sentence was; nothing else is said to be complete.
        listed: that one list is given whole. It hides neither that a fact is not stated nor that something is banned.
    """
    asked = reading.asked
    if asked.kind is Kind.DECISION:
        return "能否办理由贷款机构审查决定，本库条款不能代替审批。条款载明的相关要求如下："
    if correction := correction_of(reading, statements, clauses, institutions):
        return correction
    if how:
        return how
    if asked.kind in (Kind.YES_NO, Kind.FACT):
        first = _not_stated(reading, statements) or _of_bans(statements)
        if first and listed:
            return f"{first.removesuffix(_QUOTE).rstrip('：。')}。{listed}"
        return first or listed or (_of_modality(statements) if asked.kind is Kind.YES_NO else "")
    if not listed and asked.kind in (Kind.PROHIBITIONS, Kind.MENTIONS, Kind.LIST) and len(statements) > 1:
        return f"与所问最接近的有以下 {len(statements)} 处，没有逐句查全，别处可能还有："
    return listed


def gaps_note(gaps: Sequence[Gap]) -> str:
    """Which facts asked for the quoted clauses do not state; empty without gaps."""
    if not gaps:
        return ""
    rules = [rule for gap in gaps for rule in gap.attributes]
    return f"另外，所问的{'、'.join(names_of(rules))}，本库未载明，以上条款没有写到。"


def names_of(rules: Sequence[AttributeRule]) -> tuple[str, ...]:
    """Names of the facts; 「最高百分之几」 reads as an amount too, and the more exact name is the one to show."""
    exact = [rule for rule in rules if rule.attribute is not Attribute.AMOUNT] or rules
    return tuple(dict.fromkeys(rule.attribute.value for rule in exact))


def _of_bans(statements: Sequence[Statement]) -> str:
    """By which words the clauses ban something; empty where they ban nothing."""
    words = dict.fromkeys(w for s in statements if s.modality is Modality.PROHIBIT for w in BAN_WORDS.findall(s.text))
    if not words:
        return ""
    quoted = "、".join(f"“{word}”" for word in words)
    if _wanted_elsewhere(statements):
        return f"条款对此有支持性要求，也有禁止性要求（用语是{quoted}），须一并看："
    excepted = _excepted(statements)
    return f"以下条款含有禁止性表述（用语是{quoted}）{excepted}，是否适用请对照原文："


def _of_modality(statements: Sequence[Statement]) -> str:
    """How the first clause puts it, in its own word."""
    first = statements[0] if statements else None
    if first is None:
        return ""
    excepted = _excepted(statements[:1])
    match first.modality:
        case Modality.REQUIRE if found := re.search(r"应当|必须|要(?=[^求素约])", first.text):
            return f"条款对此作了要求（用语是“{found[0]}”）{excepted}："
        case Modality.PERMIT if found := re.search(r"可以|有权|可(?=[^能行见])|不需|不需要", first.text):
            return f"条款的用语是“{found[0]}”，属于允许或授权，不是强制要求{excepted}："
        case Modality.ENCOURAGE if found := re.search(r"鼓励|支持|积极|探索|推动|引导", first.text):
            return f"条款的用语是“{found[0]}”，属于鼓励，不是强制要求："
        case _:
            return ""


def _excepted(statements: Sequence[Statement]) -> str:
    return "，并设有除外情形" if any(_EXCEPTED.search(s.text) for s in statements) else ""


def _not_stated(reading: Reading, statements: Sequence[Statement]) -> str:
    """有没有写死几天: said plainly when the sentence nearest to the question states no such fact."""
    attributes = reading.asked.attributes
    if not attributes or not reading.premise.stated_at_all or not statements:
        return ""
    wanted = pairs(reading.standalone)
    nearest = max(statements, key=lambda s: len(wanted & pairs(s.text)) / (20 + len(pairs(s.text))))
    if any(rule.stated_in(nearest.text) for rule in attributes):
        return ""
    return f"没有写明：与所问最接近的一句并未规定{'、'.join(names_of(attributes))}。{_QUOTE}"


def correction_of(
    reading: Reading, statements: Sequence[Statement], clauses: Sequence[Chunk], institutions: Institutions | None
) -> str:
    """What the question takes for granted and the clauses do not say; empty when there is nothing to correct."""
    premise = reading.premise
    if not premise.states or not statements:
        return ""
    return (
        _other_figure(premise, statements, clauses)
        or _no_such_ban(premise, statements, clauses)
        or _banned_instead(reading, statements)
        or _other_addressee(reading.asked, statements, institutions)
        or _not_for_all(premise, statements)
    )


def _other_figure(premise: Premise, statements: Sequence[Statement], clauses: Sequence[Chunk]) -> str:
    """The question names a figure that the clauses do not state; what they state instead, where that is one thing."""
    stated = frozenset(n for clause in clauses for n in numbers_in(clause.plain))
    strange = [f for f in premise.figures if numbers_in(f) and not numbers_in(f) <= stated]
    if not strange:
        return ""
    instead = next((found for s in statements for f in strange if (found := _of_kind(f, s.text))), "")
    tail = f"条款写明的是“{instead}”。" if instead else "原文并未这样规定。"
    return f"所引条款中没有{'、'.join(f'“{f}”' for f in strange)}这一数值，{tail}原文是："


def _of_kind(figure: str, text: str) -> str:
    """The only figure in `text` of the kind of `figure`; empty when there are several or none."""
    for asked, stated in _KINDS:
        if asked.search(figure):
            found = list(dict.fromkeys(match.strip() for match in stated.findall(text)))
            return found[0] if len(found) == 1 else ""
    return ""


def _no_such_ban(premise: Premise, statements: Sequence[Statement], clauses: Sequence[Chunk]) -> str:
    stopped = premise.stopped
    if stopped is None or any(s.modality is Modality.PROHIBIT for s in statements[:1]):
        return ""
    if any(stopped in clause.plain for clause in clauses):
        return ""
    return f"所引条款没有“{stopped}”的表述，原文并非如此。原文是："


def _banned_instead(reading: Reading, statements: Sequence[Statement]) -> str:
    words = bans_asked(reading.standalone, statements) if reading.premise.allowed else ()
    if not words:
        return ""
    return f"条款并非如此，相反含有禁止性表述（用语是{'、'.join(f'“{word}”' for word in words)}）。原文是："


def _other_addressee(asked: Understanding, statements: Sequence[Statement], institutions: Institutions | None) -> str:
    """The sentence that the question quotes addresses other institutions than the one it names."""
    if institutions is None or len(asked.specific) != 1:
        return ""
    [one] = asked.specific
    first = statements[0]
    subject = first.subject or (m[0] if (m := re.match(r"[^，。]{2,40}?(?=全年|要|应当|应)", first.text)) else "")
    named = institutions.asked(subject)
    own = {one.name, *(wider.name for wider in one.wider)}
    if all(map(is_generic, named)) or own & set(named):
        return ""
    return f"这一句针对的是“{subject}”，不是{one.name}。原文是："


def _not_for_all(premise: Premise, statements: Sequence[Statement]) -> str:
    """The question makes a duty of what the clause encourages, permits, or asks of some."""
    if not premise.duty:
        return ""
    first = statements[0]
    if premise.of_all and (found := _QUALIFIED.search(first.text)):
        return f"条款的表述带有条件（“{found[0]}”），不是对全部对象的硬性要求。原文是："
    if first.modality in (Modality.ENCOURAGE, Modality.PERMIT):
        found = re.search(r"鼓励|支持|积极|探索|推动|引导|可以|有权", first.text)
        return f"条款的用语是“{found[0]}”，不是“必须”。原文是：" if found else ""
    return ""


def bans_asked(question: str, statements: Sequence[Statement]) -> tuple[str, ...]:
    """The words of prohibition in those pieces of the statements that speak most of what is asked.

    One sentence may forbid one thing and demand another: 「不得…转嫁服务成本，按要求公示…」.
    """
    asked = pairs(question)
    pieces = [piece for s in statements for piece in re.split(r"[，；。]", s.text) if piece]
    shared = [len(asked & pairs(piece)) for piece in pieces]
    most = max(shared, default=0)
    nearest = [piece for piece, count in zip(pieces, shared, strict=True) if count == most]
    if not most or not any(BAN_WORDS.search(piece) for piece in nearest):
        return ()
    return tuple(dict.fromkeys(word for piece in nearest for word in BAN_WORDS.findall(piece)))


def _wanted_elsewhere(statements: Sequence[Statement]) -> bool:
    """Whether one clause demands or encourages what another forbids in part."""
    banned = {n for s in statements if s.modality is Modality.PROHIBIT for n in s.citations}
    return any(s.modality is not Modality.PROHIBIT and not banned & set(s.citations) for s in statements)


def pairs(text: str) -> set[str]:
    """Every two neighbouring letters of `text`."""
    letters = "".join(char for char in text if char.isalnum())
    return {letters[at : at + 2] for at in range(len(letters) - 1)}
