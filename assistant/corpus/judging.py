"""One file at the door of the corpus: read, compared with what is there, taken in or refused."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant.access.words import account
from assistant.corpus.intake import Candidate, check_unchanged, copy_in, display_name, safe_name
from assistant.corpus.manifest import LimitLine, ManifestLine, meta_of
from assistant.corpus.outcomes import FileOutcome, FileVerdict, Given
from assistant.corpus.overlays import overlay_of
from assistant.corpus.quality import MAX_PERSONAL_IDS, MIN_COVERAGE, Quality, examine
from assistant.corpus.reading import parse_file
from assistant.corpus.shelf import Shelf, text_hash
from assistant.corpus.standing import LeftOut, day_in_beijing, left_out
from assistant.corpus.succession import stem
from assistant.errors import SourceError
from assistant.parsing.corrections import Correction
from assistant.schema.document import Document

_SKIPPED = {
    "special": "不是普通文件（链接、管道或设备），已跳过",
    "not_source": "不是政策文件，已跳过",
    "lock_file": "是 Office 打开文件时留下的临时文件，没有正文，已跳过",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileJudge:
    """Candidate → FileOutcome; what is taken in lies in `staging` and on the shelf.

    Args:
        corpus: the folder, where files may lie that nobody has added.
        confirm: supersession of earlier versions needs no further word.
        now: gives the time that is written down.
        statutes: what is new goes into the folder for statutes.
        corrections: what a person said of the lines of the file; `None` leaves what is there as it is.
    """

    corpus: Path
    shelf: Shelf
    staging: Path
    given: Given
    confirm: bool
    now: Callable[[], datetime]
    statutes: bool = False
    corrections: Sequence[Correction] | None = None

    def judge(self, candidate: Candidate) -> FileOutcome:
        """What became of one file."""
        if candidate.skip is not None:
            words = _SKIPPED[candidate.skip]
            return FileOutcome(source=candidate.shown, verdict=FileVerdict.SKIPPED, code=candidate.skip, message=words)
        copy = self.staging / "incoming"
        try:
            return self._judged(candidate, copy)
        except SourceError as exc:
            verdict = FileVerdict.SKIPPED if exc.code == "special" else FileVerdict.REJECTED
            quality = exc.quality if isinstance(exc, _Poor) else None
            return FileOutcome(
                source=candidate.shown, verdict=verdict, code=exc.code, message=exc.message, quality=quality
            )
        finally:
            shutil.rmtree(copy, ignore_errors=True)

    def _judged(self, candidate: Candidate, copy: Path) -> FileOutcome:
        copy.mkdir()
        raw = copy / "raw"
        sha = copy_in(candidate.path, raw)
        name = safe_name(os.fsencode(candidate.path.name).decode("utf-8", "replace"), sha=sha)
        if sha in self.shelf.by_sha and not self._unheard_of(self.shelf.by_sha[sha]):
            return self._known_bytes(candidate, sha, name)
        named = raw.rename(copy / self.shelf.free_name(name, sha))
        document = parse_file(named, corrections=self.corrections or ())
        quality = examine(document)
        check_unchanged(candidate.path, sha)
        _refuse_poor(quality, candidate.path, self.given)
        outcome = FileOutcome(
            source=candidate.shown,
            verdict=FileVerdict.ADDED,
            document_id=document.id,
            title=document.meta.title,
            sha256=sha,
            quality=quality,
        )
        text_sha = text_hash(document)
        if text_sha in self.shelf.by_text:
            return self._known_text(outcome, self.shelf.by_text[text_sha], name)
        line = line_for(document, quality, self.given, sha=sha, original=candidate.path.name, now=self.now())
        line, older = self.shelf.place(line, confirm=self.confirm)
        outcome = replace(outcome, title=line.title, left_out=self._left_out(line), access=line.access)
        self.shelf.fresh.add(named.name)
        if self.statutes:
            self.shelf.statutes.add(named.name)
        folder = self.shelf.folder_of(named.name, corpus=self.corpus, staging=self.staging)
        folder.mkdir(exist_ok=True)
        named.rename(folder / named.name)
        self.shelf.put(line)
        if self.corrections:
            self.shelf.lay_over(named.name, sha, self.corrections, staging=self.staging)
        if not older:
            return outcome
        return replace(outcome, verdict=FileVerdict.VERSION, code="new_version", superseded=older)

    def _stays(self, there: str) -> bool:
        """Whether a line is of the corpus's own manifest, which statutes that come in do not touch."""
        return self.statutes and there not in self.shelf.statutes

    def _unheard_of(self, there: str) -> bool:
        """Whether a file lies in the corpus, added by nobody, and statutes that come in do not add it either."""
        return self.statutes and there not in self.shelf.lines

    def _left_out(self, line: ManifestLine) -> LeftOut | None:
        """Why search will leave the document out today, if it will."""
        return left_out(meta_of(line), day_in_beijing(self.now()))

    def _known_bytes(self, candidate: Candidate, sha: str, name: str) -> FileOutcome:
        there = self.shelf.by_sha[sha]
        line = self.shelf.lines.get(there)
        outcome = FileOutcome(
            source=candidate.shown,
            verdict=FileVerdict.DUPLICATE,
            code="duplicate",
            message=f"与已收的 {stem(there)} 完全相同",
            document_id=stem(there),
            title=line.title if line else None,
            sha256=sha,
        )
        if line is None:
            return self._registered(candidate, outcome, there)
        if self._stays(there):
            return outcome
        stated = line.model_copy(update={**self.given.fields(), **({"proposal": None} if self.given.status else {})})
        corrected = self._corrected_anew(there, sha)
        if stated != line or corrected:
            self.shelf.put(stated)
            return replace(outcome, verdict=FileVerdict.UPDATED, code="updated", message="文件已收，所知信息已更新")
        return self._known_text(outcome, there, name)

    def _corrected_anew(self, there: str, sha: str) -> bool:
        """Whether the file lies in the corpus under other corrections than the ones given, which take their place."""
        path = self.shelf.folder_of(there, corpus=self.corpus) / there
        if self.corrections is None or set(overlay_of(path, sha)) == set(self.corrections):
            return False
        parse_file(path, corrections=self.corrections)  # that they fit is seen before anything changes
        self.shelf.lay_over(there, sha, self.corrections, staging=self.staging)
        return True

    def _registered(self, candidate: Candidate, outcome: FileOutcome, there: str) -> FileOutcome:
        """The file lies in the corpus already, and nobody had added it: now it has a line."""
        document = parse_file(self.corpus / there, corrections=self.corrections)
        quality = examine(document)
        _refuse_poor(quality, candidate.path, self.given)
        sha = outcome.sha256 or document.meta.source_sha256
        self._corrected_anew(there, sha)
        line = line_for(document, quality, self.given, sha=sha, original=candidate.path.name, now=self.now())
        line, older = self.shelf.place(line, confirm=self.confirm)
        self.shelf.put(line)
        return replace(
            outcome,
            verdict=FileVerdict.VERSION if older else FileVerdict.ADDED,
            code="registered",
            message="文件已在文件夹里，现已登记",
            title=line.title,
            superseded=older,
            quality=quality,
            left_out=self._left_out(line),
            access=line.access,
        )

    def _known_text(self, outcome: FileOutcome, there: str, name: str) -> FileOutcome:
        """The same words are there: under another name that name is kept as an alias."""
        line = self.shelf.lines.get(there)
        alias = stem(name)
        held = {stem(there), *((line.title, *line.aliases) if line else ())}
        if line is None or alias in held or self._stays(there):
            return replace(
                outcome,
                verdict=FileVerdict.DUPLICATE,
                code="duplicate",
                message=f"与已收的 {stem(there)} 内容相同",
                document_id=stem(there),
            )
        self.shelf.put(line.model_copy(update={"aliases": (*line.aliases, alias)}))
        return replace(
            outcome,
            verdict=FileVerdict.ALIAS,
            code="alias",
            message=f"与已收的 {stem(there)} 内容相同，已把文件名记为它的别名",
            document_id=stem(there),
        )


def line_for(
    document: Document, quality: Quality, given: Given, *, sha: str, original: str, now: datetime
) -> ManifestLine:
    """The line of a document that is taken in; what `given` states goes before what the file says."""
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
        "limits": tuple(map(LimitLine.of, meta.limits)),
        "approved": quality.needs_approval,
        "text_sha256": text_hash(document),
        "original_name": display_name(os.fsencode(original).decode("utf-8", "replace")),
        "added_at": now.replace(microsecond=0),
        "added_by": _who(),
    }
    stated = given.fields()
    if given.issued_on is not None:
        stated["year"] = given.issued_on.year
    return ManifestLine(**{**facts, **stated})


def _refuse_poor(quality: Quality, path: Path, given: Given) -> None:
    if not given.garbled_approved and any(warning.startswith("garbled：") for warning in quality.warnings):
        message = "文字多半是乱码，未收入；核对无误后可加 --approve-garbled 再收入，或换用原始电子文件"
        raise _Poor("garbled", message, path, quality)
    if quality.needs_approval and not given.approved:
        said = "；".join(w for w in quality.warnings if w.partition("：")[0] in quality.needs_approval)
        raise _Poor(quality.needs_approval[0], f"{said}。未收入；核对无误后可加 --approve 再收入", path, quality)
    if quality.coverage < MIN_COVERAGE:
        raise _Poor(
            "low_coverage", f"只有 {quality.coverage:.0%} 的文字归入了条款，版式可能有误，未收入", path, quality
        )
    if quality.personal_ids >= MAX_PERSONAL_IDS and not given.personal_approved:
        message = (
            f"含有 {quality.personal_ids} 个身份证号，像是人员名单，未收入；"
            "请去除后再加入，确须收入的，核对后加 --approve-personal"
        )
        raise _Poor("personal_data", message, path, quality)


class _Poor(SourceError):
    """The file was read, but is nothing to rely on."""

    def __init__(self, code: str, message: str, path: Path, quality: Quality) -> None:
        super().__init__(message, path=path)
        self.code = code
        self.quality = quality


def _who() -> str | None:
    """The account that runs this."""
    name = account()
    return display_name(name) if name is not None else None
