"""`/mcp`: the tools over streamable HTTP, behind the same identity as every other route."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from assistant.errors import IndexStoreError
from assistant.schema.principal import Principal
from assistant.serving.desk import Desk
from assistant.serving.http.rules import Asker, principal_of

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

_HERE = ("127.0.0.1", "localhost", "[::1]")


class McpDoor:
    """The tools of one application. Open while the application runs.

    Args:
        public_url: where clients reach the application. Requests that name another host are refused,
            save those that come to this machine by its own name.
    """

    def __init__(self, desk: Desk, public_url: str | None) -> None:
        self._desk = desk
        self._public_url = public_url
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve; a mounted application's own lifespan would never run."""
        from mcp.server.transport_security import TransportSecuritySettings

        from assistant.serving.mcp.tools import Counter, make_tools

        tools = make_tools(Counter(desk=self._desk, caller_of=_caller, public_url=self._public_url))
        hosts, origins = allowed(self._public_url)
        tools.streamable_http_app(  # each request stands alone, so any replica may answer it
            stateless_http=True,
            json_response=True,
            transport_security=TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins),
        )
        async with tools.session_manager.run():
            self._manager = tools.session_manager
            try:
                yield
            finally:
                self._manager = None

    def response(self) -> Response:
        """What answers one request.

        Raises:
            IndexStoreError: the application does not run yet, or no longer.
        """
        if self._manager is None:
            raise IndexStoreError("服务正在启动或停止，请稍候再试。")
        return _Handled(self._manager)


class _Handled(Response):
    """A response that the SDK writes."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        super().__init__()
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)


def add_mcp(app: FastAPI, door: McpDoor) -> None:
    """Give an application this route."""

    @app.post("/mcp", include_in_schema=False)
    async def mcp(_: Asker) -> Response:
        return door.response()


def allowed(public_url: str | None) -> tuple[list[str], list[str]]:
    """Hosts and origins that a request may name."""
    hosts = [name for host in _HERE for name in (host, f"{host}:*")]
    origins = [f"http://{host}" for host in hosts]
    if public_url:
        parts = urlsplit(public_url)
        hosts.append(parts.netloc)
        origins.append(f"{parts.scheme}://{parts.netloc}")
    return hosts, origins


def _caller(context: Any) -> Principal:
    request: Request = context.request_context.request
    return principal_of(request)
