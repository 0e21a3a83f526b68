"""Work that takes longer than a page may: one piece at a time, with how far it has come."""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock, Thread
from typing import Any

from assistant.errors import AssistantError, NotFoundError
from assistant.indexing.build import Progress

_log = logging.getLogger(__name__)
_KEPT = 20  # pieces of work whose end is remembered
_FAULT = "处理中途出现异常，未作改动。请稍后再试；如仍不行，请查看服务器日志。"


class UnderWay(AssistantError):
    """Another piece of work has to end first."""

    code = "in_progress"

    def __init__(self) -> None:
        super().__init__("另一项处理正在进行，请等它结束后再试。")


class Stand(StrEnum):
    """How a piece of work stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True, kw_only=True)
class Job:
    """A piece of work. `result` is there once it is done, `message` once it failed."""

    id: str
    owner: str  # whoever asked for it
    about: str  # what it works on
    stand: Stand = Stand.RUNNING
    stage: str = "准备中"
    done: int = 0
    total: int = 0
    message: str = ""
    asked: Any = None  # what was asked for
    result: Any = None

    @property
    def running(self) -> bool:
        return self.stand is Stand.RUNNING

    def tell(self, stage: str, done: int, total: int) -> None:
        """Take down how far it has come."""
        self.stage, self.done, self.total = stage, done, total


def _in_thread(run: Callable[[], None]) -> None:
    Thread(target=run, name="keeping", daemon=True).start()


class Work:
    """Does one piece of work at a time beside the answers.

    Args:
        begin: runs it; in a thread unless a test has it otherwise.
    """

    def __init__(self, begin: Callable[[Callable[[], None]], None] = _in_thread) -> None:
        self._begin = begin
        self._lock = Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def start(self, *, owner: str, about: str, task: Callable[[Progress], Any], asked: Any = None) -> Job:
        """Begin a piece of work.

        Args:
            task: does it; is given what to tell its progress to.
            asked: kept with it.

        Raises:
            UnderWay: another one is under way.
        """
        job = Job(id=secrets.token_hex(8), owner=owner, about=about, asked=asked)
        with self._lock:
            if any(other.running for other in self._jobs.values()):
                raise UnderWay
            self._jobs[job.id] = job
            while len(self._jobs) > _KEPT:
                self._jobs.popitem(last=False)
        self._begin(lambda: _do(job, task))
        return job

    @property
    def busy(self) -> bool:
        """Whether a piece of work is under way."""
        with self._lock:
            return any(job.running for job in self._jobs.values())

    def of(self, job_id: str, *, owner: str) -> Job:
        """A piece of work of theirs.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner:
            raise NotFoundError("没有这次处理的结果了，请重新开始。")
        return job

    def about(self, what: str) -> Job | None:
        """The newest piece of work on something."""
        with self._lock:
            return next((job for job in reversed(self._jobs.values()) if job.about == what), None)


def _do(job: Job, task: Callable[[Progress], Any]) -> None:
    try:
        job.result = task(job.tell)
        job.stand = Stand.DONE
    except AssistantError as exc:
        job.message, job.stand = exc.message, Stand.FAILED
    except Exception:  # noqa: BLE001 - a thread has nobody to raise to
        _log.exception("后台处理失败")
        job.message, job.stand = _FAULT, Stand.FAILED
