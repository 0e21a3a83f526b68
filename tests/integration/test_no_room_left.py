"""Where the disk is full, at whatever write, the generation before is served on, and nothing is left lying about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_generations import make_document

from assistant.errors import IndexStoreError
from assistant.indexing import generations
from assistant.indexing.build import build_index
from assistant.indexing.generations import current_name, previous_folder, rollback, serve
from assistant.models.standins import HashingEmbedder
from assistant.text.segment import Segmenter

_HOME = Path(__file__).resolve().parents[2]
# A process that may write no file larger than so many bytes, tried again and again with more.
_BUILDER = """
import json, resource, signal, sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from test_generations import make_document
from assistant.errors import IndexStoreError
from assistant.indexing import build
from assistant.indexing.generations import current_name
from assistant.indexing.library import open_library
from assistant.indexing.self_check import check_generation
from assistant.models.standins import HashingEmbedder
from assistant.text.segment import Segmenter

build.verify_generation = check_generation
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
indexes, embedder, segmenter = Path({indexes!r}), HashingEmbedder(64), Segmenter()

def make(name):
    build.build_index([make_document(name)], indexes_dir=indexes, embedder=embedder, segmenter=segmenter)

make("旧法")
old, told = current_name(indexes), []
for most in (16, 2000, 20_000, 60_000, 150_000, 1 << 30):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        make("新法")
        outcome = "built"
    except IndexStoreError as exc:
        outcome = exc.message
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    library = open_library(indexes, embedder=embedder, segmenter=segmenter)
    told.append([outcome, current_name(indexes) == old, library.degraded, [m.id for m in library.documents],
                 [p.name for p in indexes.glob(".build-*")]])
    library.close()
print(json.dumps(told))
"""


def test_a_build_that_may_not_write_changes_nothing(tmp_path: Path) -> None:
    script = _BUILDER.format(tests=str(Path(__file__).parent), indexes=str(tmp_path / "indexes"))
    environment = {**os.environ, "PYTHONPATH": str(_HOME), "PYTHONIOENCODING": "utf-8", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, encoding="utf-8", timeout=300, check=True
    )
    told = json.loads(done.stdout.splitlines()[-1])
    refused, built = told[:-1], told[-1]
    assert len([outcome for outcome, *_ in refused if outcome != "built"]) >= 3
    for outcome, same, degraded, documents, left in refused:
        if outcome != "built":
            assert "请" in outcome
            assert (same, documents) == (True, ["旧法"])
        assert (degraded, left) == ([], [])
    assert (built[1], built[3]) == (False, ["新法"])


def _two(indexes: Path) -> tuple[str, str]:
    for name in ("旧法", "新法"):
        build_index([make_document(name)], indexes_dir=indexes, embedder=HashingEmbedder(64), segmenter=Segmenter())
    before, now = previous_folder(indexes), current_name(indexes)
    assert before is not None
    assert now is not None
    return before.name, now


@pytest.mark.parametrize("step", ["write_text", "replace"])
def test_a_switch_that_may_not_write_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before, now = _two(tmp_path / "indexes")

    real = getattr(Path, step)

    def some(path: Path, *arguments: object, **more: object) -> object:
        if path.name == f"{generations.CURRENT}.part":
            raise OSError(28, "No space left on device", str(path))
        return real(path, *arguments, **more)

    monkeypatch.setattr(Path, step, some)
    with pytest.raises(IndexStoreError, match="未作切换"):
        rollback(tmp_path / "indexes")
    with pytest.raises(IndexStoreError, match="未作切换"):
        serve(tmp_path / "indexes", before)
    assert current_name(tmp_path / "indexes") == now
    monkeypatch.undo()
    assert rollback(tmp_path / "indexes").name == before
