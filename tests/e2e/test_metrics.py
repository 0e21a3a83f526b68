"""`/metrics`, the log and traces: who may read them, what they say, and that no question is in any of them."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from doors import Callers, callers, opened
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.errors import ModelUnavailable
from assistant.models.stage_times import stage
from assistant.schema.answer import Answer
from assistant.schema.inquiry import Inquiry
from assistant.serving.http.api import create_api
from assistant.serving.limits.rates import RateLimiter, Rates
from assistant.serving.watching.logs import formatter_of, json_formatter
from assistant.serving.watching.traces import Traces
from assistant.serving.watching.watching import Watching, watching
from assistant.settings import LogFormat, Settings

CANARY = "金丝雀续贷窗口"
BODY = {"question": f"{CANARY}能续贷吗？"}
ROUTES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/api/v1/ask", BODY),
    ("/api/v1/ask/stream", BODY),
    ("/api/v1/search", BODY),
    ("/api/v1/verify", {"text": f"根据《{CANARY}》第一条，可以续贷。"}),
    ("/v1/chat/completions", {"model": "policy-assistant", "messages": [{"role": "user", "content": CANARY}]}),
    ("/v1/responses", {"model": "policy-assistant", "input": CANARY}),
    ("/v1/embeddings", {"model": "policy-assistant-embedding", "input": CANARY}),
    ("/api/v1/ask", {"question": f"{CANARY}密码是{CANARY}123456"}),
    ("/api/v1/ask", {"question": CANARY, CANARY: CANARY}),
    (f"/api/v1/{CANARY}", BODY),
)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    with opened(tmp_path_factory.mktemp("door")) as registry:
        yield callers(registry)


@contextmanager
def logged(level: int) -> Iterator[io.StringIO]:
    """Everything that the process logs from this level on, as JSON lines."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(json_formatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(level)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


# --- who may read -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("nobody", 401), ("wrong key", 401), ("revoked key", 401), ("forged token", 401), ("only ask", 403),
     ("department", 403), ("portal, department", 403), ("admin", 200)],
)  # fmt: skip
def test_metrics_are_for_holders_of_the_scope(known: Callers, who: str, status: int) -> None:
    app = create_api(FakeAssistant, doorkeeping=known.door, watching=Watching(readable=True))
    with TestClient(app) as client:
        response = client.get("/metrics", headers=dict(known.headers[who]))
    assert response.status_code == status
    assert ("pz_places_taken" in response.text) == (status == 200)


def test_metrics_are_closed_by_default(known: Callers) -> None:
    assert not Settings().metrics.enabled
    assert Settings().metrics.port is None
    with TestClient(create_api(FakeAssistant, doorkeeping=known.door)) as client:
        response = client.get("/metrics", headers=dict(known.headers["admin"]))
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_the_other_listener_is_on_this_machine_alone() -> None:
    said: list[str] = []
    with watching(Settings(metrics={"port": 0}), said.append) as watch:  # type: ignore[arg-type]
        found = re.search(r"http://127\.0\.0\.1:\d+/metrics", said[0])
        assert found is not None
        watch.metrics.answers.labels("answered", "extractive").inc()
        text = httpx.get(found.group(), trust_env=False).text
    assert 'pz_answers_total{mode="extractive",outcome="answered"} 1.0' in text
    with pytest.raises(httpx.ConnectError):
        httpx.get(found.group(), trust_env=False)


# --- what they say ------------------------------------------------------------------------------


def test_metrics_count_what_happened(known: Callers) -> None:
    class Working(FakeAssistant):
        def ask(self, inquiry: Inquiry) -> Answer:
            with stage("search"):
                return super().ask(inquiry)

    door = replace(known.door, rates=RateLimiter(Rates(questions=2, key_questions=2)))
    app = create_api(Working, doorkeeping=door, watching=Watching(readable=True))
    with TestClient(app) as client:
        for _ in range(3):
            refused = client.post("/api/v1/ask", json=BODY, headers=dict(known.headers["staff"]))
        client.get("/nowhere/at/all", headers=dict(known.headers["staff"]))
        text = client.get("/metrics", headers=dict(known.headers["admin"])).text
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    for line in (
        'pz_requests_total{method="POST",route="/api/v1/ask",status="200"} 2.0',
        'pz_requests_total{method="POST",route="/api/v1/ask",status="429"} 1.0',
        'pz_requests_total{method="GET",route="none",status="404"} 1.0',
        'pz_answers_total{mode="extractive",outcome="answered"} 2.0',
        'pz_stage_seconds_count{stage="search"} 2.0',
        "pz_rate_refused_total 1.0",
        "pz_rate_alone_total 0.0",
        "pz_places_taken 0.0",
        "pz_loop_lag_seconds_count",
    ):
        assert line in text
    assert CANARY not in text
    assert "nowhere" not in text


def test_requests_of_any_kind_are_counted_too(known: Callers) -> None:
    door = replace(known.door, rates=RateLimiter(Rates(requests=3)))
    with TestClient(create_api(FakeAssistant, doorkeeping=door)) as client:
        statuses = [client.get("/api/v1/documents", headers=dict(known.headers["staff"])).status_code for _ in range(5)]
        other = client.get("/api/v1/documents", headers=dict(known.headers["department"])).status_code
        openai = client.get("/v1/models", headers=dict(known.headers["staff"]))
        health = client.get("/livez").status_code
    assert statuses == [200, 200, 200, 429, 429]
    assert (other, health) == (200, 200)
    assert openai.json()["error"]["code"] == "too_many_requests"


# --- the log ------------------------------------------------------------------------------------


def test_no_question_is_logged_at_info() -> None:
    fake = FakeAssistant()
    with logged(logging.INFO) as written, TestClient(create_api(lambda: fake)) as client:
        for path, body in ROUTES:
            client.post(path, json=body)
            client.get(path, params={"q": CANARY})
        for fault in (ModelUnavailable(CANARY), RuntimeError(CANARY)):
            fake.fault = fault
            for path, body in ROUTES:
                try:
                    client.post(path, json=body)
                except RuntimeError:
                    continue
    lines = written.getvalue().splitlines()
    assert CANARY not in written.getvalue()
    assert CANARY.encode("unicode_escape").decode() not in written.getvalue()
    requests = [line for line in map(json.loads, lines) if line["event"] == "request"]
    assert len(requests) >= 2 * len(ROUTES)
    assert {"time", "level", "logger", "request_id", "route", "status", "ms", "caller"} <= set(requests[0])


def test_lines_of_one_request_bear_its_id() -> None:
    with logged(logging.INFO) as written, TestClient(create_api(FakeAssistant)) as client:
        response = client.post("/api/v1/ask", json=BODY)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    mine = [line["event"] for line in lines if line.get("request_id") == response.headers["x-request-id"]]
    assert mine == ["answer", "request"]  # the first comes from the thread that made the answer


@pytest.mark.parametrize("format_", [LogFormat.JSON, LogFormat.TEXT])
def test_one_record_is_one_line_whatever_is_in_it(format_: LogFormat) -> None:
    formatter = formatter_of(Settings(log_format=format_))
    record = logging.LogRecord("a", logging.WARNING, "f", 1, "forged %s", ("x\r\n2026 ERROR a\x1b[31m\u2028",), None)
    line = formatter.format(record)
    assert len(line.splitlines()) == 1
    assert not {"\r", "\n", "\x1b"} & set(line)


def test_production_logs_json_by_itself() -> None:
    made = formatter_of(Settings(mode="production"))  # type: ignore[arg-type]
    record = logging.LogRecord("a", logging.WARNING, "f", 1, "told", (), None)
    assert json.loads(made.format(record))["event"] == "told"
    assert not formatter_of(Settings()).format(record).startswith("{")


# --- traces -------------------------------------------------------------------------------------


def test_traces_tell_times_and_no_words() -> None:
    export = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter = export.InMemorySpanExporter()
    traces = Traces("http://127.0.0.1:9/v1/traces", exporter=exporter)

    class Working(FakeAssistant):
        def ask(self, inquiry: Inquiry) -> Answer:
            with stage("read"):
                pass
            with stage("search"):
                return super().ask(inquiry)

    with TestClient(create_api(Working, watching=Watching(traces=traces))) as client:
        assert client.post("/api/v1/ask", json=BODY).status_code == 200
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"answer", "read", "search"}
    assert spans["search"].parent.span_id == spans["answer"].context.span_id
    assert dict(spans["answer"].attributes) == {"outcome": "answered", "mode": "extractive"}
    assert spans["answer"].start_time <= spans["search"].start_time
    assert not any(CANARY in span.to_json() for span in spans.values())
    traces.close()


def test_nothing_is_traced_by_default() -> None:
    code = (
        "import sys\nfrom assistant.settings import Settings\n"
        "from assistant.serving.watching.watching import watching\n"
        "with watching(Settings(), print) as watch:\n"
        "    print(watch.traces, 'opentelemetry.sdk' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.split() == ["None", "False"], done.stderr
