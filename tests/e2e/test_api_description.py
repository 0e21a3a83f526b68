"""The OpenAPI description: whole, typed, with examples that hold, and saying who may ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from serving_fakes import FakeAssistant

from assistant.schema.principal import Scope
from assistant.schema.retrieval import RetrievalMode
from assistant.serving.http.api import create_api
from assistant.serving.http.description import examples
from assistant.serving.http.errors import STATUS_OF_CODE
from assistant.serving.http.rules import RULES

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def said() -> Mapping[str, Any]:
    return create_api(FakeAssistant).openapi()


def operations(said: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, item in said["paths"].items():
        yield from ((f"{method.upper()} {path}", item[method]) for method in METHODS & set(item))


def faults(said: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": said["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def test_every_operation_is_named_grouped_and_says_what_may_go_wrong(said: Mapping[str, Any]) -> None:
    assert said["openapi"].startswith("3.1")
    for name, operation in operations(said):
        assert operation["summary"], name
        assert operation["tags"], name
        public = operation["security"] == [{}]
        statuses = {int(status) for status in operation["responses"]}
        assert statuses & {200, 201, 204}, name
        assert public or {401, 403} <= statuses, name
        assert statuses - {200, 201, 204} <= set(STATUS_OF_CODE.values()) | {500}, name
        assert "requestBody" not in operation or {400, 413, 415, 422} <= statuses, name
        parameters = operation.get("parameters", [])
        assert not any("{" in one["name"] for one in parameters)
        for one in parameters:
            assert one["description"], (name, one["name"])


def test_every_response_and_request_has_an_example_that_holds(said: Mapping[str, Any]) -> None:
    used = set()
    for name, operation in operations(said):
        for status, response in operation["responses"].items():
            content = response.get("content", {}).get("application/json")
            if not content or int(status) >= 400:  # without a schema: a file to be kept
                continue
            used.add(content["schema"]["$ref"].rpartition("/")[2])
            assert faults(said, content["schema"], content["example"]) == [], name
        body = operation.get("requestBody")
        if body:
            schema = body["content"]["application/json"]["schema"]
            assert schema["examples"], name
            for example in schema["examples"]:
                assert list(Draft202012Validator(schema).iter_errors(example)) == [], name
    assert used <= set(examples())
    assert set(examples()) - used == {"ErrorBody", "ErrorEnvelope"}


def test_an_example_that_does_not_hold_is_seen(said: Mapping[str, Any]) -> None:
    wrong = {**examples()["SessionList"], "next": 5}
    assert faults(said, {"$ref": "#/components/schemas/SessionList"}, wrong)


def _holders(example: Any) -> Iterator[Mapping[str, Any]]:
    """Everything in an example that says what was done without."""
    if isinstance(example, dict):
        if "degraded" in example:
            yield example
        for one in example.values():
            yield from _holders(one)
    elif isinstance(example, list):
        for one in example:
            yield from _holders(one)


def test_how_something_was_found_is_in_the_examples_and_in_the_document() -> None:
    held = [one for example in examples().values() for one in _holders(example)]
    assert len(held) >= 4
    assert all(one["retrieval_mode"] == "hybrid" for one in held)
    text = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    assert all(f"| `{mode}` |" in text for mode in RetrievalMode)


def test_streams_say_what_each_event_is(said: Mapping[str, Any]) -> None:
    for path, method in (("/api/v1/ask/stream", "post"), ("/api/v1/answers/{answer_id}/events", "get")):
        content = said["paths"][path][method]["responses"]["200"]["content"]["text/event-stream"]
        kinds = {
            one["properties"]["event"]["const"]: one["properties"]["data"] for one in content["itemSchema"]["oneOf"]
        }
        assert list(kinds) == ["sources", "delta", "done", "error"]
        for data in kinds.values():
            assert data["contentSchema"]["$ref"].rpartition("/")[2] in said["components"]["schemas"]


def test_who_may_ask_is_said(said: Mapping[str, Any]) -> None:
    assert set(said["components"]["securitySchemes"]) == {"key", "signin"}
    for name, operation in operations(said):
        method, _, path = name.partition(" ")
        rule = RULES[method, path.replace("{address}", "{address:path}")]
        assert (operation["security"] == [{}]) == rule.public
        scopes = {scope.value for scope in (rule.scope, rule.other) if scope}
        assert set(operation.get("x-scopes", [])) == scopes
        assert scopes <= {scope.value for scope in Scope}


def test_nothing_typed_is_left_open(said: Mapping[str, Any]) -> None:
    """What leaves has its fields named, to the last; the facts of the audit alone are free."""
    free = {
        (name, field)
        for name, schema in said["components"]["schemas"].items()
        for field, about in schema.get("properties", {}).items()
        if about == {} or about.get("additionalProperties") is True
        or any(one.get("additionalProperties") is True for one in about.get("anyOf", []))
    }  # fmt: skip
    assert {one for one in free if not one[0].startswith(("Chat", "Response", "Completion"))} == {
        ("RecordBody", "facts")
    }
