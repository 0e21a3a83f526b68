"""Files of changes read behind the page: scanned, parsed, held against the library, and kept in memory for a while."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Semaphore, Thread
from typing import Any

from assistant.access.registry import Registry
from assistant.corpus.quality import examine
from assistant.corpus.reading import parse_file
from assistant.curation.alike import Library, Likenesses
from assistant.curation.facts import may_see
from assistant.curation.files import ChangeFiles
from assistant.curation.overlay import corrected
from assistant.curation.reports import REJECTED, read_report, rejected_report
from assistant.curation.scanning import INFECTED, Scanner
from assistant.errors import AssistantError
from assistant.parsing.corrections import Correction
from assistant.records.changes import ENDED, Change, ChangeState
from assistant.schema.document import Document
from assistant.schema.principal import Principal

_log = logging.getLogger(__name__)
_READERS = 2  # files read at a time
_KEPT = 6  # documents that stay in memory while people look at them
_FAULT = "读取时出现异常，文件已保存。请重试；如仍不行，请把文件交给管理员检查。"
Begin = Callable[[Callable[[], None]], None]


@dataclass(slots=True)
class Held:
    """A document in memory: as its reader gave it, and under the corrections laid over it last."""

    base: Document
    last: tuple[tuple[Correction, ...], Document] | None = None

    def under(self, corrections: tuple[Correction, ...]) -> Document:
        """The document with these corrections.

        Raises:
            InputError: they do not fit it.
        """
        last = self.last
        if last is not None and last[0] == corrections:
            return last[1]
        shown = corrected(self.base, corrections) if corrections else self.base
        self.last = (corrections, shown)
        return shown


def in_thread(run: Callable[[], None]) -> None:
    """Begin work that goes on by itself."""
    Thread(target=run, daemon=True, name="reading").start()


def corrections_of(change: Change) -> tuple[Correction, ...]:
    """The corrections kept with a change.

    Raises:
        InputError: they cannot be read.
    """
    return tuple(map(Correction.of, change.corrections))


class Readings:
    """What is being read, and what was read of late.

    Args:
        library: gives the library that is served.
        begin: begins work that takes long.
    """

    def __init__(
        self,
        registry: Registry,
        files: ChangeFiles,
        library: Callable[[], Library],
        scanner: Scanner | None,
        *,
        begin: Begin = in_thread,
    ) -> None:
        self._registry, self._files, self._library, self._scanner = registry, files, library, scanner
        self._changes, self._begin = registry.changes, begin
        self._likenesses = Likenesses()
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._stages: dict[str, str] = {}
        self._faults: dict[str, str] = {}
        self._lock, self._places = Lock(), Semaphore(_READERS)

    def stage(self, change_id: str) -> str:
        """How far the reading of a file is, in words; empty when nobody reads it."""
        with self._lock:
            return self._stages.get(change_id, "")

    def held(self, change_id: str) -> Held | None:
        """The document of a change, if it is in memory."""
        with self._lock:
            held = self._held.get(change_id)
            if held is not None:
                self._held.move_to_end(change_id)
            return held

    def fault(self, change_id: str) -> str:
        """Why a file could not be read once more, told once; empty when it could."""
        with self._lock:
            return self._faults.pop(change_id, "")

    def forget(self, change_id: str) -> None:
        """Let go of the document of a change."""
        with self._lock:
            self._held.pop(change_id, None)

    def start(self, change: Change, by: Principal, *, keep: bool) -> None:
        """Begin to read the file of a change, unless somebody reads it already.

        Args:
            keep: write the report down with the change.
        """
        with self._lock:
            if change.id in self._stages:
                return
            self._stages[change.id] = "等待读取"
        self._begin(lambda: self._run(change, by, keep=keep))

    def _run(self, change: Change, by: Principal, *, keep: bool) -> None:
        try:
            with self._places:
                report = self._read(change, by)
            if keep:
                self._changes.edit(change.id, report=report)
            elif report["state"] == REJECTED:
                with self._lock:
                    self._faults[change.id] = report["message"]
        except AssistantError as exc:  # it was submitted or dropped meanwhile, or cannot be written down
            _log.info("change %s was read, and its report not kept: %s", change.id, exc.code)
        finally:
            with self._lock:
                self._stages.pop(change.id, None)

    def _read(self, change: Change, by: Principal) -> dict[str, Any]:
        try:
            return self._whole(change, by)
        except AssistantError as exc:
            if exc.code == INFECTED:
                self._files.drop(change.id)
                self._registry.note("change.infected", by.id, id=change.id, sha256=change.sha256)
            return rejected_report(exc.code, exc.message)
        except Exception as exc:  # noqa: BLE001  (a thread has nobody to raise to)
            _log.error("change %s cannot be read: %s", change.id, type(exc).__name__)
            _log.debug("change %s", change.id, exc_info=exc)
            return rejected_report("unreadable", _FAULT)

    def _whole(self, change: Change, by: Principal) -> dict[str, Any]:
        path = self._files.path(change)
        if self._scanner is not None:
            self._tell(change, "扫描恶意程序")
            self._scanner.check(path)
        self._tell(change, "读取文字和条款")
        held = Held(parse_file(path, corrections=()))
        document = held.under(corrections_of(change))
        self._tell(change, "与库里的文件比较")
        report = read_report(document, examine(document), self._likenesses.of(document, self._library(), by.labels))
        if twin := self._twin(change, by):
            report["twin"] = twin
        with self._lock:
            self._held[change.id] = held
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        return report

    def _twin(self, change: Change, by: Principal) -> str | None:
        """The id of another change that brings the very bytes in, and is not decided."""
        seen = (one for one in self._changes.listed(states=set(ChangeState) - ENDED) if may_see(by, one))
        return next((one.id for one in seen if one.sha256 == change.sha256 and one.id != change.id), None)

    def _tell(self, change: Change, words: str) -> None:
        with self._lock:
            self._stages[change.id] = words
