"""A running server takes up another index by itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Event

from assistant.indexing.generations import CURRENT, current_name
from assistant.serving.following import following, state_of

A, B = "a" * 16, "b" * 16


class Desk:
    """What answers, by folder, and what was said."""

    def __init__(self, indexes: Path, generation: str | None, *, opens: bool = True) -> None:
        self.indexes, self.generation, self.opens = indexes, generation, opens
        self.lines: list[str] = []
        self.renewed, self.said = Event(), Event()

    def renew(self) -> None:
        if self.opens:
            self.generation = (self.indexes / CURRENT).read_text(encoding="utf-8").split()[0]
        self.renewed.set()

    def say(self, line: str) -> None:
        self.lines.append(line)
        self.said.set()

    def switch(self, name: str) -> None:
        (self.indexes / name).mkdir()
        (self.indexes / CURRENT).write_text(f"{name}\n", encoding="utf-8")


def test_the_index_that_is_switched_to_answers(tmp_path: Path) -> None:
    desk = Desk(tmp_path, A)
    desk.switch(A)
    with following(
        partial(current_name, tmp_path), served=lambda: desk.generation, renew=desk.renew, say=desk.say, every_s=0.01
    ):
        assert not desk.renewed.wait(0.1)  # nothing changed
        desk.switch(B)
        assert desk.said.wait(20)
    assert (desk.generation, len(desk.lines)) == (B, 1)


def test_an_index_that_does_not_open_is_not_told_as_taken_up(tmp_path: Path) -> None:
    desk = Desk(tmp_path, A, opens=False)
    desk.switch(B)
    with following(
        partial(current_name, tmp_path), served=lambda: desk.generation, renew=desk.renew, say=desk.say, every_s=0.01
    ):
        assert desk.renewed.wait(20)
    assert (desk.generation, desk.lines) == (A, [])


def test_without_an_index_or_an_answerer_nothing_is_opened(tmp_path: Path) -> None:
    desk, idle = Desk(tmp_path, A), Desk(tmp_path, None)
    with following(
        partial(current_name, tmp_path), served=lambda: desk.generation, renew=desk.renew, say=desk.say, every_s=0.01
    ):
        assert not desk.renewed.wait(0.1)
    idle.switch(B)
    with following(
        partial(current_name, tmp_path), served=lambda: idle.generation, renew=idle.renew, say=idle.say, every_s=0.01
    ):
        assert not idle.renewed.wait(0.1)


def test_another_table_of_words_is_taken_up_too(tmp_path: Path) -> None:
    desk, table = Desk(tmp_path, A), tmp_path / "lay_words.yaml"
    desk.switch(A)
    states = [state_of(A, table)]

    def renew() -> None:
        states.append(state_of(A, table))
        desk.renewed.set()

    with following(
        lambda: state_of(current_name(tmp_path), table),
        served=lambda: states[-1],
        renew=renew,
        say=desk.say,
        every_s=0.01,
    ):
        assert not desk.renewed.wait(0.1)
        table.write_text("[]", encoding="utf-8")
        assert desk.said.wait(20)
    assert desk.lines == ["词表有更新，已改用新的词表作答，不需要重启。"]
    assert state_of(None, table) is None
