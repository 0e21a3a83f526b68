"""Where the library and what waits for it lie, and what opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assistant.corpus.manifest import ManifestLine, folders_of, read_manifest
from assistant.corpus.release import CorpusRelease
from assistant.corpus.succession import stem
from assistant.evaluation.runner import Answering
from assistant.records.changes import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Where everything lies, and what opens it.

    Args:
        path_of: where the file of a change lies, under the name that the document is to have.
        keep: keeps a file for a change, by its id and name.
        now_served: the assistant that answers now.
        open_at: an assistant over a folder of generations.
    """

    corpus_dir: Path
    indexes_dir: Path
    data_dir: Path
    release: CorpusRelease
    path_of: Callable[[Change], Path]
    keep: Callable[[str, str, bytes], Path]
    now_served: Callable[[], Answering]
    open_at: Callable[[Path], Answering]
    today: Callable[[], date]

    def lines(self) -> dict[str, tuple[ManifestLine, Path]]:
        """By document id, what the books of the corpus say of a document, and its file."""
        folders = folders_of(self.corpus_dir)
        lines = ((line, folder / line.path) for folder in folders for line in read_manifest(folder).values())
        return {stem(line.path): (line, path) for line, path in lines}
