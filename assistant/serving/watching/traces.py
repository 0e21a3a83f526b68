"""Traces of answers over OpenTelemetry, where an endpoint is set (extra `otel`). Times and outcomes, never words."""

from __future__ import annotations

import time
from typing import Any

from assistant.errors import SettingsError
from assistant.serving.watching.answers import Course

_SERVICE = "puhui-policy-assistant"


class Traces:
    """Sends a span for each answer, with one below it for each stage.

    Args:
        exporter: where spans go; by default to `endpoint`, from a thread of its own, so that no answer waits.

    Raises:
        SettingsError: the extra is not installed.
    """

    def __init__(self, endpoint: str, *, exporter: Any = None) -> None:
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
        except ImportError as exc:
            raise SettingsError(
                "ASSISTANT_TRACING__ENDPOINT 需要 otel 组件，请运行 pip install 'puhui-policy-assistant[otel]'"
            ) from exc
        # Given whole: the SDK would otherwise look at the machine and at variables that are not ours.
        self._provider = TracerProvider(resource=Resource({"service.name": _SERVICE}), shutdown_on_exit=False)
        sends = SimpleSpanProcessor(exporter) if exporter else BatchSpanProcessor(_over_http(endpoint))
        self._provider.add_span_processor(sends)
        self._tracer = self._provider.get_tracer(_SERVICE)

    def watch(self, course: Course) -> None:
        """Send one answer's spans."""
        from opentelemetry.trace import set_span_in_context

        at = time.time_ns() - int(1e9 * (time.perf_counter() - course.began))
        whole = self._tracer.start_span(
            "answer", start_time=at, attributes={"outcome": course.outcome, "mode": course.mode}
        )
        below = set_span_in_context(whole)
        for one in course.stages:
            began = at + int(1e9 * (one.began - course.began))
            self._tracer.start_span(one.name, context=below, start_time=began).end(began + int(1e9 * one.seconds))
        whole.end(at + int(1e9 * course.seconds))

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def _over_http(endpoint: str) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as exc:
        raise SettingsError(
            "ASSISTANT_TRACING__ENDPOINT 需要 otel 组件，请运行 pip install 'puhui-policy-assistant[otel]'"
        ) from exc
    return OTLPSpanExporter(endpoint=endpoint, timeout=5)
