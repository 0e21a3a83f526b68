"""The one place where a release becomes the corpus, whole or not at all.

    corpus/
      .release/lock, pid                 held by the one writer; the kernel frees the lock when it ends
      .release/staging/                  a release being made
      statutes/                          what came out of a package: a part of the corpus that git ignores
      overlays/                          what people corrected in the trees of files

`staging/manifest.jsonl` is the point of no return: a process killed before it has changed nothing, and what
is left of one killed after it is finished by the next writer.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.corpus.manifest import MANIFEST, STATUTES
from assistant.corpus.overlays import OVERLAYS
from assistant.errors import InUse, SourceError
from assistant.indexing.manifest import fsync_path

_ROOM = ".release"
_LOCK_TIMEOUT_S = 0.4  # whoever comes second is told within two seconds, the start of the program included


@contextmanager
def sole_writer(corpus: Path) -> Iterator[Path]:
    """Hold the right to change `corpus`; gives an empty staging folder that is gone afterwards.

    Raises:
        SourceError: the folder is missing or not writable.
        InUse: another process holds it; its id is named.
    """
    from filelock import FileLock, Timeout

    room = corpus / _ROOM
    if not corpus.is_dir():
        raise SourceError(f"{corpus} 不是文件夹，请检查路径或设置 ASSISTANT_CORPUS_DIR", path=corpus)
    try:
        room.mkdir(exist_ok=True)
        lock = FileLock(room / "lock")
        lock.acquire(timeout=_LOCK_TIMEOUT_S)
    except Timeout as exc:
        raise InUse(f"另一个进程（进程号 {_holder(room)}）正在更改文件库，请等它结束后再试。") from exc
    except OSError as exc:
        raise SourceError(f"{corpus} 无法写入（{exc.strerror}），请检查目录权限", path=corpus) from exc
    staging = room / "staging"
    try:
        (room / "pid").write_text(f"{os.getpid()}\n", encoding="ascii")
        recover(corpus)
        staging.mkdir()
        yield staging
    except OSError as exc:
        raise SourceError(
            f"{corpus} 无法读写（{exc.strerror}），未作任何改动，请检查磁盘空间和权限", path=corpus
        ) from exc
    finally:
        if not (staging / MANIFEST).exists():  # else the next writer finishes it
            shutil.rmtree(staging, ignore_errors=True)
        (room / "pid").unlink(missing_ok=True)
        lock.release()


def recover(corpus_dir: Path) -> None:
    """Finish what a killed process left: forward past the point of no return, else back."""
    staging = corpus_dir / _ROOM / "staging"
    if (staging / MANIFEST).exists():
        _finish(corpus_dir, staging)
    shutil.rmtree(staging, ignore_errors=True)


def commit(corpus: Path, staging: Path, manifest: str, gone: frozenset[str], *, statutes: str | None = None) -> None:
    """Write down what will be, then make it so.

    Args:
        manifest: the whole text of the corpus's manifest.
        gone: the files that go, each by its place in the corpus.
        statutes: that of the manifest in the folder for statutes; `None` leaves it as it is.
    """
    try:
        if statutes is not None:
            (staging / STATUTES).mkdir(exist_ok=True)
            (staging / STATUTES / MANIFEST).write_text(statutes, encoding="utf-8")
        for folder, _ in _homes(corpus, staging):
            for path in sorted(folder.iterdir()):
                path.chmod(0o644)
                fsync_path(path)
        (staging / "gone").write_text("".join(f"{name}\n" for name in sorted(gone)), encoding="utf-8")
        part = staging / f"{MANIFEST}.part"
        part.write_text(manifest, encoding="utf-8", newline="")
        for path in (staging / "gone", part, staging):
            fsync_path(path)
        part.replace(staging / MANIFEST)
        fsync_path(staging)
        _finish(corpus, staging)
    except OSError as exc:
        raise SourceError(f"{corpus} 无法写入（{exc.strerror}），请检查磁盘空间和目录权限后重试", path=corpus) from exc


def _finish(corpus: Path, staging: Path) -> None:
    """Move what lies in staging into place; may be begun again after a crash at any point."""
    for folder, home in _homes(corpus, staging):
        home.mkdir(exist_ok=True)
        for path in sorted(folder.iterdir()):
            path.replace(home / path.name)
        fsync_path(home)
    for name in (staging / "gone").read_text(encoding="utf-8").splitlines():
        (corpus / name).unlink(missing_ok=True)
    (staging / MANIFEST).replace(corpus / MANIFEST)
    fsync_path(corpus)


def _homes(corpus: Path, staging: Path) -> list[tuple[Path, Path]]:
    """Each folder of staged files, and where its files go."""
    apart = ((staging / name, corpus / name) for name in (STATUTES, OVERLAYS))
    pairs = ((staging / "files", corpus), *apart)
    return [pair for pair in pairs if pair[0].is_dir()]


def _holder(room: Path) -> str:
    try:
        text = (room / "pid").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return "未知"
    return text if text.isdigit() else "未知"
