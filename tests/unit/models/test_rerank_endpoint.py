"""Rerank servers of both kinds, well behaved or not, over a local server that follows a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from assistant.errors import ModelError, ModelOutputInvalid, ModelTimeout, ModelUnavailable, SettingsError
from assistant.models.rerank_endpoint import RerankEndpoint

KEY = "sk-secret-0123456789"
PASSAGES = ["续贷", "保险", "宣传"]


@dataclass
class Reply:
    """What the server does with every request."""

    status: int = 200
    body: Any = None
    stall: bool = False


class Scripted(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = Reply()
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))
        reply = self.server.reply
        if reply.stall:
            self.server.over.wait(30)
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.end_headers()
        self.wfile.write(content)

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


def results(*scores: object, name: str = "relevance_score") -> list[dict[str, object]]:
    return [{"index": n, name: score} for n, score in enumerate(scores)]


def test_the_documents_form(server: Scripted) -> None:
    server.reply = Reply(body={"results": results(0.1, 0.9, -2)[::-1]})
    endpoint = RerankEndpoint(f"{server.url}/v1", "bge-reranker", api_key=SecretStr(KEY))
    assert endpoint.score("到期了", PASSAGES) == [0.1, 0.9, -2.0]
    [(path, headers, body)] = server.asked
    assert path == "/v1/rerank"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "bge-reranker",
        "query": "到期了",
        "documents": PASSAGES,
        "top_n": 3,
        "return_documents": False,
    }
    assert KEY not in repr(endpoint) + endpoint.id
    endpoint.close()


def test_the_texts_form(server: Scripted) -> None:
    server.reply = Reply(body=results(0.1, 0.9, 0.2, name="score"))
    assert RerankEndpoint(server.url, "m").score("到期了", PASSAGES) == [0.1, 0.9, 0.2]
    [(path, headers, body)] = server.asked
    assert (path, body) == ("/rerank", {"model": "m", "query": "到期了", "texts": PASSAGES})
    assert "Authorization" not in headers


def test_nothing_is_asked_about_nothing(server: Scripted) -> None:
    assert RerankEndpoint(server.url, "m").score("到期了", []) == []
    assert server.asked == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        None,
        {},
        {"results": None},
        {"results": results(0.1, 0.2)},
        {"results": [*results(0.1, 0.2), {"index": 1, "relevance_score": 0.3}]},
        {"results": results(0.1, 0.2, "0.3")},
        {"results": results(0.1, 0.2, None)},
        {"results": results(0.1, 0.2, True)},
        b'{"results": [{"index": 0, "score": NaN}, {"index": 1, "score": 1}, {"index": 2, "score": 1}]}',
        {"results": [0.1, 0.2, 0.3]},
        {"results": results(0.1, 0.2, 0.3) + results(0.4)},
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_refused(server: Scripted, body: Any) -> None:
    server.reply = Reply(body=body)
    with pytest.raises(ModelOutputInvalid, match="重排服务"):
        RerankEndpoint(f"{server.url}/v1", "m").score("到期了", PASSAGES)


def test_an_endless_answer_is_not_read_to_the_end(server: Scripted) -> None:
    server.reply = Reply(body=b" " * 2_000_000)
    with pytest.raises(ModelOutputInvalid, match="过大"):
        RerankEndpoint(f"{server.url}/v1", "m").score("到期了", PASSAGES)


@pytest.mark.parametrize(
    ("status", "words", "retryable"),
    [
        (401, "ASSISTANT_RERANKER__API_KEY", False),
        (404, "ASSISTANT_RERANKER__BASE_URL", False),
        (302, "ASSISTANT_RERANKER__BASE_URL", False),
        (429, "稍后", True),
        (500, "稍后", True),
    ],
)
def test_a_refusal_says_what_to_do(server: Scripted, status: int, words: str, retryable: bool) -> None:
    server.reply = Reply(status=status, body={"error": "到期了 " + KEY})
    with pytest.raises(ModelUnavailable, match=words) as caught:
        RerankEndpoint(f"{server.url}/v1", "m", api_key=KEY).score("到期了", PASSAGES)
    assert caught.value.retryable is retryable
    assert KEY not in caught.value.message
    assert "到期了" not in caught.value.message
    assert len(server.asked) == 1


def test_a_server_that_stalls_is_left(server: Scripted) -> None:
    server.reply = Reply(stall=True)
    with pytest.raises(ModelTimeout, match="ASSISTANT_RERANKER__TIMEOUT_S"):
        RerankEndpoint(f"{server.url}/v1", "m", timeout_s=0.2).score("到期了", PASSAGES)


def test_a_server_that_is_not_there(server: Scripted) -> None:
    endpoint = RerankEndpoint("http://127.0.0.1:9/v1", "m")
    with pytest.raises(ModelUnavailable, match="无法连接"):
        endpoint.score("到期了", PASSAGES)
    endpoint.close()
    with pytest.raises(ModelError, match="已关闭"):
        endpoint.score("到期了", PASSAGES)


@pytest.mark.parametrize("url", ["", "rerank", "ftp://host/v1", "http://", "http://a:b@host/v1", "http://host/v1?k=1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="ASSISTANT_RERANKER__BASE_URL"):
        RerankEndpoint(url, "m")


@pytest.mark.parametrize("key", ["a b", "a\n", "密钥"])
def test_a_key_that_cannot_be_sent_is_refused(key: str) -> None:
    with pytest.raises(SettingsError, match="ASSISTANT_RERANKER__API_KEY"):
        RerankEndpoint("http://host/v1", "m", api_key=key)
