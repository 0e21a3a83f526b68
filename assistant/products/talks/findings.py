"""What a check of a pack finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistant.schema.answer import Verdict


class FindingKind(StrEnum):
    """What happened to a line, or to the clause that it rests on."""

    UNPROVED = "未获条款证实"
    CHANGED = "改动过"
    ADDED = "新加的文字"
    REMOVED = "删去的说法"
    MOVED = "位置变动"
    SOURCE_REMOVED = "出处被删"
    SOURCE_CHANGED = "出处被改"
    QUOTE_CHANGED = "原文被改"
    FIXED_CHANGED = "固定提示或标记被改、被删"
    FILLED = "已填写的空白"
    CLAUSE_CHANGED = "条款文字已变"
    EXPIRED = "文件已失效或未施行"
    MISSING = "库中没有这份文件或这一条"


# What people may do without a word becoming untrue; everything else has to be mended before the pack is used.
NOTICES = frozenset(
    {FindingKind.CHANGED, FindingKind.ADDED, FindingKind.REMOVED, FindingKind.MOVED, FindingKind.FILLED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a person should look at."""

    kind: FindingKind
    page: int  # from 1; 0 for what concerns the pack as a whole
    reason: str
    before: str = ""  # as it was exported
    after: str = ""  # as it stands now
    source: str = ""  # 《…》五、（十）
    verdict: Verdict | None = None

    @property
    def fault(self) -> bool:
        """Whether the pack must not be used as it is."""
        return self.kind not in NOTICES


@dataclass(frozen=True, slots=True, kw_only=True)
class PackCheck:
    """The result of a check."""

    findings: tuple[Finding, ...]
    statements: int  # with a source, that were held against their clauses
    registered: bool  # whether the file could be held against what was exported

    @property
    def faults(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.fault)
