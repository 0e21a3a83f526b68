"""`assistant compare`: two documents of the library, or two files, clause by clause."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import InputError
from assistant.serving.terminal.shared import AsJson, Corpora, note_rejected, open_settings, output, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.products.compare.model import Comparison
    from assistant.schema.document import Document

One = Annotated[str, typer.Argument(metavar="旧", help="库中文件的编号，或一个文件的路径。", show_default=False)]
Other = Annotated[str, typer.Argument(metavar="新", help="同上。", show_default=False)]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="文件", help="导出：.docx、.xlsx 或 .md，按扩展名。", show_default=False),
]


def compare_command(one: One, other: Other, corpus: Corpora = None, out: Out = None, as_json: AsJson = False) -> None:
    """比对两份文件或两个版本：哪些条款改写、新增、删去、移位，改了哪些字。"""
    from assistant.products.compare.compare import compare
    from assistant.products.compare.report import summary
    from assistant.serving.render.comparison import FILES, comparison_fields, comparison_terminal

    kind = out.suffix.lower().removeprefix(".") if out is not None else ""
    if out is not None and kind not in FILES:
        raise InputError("--out 的扩展名须为 .docx、.xlsx 或 .md。")
    before, after = _documents(corpus, (one, other))
    found = compare(before, after)
    if out is not None:
        _write(out, FILES[kind](found))
    if out is None or as_json:
        output(as_json, lambda: comparison_fields(found), lambda: comparison_terminal(found))
    else:
        say(_written(out, found, summary(found)))


def _written(out: Path, found: Comparison, counts: str) -> str:
    from assistant.products.compare.report import UNLIKE

    return f"对照已写入 {out}。{counts}" + ("" if found.alike else f"\n{UNLIKE}")


def _documents(corpus: list[Path] | None, wanted: Sequence[str]) -> list[Document]:
    """The two documents: of the library by id, as far as this process may show them; else files by their paths."""
    from assistant.corpus.reading import parse_file, read_corpus

    settings = open_settings()
    files = {name: Path(name) for name in wanted if Path(name).is_file()}
    held: dict[str, Document] = {}
    if len(files) < len(set(wanted)):
        parsed = read_corpus(corpus or [settings.corpus_dir], approved_only=corpus is None)
        note_rejected(parsed.failures)
        rights = frozenset(settings.rights)
        held = {document.id: document for document in parsed.documents if document.meta.visible(rights)}
    if not all(name in files or name in held for name in wanted):
        raise InputError("要比对的文件不在库中，也不是文件的路径；请用 python -m assistant corpus list 查看文件编号。")
    return [held[name] if name in held else parse_file(files[name]) for name in wanted]


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as exc:
        raise InputError(f"对照无法写入 {out}，请检查路径、目录权限和磁盘空间。") from exc
