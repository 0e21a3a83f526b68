"""Official pages are fetched from known hosts only, within size and time; all against a server on this machine."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from assistant.corpus.fetch import LEDGER, Fetched, FetchRules, fetch_pages, hosts_of

PAGE = "<html><body><p>关于做好普惠信贷工作的通知</p></body></html>".encode()


class Site(BaseHTTPRequestHandler):
    """A small site with all that can go wrong."""

    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, ThreadingHTTPServer)
        match self.path:
            case "/page":
                self._send(200, PAGE, "text/html; charset=utf-8")
            case "/big":
                self._send(200, b"a" * 5000, "text/plain")
            case "/big-unsaid":
                self._send(200, b"a" * 5000, "text/plain", length=False)
            case "/zip":
                self._send(200, b"PK", "application/zip")
            case "/empty":
                self._send(200, b"", "text/html")
            case "/here":
                self._send(302, b"", "text/html", to="/page")
            case "/loop":
                self._send(302, b"", "text/html", to="/loop")
            case "/away":
                self._send(302, b"", "text/html", to="http://localhost:1/page")
            case "/to-file":
                self._send(302, b"", "text/html", to="file:///etc/passwd")
            case "/slow":
                self._slow()
            case _:
                self._send(404, b"", "text/html")

    def _send(self, status: int, body: bytes, kind: str, *, to: str | None = None, length: bool = True) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length:
            self.send_header("Content-Length", str(len(body)))
        if to:
            self.send_header("Location", to)
        self.end_headers()
        self.wfile.write(body)

    def _slow(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        for _ in range(100):
            try:
                self.wfile.write(b"x" * 70_000)
            except OSError:
                return
            threading.Event().wait(0.05)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join(10)
    server.server_close()


def fetch(site: str, path: str, into: Path, *, max_bytes: int = 2**20, timeout_s: float = 20.0) -> Fetched:
    rules = FetchRules(hosts=hosts_of([site]), insecure=True, max_bytes=max_bytes, timeout_s=timeout_s)
    [result] = fetch_pages({"a": f"{site}{path}"}, into=into, rules=rules)
    return result


def test_a_page_is_stored_and_its_origin_recorded(site: str, tmp_path: Path) -> None:
    result = fetch(site, "/here", tmp_path / "fetched")
    assert (result.code, result.ok, result.final_url) == ("ok", True, f"{site}/page")
    assert result.path is not None
    stored = tmp_path / "fetched" / result.path
    assert stored.read_bytes() == PAGE
    assert stored.suffix == ".html"
    [line] = (tmp_path / "fetched" / LEDGER).read_text(encoding="utf-8").splitlines()
    entry = json.loads(line)
    assert entry["sha256"] == hashlib.sha256(PAGE).hexdigest() == result.sha256
    assert (entry["id"], entry["url"], entry["size"]) == ("a", f"{site}/here", len(PAGE))


def test_a_page_that_did_not_change_is_not_stored_twice(site: str, tmp_path: Path) -> None:
    assert fetch(site, "/page", tmp_path).code == "ok"
    assert fetch(site, "/page", tmp_path).code == "unchanged"
    assert len((tmp_path / LEDGER).read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/big", "too_large"),
        ("/big-unsaid", "too_large"),
        ("/zip", "media_type"),
        ("/empty", "empty"),
        ("/loop", "too_many_redirects"),
        ("/away", "host_not_allowed"),
        ("/to-file", "bad_url"),
        ("/missing", "http_status"),
    ],
)
def test_what_is_not_taken_leaves_nothing(site: str, tmp_path: Path, path: str, code: str) -> None:
    result = fetch(site, path, tmp_path, max_bytes=1000)
    assert (result.code, result.ok) == (code, False)
    assert result.message
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_drips_is_given_up(site: str, tmp_path: Path) -> None:
    assert fetch(site, "/slow", tmp_path, max_bytes=2**30, timeout_s=0.4).code == "timeout"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://other.example/page", "host_not_allowed"),
        ("https://www.gov.cn.evil.example/", "host_not_allowed"),
        ("https://evil.example\\@www.gov.cn/", "bad_url"),
        ("https://www.gov.cn@evil.example/", "bad_url"),
        ("https://user:word@www.gov.cn/", "bad_url"),
        ("https://www.gov.cn:8443/", "host_not_allowed"),
        ("https://www.gov.cn:x/", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("ftp://www.gov.cn/", "bad_url"),
        ("", "bad_url"),
    ],
)
def test_only_known_hosts_are_asked(tmp_path: Path, url: str, code: str) -> None:
    # conftest lets no socket out, so an address that passed would end as an AssertionError.
    [result] = fetch_pages({"a": url}, into=tmp_path, rules=FetchRules(hosts=frozenset({"www.gov.cn"})))
    assert result.code == code


def test_http_is_asked_over_https(site: str, tmp_path: Path) -> None:
    [result] = fetch_pages({"a": f"{site}/page"}, into=tmp_path, rules=FetchRules(hosts=hosts_of([site])))
    assert result.code == "unreachable"  # the server there speaks plain HTTP and so cannot answer
    assert list(tmp_path.iterdir()) == []


def test_one_failure_does_not_stop_the_rest(site: str, tmp_path: Path) -> None:
    rules = FetchRules(hosts=hosts_of([site]), insecure=True)
    pages = {"a": f"{site}/missing", "b": f"{site}/page"}
    assert [r.code for r in fetch_pages(pages, into=tmp_path, rules=rules)] == ["http_status", "ok"]


def test_hosts_keep_a_port_of_their_own() -> None:
    urls = ["https://WWW.gov.cn/a", "http://a.cn:80/", "http://a.cn:8080/", "mailto:x@y.cn", "relative"]
    assert hosts_of(urls) == {"www.gov.cn", "a.cn", "a.cn:8080"}
