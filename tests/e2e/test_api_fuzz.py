"""A short run of the fuzzing that `make api-fuzz` does at length, against a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from api_fuzz import TOKEN, Seen, fuzz, small_server

from assistant.serving.http.rules import RULES

PHASES = ("--phases", "examples,fuzzing,stateful", "--max-examples", "1")


@pytest.mark.slow
def test_nothing_breaks_and_nothing_leaves_that_is_not_described(tmp_path: Path) -> None:
    with small_server(tmp_path) as (url, counting, described):
        schema = tmp_path / "openapi.json"
        schema.write_text(json.dumps(described), encoding="utf-8")
        for token in (TOKEN, None):
            counting.seen = Seen()
            code, said = fuzz(url, schema, *PHASES, token=token, seconds=200)
            assert code == 0, said[-6000:]
            assert counting.seen.faults == {}
            assert counting.seen.cases > 60
            if token:
                tried = {tuple(one.split(" ", 1)) for one in counting.seen.by_operation}
                assert len(tried & set(RULES)) >= 35
                assert counting.seen.statuses["200"] >= 30
            else:
                assert set(counting.seen.statuses) <= {"200", "401", "403"}  # 403: a cookie from elsewhere


def test_a_fault_would_be_seen(tmp_path: Path) -> None:
    with small_server(tmp_path) as (url, _, described):
        wrong = json.loads(json.dumps(described))
        wrong["components"]["schemas"]["LiveBody"]["properties"]["status"] = {"type": "integer"}
        wrong["paths"] = {"/livez": wrong["paths"]["/livez"]}
        schema = tmp_path / "openapi.json"
        schema.write_text(json.dumps(wrong), encoding="utf-8")
        code, said = fuzz(url, schema, "--max-examples", "1", token=TOKEN, seconds=100)
        assert code == 1
        assert "schema" in said
