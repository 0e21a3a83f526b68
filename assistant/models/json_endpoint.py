"""One call of a model that another program serves over HTTP, and every way in which it may fail.

Answers of the server never stand in a message: they may repeat the text or the key. No proxy or key is read
from the environment, no redirect is followed.
"""

from __future__ import annotations

import json
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from assistant.errors import ModelOutputInvalid, ModelTimeout, ModelUnavailable, SettingsError

_SERVER_BUSY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What messages say of a service."""

    name: str  # 向量模型服务
    interface: str  # 向量接口: what the address set must lead to
    settings: str  # the beginning of its settings: ASSISTANT_EMBEDDER__
    unsuited: str  # what to look at when it refuses a request for a reason of its own


@dataclass(frozen=True, slots=True)
class ServerReply:
    """What came back; `pause_s` is how long the server wishes to be left alone."""

    status: int
    pause_s: float
    body: bytes

    @property
    def passing(self) -> bool:
        """Whether the same request may well succeed in a moment."""
        return self.status == _SERVER_BUSY or httpx.codes.is_server_error(self.status)


class JsonEndpoint:
    """Posts JSON to one address. May be used from several threads.

    Args:
        path: put behind `base_url`.
        timeout_s: for a whole call.
    """

    def __init__(
        self, service: Service, base_url: str, path: str, *, api_key: SecretStr | str | None, timeout_s: float
    ) -> None:
        self._service = service
        self.url = _address(service, base_url.rstrip("/") + path)
        self._timeout_s = timeout_s
        self._client = httpx.Client(
            headers=_headers(service, api_key), timeout=timeout_s, trust_env=False, follow_redirects=False
        )
        self._closer = weakref.finalize(self, self._client.close)

    def close(self) -> None:
        """Give the connections back. Happens by itself when nobody holds the endpoint any more."""
        self._closer()

    def post(self, fields: Mapping[str, object], *, limit: int) -> ServerReply:
        """The server's answer, whatever its status.

        Args:
            limit: bytes of an answer; a longer one is not read to its end.

        Raises:
            ModelError: no answer, or one that is too long or cannot be unpacked.
        """
        name, content = self._service.name, json.dumps(fields, ensure_ascii=False).encode()
        try:
            with self._client.stream("POST", self.url, content=content) as response:
                return ServerReply(response.status_code, _retry_after(response), self._read(response, limit))
        except httpx.TimeoutException as exc:
            raise self._timeout() from exc
        except httpx.DecodingError as exc:
            raise ModelOutputInvalid(f"{name}的回复无法解压。请检查该服务或中间代理。") from exc
        except httpx.TransportError as exc:
            raise ModelUnavailable(
                f"无法连接{name}。请确认服务已启动，并检查设置 {self._service.settings}BASE_URL。", retryable=True
            ) from exc
        except RuntimeError as exc:  # what httpx raises once `close` was called
            raise ModelUnavailable(f"{name}的连接已关闭，请重新启动助手。") from exc

    def accepted(self, reply: ServerReply) -> bytes:
        """The body of an answer that is no refusal.

        Raises:
            ModelUnavailable: it is one; the message says what to look at.
        """
        if reply.status == httpx.codes.OK:
            return reply.body
        advice = _advice(self._service, reply)
        message = f"{self._service.name}拒绝了请求（HTTP {reply.status}）：{advice}。"
        raise ModelUnavailable(message, retryable=reply.passing)

    def _read(self, response: httpx.Response, limit: int) -> bytes:
        """The body, as long as it is neither endless nor drips in for ever."""
        started = time.monotonic()
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > limit:
                where = f"请确认设置的地址是{self._service.interface}。"
                raise ModelOutputInvalid(f"{self._service.name}的回复过大，已停止读取。{where}")
            if time.monotonic() - started > self._timeout_s:
                raise self._timeout()
        return bytes(body)

    def _timeout(self) -> ModelTimeout:
        setting = f"{self._service.settings}TIMEOUT_S"
        return ModelTimeout(
            f"{self._service.name}没有在规定时间内回复。请稍后再试，或调大设置 {setting}。", retryable=True
        )


def _address(service: Service, address: str) -> httpx.URL:
    """The URL to post to.

    Raises:
        SettingsError: no http(s) address, or one with a name and password in it.
    """
    setting = f"设置 {service.settings}BASE_URL "
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as exc:
        raise SettingsError(f"{setting}不是有效的网址，应形如 http://127.0.0.1:8000/v1。") from exc
    if url.scheme not in {"http", "https"} or not url.host:
        raise SettingsError(f"{setting}应以 http:// 或 https:// 开头，形如 http://127.0.0.1:8000/v1。")
    if url.userinfo or url.query or url.fragment:
        raise SettingsError(f"{setting}里不能带用户名、密码或参数；密钥请放在 {service.settings}API_KEY。")
    return url


def _headers(service: Service, api_key: SecretStr | str | None) -> dict[str, str]:
    key = api_key.get_secret_value() if isinstance(api_key, SecretStr) else api_key
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if not key:
        return headers
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError(f"设置 {service.settings}API_KEY 含有空格、换行或非英文字符，请重新复制密钥。")
    return headers | {"Authorization": f"Bearer {key}"}


def _retry_after(response: httpx.Response) -> float:
    """Seconds in `Retry-After`; 0 where it is absent or a date (RFC 9110, section 10.2.3)."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0


def _advice(service: Service, reply: ServerReply) -> str:
    """What to look at after a refusal."""
    if reply.status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return f"密钥缺失、有误或没有权限，请检查设置 {service.settings}API_KEY"
    if reply.status == httpx.codes.NOT_FOUND:
        return f"请检查设置 {service.settings}BASE_URL（通常以 /v1 结尾）和 {service.settings}MODEL"
    if reply.passing:
        return "服务繁忙或出错，请稍后再试"
    if httpx.codes.is_redirect(reply.status):
        return f"地址要求跳转，为保护密钥没有跟随，请把 {service.settings}BASE_URL 改为最终地址"
    return service.unsuited
