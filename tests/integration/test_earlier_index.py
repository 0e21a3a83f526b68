"""While an earlier index stands in, what has left the corpus since, or was shut away, is not answered from."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from corpus_samples import NOTICE, Corner, rules

from assistant.assembly import build_assistant
from assistant.corpus.withdrawn import as_now
from assistant.errors import NotFoundError, SourceError
from assistant.pipeline import PolicyAssistant
from assistant.schema.document import DocumentKind, DocumentMeta, Validity
from assistant.schema.inquiry import Inquiry
from assistant.settings import EmbedderKind, EmbedderSettings, ReaderKind, ReaderSettings, Settings

_QUESTION = "贷款到期前要不要联系客户？"


@pytest.fixture
def corner(tmp_path: Path) -> Corner:
    """The notice and the rules; a third file came with the index that is damaged."""
    made = Corner(tmp_path)
    made.release().add([made.put("通知.txt", NOTICE), made.put("办法.md", rules(2020))])
    made.release().add([made.put("新办法.md", rules(2024))])
    (made.indexes / str(made.served) / "record.sqlite").write_bytes(b"\xa5" * 4096)
    return made


def asked(corner: Corner) -> PolicyAssistant:
    settings = Settings(
        indexes_dir=corner.indexes,
        corpus_dir=corner.corpus,
        embedder=EmbedderSettings(kind=EmbedderKind.HASHING),
        reader=ReaderSettings(kind=ReaderKind.RULES),
    )
    assistant = build_assistant(settings, today=lambda: date(2026, 5, 6))
    assert assistant.degraded == ("previous",)
    return assistant


def changed(corner: Corner, **fields: object) -> None:
    """The notice's line in the list of the corpus, with other values; without any, no line, and no file."""
    manifest = corner.corpus / "manifest.jsonl"
    lines = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    [notice] = [line for line in lines if line["path"].startswith("通知")]
    if fields:
        notice |= fields
    else:
        lines.remove(notice)
        (corner.corpus / notice["path"]).unlink()
    manifest.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def seen(assistant: PolicyAssistant, *labels: str) -> list[str]:
    return [meta.id for meta in assistant.documents(frozenset(labels))]


def cited(assistant: PolicyAssistant, *labels: str) -> set[str]:
    answer = assistant.ask(Inquiry(question=_QUESTION, rights=frozenset(labels)))
    return {one.document_id for one in (*answer.citations, *answer.nearest)}


def test_without_a_change_everything_is_there(corner: Corner) -> None:
    assistant = asked(corner)
    assert sorted(seen(assistant)) == ["办法", "通知"]
    assert "通知" in cited(assistant)


def test_what_has_left_the_corpus_is_not_answered_from(corner: Corner) -> None:
    changed(corner)
    assistant = asked(corner)
    assert seen(assistant) == ["办法"]
    assert "通知" not in cited(assistant)
    with pytest.raises(NotFoundError):
        assistant.document("通知", frozenset())


def test_what_was_shut_away_is_for_those_who_hold_its_label_now(corner: Corner) -> None:
    changed(corner, access=["信贷部"])
    assistant = asked(corner)
    assert seen(assistant) == ["办法"]
    assert "通知" not in cited(assistant)
    assert sorted(seen(assistant, "信贷部")) == ["办法", "通知"]
    assert "通知" in cited(assistant, "信贷部")


def test_an_index_of_another_folder_stays_as_it_is(tmp_path: Path) -> None:
    meta = DocumentMeta(
        id="a", title="某办法", kind=DocumentKind.LAW, validity=Validity.IN_FORCE, source_path="a.md", access=("x",)
    )
    assert as_now([meta], tmp_path) == (meta,)
    (tmp_path / "b.md").write_text("b", encoding="utf-8")
    assert as_now([meta], tmp_path) == (meta,)


def test_a_list_that_cannot_be_read_lets_nothing_be_seen(corner: Corner) -> None:
    (corner.corpus / "manifest.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(SourceError):
        asked(corner)
