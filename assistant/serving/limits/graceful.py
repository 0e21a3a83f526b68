"""uvicorn as we run it: connections that are bounded, and an end that finishes what can be finished."""

from __future__ import annotations

import asyncio
import resource
import socket
from contextlib import suppress
from typing import Protocol

import uvicorn
from sse_starlette.sse import AppStatus
from starlette.types import ASGIApp

from assistant.serving.limits.wire_protocol import Connections, WireLimits, guarded
from assistant.settings import LimitsSettings

_LOOK_S = 0.05
_LAST_WORDS_S = 3  # what is still open after that is cut: pages that only listen
_OTHER_FILES = 200  # of this process: index, records, libraries


class Draining(Protocol):
    """Whatever makes answers, and can be told to stop."""

    @property
    def taken(self) -> int: ...

    def drain(self) -> None: ...

    def close(self) -> None: ...


class GracefulServer(uvicorn.Server):
    """On a signal: nothing new, `grace_s` for what is in hand, then an `error` event for what is not done.

    While it waits, it still listens, and says 503 with Retry-After.
    """

    def __init__(self, config: uvicorn.Config, desk: Draining, grace_s: float) -> None:
        super().__init__(config)
        self._desk = desk
        self._grace_s = grace_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._desk.drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace_s):
                while self._desk.taken and not self.force_exit:  # a second signal ends the waiting
                    await asyncio.sleep(_LOOK_S)
        self._desk.close()
        await super().shutdown(sockets)


def server_of(app: ASGIApp, desk: Draining, limits: LimitsSettings, connections: Connections) -> GracefulServer:
    """A server of an application within these limits; `connections` counts those that are open."""
    AppStatus.enable_automatic_graceful_drain = False  # it would cut streams before they could say why
    most = _files_allowed(limits.connections + _OTHER_FILES) - _OTHER_FILES
    wire = WireLimits(
        head_bytes=limits.head_bytes,
        head_s=limits.head_s,
        connections=max(8, min(limits.connections, most)),
        per_source=limits.connections_per_source,
    )
    config = uvicorn.Config(
        app,
        http=guarded(wire, connections),
        log_level="warning",
        log_config=None,  # as the whole process logs
        access_log=False,  # addresses of clauses and documents are what people look for
        server_header=False,
        proxy_headers=bool(limits.trusted_proxies),
        forwarded_allow_ips=list(limits.trusted_proxies),
        timeout_keep_alive=15,
        timeout_graceful_shutdown=_LAST_WORDS_S,
        ws="none",
    )
    return GracefulServer(config, desk, limits.grace_s)


def _files_allowed(wanted: int) -> int:
    """How many files this process may have open, after asking for `wanted`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return raised
