"""A statement, told truly in several ways."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from assistant.evaluation.generated_claims.citing import told
from assistant.evaluation.generated_claims.facts import Fact, day_of
from assistant.proof.verifier import Claim
from assistant.text.numerals import parse_numeral, to_han


def true_variants(fact: Fact, rng: random.Random) -> Iterator[tuple[str, Claim]]:
    """The statement, told truly in several ways."""
    day = day_of(fact.document)
    yield ("item" if fact.item else "whole"), Claim(text=told(fact, fact.words, rng), as_of=day)
    if part := _first_part(fact.words):
        yield "part", Claim(text=told(fact, part, rng), as_of=day)
    if (other := _other_numerals(fact.words)) != fact.words:
        yield "numerals", Claim(text=told(fact, other, rng), as_of=day)
    if (other := _reworded(fact.words, rng)) != fact.words:
        yield "paraphrase", Claim(text=told(fact, other, rng), as_of=day)
    if not fact.item and not re.search(r"[“”]", fact.words):
        yield "quote", Claim(text=told(fact, f"“{fact.words}”", rng), as_of=day)
        yield (
            "fields",
            Claim(text=f"{fact.words}。", doc=fact.document.id, address=fact.unit, as_of=day, quote=fact.words),
        )


def _first_part(words: str) -> str | None:
    """The beginning up to a comma after which the sentence could end."""
    places = [
        m.start()
        for m in re.finditer("[，；]", words)
        if m.start() >= 14 and not words[: m.start()].endswith(("的", "后", "前", "时"))
    ]
    return words[: places[-1]] if places and "：" not in words else None


_COUNTED = re.compile(r"(\d+)(?=个?[年月日天元倍人次周])|([一二三四五六七八九十百]+)(?=个?工?作?[年月日倍人]|万元)")


def _other_numerals(words: str) -> str:
    """30日 for 三十日 and the other way round, 30% for 百分之三十."""

    def turn(match: re.Match[str]) -> str:
        if match[1]:
            value = int(match[1])
            return to_han(value) if 0 < value < 1000 else match[1]
        return str(int(parse_numeral(match[2]) or 0))

    words = re.sub(r"百分之([一二三四五六七八九十]+)", lambda m: f"{int(parse_numeral(m[1]) or 0)}%", words)
    return re.sub(r"(?<![第一二三四五六七八九十百千万\d])" + f"(?:{_COUNTED.pattern})", turn, words)


_REWORDINGS = (
    ("应当", "必须"), ("应当", "应"), ("不得", "不能"), ("不得", "禁止"), ("按照", "依照"), ("依照", "按照"),
    ("或者", "或"), ("有权", "可以"),
    ("严禁", "不得"), ("以及", "和"), ("根据", "依据"), ("之日起", "之日起计算"), ("30日", "30天"), ("的，", "的，则"),
)  # fmt: skip


def _reworded(words: str, rng: random.Random) -> str:
    """One or two words exchanged for others of the same meaning."""
    fitting = [(a, b) for a, b in _REWORDINGS if a in words]
    for old, new in rng.sample(fitting, min(2, len(fitting))):
        words = re.sub(rf"{old}(?!超过|低于|少于|高于)", new, words, count=1)
    return words
