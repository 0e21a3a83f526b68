"""What watches one application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import start_http_server

from assistant.serving.limits.wire_protocol import Connections
from assistant.serving.watching.answers import Watcher, log_course
from assistant.serving.watching.health import Health, HealthMetrics
from assistant.serving.watching.metrics import Metrics
from assistant.serving.watching.traces import Traces
from assistant.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Metrics, and traces where they go somewhere."""

    metrics: Metrics = field(default_factory=Metrics)
    connections: Connections = field(default_factory=Connections)
    traces: Traces | None = None
    readable: bool = False  # whether /metrics is there
    health: Health = field(default_factory=Health)

    def __post_init__(self) -> None:
        self.metrics.registry.register(HealthMetrics(self.health))

    @property
    def watchers(self) -> tuple[Watcher, ...]:
        traced = (self.traces.watch,) if self.traces is not None else ()
        return (self.metrics.watch, log_course, *traced)


@contextmanager
def watching(settings: Settings, say: Callable[[str], None]) -> Iterator[Watching]:
    """What the settings want watched, and a listener for metrics on this machine where they want one.

    Raises:
        SettingsError: traces are wanted and the extra `otel` is not installed.
    """
    traces = Traces(settings.tracing.endpoint) if settings.tracing.endpoint else None
    made = Watching(traces=traces, readable=settings.metrics.enabled)
    listener: tuple[WSGIServer, Thread] | None = None
    try:
        if settings.metrics.port is not None:
            listener = start_http_server(settings.metrics.port, addr="127.0.0.1", registry=made.metrics.registry)
            say(f"运行指标：http://127.0.0.1:{listener[0].server_port}/metrics（仅本机）")
        yield made
    finally:
        if listener is not None:
            listener[0].shutdown()
            listener[0].server_close()
        if traces is not None:
            traces.close()
