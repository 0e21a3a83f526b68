"""How much the laws of a file of articles lean on each other: a law that many others cite is asked about more.

Read from the articles themselves, as one counts links to a page: no question and no gold article takes part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.evaluation.article_files import Article
from assistant.parsing.addresses import bare_title

_QUOTED = re.compile(r"《([^《》\n]{2,60})》")
# 依照刑法第…条, 按照劳动合同法的规定: names without marks, with words before them that belong to the sentence
_BARE = re.compile(r"([一-龥]{1,16}?(?:法典|法|条例))(?=第[一二三四五六七八九十百千零〇]{1,8}条|的?规定)")
_VERSION = re.compile(r"（[^（）]*）$")  # （试行）, （2018修正）, （一）


def authority(articles: Sequence[Article], laws: NDArray[np.int64], names: Sequence[str]) -> NDArray[np.float32]:
    """For each law a share from 0 to 1: logarithm of how many other laws cite it, by that of the most cited.

    Args:
        laws: for each article the place of its law in `names`.
    """
    by_name = {_plain(name): place for place, name in reversed(list(enumerate(names)))}
    pairs = {
        (int(law), cited)
        for article, law in zip(articles, laws, strict=True)
        for cited in _cited(article.text, by_name)
        if cited != law
    }
    pairs |= {(n, cited) for n, name in enumerate(names) for cited in _cited(name, by_name) if cited != n}
    citing = np.bincount(np.array([cited for _, cited in pairs], dtype=np.int64), minlength=len(names))
    logs = np.log1p(citing.astype(np.float32))
    return np.asarray(logs / max(float(logs.max(initial=0.0)), 1e-9), dtype=np.float32)


def _cited(text: str, by_name: Mapping[str, int]) -> Iterator[int]:
    """Places of the laws that `text` names, with marks or by a bare name in front of 第N条 or 规定."""
    for match in _QUOTED.finditer(text):
        if (place := by_name.get(_plain(match[1]))) is not None:
            yield place
    for match in _BARE.finditer(text):
        words = match[1]
        endings = (by_name.get(words[start:]) for start in range(len(words) - 1))
        if (place := next((p for p in endings if p is not None), None)) is not None:
            yield place


def _plain(name: str) -> str:
    """A name without 中华人民共和国 and without its version."""
    return _VERSION.sub("", bare_title(name))
