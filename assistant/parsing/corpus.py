"""A folder of source files becomes documents; what cannot be read is named, never passed over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import SourceError, UnreadableSource
from assistant.parsing.clauses import kind_of, parse_clauses
from assistant.parsing.manifest import MANIFEST, ManifestLine, meta_from, read_manifest
from assistant.parsing.readers import read_source
from assistant.schema.document import Clause, Document, Level

_NOT_SOURCES = frozenset({MANIFEST, "README.md"})
_ISSUED_BY = re.compile(r"^(?P<issuer>[^《\s]{4,40}?)(?:关于)?印发\s*《")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFailure:
    """A file that did not become a document, and why."""

    path: Path
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCorpus:
    """What a set of files and folders held."""

    documents: tuple[Document, ...]
    failures: tuple[SourceFailure, ...]


def read_corpus(paths: Sequence[Path]) -> ParsedCorpus:
    """Every document in `paths` (files or folders), in the order of their names.

    Raises:
        UnreadableSource: a path that does not exist, or two files with one stem.
        SourceError: a manifest that cannot be used.
    """
    documents: dict[str, Document] = {}
    failures: list[SourceFailure] = []
    for path in paths:
        for file, line in _files(path):
            try:
                document = parse_file(file, line)
            except SourceError as exc:
                failures.append(SourceFailure(path=file, code=exc.code, message=exc.message))
                continue
            if document.id in documents:
                raise UnreadableSource(f"{file.name}：与另一份文件同名，请改名后再加入", path=file)
            documents[document.id] = document
    return ParsedCorpus(documents=tuple(documents.values()), failures=tuple(failures))


def parse_file(path: Path, line: ManifestLine | None = None) -> Document:
    """The document in one file.

    Raises:
        SourceError: the file cannot be read, or is not the file the manifest describes.
    """
    source = read_source(path)
    if line is not None and line.sha256 != source.sha256:
        raise UnreadableSource(f"{path.name}：内容与 {MANIFEST} 登记的 sha256 不符，请核对文件或更新清单", path=path)
    kind = kind_of(source.text)
    clauses = parse_clauses(source.text, kind)
    title = next((c for c in clauses if c.level is Level.TITLE), None)
    meta = meta_from(
        path=path,
        sha=source.sha256,
        kind=kind,
        title=(title.heading if title else None) or path.stem,
        issuer=_issuer(title),
        front=source.front,
        line=line,
    )
    return Document(meta=meta, text=source.text, clauses=clauses)


def _issuer(title: Clause | None) -> str | None:
    """The 发文机关 of a line such as 「某局印发 《…通知》」."""
    match = _ISSUED_BY.match(title.text) if title else None
    return match["issuer"] if match else None


def _files(path: Path) -> list[tuple[Path, ManifestLine | None]]:
    if path.is_dir():
        manifest = read_manifest(path)
        files = sorted(
            p for p in path.iterdir() if p.is_file() and p.name not in _NOT_SOURCES and not p.name.startswith(".")
        )
        missing = sorted(manifest.keys() - {p.name for p in files})
        if missing:
            raise UnreadableSource(f"{MANIFEST} 登记的文件不存在：{'、'.join(missing)}", path=path)
        return [(p, manifest.get(p.name)) for p in files if p.suffix.lower() not in {".yaml", ".yml", ".jsonl"}]
    if not path.exists():
        raise UnreadableSource(f"{path.name}：没有这个文件或文件夹，请检查路径", path=path)
    return [(path, read_manifest(path.parent).get(path.name))]
