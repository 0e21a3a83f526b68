"""How far chosen sentences speak of what a question asks: its words, each weighed by how rare it is.

A near miss shares the everyday words of its neighbour and lacks the one that matters: 「非银行支付机构注册资本
最低多少」 finds the registered capital of commercial banks, and 支付机构 stands nowhere in the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from assistant.question.everyday import asking_words, names_something
from assistant.text.folding import fold, squeeze

_SENTENCE_END = re.compile(r"[\s，。？！、；：,.?!;:“”\"「」《》（）()]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a text's own words an evidence holds."""

    share: float  # of the weight of its words, 0..1; 1 when it has none
    strangest: float  # weight of the heaviest word that is missing, 0..1
    missing: tuple[str, ...]  # heaviest first
    pairs: float  # share of its neighbouring characters, 0..1


def coverage(
    text: str, evidence: str, *, rarity: Callable[[str], Mapping[str, float]], known: Iterable[re.Pattern[str]] = ()
) -> Coverage:
    """How far `evidence` speaks of what `text` names.

    Args:
        rarity: the words of a text, each with its weight from 0 (everywhere) to 1 (nowhere in the library).
        known: wordings that the evidence covers in other words (炒房 where it speaks of 挪用): not looked for.
    """
    asked = fold(text)
    for pattern in known:
        asked = pattern.sub("，", asked)
    held = squeeze(fold(evidence))
    weights = {word: weight for word, weight in rarity(asked).items() if names_something(word)}
    missing = sorted((w for w in weights if w not in held), key=lambda w: (-weights[w], w))
    total = sum(weights.values())
    lost = sum(weights[w] for w in missing)
    return Coverage(
        share=1 - lost / total if total else 1.0,
        strangest=weights[missing[0]] if missing else 0.0,
        missing=tuple(missing),
        pairs=_pairs_held(asked, held),
    )


def _pairs_held(asked: str, held: str) -> float:
    pieces = [piece for piece in _SENTENCE_END.split(asked) if piece]
    pairs = {piece[at : at + 2] for piece in pieces for at in range(len(piece) - 1)} - asking_words()
    return sum(pair in held for pair in pairs) / len(pairs) if pairs else 1.0
