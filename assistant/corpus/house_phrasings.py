"""The house's own questions that lead to clauses: checked against the documents, changed one by one, written whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.corpus.phrasings import MAX_CHARS, read_phrasings, same_question, usable_question, write_phrasings
from assistant.errors import InputError, SourceError
from assistant.indexing.cut import cut
from assistant.indexing.phrasing_chunks import tie
from assistant.schema.chunk import ChunkKind, Phrasing
from assistant.schema.document import Document

ORIGIN = "hand"
_NOTE = """本单位加的问法，加在本产品的问法之上；在管理页“词表”里修改，由另一人批准。
只用来检索，从不引用、不展示。直接改了这个文件，请运行 python -m assistant index build。"""


def read_house(folder: Path) -> tuple[Phrasing, ...]:
    """The phrasings of the house; none where there is no folder.

    Raises:
        SourceError: a file of them cannot be used.
    """
    return read_phrasings([folder] if folder.is_dir() else [])


def checked_phrasing(document: Document, clause: str, question: str, answered_by: str, *, folder: Path) -> Phrasing:
    """A phrasing that can be used.

    Raises:
        InputError: naming the field.
    """
    try:
        words = usable_question(question)
    except ValueError as exc:
        raise InputError(f"“问法”须为 2 到 {MAX_CHARS} 个字的一行文字，不含个人信息。") from exc
    passages = cut(document)
    if clause not in {chunk.unit for chunk in passages if chunk.kind is ChunkKind.CLAUSE}:
        raise InputError("“条款”不在这份文件里；请照读原文页上的条款号写，如“第十二条”“二、（三）”。")
    found = Phrasing(
        document_id=document.id,
        clause=clause,
        answered_by=answered_by or None,
        question=words,
        origin=ORIGIN,
        reviewed=True,
        path=path_of(folder, document.id),
    )
    try:
        tie(passages, [found])
    except SourceError as exc:
        raise InputError("“答在哪一句”须是这一条里恰好一句的原文；不确定时留空，指整条。") from exc
    return found


def exchanged(lines: Sequence[Phrasing], before: Phrasing | None, after: Phrasing | None) -> tuple[Phrasing, ...]:
    """The phrasings with one changed, added (`before` is `None`) or taken out (`after` is).

    Raises:
        InputError: it is no longer what it was, or its document has the question already.
    """
    told = [entry_fields(one) for one in lines]
    if before is not None and entry_fields(before) not in told:
        raise InputError("这一项在提出改动之后已经变了，请退回这项改动，按现在的词表重新提出。")
    at = told.index(entry_fields(before)) if before is not None else len(lines)
    others = (*lines[:at], *lines[at + 1 :])
    if before is not None and after is not None and before.document_id == after.document_id:
        after = replace(after, path=lines[at].path)
    if after is not None and key_of(after) in map(key_of, others):
        raise InputError("本单位的词表里已有这份文件的同一个问法，请在那一项里修改。")
    return (*others[:at], *([after] if after is not None else []), *others[at:])


def key_of(phrasing: Phrasing) -> tuple[str, str]:
    """What there may be one of."""
    return phrasing.document_id, same_question(phrasing.question)


def path_of(folder: Path, document_id: str) -> Path:
    """The file for the phrasings of a document; ids may be longer than names of files."""
    name = hashlib.sha256(document_id.encode()).hexdigest()[:16]
    return folder / f"{name}.yaml"


def entry_fields(phrasing: Phrasing) -> dict[str, Any]:
    """A phrasing as a change keeps it."""
    names = ("document_id", "clause", "answered_by", "question")
    return {name: getattr(phrasing, name) for name in names}


def entry_from(fields: Mapping[str, Any], *, folder: Path) -> Phrasing:
    """A phrasing as a change kept it."""
    path = path_of(folder, fields["document_id"])
    return Phrasing(**fields, origin=ORIGIN, reviewed=True, path=path)


def write_house(before: Sequence[Phrasing], after: Sequence[Phrasing]) -> None:
    """Write each file that one of them has otherwise, all of it or nothing; one that is left empty goes.

    Raises:
        SourceError: it cannot be written.
    """
    for path in sorted({one.path for one in {*before} ^ {*after}}):
        mine = [one for one in after if one.path == path]
        if mine:
            write_phrasings(path, mine, note=_NOTE)
        else:
            path.unlink(missing_ok=True)
