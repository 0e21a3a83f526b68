"""Documents of an earlier index as the corpus has them now: who may see them, and which of them have left it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.corpus.manifest import folders_of, read_manifest
from assistant.errors import SourceError
from assistant.schema.document import DocumentMeta

WITHDRAWN = "\0withdrawn"  # a label that nobody holds: none can be given with such a character


def as_now(documents: Sequence[DocumentMeta], corpus: Path) -> tuple[DocumentMeta, ...]:
    """`documents` with the labels that the corpus gives them now; those that have left it are nobody's to see.

    Where the corpus holds none of them, they came from elsewhere, and stay as they are.

    Raises:
        SourceError: the list of the corpus cannot be read; then nobody can tell who may see what.
    """
    try:
        folders = folders_of(corpus)
        lines = {name: line for folder in folders for name, line in read_manifest(folder).items()}
        files = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}
    except OSError as exc:
        raise SourceError(f"{corpus} 无法读取（{exc.strerror}），请检查路径和权限", path=corpus) from exc

    def now(meta: DocumentMeta) -> DocumentMeta:
        if (line := lines.get(meta.source_path or "")) is not None:
            return replace(meta, access=line.access)
        return meta if meta.source_path in files else replace(meta, access=(*meta.access, WITHDRAWN))

    if not any(meta.source_path in lines or meta.source_path in files for meta in documents):
        return tuple(documents)
    return tuple(map(now, documents))
