"""All pieces of the vocabulary in a fraction of the memory that the `tokenizers` library takes for them.

For the few texts with characters that the common pieces lack: an emoji in one question should not cost a quarter of
a gigabyte for as long as the process lives. Slower than the library, and the same, number for number: the library's
own way of looking for the best path is followed step by step, in the same order and with the same sums.
"""

from __future__ import annotations

import json
import re
from array import array
from functools import lru_cache
from pathlib import Path

_PIECE = re.compile(rb'\["((?:[^"\\]|\\.)*)",(-?[0-9.eE+-]+)\]')
_UNK_ID = re.compile(rb'"unk_id":(\d+)')
_PENALTY = 10.0  # an unknown character costs so much more than the worst piece


class SlimPieces:
    """The pieces of a tokenizer file.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is damaged.
    """

    def __init__(self, file: Path) -> None:
        from tokenizers import pre_tokenizers

        held = file.read_bytes()
        unknown = _UNK_ID.search(held)
        if unknown is None or not held.rstrip().endswith(b"}"):
            raise ValueError("no whole tokenizer")
        self._unknown = int(unknown.group(1))
        # No step here is long and uninterrupted (as sorting all of them would be): other threads go on meanwhile.
        self._numbers: dict[str, int] = {}
        self._scores = array("d")
        for found in _PIECE.finditer(held):
            self._numbers[_text(found.group(1))] = len(self._scores)
            self._scores.append(float(found.group(2)))
        if not self._unknown < len(self._scores):
            raise ValueError("no whole tokenizer")
        self._longest = max(map(len, self._numbers))
        self._unknown_score = min(self._scores) - _PENALTY
        self._words = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")

    def cut(self, text: str) -> list[int]:
        """Numbers of the pieces of `text`; one unknown piece for each character that no piece holds."""
        return [number for word, _ in self._words.pre_tokenize_str(text) for number in self._best(word)]

    def _best(self, word: str) -> list[int]:
        size = len(word)
        scores = [0.0] * (size + 1)  # of the best path to each place
        came: list[tuple[int, int] | None] = [None] * (size + 1)  # whence, and by which piece
        for start in range(size):
            single = False
            for end in range(start + 1, min(start + self._longest, size) + 1):
                number = self._numbers.get(word[start:end])
                if number is None:
                    continue
                total = self._scores[number] + scores[start]
                single = single or end == start + 1
                if came[end] is None or total > scores[end]:
                    scores[end], came[end] = total, (start, number)
            total = self._unknown_score + scores[start]
            if not single and (came[start + 1] is None or total > scores[start + 1]):
                scores[start + 1], came[start + 1] = total, (start, self._unknown)
        return _path(came)


def _path(came: list[tuple[int, int] | None]) -> list[int]:
    numbers, place = [], len(came) - 1
    while (step := came[place]) is not None and place:
        place, number = step
        numbers.append(number)
    return numbers[::-1]


def _text(raw: bytes) -> str:
    return str(json.loads(b'"' + raw + b'"')) if b"\\" in raw else raw.decode("utf-8")


def slim_pieces(file: Path) -> SlimPieces:
    """The pieces of `file`, held once however many ask. Raises as `SlimPieces`."""
    about = file.stat()
    return _held(file, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=2)
def _held(file: Path, _: int, __: int) -> SlimPieces:
    return SlimPieces(file)
