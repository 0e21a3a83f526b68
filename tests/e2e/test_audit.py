"""Answers and acts recorded by a running door, and read, checked and replayed from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from assistants import memory_assistant
from doors import PASSWORD, Callers, callers, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice
from sqlalchemy import Connection, text
from starlette.testclient import TestClient
from typer.testing import CliRunner

from assistant.access.audit import Entry
from assistant.access.audit_proof import check
from assistant.access.recorder import Recorder
from assistant.access.registry import Registry
from assistant.errors import AssistantError
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.records.store import Store
from assistant.serving.http.api import create_api
from assistant.serving.ledger import Ledger, clause_hash, inquiry_of
from assistant.serving.replay import replay
from assistant.serving.terminal.access import note_act
from assistant.serving.terminal.app import app as terminal

ASKED = "能不能用续贷掩盖信用风险？"
PHONE = "13812345678"


@pytest.fixture(scope="module")
def assistant() -> PolicyAssistant:
    return memory_assistant(MemoryLibrary([law(), notice()], HashingEmbedder()))


@dataclass
class Stage:
    """A door that records, and what it recorded."""

    client: TestClient
    registry: Registry
    known: Callers

    def entries(self, kind: str | None = None) -> list[Entry]:
        return [entry for entry in self.registry.chain.entries() if kind in (None, entry.kind)]

    def ask(self, question: str, who: str = "staff", path: str = "/api/v1/ask", **chosen: Any) -> Any:
        return self.client.post(path, json={"question": question, **chosen}, headers=self.known.headers[who])


@contextmanager
def staged(folder: Path, assistant: PolicyAssistant, *, refuse: bool = False) -> Iterator[Stage]:
    with opened(folder) as registry:
        known = callers(registry)
        recorder = Recorder(registry.chain, registry.answers, refuse=refuse, clock=lambda: 0.0)
        door = replace(known.door, ledger=Ledger(recorder))
        with TestClient(create_api(lambda: assistant, doorkeeping=door), base_url="http://door.example") as client:
            yield Stage(client, registry, known)


@pytest.fixture
def stage(tmp_path: Path, assistant: PolicyAssistant) -> Iterator[Stage]:
    with staged(tmp_path, assistant) as stage:
        yield stage


def test_each_answer_is_one_record_that_says_how_it_came_about(stage: Stage) -> None:
    body = stage.ask(f"我的电话是{PHONE}，{ASKED}").json()
    [entry] = stage.entries("answer")
    facts = entry.facts
    assert facts["answer_id"] == body["answer_id"]
    assert entry.subject.startswith("key:")
    assert facts["labels"] == ["内部"]
    assert facts["outcome"] == body["answer"]["outcome"]
    assert facts["generation"] == "memory"
    assert facts["embedder"] == HashingEmbedder().id
    cited = body["answer"]["citations"]
    assert cited
    assert [c for c in facts["clauses"] if c["role"] == "cited"] == [
        {"role": "cited", "id": f"{c['document_id']}#{c['address']}", "sha256": clause_hash(c["clause_text"]),
         "verdict": c["verdict"]}
        for c in cited
    ]  # fmt: skip
    assert facts["latency_ms"] > 0
    assert PHONE not in entry.body


def test_the_answer_is_kept_byte_for_byte_for_its_owner(stage: Stage) -> None:
    body = stage.ask(f"我的电话是{PHONE}，{ASKED}").json()
    [entry] = stage.entries("answer")
    kept = stage.registry.answers.get(body["answer_id"], owner=entry.subject)
    assert kept is not None
    assert json.loads(kept.body) == body["answer"]
    assert stage.registry.answers.get(body["answer_id"], owner="key:somebody-else") is None
    assert PHONE not in kept.body + kept.inquiry


def test_a_stream_is_recorded_before_its_last_event(stage: Stage) -> None:
    response = stage.ask(ASKED, path="/api/v1/ask/stream")
    done = json.loads(response.text.replace("\r\n", "\n").split("event: done\ndata: ")[1].split("\n")[0])
    assert [entry.facts["answer_id"] for entry in stage.entries("answer")] == [done["answer_id"]]


def test_what_was_refused_or_failed_leaves_no_answer(stage: Stage) -> None:
    assert stage.ask("").status_code == 422
    assert stage.ask(ASKED, "wrong key").status_code == 401
    assert stage.ask(ASKED, "only documents").status_code == 403
    assert stage.entries("answer") == []


def test_signing_in_is_recorded_without_what_was_typed(stage: Stage) -> None:
    origin = {"Origin": "http://door.example"}
    for name, password in (("guan.li", PASSWORD), ("my-secret-word", "x" * 12)):
        stage.client.post("/signin", data={"name": name, "password": password}, headers=origin, follow_redirects=False)
    assert [entry.kind for entry in stage.entries()] == ["user.signed-in", "user.sign-in-failed"]
    assert "my-secret-word" not in "".join(entry.body for entry in stage.entries())


# --- when it cannot be written ---


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether writing fails, from now on."""
    full = [False]
    write = Store.write

    @contextmanager
    def guarded(self: Store) -> Iterator[Connection]:
        with write(self) as connection:
            if full[0]:
                connection.execute(text("INSERT INTO no_such_table VALUES (1)"))
            yield connection

    monkeypatch.setattr(Store, "write", guarded)
    return full


def test_by_default_answers_go_on_and_are_recorded_later(
    tmp_path: Path, assistant: PolicyAssistant, full_disk: list[bool]
) -> None:
    with staged(tmp_path, assistant) as stage:
        stage.ask(ASKED)
        full_disk[0] = True
        assert stage.ask(ASKED).status_code == 200
        full_disk[0] = False
        assert stage.client.app.state.desk is not None  # type: ignore[attr-defined]
        stage.client.app.state.desk._ledger.recorder.flush()  # type: ignore[attr-defined]
        assert len(stage.entries("answer")) == 2
        assert check(stage.entries()).whole


def test_where_it_must_be_recorded_there_is_no_answer(
    tmp_path: Path, assistant: PolicyAssistant, full_disk: list[bool]
) -> None:
    with staged(tmp_path, assistant, refuse=True) as stage:
        assert stage.ask(ASKED).status_code == 200
        full_disk[0] = True
        first, second = stage.ask(ASKED), stage.ask(ASKED)
        streamed = stage.ask(ASKED, path="/api/v1/ask/stream")
        for response in (first, second, streamed):
            assert (response.status_code, response.json()["code"]) == (503, "audit_unavailable")
            assert response.headers["retry-after"] == "30"
            assert "续贷" not in response.text
        full_disk[0] = False
        assert stage.ask(ASKED).status_code == 200
        assert [entry.kind for entry in stage.entries()] == ["answer", "audit.gap", "answer"]


def test_a_stream_that_cannot_be_recorded_ends_in_an_error(
    tmp_path: Path, assistant: PolicyAssistant, full_disk: list[bool]
) -> None:
    with staged(tmp_path, assistant, refuse=True) as stage:
        full_disk[0] = True
        response = stage.ask(ASKED, path="/api/v1/ask/stream")
    assert "event: error" in response.text
    assert "event: done" not in response.text
    assert "audit_unavailable" in response.text


# --- given again ---


def test_an_answer_given_again_is_the_same(stage: Stage, assistant: PolicyAssistant) -> None:
    first = stage.ask(ASKED).json()
    follow = stage.client.post(
        "/api/v1/ask",
        json={
            "question": "那农户呢？",
            "session_id": first["session_id"],
            "region": "陕西",
            "legal_levels": ["规范性文件"],
        },
        headers=stage.known.headers["staff"],
    ).json()
    for answer_id in (first["answer_id"], follow["answer_id"]):
        kept = stage.registry.answers.get(answer_id)
        assert kept is not None
        assert replay(kept, assistant).same
        inquiry, _ = inquiry_of(kept.inquiry)
        assert inquiry.rights == frozenset({"内部"})
    assert [turn.content for turn in inquiry.history] == [ASKED]


@pytest.mark.parametrize("follows", [True, False])
def test_whether_it_followed_is_given_again_too(stage: Stage, assistant: PolicyAssistant, follows: bool) -> None:
    first = stage.ask(ASKED).json()
    asked = {"question": "依据是哪一条？", "session_id": first["session_id"], "follows": follows}
    body = stage.client.post("/api/v1/ask", json=asked, headers=stage.known.headers["staff"]).json()
    kept = stage.registry.answers.get(body["answer_id"])
    assert kept is not None
    assert inquiry_of(kept.inquiry)[0].follows is follows
    assert replay(kept, assistant).same


def test_what_was_kept_before_that_was_written_down_is_still_read(stage: Stage, assistant: PolicyAssistant) -> None:
    kept = stage.registry.answers.get(stage.ask(ASKED).json()["answer_id"])
    assert kept is not None
    said = json.loads(kept.inquiry)
    del said["follows"]
    assert replay(replace(kept, inquiry=json.dumps(said)), assistant).same


def test_the_documents_that_were_spoken_of_are_kept_with_their_turn(stage: Stage, assistant: PolicyAssistant) -> None:
    first = stage.ask(ASKED).json()
    second = stage.ask("那依据是哪一条？", session_id=first["session_id"]).json()
    kept = stage.registry.answers.get(second["answer_id"])
    assert kept is not None
    [turn] = inquiry_of(kept.inquiry)[0].history
    assert set(turn.documents) == {cited["document_id"] for cited in first["answer"]["citations"]} != set()
    assert replay(kept, assistant).same


def test_turns_that_a_client_sends_are_kept_masked(stage: Stage, assistant: PolicyAssistant) -> None:
    messages = [
        {"role": "user", "content": f"我叫王小明，电话{PHONE}，{ASKED}"},
        {"role": "assistant", "content": f"王小明您好，会打给{PHONE}。"},
        {"role": "user", "content": "依据是哪一条？"},
    ]
    asked = {"model": "policy-assistant", "messages": messages}
    response = stage.client.post("/v1/chat/completions", json=asked, headers=stage.known.headers["staff"])
    kept = stage.registry.answers.get(response.headers["x-answer-id"])
    assert kept is not None
    for words in (PHONE, "王小明"):
        assert words not in kept.inquiry
    assert [(turn.role, ASKED in turn.content) for turn in inquiry_of(kept.inquiry)[0].history] == [("user", True)]
    assert replay(kept, assistant).same


def test_what_changed_since_is_named(stage: Stage) -> None:
    kept = stage.registry.answers.get(stage.ask(ASKED).json()["answer_id"])
    assert kept is not None
    gone = MemoryLibrary([law()], HashingEmbedder())
    gone.fingerprint = "another-generation-longer"
    said = "；".join(replay(kept, memory_assistant(gone)).changes)
    assert "索引：当时是 memory，现在是 another-generati" in said
    assert "文件已不在库中" in said
    changed = notice()
    moved = MemoryLibrary([law(), replace(changed, text=changed.text.replace("掩盖", "遮挡"))], HashingEmbedder())
    moved.fingerprint = "third"
    assert "文字已变" in "；".join(replay(kept, memory_assistant(moved)).changes)


# --- from the command line ---


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "data"))
    run("keys", "create", "--name", "k", "--label", "内部")
    run("users", "create", "li", typed="correct-horse-7\n")
    return tmp_path


def run(*words: str, typed: str = "", code: int = 0) -> str:
    done = CliRunner().invoke(terminal, words, input=typed, standalone_mode=False)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert (done.return_value or 0) == code, (done.output, done.exception)
    return done.output


def test_acts_are_recorded_and_reading_is_one(home: Path) -> None:
    said = run("audit", "list", "--json")
    kinds = [one["kind"] for one in json.loads(said)]
    assert kinds == ["key.created", "user.created", "audit.read"]
    assert "correct-horse" not in said
    assert "pz_" not in said
    assert [one["kind"] for one in json.loads(run("audit", "list", "--kind", "audit.read", "--json"))] == [
        "audit.read"
    ] * 2


def test_the_book_is_checked_exported_and_marked(home: Path) -> None:
    assert "前后相接" in run("audit", "verify")
    run("audit", "checkpoint", "--out", "marks.json")
    run("audit", "export", "--out", "book.jsonl")
    assert "与另存的校验值相同" in run("audit", "verify", "--marks", "marks.json")
    assert "与另存的校验值相同" in run("audit", "verify", "--marks", "marks.json", "--file", "book.jsonl")
    with pytest.raises(AssistantError, match="已经存在"):
        run("audit", "export", "--out", "book.jsonl")
    lines = (home / "book.jsonl").read_text("utf-8").splitlines()
    (home / "short.jsonl").write_text("\n".join(lines[:1]), "utf-8")
    assert "第 2 条起有问题" in run("audit", "verify", "--marks", "marks.json", "--file", "short.jsonl", code=1)


def test_what_is_kept_long_enough_stays(home: Path) -> None:
    assert "0 条记录" in run("audit", "purge")
    with pytest.raises(AssistantError, match="没有这次答复"):
        run("audit", "replay", "0" * 32)


def test_other_commands_are_recorded_in_production_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note_act("corpus.removed", documents=["notice"])
    assert "corpus.removed" not in run("audit", "list")
    monkeypatch.setenv("ASSISTANT_MODE", "production")
    note_act("corpus.removed", documents=["notice"])
    [one] = json.loads(run("audit", "list", "--kind", "corpus.removed", "--json"))
    assert one["facts"] == {"documents": ["notice"]}
    assert one["subject"].startswith("terminal:")
