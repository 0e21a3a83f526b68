"""Puts records into the chain, and knows what to do when that fails."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from threading import Lock

from sqlalchemy.exc import DataError, IntegrityError

from assistant.access.audit import GAP, Chain, Draft
from assistant.errors import RecordsError
from assistant.records.answers import AnswerBook, KeptAnswer

_log = logging.getLogger(__name__)
_AGAIN_S = 2.0  # how long a store that failed is left alone while records wait in memory
_HERE = "system:recorder"


class AuditUnavailable(RecordsError):
    """An answer may not be given, because it cannot be recorded."""

    code = "audit_unavailable"

    def __init__(self) -> None:
        super().__init__("留痕暂时写不进去，按规定不作答。请稍后再试，并告知管理员检查磁盘和数据库。")


class Recorder:
    """Writes at once. When it cannot: refuses, or keeps what waits in memory and tells what was lost.

    Args:
        refuse: whether what cannot be recorded may not be done.
        waiting: how many records wait in memory at most; older ones make way and are counted as lost.
    """

    def __init__(
        self,
        chain: Chain,
        answers: AnswerBook,
        *,
        refuse: bool = False,
        waiting: int = 1000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.chain, self.answers = chain, answers
        self._refuse = refuse
        self._waiting: deque[tuple[Draft, KeptAnswer | None]] = deque()
        self._most = waiting
        self._lost = 0
        self._failed_at: float | None = None
        self._clock = clock
        self._lock = Lock()

    @property
    def failing(self) -> bool:
        """Whether the last attempt to write failed."""
        return self._failed_at is not None

    @property
    def lost(self) -> int:
        """Records that were lost since the store last took one."""
        return self._lost

    def ready(self) -> None:
        """See, before an answer is begun, that it can be recorded.

        Raises:
            AuditUnavailable: it cannot, and then it may not be given.
        """
        if not (self._refuse and self.failing):
            return
        with self._lock:
            try:
                self._write([])
            except RecordsError as exc:
                self._lost += 1
                raise AuditUnavailable from exc

    def record(self, draft: Draft, kept: KeptAnswer | None = None) -> None:
        """Put one record at the end of the chain, and beside it the answer it speaks of.

        Raises:
            AuditUnavailable: it could not be written, and what it speaks of may not be done.
            Exception: it can never be written; it is counted as lost.
        """
        with self._lock:
            self._waiting.append((draft, kept))
            if not self._refuse and self._failed_at is not None and self._clock() - self._failed_at < _AGAIN_S:
                self._make_room()
                return
            try:
                fault = self._write_waiting()
            except RecordsError as exc:
                if self._refuse:
                    self._waiting.clear()
                    self._lost += 1
                    raise AuditUnavailable from exc
                self._make_room()
                return
            if isinstance(fault, RecordsError) and self._refuse:
                raise AuditUnavailable from fault
            if fault is not None and not isinstance(fault, RecordsError):
                raise fault

    def flush(self) -> None:
        """Write what waits, as before the end of the process; what cannot be written is logged by number."""
        with self._lock:
            if not self._waiting and not self._lost:
                return
            try:
                self._write_waiting()
                if self._lost:  # the last of them made a gap
                    self._write([])
            except RecordsError:
                _log.error("%d audit records were lost at the end", len(self._waiting) + self._lost)

    def _write_waiting(self) -> Exception | None:
        """Write all that waits; what can never be written stands in nobody's way and is counted as lost.

        Returns:
            What the newest could not be written for.

        Raises:
            RecordsError: the store takes nothing now; what it has not taken waits on.
        """
        try:
            self._write(list(self._waiting))
        except Exception as exc:
            if _of_the_store(exc):
                raise
        else:
            self._waiting.clear()
        fault: Exception | None = None
        while self._waiting:
            try:
                self._write([self._waiting[0]])
                fault = None
            except Exception as exc:
                if _of_the_store(exc):
                    raise
                _log.error("an audit record cannot be written and is lost (%s)", type(exc).__name__)
                self._lost += 1
                fault = exc
            self._waiting.popleft()
        return fault

    def _write(self, items: list[tuple[Draft, KeptAnswer | None]]) -> None:
        """Write `items`, after a record of the gap if there is one. The lock is held."""
        drafts = [draft for draft, _ in items]
        if self._lost:
            now = self.chain.store.clock()
            drafts.insert(0, Draft(kind=GAP, subject=_HERE, at=now, facts={"lost": self._lost}))
        try:
            with self.chain.store.write() as connection:
                self.chain.add(connection, drafts)
                for _, kept in items:
                    if kept is not None:
                        self.answers.add(connection, kept)
        except RecordsError as exc:
            if _of_the_store(exc):
                if self._failed_at is None:
                    _log.error("audit records cannot be written")
                self._failed_at = self._clock()
            raise
        self._lost, self._failed_at = 0, None

    def _make_room(self) -> None:
        while len(self._waiting) > self._most:
            self._waiting.popleft()
            self._lost += 1


def _of_the_store(exc: Exception) -> bool:
    """Whether the store is at fault, and not the one record."""
    return isinstance(exc, RecordsError) and not isinstance(exc.__cause__, (DataError, IntegrityError))
