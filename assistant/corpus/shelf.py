"""The corpus as it will be while a release is made: its lines, names, bytes and words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.corpus.intake import find_candidates
from assistant.corpus.manifest import MANIFEST, STATUTES, ManifestLine, Proposal, read_manifest
from assistant.corpus.overlays import write_overlay
from assistant.corpus.reading import parse_file
from assistant.corpus.succession import holds, is_older, same_instrument, stem, supersede, title_key
from assistant.errors import InputError, NotFoundError, SourceError
from assistant.parsing.corrections import Correction
from assistant.schema.document import Document
from assistant.text.folding import squeeze


@dataclass(slots=True, kw_only=True)
class Shelf:
    """The corpus as it will be. Keys are file names."""

    lines: dict[str, ManifestLine]
    names: dict[str, str]  # stem, case folded → file name, of every file there
    by_sha: dict[str, str]
    by_text: dict[str, str]
    by_title: dict[str, list[str]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)  # lines that changed
    fresh: set[str] = field(default_factory=set)  # files that are in staging
    statutes: set[str] = field(default_factory=set)  # files that lie, or will lie, in the folder for statutes
    overlays: dict[str, tuple[Correction, ...]] = field(default_factory=dict)  # those that change; () takes one away

    def put(self, line: ManifestLine) -> None:
        known = line.path in self.lines
        self.lines[line.path] = line
        self.names[stem(line.path).casefold()] = line.path
        self.by_sha[line.sha256] = line.path
        if line.text_sha256:
            self.by_text.setdefault(line.text_sha256, line.path)
        if not known:
            self.by_title.setdefault(title_key(line.title), []).append(line.path)
        self.touched.add(line.path)

    def lay_over(self, name: str, sha: str, corrections: Sequence[Correction], *, staging: Path) -> None:
        """Give file `name` other corrections, written down in `staging`."""
        self.overlays[name] = tuple(corrections)
        self.touched.add(name)
        if corrections:
            write_overlay(staging, name, sha, corrections)

    def corrections_of(self, name: str) -> tuple[Correction, ...] | None:
        """What `parse_file` is to take for the corrections of a file; `None`: the overlay that lies there."""
        return self.overlays.get(name, () if name in self.fresh else None)

    def folder_of(self, name: str, *, corpus: Path, staging: Path | None = None) -> Path:
        """The folder that file `name` lies in; a fresh one in `staging`."""
        apart = name in self.statutes
        if staging is not None and name in self.fresh:
            return staging / (STATUTES if apart else "files")
        return corpus / STATUTES if apart else corpus

    def manifest(self, *, statutes: bool) -> str:
        """The whole text of the manifest of one folder."""
        kept = (line for name, line in self.lines.items() if (name in self.statutes) is statutes)
        return "".join(f"{line.json_line()}\n" for line in kept)

    def free_name(self, name: str, sha: str) -> str:
        """`name`, or with a piece of the hash when a file of that stem is there."""
        if stem(name).casefold() not in self.names:
            return name
        base, dot, suffix = name.rpartition(".")
        return f"{base or name}-{sha[:8]}{dot if base else ''}{suffix if base else ''}"

    def file_of(self, document_id: str) -> str:
        """The file of a document.

        Raises:
            NotFoundError: there is none.
        """
        name = self.names.get(document_id.casefold())
        if name is None or stem(name) != document_id:
            raise NotFoundError("没有这份文件，可用 assistant corpus list 查看全部编号。")
        return name

    def line_of(self, document_id: str) -> ManifestLine:
        """The manifest's line on a document.

        Raises:
            NotFoundError: there is no such document, or no line on it.
        """
        name = self.file_of(document_id)
        if name not in self.lines:
            raise NotFoundError("这份文件没有登记在清单里，请先用 assistant corpus add 登记。")
        return self.lines[name]

    def take_out(self, document_ids: Iterable[str]) -> frozenset[str]:
        """The files of these documents, whose lines go; what waited for one of them waits no more.

        Raises:
            NotFoundError: one that is not there.
            InputError: no document would be left.
        """
        gone = {self.file_of(document_id) for document_id in document_ids}
        if len(gone) == len(self.names):
            raise InputError("至少要保留一份文件；如需换掉全部文件，请先加入新的，再移除旧的。")
        for name in gone:
            self.lines.pop(name, None)
            self.touched.add(name)
        ids = {stem(name) for name in gone}
        for line in list(self.lines.values()):
            if line.proposal is not None and line.proposal.by in ids:
                self.put(line.model_copy(update={"proposal": None}))
        return frozenset(gone)

    def place(self, line: ManifestLine, *, confirm: bool) -> tuple[ManifestLine, tuple[str, ...]]:
        """The new line among the versions of its instrument, and the ids of those it ends or that end it."""
        if not holds(line):
            return line, ()
        rivals = [self.lines[name] for name in self.by_title.get(title_key(line.title), ()) if name in self.lines]
        rivals = [rival for rival in rivals if holds(rival) and same_instrument(line, rival)]
        for rival in rivals:
            if is_older(line, rival):
                return _ended(line, supersede(rival), confirm), (stem(rival.path),)
        for rival in rivals:
            self.put(_ended(rival, supersede(line), confirm))
        return line, tuple(stem(rival.path) for rival in rivals)


def open_shelf(corpus: Path) -> Shelf:
    """The corpus now. Files without a line are found by their bytes; words are compared where they are known.

    Raises:
        SourceError: a manifest that cannot be used, or a file that both of them name.
    """
    lines, apart = read_manifest(corpus), read_manifest(corpus / STATUTES)
    if both := lines.keys() & apart.keys():
        listed = f"{MANIFEST} 和 {STATUTES}/{MANIFEST}"
        raise SourceError(f"{listed} 都登记了{'、'.join(sorted(both))}，请从其中一个删去", path=corpus)
    shelf = Shelf(lines={}, names={}, by_sha={}, by_text={}, statutes=set(apart))
    for line in (*lines.values(), *apart.values()):
        folder = shelf.folder_of(line.path, corpus=corpus)
        shelf.put(line if line.text_sha256 else _with_text_hash(folder, line))
    shelf.touched.clear()
    for path in unlisted(corpus, lines):
        shelf.names[stem(path.name).casefold()] = path.name
        shelf.by_sha[hashlib.sha256(path.read_bytes()).hexdigest()] = path.name
    return shelf


def _with_text_hash(folder: Path, line: ManifestLine) -> ManifestLine:
    """A line written by hand, its words counted too, if its file can be read."""
    try:
        document = parse_file(folder / line.path, line)
    except SourceError:  # told when the index is built
        return line
    return line.model_copy(update={"text_sha256": text_hash(document)})


def unlisted(corpus: Path, lines: Mapping[str, ManifestLine]) -> list[Path]:
    """The files of the folder that have no line, by name."""
    found = (c.path for c in find_candidates([corpus]) if c.skip is None and c.path.parent == corpus)
    return [path for path in found if path.name not in lines]


def text_hash(document: Document) -> str:
    """SHA-256 of the words without white space: the same for one text in two formats."""
    return hashlib.sha256(squeeze(document.text).encode("utf-8", "surrogatepass")).hexdigest()


def _ended(line: ManifestLine, proposal: Proposal, confirm: bool) -> ManifestLine:
    waiting = line.model_copy(update={"proposal": proposal})
    return waiting.provisional().model_copy(update={"proposal": None}) if confirm else waiting
