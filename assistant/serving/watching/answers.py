"""How one answer went, told to whoever watches."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from assistant.models.stage_times import timed
from assistant.schema.answer import Answer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the work. `began` is on the clock of `perf_counter`."""

    name: str
    began: float
    seconds: float


@dataclass(slots=True)
class Course:
    """How an answer went. Holds no word of question or answer."""

    began: float = field(default_factory=time.perf_counter)
    stages: list[Stage] = field(default_factory=list)
    outcome: str = "failed"  # or an `Outcome`
    mode: str = ""
    retrieval: str = ""  # a `RetrievalMode`; empty where nothing was answered
    seconds: float = 0.0

    def note(self, name: str, began: float, seconds: float) -> None:
        self.stages.append(Stage(name, began, seconds))

    def given(self, answer: Answer) -> None:
        self.outcome, self.mode = str(answer.outcome), str(answer.mode)
        self.retrieval = str(answer.retrieval_mode)


Watcher = Callable[[Course], None]


@contextmanager
def watched(watchers: Sequence[Watcher]) -> Iterator[Course]:
    """Within the block an answer is made; then every watcher hears how that went."""
    course = Course()
    try:
        with timed(course.note):
            yield course
    finally:
        course.seconds = time.perf_counter() - course.began
        for watcher in watchers:
            try:
                watcher(course)
            except Exception:  # whoever watches must not spoil an answer
                logger.exception("an answer could not be watched")


def log_course(course: Course) -> None:
    """One line of the log."""
    took = {f"{one.name}_ms": round(1000 * one.seconds, 1) for one in course.stages}
    logger.info(
        "answer",
        extra={
            "outcome": course.outcome,
            "mode": course.mode,
            "retrieval": course.retrieval,
            "ms": round(1000 * course.seconds, 1),
            **took,
        },
    )
