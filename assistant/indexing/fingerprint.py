"""One name for everything an index was built from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from assistant.indexing.cut import cut
from assistant.indexing.store import SCHEMA_VERSION
from assistant.models.protocols import Embedder
from assistant.schema.chunk import Chunk
from assistant.schema.document import Document
from assistant.text.segment import Segmenter


def fingerprint_of(documents: Sequence[Document], *, segmenter: Segmenter, embedder: Embedder) -> str:
    """SHA-256 in hex over texts, meta, clause trees, chunks, lexicon, embedder and the format of our files.

    The chunks themselves are hashed, not a version of the chunker that somebody has to remember to raise.
    """
    return fingerprint_of_chunks(
        documents, [chunk for document in documents for chunk in cut(document)], segmenter=segmenter, embedder=embedder
    )


def fingerprint_of_chunks(
    documents: Sequence[Document], chunks: Sequence[Chunk], *, segmenter: Segmenter, embedder: Embedder
) -> str:
    """`fingerprint_of` for a caller that has cut the documents already."""
    digest = hashlib.sha256()
    for part in _parts(documents, chunks, segmenter, embedder):
        # One JSON line per part: no two different lists of parts give the same bytes.
        digest.update(json.dumps(part, ensure_ascii=True, default=str, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()


def _parts(
    documents: Sequence[Document], chunks: Sequence[Chunk], segmenter: Segmenter, embedder: Embedder
) -> Iterator[object]:
    yield {"schema": SCHEMA_VERSION, "segmenter": segmenter.fingerprint}
    yield {"embedder": embedder.id, "dimension": embedder.dimension}
    for document in documents:
        yield {"meta": asdict(document.meta), "text": document.text}
        for clause in document.walk():
            yield [clause.address, clause.level, clause.span.start, clause.span.end, clause.heading]
    for chunk in chunks:
        yield asdict(chunk)
