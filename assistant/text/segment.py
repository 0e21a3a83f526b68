"""Texts cut into words and into characters, for counting.

Questions and clauses pass the same cutter, so a word cut wrongly is cut wrongly on both sides
and still matches. For the same reason jieba's guesses at unknown words (its HMM) stay off: they
look at the neighbours, which differ between a question and the clause that settles it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistant.text.folding import fold

_log = logging.getLogger(__name__)
_VERSION = 1  # raise it when the same terms would be cut in another way
_TERMS_FILE = "policy_terms.txt"
_LONGEST_SUBWORD = 3  # jieba's search mode goes no further; longer ones come from our lexicon alone
# Latin words and numbers stay whole; everything else is Han: lpr, 利率, 3.85 in "lpr利率3.85%".
_RUN = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*|[^\W_a-z0-9]+")
_GRAM = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*|[^\W_a-z0-9]")


class Segmenter:
    """Cuts folded text into words by jieba and a lexicon of its own.

    Args:
        terms: words that must stay whole; their shorter words are found too.
        cache_dir: where jieba may keep its dictionary in compiled form, which saves half a second
            at start. Never the shared temp folder: another user could place a file there.
    """

    def __init__(self, terms: Sequence[str] = (), *, cache_dir: Path | None = None) -> None:
        self._terms = frozenset(folded for folded in (fold(term).strip() for term in terms) if folded)
        self._cache_dir = cache_dir

    def words(self, text: str) -> list[str]:
        """Words of `text` in its order, repeats included: folded, without punctuation and blanks.

        A long word follows the shorter words within it: 小微企业 gives 小微, 企业, 小微企业.
        """
        return [word for run in _RUN.findall(fold(text)) for word in self._words_of_run(run)]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 in hex over everything that decides how a text is cut."""
        parts = (f"segmenter {_VERSION}", f"jieba {version('jieba')}", *sorted(self._terms))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @cached_property
    def _cutter(self) -> Any:
        import jieba

        jieba.setLogLevel(logging.WARNING)
        cutter = jieba.Tokenizer()
        cutter.FREQ, cutter.total = _frequencies(cutter, self._cache_dir)
        cutter.initialized = True  # or jieba would keep its own cache, in the shared temp folder
        for term in sorted(self._terms):
            cutter.add_word(term)
        return cutter

    def _words_of_run(self, run: str) -> Iterator[str]:
        if run[0].isascii():
            yield run
            return
        for word in self._cutter.cut(run, HMM=False):
            yield from self._parts(word)

    def _parts(self, word: str) -> Iterator[str]:
        for size in range(2, len(word)):
            for start in range(len(word) - size + 1):
                part = word[start : start + size]
                known = self._cutter.FREQ.get(part) if size <= _LONGEST_SUBWORD else part in self._terms
                if known:
                    yield part
        yield word


def char_grams(text: str) -> list[str]:
    """Folded characters and pairs of neighbours; a run of Latin letters or digits is one token.

    >>> char_grams("LPR利率，1000万")
    ['lpr', '利', '率', '利率', '1000', '万']
    """
    grams: list[str] = []
    before: re.Match[str] | None = None
    for match in _GRAM.finditer(fold(text)):
        grams.append(match[0])
        if before and before.end() == match.start() and not (before[0].isascii() or match[0].isascii()):
            grams.append(before[0] + match[0])
        before = match
    return grams


def pairs_of(text: str) -> frozenset[str]:
    """Every two neighbouring characters of `text`, just as they stand.

    >>> sorted(pairs_of("续贷款"))
    ['续贷', '贷款']
    """
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


def terms_in(text: str) -> tuple[str, ...]:
    """The terms of the lexicon that stand in `text`, in the order of the lexicon."""
    return tuple(term for term in policy_terms() if term in text)


@lru_cache(maxsize=1)
def policy_terms() -> tuple[str, ...]:
    """The lexicon of policy and institution terms, in the order of its file."""
    lines = resources.files("assistant").joinpath("data", _TERMS_FILE).read_text(encoding="utf-8").splitlines()
    return tuple(term for term in (line.partition("#")[0].strip() for line in lines) if term)


def _frequencies(cutter: Any, cache_dir: Path | None) -> tuple[dict[str, int], int]:
    """How often each word of jieba's dictionary occurs, prefixes of words included with 0, and their sum.

    The cache is JSON: it reads twice as fast as jieba's own and, unlike that, cannot harm when damaged.
    """
    cache = cache_dir / f"jieba-{version('jieba')}.json" if cache_dir else None
    kept = _read_frequencies(cache) if cache else None
    if kept:
        return kept
    frequencies, total = cutter.gen_pfdict(cutter.get_dict_file())
    if cache:
        _write_frequencies(cache, frequencies, total)
    return frequencies, total


def _read_frequencies(cache: Path) -> tuple[dict[str, int], int] | None:
    try:
        frequencies, total = json.loads(cache.read_bytes())
        whole = total >= sum(frequencies.values()) > 0
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return (frequencies, total) if whole else None


def _write_frequencies(cache: Path, frequencies: dict[str, int], total: int) -> None:
    try:
        cache.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=cache.parent, delete=False, encoding="utf-8") as part:
            json.dump([frequencies, total], part, ensure_ascii=False)
        Path(part.name).replace(cache)
    except OSError as exc:  # a full or read-only disk costs half a second at the next start, nothing else
        _log.warning("分词词典缓存未能写入：%s", exc.strerror)
