"""Work beside the answers: one piece at a time, whose end is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.errors import InputError, NotFoundError
from assistant.indexing.build import Progress
from assistant.serving.keeping.work import Stand, UnderWay, Work


class Later:
    """Work that is done when a test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.work = Work(begin=self.waiting.append)

    def go(self) -> None:
        self.waiting.pop(0)()


def test_one_piece_at_a_time_and_how_far_it_is() -> None:
    later = Later()

    def task(progress: Progress) -> str:
        progress("切分", 3, 10)
        return "made"

    job = later.work.start(owner="ann", about="x", task=task, asked="what")
    assert (job.running, job.asked) == (True, "what")
    with pytest.raises(UnderWay):
        later.work.start(owner="ben", about="y", task=task)
    later.go()
    assert (job.stand, job.result, job.stage, job.done, job.total) == (Stand.DONE, "made", "切分", 3, 10)
    assert later.work.about("x") is job
    assert later.work.about("y") is None
    assert later.work.start(owner="ben", about="x", task=task) is later.work.about("x")


@pytest.mark.parametrize(
    ("raised", "words"), [(InputError("磁盘已满。"), "磁盘已满。"), (ValueError("13812345678"), "处理中途出现异常")]
)
def test_what_failed_says_so_and_lets_others_begin(raised: Exception, words: str) -> None:
    later = Later()

    def task(_: Progress) -> None:
        raise raised

    job = later.work.start(owner="ann", about="x", task=task)
    later.go()
    assert job.stand is Stand.FAILED
    assert job.message.startswith(words)
    assert "1381" not in job.message
    later.work.start(owner="ann", about="x", task=task)


def test_nobody_sees_what_another_tried() -> None:
    later = Later()
    job = later.work.start(owner="ann", about="x", task=lambda _: None)
    assert later.work.of(job.id, owner="ann") is job
    for name, owner in ((job.id, "ben"), ("none", "ann")):
        with pytest.raises(NotFoundError):
            later.work.of(name, owner=owner)


def test_only_the_last_pieces_are_remembered() -> None:
    work = Work(begin=lambda run: run())
    jobs = [work.start(owner="ann", about=str(n), task=lambda _: None) for n in range(25)]
    assert work.of(jobs[-1].id, owner="ann") is jobs[-1]
    with pytest.raises(NotFoundError):
        work.of(jobs[0].id, owner="ann")
