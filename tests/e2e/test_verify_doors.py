"""Checking texts from the command line and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving_fakes import FakeAssistant, serving
from test_cli import run_in

from assistant.errors import IndexNotBuilt
from assistant.serving.http.api import create_api

TRUE = "严禁贷款转存或挪用套利（见《通知》第五部分第（十）项）。"
FALSE = "银行机构可以用续贷掩盖信用风险（《通知》五、（十））。"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("verify")
    built = run_in(home, "index", "build")
    assert built.returncode == 0, built.stderr
    return home


# --- command line -------------------------------------------------------------------------------


def test_a_text_and_its_exit_code(home: Path) -> None:
    proved = run_in(home, "verify", TRUE)
    assert proved.returncode == 0, proved.stderr
    assert "✓ 与条款一致" in proved.stdout
    assert "共核对 1 句" in proved.stdout
    failed = run_in(home, "verify", "-", stdin=f"{TRUE}{FALSE}".encode())
    assert failed.returncode == 3
    assert "✗ 约束程度与原文不符" in failed.stdout
    assert "不得用续贷掩盖信用风险" in failed.stdout  # the clause's own words


def test_a_file_and_json(home: Path) -> None:
    (home / "draft.md").write_text(f"# 草稿\n\n{TRUE}\n", encoding="utf-8")
    done = run_in(home, "verify", "draft.md", "--json")
    assert done.returncode == 0, done.stderr
    verdicts = [one["verdict"] for one in json.loads(done.stdout)]
    assert verdicts == [None, "OK"]


def test_claims_for_programs(home: Path) -> None:
    lines = [
        {"id": "一", "claim": TRUE},
        {"id": "二", "claim": FALSE},
        {"id": "三", "claim": TRUE, "doc": "商业银行法"},
    ]
    (home / "in.jsonl").write_text("\n".join(json.dumps(x, ensure_ascii=False) for x in lines), encoding="utf-8")
    done = run_in(home, "verify", "--claims", "in.jsonl", "--out", "out.jsonl")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in (home / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(f["id"], f["verdict"]) for f in found] == [("一", "OK"), ("二", "MODALITY"), ("三", "NOT_FOUND")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify"], "二者取其一"),
        (["verify", " "], "请粘贴要核对的文字"),
        (["verify", "没有.docx"], "文件无法读取"),
        (["verify", "--claims", "in.jsonl"], "--out"),
        (["verify", TRUE, "--as-of", "昨天"], "须为日期"),
    ],
)
def test_what_cannot_be_used_is_said(home: Path, arguments: list[str], words: str) -> None:
    (home / "in.jsonl").write_text("{}", encoding="utf-8")
    done = run_in(home, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


# --- HTTP ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with (
        serving(create_api(lambda: FakeAssistant())) as url,
        httpx.Client(base_url=url, timeout=20, trust_env=False) as client,
    ):
        yield client


TEXT = "不得盲目抽贷、断贷、压贷（见《通知》五、（十））。可以盲目抽贷、断贷、压贷（见《通知》五、（十））。"


def test_each_sentence_with_verdict_and_clause(client: httpx.Client) -> None:
    response = client.post("/api/v1/verify", json={"text": TEXT, "as_of": "2024-06-01"})
    assert response.status_code == 200, response.text
    body = response.json()
    assert [s["verdict"] for s in body["sentences"]] == ["OK", "MODALITY"]
    assert body["proved"] is False
    assert body["request_id"] == response.headers["x-request-id"]
    for sentence in body["sentences"]:
        assert TEXT[sentence["span"]["start"] : sentence["span"]["end"]] == sentence["text"]
        assert sentence["citations"][0]["address"] == "五、（十）"
        assert sentence["reason"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"text": " "}', 422, "empty_text"),
        (b'{"text": "\\u0000"}', 422, "bad_characters"),
        (json.dumps({"text": "绝密" * 10_001}).encode(), 413, "body_too_large"),
        (json.dumps({"text": "a" * 20_001}).encode(), 422, "text_too_long"),
        (b'{"text": "a", "model": "x"}', 422, "bad_request"),
        (b'{"text": 1}', 422, "bad_request"),
        (b'{"text": "a", "as_of": "yesterday"}', 422, "bad_request"),
        (b"[]", 400, "bad_json"),
    ],
)
def test_bodies_that_are_refused(client: httpx.Client, content: bytes, status: int, code: str) -> None:
    response = client.post("/api/v1/verify", content=content, headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert set(response.json()) == {"code", "message", "request_id"}
    assert "绝密" not in response.text


def test_another_type_of_body_is_refused(client: httpx.Client) -> None:
    response = client.post("/api/v1/verify", content=b"text=a", headers={"content-type": "text/plain"})
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_a_fault_of_the_index_is_told() -> None:
    fake = FakeAssistant(fault=IndexNotBuilt("还没有建立索引。"))
    with serving(create_api(lambda: fake)) as url, httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
        response = client.post("/api/v1/verify", json={"text": "甲乙丙丁戊。"})
    assert (response.status_code, response.json()["code"]) == (503, "index_not_built")
