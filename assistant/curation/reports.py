"""What reading a file gave, as it is kept with a change: figures, doubts and what a person has to approve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.corpus.quality import MAX_PERSONAL_IDS, MIN_COVERAGE, Quality
from assistant.curation.alike import Alike
from assistant.curation.facts import stated_by
from assistant.schema.document import Document

READING, READ, REJECTED = "reading", "read", "rejected"
_HIDDEN, _HIDDEN_CHARS = 20, 80
_SUSPECTS = 50


def read_report(document: Document, quality: Quality, alike: Sequence[Alike]) -> dict[str, Any]:
    """The report of a file that was read; nothing personal is repeated in it."""
    return {
        "state": READ,
        "title": document.meta.title,
        "stated": stated_by(document.meta),
        "quality": {
            "coverage": round(quality.coverage, 4),
            "clauses": quality.clauses,
            "units": [list(unit) for unit in quality.units],
            "gaps": list(quality.numbering_gaps[:_SUSPECTS]),
            "suspects": list(quality.suspects[:_SUSPECTS]),
            "tables": quality.tables,
            "unstated": list(quality.unstated),
            "personal_ids": quality.personal_ids,
            "phones": quality.phones,
            "warnings": list(quality.warnings),
            "lost": list(quality.lost),
            "needs_approval": list(quality.needs_approval),
            "hidden": [
                {"kind": one.kind, "where": one.where[:_HIDDEN_CHARS], "text": one.text[:_HIDDEN_CHARS]}
                for one in quality.hidden[:_HIDDEN]
            ],
            "hidden_count": len(quality.hidden),
        },
        "alike": [
            {"id": one.id, "title": one.title, "share": round(one.share, 3), "inside": round(one.inside, 3)}
            | ({"same": True} if one.same_bytes else {})
            for one in alike
        ],
    }


def rejected_report(code: str, message: str) -> dict[str, Any]:
    """The report of a file that could not be read, and why."""
    return {"state": REJECTED, "code": code, "message": message}


def approvals_needed(report: Mapping[str, Any]) -> dict[str, str]:
    """What a person has to say before the file can come in: the field of `Given` → what is approved, in words."""
    quality = report.get("quality")
    if not quality:
        return {}
    needed = {}
    if garbled := _with_code(quality["warnings"], {"garbled"}):
        needed["garbled_approved"] = f"文字多半是乱码（{garbled[0]}），我已对照原文核对，文字无误"
    if codes := set(quality["needs_approval"]):
        said = "；".join(_with_code(quality["warnings"], codes))
        needed["approved"] = f"我已核对：{said}"
    if quality["personal_ids"] >= MAX_PERSONAL_IDS:
        needed["personal_approved"] = f"含有 {quality['personal_ids']} 个身份证号，我已核对，这些信息可以进入文件库"
    return needed


def too_little(report: Mapping[str, Any]) -> str:
    """Why the file cannot come in whatever a person says; empty when it can."""
    quality = report.get("quality")
    if quality and quality["coverage"] < MIN_COVERAGE:
        return f"只有 {quality['coverage']:.0%} 的文字归入了条款（至少要 {MIN_COVERAGE:.0%}），请先校对，或换用别的版本"
    return ""


def _with_code(warnings: Sequence[str], codes: set[str]) -> list[str]:
    return [words for warning in warnings for code, _, words in [warning.partition("：")] if code in codes]
