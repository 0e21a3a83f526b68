"""A server looks at its files again and again, a little at a time, and does without what is damaged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from assistant.indexing.damage import BLOCK, MISSING, Damage, Expected, damages, read_through
from assistant.serving.self_checking import Pace, checking
from assistant.serving.watching.health import Health, HealthMetrics

_PATIENCE_S = 60.0


def expected(path: Path, content: bytes, part: str = "chroma") -> Expected:
    path.write_bytes(content)
    return Expected(path=path, sha256=hashlib.sha256(content).hexdigest(), size=len(content), part=part)


def overwrite(path: Path, at: int) -> None:
    """4 KiB of something else, as a broken disk or another program leaves them."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * 4096)


class Looked:
    """Runs the check until something is told."""

    def __init__(self, files: Callable[[], Sequence[Expected | Damage]]) -> None:
        self.files = files
        self.health = Health()
        self.fallen = Event()
        self.lines: list[str] = []

    def until(self, ready: Callable[[], bool], then: Callable[[], None] = lambda: None) -> None:
        pace = Pace(period_s=0.05, mb_per_s=1000)
        with checking(self.files, self.health, pace=pace, fall_back=self.fallen.set, say=self.lines.append):
            then()
            waited = Event()
            for _ in range(int(_PATIENCE_S / 0.01)):
                if ready():
                    return
                waited.wait(0.01)
        raise AssertionError("it was never told")


@pytest.mark.parametrize("at", [0, 1, BLOCK - 7, 2 * BLOCK, 3 * BLOCK - 4096])
def test_damage_anywhere_is_found_and_done_without(tmp_path: Path, at: int) -> None:
    file = expected(tmp_path / "data", bytes(3 * BLOCK))
    other = expected(tmp_path / "other", b"x", part="lexical")
    looked = Looked(lambda: (other, file))
    looked.until(lambda: looked.fallen.is_set() and looked.lines != [], lambda: overwrite(file.path, at))
    assert looked.health.parts == {"chroma"}
    assert looked.health.names == ("chroma: data",)
    assert str(file.path) in looked.lines[0]


def test_whole_files_are_read_and_nothing_is_done(tmp_path: Path) -> None:
    file = expected(tmp_path / "data", b"x" * 10)
    looked = Looked(lambda: (file,))
    looked.until(lambda: looked.health.passes >= 3)
    assert not looked.fallen.is_set()
    assert (looked.health.damaged, looked.lines) == ((), [])
    assert looked.health.whole_at is not None


def test_what_is_whole_again_is_told_too(tmp_path: Path) -> None:
    file = expected(tmp_path / "data", b"x" * 10)
    file.path.write_bytes(b"y" * 10)
    looked = Looked(lambda: (file,))
    looked.until(lambda: looked.health.damaged != () and looked.fallen.is_set())
    looked.fallen.clear()
    file.path.write_bytes(b"x" * 10)
    looked.until(lambda: looked.health.damaged == () and looked.fallen.is_set())


def test_known_damage_acts_once(tmp_path: Path) -> None:
    known = Damage(path=tmp_path / "manifest.json", part="manifest", expected="", found=MISSING)
    looked = Looked(lambda: (known,))
    looked.until(lambda: looked.health.passes >= 3)
    assert len(looked.lines) == 1


def test_a_period_of_nothing_looks_at_nothing(tmp_path: Path) -> None:
    health = Health()

    def never() -> Sequence[Expected]:
        raise AssertionError

    pace = Pace(period_s=0, mb_per_s=1)
    with checking(never, health, pace=pace, fall_back=never, say=print):  # type: ignore[arg-type]
        pass
    assert health.passes == 0


def test_a_round_takes_its_period_and_never_reads_faster_than_it_may() -> None:
    assert Pace(period_s=40, mb_per_s=100).of_a_tick(320 * BLOCK) == 320 * BLOCK * 0.25 // (0.8 * 40)
    assert Pace(period_s=40, mb_per_s=100).of_a_tick(10) == BLOCK
    assert Pace(period_s=40, mb_per_s=4).of_a_tick(10**12) == 1_000_000


def test_a_file_is_read_block_by_block(tmp_path: Path) -> None:
    file = expected(tmp_path / "data", bytes(2 * BLOCK + 1))
    assert list(read_through(file)) == [BLOCK, BLOCK, 1]


def test_missing_and_shortened_files_are_named(tmp_path: Path) -> None:
    gone, short = expected(tmp_path / "gone", b"12"), expected(tmp_path / "short", b"12")
    gone.path.unlink()
    short.path.write_bytes(b"1")
    found = damages([gone, short])
    assert [one.found for one in found] == [MISSING, hashlib.sha256(b"1").hexdigest()]


def test_metrics_tell_what_is_damaged(tmp_path: Path) -> None:
    health = Health(
        damaged=(Damage(path=tmp_path / "a", part="record", expected="1", found="2"),), passes=2, whole_at=0
    )
    registry = CollectorRegistry()
    registry.register(HealthMetrics(health))
    text = generate_latest(registry).decode()
    assert 'pz_damaged_files{part="record"} 1.0' in text
    assert "pz_check_age_seconds" in text


def test_an_index_that_is_replaced_while_it_is_read_is_not_damaged(tmp_path: Path) -> None:
    old = [expected(tmp_path / name, b"old") for name in ("a", "b")]
    new = expected(tmp_path / "c", b"new")
    asked: list[int] = []

    def files() -> Sequence[Expected]:
        asked.append(1)
        if len(asked) > 1:
            return (new,)
        for file in old:  # told of them, and gone before they are read
            file.path.unlink()
        return old

    looked = Looked(files)
    looked.until(lambda: looked.health.passes >= 3)
    assert not looked.fallen.is_set()
    assert (looked.health.damaged, looked.lines) == ((), [])
