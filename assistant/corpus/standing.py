"""Whether search leaves a document out on a day, why, and in which words the library says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from assistant.schema.document import Clause, DocumentMeta, HeaderFact, Limit, LimitKind, Validity
from assistant.text.folding import flow
from assistant.text.sentences import sentence_spans

_BEIJING = timezone(timedelta(hours=8))
_MOST_QUOTED = 200  # characters of a sentence that bounds a text
_FACTS = {
    "effective": LimitKind.EFFECTIVE,
    "expires": LimitKind.EXPIRES,
    "repealed": LimitKind.REPEALED,
}


class Reason(StrEnum):
    """Why a document takes no part in answers on a day."""

    NOT_YET = "not_yet"
    EXPIRED = "expired"
    REPEALED = "repealed"
    SUPERSEDED = "superseded"


_SAYING = {
    Reason.NOT_YET: (LimitKind.EFFECTIVE,),
    Reason.EXPIRED: (LimitKind.EXPIRES, LimitKind.REPEALED, LimitKind.SUPERSEDED),
    Reason.REPEALED: (LimitKind.REPEALED, LimitKind.SUPERSEDED, LimitKind.EXPIRES),
    Reason.SUPERSEDED: (LimitKind.SUPERSEDED, LimitKind.REPEALED, LimitKind.EXPIRES),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Why a document takes no part, in words, and the sentence that says so, if the library holds it."""

    reason: Reason
    words: str
    since: date | None  # the first day out of force; of what is not yet in force, its first day
    quote: str | None
    where: str | None


def left_out(meta: DocumentMeta, day: date) -> LeftOut | None:
    """Why search leaves `meta` out on `day`; `None` when it takes part."""
    if meta.in_force(day):
        return None
    reason, since = _reason(meta, day)
    limit = next((one for kind in _SAYING[reason] for one in meta.limits if one.kind is kind), None)
    return LeftOut(
        reason=reason,
        words=_words(meta, reason, since),
        since=since,
        quote=limit.quote if limit else None,
        where=limit.where if limit else None,
    )


def said(found: LeftOut) -> str:
    """The reason on one line, with the sentence and its place.

    >>> said(LeftOut(reason=Reason.REPEALED, words="已废止", since=None, quote="（已废止）", where="标题"))
    '已废止；原文（标题）：“（已废止）”'
    """
    source = f"；原文（{found.where}）：“{found.quote}”" if found.quote else "；原文没有写明，依登记信息"
    return f"{found.words}{source}"


def limits_of(facts: Sequence[HeaderFact], clauses: Sequence[Clause], meta: DocumentMeta) -> tuple[Limit, ...]:
    """The sentences that bound the text, as far as the record of it agrees with them."""
    found = []
    for fact in facts:
        kind = _FACTS.get(fact.name)
        if kind is not None and _agrees(fact, meta):
            found += [Limit(kind=kind, quote=quote, where=where) for quote, where in _sentence(fact, clauses)]
    return tuple(found)


def day_in_beijing(moment: datetime) -> date:
    """The date on which a rule is or is not in force."""
    return moment.astimezone(_BEIJING).date()


def _reason(meta: DocumentMeta, day: date) -> tuple[Reason, date | None]:
    if meta.effective_on is not None and day < meta.effective_on:
        return Reason.NOT_YET, meta.effective_on
    if meta.validity is Validity.AMENDED or (meta.superseded_by and meta.validity is not Validity.REPEALED):
        return Reason.SUPERSEDED, meta.expired_on
    if meta.validity is Validity.REPEALED:
        return Reason.REPEALED, meta.expired_on
    return Reason.EXPIRED, meta.expired_on


def _words(meta: DocumentMeta, reason: Reason, since: date | None) -> str:
    match reason:
        case Reason.NOT_YET:
            return f"尚未施行，{since} 起施行"
        case Reason.EXPIRED:
            return f"已过有效期，{since} 起不再有效"
    ended = f"，{since} 起不再有效" if since else ""
    by = f"，见 {meta.superseded_by}" if meta.superseded_by else ""
    return f"{'已废止' if reason is Reason.REPEALED else '已被新的文本取代'}{ended}{by}"


def _agrees(fact: HeaderFact, meta: DocumentMeta) -> bool:
    match fact.name:
        case "effective":
            return meta.effective_on is not None and fact.value == meta.effective_on.isoformat()
        case "expires":
            return meta.expired_on == date.fromisoformat(fact.value) + timedelta(days=1)
    return meta.validity is Validity.REPEALED


def _sentence(fact: HeaderFact, clauses: Sequence[Clause]) -> Iterator[tuple[str, str]]:
    """The sentence in which `fact` stands and its address."""
    leaf = next((one for root in clauses for one in root.leaves() if fact.span in one.span), None)
    if leaf is None:
        return
    at = fact.span.start - leaf.span.start
    for piece in sentence_spans(leaf.text):
        if piece.start <= at < piece.end:
            words = flow(leaf.text[piece.start : piece.end])
            yield _shortened(words.strip().lstrip("# "), at - piece.start), leaf.address
            return


def _shortened(sentence: str, at: int) -> str:
    """The part of a long sentence around `at`."""
    if len(sentence) <= _MOST_QUOTED:
        return sentence
    start = max(0, min(at - _MOST_QUOTED // 2, len(sentence) - _MOST_QUOTED))
    return sentence[start : start + _MOST_QUOTED]
