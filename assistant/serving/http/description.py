"""The OpenAPI description: FastAPI's own, with who may ask what, and an example of each response."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from assistant.serving.http.events import STREAMED
from assistant.serving.http.identity import COOKIE
from assistant.serving.http.rules import Rule, routes_of, rule_of

_SCHEMES: Mapping[str, Any] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "接口密钥（pz_…），或门户签发的令牌（JWT）。",
    },
    "signin": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "在登录页登录后得到的 Cookie。"},
}
_METHODS = {"get", "post", "put", "patch", "delete"}


def describe(app: FastAPI) -> None:
    """Have an application describe itself so."""
    made: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        fresh = app.openapi_schema is None
        said = made()
        if fresh:
            paths = {(method, path.replace(":path", "")): path for method, path in routes_of(app)}
            said["components"]["securitySchemes"] = dict(_SCHEMES)
            said["components"]["schemas"] |= _streamed() | said["components"]["schemas"]
            for method, path, operation in _operations(said):
                rule = rule_of(method, paths.get((method, path), path))
                operation["security"] = [{}] if rule is None or rule.public else [{"key": []}, {"signin": []}]
                _say_scope(operation, rule)
                _add_examples(operation)
        return said

    app.openapi = openapi  # type: ignore[method-assign]


@lru_cache(maxsize=1)
def examples() -> Mapping[str, Any]:
    """Name of a body → an example of it."""
    text = (files("assistant") / "data" / "api_examples.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def _streamed() -> dict[str, Any]:
    """What the events of a stream hold, which is no response of its own."""
    models = [(model, "serialization") for model in STREAMED.values()]
    _, said = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return dict(said["$defs"])


def _operations(said: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in said["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield method.upper(), path, operation


def _say_scope(operation: dict[str, Any], rule: Rule | None) -> None:
    scopes = [scope.value for scope in (rule.scope, rule.other) if scope] if rule else []
    if scopes:
        operation["x-scopes"] = scopes


def _add_examples(operation: Mapping[str, Any]) -> None:
    for response in operation["responses"].values():
        content = response.get("content", {}).get("application/json")
        name = str((content or {}).get("schema", {}).get("$ref", "")).rpartition("/")[2]
        if content is not None and name in examples():
            content["example"] = examples()[name]
