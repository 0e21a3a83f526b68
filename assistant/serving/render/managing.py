"""What the pages of 管理 say: words for scopes, roles, states and acts, and times as people here read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from assistant.access.embeds import State
from assistant.access.keys import ApiKey
from assistant.access.users import ROLE_NAMES, Role
from assistant.schema.principal import Scope

_BEIJING = timezone(timedelta(hours=8))
_LONG_FACT = 2000  # characters of one fact on a page

SCOPE_WORDS: Mapping[Scope, str] = {
    Scope.ASK: "提问",
    Scope.SEARCH: "查找条款",
    Scope.VERIFY: "核对文字",
    Scope.DOCUMENTS: "读原文",
    Scope.CORPUS_EDIT: "编辑文件库",
    Scope.CORPUS_APPROVE: "审批和发布",
    Scope.AUDIT_READ: "查看留痕",
    Scope.FEEDBACK_READ: "查看反馈",
    Scope.RETENTION: "清理到期记录",
    Scope.KEYS: "管理密钥",
    Scope.EMBEDS: "管理门户",
    Scope.EMBED_CODES: "门户换取码",
    Scope.USERS: "管理用户",
    Scope.VIEW_AS: "以部门身份查看",
    Scope.METRICS: "读取运行指标",
}
ROLE_WORDS: Mapping[Role, str] = {
    Role.READER: f"{ROLE_NAMES[Role.READER]}（提问、读原文）",
    Role.EDITOR: f"{ROLE_NAMES[Role.EDITOR]}（上传和校对文件）",
    Role.APPROVER: f"{ROLE_NAMES[Role.APPROVER]}（审定和发布）",
    Role.AUDITOR: f"{ROLE_NAMES[Role.AUDITOR]}（查看留痕）",
    Role.ADMIN: f"{ROLE_NAMES[Role.ADMIN]}（密钥、门户、用户）",
}
STATE_WORDS: Mapping[State, str] = {State.DRAFT: "草稿", State.ACTIVE: "已启用", State.PAUSED: "已停用"}
STATE_LOOKS: Mapping[State, str] = {State.DRAFT: "info", State.ACTIVE: "good", State.PAUSED: "bad"}


def moment(at: int | None) -> str:
    """Milliseconds since 1970 as the minute in Beijing; a dash where there is none.

    >>> moment(0), moment(None)
    ('1970-01-01 08:00', '—')
    """
    return (
        datetime.fromtimestamp(at / 1000, UTC).astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M")
        if at is not None
        else "—"
    )


def key_state(key: ApiKey, now: int) -> tuple[str, str]:
    """The state of a key in words, and how it looks."""
    if key.revoked_at is not None:
        return "已停用", "bad"
    if key.expires_at is not None and key.expires_at <= now:
        return "已过期", "warn"
    return "可用", "good"
