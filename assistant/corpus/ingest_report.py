"""What an `add` leaves behind for those who have to answer for the library: JSON and a page to read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.corpus.outcomes import FileOutcome, FileVerdict, ReleaseReport
from assistant.corpus.quality import Quality
from assistant.corpus.standing import LeftOut, said
from assistant.errors import IndexStoreError
from assistant.indexing.manifest import fsync_path
from assistant.schema.document import HiddenText

REPORTS = "reports"
VERDICT_WORDS = {
    FileVerdict.ADDED: "收入",
    FileVerdict.VERSION: "收入（新旧版本）",
    FileVerdict.DUPLICATE: "已有",
    FileVerdict.ALIAS: "已有，记为别名",
    FileVerdict.UPDATED: "已有，信息已更新",
    FileVerdict.REJECTED: "未收入",
    FileVerdict.SKIPPED: "跳过",
}
LEVEL_WORDS = {
    "part": "编",
    "chapter": "章",
    "section": "节",
    "article": "条",
    "heading_1": "一级标题",
    "heading_2": "二级标题",
    "heading_3": "三级标题",
}

HIDDEN_WORDS = {
    "vanish": "隐藏文字",
    "white": "白色文字",
    "same_color": "与底色相同的文字",
    "tiny": "极小的文字",
    "invisible": "透明或不可见的文字",
    "display_none": "网页上不显示的文字",
    "aria_hidden": "网页上不显示的文字",
    "off_page": "页面以外的文字",
    "comment": "批注",
    "deletion": "修订中删去的文字",
    "struck_out": "划去的文字",
    "superseded": "修订前的文字",
    "footnote": "脚注",
    "endnote": "尾注",
    "header": "页眉",
    "footer": "页脚",
    "watermark": "水印",
    "alt": "图片说明",
    "note_mark": "注号",
    "script": "网页脚本",
    "line_number": "行号",
}
_MOST_HIDDEN, _HIDDEN_CHARS = 30, 120


def report_dict(report: ReleaseReport, *, corpus: Path, at: datetime) -> dict[str, Any]:
    """An ingest for programs."""
    return {
        "at": at.isoformat(timespec="seconds"),
        "corpus": str(corpus),
        "exit_code": report.exit_code,
        "counts": {verdict.value: report.count(verdict) for verdict in FileVerdict},
        "files": [_file_dict(outcome) for outcome in report.outcomes],
        "pending": list(report.pending),
        "index": None if report.build is None else {**asdict(report.build), "folder": str(report.build.folder)},
    }


def _file_dict(outcome: FileOutcome) -> dict[str, Any]:
    fields = {**asdict(outcome), "verdict": outcome.verdict.value}
    if outcome.quality is not None:
        fields["quality"]["units"] = dict(outcome.quality.units)
    if outcome.left_out is not None:
        fields["left_out"] = left_out_dict(outcome.left_out)
    return fields


def left_out_dict(found: LeftOut) -> dict[str, Any]:
    """Why a document takes no part, for programs."""
    return {**asdict(found), "since": found.since.isoformat() if found.since else None}


def standing_lines(outcome: FileOutcome) -> Iterator[str]:
    """That search leaves a document out, or shows it to some alone; a line each."""
    if outcome.left_out is not None:
        yield f"不参与作答：{said(outcome.left_out)}"
    if outcome.access:
        yield f"限制查看：只有持有标签“{'”“'.join(outcome.access)}”的服务才会用到"


def write_report(report: ReleaseReport, *, corpus: Path, indexes_dir: Path, at: datetime | None = None) -> Path:
    """Write `report.json` and `report.md` into a folder of their own below `indexes_dir/reports`, and give it.

    Raises:
        IndexStoreError: the folder cannot be written.
    """
    when = at or datetime.now(UTC)
    content = report_dict(report, corpus=corpus, at=when)
    text = json.dumps(content, ensure_ascii=False, indent=1)
    name = f"{when:%Y%m%dT%H%M%SZ}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    folder = indexes_dir / REPORTS / name
    part = folder.with_name(f".{name}-{os.getpid()}")
    try:
        part.mkdir(parents=True)
        (part / "report.json").write_text(text + "\n", encoding="utf-8")
        (part / "report.md").write_text("\n".join(_page(report, corpus, when)) + "\n", encoding="utf-8")
        for path in (part / "report.json", part / "report.md", part):
            fsync_path(path)
        part.rename(folder)
    except OSError as exc:
        raise IndexStoreError(f"收录报告无法写入 {folder.parent}（{exc.strerror}），请检查磁盘空间和权限。") from exc
    return folder


def _page(report: ReleaseReport, corpus: Path, when: datetime) -> Iterator[str]:
    counts = "，".join(f"{VERDICT_WORDS[v]} {report.count(v)}" for v in FileVerdict if report.count(v))
    yield "# 收录报告"
    yield ""
    yield f"- 时间：{when:%Y-%m-%d %H:%M:%S} UTC"
    yield f"- 文件库：{_words(str(corpus))}"
    yield f"- 结果：{counts or '没有找到文件'}"
    if report.build is not None:
        build = report.build
        yield f"- 索引：{build.fingerprint[:16]}，{build.documents} 份文件，{build.clauses} 个条款"
        yield f"- 向量：新算 {build.embedded} 条，沿用 {build.reused} 条"
    else:
        yield "- 索引：没有变化"
    if report.pending:
        yield f"- 待确认的版本变化：{_words('、'.join(report.pending))}（见 assistant corpus status）"
    yield ""
    for outcome in report.outcomes:
        yield from _entry(outcome)


def _entry(outcome: FileOutcome) -> Iterator[str]:
    yield f"## {_words(outcome.source)}"
    yield ""
    yield f"- 结论：{VERDICT_WORDS[outcome.verdict]}（{outcome.code}）{_words(outcome.message)}"
    if outcome.document_id:
        yield f"- 编号：{_words(outcome.document_id)}"
    if outcome.title:
        yield f"- 标题：{_words(outcome.title)}"
    if outcome.sha256:
        yield f"- SHA-256：{outcome.sha256}"
    if outcome.superseded:
        yield f"- 同一文件的其他版本：{_words('、'.join(outcome.superseded))}"
    for line in standing_lines(outcome):
        yield f"- {_words(line)}"
    if outcome.quality is not None:
        for line in quality_lines(outcome.quality):
            yield f"- {_words(line)}"
    yield ""


def quality_lines(quality: Quality) -> Iterator[str]:
    """What to look at, a line each."""
    units = "，".join(f"{count} {LEVEL_WORDS.get(level, level)}" for level, count in quality.units)
    yield f"覆盖率 {quality.coverage:.2%}，可引用条款 {quality.clauses} 个{f'（{units}）' if units else ''}"
    if quality.numbering_gaps:
        yield f"编号不连续，以下条款之前可能缺号：{_some(quality.numbering_gaps)}"
    else:
        yield "编号连续"
    if quality.suspects:
        yield f"可能是误认的标题，请核对：{_some(quality.suspects)}"
    if quality.tables:
        yield f"表格 {quality.tables} 个"
    if quality.unstated:
        yield f"原文未载明：{'、'.join(quality.unstated)}"
    if quality.personal_ids or quality.phones:
        yield f"个人信息：身份证号 {quality.personal_ids} 个，手机号 {quality.phones} 个，请确认可以收录"
    yield from quality.warnings
    yield from left_out_lines(quality.hidden, quality.lost)


def left_out_lines(hidden: Sequence[HiddenText], lost: Sequence[str]) -> Iterator[str]:
    """What of a file is not in its text: words its reader does not see, then what is no text; a line each."""
    for one in hidden[:_MOST_HIDDEN]:
        where = f"（“{one.where}”处）" if one.where else ""
        yield f"未收入正文·{HIDDEN_WORDS.get(one.kind, one.kind)}{where}：{_cut(one.text)}"
    if len(hidden) > _MOST_HIDDEN:
        yield f"未收入正文的文字另有 {len(hidden) - _MOST_HIDDEN} 处，见 report.json 或 corpus check --json"
    for words in lost:
        yield f"无法收入的内容：{words}"


def _cut(words: str) -> str:
    return words if len(words) <= _HIDDEN_CHARS else words[: _HIDDEN_CHARS - 1] + "…"


def _some(addresses: tuple[str, ...], limit: int = 10) -> str:
    shown = "、".join(addresses[:limit])
    return shown if len(addresses) <= limit else f"{shown} 等 {len(addresses)} 处"


def _words(text: str) -> str:
    """`text` on one line, with nothing that Markdown or HTML would act on."""
    line = " ".join(text.split())
    for mark in "\\`*_[]<>|~#!":
        line = line.replace(mark, f"\\{mark}")
    return line
