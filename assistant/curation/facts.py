"""What people state of a file that comes in: the words of a form, and what is kept of them with the change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from assistant.errors import InputError
from assistant.records.changes import Change
from assistant.schema.document import PUBLIC, DocumentMeta, Validity
from assistant.schema.principal import Principal

APPROVALS = ("garbled_approved", "approved", "personal_approved")
WORDS = {
    "title": "标题",
    "issuer": "发文机关",
    "document_number": "文号",
    "region": "地区",
    "issued_on": "发布日期",
    "effective_on": "施行日期",
    "expired_on": "失效日期",
    "status": "状态",
    "source": "来源",
}
_DAYS = frozenset({"issued_on", "effective_on", "expired_on"})
_LONGEST = 300
_FIRST, _LAST = date(1949, 1, 1), date(2200, 1, 1)


def facts_of(said: Mapping[str, str]) -> dict[str, Any]:
    """What a form states, as it is kept with a change; empty fields state nothing.

    Raises:
        InputError: a day that is none, a state that nobody knows, or words beyond measure.
    """
    return {name: _fact(name, words) for name in WORDS if (words := " ".join(said.get(name, "").split()))}


def _fact(name: str, words: str) -> str:
    if len(words) > _LONGEST or not words.isprintable():
        raise InputError(f"“{WORDS[name]}”最多 {_LONGEST} 字，不含特殊字符。")
    if name in _DAYS:
        return _day(name, words).isoformat()
    if name == "status" and words not in set(Validity):
        raise InputError("请从清单里选择状态。")
    return words


def _day(name: str, words: str) -> date:
    try:
        day = date.fromisoformat(words)
    except ValueError as exc:
        raise InputError(f"“{WORDS[name]}”不是有效的日期，请写作 2026-01-31 的样子。") from exc
    if not _FIRST <= day < _LAST:
        raise InputError(f"“{WORDS[name]}”的年份不对，请核对。")
    return day


def stated_by(meta: DocumentMeta) -> dict[str, str]:
    """What a document says of itself, as a form shows it."""
    found = {name: getattr(meta, name, None) for name in WORDS if name not in {"source", "status"}}
    said = {
        name: value.isoformat() if isinstance(value, date) else str(value) for name, value in found.items() if value
    }
    return said if meta.validity is Validity.UNKNOWN else said | {"status": meta.validity.value}


def labels_of(change: Change) -> frozenset[str]:
    """The labels without which nobody sees a change, or the document that comes of it."""
    return frozenset(map(str, change.facts.get("access") or ()))


def may_see(by: Principal, change: Change) -> bool:
    """Whether whoever asks holds every label that the document of a change bears."""
    return labels_of(change) <= by.labels | {PUBLIC}
