"""What becomes of the files of a release, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from assistant.corpus.quality import Quality
from assistant.corpus.standing import LeftOut
from assistant.indexing.build import BuildReport
from assistant.schema.document import Validity


class FileVerdict(StrEnum):
    """What became of one file."""

    ADDED = "added"
    VERSION = "new_version"
    DUPLICATE = "duplicate"  # the very bytes are there
    ALIAS = "alias"  # the same words are there under another name
    UPDATED = "updated"  # the very bytes are there; what is known of them changed
    REJECTED = "rejected"
    SKIPPED = "skipped"


GOOD = frozenset(
    {FileVerdict.ADDED, FileVerdict.VERSION, FileVerdict.DUPLICATE, FileVerdict.ALIAS, FileVerdict.UPDATED}
)


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
    approved: bool = False  # a person has looked at what `doubts.NEED_APPROVAL` names
    personal_approved: bool = False  # a person has found that the people named in it may be in the library

    def fields(self) -> dict[str, Any]:
        """Those that were stated, as `ManifestLine` names them."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__ if not name.endswith("approved")}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """One file of an `add`."""

    source: str  # its path, clean
    verdict: FileVerdict
    code: str = "ok"
    message: str = ""
    document_id: str | None = None
    title: str | None = None
    sha256: str | None = None
    superseded: tuple[str, ...] = ()  # ids of versions that this one takes the place of, or the one that takes its
    quality: Quality | None = None
    left_out: LeftOut | None = None  # why search leaves it out on the day it was added
    access: tuple[str, ...] = ()  # labels without which it is not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseReport:
    """What an `add`, `remove` or decision did. `build` is None when nothing changed."""

    outcomes: tuple[FileOutcome, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()  # documents whose facts changed
    pending: tuple[str, ...] = ()  # documents whose supersession waits for a person
    build: BuildReport | None = None

    def count(self, *verdicts: FileVerdict) -> int:
        return sum(outcome.verdict in verdicts for outcome in self.outcomes)

    @property
    def exit_code(self) -> int:
        """0 all good, 3 some rejected and the good ones in, 1 none good."""
        if not self.count(*GOOD):
            return 1
        return 3 if self.count(FileVerdict.REJECTED) else 0
