"""Generations side by side in one folder, and the pointer to the one that is served.

indexes/
  CURRENT               two lines: the folder served, the folder served before it (may be missing)
  3f0c…9a/              a finished generation; never written to again
  .build-…/             one being built; whatever is left of it after a crash goes with the next build
  .build.lock .build.pid    held by the one writer; the kernel frees the lock when that process ends
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from assistant.errors import IndexDamaged, IndexNotBuilt, IndexStoreError, InUse, NotFoundError, NothingEarlier
from assistant.indexing.manifest import damaged_files, fsync_path, read_manifest

CURRENT = "CURRENT"
BUILD_PREFIX = ".build-"
_LOCK, _PID = ".build.lock", ".build.pid"
_LOCK_TIMEOUT_S = 0.4  # whoever comes second is told within two seconds, the start of the program included
_NAME = re.compile(r"[0-9a-f]{16}(?:-[0-9]{1,4})?")  # 3f0c5a1b2c3d4e5f, 3f0c5a1b2c3d4e5f-2 after a forced rebuild


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationInfo:
    """A finished generation on disk."""

    name: str
    folder: Path
    fingerprint: str
    embedder_id: str
    built_at: datetime
    documents: int
    clauses: int
    chunks: int
    current: bool


def current_folder(indexes_dir: Path) -> Path:
    """The folder of the generation that is served.

    Raises:
        IndexNotBuilt: nothing was built yet.
        IndexDamaged: the pointer cannot be read, or names a folder that is gone.
    """
    current, _ = _read_pointer(indexes_dir)
    if current is None:
        raise IndexNotBuilt(f"还没有建立索引（{indexes_dir}）。请运行 make run 或 python -m assistant index build。")
    folder = indexes_dir / current
    if not folder.is_dir():
        raise IndexDamaged(
            f"索引文件夹 {folder} 不见了。请运行 python -m assistant index build 重建，"
            "或运行 python -m assistant index rollback 退回上一版。"
        )
    return folder


def previous_folder(indexes_dir: Path) -> Path | None:
    """The folder of the generation served before the one that CURRENT names, where it is still there."""
    previous = _pointer_or_nothing(indexes_dir)[1]
    folder = indexes_dir / previous if previous else None
    return folder if folder is not None and folder.is_dir() else None


def current_name(indexes_dir: Path) -> str | None:
    """The name of the folder of the generation to serve; `None` where there is none, or it cannot be told."""
    name = _pointer_or_nothing(indexes_dir)[0]
    return name if name and (indexes_dir / name).is_dir() else None


def list_generations(indexes_dir: Path) -> tuple[GenerationInfo, ...]:
    """Every generation whose manifest can be read, the newest first."""
    current = _pointer_or_nothing(indexes_dir)[0]
    folders = [path for path in indexes_dir.glob("*") if path.is_dir() and _NAME.fullmatch(path.name)]
    found = [info for info in (_info(folder, current) for folder in folders) if info]
    return tuple(sorted(found, key=lambda info: (info.built_at, info.name), reverse=True))


def rollback(indexes_dir: Path) -> GenerationInfo:
    """Serve the generation served before this one. A second rollback undoes the first.

    Raises:
        IndexStoreError: there is no earlier generation, it is damaged, or a build is under way.
    """
    with single_writer(indexes_dir):
        current, previous = _pointer_or_nothing(indexes_dir)
        folder = indexes_dir / previous if previous else None
        if folder is None or not folder.is_dir():
            raise NothingEarlier("没有可以退回的上一版索引。请运行 python -m assistant index build 建立新的索引。")
        damaged = damaged_files(folder, read_manifest(folder))
        if damaged:
            raise IndexDamaged(
                f"上一版索引 {folder} 已损坏（{damaged[0]}），未作切换。请运行 python -m assistant index build。"
            )
        _write_pointer(indexes_dir, folder.name, current)
        info = _info(folder, folder.name)
    if info is None:
        raise IndexDamaged(f"上一版索引 {folder} 无法读取。请运行 python -m assistant index build。")
    return info


def serve(indexes_dir: Path, name: str) -> GenerationInfo:
    """Serve another generation that is on disk. The one served until now is the one a rollback goes back to.

    Raises:
        NotFoundError: there is none of that name.
        IndexStoreError: it is damaged, or a build is under way.
    """
    with single_writer(indexes_dir):
        known = {info.name: info for info in list_generations(indexes_dir)}
        if name not in known:
            raise NotFoundError("没有这一版索引，请先查看索引清单。")
        if _is_damaged(indexes_dir / name):
            raise IndexDamaged("这一版索引已损坏，未作切换。请运行 python -m assistant index build。")
        if not known[name].current:
            switch_to(indexes_dir, name)
        return replace(known[name], current=True)


def take_over(indexes_dir: Path, folder: Path, fingerprint: str) -> str:
    """The name under which a finished generation that lies elsewhere on this disk can be served. For the single writer.

    Raises:
        IndexDamaged: it is gone, or not what it was.
    """
    if (there := find_generation(indexes_dir, fingerprint)) is not None:
        return there.name
    if not folder.is_dir() or _is_damaged(folder) or read_manifest(folder).fingerprint != fingerprint:
        raise IndexDamaged("准备好的索引不见了或已损坏，什么都没有改变。请重新预览。")
    name = free_name(indexes_dir, fingerprint)
    folder.rename(indexes_dir / name)
    fsync_path(indexes_dir)
    return name


def switch_to(indexes_dir: Path, name: str) -> None:
    """Serve generation `name` from now on, all at once. For the single writer.

    The one served until now is kept for a rollback, or, if it is damaged, the one before it.
    """
    others = [other for other in _pointer_or_nothing(indexes_dir) if other and other != name]
    _write_pointer(indexes_dir, name, next((o for o in others if not _is_damaged(indexes_dir / o)), None))


def free_name(indexes_dir: Path, fingerprint: str) -> str:
    """A folder name for `fingerprint` that is not taken yet."""
    short = fingerprint[:16]
    names = (short, *(f"{short}-{number}" for number in range(2, 10_000)))
    return next(name for name in names if not (indexes_dir / name).exists())


def find_generation(indexes_dir: Path, fingerprint: str) -> GenerationInfo | None:
    """The newest whole generation of `fingerprint`; the served one, if it is one of them."""
    same = [info for info in list_generations(indexes_dir) if info.fingerprint == fingerprint]
    whole = (info for info in sorted(same, key=lambda i: not i.current) if not _is_damaged(info.folder))
    return next(whole, None)


def remove_leftovers(indexes_dir: Path) -> None:
    """Remove builds that were never finished. For the single writer."""
    for folder in indexes_dir.glob(f"{BUILD_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


def remove_old(indexes_dir: Path) -> None:
    """Remove every generation but the served one and the one before it. For the single writer.

    A process that still serves a removed one is not hurt: it works on open files and on its own copy.
    """
    kept = set(_pointer_or_nothing(indexes_dir))
    for folder in indexes_dir.glob("*"):
        if folder.is_dir() and _NAME.fullmatch(folder.name) and folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def single_writer(indexes_dir: Path) -> Iterator[None]:
    """Hold the right to change `indexes_dir`.

    Raises:
        IndexStoreError: another process holds it (its id is named), or the folder is not writable.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(indexes_dir / _LOCK)
    try:
        indexes_dir.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_LOCK_TIMEOUT_S)
    except Timeout as exc:
        raise InUse(f"另一个进程（进程号 {_holder(indexes_dir)}）正在建立索引，请等它结束后再试。") from exc
    except OSError as exc:
        raise IndexStoreError(f"索引目录 {indexes_dir} 无法写入（{exc.strerror}）。请检查目录权限。") from exc
    try:
        (indexes_dir / _PID).write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
    finally:
        (indexes_dir / _PID).unlink(missing_ok=True)
        lock.release()


def _holder(indexes_dir: Path) -> str:
    try:
        text = (indexes_dir / _PID).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return "未知"
    return text if text.isdigit() else "未知"


def _read_pointer(indexes_dir: Path) -> tuple[str | None, str | None]:
    pointer = indexes_dir / CURRENT
    try:
        lines = pointer.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return None, None
    except (OSError, UnicodeDecodeError) as exc:
        raise _bad_pointer(pointer) from exc
    if not 1 <= len(lines) <= 2 or not all(_NAME.fullmatch(line) for line in lines):
        raise _bad_pointer(pointer)
    return lines[0], lines[1] if len(lines) == 2 else None


def _bad_pointer(pointer: Path) -> IndexDamaged:
    return IndexDamaged(f"索引指针 {pointer} 已损坏。请运行 python -m assistant index build 重建。")


def _pointer_or_nothing(indexes_dir: Path) -> tuple[str | None, str | None]:
    try:
        return _read_pointer(indexes_dir)
    except IndexDamaged:  # a build mends it; only serving has to stop for it
        return None, None


def _write_pointer(indexes_dir: Path, current: str, previous: str | None) -> None:
    part = indexes_dir / f"{CURRENT}.part"
    try:
        part.write_text("".join(f"{name}\n" for name in (current, previous) if name), encoding="ascii")
        fsync_path(part)
        part.replace(indexes_dir / CURRENT)
        fsync_path(indexes_dir)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise IndexStoreError(
            f"索引指针 {indexes_dir / CURRENT} 无法写入（{exc.strerror}），未作切换。请腾出空间或检查权限后重试。"
        ) from exc


def _info(folder: Path, current: str | None) -> GenerationInfo | None:
    try:
        manifest = read_manifest(folder)
    except IndexDamaged:
        return None
    return GenerationInfo(
        name=folder.name,
        folder=folder,
        fingerprint=manifest.fingerprint,
        embedder_id=manifest.embedder_id,
        built_at=manifest.built_at,
        documents=manifest.documents,
        clauses=manifest.clauses,
        chunks=manifest.chunks,
        current=folder.name == current,
    )


def _is_damaged(folder: Path) -> bool:
    try:
        return bool(damaged_files(folder, read_manifest(folder)))
    except IndexDamaged:
        return True
