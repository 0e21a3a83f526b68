"""Official pages out of the network, for those machines that have one: known hosts, https, small, soon.

A page is stored as it came, under its own SHA-256, with where it came from in `fetched.jsonl`. It is not
part of the corpus until somebody has looked at it and adds it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from assistant.errors import AssistantError, SourceError

if TYPE_CHECKING:
    import httpx

LEDGER = "fetched.jsonl"
_AGENT = "puhui-policy-assistant"
_SUFFIXES = {  # by media type; what is not listed is not taken
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/ofd": ".ofd",
    "application/rtf": ".rtf",
    "text/rtf": ".rtf",
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRules:
    """What may be fetched.

    `hosts` are host names, with `:port` where it is not the scheme's own. `insecure` lets http
    addresses be fetched as they are, for tests against a server on this machine; without it they are
    fetched over https.
    """

    hosts: frozenset[str]
    max_bytes: int = 50 * 2**20
    timeout_s: float = 60.0  # for one page, redirects included
    max_redirects: int = 3
    insecure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What became of one address. `code` is "ok", "unchanged" or why it was not stored."""

    id: str
    url: str
    code: str
    message: str = ""
    final_url: str | None = None
    path: str | None = None  # relative to the folder
    sha256: str | None = None
    size: int | None = None  # bytes
    media_type: str | None = None
    fetched_at: str | None = None

    @property
    def ok(self) -> bool:
        return self.code in ("ok", "unchanged")


class _Refused(AssistantError):
    """One address is not fetched."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def hosts_of(urls: Iterable[str]) -> frozenset[str]:
    """The hosts of web addresses, in lower case, a port of their own kept."""
    parts = (urlsplit(url) for url in urls)
    return frozenset(_host(part) for part in parts if part.scheme in ("http", "https") and part.hostname)


def fetch_pages(pages: Mapping[str, str], *, into: Path, rules: FetchRules) -> Iterator[Fetched]:
    """Fetch each address (by id) into folder `into`, one after the other; a failure does not stop the rest.

    Raises:
        SourceError: the folder or its ledger cannot be written.
    """
    import httpx

    try:
        into.mkdir(parents=True, exist_ok=True)
        known = _ledger(into)
        limits = httpx.Timeout(min(10.0, rules.timeout_s))
        with httpx.Client(follow_redirects=False, timeout=limits, headers={"User-Agent": _AGENT}) as client:
            for page_id, url in pages.items():
                result = _fetch_one(client, page_id, url, into, rules, known)
                if result.code == "ok":
                    _record(into, result)
                yield result
    except OSError as exc:
        raise SourceError(f"{into} 无法写入（{exc.strerror}），请检查磁盘空间和目录权限", path=into) from exc


def _fetch_one(
    client: httpx.Client, page_id: str, url: str, into: Path, rules: FetchRules, known: frozenset[tuple[str, str]]
) -> Fetched:
    import httpx

    try:
        final_url, media_type, body = _download(client, url, rules)
    except _Refused as exc:
        return Fetched(id=page_id, url=url, code=exc.code, message=exc.message)
    except (httpx.HTTPError, httpx.InvalidURL):
        return Fetched(id=page_id, url=url, code="unreachable", message="无法连接或传输中断，请检查网络后再试")
    sha = hashlib.sha256(body).hexdigest()
    name = f"{sha[:32]}{_SUFFIXES[media_type]}"
    same = (page_id, sha) in known and (into / name).is_file()
    if not same:
        _write(into / name, body)
    return Fetched(
        id=page_id,
        url=url,
        code="unchanged" if same else "ok",
        final_url=final_url,
        path=name,
        sha256=sha,
        size=len(body),
        media_type=media_type,
        fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _download(client: httpx.Client, url: str, rules: FetchRules) -> tuple[str, str, bytes]:
    """Final address, media type and bytes."""
    until = time.monotonic() + rules.timeout_s
    for _ in range(rules.max_redirects + 1):
        url = _allowed(url, rules)
        with closing(client.send(client.build_request("GET", url), stream=True)) as response:
            if response.status_code in _REDIRECTS:
                url = urljoin(url, response.headers.get("location", ""))
                continue
            if response.status_code != 200:
                raise _Refused("http_status", f"网站回应 {response.status_code}，请在浏览器中核对地址")
            return url, _media_type(response), _body(response, rules, until)
    raise _Refused("too_many_redirects", f"跳转超过 {rules.max_redirects} 次，未下载")


def _allowed(url: str, rules: FetchRules) -> str:
    """The address to ask, http turned into https.

    Raises:
        _Refused: its scheme or host is not on the list.
    """
    try:
        parts = urlsplit(url)
        host = _host(parts)
    except ValueError as exc:  # a port that is no number
        raise _Refused("bad_url", "地址的写法有误") from exc
    if parts.scheme == "http" and not rules.insecure:
        parts = parts._replace(scheme="https")
    if parts.scheme not in ("http", "https") or parts.username is not None or parts.password is not None:
        raise _Refused("bad_url", "只下载 https 网页地址，且地址中不能有用户名")
    if host not in rules.hosts:
        raise _Refused("host_not_allowed", "该网站不在允许的名单内，未下载")
    return parts.geturl()


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, standard) else f"{host}:{parts.port}"


def _media_type(response: httpx.Response) -> str:
    media_type = str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
    if media_type not in _SUFFIXES:
        raise _Refused("media_type", "页面不是网页、PDF、Word 或纯文本，未下载")
    return media_type


def _body(response: httpx.Response, rules: FetchRules, until: float) -> bytes:
    """All of it, unpacked, as long as it stays within size and time."""
    declared = str(response.headers.get("content-length", ""))
    if declared.isdigit() and int(declared) > rules.max_bytes:
        raise _too_large(rules)
    body = bytearray()
    for block in response.iter_bytes(1 << 16):
        body += block
        if len(body) > rules.max_bytes:
            raise _too_large(rules)
        if time.monotonic() > until:
            raise _Refused("timeout", f"下载超过 {rules.timeout_s:g} 秒，已放弃")
    if not body:
        raise _Refused("empty", "页面没有内容")
    return bytes(body)


def _too_large(rules: FetchRules) -> _Refused:
    return _Refused("too_large", f"页面超过 {rules.max_bytes / 2**20:.3g} MiB，未下载")


def _write(path: Path, body: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _record(into: Path, result: Fetched) -> None:
    with (into / LEDGER).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def _ledger(into: Path) -> frozenset[tuple[str, str]]:
    """Id and hash of every page stored before; a line that a crash cut off is passed over."""
    path = into / LEDGER
    if not path.exists():
        return frozenset()
    found = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
            found.add((str(entry["id"]), str(entry["sha256"])))
        except (ValueError, KeyError, TypeError):
            continue
    return frozenset(found)


def ok_count(results: Sequence[Fetched]) -> int:
    """How many pages are there now."""
    return sum(result.ok for result in results)
