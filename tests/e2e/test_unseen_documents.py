"""What a hidden document does to the answers of others: nothing, down to the last byte of every response."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from assistants import memory_assistant
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_library import MemoryLibrary
from sample_texts import LAW, NOTICE, law, notice
from starlette.testclient import TestClient

from assistant.access.gate import OpenGate
from assistant.models.standins import HashingEmbedder
from assistant.parsing.clauses import parse_clauses
from assistant.pipeline import PolicyAssistant
from assistant.schema.document import Document
from assistant.serving.http.api import create_api
from assistant.serving.http.doorkeeping import Doorkeeping

# Ids that are drawn for a request or an index, and times: all else is compared byte for byte.
_OF_ITS_OWN = {
    "request_id", "answer_id", "session_id", "latency_ms", "generation", "id", "created", "created_at", "item_id",
    "completed_at",
}  # fmt: skip
_WORDS = (
    "续贷",
    "村镇贷款",
    "信用风险",
    "农户",
    "不得",
    "期限",
    "三年",
    "循环贷",
    "首贷户",
    "绩效考核",
    "材料",
    "书面告知",
)
_QUESTIONS = (
    "能不能用续贷掩盖信用风险？",
    "贷款期限最长多久？",
    "提供虚假材料的能不能发放贷款？",
    "小微企业续贷要什么材料？",
    "通知里凡是严禁的，逐条列出来",
    "村镇贷款条例第四条说了什么？",
    "xudai 要什么条件？",
)
STRANGER, NEIGHBOUR = frozenset[str](), frozenset({"内部"})


def hidden(number: int, lines: list[str], labels: tuple[str, ...]) -> Document:
    """A notice or a statute that only holders of the labels may see."""
    base, text = (law(), LAW) if number % 2 else (notice(), NOTICE)
    for at, line in zip("六七八九" if number % 2 else "四五六七", lines, strict=False):
        text += f"\n第{at}条 {line}。\n" if number % 2 else f"\n（{at}）{line}。\n"
    meta = replace(base.meta, id=f"hidden_{number}", title=f"内部文件{number}号办法", access=labels)
    return Document(meta=meta, text=text, clauses=parse_clauses(text, meta.kind))


hidden_documents = st.lists(
    st.builds(
        hidden,
        st.integers(0, 9),
        st.lists(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=12).map("，".join), max_size=4),
        st.sampled_from([("信贷部",), ("内部", "信贷部")]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda document: document.id,
)


class Stand:
    """What the applications ask; made once for each set of rights, since making one takes a second."""

    served: PolicyAssistant


@lru_cache
def client_for(rights: frozenset[str]) -> TestClient:
    return TestClient(create_api(lambda: Stand.served, doorkeeping=Doorkeeping(gate=OpenGate(rights))))


@contextmanager
def client_of(documents: tuple[Document, ...], rights: frozenset[str]) -> Iterator[TestClient]:
    Stand.served = memory_assistant(MemoryLibrary(list(documents), HashingEmbedder()))
    yield client_for(rights)


def open_documents() -> tuple[Document, ...]:
    staff = notice()
    return law(), replace(staff, meta=replace(staff.meta, access=("内部",)))


def calls(question: str) -> list[tuple[str, str, dict[str, Any] | None]]:
    asked: dict[str, Any] = {"question": question}
    said = {"model": "policy-assistant-with-sources", "messages": [{"role": "user", "content": question}]}
    return [
        ("POST", "/api/v1/ask", asked),
        ("POST", "/api/v1/ask/stream", asked),
        ("POST", "/api/v1/search", {**asked, "limit": 20}),
        ("POST", "/api/v1/verify", {"text": f"根据《内部文件0号办法》（四），{question.rstrip('？')}。"}),
        ("POST", "/v1/chat/completions", said),
        ("GET", "/api/v1/documents", None),
        ("GET", "/api/v1/documents/hidden_0", None),
        ("GET", "/api/v1/documents/law_2023/clauses/第四条", None),
        ("GET", "/readyz", None),
    ]


def plainly(value: Any) -> Any:
    """A value without ids and times."""
    if isinstance(value, Mapping):
        return {key: plainly(held) for key, held in value.items() if key not in _OF_ITS_OWN}
    return [plainly(one) for one in value] if isinstance(value, list) else value


def told(client: TestClient, question: str) -> list[str]:
    """Everything that a client gets, ids and times left out."""
    found = []
    for method, path, body in calls(question):
        response = client.request(method, path, json=body) if body else client.request(method, path)
        if response.headers["content-type"].startswith("text/event-stream"):
            events = re.findall(r"^data: (\{.*\})\r?$", response.text, re.MULTILINE)
            said = [plainly(json.loads(event)) for event in events]
        else:
            said = plainly(response.json())
        found.append(f"{path} {response.status_code} {json.dumps(said, ensure_ascii=False)}")
    return found


@lru_cache
def told_without(rights: frozenset[str], question: str) -> list[str]:
    with client_of(open_documents(), rights) as client:
        return told(client, question)


@pytest.mark.parametrize("rights", [STRANGER, NEIGHBOUR], ids=["stranger", "neighbour"])
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(more=hidden_documents, question=st.sampled_from(_QUESTIONS), first=st.booleans())
def test_every_response_is_that_of_a_library_that_never_held_them(
    rights: frozenset[str], more: list[Document], question: str, first: bool
) -> None:
    documents = (*more, *open_documents()) if first else (*open_documents(), *more)
    with client_of(documents, rights) as client:
        assert told(client, question) == told_without(rights, question)


def test_whoever_may_see_them_is_told_something_else() -> None:
    """So that the comparison above can fail."""
    more = hidden(0, ["循环贷，期限，三年"], ("内部",))
    with client_of((*open_documents(), more), NEIGHBOUR) as client:
        now, before = told(client, _QUESTIONS[0]), told_without(NEIGHBOUR, _QUESTIONS[0])
    changed = {line.split()[0] for line, other in zip(now, before, strict=True) if line != other}
    assert {"/api/v1/search", "/api/v1/documents", "/api/v1/documents/hidden_0"} <= changed
    assert all(line.split()[1] in {"200", "404"} for line in now)
