"""Keeps away from a language model that failed again and again, and looks now and then whether it is back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from enum import StrEnum

from assistant.errors import ModelError, ModelOutputInvalid, ModelUnavailable
from assistant.models.protocols import ChatModel, json_pieces

_log = logging.getLogger(__name__)


class BreakerState(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"  # all
    OPEN = "open"  # none
    HALF_OPEN = "half-open"  # one probe


class CircuitBreaker:
    """Opens after `failures` failures in a row; after `probe_after_s` lets one call through to see."""

    def __init__(
        self, *, failures: int = 5, probe_after_s: float = 15.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._probe_after_s = probe_after_s
        self._clock = clock
        self._lock = threading.Lock()
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._opened_at = 0.0
        self._era = 0  # grows with each change of state; results from an earlier era count no more

    @property
    def state(self) -> BreakerState:
        with self._lock:
            return self._state

    def enter(self) -> int | None:
        """A ticket for one call, to be handed back to `leave`; `None`: keep away."""
        with self._lock:
            if self._state is BreakerState.CLOSED:
                return self._era
            if self._state is BreakerState.OPEN and self._clock() - self._opened_at >= self._probe_after_s:
                self._become(BreakerState.HALF_OPEN)
                return self._era
            return None

    def leave(self, ticket: int, *, healthy: bool | None) -> None:
        """Say how a call went; `None` when it was broken off before anything could be seen."""
        with self._lock:
            if ticket != self._era:
                return
            probing = self._state is BreakerState.HALF_OPEN
            if healthy:
                self._failures = 0
                if probing:
                    self._become(BreakerState.CLOSED)
            elif healthy is None:
                if probing:  # the next call is the probe; `_opened_at` lies far enough back
                    self._become(BreakerState.OPEN)
            else:
                self._failures += 1
                if probing or self._failures >= self._limit:
                    self._opened_at = self._clock()
                    self._become(BreakerState.OPEN)

    def _become(self, state: BreakerState) -> None:
        self._state = state
        self._era += 1
        self._failures = 0
        _log.warning("language model circuit breaker: %s", state.value)


class GuardedChatModel:
    """A `ChatModel` behind a `CircuitBreaker`.

    An unusable reply (`ModelOutputInvalid`) does not count as a failure: the endpoint is there,
    and one odd question must not take the model away from everybody.
    """

    def __init__(self, chat: ChatModel, breaker: CircuitBreaker | None = None) -> None:
        self._chat = chat
        self.breaker = breaker or CircuitBreaker()

    @property
    def id(self) -> str:
        return self._chat.id

    def stream(self, system: str, user: str) -> Generator[str, None, None]:
        """As `ChatModel.stream`; refuses at once while the breaker is open."""
        return self._guarded(lambda: self._chat.stream(system, user))

    def stream_json(self, system: str, user: str, schema: Mapping[str, object]) -> Generator[str, None, None]:
        """As `FormingChatModel.stream_json`; refuses at once while the breaker is open."""
        return self._guarded(lambda: json_pieces(self._chat, system, user, schema))

    def _guarded(self, opened: Callable[[], Iterator[str]]) -> Generator[str, None, None]:
        ticket = self.breaker.enter()
        if ticket is None:
            raise ModelUnavailable("语言模型近来连续失败，暂停调用，稍后自动再试。")
        healthy: bool | None = None
        pieces = opened()
        try:
            for piece in pieces:
                healthy = True
                yield piece
            healthy = True
        except ModelOutputInvalid:
            healthy = True
            raise
        except ModelError:
            healthy = False
            raise
        finally:
            self.breaker.leave(ticket, healthy=healthy)
            if isinstance(pieces, Generator):
                pieces.close()
