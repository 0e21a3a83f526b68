"""Served under a sub-path: a proxy strips the prefix, and pages that lead elsewhere put it back."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Prefix:
    """Tells an application the prefix that a proxy has stripped. Paths are left as they come."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["root_path"] = self._root_path
        await self.app(scope, receive, send)
