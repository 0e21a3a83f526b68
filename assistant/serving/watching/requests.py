"""Every request, counted and logged: what was called and how it went, never what was asked or by which address."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from assistant.serving.guards import request_id_of
from assistant.serving.watching.metrics import Metrics

logger = logging.getLogger(__name__)

_GONE = 499  # as nginx writes it: nobody was left to read the response
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Watched:
    """ASGI, just inside the envelope: counts and logs what passes."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, whole = time.perf_counter(), 500, False

        async def noted(message: Message) -> None:
            nonlocal status, whole
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                whole = not message.get("more_body", False)
            await send(message)

        self._metrics.in_hand.inc()
        try:
            with bound_contextvars(request_id=request_id_of(scope)):
                await self.app(scope, receive, noted)
        except Exception:
            whole = True
            raise
        finally:
            self._metrics.in_hand.dec()
            self._note(scope, status if whole else _GONE, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = route_of(scope)
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        principal = scope.get("state", {}).get("principal")
        logger.info(
            "request",
            extra={
                "request_id": request_id_of(scope),
                "method": method,
                "route": route,
                "status": status,
                "ms": round(1000 * seconds, 1),
                "caller": str(principal.kind) if principal else "nobody",
            },
        )


def route_of(scope: Scope) -> str:
    """The route as we wrote it, `page` for the chat page, `none` where there is no such address."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str) and path:
        return path
    return "page" if "app_root_path" in scope and scope.get("endpoint") is not None else "none"
