"""Who sends a request: found before its body is read, and before anything else sees it.

Envelope > Watched > Identity > RequestRate > ViewAs > BodyLimit > routes (rules.authorize)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.access.gate import Credential, Gate
from assistant.errors import AccessError, AssistantError, NotAllowed
from assistant.serving.guards import path_of, request_id_of, send_error
from assistant.serving.http.errors import headers_of, public
from assistant.serving.http.pages import wants_page
from assistant.serving.http.rules import FORBIDDEN, PAGE, PUBLIC_PATHS

COOKIE = "pz_signin"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Identity:
    """Puts the principal into the state of a request, or answers 401."""

    def __init__(self, app: ASGIApp, *, gate: Gate) -> None:
        self.app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["principal"] = None
        try:
            if path_of(scope) not in PUBLIC_PATHS:
                credential = credential_of(scope)
                if not self._gate.development and credential is not None and credential.cookie:
                    same_site(scope)
                found = self._gate.recall(credential)
                if found is None:
                    found = await asyncio.to_thread(self._gate.check, credential, source_of(scope))
                state["principal"] = found
                state["still_known"] = _StillKnown(self._gate, credential, source_of(scope))
        except AssistantError as exc:
            if _wants_page(scope) and isinstance(exc, AccessError):
                await _to_sign_in(scope, send)
            else:
                await refuse(scope, send, exc)
            return
        await self.app(scope, receive, send)


class _StillKnown:
    """Asked amid an answer that takes its time: raises once whoever asked is known no longer."""

    def __init__(self, gate: Gate, credential: Credential | None, source: str) -> None:
        self._gate, self._credential, self._source = gate, credential, source

    async def __call__(self) -> None:
        """See that whoever asked is still known.

        Raises:
            AccessError: the key was revoked, the token has expired, …
        """
        if self._gate.recall(self._credential) is None:
            await asyncio.to_thread(self._gate.check, self._credential, self._source)


class NeedsPage:
    """Lets through to a mounted page those who may use it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not PAGE.allows(scope["state"].get("principal")):
            await refuse(scope, send, NotAllowed(FORBIDDEN))
            return
        await self.app(scope, receive, send)


def credential_of(scope: Scope) -> Credential | None:
    """What a request shows: a bearer token, or else the cookie of a sign-in. Nothing in an address counts."""
    headers = Headers(scope=scope)
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind:
        return Credential(token.strip() if kind.lower() == "bearer" else "")
    token = cookie_of(headers)
    return Credential(token, cookie=True) if token else None


def cookie_of(headers: Mapping[str, str]) -> str:
    """The token of a sign-in; empty where there is none."""
    try:
        held = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return held.value if held else ""


def same_site(scope: Scope) -> None:
    """See that what changes something and comes with a cookie comes from our own pages.

    Raises:
        AccessError: it does not, or does not say.
    """
    headers = Headers(scope=scope)
    if scope["method"] in _SAFE:
        return
    origin = headers.get("origin", "")
    if not origin or urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise AccessError("这个请求不是从本系统的页面发出的，没有受理。", code="cross_site")


def source_of(scope: Scope) -> str:
    """Where a request comes from."""
    return str((scope.get("client") or ("",))[0])


async def refuse(scope: Scope, send: Send, exc: AssistantError) -> None:
    """Answer with an error that was raised before any route was found."""
    status, code, message = public(exc, request_id_of(scope))
    extra = [(name.lower().encode(), value.encode()) for name, value in headers_of(status, code).items()]
    await send_error(scope, send, status, code, message, headers=extra)


def _wants_page(scope: Scope) -> bool:
    accepts = Headers(scope=scope).get("accept", "")
    ours = path_of(scope) in {"/", "/docs"} and "text/html" in accepts
    return scope["method"] == "GET" and (ours or wants_page(scope))


async def _to_sign_in(scope: Scope, send: Send) -> None:
    place = f"{scope.get('root_path', '')}/signin".encode()
    headers = [(b"location", place), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
