"""Connections before a request exists: slow, silent, too large, too many (FAULTS.md R10, R12, R13)."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from serving_fakes import FakeAssistant, eventually, serving

from assistant.serving.guards import BodyLimit
from assistant.serving.http.api import create_api
from assistant.serving.limits.wire_protocol import Connections, WireLimits

HEAD = b"GET /livez HTTP/1.1\r\nHost: x\r\n"


@contextmanager
def server(**limits: Any) -> Iterator[tuple[tuple[str, int], Connections]]:
    counted = Connections()
    app = create_api(FakeAssistant)
    with serving(app, wire=WireLimits(**limits), connections=counted) as url:
        address = httpx.URL(url)
        yield (address.host, address.port or 80), counted


def read_all(connection: socket.socket) -> bytes:
    """Whatever comes until the other side closes."""
    connection.settimeout(20)
    got = b""
    while piece := connection.recv(65536):
        got += piece
    return got


def refused(answer: bytes) -> tuple[int, str]:
    """Status and code of a refusal, whose body is the envelope of every error."""
    head, _, body = answer.partition(b"\r\n\r\n")
    payload = json.loads(body)
    assert set(payload) == {"code", "message", "request_id"}
    assert any("\u4e00" <= char <= "\u9fff" for char in payload["message"])
    assert b"connection: close" in head
    return int(head.split()[1]), payload["code"]


def test_a_silent_socket_is_cut() -> None:
    with server(head_s=0.2) as (address, counted), socket.create_connection(address) as silent:
        assert refused(read_all(silent)) == (408, "request_timeout")
        assert eventually(lambda: counted.open == 0)


def test_a_head_that_drips_is_cut() -> None:
    with server(head_s=0.4) as (address, _), socket.create_connection(address) as slow:
        slow.settimeout(0.05)
        got = b""
        for byte in HEAD * 1000:
            try:
                slow.sendall(bytes([byte]))
                got = slow.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            break
        assert refused(got + read_all(slow)) == (408, "request_timeout")


def test_a_second_head_on_a_kept_connection_has_a_deadline_too() -> None:
    with server(head_s=0.2) as (address, _), socket.create_connection(address) as kept:
        kept.sendall(HEAD + b"\r\n")
        kept.settimeout(20)
        assert b"200 OK" in kept.recv(65536)
        kept.sendall(HEAD)
        answer = read_all(kept)
        assert refused(answer[answer.index(b"HTTP/1.1 408") :]) == (408, "request_timeout")


def test_a_slow_answer_is_no_slow_head() -> None:
    fake = FakeAssistant()
    fake.hold.clear()
    with (
        serving(create_api(lambda: fake), wire=WireLimits(head_s=0.1)) as url,
        httpx.Client(trust_env=False, timeout=20) as client,
        client.stream("POST", f"{url}/api/v1/ask/stream", json={"question": "续贷？"}) as response,
    ):
        lines = response.iter_lines()
        assert any("sources" in line for line in lines)
        time.sleep(0.3)
        fake.hold.set()
        assert any("done" in line for line in lines)


def test_a_client_that_does_not_read_is_cut_and_its_answer_stopped() -> None:
    """R15: an answer is not kept waiting for somebody who leaves it lying."""
    fake, counted = FakeAssistant(endless=True), Connections()
    app = create_api(lambda: fake)
    body = json.dumps({"question": "续贷？"}).encode()
    head = b"POST /api/v1/ask/stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
    with serving(app, wire=WireLimits(unread_s=0.2), connections=counted) as url, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        address = httpx.URL(url)
        deaf.connect((address.host, address.port or 80))
        deaf.sendall(head + str(len(body)).encode() + b"\r\n\r\n" + body)
        fake.quick = True
        assert fake.stopped.wait(60)
        assert eventually(lambda: counted.open == 0)
        assert app.state.desk.taken == 0


def test_a_body_that_dawdles_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BodyLimit.__init__, "__kwdefaults__", {"max_bytes": 1024, "timeout_s": 0.2})
    head = b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    with server() as (address, _), socket.create_connection(address) as slow:
        slow.sendall(head)
        assert refused(read_all(slow)) == (408, "request_timeout")


@pytest.mark.parametrize(
    "head",
    [
        b"X-Long: " + b"a" * 70_000,  # one field
        b"\r\n".join(b"X-%d: 1" % number for number in range(200)),  # many
        b"\r\n".join(b"X-%d: " % number + b"a" * 1000 for number in range(60)),  # together too much
    ],
)
def test_heads_that_are_too_large(head: bytes) -> None:
    with server() as (address, _), socket.create_connection(address) as large:
        large.sendall(HEAD + head + b"\r\n\r\n")
        assert refused(read_all(large)) == (431, "headers_too_large")


def test_a_head_without_end_is_not_kept() -> None:
    with server() as (address, counted), socket.create_connection(address) as endless:
        endless.settimeout(20)
        sent = 0
        try:
            endless.sendall(HEAD + b"X-Endless: ")
            while sent < 100 * 1024 * 1024:
                endless.sendall(b"a" * 65536)
                sent += 65536
        except OSError:
            pass
        assert sent < 100 * 1024 * 1024
        assert counted.refused[431] == 1
        assert eventually(lambda: counted.open == 0)


def test_a_path_that_is_too_long() -> None:
    with server() as (address, _), socket.create_connection(address) as large:
        large.sendall(b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert refused(read_all(large)) == (431, "headers_too_large")


def test_a_body_that_is_all_framing() -> None:
    head = b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server() as (address, counted), socket.create_connection(address) as odd:
        odd.settimeout(20)
        odd.sendall(head)
        try:
            for _ in range(1000):
                odd.sendall((b"1;" + b"x" * 60_000 + b"\r\n{\r\n") * 4)
        except OSError:
            pass
        assert eventually(lambda: counted.refused[400] == 1)


@pytest.mark.parametrize(
    "text",
    [
        b"NONSENSE\r\n\r\n",
        b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nBad\x00Name: 1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_told_in_the_envelope(text: bytes) -> None:
    with server() as (address, _), socket.create_connection(address) as odd:
        odd.sendall(text)
        assert refused(read_all(odd)) == (400, "bad_http")


@pytest.mark.parametrize("limits", [{"connections": 3}, {"per_source": 3}])
def test_connections_beyond_the_limit_are_told_when_to_come_back(limits: dict[str, int]) -> None:
    with server(**limits) as (address, counted), ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(address))
        assert eventually(lambda: counted.open == 3)
        with socket.create_connection(address) as fourth:
            answer = read_all(fourth)
        assert refused(answer) == (503, "too_many_connections")
        assert b"retry-after: 5" in answer
        stack.close()
        assert eventually(lambda: counted.open == 0)
        with socket.create_connection(address) as again:
            again.sendall(HEAD + b"Connection: close\r\n\r\n")
            assert b"200 OK" in read_all(again)


def test_many_half_open_connections_leave_health_alone() -> None:
    with server() as (address, counted), ExitStack() as stack:
        for number in range(180):
            half = stack.enter_context(socket.create_connection(address))
            half.sendall(HEAD if number % 2 else HEAD + b"\r\n")
        assert eventually(lambda: counted.open == 180)
        with socket.create_connection(address) as honest:
            honest.sendall(HEAD + b"Connection: close\r\n\r\n")
            assert b"200 OK" in read_all(honest)
