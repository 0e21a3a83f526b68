"""What a person has to look at before a document is relied on, and which of it needs a word of approval.

A doubt is a warning 「code：words」. Those of `NEED_APPROVAL` keep a file out until somebody has looked at it
and adds it with --approve: a text that was hardly read, or that orders a machine about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.safety.intrusions import fold_hidden, orders_about
from assistant.schema.document import Document
from assistant.text.folding import flow
from assistant.text.sentences import sentence_spans

ONLY_TITLE, NO_ARTICLE, OUTSIDE, ORDERS = "only_title", "no_article", "outside_tree", "machine_orders"
NEED_APPROVAL = frozenset({ONLY_TITLE, NO_ARTICLE, OUTSIDE, ORDERS})
_UNSEEN = "\ufeff\u200b"
_SHOWN, _SHOWN_CHARS = 3, 40


def doubts(document: Document) -> tuple[str, ...]:
    """Every warning on `document`: those of its reading, text outside its tree, orders to machines."""
    return (*document.warnings, *_outside(document), *_orders(document))


def needing_approval(warnings: Iterable[str]) -> tuple[str, ...]:
    """The codes among `warnings` that keep a file out until a person approves it, in order, each once."""
    codes = (warning.partition("：")[0] for warning in warnings)
    return tuple(dict.fromkeys(code for code in codes if code in NEED_APPROVAL))


def _outside(document: Document) -> Iterator[str]:
    """The words that lie in no leaf, with the first of them."""
    left = [piece for start, end in _gaps(document) if (piece := _seen(document.text[start:end]))]
    if left:
        count = sum(len("".join(piece.split())) for piece in left)
        yield f"{OUTSIDE}：有 {count} 个字没有归入任何条款（{_quoted(left)}），请核对原文"


def _gaps(document: Document) -> Iterator[tuple[int, int]]:
    at = 0
    for root in document.clauses:
        for leaf in root.leaves():
            if leaf.span.start > at:
                yield at, leaf.span.start
            at = max(at, leaf.span.end)
    yield at, len(document.text)


def _seen(text: str) -> str:
    return " ".join("".join(char for char in text if char not in _UNSEEN).split())


def _orders(document: Document) -> Iterator[str]:
    """The sentences that speak to whoever answers, a machine; they stay in the text and are never quoted."""
    found = list(_ordering(document))
    if found:
        said = "；".join(f"{address}：“{_cut(words)}”" for address, words in found[:_SHOWN])
        yield f"{ORDERS}：有 {len(found)} 句像是写给机器的指令，不会被引用（{said}），请核对来源"


def _ordering(document: Document) -> Iterator[tuple[str, str]]:
    if orders_about(fold_hidden(document.meta.title)):
        yield "标题", document.meta.title
    for root in document.clauses:
        for leaf in root.leaves():
            for piece in sentence_spans(leaf.text):
                words = flow(leaf.text[piece.start : piece.end]).strip()
                if words and words != document.meta.title and orders_about(fold_hidden(words)):
                    yield leaf.address, words


def _quoted(pieces: list[str]) -> str:
    return "、".join(f"“{_cut(piece)}”" for piece in pieces[:_SHOWN])


def _cut(words: str) -> str:
    return words if len(words) <= _SHOWN_CHARS else words[: _SHOWN_CHARS - 1] + "…"
