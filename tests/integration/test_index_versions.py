"""An index of an older or newer version of the program is refused with the command to run; a build makes it good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_generations import make_document

from assistant.errors import IndexStale
from assistant.indexing.build import BuildReport, build_index
from assistant.indexing.generations import list_generations
from assistant.indexing.library import open_library
from assistant.models.standins import HashingEmbedder
from assistant.text.segment import Segmenter


def _build(indexes: Path, name: str = "办法") -> BuildReport:
    return build_index([make_document(name)], indexes_dir=indexes, embedder=HashingEmbedder(64), segmenter=Segmenter())


def _rewrite(folder: Path, **fields: Any) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | fields), encoding="utf-8")


@pytest.mark.parametrize(
    "fields",
    [{"schema_version": "1-00000000"}, {"schema_version": "99-ffffffff"}, {"schema_version": "99", "shards": [1]}],
    ids=["older", "newer", "newer with fields of its own"],
)
def test_another_version_is_told_and_built_anew(tmp_path: Path, fields: dict[str, Any]) -> None:
    _build(tmp_path, "旧法")  # whole and of this version: it must not be served in place of the newer
    folder = _build(tmp_path).folder
    _rewrite(folder, fingerprint="0" * 64, **fields)  # the form is part of a fingerprint
    with pytest.raises(IndexStale, match=r"python -m assistant index build") as caught:
        open_library(tmp_path, embedder=HashingEmbedder(64), segmenter=Segmenter())
    assert fields["schema_version"] in caught.value.message
    assert _build(tmp_path).built
    library = open_library(tmp_path, embedder=HashingEmbedder(64), segmenter=Segmenter())
    assert [meta.id for meta in library.documents] == ["办法"]
    assert library.degraded == ()
    library.close()
    assert list_generations(tmp_path)[0].current
