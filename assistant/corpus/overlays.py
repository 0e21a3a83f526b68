"""Corrections of the trees of documents, beside the corpus's files: `overlays/<file name>.json`.

Each names the bytes it was made for. One made for others is an error that is told, never passed over: what people
corrected would be gone, and nobody would know.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.corpus.manifest import STATUTES
from assistant.errors import AssistantError, UnreadableSource
from assistant.parsing.corrections import MISPLACED, Correction

OVERLAYS = "overlays"  # the folder in a corpus


class _Kept(BaseModel):
    """A file of this kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    sha256: str  # of the source file
    corrections: list[dict[str, str | int]]


def overlay_name(name: str) -> str:
    """The place of the overlay of file `name` in a corpus."""
    return f"{OVERLAYS}/{name}.json"


def overlay_of(path: Path, sha256: str) -> tuple[Correction, ...]:
    """The corrections that lie beside a source file of these bytes; none when it has no overlay.

    Raises:
        UnreadableSource: an overlay that cannot be read, or was made for another file.
    """
    found = _beside(path)
    if found is None:
        return ()
    what = f"{path.name}：{OVERLAYS} 里的校对记录"
    try:
        kept = _Kept.model_validate_json(found.read_bytes())
        corrections = tuple(map(Correction.of, kept.corrections))
    except (OSError, ValidationError, AssistantError) as exc:
        raise UnreadableSource(f"{what}读不出，请从备份恢复，或移走后重新校对", path=path, code=MISPLACED) from exc
    if kept.sha256 != sha256:
        raise UnreadableSource(
            f"{what}属于另一份文件（sha256 不符），请核对；不再需要的，移走后重试", path=path, code=MISPLACED
        )
    return corrections


def write_overlay(corpus: Path, name: str, sha256: str, corrections: Sequence[Correction]) -> Path:
    """Write down the corrections of file `name`; where they lie."""
    path = corpus / overlay_name(name)
    path.parent.mkdir(exist_ok=True)
    kept = {"sha256": sha256, "corrections": [one.json() for one in sorted(corrections, key=lambda one: one.line)]}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def _beside(path: Path) -> Path | None:
    folders = (path.parent, path.parent.parent) if path.parent.name == STATUTES else (path.parent,)
    return next((found for folder in folders if (found := folder / overlay_name(path.name)).is_file()), None)
