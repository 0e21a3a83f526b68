"""A statement with its source, as colleagues write it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from assistant.evaluation.generated_claims.facts import Fact
from assistant.parsing.addresses import bare_title, parse_address
from assistant.schema.document import Document, DocumentKind
from assistant.text.numerals import parse_numeral


def _name(document: Document, rng: random.Random) -> str:
    """How a colleague names the document."""
    title = document.meta.title
    if document.meta.kind is DocumentKind.NOTICE:
        return rng.choice((f"《{title}》", "《通知》", "通知", f"{document.meta.region or ''}2024年小微通知"))
    short = re.sub(r"（[^（）]*节选）$", "", bare_title(title))
    return rng.choice(
        (
            f"《{short}》",
            f"《{short}》",
            short,
            f"《中华人民共和国{short}》" if title.startswith("中华") else f"《{short}》",
        )
    )


def _place(address: str, rng: random.Random) -> str:
    """The address in one of its usual forms."""
    if len(address) == 1:
        return f"第{address}部分"
    if rng.random() < 0.3:
        return re.sub(
            r"第([一二三四五六七八九十百千零]+)(?=[条款])", lambda m: f"第{int(parse_numeral(m[1]) or 0)}", address
        )
    if re.match(r"[一二三四五六]、（", address):
        return rng.choice(
            (
                address,
                address.replace("、（", "（"),
                f"第{address[0]}部分第{address[2:]}项",
                f"第{address[2:]}条" if False else address[2:],
            )
        )
    return address


_FORMS: Sequence[Callable[[str, str], str]] = (
    lambda words, cite: f"{words}（见{cite}）。",
    lambda words, cite: f"{words}（{cite}）。",
    lambda words, cite: f"{cite}规定，{words}。",
    lambda words, cite: f"根据{cite}，{words}。",
    lambda words, cite: f"{cite}：{words}。",
    lambda words, cite: f"{words}——{cite}",
    lambda words, cite: f"按照{cite}的规定，{words}。",
    lambda words, cite: f"{cite}明确：{words}。",
)


def told(fact: Fact, words: str, rng: random.Random, *, cite: str | None = None) -> str:
    address = fact.address if parse_address(fact.address) and rng.random() < 0.5 else fact.unit
    if "段" in address:
        address = fact.unit
    named = cite or f"{_name(fact.document, rng)}{_place(address, rng)}"
    return rng.choice(_FORMS)(words, named)
