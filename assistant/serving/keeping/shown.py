"""Changes and documents in the words in which the pages of 管理 show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from assistant.access.users import Users
from assistant.corpus.lifecycle import Need
from assistant.records.amendments import Amendment, State
from assistant.schema.principal import Principal
from assistant.serving.keeping.lifecycle import FACTS, Row
from assistant.serving.keeping.tables import LAY_WORDS
from assistant.serving.keeping.work import Job, Work
from assistant.text.folding import fold

_BEIJING = timezone(timedelta(hours=8))
NEED_WORDS = {
    Need.WAITING: "有变化待处理",
    Need.ENDS: "30 天内失效",
    Need.BEGINS: "30 天内施行",
    Need.RECHECK: "复核到期",
    Need.UNDATED: "日期未载明",
}
NEED_TONES = {Need.WAITING: "info", Need.ENDS: "warn", Need.BEGINS: "warn", Need.RECHECK: "bad", Need.UNDATED: "plain"}
STATE_WORDS = {
    State.WAITING: "待批准",
    State.APPLYING: "处理中断，可重新批准",
    State.ACTIVE: "已生效",
    State.REJECTED: "已退回",
    State.WITHDRAWN: "已撤回",
    State.FAILED: "未能生效，可重新批准",
}
_STATE_TONES = {State.ACTIVE: "good", State.WAITING: "info", State.APPLYING: "warn", State.FAILED: "bad"}
_FIELDS = {
    "effective_on": "施行日期",
    "expired_on": "失效日期",
    "status": "状态",
    "superseded_by": "由哪份文件取代",
    "source": "来源",
    "concept": "事项",
    "policy": "公文用语",
    "lay": "口语说法",
    "beside": "另一类事项",
    "document_id": "文件",
    "clause": "条款",
    "question": "问法",
    "answered_by": "答在哪一句",
}
_TABLES = {LAY_WORDS: "口语说法"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedField:
    """One thing that a change makes otherwise."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A change as it is shown to somebody."""

    change: Amendment
    title: str
    fields: tuple[ChangedField, ...]
    author: str
    at: str
    decided_by: str
    decided_at: str
    state: str
    tone: str
    job: Job | None  # that makes it so just now
    own: bool  # whether it is theirs

    @property
    def open(self) -> bool:
        """Whether somebody may decide on it now."""
        return self.change.open and self.job is None


class Names:
    """The names of people by what the records call them."""

    def __init__(self, users: Users) -> None:
        self._names = {f"user:{user.id}": user.name for user in users.listed()}

    def of(self, principal_id: str | None) -> str:
        """Their name; where nobody is known by it, what the records say."""
        return self._names.get(principal_id or "", principal_id or "")


def shown(change: Amendment, asker: Principal, names: Names, work: Work) -> Shown:
    """A change as `asker` sees it."""
    job = work.about(change.id)
    running = job if job is not None and job.running else None
    return Shown(
        change=change,
        title=_title(change),
        fields=tuple(_fields(change.before or {}, change.after or {})),
        author=names.of(change.author),
        at=moment_words(change.created_at),
        decided_by=names.of(change.decided_by),
        decided_at=moment_words(change.decided_at),
        state="正在处理" if running else STATE_WORDS[change.state],
        tone="info" if running else _STATE_TONES.get(change.state, "plain"),
        job=running,
        own=change.author == asker.id,
    )


def moment_words(at: int | None) -> str:
    """A moment in 北京时间, to the minute; empty where there is none."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M") if at else ""


def chosen_rows(rows: Iterable[Row], *, words: str = "", need: str = "", owner: str = "") -> tuple[Row, ...]:
    """The documents that a filter chooses, in their order."""
    asked = fold(words).split()
    return tuple(
        row
        for row in rows
        if (not need or need in row.needs or (need == "any" and row.needs))
        and (not owner or fold(owner) in fold(row.care.owner or ""))
        and all(word in _told(row) for word in asked)
    )


def _told(row: Row) -> str:
    meta = row.meta
    return fold(" ".join([meta.id, meta.title, meta.document_number or "", meta.issuer or "", *meta.aliases]))


def _title(change: Amendment) -> str:
    fields = change.after or change.before or {}
    if change.kind == FACTS:
        return change.subject
    did = "修改" if change.before and change.after else "增加" if change.after else "删去"
    what = fields.get("concept") or fields.get("question", "")
    return f"{did}{_TABLES.get(change.kind, '问法')}：{what}"


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[ChangedField]:
    for name, words in _FIELDS.items():
        was, is_now = _said(before.get(name)), _said(after.get(name))
        if was != is_now:
            yield ChangedField(name=words, before=was, after=is_now)


def _said(value: object) -> str:
    match value:
        case None | "" | False:
            return "（空）"
        case True:
            return "是"
        case list() | tuple():
            return "、".join(map(str, value))
        case _:
            return str(value)
