"""What the commands on the corpus print, for people and for programs. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from assistant.corpus.diff import AffectedAnswer, Change, ClauseChange, DocumentChange, GenerationDiff
from assistant.corpus.ingest_report import VERDICT_WORDS, left_out_dict, standing_lines
from assistant.corpus.manifest import ManifestLine, meta_of
from assistant.corpus.outcomes import GOOD, FileVerdict, ReleaseReport
from assistant.corpus.standing import left_out, said
from assistant.corpus.status import CorpusStatus, Pending
from assistant.corpus.succession import stem
from assistant.schema.document import DocumentMeta, Validity
from assistant.serving.render.fields import as_fields, document_body
from assistant.serving.render.terminal import terminal_safe
from assistant.serving.render.words import titled
from assistant.serving.terminal.text import build_text, shortened

_CHANGE_WORDS = {
    Change.ADDED: "新增",
    Change.REMOVED: "删去",
    Change.CHANGED: "修改",
    Change.MOVED: "移位",
    Change.VERSION: "新版",
}
_FACT_WORDS = {
    "title": "标题",
    "validity": "时效",
    "issuer": "发文机关",
    "document_number": "文号",
    "issued_on": "发布日期",
    "effective_on": "施行日期",
    "expired_on": "失效日期",
    "superseded_by": "被取代",
    "aliases": "别名",
}
_MOST = 20  # lines of one kind in the terminal


# --- list ---------------------------------------------------------------------------------------


def line_dict(line: ManifestLine, when: date) -> dict[str, Any]:
    """A line of the manifest for a program; status and dates as they hold while a proposal waits."""
    found = left_out(meta_of(line), when)
    held = line.provisional().model_dump(mode="json", exclude={"proposal"})
    waiting = line.proposal.model_dump(mode="json") if line.proposal else None
    return {
        "id": stem(line.path),
        **held,
        "proposal": waiting,
        "left_out": left_out_dict(found) if found else None,
        "listed": True,
    }


def unlisted_dict(name: str) -> dict[str, Any]:
    """A file of the folder that nobody has added, for a program."""
    return {"id": stem(name), "path": name, "title": None, "listed": False, "left_out": None}


def lines_text(lines: Sequence[ManifestLine], unlisted: Sequence[str], when: date) -> str:
    """One document a line, then the files that nobody has added."""
    if not lines and not unlisted:
        return "清单里还没有文件。请运行 python -m assistant corpus add 加入。"
    waiting = [f"{stem(name)}  没有登记在清单里，不参与作答；请用 assistant corpus add 登记。" for name in unlisted]
    return terminal_safe("\n".join([*(_line_text(line, when) for line in lines), *waiting]))


def _line_text(line: ManifestLine, when: date) -> str:
    held = line.provisional()
    until = f"，被取代：{held.superseded_by}" if held.superseded_by else ""
    waits = "（待确认）" if line.proposal else ""
    found = left_out(meta_of(line), when)
    why = f"\n    不参与作答：{said(found)}" if found else ""
    labels = f"\n    限制查看：标签“{'”“'.join(line.access)}”" if line.access else ""
    return f"{stem(line.path)}  {titled(line.title)}  {held.status.value}{until}{waits}{why}{labels}"


# --- add ----------------------------------------------------------------------------------------


def problems_text(report: ReleaseReport) -> str:
    """A line for every file that is not in, the first of them."""
    bad = [o for o in report.outcomes if o.verdict in (FileVerdict.REJECTED, FileVerdict.SKIPPED)]
    lines = [f"{VERDICT_WORDS[o.verdict]} {o.source}（{o.code}）：{o.message}" for o in bad[:_MOST]]
    return "\n".join([*lines, *([f"另有 {len(bad) - _MOST} 份，见收录报告。"] if len(bad) > _MOST else [])])


def added_text(report: ReleaseReport, where: Path) -> str:
    """What an `add` did."""
    counts = "，".join(f"{VERDICT_WORDS[v]} {report.count(v)}" for v in FileVerdict if report.count(v))
    lines = [f"{counts or '没有找到可收入的文件'}。"]
    for outcome in [o for o in report.outcomes if o.superseded][:_MOST]:
        lines.append(f"{outcome.document_id} 与 {'、'.join(outcome.superseded)} 是同一文件的不同版本。")
    for outcome in [o for o in report.outcomes if o.left_out is not None or o.access][:_MOST]:
        lines += [f"{outcome.document_id}：{words}" for words in standing_lines(outcome)]
    lines += list(_looked_at(report))
    if report.pending:
        names = "、".join(report.pending)
        lines.append(
            f"以下旧版已暂不引用，等待确认：{names}。请运行 python -m assistant corpus status 查看，"
            "再用 --confirm 或 --dismiss 决定。"
        )
    lines.append(build_text(report.build) if report.build else "文件库和索引没有变化。")
    return terminal_safe("\n".join([*lines, f"收录报告：{where}"]))


def _looked_at(report: ReleaseReport) -> Iterator[str]:
    """How many files have something to look at: warnings, words left out, what is no text."""
    found = [
        o.document_id or o.source
        for o in report.outcomes
        if o.quality is not None and o.verdict in GOOD and (o.quality.warnings or o.quality.hidden or o.quality.lost)
    ]
    if found:
        more = f" 等 {len(found)} 份" if len(found) > _MOST else ""
        yield f"有内容需要核对：{'、'.join(found[:_MOST])}{more}，详见收录报告。"


# --- status -------------------------------------------------------------------------------------


def status_dict(status: CorpusStatus, when: date) -> dict[str, Any]:
    """Where everything stands, for a program."""
    return {
        "as_of": when.isoformat(),
        "documents": [
            {**as_fields(document_body(meta)), "in_force": _standing(meta, when)[0]} for meta in status.documents
        ],
        "pending": [_pending_dict(one) for one in status.pending],
        "unlisted": list(status.unlisted),
        "rejected": [{"path": str(f.path), "code": f.code, "message": f.message} for f in status.failures],
    }


def _pending_dict(one: Pending) -> dict[str, Any]:
    return {
        "document_id": one.document_id,
        "title": one.title,
        "holds_already": one.holds_already,
        "evidence": one.evidence,
        **one.proposal.model_dump(mode="json"),
    }


def _standing(meta: DocumentMeta, when: date) -> tuple[bool | None, str]:
    """Whether the document holds on `when`; None when nothing in it says so."""
    if (found := left_out(meta, when)) is not None:
        return False, said(found)
    if meta.validity is Validity.UNKNOWN:
        return None, "时效未载明，请核对"
    return True, "有效"


def status_text(status: CorpusStatus, when: date) -> str:
    """Where everything stands, one document a line, then what waits."""
    lines = [f"{when} 的时效："]
    for meta in status.documents:
        by = f"，被取代：{meta.superseded_by}" if meta.superseded_by else ""
        unlisted = "（未登记在清单）" if meta.id in status.unlisted else ""
        lines.append(
            f"  {meta.id}  {titled(meta.title)}  {meta.validity.value}；{_standing(meta, when)[1]}{by}{unlisted}"
        )
    lines.append("没有等待确认的变化。" if not status.pending else "等待确认的变化：")
    for one in status.pending:
        held = "已暂不引用" if one.holds_already else "尚未生效，仍在引用"
        start = f"，{one.proposal.expired_on} 起" if one.proposal.expired_on else ""
        lines.append(
            f"  {one.document_id}：{one.proposal.status.value}{start}，由 {one.proposal.superseded_by}（{held}）"
        )
        if one.evidence:
            lines.append(f"    原文：{one.evidence}")
    if status.pending:
        lines.append("确认：python -m assistant corpus status --confirm 编号；驳回暂不引用的：--dismiss 编号。")
    return terminal_safe("\n".join(lines))


# --- diff ---------------------------------------------------------------------------------------


def diff_dict(found: GenerationDiff, affected: Sequence[AffectedAnswer] | None) -> dict[str, Any]:
    """A comparison for a program."""
    return {
        "before": found.before,
        "after": found.after,
        "counts": {c.value: found.count(c) for c in Change if c is not Change.VERSION},
        "documents": [_document_dict(d) for d in found.documents],
        "affected_answers": None if affected is None else [asdict(a) for a in affected],
    }


def _document_dict(document: DocumentChange) -> dict[str, Any]:
    return {
        **asdict(document),
        "change": document.change.value,
        "facts": [{"name": n, "before": b, "after": a} for n, b, a in document.facts],
        "clauses": [{**asdict(c), "change": c.change.value} for c in document.clauses],
    }


def diff_text(found: GenerationDiff, affected: Sequence[AffectedAnswer] | None) -> str:
    """A comparison, clause by clause."""
    lines = [f"{found.before} → {found.after}"]
    if not found.documents:
        lines.append("两版内容相同。")
    for document in found.documents:
        lines += _document_lines(document)
    if affected is not None:
        lines.append(f"依据已变条款的答复：{len(affected)} 条。")
        lines += [f"  {a.id}：{'、'.join(a.clauses)}" for a in affected]
    return terminal_safe("\n".join(lines))


def _document_lines(document: DocumentChange) -> Iterator[str]:
    against = f"（与 {document.against} 相比）" if document.against else ""
    yield f"{_CHANGE_WORDS[document.change]}：{titled(document.title)}（{document.document_id}）{against}"
    for name, before, after in document.facts:
        yield f"  {_FACT_WORDS.get(name, name)}：{before or '未载明'} → {after or '未载明'}"
    whole = document.change in (Change.ADDED, Change.REMOVED)
    if whole:
        yield f"  共 {len(document.clauses)} 处条款文字"
        return
    for change in document.clauses:
        yield from _clause_lines(change)


def _clause_lines(change: ClauseChange) -> Iterator[str]:
    was = f"（原 {change.moved_from}）" if change.moved_from else ""
    yield f"  {_CHANGE_WORDS[change.change]} {change.address}{was}"
    if change.change is Change.MOVED:
        return
    if change.before is not None:
        yield f"    - {shortened(change.before, 120)}"
    if change.after is not None:
        yield f"    + {shortened(change.after, 120)}"
