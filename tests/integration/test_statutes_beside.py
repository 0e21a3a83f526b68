"""Beside the statutes of the country, what an office was sent is asked first; a higher text is never passed over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from corpus_samples import Corner

from assistant.assembly import build_assistant
from assistant.corpus.outcomes import Given
from assistant.pipeline import PolicyAssistant
from assistant.schema.answer import Answer
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters
from assistant.settings import EmbedderKind, EmbedderSettings, ReaderKind, ReaderSettings, Settings

STATUTE = """---
title: 中华人民共和国仓单法
issuer: 全国人民代表大会常务委员会
date: 2020-05-06
effective: 2020-07-01
status: 现行有效
---

# 中华人民共和国仓单法

第一条 为了规范仓单质押贷款，制定本法。

第二条 仓单质押贷款的质押率不得超过百分之七十。

第三条 仓单毁损的，保管人应当在十日内补发仓单。

第四条 任何单位不得向仓单持有人收取登记费。
"""
NOTICE = """关于做好仓单质押贷款工作的通知

各银行机构：

一、扩大覆盖

（一）各银行机构要扩大仓单质押贷款的覆盖面，优先支持首次贷款的农户。

（二）仓单质押贷款的审批时间不得超过五个工作日。

二、降低成本

（三）各银行机构可以向仓单持有人收取登记费。

青禾县金融办

2024年5月6日
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> PolicyAssistant:
    corner = Corner(tmp_path_factory.mktemp("nearest"))
    corner.release().add([corner.put("仓单法.md", STATUTE)])
    corner.release().add([corner.put("通知.txt", NOTICE)], given=Given(issuer="青禾县金融办"))
    settings = Settings(
        corpus_dir=corner.corpus,
        indexes_dir=corner.indexes,
        embedder=EmbedderSettings(kind=EmbedderKind.HASHING),
        reader=ReaderSettings(kind=ReaderKind.RULES),
    )
    return build_assistant(settings, today=lambda: date(2026, 5, 6))


def sources(answer: Answer) -> set[str]:
    return {c.document_id for c in answer.citations}


@pytest.mark.parametrize("question", ["全文里对首次贷款的农户怎么支持的？", "这个通知对覆盖面有什么要求？"])
def test_what_an_office_was_sent_answers_alone(assistant: PolicyAssistant, question: str) -> None:
    assert sources(assistant.ask(Inquiry(question=question))) == {"通知"}


@pytest.mark.parametrize("question", ["仓单毁损的，保管人几日内补发？", "仓单法第三条"])
def test_what_only_a_statute_says_or_is_asked_of_it_comes_from_there(assistant: PolicyAssistant, question: str) -> None:
    assert sources(assistant.ask(Inquiry(question=question))) == {"仓单法"}


def test_against_a_statute_it_never_answers_alone(assistant: PolicyAssistant) -> None:
    answer = assistant.ask(Inquiry(question="可以向仓单持有人收取登记费吗？"))
    assert sources(answer) == {"仓单法", "通知"}
    assert "请以《中华人民共和国仓单法》为准" in answer.text


def test_a_choice_of_documents_is_kept(assistant: PolicyAssistant) -> None:
    chosen = Filters(document_ids=frozenset({"仓单法"}))
    answer = assistant.ask(Inquiry(question="仓单质押贷款的审批时间不得超过几个工作日？", filters=chosen))
    assert "通知" not in sources(answer)


def test_lists_and_searches_hold_both(assistant: PolicyAssistant) -> None:
    assert {meta.id for meta in assistant.documents()} == {"仓单法", "通知"}
    found = assistant.search(Inquiry(question="仓单质押贷款"), limit=20)
    assert {hit.chunk_id.partition("#")[0] for hit in found.ranking} == {"仓单法", "通知"}


def test_a_library_of_one_sort_is_asked_once(tmp_path: Path) -> None:
    corner = Corner(tmp_path)
    corner.release().add([corner.put("通知.txt", NOTICE)])
    settings = Settings(
        corpus_dir=corner.corpus, indexes_dir=corner.indexes, embedder=EmbedderSettings(kind=EmbedderKind.HASHING)
    )
    assert build_assistant(settings)._rooms(None).nearest is None
