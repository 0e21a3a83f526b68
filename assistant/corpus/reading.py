"""A folder of source files becomes documents; what cannot be read is named, never passed over."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from assistant.corpus.manifest import MANIFEST, ManifestLine, meta_from, read_manifest
from assistant.corpus.overlays import overlay_of
from assistant.corpus.standing import limits_of
from assistant.errors import SourceError, UnreadableSource
from assistant.parsing.clauses import kind_of, parse_tree
from assistant.parsing.corrections import Correction
from assistant.parsing.formats.model import Rejected, refuse_too_much
from assistant.parsing.header import fact, number_form, read_header, revisions
from assistant.parsing.readers import read_source
from assistant.parsing.references import find_references, find_repeals
from assistant.schema.document import Clause, Document, DocumentMeta, HeaderFact, Level, Validity

UNAPPROVED = "unapproved"
_UNAPPROVED_WORDS = "没有登记在清单里，不参与作答；核对来源后请用 assistant corpus add 收入"
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


def read_corpus(paths: Sequence[Path], *, approved_only: bool = False) -> ParsedCorpus:
    """Every document in `paths` (files or folders), in the order of their names.

    Args:
        approved_only: a file that stands in a folder with a manifest, and not in the manifest, is no document
            but a failure of code `unapproved`: nobody has added it. A folder without a manifest is whole.

    Raises:
        UnreadableSource: a path that does not exist, or two files with one stem.
        SourceError: a manifest that cannot be used.
    """
    documents: dict[str, Document] = {}
    failures: list[SourceFailure] = []
    for path in paths:
        for file, line in _files(path):
            if approved_only and line is None and path.is_dir() and (path / MANIFEST).exists():
                failures.append(SourceFailure(path=file, code=UNAPPROVED, message=_UNAPPROVED_WORDS))
                continue
            try:
                document = parse_file(file, line)
            except SourceError as exc:
                failures.append(SourceFailure(path=file, code=exc.code, message=exc.message))
                continue
            if document.id in documents:
                raise UnreadableSource(f"{file.name}：与另一份文件同名，请改名后再加入", path=file)
            documents[document.id] = document
    return ParsedCorpus(documents=tuple(documents.values()), failures=tuple(failures))


def _refuse_too_much(path: Path, text: str) -> None:
    try:
        refuse_too_much(text)
    except Rejected as exc:
        raise UnreadableSource(f"{path.name}：{exc.message}", path=path, code=exc.code) from exc


def parse_file(
    path: Path, line: ManifestLine | None = None, *, corrections: Sequence[Correction] | None = None
) -> Document:
    """The document in one file.

    Args:
        corrections: what a person said of its lines; `None` takes what lies beside the file as its overlay.

    Raises:
        SourceError: the file cannot be read, is not the file the manifest describes, or not the one that the
            corrections were made for.
    """
    source = read_source(path)
    if line is not None and line.sha256 != source.sha256:
        raise UnreadableSource(f"{path.name}：内容与 {MANIFEST} 登记的 sha256 不符，请核对文件或更新清单", path=path)
    text = source.text
    _refuse_too_much(path, text)
    strange = _refuse_interleaved(path, text)
    said = overlay_of(path, source.sha256) if corrections is None else corrections
    try:
        kind = kind_of(text, said)
        tree = parse_tree(text, kind, source.tables, said)
    except Rejected as exc:
        raise UnreadableSource(f"{path.name}：{exc.message}", path=path, code=exc.code) from exc
    facts = read_header(tree.clauses, text)
    title = next((c for c in tree.clauses if c.level is Level.TITLE), None)
    try:
        stated = meta_from(
            path=path,
            sha=source.sha256,
            kind=kind,
            title=_value(facts, "title") or (title.heading if title else None) or path.stem,
            issuer=_value(facts, "issuer") or _issuer(title),
            front=source.front,
            line=line,
        )
    except ValueError as exc:
        raise SourceError(f"{path.name}：文件头部有不存在的日期，请检查 date、effective 等项", path=path) from exc
    meta, differences = complete(stated, facts)
    meta = replace(meta, limits=tuple(dict.fromkeys((*limits_of(facts, tree.clauses, meta), *meta.limits))))
    try:
        references = find_references(tree.clauses, text)
    except Rejected as exc:
        raise UnreadableSource(f"{path.name}：{exc.message}", path=path, code=exc.code) from exc
    return Document(
        meta=meta,
        text=text,
        clauses=tree.clauses,
        references=references,
        facts=(*facts, *find_repeals(tree.clauses, text)),
        tables=tree.tables,
        warnings=(
            *(f"{w.code}：{w.message}" for w in source.warnings),
            *strange,
            *tree.warnings,
            *differences,
        ),
        hidden=source.hidden,
        lost=source.lost,
    )


def complete(meta: DocumentMeta, facts: Sequence[HeaderFact]) -> tuple[DocumentMeta, tuple[str, ...]]:
    """`meta` with what only the text states, and a warning for each fact that the two state differently."""
    stated: dict[str, Any] = {
        "document_number": _value(facts, "document_number"),
        "issued_on": _day(facts, "issued"),
        "effective_on": _day(facts, "effective"),
        "region": _value(facts, "region"),
    }
    issuers = tuple(f.value for f in facts if f.name == "issuer")
    last_day = _day(facts, "expires")
    over = fact(facts, "repealed")  # the title says so; what somebody registered goes before it
    done = replace(
        meta,
        **{name: getattr(meta, name) or value for name, value in stated.items()},
        issuers=issuers if meta.issuer is None or meta.issuer in issuers else (meta.issuer,),
        genre=_value(facts, "kind"),
        revised_on=revisions(facts),
        **_end(meta, over, last_day),
    )
    if done.year is None and done.issued_on is not None:
        done = replace(done, year=done.issued_on.year)
    known = _differences(meta, stated)
    if over is not None and done.validity is not Validity.REPEALED:
        known += (f"header_differs：时效登记为“{meta.validity.value}”，标题写明不再有效，已按登记采用，请核对",)
    return done, known


def _end(meta: DocumentMeta, over: HeaderFact | None, last_day: date | None) -> dict[str, Any]:
    """Validity and first day out of force: what is registered, else what title or text says."""
    ended = date.fromisoformat(over.value) if over and over.value else None
    stated = ended or (last_day + timedelta(days=1) if last_day else None)
    repealed = over is not None and meta.validity is Validity.UNKNOWN
    return {"expired_on": meta.expired_on or stated, "validity": Validity.REPEALED if repealed else meta.validity}


def _differences(meta: DocumentMeta, stated: Mapping[str, object]) -> tuple[str, ...]:
    """A warning for each fact that is registered one way and stated another."""
    return tuple(
        f"header_differs：{_NAMES[name]}登记为“{known}”，正文写作“{value}”，已按登记采用，请核对"
        for name, value in stated.items()
        if value is not None and (known := getattr(meta, name)) is not None and not _same(known, value)
    )


_NAMES = {"document_number": "文号", "issued_on": "发布日期", "effective_on": "施行日期", "region": "地区"}


def _same(registered: object, stated: object) -> bool:
    if isinstance(registered, str) and isinstance(stated, str):
        return number_form(registered) in number_form(stated) or number_form(stated) in number_form(registered)
    return registered == stated


def _value(facts: Sequence[HeaderFact], name: str) -> str | None:
    found = fact(facts, name)
    return found.value if found else None


def _day(facts: Sequence[HeaderFact], name: str) -> date | None:
    value = _value(facts, name)
    return date.fromisoformat(value) if value else None


# @@ or pinyin set between the characters of a text, so that it cannot be copied.
# Scanned for the marks first and for the character before them after, which is many times faster.
_BETWEEN = re.compile(r"(?:[@#*&$^~]{1,3}|[a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]{1,6})(?=[一-龥])")
_MANY, _DENSE = 8, 0.05


def _refuse_interleaved(path: Path, text: str) -> tuple[str, ...]:
    """A warning for marks set between characters; many of them make the text no quotable source."""
    between = [m[0] for m in _BETWEEN.finditer(text) if m.start() and "一" <= text[m.start() - 1] <= "龥"]
    found = len(between)
    if found >= _MANY and found > _DENSE * sum("一" <= c <= "龥" for c in text):
        message = f"{path.name}：字与字之间夹有 {found} 处拼音或符号，无法作为原文引用，请换用官方发布的版本"
        raise UnreadableSource(message, path=path, code="garbled")
    strange = sum(1 for mark in between if not mark.isalpha())
    return (f"interleaved：字间夹有 {strange} 处符号，请核对原文",) if strange else ()


def _issuer(title: Clause | None) -> str | None:
    """The 发文机关 of a line such as 「某局印发 《…通知》」."""
    match = _ISSUED_BY.match(title.text) if title else None
    return match["issuer"] if match else None


def _files(path: Path) -> list[tuple[Path, ManifestLine | None]]:
    if path.is_dir():
        manifest = read_manifest(path)
        files = sorted(
            p
            for p in path.iterdir()
            if p.is_file() and p.name not in _NOT_SOURCES and not p.name.startswith((".", "~$"))
        )
        missing = sorted(manifest.keys() - {p.name for p in files})
        if missing:
            raise UnreadableSource(f"{MANIFEST} 登记的文件不存在：{'、'.join(missing)}", path=path)
        return [(p, manifest.get(p.name)) for p in files if p.suffix.lower() not in {".yaml", ".yml", ".jsonl"}]
    if not path.exists():
        raise UnreadableSource(f"{path.name}：没有这个文件或文件夹，请检查路径", path=path)
    return [(path, read_manifest(path.parent).get(path.name))]
