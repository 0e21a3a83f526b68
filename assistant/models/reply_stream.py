"""A reply on its way: one thread reads it, another waits for it, no longer than the budget allows.

An upstream may stall at any point: before it accepts, after it accepted, between two tokens, after
the last one. So it is read by a daemon thread of its own, which feeds a bounded queue; whoever
consumes waits on the queue no longer than the budget allows and then shuts the socket, which
wakes the reader.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx

from assistant.errors import Abandoned
from assistant.models.chat_faults import ReplyFault, late, nothing_came, too_long
from assistant.models.giving_up import LOOK_S, given_up

_QUEUE_PIECES = 64
_POLL_S = 0.1  # how often a reader with a full queue looks whether anyone still listens


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a reply may take, in seconds and in characters. `connect_s` holds for name, TCP and TLS together."""

    connect_s: float = 2.0
    first_token_s: float = 15.0
    token_s: float = 10.0
    total_s: float = 90.0
    chars: int = 16_000


class Sign(StrEnum):
    CONNECTED = "connected"
    END = "end"


class Attempt:
    """One request on its way: what its reader found, and the means to break it off."""

    def __init__(self, max_bytes: int) -> None:
        self.found: queue.Queue[str | Sign | ReplyFault] = queue.Queue(maxsize=_QUEUE_PIECES)
        self.max_bytes = max_bytes
        self.tail = b""  # the last bytes that came, to see [DONE]
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def put(self, item: str | Sign | ReplyFault) -> None:
        """Hand `item` over, or forget it when nobody listens any more."""
        while not self.stopped:
            try:
                self.found.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Keep hold of the socket; httpx calls this for every step of a request."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
            if self.stopped:
                self.abort()
        elif event.endswith("send_request_headers.started"):
            self.put(Sign.CONNECTED)

    def abort(self) -> None:
        """Break the connection off, whatever the reader is waiting for."""
        self._stopped.set()
        with self._lock:
            held = self._socket
        if held is not None:
            # The socket's own method, not that of ssl.SSLSocket: the latter would take the TLS
            # state away under the reader's hands. An OSError says that the peer was faster.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(held, socket.SHUT_RDWR)


class CappedBytes(httpx.SyncByteStream):
    """A response body that ends with an error once it is longer than any answer can be."""

    def __init__(self, inner: httpx.SyncByteStream, attempt: Attempt) -> None:
        self._inner = inner
        self._attempt = attempt

    def __iter__(self) -> Iterator[bytes]:
        seen = 0
        for part in self._inner:
            seen += len(part)
            if seen > self._attempt.max_bytes:
                raise too_long()
            self._attempt.tail = (self._attempt.tail + part)[-64:]
            yield part

    def close(self) -> None:
        self._inner.close()


class Clock:
    """What is left of a budget, over all attempts at one reply."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._start = time.monotonic()
        self.chars = 0

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._start

    @property
    def left_s(self) -> float:
        """Until the first token must be there, or the whole once it is."""
        whole = self._budget.total_s if self.chars else min(self._budget.first_token_s, self._budget.total_s)
        return whole - self.elapsed_s

    def wait_s(self, *, connected: bool) -> float:
        """How long the next thing may take from now."""
        step = self._budget.token_s if self.chars else self.left_s
        if not connected:
            step = min(step, self._budget.connect_s)
        return max(min(step, self.left_s), 0.0)

    def count(self, piece: str) -> None:
        self.chars += len(piece)
        if self.chars > self._budget.chars:
            raise too_long()


def pieces_in_time(attempt: Attempt, clock: Clock) -> Generator[str, None, ReplyFault | None]:
    """Pieces as they come in time; returns the fault that ended them, or `None` at a good end."""
    connected = False
    while True:
        try:
            item = _next(attempt, clock.wait_s(connected=connected))
        except queue.Empty as exc:
            raise late(connected=connected, begun=bool(clock.chars)) from exc
        match item:
            case Sign.CONNECTED:
                connected = True
            case Sign.END:
                return None if clock.chars else ReplyFault(nothing_came())
            case ReplyFault():
                return item
            case str():
                clock.count(item)
                if clock.left_s <= 0:
                    raise late(connected=True, begun=True)
                yield item


def _next(attempt: Attempt, wait_s: float) -> str | Sign | ReplyFault:
    """What the reader finds within `wait_s`, looking out for whether anybody still waits.

    Raises:
        queue.Empty: nothing was found in time.
        Abandoned: nobody waits any more.
    """
    until = time.monotonic() + wait_s
    while True:
        if given_up():
            raise Abandoned
        left = until - time.monotonic()
        try:
            return attempt.found.get(timeout=max(0.0, min(left, LOOK_S)))
        except queue.Empty:
            if left <= LOOK_S:
                raise


def sleep(seconds: float) -> None:
    """Wait, unless nobody waits any more."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if given_up():
            raise Abandoned
        time.sleep(min(left, LOOK_S))
