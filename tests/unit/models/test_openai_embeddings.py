"""Every way in which an endpoint can fail, over a local server that follows a script."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from assistant.errors import ModelError, ModelOutputInvalid, ModelTimeout, ModelUnavailable, SettingsError
from assistant.models.openai_embeddings import OpenAIEmbedder, Sending

KEY = "sk-secret-0123456789"


@dataclass
class Reply:
    """What the server does with one request."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    stall: bool = False  # no answer until the test is over
    drip: bool = False  # one byte at a time, without end


class Scripted(ThreadingHTTPServer):
    """Follows `script`, its last line for ever, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[Reply] = []
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the script."""


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = len(self.server.asked)
        self.server.asked.append((self.path, dict(self.headers), body))
        reply = self.server.script[min(number, len(self.server.script) - 1)]
        if reply.stall:
            self.server.over.wait(30)
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.drip:
            self._drip()
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.wfile.write(content)

    def _drip(self) -> None:
        while not self.server.over.wait(0.02):
            self.wfile.write(b" ")
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as scripted:
        thread = threading.Thread(target=scripted.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield scripted
        scripted.over.set()
        scripted.shutdown()
        thread.join()


def _client(url: str, **options: Any) -> OpenAIEmbedder:
    sent: dict[str, Any] = {"retry_pause_s": 0.0}
    sent |= {name: options.pop(name) for name in ("batch_size", "query_prefix") if name in options}
    sending = Sending(**sent)
    return OpenAIEmbedder(url, "some-model", sending=sending, **({"timeout_s": 5.0} | options))


def _good(*vectors: list[float]) -> Reply:
    return Reply(body={"object": "list", "data": [{"index": i, "embedding": v} for i, v in enumerate(vectors)]})


def _fault(server: Scripted, *script: Reply, **options: Any) -> ModelError:
    server.script = list(script)
    with _client(server.url, api_key=KEY, **options) as client, pytest.raises(ModelError) as caught:
        client.embed_queries(["秘密的问题"])
    assert KEY not in str(caught.value)
    assert "秘密的问题" not in str(caught.value)
    return caught.value


def test_rows_are_put_in_order_and_normalised(server: Scripted) -> None:
    data = [{"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [3, 4]}]
    server.script = [Reply(body={"data": data})]
    with _client(server.url) as client:
        vectors = client.embed_documents(["甲", "乙"])
    assert vectors.dtype == np.float32
    assert np.allclose(vectors, [[0.6, 0.8], [0.0, 1.0]])


def test_prefixes_batches_blanks_and_broken_characters(server: Scripted) -> None:
    server.script = [_good([1, 0], [1, 0]), _good([1, 0])]
    with _client(server.url, batch_size=2, query_prefix="问：") as client:
        client.embed_queries(["甲\0乙", "\ud800", "丙"])
        client.embed_documents(["  "])
    inputs = [body["input"] for _, _, body in server.asked]
    assert inputs == [["问：甲 乙", "问： "], ["问：丙"], ["。"]]
    assert {(path, body["model"]) for path, _, body in server.asked} == {("/v1/embeddings", "some-model")}


def test_the_key_travels_in_the_header_and_nowhere_else(server: Scripted) -> None:
    server.script = [_good([1, 0])]
    with _client(server.url, api_key=SecretStr(KEY)) as client:
        client.embed_queries(["问"])
        shown = repr(client) + client.id + str(vars(client))
    assert server.asked[0][1]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in shown


def test_no_key_no_header(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.script = [_good([1, 0])]
    with _client(server.url) as client:
        client.embed_queries(["问"])
    assert "Authorization" not in server.asked[0][1]


def test_proxies_of_the_environment_are_not_used(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.script = [_good([1, 0])]
    with _client(server.url) as client:
        assert client.embed_queries(["问"]).shape == (1, 2)


def test_dimension_and_no_texts_cost_one_request(server: Scripted) -> None:
    server.script = [_good([1, 0, 0])]
    with _client(server.url) as client:
        assert client.embed_queries([]).shape == (0, 3)
        assert client.dimension == 3
    assert len(server.asked) == 1


def test_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with _client(f"http://127.0.0.1:{port}/v1") as client, pytest.raises(ModelUnavailable, match="无法连接") as caught:
        client.embed_queries(["问"])
    assert caught.value.retryable


def test_stalled(server: Scripted) -> None:
    fault = _fault(server, Reply(stall=True), timeout_s=0.2)
    assert isinstance(fault, ModelTimeout)
    assert len(server.asked) == 1


def test_dripping_for_ever(server: Scripted) -> None:
    assert isinstance(_fault(server, Reply(drip=True), timeout_s=0.3), ModelTimeout)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_busy_is_tried_once_more(server: Scripted, status: int) -> None:
    server.script = [Reply(status=status), _good([1, 0])]
    with _client(server.url) as client:
        assert client.embed_queries(["问"]).shape == (1, 2)
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_busy_twice_is_given_up(server: Scripted, status: int) -> None:
    fault = _fault(server, Reply(status=status, headers={"Retry-After": "0"}, body={"error": KEY}))
    assert isinstance(fault, ModelUnavailable)
    assert fault.retryable
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "word"), [(400, "BATCH_SIZE"), (401, "API_KEY"), (403, "API_KEY"), (404, "BASE_URL"), (422, "MODEL")]
)
def test_a_refusal_is_final_and_says_what_to_check(server: Scripted, status: int, word: str) -> None:
    fault = _fault(server, Reply(status=status, body={"error": {"message": f"秘密的问题 {KEY}"}}))
    assert isinstance(fault, ModelUnavailable)
    assert word in fault.message
    assert not fault.retryable
    assert len(server.asked) == 1


def test_a_redirect_is_not_followed(server: Scripted) -> None:
    fault = _fault(server, Reply(status=307, headers={"Location": f"{server.url}/elsewhere"}))
    assert isinstance(fault, ModelUnavailable)
    assert [path for path, _, _ in server.asked] == ["/v1/embeddings"]


def _data(*items: Any) -> Reply:
    return Reply(body={"data": list(items)})


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>login</html>"),
        Reply(body=b""),
        Reply(body=b"[" * 100_000),
        Reply(body=[]),
        Reply(body={"data": 3}),
        Reply(body={"data": [3]}),
        Reply(body=b"\xff\xfe\x00"),
        Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
        _data(),
        _data({"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1]}),
        _data({"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}),
        _data({"index": 7, "embedding": [1]}),
        _data({"embedding": [1]}),
        _data({"index": [], "embedding": [1]}),
        _data({"index": 0, "embedding": [float("nan"), 1]}),
        _data({"index": 0, "embedding": "AACAPw=="}),
        _data({"index": 0, "embedding": []}),
        _data({"index": 0, "embedding": [0, 0]}),
    ],
)
def test_garbage(server: Scripted, reply: Reply) -> None:
    assert isinstance(_fault(server, reply), ModelOutputInvalid)


def test_an_endless_answer_is_cut_off(server: Scripted) -> None:
    valid = json.dumps(_good([1, 0]).body).encode()
    fault = _fault(server, Reply(body=valid + b" " * 3_000_000))
    assert isinstance(fault, ModelOutputInvalid)
    assert "过大" in fault.message


def test_a_changed_dimension(server: Scripted) -> None:
    server.script = [_good([1, 0]), _good([1, 0, 0])]
    with _client(server.url) as client:
        client.embed_queries(["问"])
        with pytest.raises(ModelOutputInvalid, match="3 维"):
            client.embed_queries(["问"])


def test_closed(server: Scripted) -> None:
    client = _client(server.url)
    client.close()
    client.close()
    with pytest.raises(ModelUnavailable, match="已关闭"):
        client.embed_queries(["问"])


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000/v1", "ftp://a/v1", "http://", "http://u:p@a/v1", "http://a/v1?key=1", "http://a:b/v1"]
)
def test_a_wrong_address_names_its_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="ASSISTANT_EMBEDDER__BASE_URL"):
        OpenAIEmbedder(url, "m")


@pytest.mark.parametrize("key", ["钥匙串", "a b", "a\nb"])
def test_a_broken_key_names_its_setting(key: str) -> None:
    with pytest.raises(SettingsError, match="ASSISTANT_EMBEDDER__API_KEY") as caught:
        OpenAIEmbedder("http://127.0.0.1/v1", "m", api_key=key)
    assert key not in caught.value.message


def test_the_id_tells_endpoints_and_prefixes_apart() -> None:
    def made(url: str = "http://a/v1", **sending: Any) -> str:
        with OpenAIEmbedder(url, "m", sending=Sending(**sending)) as client:
            return client.id

    assert made() == made("http://a/v1/")
    assert len({made(), made("http://b/v1"), made(query_prefix="x"), made(document_prefix="x")}) == 4
