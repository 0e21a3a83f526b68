"""`assistant corpus phrasings|phrase`: the questions that lead to clauses, checked, and written by a language model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.errors import ModelError, NotFoundError, SettingsError
from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.shared import (
    EXIT_FAULT,
    EXIT_PARTIAL,
    AsJson,
    Corpora,
    complain,
    note_rejected,
    open_settings,
    output,
)

if TYPE_CHECKING:
    from assistant.schema.chunk import Chunk, Phrasing
    from assistant.schema.document import Document
    from assistant.writing.phrasings import PhraseWriter

_NOTE = """语言模型所拟的问法，待人复核：删去原文答不了的，看过的把 reviewed 改为 true。
只用来检索，从不引用、不展示。写法见 corpus/README.md；改后运行 python -m assistant index build。"""


def add_commands(app: typer.Typer) -> None:
    """Mount the commands beside the other `corpus` commands."""
    for name, command in (("phrasings", phrasings), ("phrase", phrase)):
        app.command(name=name, cls=ChineseCommand)(command)


def phrasings(corpus: Corpora = None, as_json: AsJson = False) -> None:
    """检查各文件的问法：所指的条款和句子是否都在，有多少待复核，哪些句子还没有。"""
    from assistant.assembly import find_phrasings
    from assistant.corpus.manifest import folders_of
    from assistant.serving.render.terminal import terminal_safe

    settings = open_settings()
    paths = corpus or folders_of(settings.corpus_dir)
    found = find_phrasings(settings, paths)
    documents = _documents(paths)
    facts = [_facts(document, [p for p in found if p.document_id == document.id]) for document in documents]
    strangers = sorted({p.document_id for p in found} - {document.id for document in documents})
    for document_id in strangers:
        complain(f"问法所属的文件不在文件库中：{document_id}，这些问法没有用到，请核对文件编号。")
    output(
        as_json,
        lambda: {"documents": facts, "unknown_documents": strangers},
        lambda: terminal_safe("\n".join(map(_line, facts))),
    )
    if strangers:
        raise typer.Exit(EXIT_PARTIAL)


def phrase(
    document_ids: Annotated[
        list[str], typer.Argument(metavar="编号...", help="文件编号，见 assistant corpus list。", show_default=False)
    ],
    most: Annotated[int, typer.Option("--most", metavar="个数", min=1, max=30, help="每句最多几个问法。")] = 8,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="文件夹", help="写到哪里；默认文件库的 phrasings/。", show_default=False),
    ] = None,
    corpus: Corpora = None,
    as_json: AsJson = False,
) -> None:
    """请语言模型为文件的每一句拟问法，写入 编号.llm.yaml，供人复核。"""
    from assistant.assembly import build_chat, find_phrasings
    from assistant.corpus.manifest import folders_of
    from assistant.corpus.phrasings import FOLDER
    from assistant.serving.terminal.progress import StageProgress
    from assistant.writing.phrasings import PhraseWriter

    settings = open_settings()
    chat = build_chat(settings.llm)
    if chat is None:
        raise SettingsError("拟问法需要语言模型，请先设置 ASSISTANT_LLM__BASE_URL 和 ASSISTANT_LLM__MODEL")
    paths = corpus or folders_of(settings.corpus_dir)
    known = find_phrasings(settings, paths)
    chosen = _chosen(document_ids, paths)
    folder = into or (paths[0] if paths[0].is_dir() else paths[0].parent) / FOLDER
    writer = PhraseWriter(chat, most=most)
    done = []
    with StageProgress() as progress:
        for document in chosen:
            own = [p for p in known if p.document_id == document.id]
            done.append(_written(document, own, writer, folder / f"{document.id}.llm.yaml", progress))
    failed = sum(one["failed_clauses"] for one in done)
    output(as_json, lambda: done, lambda: "\n".join(map(_done_line, done)))
    if failed:
        raise typer.Exit(EXIT_PARTIAL if any(one["written"] for one in done) else EXIT_FAULT)


def _chosen(document_ids: Sequence[str], paths: Sequence[Path]) -> tuple[Document, ...]:
    """The documents of these ids.

    Raises:
        NotFoundError: one of them is not there.
    """
    chosen = {document.id: document for document in _documents(paths) if document.id in document_ids}
    if missing := [i for i in document_ids if i not in chosen]:
        raise NotFoundError(f"有 {len(missing)} 份文件不在文件库中，可用 assistant corpus list 查看全部编号。")
    return tuple(chosen.values())


def _written(
    document: Document, known: Sequence[Phrasing], writer: PhraseWriter, path: Path, progress: Any
) -> dict[str, Any]:
    """Ask for every clause of `document`, and write what came to `path`, behind what stood there."""
    from assistant.corpus.phrasings import read_phrasings, same_question, write_phrasings
    from assistant.schema.chunk import ChunkKind

    passages = _passages(document)
    clauses = [chunk for chunk in passages if chunk.kind is ChunkKind.CLAUSE]
    there = [p for p in read_phrasings([path.parent]) if p.path == path] if path.exists() else []
    taken = {same_question(p.question) for p in (*known, *there)}
    fresh: list[Phrasing] = []
    failed = 0
    for number, clause in enumerate(clauses, start=1):
        sentences = [c for c in passages if c.kind is ChunkKind.SENTENCE and c.parent_id == clause.id]
        try:
            fresh += writer.write(clause, sentences, path=path, taken=taken)
        except ModelError as exc:
            failed += 1
            complain(f"{document.id} 的“{clause.unit}”没有拟出：{exc.message}")
        progress("拟问法", number, len(clauses))
    if fresh:
        write_phrasings(path, [*there, *fresh], note=_NOTE)
    return {"document": document.id, "path": str(path), "written": len(fresh), "failed_clauses": failed}


def _facts(document: Document, own: Sequence[Phrasing]) -> dict[str, Any]:
    """Counts for one document; raises when a phrasing of it leads nowhere."""
    from assistant.indexing.phrasing_chunks import tie
    from assistant.schema.chunk import ChunkKind

    passages = _passages(document)
    led = Counter(chunk.answers for chunk in tie(passages, own))
    sentences = [chunk for chunk in passages if chunk.kind is ChunkKind.SENTENCE]
    bare = [c for c in sentences if not led[c.id] and not led[c.parent_id]]
    return {
        "document": document.id,
        "phrasings": len(own),
        "unreviewed": sum(not p.reviewed for p in own),
        "origins": dict(Counter(p.origin for p in own)),
        "sentences": len(sentences),
        "sentences_without": [f"{c.unit}：{c.plain[:20]}" for c in bare] if own else [],
    }


def _line(facts: dict[str, Any]) -> str:
    if not facts["phrasings"]:
        return f"{facts['document']}：没有问法"
    origins = "，".join(f"{origin} {count} 条" for origin, count in facts["origins"].items())
    without = "".join(f"\n  还没有问法：{place}" for place in facts["sentences_without"])
    return f"{facts['document']}：问法 {facts['phrasings']} 条（{origins}），待复核 {facts['unreviewed']} 条{without}"


def _done_line(one: dict[str, Any]) -> str:
    failed = f"，{one['failed_clauses']} 条条款没有拟出" if one["failed_clauses"] else ""
    where = f"，写入 {one['path']}。请复核后运行 python -m assistant index build" if one["written"] else ""
    return f"{one['document']}：新拟问法 {one['written']} 条{failed}{where}"


def _documents(paths: Sequence[Path]) -> tuple[Document, ...]:
    from assistant.corpus.reading import read_corpus

    parsed = read_corpus(paths)
    note_rejected(parsed.failures)
    return parsed.documents


def _passages(document: Document) -> tuple[Chunk, ...]:
    from assistant.indexing.cut import cut

    return cut(document)
