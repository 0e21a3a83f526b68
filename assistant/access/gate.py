"""Who stands at the door: a credential becomes a principal, or is refused.

What was proved is remembered for `REMEMBERED_S`, which bounds how long a revoked key still works.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from assistant.access.embeds import Embeds
from assistant.access.keys import START, ApiKeys
from assistant.access.users import Users
from assistant.errors import AccessError, NotSignedIn
from assistant.schema.principal import Principal, PrincipalKind, Scope

REMEMBERED_S = 3.0  # a revocation holds within 5 s, the checking itself included
_MOST = 4096
_LONGEST = 4096  # characters of a credential
FAILURES, WINDOW_S = 10, 60.0


@dataclass(frozen=True, slots=True)
class Credential:
    """What somebody shows. Does not show itself."""

    text: str = field(repr=False)
    cookie: bool = False  # a sign-in of the workbench; otherwise a bearer token


class Gate(Protocol):
    """Knows who asks."""

    development: bool  # nobody is asked who they are; every page says so

    def recall(self, credential: Credential | None) -> Principal | None:
        """Whoever was proved a moment ago; costs nothing."""
        ...

    def check(self, credential: Credential | None, source: str) -> Principal:
        """Whoever shows this.

        Args:
            source: where the request comes from; failures are counted for it.

        Raises:
            AccessError: nothing is shown, or it does not hold.
        """
        ...

    def forget(self, credential: Credential) -> None:
        """Remember a credential no longer, here; others forget it within `REMEMBERED_S`."""
        ...


class OpenGate:
    """Development mode: everybody is the local principal."""

    development = True

    def __init__(self, labels: frozenset[str] = frozenset()) -> None:
        self._local = Principal(kind=PrincipalKind.LOCAL, subject="development", scopes=frozenset(Scope), labels=labels)

    def recall(self, credential: Credential | None) -> Principal:
        del credential
        return self._local

    def check(self, credential: Credential | None, source: str) -> Principal:
        del credential, source
        return self._local

    def forget(self, credential: Credential) -> None:
        """Nothing is remembered."""


class GuardedGate:
    """Production mode: a key, a portal's token or a sign-in, or nothing."""

    development = False

    def __init__(
        self, keys: ApiKeys, embeds: Embeds, users: Users, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys, self._embeds, self._users = keys, embeds, users
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()
        self._failed = Failures(clock=clock)
        self._lock = Lock()

    def recall(self, credential: Credential | None) -> Principal | None:
        if credential is None:
            return None
        with self._lock:
            held = self._known.get(_digest(credential))
        if held is None or self._clock() - held[1] > REMEMBERED_S:
            return None
        expires = held[0].expires_at
        return held[0] if expires is None or time.time() * 1000 < expires else None

    def check(self, credential: Credential | None, source: str) -> Principal:
        if credential is None:
            raise NotSignedIn("请先登录，或在 Authorization 头里带上密钥。")
        asked_at = self._clock()
        try:
            found = self._find(credential)
        except NotSignedIn:
            # What holds is let in however often others failed: behind a proxy many people are one source.
            self._failed.refuse(source)
            self._failed.note(source)
            raise
        with self._lock:
            self._known[_digest(credential)] = found, asked_at
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return found

    def forget(self, credential: Credential) -> None:
        with self._lock:
            self._known.pop(_digest(credential), None)

    def _find(self, credential: Credential) -> Principal:
        text = credential.text
        if len(text) > _LONGEST or not text.isascii():
            text = ""
        if credential.cookie:
            return self._users.principal(text)
        if text.count(".") == 2 and not text.startswith(START):
            return self._embeds.principal(text)
        return self._keys.principal(text)


class Failures:
    """How often each source failed of late. Bounded: the source heard of longest ago is forgotten first."""

    def __init__(
        self, *, most: int = FAILURES, window_s: float = WINDOW_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._window_s, self._clock = most, window_s, clock
        self._at: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = Lock()

    def refuse(self, source: str) -> None:
        """Let pass a source that has not failed too often.

        Raises:
            AccessError: it has.
        """
        with self._lock:
            recent = [at for at in self._at.get(source, ()) if self._clock() - at < self._window_s]
        if len(recent) >= self._most:
            raise AccessError("尝试失败的次数过多，请一分钟后再试。", code="too_many_attempts")

    def note(self, source: str) -> None:
        """One more failure."""
        with self._lock:
            recent = self._at.setdefault(source, [])
            recent.append(self._clock())
            del recent[: -self._most]
            self._at.move_to_end(source)
            while len(self._at) > _MOST:
                self._at.popitem(last=False)


def _digest(credential: Credential) -> bytes:
    kind = b"cookie" if credential.cookie else b"bearer"
    return hashlib.sha256(kind + b"\0" + credential.text.encode("utf-8", "surrogatepass")).digest()
