"""What a person may say anew of a document that is there: from when until when it holds, what replaced it, its source.

The words of the document stay; of the sentences that bound its force those go that say otherwise now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from assistant.corpus.manifest import ManifestLine
from assistant.errors import InputError
from assistant.schema.document import DocumentMeta, LimitKind, Validity

MAX_WORDS = 300  # code points of what replaced it, and of its source
_ENDED = frozenset({Validity.REPEALED, Validity.AMENDED})
_ENDS = frozenset({LimitKind.EXPIRES, LimitKind.REPEALED, LimitKind.SUPERSEDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides whether a document holds, and where it came from. `None`: the source does not say."""

    effective_on: date | None
    expired_on: date | None  # the first day on which it no longer holds
    status: Validity
    superseded_by: str | None  # in words
    source: str | None


def facts_of(line: ManifestLine) -> Facts:
    """The facts of a line, without what only a proposal says."""
    return Facts(
        effective_on=line.effective_on,
        expired_on=line.expired_on,
        status=line.status,
        superseded_by=line.superseded_by,
        source=line.source,
    )


def restated(line: ManifestLine, facts: Facts) -> ManifestLine:
    """The line with these facts.

    Raises:
        InputError: they contradict each other, or a proposal waits on the line.
    """
    if line.proposal is not None:
        raise InputError("这份文件有一项程序提出的变化待确认，请先确认或驳回，再改登记。")
    checked(facts)
    kept = [
        limit
        for limit in line.limits
        if not (limit.kind is LimitKind.EFFECTIVE and facts.effective_on != line.effective_on)
        and not (limit.kind in _ENDS and _end(facts) != _end(facts_of(line)))
    ]
    return line.model_copy(
        update={
            "effective_on": facts.effective_on,
            "expired_on": facts.expired_on,
            "status": facts.status,
            "superseded_by": facts.superseded_by,
            "source": facts.source,
            "limits": tuple(kept),
        }
    )


def checked(facts: Facts) -> None:
    """See that the facts can stand together.

    Raises:
        InputError: naming the field.
    """
    starts, ends = facts.effective_on, facts.expired_on
    if starts is not None and ends is not None and ends <= starts:
        raise InputError("失效日期须晚于施行日期，请核对两个日期。")
    if facts.superseded_by and ends is None and facts.status not in _ENDED:
        raise InputError("写明了由哪份文件取代，请同时填写失效日期，或把状态改为“已修订”或“已废止”。")
    for name, words in (("取代它的文件", facts.superseded_by), ("来源", facts.source)):
        if words is not None and not (0 < len(words) <= MAX_WORDS and words.isprintable()):
            raise InputError(f"“{name}”须为一行文字，不超过 {MAX_WORDS} 个字。")


def words_for(newer: DocumentMeta) -> str:
    """A document that replaces another one, as the record of the other names it."""
    number = f"（{newer.document_number}）" if newer.document_number else ""
    start = f"，{newer.effective_on.isoformat()}起" if newer.effective_on else ""
    return f"《{newer.title}》{number}{start}"


def _end(facts: Facts) -> tuple[date | None, Validity, str | None]:
    return facts.expired_on, facts.status, facts.superseded_by
