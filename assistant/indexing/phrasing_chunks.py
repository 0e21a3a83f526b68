"""Phrasings tied to the clause or sentence that answers them, as passages that only a search reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.errors import SourceError
from assistant.schema.chunk import Chunk, ChunkId, ChunkKind, Phrasing
from assistant.text.folding import fold, squeeze


def tie(passages: Sequence[Chunk], phrasings: Sequence[Phrasing]) -> tuple[Chunk, ...]:
    """One chunk of kind PHRASING for each of `phrasings`, in their order.

    Its span and text are those of the passage that answers it, so that it leads back to official
    words like any other chunk; the question itself stands in `Chunk.phrasing` alone.

    Args:
        passages: clauses and sentences of the document that all phrasings belong to.

    Raises:
        SourceError: a clause that is not there, or words that stand in none or several of its sentences.
    """
    clauses = {chunk.unit: chunk for chunk in passages if chunk.kind is ChunkKind.CLAUSE}
    sentences: dict[ChunkId | None, list[Chunk]] = {}
    for chunk in passages:
        if chunk.kind is ChunkKind.SENTENCE:
            sentences.setdefault(chunk.parent_id, []).append(chunk)
    tied: list[Chunk] = []
    for number, phrasing in enumerate(phrasings, start=1):
        clause = clauses.get(phrasing.clause)
        if clause is None:
            raise _dangling(phrasing, f"所指的条款“{phrasing.clause}”不在文件 {phrasing.document_id} 中")
        target = clause if phrasing.answered_by is None else _sentence(phrasing, sentences.get(clause.id, []))
        tied.append(
            replace(
                target,
                id=ChunkId(f"{target.id}?{number}"),
                kind=ChunkKind.PHRASING,
                parent_id=clause.id,
                answers=target.id,
                phrasing=phrasing.question,
            )
        )
    return tuple(tied)


def _sentence(phrasing: Phrasing, sentences: Sequence[Chunk]) -> Chunk:
    words = squeeze(fold(phrasing.answered_by or ""))
    found = [chunk for chunk in sentences if words in squeeze(fold(chunk.plain))]
    if len(found) != 1:
        how = "不在这一条的任何一句中" if not found else f"在这一条的 {len(found)} 句中都有"
        raise _dangling(phrasing, f"“{phrasing.clause}”下的 answered_by“{phrasing.answered_by}”{how}")
    return found[0]


def _dangling(phrasing: Phrasing, what: str) -> SourceError:
    return SourceError(
        f"问法文件 {phrasing.path.name} 无法使用：{what}。请按文件现在的条款改正，或删去这些问法", path=phrasing.path
    )
