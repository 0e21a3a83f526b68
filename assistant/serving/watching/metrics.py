"""Counts and times of one server, as Prometheus reads them. Labels come from our own lists, never from a request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from assistant.serving.desk import Desk
from assistant.serving.limits.rates import RateLimiter
from assistant.serving.limits.wire_protocol import Connections
from assistant.serving.watching.answers import Course

TEXT = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90)
_LOOK_S = 0.05


class Metrics:
    """All metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "pz_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "pz_request_seconds", "Until the response was whole.", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self.in_hand = Gauge("pz_requests_in_hand", "Requests that are being answered.", registry=self.registry)
        self.answers = Counter("pz_answers", "Answers made.", ["outcome", "mode"], registry=self.registry)
        self.retrieval = Counter(
            "pz_answers_retrieval", "Answers by how what they rest on was found.", ["mode"], registry=self.registry
        )
        self.stages = Histogram(
            "pz_stage_seconds", "Parts of the work on an answer.", ["stage"], buckets=_SECONDS, registry=self.registry
        )
        self.loop_lag = Histogram(
            "pz_loop_lag_seconds", "How late the event loop comes back.", buckets=_SECONDS, registry=self.registry
        )
        self.longest_lag = Gauge(
            "pz_loop_lag_longest_seconds", "How late it came back at most, since the start.", registry=self.registry
        )
        ProcessCollector(registry=self.registry)

    def text(self) -> bytes:
        """Everything, in the text format."""
        return generate_latest(self.registry)

    def watch(self, course: Course) -> None:
        """Count one answer."""
        self.answers.labels(course.outcome, course.mode).inc()
        if course.retrieval:
            self.retrieval.labels(course.retrieval).inc()
        for one in course.stages:
            self.stages.labels(one.name).observe(one.seconds)

    def watch_parts(self, desk: Desk, connections: Connections, rates: RateLimiter | None) -> None:
        """Let whoever reads see these as they are at that moment."""
        self.registry.register(_Parts(desk, connections, rates))

    async def watch_loop(self) -> None:
        """Note how late this loop comes back, until cancelled."""
        longest = 0.0
        with suppress(asyncio.CancelledError):
            while True:
                began = time.perf_counter()
                await asyncio.sleep(_LOOK_S)
                late = max(0.0, time.perf_counter() - began - _LOOK_S)
                self.loop_lag.observe(late)
                longest = max(longest, late)
                self.longest_lag.set(longest)


class _Parts(Collector):
    def __init__(self, desk: Desk, connections: Connections, rates: RateLimiter | None) -> None:
        self._desk, self._connections, self._rates = desk, connections, rates

    def collect(self) -> Iterable[Metric]:
        desk, connections = self._desk, self._connections
        yield GaugeMetricFamily("pz_places_taken", "Places of the desk: answers in hand and in line.", desk.taken)
        yield GaugeMetricFamily("pz_places_waiting", "Of these, the ones in line.", desk.pool.waiting)
        yield GaugeMetricFamily("pz_connections", "Open connections.", connections.open)
        refused = CounterMetricFamily("pz_connections_refused", "Before they had asked anything.", labels=["status"])
        for status, count in sorted(connections.refused.items()):
            refused.add_metric([str(status)], count)
        yield refused
        if self._rates is not None:
            yield from _rates(self._rates)


def _rates(rates: RateLimiter) -> Iterator[Metric]:
    yield CounterMetricFamily("pz_rate_refused", "Requests beyond the rate of their caller.", value=rates.refused)
    yield CounterMetricFamily(
        "pz_rate_alone", "Decisions made without Redis though it is set; these are stricter.", value=rates.alone
    )
