"""`assistant duties`: the duty table of the library, on the screen, as JSON or as an XLSX file to fill in."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import InputError
from assistant.serving.terminal.shared import (
    EXIT_PARTIAL,
    AsJson,
    Corpora,
    day,
    note_rejected,
    open_settings,
    output,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.products.duties.model import Degree, Duty, DutyTable
    from assistant.products.duties.workbook import Exported
    from assistant.schema.document import Document

Docs = Annotated[
    list[str] | None, typer.Option("--doc", metavar="编号", help="只读这份文件；可多次给出。", show_default=False)
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="文件",
        help="导出为 XLSX；文件已经存在的，其中填写的内容按编号保留。",
        show_default=False,
    ),
]
Before = Annotated[
    Path | None,
    typer.Option(
        "--earlier", metavar="文件", help="上一次导出、已经填写的清单；默认就是 --out 所指的文件。", show_default=False
    ),
]
Kind = Annotated[
    str | None,
    typer.Option("--actor-kind", metavar="类别", help="只看这类主体，例如 银行机构。", show_default=False),
]
Strength = Annotated[
    str | None,
    typer.Option(
        "--degree", metavar="强度", help="只看这一强度：严禁、不得、应当、要求、鼓励、允许。", show_default=False
    ),
]


def duties(
    doc: Docs = None,
    corpus: Corpora = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="日期", help="哪一天的清单，例如 2024-06-30；默认今天。")
    ] = None,
    past: Annotated[bool, typer.Option("--past", help="当日不适用的文件也读，逐行注明。")] = False,
    kind: Kind = None,
    degree: Strength = None,
    out: Out = None,
    earlier: Before = None,
    as_json: AsJson = False,
) -> None:
    """从条文中读出责任清单：谁、该做什么、多强、什么条件、何时。"""
    from assistant.assembly import today_in_beijing
    from assistant.products.duties.fields import chosen, table_fields
    from assistant.products.duties.table import duty_table

    strength = _degree(degree)
    if out is not None and (kind or strength):
        raise InputError("导出的是整份清单，不能与 --actor-kind、--degree 同用；请导出后在表里筛选。")
    if earlier is not None and out is None:
        raise InputError("--earlier 须与 --out 同用。")
    documents, failed = _documents(corpus, doc)
    table = duty_table(documents, day=day(as_of, "--as-of") or today_in_beijing(), past=past)
    if out is not None:
        exported = _write(out, earlier or out, table)
        output(as_json, lambda: _facts(out, table, exported), lambda: _exported_text(out, table, exported))
    else:
        rows = tuple(chosen(table, kind=kind, degree=strength))
        output(
            as_json,
            lambda: table_fields(table, kind=kind, degree=strength),
            lambda: _table_text(table, rows, listed=kind is not None or strength is not None),
        )
    if failed:
        raise typer.Exit(EXIT_PARTIAL)


def _degree(words: str | None) -> Degree | None:
    from assistant.products.duties.model import Degree as Degrees

    if words is None:
        return None
    try:
        return Degrees(words)
    except ValueError as exc:
        raise InputError(f"--degree 须为{'、'.join(Degrees)}之一。") from exc


def _documents(corpus: list[Path] | None, wanted: list[str] | None) -> tuple[Sequence[Document], bool]:
    """The documents that this process may show and, with `wanted`, no others; whether any could not be read."""
    from assistant.corpus.manifest import folders_of
    from assistant.corpus.reading import read_corpus

    settings = open_settings()
    parsed = read_corpus(corpus or folders_of(settings.corpus_dir), approved_only=corpus is None)
    note_rejected(parsed.failures)
    rights = frozenset(settings.rights)
    seen = [document for document in parsed.documents if document.meta.visible(rights)]
    if wanted is not None:
        if not set(wanted) <= {document.id for document in seen}:
            raise InputError("--doc 指定的文件不在库中，请用 python -m assistant corpus list 查看文件编号。")
        seen = [document for document in seen if document.id in wanted]
    return seen, bool(parsed.failures)


def _write(out: Path, earlier: Path, table: DutyTable) -> Exported:
    """Writes the file, whole or not at all; one that cannot be read is never replaced."""
    from assistant.products.duties.earlier import NOTHING, read_earlier
    from assistant.products.duties.workbook import export

    held = NOTHING
    if earlier.exists() or earlier != out:
        try:
            raw = earlier.read_bytes()
        except OSError as exc:
            raise InputError(f"上一次的清单 {earlier} 无法读取，请检查路径和权限。") from exc
        held = read_earlier(raw)
    exported = export(table, held)
    _put(out, exported.content)
    return exported


def _put(out: Path, content: bytes) -> None:
    """Writes a file, all of it or nothing; the one that stood there stays beside it under another name as well."""
    part, kept = out.with_name(f".{out.name}.part"), out.with_name(f".{out.name}.kept")
    try:
        part.write_bytes(content)
        if out.exists():
            shutil.copy2(out, kept)
            kept.replace(out.with_name(f"{out.stem}.上一次{out.suffix}"))
        part.replace(out)  # last: until then the one that stood there is in its place
    except OSError as exc:
        for path in (part, kept):
            with suppress(OSError):
                path.unlink()
        raise InputError(f"清单无法写入 {out}，请检查路径、目录权限和磁盘空间。") from exc


def _facts(out: Path, table: DutyTable, exported: Exported) -> dict[str, object]:
    return {
        "out": str(out),
        "day": table.day.isoformat(),
        "rows": len(table.duties),
        "filled": len(exported.carried.filled),
        "added_by_hand": exported.added,
        "changes": dict(exported.carried.count()),
        "left_out": [title for title, _ in table.left_out],
        "unread": len(table.unread),
    }


def _exported_text(out: Path, table: DutyTable, exported: Exported) -> str:
    changes = "、".join(f"{name} {count} 行" for name, count in exported.carried.count().items()) or "没有变更"
    lines = [
        f"责任清单已写入 {out}：{len(table.duties)} 行，按 {table.day.isoformat()} 的时效",
        f"保留了 {len(exported.carried.filled)} 行填写的内容；与上一次相比：{changes}（见“变更”）",
    ]
    if exported.added:
        lines.append(f"人工添加的 {exported.added} 行放在最后")
    return "\n".join([*lines, *_warnings(table)])


def _warnings(table: DutyTable) -> Iterator[str]:
    if table.left_out:
        yield f"{len(table.left_out)} 份文件当日不适用，没有读；加 --past 可以一并列出"
    if table.unread:
        yield f"另有 {len(table.unread)} 处没有读成行，见“说明”（或 --json 的 unread）"


def _table_text(table: DutyTable, rows: Sequence[Duty], *, listed: bool) -> str:
    from assistant.serving.render.terminal import terminal_safe

    counts: dict[str, int] = {}
    for duty in rows:
        counts[duty.degree.value] = counts.get(duty.degree.value, 0) + 1
    total = "、".join(f"{name} {count}" for name, count in counts.items())
    head = f"{len(table.documents)} 份文件，{len(rows)} 条责任（{total or '没有'}），按 {table.day.isoformat()} 的时效"
    lines = [_line(duty) for duty in rows] if listed or len(table.documents) == 1 else list(_by_document(table))
    return terminal_safe("\n".join([head, *lines, *_warnings(table)]))


def _by_document(table: DutyTable) -> Iterator[str]:
    for name, title in table.documents:
        count = sum(1 for duty in table.duties if duty.source.document_id == name)
        yield f"  {name} 《{title}》{count} 条"
    yield "用 --doc 编号 看一份文件的责任，用 --out 清单.xlsx 导出"


def _line(duty: Duty) -> str:
    when = f"（{'；'.join(duty.conditions)}）" if duty.conditions else ""
    place = f"《{duty.source.title}》{duty.source.address}"
    return f"  [{duty.degree.value}] {duty.actor.shown}：{duty.act}{when}  {place}"
