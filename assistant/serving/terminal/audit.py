"""`assistant audit`: whether the chain is whole, what it holds, and an answer given again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.errors import InputError, NotFoundError
from assistant.serving.terminal.access import opened_registry, who_runs_this
from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.shared import EXIT_FAULT, AsJson, group, open_settings, output, say

if TYPE_CHECKING:
    from assistant.access.audit import Entry
    from assistant.access.audit_proof import Finding
    from assistant.access.registry import Registry

audit_app = group("查看和核对留痕：答复和管理操作的记录。")

Marks = Annotated[
    list[Path] | None,
    typer.Option("--marks", metavar="文件", help="audit checkpoint 写出的校验文件；可多次给出。", show_default=False),
]
Out = Annotated[Path, typer.Option("--out", metavar="文件", help="写到哪里；已有的文件不覆盖。", show_default=False)]


@contextmanager
def _read_by_somebody(act: str, /, **facts: Any) -> Iterator[Registry]:
    """The registry, after it was recorded that somebody reads the records."""
    with opened_registry() as registry:
        registry.note(f"audit.{act}", who_runs_this(), **facts)
        yield registry


@audit_app.command(name="list", cls=ChineseCommand)
def list_entries(
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="种类", help="例如 answer、key.created。", show_default=False)
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="谁", help="例如 user:编号。", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="条数", min=1, max=10_000, help="最多列出最近几条。")] = 50,
    as_json: AsJson = False,
) -> None:
    """列出最近的记录；查看本身也留痕。"""
    from collections import deque

    with _read_by_somebody("read", kind=kind, subject=subject, limit=limit) as registry:
        wanted = (
            entry
            for entry in registry.chain.entries()
            if kind in (None, entry.kind) and subject in (None, entry.subject)
        )
        found = deque(wanted, maxlen=limit)
    output(as_json, lambda: [json.loads(e.body) for e in found], lambda: "\n".join(map(_line, found)) or "没有记录。")


def _line(entry: Entry) -> str:
    from assistant.serving.render.terminal import terminal_safe

    at = datetime.fromtimestamp(entry.at / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    facts = json.dumps(entry.facts, ensure_ascii=False)
    return terminal_safe(f"{entry.seq}  {at}  {entry.kind}  {entry.subject}  {facts}")


@audit_app.command(name="verify", cls=ChineseCommand)
def verify_entries(
    source: Annotated[
        Path | None,
        typer.Option("--file", metavar="文件", help="核对导出的文件，而不是记录库。", show_default=False),
    ] = None,
    marks: Marks = None,
    as_json: AsJson = False,
) -> None:
    """核对留痕是否完整，指出第一条有问题的记录；有问题时退出码为 1。"""
    from dataclasses import asdict

    from assistant.access.audit_proof import check, read_lines, read_marks

    held = read_marks(_text(path) for path in marks or ())
    if source is not None:
        found = check(read_lines(_text(source).splitlines()), held)
    else:
        with opened_registry() as registry:
            found = check(registry.chain.entries(), held)
            registry.note("audit.verified", who_runs_this(), whole=found.whole, last=found.last, marks=len(held))
    output(as_json, lambda: {**asdict(found), "whole": found.whole}, lambda: _finding_text(found, marked=bool(held)))
    if not found.whole:
        raise typer.Exit(EXIT_FAULT)


def _finding_text(found: Finding, *, marked: bool) -> str:
    if not found.whole:
        return f"第 {found.first_bad} 条起有问题：{found.reason}。它之前的 {found.last} 条完整。"
    if not marked:
        return f"{found.records} 条记录前后相接。没有给出校验文件（--marks），因此看不出末尾是否被删、整本是否被重写。"
    return f"{found.records} 条记录完整，其中 {found.marked} 条与另存的校验值相同。"


@audit_app.command(name="export", cls=ChineseCommand)
def export_entries(out: Out) -> None:
    """把全部记录写成 JSONL，供核对和存档。"""
    from assistant.access.audit_proof import line_of

    with _read_by_somebody("exported") as registry:
        count = _write_new(out, (line_of(entry) for entry in registry.chain.entries()))
    say(f"已导出 {count} 条记录到 {out}。")


@audit_app.command(name="checkpoint", cls=ChineseCommand)
def checkpoint(out: Out) -> None:
    """写出每条记录的校验值。请存到别处：核对时凭它看出删尾和重写。"""
    from assistant.access.audit_proof import marks_of

    with opened_registry() as registry:
        marks = marks_of(registry.chain.entries())
        said = {"at": datetime.now().astimezone().isoformat(timespec="seconds"), "hashes": marks}
        _write_new(out, [json.dumps(said)])
        registry.note("audit.checkpoint", who_runs_this(), last=max(marks, default=0))
    say(f"已写出 {len(marks)} 条记录的校验值到 {out}，请把它存到本机以外。")


@audit_app.command(name="replay", cls=ChineseCommand)
def replay_answer(
    answer_id: Annotated[str, typer.Argument(metavar="答复编号", show_default=False)], as_json: AsJson = False
) -> None:
    """把一次答复重做一遍：相同，或指出什么变了；不同时退出码为 1。"""
    from dataclasses import asdict

    from assistant.assembly import build_assistant
    from assistant.serving.ledger import inquiry_of
    from assistant.serving.replay import replay

    with _read_by_somebody("replayed", answer_id=answer_id) as registry:
        kept = registry.answers.get(answer_id)
    if kept is None:
        raise NotFoundError("没有这次答复的记录，请用 audit list --kind answer 查看 answer_id；过期的答复已经删除。")
    day = inquiry_of(kept.inquiry)[1]
    done = replay(kept, build_assistant(open_settings(), today=lambda: day))
    output(
        as_json,
        lambda: {**asdict(done), "same": done.same},
        lambda: "答复逐字相同。" if done.same else "\n".join(done.changes),
    )
    if not done.same:
        raise typer.Exit(EXIT_FAULT)


@audit_app.command(name="purge", cls=ChineseCommand)
def purge_old() -> None:
    """删去超过保存期的记录和答复；删了什么、从哪里开始，留在记录里。"""
    from assistant.access.retention import purge

    keep_days = open_settings().audit.keep_days
    with opened_registry() as registry:
        done = purge(registry, keep_days, by=who_runs_this())
    say(f"已删去 {keep_days} 天以前的 {done.records} 条记录、{done.answers} 次答复。")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError("所给的文件无法读取，或不是 UTF-8 文本。") from exc


def _write_new(path: Path, lines: Iterator[str] | Sequence[str]) -> int:
    count = 0
    try:
        with path.open("x", encoding="utf-8") as file:
            path.chmod(0o600)
            for line in lines:
                file.write(f"{line}\n")
                count += 1
    except OSError as exc:
        raise InputError("--out 指定的文件已经存在，或无法写入。") from exc
    return count
