"""Records of the audit in words. Text alone: whatever stands in a record is escaped by the template."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from assistant.schema.answer import Outcome
from assistant.serving.render.drafts import ACT_WORDS
from assistant.serving.render.drafts import KIND_WORDS as CHANGE_WORDS
from assistant.serving.render.managing import ROLE_NAMES, SCOPE_WORDS
from assistant.serving.render.words import OUTCOME_LABELS

_LONGEST = 1500  # characters of one fact on a page; an export has all of it

KIND_WORDS: Mapping[str, str] = {
    "answer": "作答",
    "answer.read": "查看他人的答复",
    "audit.read": "查看留痕",
    "audit.exported": "导出留痕",
    "audit.verified": "核验留痕",
    "audit.checkpoint": "另存校验值",
    "audit.purged": "清理到期留痕",
    "audit.gap": "留痕中断",
    "change.uploaded": "上传文件",
    "change.read-again": "重新读取上传的文件",
    "change.corrected": "校对条款树",
    "change.stated": "填写上传文件的信息",
    "change.submitted": "提交审批",
    "change.returned": "退回修改",
    "change.approved": "批准",
    "change.dropped": "撤下上传的文件",
    "change.infected": "查出带病毒的文件",
    "corpus.added": "加入文件",
    "corpus.care": "指定文件的负责人和复核日",
    "corpus.published": "发布",
    "corpus.taken-back": "撤回一次发布",
    "corpus.removed": "移除文件",
    "embed.created": "登记门户",
    "embed.draft": "门户改为草稿",
    "embed.active": "启用门户",
    "embed.paused": "停用门户",
    "embed.limited": "更改门户限额",
    "embed.token-revoked": "收回门户令牌",
    "feedback.given": "评价答复",
    "index.checked": "索引自检",
    "gap.listed": "在服务器上查看未答问题",
    "gap.assigned": "分派未答问题",
    "gap.closed": "了结未答问题",
    "gap.reopened": "重新打开未答问题",
    "gap.joined": "合并未答问题",
    "gold.proposed": "提出标准题",
    "gold.accepted": "收入标准题",
    "gold.returned": "退回标准题",
    "gold.withdrawn": "撤下标准题",
    "index.switched": "改用一版索引",
    "backup.made": "备份",
    "index.rolled-back": "退回上一版索引",
    "key.created": "建立密钥",
    "key.revoked": "停用密钥",
    "release.prepared": "预览一次发布",
    "retention.run": "清理到期记录",
    "session.dropped": "删除会话",
    "session.exported": "导出会话",
    "session.renamed": "会话改名",
    "talk.exported": "导出宣讲材料",
    "user.created": "建立用户",
    "user.changed": "更改用户",
    "user.disabled": "停用用户",
    "user.enabled": "重新启用用户",
    "user.password": "重设密码",
    "user.signed-in": "登录",
    "user.sign-in-failed": "登录失败",
    "view-as.begun": "开始以他人身份查看",
    "view-as.ended": "结束以他人身份查看",
    "view-as.read": "以他人身份查看",
}
# The start of a kind, and what was done then: `corpus.restate-approved`.
_STEMS = {"corpus.restate": "改写文件的时效", "corpus.supersession": "文件的取代关系", "corpus.tables": "词表的改动"}
_VERBS = {"proposed": "提出", "approved": "批准", "rejected": "驳回", "withdrawn": "撤回", "applied": "生效"} | {
    "confirmed": "确认",
    "dismissed": "驳回",
}
_FACT_WORDS: Mapping[str, str] = {
    "id": "编号",
    "to": "负责人",
    "with": "以什么了结",
    "settled": "了结的依据",
    "others": "并入的",
    "questions": "问数",
    "addresses": "条款数",
    "name": "名称",
    "role": "角色",
    "labels": "标签",
    "department": "部门",
    "departments": "部门",
    "scopes": "权限",
    "origins": "来源",
    "before": "之前",
    "question": "问题（已隐去个人信息）",
    "standalone_question": "完整的问题",
    "outcome": "结果",
    "mode": "方式",
    "confidence": "把握",
    "clauses": "条款",
    "generation": "索引",
    "answer_id": "答复",
    "session_id": "会话",
    "latency_ms": "用时（毫秒）",
    "whole": "完整",
    "records": "记录数",
    "last": "最后完整的一条",
    "marks": "校验值",
    "kind": "种类",
    "subjects": "谁",
    "document": "文件",
    "documents": "文件",
    "limit": "条数",
    "door": "入口",
    "path": "页面",
    "daily_cap": "每日上限",
    "retention_days": "保留天数",
    "lost": "遗失条数",
    "answers": "答复",
    "view_as": "以谁的身份",
    "change": "改动",
    "owner": "负责人",
    "recheck_on": "复核日",
    "publication": "发布",
    "table": "词表",
    "sha256": "文件的 SHA-256",
    "problems": "问题数",
    "degraded": "受限的部分",
    "embedder": "向量模型",
    "llm": "语言模型",
    "act": "标为",
    "line": "行",
    "bytes": "大小（字节）",
    "approved": "已核对",
    "changes": "变更",
    "gate_overridden": "标准题退步仍发布",
    "after": "之后",
    "by": "依据的文件",
    "all": "全部",
    "file": "文件种类",
    "files": "文件数",
    "secrets": "含密钥",
    "statements": "语句数",
    "unproved": "未证实的语句",
    "talk": "宣讲材料",
    "subject": "谁",
    "useful": "有用",
    "first": "开始",
    "since": "自",
    "until": "至",
    "concept": "事项",
    "effective_on": "施行日期",
    "expired_on": "失效日期",
    "status": "状态",
    "superseded_by": "取代它的文件",
    "source": "来源",
    "prompt_version": "提示词版本",
}
# What stands in a fact, in words; by the name of the fact, since a word may mean another thing elsewhere.
_CHANGES = {kind.value: words for kind, words in CHANGE_WORDS.items()}
_VALUES: Mapping[str, Mapping[str, str]] = {
    "outcome": {outcome.value: words for outcome, words in OUTCOME_LABELS.items()},
    "role": {role.value: words for role, words in ROLE_NAMES.items()},
    "scopes": {scope.value: words for scope, words in SCOPE_WORDS.items()},
    "kind": _CHANGES,
    "change": _CHANGES,
    "act": {act.value: words for act, words in ACT_WORDS.items()} | {"undone": "撤销校对"},
    "approved": {"garbled_approved": "乱码", "approved": "读取时的疑点", "personal_approved": "个人信息"},
    "table": {"lay_words": "口语说法", "phrasings": "问法"},
    "with": {"document": "文件", "gold": "标准题"},
    "door": {"page": "页面", "http": "接口", "curation": "标准题页面", "terminal": "命令行"},
    "mode": {"extractive": "摘自原文", "llm": "语言模型改写", "llm+repaired": "语言模型改写，有句子换回原文"},
}
_FIRST = ("question", "name", "outcome", "documents", "document", "generation", "path")


def kind_words(kind: str) -> str:
    """What an act is called; its name in the records where it has no other.

    >>> kind_words("key.created"), kind_words("corpus.tables-approved"), kind_words("new.kind")
    ('建立密钥', '词表的改动：批准', 'new.kind')
    """
    stem, _, verb = kind.rpartition("-")
    composed = f"{_STEMS[stem]}：{_VERBS[verb]}" if stem in _STEMS and verb in _VERBS else kind
    return KIND_WORDS.get(kind, composed)


def gist(facts: Mapping[str, Any]) -> str:
    """What a record is about, in a line."""
    said = [_words(name, facts[name]) for name in _FIRST if facts.get(name)]
    return "　".join(said)[:160]


def fact_lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every fact, named and in words; one beyond measure is cut, and says so."""
    for name, value in facts.items():
        words = _words(name, value)
        cut = len(words) > _LONGEST
        yield _FACT_WORDS.get(name, name), f"{words[:_LONGEST]}……（以下略，导出可见全部）" if cut else words


def _words(name: str, value: Any) -> str:
    match value:
        case None:
            return "无"
        case bool():
            return "是" if value else "否"
        case str():
            return _said(name, value)
        case list() if name == "clauses":
            return "；".join(_clause(one) for one in value) or "无"
        case list() if all(isinstance(one, str) for one in value):
            return "、".join(_words(name, one) for one in value) or "无"
        case dict():
            return "；".join(_named(value)) or "无"
        case list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _said(name: str, value: str) -> str:
    return _VALUES.get(name, {}).get(value, kind_words(value) if name == "kind" else value)


def _named(facts: Mapping[str, Any]) -> Iterator[str]:
    return (f"{_FACT_WORDS.get(name, name)}：{_words(name, value)}" for name, value in facts.items())


def _clause(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    role = {"cited": "引用", "nearest": "相近"}.get(str(one.get("role")), "")
    return f"{one.get('id', '')}{f'（{role}）' if role else ''}"


def outcome_choices() -> tuple[tuple[str, str], ...]:
    """The outcomes of answers: as records have them, and in words."""
    return tuple((outcome.value, OUTCOME_LABELS[outcome]) for outcome in Outcome)
