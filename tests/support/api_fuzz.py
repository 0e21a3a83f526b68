"""Schemathesis against a running server with a small library: every route, signed in and not, and in sequences.

    make api-fuzz            at least 10,000 cases; figures go to eval/baselines/api_fuzz

The requests that arrived are counted at the server, so that the figures do not rest on what the tool says of itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from assistants import memory_assistant
from doors import callers, door_of, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice
from serving_fakes import serving
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access.gate import Credential, GuardedGate
from assistant.access.recorder import Recorder
from assistant.indexing.build import build_index
from assistant.models.standins import HashingEmbedder
from assistant.schema.principal import Principal, PrincipalKind
from assistant.schema.principal import Scope as May
from assistant.serving.http.api import create_api
from assistant.serving.http.rules import RULES
from assistant.serving.ledger import Ledger
from assistant.serving.limits.fair_pool import Bounds
from assistant.text.segment import Segmenter, policy_terms

TOKEN = "fuzz" * 10
# What the tool may not know: a token that is refused says nothing of the request behind it.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "unsupported_method",
    "use_after_free", "ensure_resource_availability", "ignored_auth",
)  # fmt: skip


# What no schema can say is answered with 422: a cursor of nobody's, an institution that is none. And a text that is
# too long may be so long that its request is, which is 413.
SETTINGS = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429"]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "429"]
"""


class WholeGate(GuardedGate):
    """Knows one caller more, who may do everything, and whose key nobody can revoke by chance."""

    def recall(self, credential: Credential | None) -> Principal | None:
        if credential is not None and credential.text == TOKEN:
            return Principal(
                kind=PrincipalKind.KEY, subject="fuzz", scopes=frozenset(May), labels=frozenset({"内部", "信贷部"})
            )
        return super().recall(credential)


@dataclass
class Seen:
    """What arrived at the server, and what it answered."""

    statuses: Counter[str] = field(default_factory=Counter)
    by_operation: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)  # 5xx by operation

    @property
    def cases(self) -> int:
        return self.statuses.total()


class Counting:
    """Passes requests on and counts them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.seen = Seen()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "-")
                operation = f"{scope['method']} {route}"
                self.seen.statuses[str(message["status"])] += 1
                self.seen.by_operation[operation] += 1
                if message["status"] >= 500:
                    self.seen.faults[f"{operation} {message['status']}"] += 1
            await send(message)

        await self._app(scope, receive, counted if scope["type"] == "http" else send)


@contextmanager
def small_server(home: Path) -> Iterator[tuple[str, Counting, Mapping[str, Any]]]:
    """A server that records, over two generations of a small library: its address, its counter, its description."""
    (home / "corpus").mkdir()
    for documents in ((law(),), (law(), notice())):
        build_index(
            documents, indexes_dir=home / "indexes", embedder=HashingEmbedder(), segmenter=Segmenter(policy_terms())
        )
    assistant = memory_assistant(MemoryLibrary([law(), notice()], HashingEmbedder()))
    with opened(home) as registry:
        known = callers(registry)
        minutes = count(step=61)  # one passes between requests, so that refused tokens never add up to 429
        gate = WholeGate(registry.keys, registry.embeds, registry.users, clock=lambda: float(next(minutes)))
        ledger = Ledger(Recorder(registry.chain, registry.answers, refuse=True))
        app = create_api(
            lambda: assistant,
            doorkeeping=replace(door_of(registry, gate, home=home), ledger=ledger),
            bounds=Bounds(waiting=200),
        )
        assert known.headers
        counting = Counting(app)
        with serving(counting) as url:
            yield url, counting, app.openapi()


def fuzz(url: str, schema: Path, *words: str, token: str | None, seconds: int) -> tuple[int, str]:
    """One run of the tool: its exit code and what it said."""
    headers = ["--header", f"Authorization: Bearer {token}"] if token else []
    checks = [
        check for check in CHECKS if token or check not in ("positive_data_acceptance", "negative_data_rejection")
    ]
    settings = schema.parent / "schemathesis.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings), "run", str(schema), "--url", url,
        "--checks", ",".join(checks), "--request-timeout", "30", "--no-color", "--no-shrink",
        "--continue-on-failure", "--warnings", "off", "--suppress-health-check", "all",
        "--generation-database", "none", "--seed", "13", *headers, *words,
    ]  # fmt: skip
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        command, cwd=schema.parent, env=env, capture_output=True, text=True, timeout=seconds, check=False
    )
    return done.returncode, done.stdout + done.stderr


def main() -> None:
    """Both runs, and their figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--examples", type=int, default=150, help="cases of each operation and phase")
    options.add_argument("--out", type=Path, required=True, help="a folder for the figures")
    options.add_argument("--seconds", type=int, default=3000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with small_server(home) as (url, counting, described):
            schema = home / "openapi.json"
            schema.write_text(json.dumps(described), encoding="utf-8")
            figures, good = {}, True
            for name, token, examples in (
                ("signed in", TOKEN, asked.examples),
                ("nobody", None, max(1, asked.examples // 5)),
            ):
                counting.seen, began = Seen(), time.monotonic()
                code, said = fuzz(url, schema, "--max-examples", str(examples), token=token, seconds=asked.seconds)
                seen = counting.seen
                good = good and code == 0 and not seen.faults
                figures[name] = {
                    "cases": seen.cases, "exit": code, "seconds": round(time.monotonic() - began),
                    "statuses": dict(sorted(seen.statuses.items())), "server_errors": dict(seen.faults),
                    "operations": sum(tuple(one.split(" ", 1)) in RULES for one in seen.by_operation),
                }  # fmt: skip
                asked.out.mkdir(parents=True, exist_ok=True)
                (asked.out / f"{name.replace(' ', '_')}.txt").write_text(said[-60_000:], encoding="utf-8")
    (asked.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
