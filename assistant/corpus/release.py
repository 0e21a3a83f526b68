"""The corpus as a release: files in, files out, and the index that goes with them, all or nothing.

    corpus/
      manifest.jsonl, notice.txt, …      what is in the library
      .release/lock, pid                 held by the one writer; the kernel frees the lock when it ends
      .release/staging/                  a release being made

A release is made aside: copies, parsed and judged, then an index built beside the served one. Only
when that index is proved do the files move in and the index is switched. `staging/manifest.jsonl`
is the point of no return: a process killed before it has changed nothing, and what is left of one
killed after it is finished by the next writer.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from assistant.corpus.intake import Candidate, check_unchanged, copy_in, display_name, find_candidates, safe_name
from assistant.corpus.manifest import MANIFEST, ManifestLine, Proposal, read_manifest
from assistant.corpus.quality import MAX_PERSONAL_IDS, MIN_COVERAGE, Quality, examine
from assistant.corpus.reading import parse_file
from assistant.corpus.succession import holds, is_older, same_instrument, stem, supersede, title_key
from assistant.errors import IndexStoreError, InputError, NotFoundError, SourceError
from assistant.indexing.build import BuildReport, Progress, build_index
from assistant.indexing.generations import remove_old, single_writer, switch_to
from assistant.indexing.manifest import fsync_path
from assistant.models.protocols import Embedder
from assistant.schema.chunk import Phrasing
from assistant.schema.document import Document, Validity
from assistant.text.folding import squeeze
from assistant.text.segment import Segmenter

_ROOM = ".release"
_LOCK_TIMEOUT_S = 1.5


class Verdict(StrEnum):
    """What became of one file."""

    ADDED = "added"
    VERSION = "new_version"
    DUPLICATE = "duplicate"  # the very bytes are there
    ALIAS = "alias"  # the same words are there under another name
    UPDATED = "updated"  # the very bytes are there; what is known of them changed
    REJECTED = "rejected"
    SKIPPED = "skipped"


GOOD = frozenset({Verdict.ADDED, Verdict.VERSION, Verdict.DUPLICATE, Verdict.ALIAS, Verdict.UPDATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Facts that the person who adds a file states; they go before what the file says."""

    title: str | None = None
    status: Validity | None = None
    issuer: str | None = None
    document_number: str | None = None
    region: str | None = None
    issued_on: date | None = None
    effective_on: date | None = None
    expired_on: date | None = None
    source: str | None = None
    access: tuple[str, ...] | None = None
    garbled_approved: bool = False  # a person has read the file and found its text sound
    personal_approved: bool = False  # a person has found that the people named in it may be in the library

    def fields(self) -> dict[str, Any]:
        """Those that were stated, as `ManifestLine` names them."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__ if not name.endswith("_approved")}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """One file of an `add`."""

    source: str  # its path, clean
    verdict: Verdict
    code: str = "ok"
    message: str = ""
    document_id: str | None = None
    title: str | None = None
    sha256: str | None = None
    superseded: tuple[str, ...] = ()  # ids of versions that this one takes the place of, or the one that takes its
    quality: Quality | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseReport:
    """What an `add`, `remove` or decision did. `build` is None when nothing changed."""

    outcomes: tuple[FileOutcome, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()  # documents whose facts changed
    pending: tuple[str, ...] = ()  # documents whose supersession waits for a person
    build: BuildReport | None = None

    def count(self, *verdicts: Verdict) -> int:
        return sum(outcome.verdict in verdicts for outcome in self.outcomes)

    @property
    def exit_code(self) -> int:
        """0 all good, 3 some rejected and the good ones in, 1 none good."""
        if not self.count(*GOOD):
            return 1
        return 3 if self.count(Verdict.REJECTED) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What an index is built with; the embedder is made only when there is something to build."""

    indexes_dir: Path
    embedder: Callable[[], Embedder]
    segmenter: Callable[[], Segmenter]
    phrasings: Callable[[], Sequence[Phrasing]] = tuple  # questions that lead to clauses; none without it


@dataclass(slots=True, kw_only=True)
class _Shelf:
    """The corpus as it will be. Keys are file names."""

    lines: dict[str, ManifestLine]
    names: dict[str, str]  # stem, case folded → file name, of every file there
    by_sha: dict[str, str]
    by_text: dict[str, str]
    by_title: dict[str, list[str]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)  # lines that changed
    fresh: set[str] = field(default_factory=set)  # files that are in staging

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

    def free_name(self, name: str, sha: str) -> str:
        """`name`, or with a piece of the hash when a file of that stem is there."""
        if stem(name).casefold() not in self.names:
            return name
        base, dot, suffix = name.rpartition(".")
        return f"{base or name}-{sha[:8]}{dot if base else ''}{suffix if base else ''}"


class CorpusRelease:
    """Changes to one corpus folder and the index over it.

    Args:
        now: gives the time that is written down.
    """

    def __init__(
        self, corpus_dir: Path, workshop: Workshop, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._corpus = corpus_dir
        self._workshop = workshop
        self._now = now

    def add(
        self,
        paths: Sequence[Path],
        *,
        given: Given | None = None,
        confirm: bool = False,
        progress: Progress | None = None,
    ) -> ReleaseReport:
        """Take files and folders in, one verdict each; rebuild and switch the index when anything changed.

        Args:
            confirm: supersession of earlier versions needs no further word.

        Raises:
            InputError: a title is given for several files.
            SourceError: a path does not exist, or a document of the corpus can no longer be read.
            AssistantError: the index could not be built; corpus and served index are as they were.
        """
        tell = progress or _silent
        stated = given or Given()
        with _sole_writer(self._corpus) as staging:
            candidates = list(find_candidates(paths))
            if stated.title is not None and sum(c.skip is None for c in candidates) > 1:
                raise InputError("--title 只能用于一份文件，请逐份加入。")
            shelf = self._shelf()
            outcomes = []
            for done, candidate in enumerate(candidates, start=1):
                outcomes.append(self._take(candidate, shelf, staging, stated, confirm))
                tell("检查文件", done, len(candidates))
            build = self._publish(shelf, staging, progress=tell) if shelf.touched else None
        return _report(shelf, build, outcomes=tuple(outcomes))

    def remove(self, document_ids: Sequence[str], *, progress: Progress | None = None) -> ReleaseReport:
        """Take documents out of corpus and index.

        Raises:
            NotFoundError: one that is not there; nothing is removed then.
            InputError: no document would be left.
        """
        with _sole_writer(self._corpus) as staging:
            shelf = self._shelf()
            gone = {self._file_of(shelf, document_id) for document_id in document_ids}
            if len(gone) == len(shelf.names):
                raise InputError("至少要保留一份文件；如需换掉全部文件，请先加入新的，再移除旧的。")
            for name in gone:
                shelf.lines.pop(name, None)
                shelf.touched.add(name)
            ids = {stem(name) for name in gone}
            for line in list(shelf.lines.values()):  # what waited for a document that is gone waits no more
                if line.proposal is not None and line.proposal.by in ids:
                    shelf.put(line.model_copy(update={"proposal": None}))
            build = self._publish(shelf, staging, progress=progress or _silent, gone=frozenset(gone))
        return _report(shelf, build, removed=tuple(sorted(ids)))

    def decide(
        self,
        *,
        confirm: Mapping[str, Proposal | None] | None = None,
        dismiss: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> ReleaseReport:
        """Confirm or dismiss supersessions.

        Args:
            confirm: by document id, a proposal found elsewhere (a repeal clause), or None for the one that waits.

        Raises:
            NotFoundError: no such document, or nothing waits for it; nothing is changed then.
        """
        with _sole_writer(self._corpus) as staging:
            shelf = self._shelf()
            for document_id, found in (confirm or {}).items():
                line = self._line_of(shelf, document_id)
                proposal = line.proposal or found
                if proposal is None:
                    raise NotFoundError("这份文件没有待确认的变化，可用 assistant corpus status 查看。")
                shelf.put(
                    line.model_copy(update={"proposal": proposal}).provisional().model_copy(update={"proposal": None})
                )
            for document_id in dismiss:
                line = self._line_of(shelf, document_id)
                if line.proposal is None:
                    raise NotFoundError("这份文件没有待确认的变化，可用 assistant corpus status 查看。")
                shelf.put(line.model_copy(update={"proposal": None}))
            build = self._publish(shelf, staging, progress=progress or _silent) if shelf.touched else None
        return _report(shelf, build, changed=tuple(sorted(stem(name) for name in shelf.touched)))

    # --- judging one file -----------------------------------------------------------------------

    def _take(self, candidate: Candidate, shelf: _Shelf, staging: Path, given: Given, confirm: bool) -> FileOutcome:
        if candidate.skip is not None:
            words = (
                "不是普通文件（链接、管道或设备），已跳过" if candidate.skip == "special" else "不是政策文件，已跳过"
            )
            return FileOutcome(source=candidate.shown, verdict=Verdict.SKIPPED, code=candidate.skip, message=words)
        copy = staging / "incoming"
        try:
            return self._judge(candidate, copy, shelf, staging, given, confirm)
        except SourceError as exc:
            verdict = Verdict.SKIPPED if exc.code == "special" else Verdict.REJECTED
            return FileOutcome(source=candidate.shown, verdict=verdict, code=exc.code, message=exc.message)
        finally:
            shutil.rmtree(copy, ignore_errors=True)

    def _judge(
        self, candidate: Candidate, copy: Path, shelf: _Shelf, staging: Path, given: Given, confirm: bool
    ) -> FileOutcome:
        copy.mkdir()
        raw = copy / "raw"
        sha = copy_in(candidate.path, raw)
        name = safe_name(os.fsencode(candidate.path.name).decode("utf-8", "replace"), sha=sha)
        if sha in shelf.by_sha:
            return self._known_bytes(candidate, shelf, sha, name, given)
        named = raw.rename(copy / shelf.free_name(name, sha))
        document = parse_file(named)
        quality = examine(document)
        check_unchanged(candidate.path, sha)
        _refuse_poor(quality, candidate.path, given)
        outcome = FileOutcome(
            source=candidate.shown,
            verdict=Verdict.ADDED,
            document_id=document.id,
            title=document.meta.title,
            sha256=sha,
            quality=quality,
        )
        text_sha = text_hash(document)
        if text_sha in shelf.by_text:
            return self._known_text(outcome, shelf, shelf.by_text[text_sha], name)
        line = self._line(document, sha=sha, text_sha=text_sha, original=candidate.path.name, given=given)
        outcome = replace(outcome, title=line.title)
        line, older = _placed(line, shelf, confirm)
        (staging / "files").mkdir(exist_ok=True)
        named.rename(staging / "files" / named.name)
        shelf.fresh.add(named.name)
        shelf.put(line)
        if not older:
            return outcome
        return replace(outcome, verdict=Verdict.VERSION, code="new_version", superseded=older)

    def _known_bytes(self, candidate: Candidate, shelf: _Shelf, sha: str, name: str, given: Given) -> FileOutcome:
        there = shelf.by_sha[sha]
        line = shelf.lines.get(there)
        outcome = FileOutcome(
            source=candidate.shown,
            verdict=Verdict.DUPLICATE,
            code="duplicate",
            message=f"与已收的 {stem(there)} 完全相同",
            document_id=stem(there),
            title=line.title if line else None,
            sha256=sha,
        )
        if line is None:
            return outcome
        stated = line.model_copy(update={**given.fields(), **({"proposal": None} if given.status else {})})
        if stated != line:
            shelf.put(stated)
            return replace(outcome, verdict=Verdict.UPDATED, code="updated", message="文件已收，所知信息已更新")
        return self._known_text(outcome, shelf, there, name)

    def _known_text(self, outcome: FileOutcome, shelf: _Shelf, there: str, name: str) -> FileOutcome:
        """The same words are there: under another name that name is kept as an alias."""
        line = shelf.lines.get(there)
        alias = stem(name)
        held = {stem(there), *((line.title, *line.aliases) if line else ())}
        if line is None or alias in held:
            return replace(
                outcome,
                verdict=Verdict.DUPLICATE,
                code="duplicate",
                message=f"与已收的 {stem(there)} 内容相同",
                document_id=stem(there),
            )
        shelf.put(line.model_copy(update={"aliases": (*line.aliases, alias)}))
        return replace(
            outcome,
            verdict=Verdict.ALIAS,
            code="alias",
            message=f"与已收的 {stem(there)} 内容相同，已把文件名记为它的别名",
            document_id=stem(there),
        )

    def _line(self, document: Document, *, sha: str, text_sha: str, original: str, given: Given) -> ManifestLine:
        meta = document.meta
        facts: dict[str, Any] = {
            "path": meta.source_path,
            "sha256": sha,
            "title": display_name(meta.title),
            "issuer": meta.issuer,
            "document_number": meta.document_number,
            "year": meta.year,
            "region": meta.region,
            "issued_on": meta.issued_on,
            "effective_on": meta.effective_on,
            "expired_on": meta.expired_on,
            "superseded_by": meta.superseded_by,
            "status": meta.validity,
            "aliases": meta.aliases,
            "text_sha256": text_sha,
            "original_name": display_name(os.fsencode(original).decode("utf-8", "replace")),
            "added_at": self._now().replace(microsecond=0),
            "added_by": _who(),
        }
        stated = given.fields()
        if given.issued_on is not None:
            stated["year"] = given.issued_on.year
        return ManifestLine(**{**facts, **stated})

    # --- the corpus as it is --------------------------------------------------------------------

    def _shelf(self) -> _Shelf:
        """The corpus now. Files without a line are found by their bytes; words are compared where they are known."""
        lines = read_manifest(self._corpus)
        shelf = _Shelf(lines={}, names={}, by_sha={}, by_text={})
        for line in lines.values():
            shelf.put(line if line.text_sha256 else self._with_text_hash(line))
        shelf.touched.clear()
        for path in self._unlisted(lines):
            shelf.names[stem(path.name).casefold()] = path.name
            shelf.by_sha[hashlib.sha256(path.read_bytes()).hexdigest()] = path.name
        return shelf

    def _with_text_hash(self, line: ManifestLine) -> ManifestLine:
        """A line written by hand, its words counted too, if its file can be read."""
        try:
            document = parse_file(self._corpus / line.path, line)
        except SourceError:  # told when the index is built
            return line
        return line.model_copy(update={"text_sha256": text_hash(document)})

    def _unlisted(self, lines: Mapping[str, ManifestLine]) -> list[Path]:
        found = (c.path for c in find_candidates([self._corpus]) if c.skip is None and c.path.parent == self._corpus)
        return [path for path in found if path.name not in lines]

    def _file_of(self, shelf: _Shelf, document_id: str) -> str:
        name = shelf.names.get(document_id.casefold())
        if name is None or stem(name) != document_id:
            raise NotFoundError("没有这份文件，可用 assistant corpus list 查看全部编号。")
        return name

    def _line_of(self, shelf: _Shelf, document_id: str) -> ManifestLine:
        name = self._file_of(shelf, document_id)
        if name not in shelf.lines:
            raise NotFoundError("这份文件没有登记在清单里，请先用 assistant corpus add 登记。")
        return shelf.lines[name]

    # --- making it so ---------------------------------------------------------------------------

    def _publish(
        self, shelf: _Shelf, staging: Path, *, progress: Progress, gone: frozenset[str] = frozenset()
    ) -> BuildReport:
        documents = self._documents(shelf, staging, gone)
        where = self._workshop.indexes_dir
        report = build_index(
            documents,
            indexes_dir=where,
            embedder=self._workshop.embedder(),
            segmenter=self._workshop.segmenter(),
            phrasings=self._workshop.phrasings(),
            progress=progress,
            switch=False,
        )
        del documents
        _commit(self._corpus, staging, [line.json_line() for line in shelf.lines.values()], gone)
        with single_writer(where):
            if not report.folder.is_dir():
                raise IndexStoreError("新索引在切换前被清理。文件已收入，请运行 python -m assistant index build。")
            switch_to(where, report.folder.name)
            remove_old(where)
        return report

    def _documents(self, shelf: _Shelf, staging: Path, gone: frozenset[str]) -> tuple[Document, ...]:
        """All documents of the corpus as it will be, in the order of their names.

        Raises:
            SourceError: one that was in the corpus can no longer be read: it must not vanish unseen.
        """
        found = []
        for name in sorted(set(shelf.names.values()) - gone):
            folder = staging / "files" if name in shelf.fresh else self._corpus
            try:
                found.append(parse_file(folder / name, shelf.lines.get(name)))
            except SourceError as exc:
                raise SourceError(f"已收的文件读不出，未作任何改动：{exc.message}", path=exc.path) from exc
        return tuple(found)


def text_hash(document: Document) -> str:
    """SHA-256 of the words without white space: the same for one text in two formats."""
    return hashlib.sha256(squeeze(document.text).encode("utf-8", "surrogatepass")).hexdigest()


def recover(corpus_dir: Path) -> None:
    """Finish what a killed process left: forward past the point of no return, else back."""
    staging = corpus_dir / _ROOM / "staging"
    if (staging / MANIFEST).exists():
        _finish(corpus_dir, staging)
    shutil.rmtree(staging, ignore_errors=True)


def _report(shelf: _Shelf, build: BuildReport | None, **fields: Any) -> ReleaseReport:
    pending = tuple(sorted(stem(name) for name, line in shelf.lines.items() if line.proposal is not None))
    return ReleaseReport(build=build, pending=pending, **fields)


def _refuse_poor(quality: Quality, path: Path, given: Given) -> None:
    if not given.garbled_approved and any(warning.startswith("garbled：") for warning in quality.warnings):
        message = "文字多半是乱码，未收入；核对无误后可加 --approve-garbled 再收入，或换用原始电子文件"
        raise _Poor("garbled", message, path)
    if quality.coverage < MIN_COVERAGE:
        raise _Poor("low_coverage", f"只有 {quality.coverage:.0%} 的文字归入了条款，版式可能有误，未收入", path)
    if quality.personal_ids >= MAX_PERSONAL_IDS and not given.personal_approved:
        message = (
            f"含有 {quality.personal_ids} 个身份证号，像是人员名单，未收入；"
            "请去除后再加入，确须收入的，核对后加 --approve-personal"
        )
        raise _Poor("personal_data", message, path)


class _Poor(SourceError):
    """The file was read, but is nothing to rely on."""

    def __init__(self, code: str, message: str, path: Path) -> None:
        super().__init__(message, path=path)
        self.code = code


def _placed(line: ManifestLine, shelf: _Shelf, confirm: bool) -> tuple[ManifestLine, tuple[str, ...]]:
    """The new line among the versions of its instrument, and the ids of those it ends or that end it."""
    if not holds(line):
        return line, ()
    rivals = [shelf.lines[name] for name in shelf.by_title.get(title_key(line.title), ()) if name in shelf.lines]
    rivals = [rival for rival in rivals if holds(rival) and same_instrument(line, rival)]
    for rival in rivals:
        if is_older(line, rival):
            return _ended(line, supersede(rival), confirm), (stem(rival.path),)
    for rival in rivals:
        shelf.put(_ended(rival, supersede(line), confirm))
    return line, tuple(stem(rival.path) for rival in rivals)


def _ended(line: ManifestLine, proposal: Proposal, confirm: bool) -> ManifestLine:
    waiting = line.model_copy(update={"proposal": proposal})
    return waiting.provisional().model_copy(update={"proposal": None}) if confirm else waiting


def _who() -> str | None:
    """The account that runs this."""
    try:
        return display_name(getpass.getuser())
    except (OSError, KeyError, ImportError):  # no name for this account, as in some containers
        return None


def _commit(corpus: Path, staging: Path, lines: Sequence[str], gone: frozenset[str]) -> None:
    """Write down what will be, then make it so."""
    try:
        files = staging / "files"
        for path in sorted(files.iterdir()) if files.is_dir() else ():
            path.chmod(0o644)
            fsync_path(path)
        (staging / "gone").write_text("".join(f"{name}\n" for name in sorted(gone)), encoding="utf-8")
        part = staging / f"{MANIFEST}.part"
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        for path in (staging / "gone", part, staging):
            fsync_path(path)
        part.replace(staging / MANIFEST)
        fsync_path(staging)
        _finish(corpus, staging)
    except OSError as exc:
        raise SourceError(f"{corpus} 无法写入（{exc.strerror}），请检查磁盘空间和目录权限后重试", path=corpus) from exc


def _finish(corpus: Path, staging: Path) -> None:
    """Move what lies in staging into place; may be begun again after a crash at any point."""
    files = staging / "files"
    for path in sorted(files.iterdir()) if files.is_dir() else ():
        path.replace(corpus / path.name)
    for name in (staging / "gone").read_text(encoding="utf-8").splitlines():
        (corpus / name).unlink(missing_ok=True)
    (staging / MANIFEST).replace(corpus / MANIFEST)
    fsync_path(corpus)


@contextmanager
def _sole_writer(corpus: Path) -> Iterator[Path]:
    """Hold the right to change `corpus`; gives an empty staging folder that is gone afterwards.

    Raises:
        SourceError: the folder is missing or not writable.
        IndexStoreError: another process holds it; its id is named.
    """
    from filelock import FileLock, Timeout

    room = corpus / _ROOM
    if not corpus.is_dir():
        raise SourceError(f"{corpus} 不是文件夹，请检查路径或设置 ASSISTANT_CORPUS_DIR", path=corpus)
    try:
        room.mkdir(exist_ok=True)
        lock = FileLock(room / "lock")
        lock.acquire(timeout=_LOCK_TIMEOUT_S)
    except Timeout as exc:
        raise IndexStoreError(f"另一个进程（进程号 {_holder(room)}）正在更改文件库，请等它结束后再试。") from exc
    except OSError as exc:
        raise SourceError(f"{corpus} 无法写入（{exc.strerror}），请检查目录权限", path=corpus) from exc
    staging = room / "staging"
    try:
        (room / "pid").write_text(f"{os.getpid()}\n", encoding="ascii")
        recover(corpus)
        staging.mkdir()
        yield staging
    except OSError as exc:
        raise SourceError(
            f"{corpus} 无法读写（{exc.strerror}），未作任何改动，请检查磁盘空间和权限", path=corpus
        ) from exc
    finally:
        if not (staging / MANIFEST).exists():  # else the next writer finishes it
            shutil.rmtree(staging, ignore_errors=True)
        (room / "pid").unlink(missing_ok=True)
        lock.release()


def _holder(room: Path) -> str:
    try:
        text = (room / "pid").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return "未知"
    return text if text.isdigit() else "未知"


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody wants to know."""
