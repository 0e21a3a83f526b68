"""Where every document of a corpus stands, and which changes wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.corpus.manifest import Proposal, folders_of, read_manifest
from assistant.corpus.reading import SourceFailure, read_corpus
from assistant.corpus.succession import repeals
from assistant.schema.document import DocumentMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A change of status that a person has to confirm or dismiss."""

    document_id: str
    title: str
    proposal: Proposal
    holds_already: bool  # a new version: the old one is kept out of answers until somebody decides
    evidence: str | None = None  # the words of a repeal clause


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusStatus:
    """The documents and what waits."""

    documents: tuple[DocumentMeta, ...]
    pending: tuple[Pending, ...]
    failures: tuple[SourceFailure, ...]
    unlisted: tuple[str, ...]  # ids of files that the manifest does not name


def corpus_status(corpus_dir: Path) -> CorpusStatus:
    """Read the corpus and look for what waits.

    Raises:
        SourceError: the folder or its manifest cannot be used.
    """
    folders = folders_of(corpus_dir)
    parsed = read_corpus(folders)
    lines = {line.path: line for folder in folders for line in read_manifest(folder).values()}
    waiting = []
    for document in parsed.documents:
        line = lines.get(document.meta.source_path)
        if line is not None and line.proposal is not None:
            waiting.append(
                Pending(document_id=document.id, title=document.meta.title, proposal=line.proposal, holds_already=True)
            )
    titles = {document.id: document.meta.title for document in parsed.documents}
    found = [
        Pending(
            document_id=one.document_id,
            title=titles[one.document_id],
            proposal=one.proposal,
            holds_already=False,
            evidence=one.quote,
        )
        for one in repeals(parsed.documents)
    ]
    return CorpusStatus(
        documents=tuple(document.meta for document in parsed.documents),
        pending=(*waiting, *found),
        failures=parsed.failures,
        unlisted=tuple(d.id for d in parsed.documents if d.meta.source_path not in lines),
    )
