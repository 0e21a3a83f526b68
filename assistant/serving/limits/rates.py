"""How often one caller may ask: counted in memory, or in Redis where several processes count together.

When Redis is gone each process counts for itself, and lets through a quarter: neither is the gate left open
nor is anybody answered with a fault.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from limits import RateLimitItemPerMinute, storage, strategies
from limits.errors import StorageError
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import SettingsError
from assistant.schema.principal import Principal, PrincipalKind
from assistant.serving.guards import send_error
from assistant.serving.limits.refusals import TooManyRequests

logger = logging.getLogger(__name__)

STRICTER = 4  # where a process counts alone, it lets through one of so many
_RETRY_S = 5.0  # after a failure Redis is left alone for so long, so that not every request waits for it
_WAIT_S = 0.25  # for Redis, at most
_SCHEMES = ("redis://", "rediss://", "unix://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often in a minute."""

    questions: int = 60  # one person
    key_questions: int = 600  # one key, behind which many people may stand
    requests: int = 1200  # of any kind, one caller


class RateLimiter:
    """Counts what callers do. Safe to use from several threads.

    Args:
        redis: an address as `redis://host:6379/0`; without it, this process counts alone.

    Raises:
        SettingsError: the address cannot be one.
    """

    def __init__(self, rates: Rates, *, redis: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = rates
        self._clock = clock
        self._local = strategies.SlidingWindowCounterRateLimiter(storage.MemoryStorage())
        self._shared = strategies.SlidingWindowCounterRateLimiter(_storage(redis)) if redis else None
        self._left_alone_until = -math.inf
        self._lock = Lock()
        self.refused = 0
        self.alone = 0  # decisions that were made without Redis, though it is set

    @property
    def shared(self) -> bool:
        """Whether several processes count together now."""
        return self._shared is not None and self._clock() >= self._left_alone_until

    def question(self, principal: Principal) -> None:
        """Count one question.

        Raises:
            TooManyRequests: as many were asked in a minute as may be.
        """
        many = principal.kind is PrincipalKind.KEY
        self._hit("question", principal.id, self._rates.key_questions if many else self._rates.questions)

    def request(self, principal: Principal) -> None:
        """Count one request of any kind. Raises as `question`."""
        self._hit("request", principal.id, self._rates.requests)

    def _hit(self, kind: str, who: str, a_minute: int) -> None:
        caller = hashlib.sha256(who.encode()).hexdigest()[:32]  # names of people stay out of Redis
        if self.shared and self._shared is not None:
            try:
                self._count(self._shared, RateLimitItemPerMinute(a_minute), kind, caller)
            except StorageError as exc:
                logger.error(
                    "rate limits are counted here alone: Redis cannot be used (%s)", type(exc.storage_error).__name__
                )
                self._left_alone_until = self._clock() + _RETRY_S
            else:
                return
        if self._shared is not None:
            with self._lock:
                self.alone += 1
            a_minute = max(1, a_minute // STRICTER)
        self._count(self._local, RateLimitItemPerMinute(a_minute), kind, caller)

    def _count(
        self, counter: strategies.SlidingWindowCounterRateLimiter, item: RateLimitItemPerMinute, kind: str, caller: str
    ) -> None:
        if counter.hit(item, kind, caller):
            return
        with self._lock:
            self.refused += 1
        reset_at = counter.get_window_stats(item, kind, caller).reset_time
        raise TooManyRequests(max(1, min(60, math.ceil(reset_at - time.time()))))


def _storage(address: str) -> Any:
    if not address.startswith(_SCHEMES):
        raise SettingsError("ASSISTANT_LIMITS__REDIS 须以 redis://、rediss:// 或 unix:// 开头，见 docs/settings.md")
    # `retry`: one failure is enough to count here instead.
    options: dict[str, Any] = {"socket_timeout": _WAIT_S, "socket_connect_timeout": _WAIT_S, "retry": None}
    prefixed = f"redis+{address}" if address.startswith("unix://") else address
    try:
        return storage.RedisStorage(prefixed, wrap_exceptions=True, key_prefix="pz", **options)
    except ValueError as exc:
        raise SettingsError("ASSISTANT_LIMITS__REDIS 的写法有误，例如 redis://127.0.0.1:6379/0") from exc


class RequestRate:
    """ASGI: counts every request of whoever is known, before its body is read."""

    def __init__(self, app: ASGIApp, *, rates: RateLimiter) -> None:
        self.app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = scope.get("state", {}).get("principal") if scope["type"] == "http" else None
        if isinstance(principal, Principal):
            try:
                await asyncio.to_thread(self._rates.request, principal)
            except TooManyRequests as exc:
                wait = [(b"retry-after", str(exc.wait_s).encode())]
                await send_error(scope, send, 429, exc.code, exc.message, headers=wait)
                return
        await self.app(scope, receive, send)
