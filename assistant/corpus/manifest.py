"""What is known of a document apart from its words: from the manifest, else from the file's own head.

`corpus/manifest.jsonl` holds one object a line. A fact that the source does not state is `null`.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import SourceError
from assistant.schema.document import DocumentKind, DocumentMeta, Limit, LimitKind, Validity
from assistant.text.folding import squeeze

MANIFEST = "manifest.jsonl"
STATUTES = "statutes"  # folder in a corpus for statutes that came out of a package; with a manifest of its own


class LimitLine(BaseModel):
    """The words that bound the force of a document, as `schema.document.Limit`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: LimitKind
    quote: str
    where: str

    @classmethod
    def of(cls, limit: Limit) -> LimitLine:
        return cls(kind=limit.kind, quote=limit.quote, where=limit.where)

    def limit(self) -> Limit:
        return Limit(kind=self.kind, quote=self.quote, where=self.where)


class Proposal(BaseModel):
    """That a document has been superseded, found by the program and not yet confirmed by a person.

    It holds until it is confirmed or dismissed: of two versions, the doubtful one is not cited.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str  # id of the document that supersedes it
    superseded_by: str
    expired_on: date | None
    status: Validity
    limits: tuple[LimitLine, ...] = ()  # the sentence that ends it


class ManifestLine(BaseModel):
    """One line of `manifest.jsonl`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: str
    title: str
    issuer: str | None
    document_number: str | None
    year: int | None
    region: str | None
    issued_on: date | None
    effective_on: date | None
    expired_on: date | None = None
    superseded_by: str | None = None
    status: Validity
    source: str | None = None
    aliases: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    text_sha256: str | None = None  # of the words without white space: the same text in another format
    original_name: str | None = None  # of the file that was added
    added_at: datetime | None = None
    added_by: str | None = None
    proposal: Proposal | None = None
    limits: tuple[LimitLine, ...] = ()  # the sentences that say from when or until when it holds
    approved: tuple[str, ...] = ()  # what a person approved when it was added: only_title, machine_orders, …

    def provisional(self) -> ManifestLine:
        """The line as it holds while its proposal waits."""
        if self.proposal is None:
            return self
        proposed = {name: getattr(self.proposal, name) for name in ("superseded_by", "expired_on", "status")}
        return self.model_copy(update={**proposed, "limits": (*self.limits, *self.proposal.limits)})

    def json_line(self) -> str:
        """As it stands in the file, without fields that were never set."""
        fields = self.model_dump(mode="json")
        optional = {name for name, field in type(self).model_fields.items() if not field.is_required()}
        kept = {n: v for n, v in fields.items() if n not in optional or v not in (None, [])}
        return json.dumps(kept, ensure_ascii=False)


def folders_of(corpus: Path) -> tuple[Path, ...]:
    """The folders whose files make one library: the corpus, and the one for statutes where it has been made."""
    statutes = corpus / STATUTES
    return (corpus, statutes) if (statutes / MANIFEST).is_file() else (corpus,)


def read_manifest(folder: Path) -> dict[str, ManifestLine]:
    """The manifest of a corpus folder by file name; empty when it has none.

    Raises:
        SourceError: a line that cannot be used, with its number.
    """
    path = folder / MANIFEST
    if not path.exists():
        return {}
    found: dict[str, ManifestLine] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = ManifestLine.model_validate(json.loads(line))
        except (ValueError, ValidationError) as exc:
            raise SourceError(
                f"{path.name} 第 {number} 行无法使用，请对照 corpus/README.md 检查字段", path=path
            ) from exc
        found[entry.path] = entry
    return found


def meta_from(
    *,
    path: Path,
    sha: str,
    kind: DocumentKind,
    title: str,
    issuer: str | None,
    front: dict[str, Any],
    line: ManifestLine | None,
) -> DocumentMeta:
    """The facts of a document: the manifest's, else the file head's, else what the text itself states."""
    if line is not None:
        return meta_of(line, id=path.stem, kind=kind, sha=sha)
    issued = _day(front.get("date"))
    return DocumentMeta(
        id=path.stem,
        title=str(front.get("title") or title),
        kind=kind,
        validity=_validity(front.get("status")),
        issuer=_text(front.get("issuer")) or issuer,
        document_number=_text(front.get("doc_number")),
        year=issued.year if issued else None,
        issued_on=issued,
        effective_on=_day(front.get("effective")),
        expired_on=_day_in(_text(front.get("superseded_by"))),
        superseded_by=_text(front.get("superseded_by")),
        source_path=path.name,
        source_sha256=sha,
    )


def meta_of(line: ManifestLine, *, id: str = "", kind: DocumentKind = DocumentKind.LAW, sha: str = "") -> DocumentMeta:
    """What a line says of its document, as it holds while a proposal waits."""
    held = line.provisional()
    return DocumentMeta(
        id=id or line.path.rpartition(".")[0] or line.path,
        title=held.title,
        kind=kind,
        validity=held.status,
        issuer=held.issuer,
        document_number=held.document_number,
        year=held.year,
        region=held.region,
        issued_on=held.issued_on,
        effective_on=held.effective_on,
        expired_on=held.expired_on,
        superseded_by=held.superseded_by,
        source_path=held.path,
        source_sha256=sha or held.sha256,
        aliases=held.aliases,
        access=held.access,
        limits=tuple(one.limit() for one in held.limits),
    )


def _text(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None


def _validity(value: object) -> Validity:
    """已被修订 and 已修订 are one; 未核实 and the like stay unknown, never 现行有效."""
    words = squeeze(str(value or "")).replace("已被", "已")
    return next((v for v in Validity if v.value == words), Validity.UNKNOWN)


def _day(value: object) -> date | None:
    if isinstance(value, datetime):  # YAML reads a date with a time of day as such
        return value.date()
    if isinstance(value, date):
        return value
    return _day_in(str(value)) if value else None


def _day_in(text: str | None) -> date | None:
    """The first ISO date in `text`; 促进个体工商户发展条例（2022-11-01起） gives that day."""
    match = re.search(r"(\d{4})-(\d{2})-(\d{2})", text or "")
    return date(int(match[1]), int(match[2]), int(match[3])) if match else None
