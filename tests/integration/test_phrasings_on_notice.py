"""The shipped phrasings over the real notice and the real embedder: they lead to clauses, and do nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.assembly import build_assistant, make_index
from assistant.corpus.phrasings import read_phrasings
from assistant.pipeline import PolicyAssistant
from assistant.schema.inquiry import Inquiry
from assistant.settings import Settings, load
from assistant.text.folding import flow

pytestmark = [pytest.mark.model, pytest.mark.slow]

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
PHRASINGS = read_phrasings([CORPUS / "phrasings"])
SAMPLE = PHRASINGS[::15]


def opened(folder: Path, **settings: object) -> PolicyAssistant:
    chosen: Settings = load(indexes_dir=folder, **settings)
    make_index(chosen, [CORPUS / "notice_2024_shaanxi.txt"])
    return build_assistant(chosen)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> PolicyAssistant:
    return opened(tmp_path_factory.mktemp("with"))


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> PolicyAssistant:
    return opened(tmp_path_factory.mktemp("without"), phrasings="none")


def test_the_setting_makes_another_index(assistant: PolicyAssistant, without: PolicyAssistant) -> None:
    assert assistant.generation != without.generation


def test_no_phrasing_is_ever_quoted_or_listed(assistant: PolicyAssistant) -> None:
    questions = {p.question for p in PHRASINGS}
    document = assistant.document("notice_2024_shaanxi")
    for phrasing in SAMPLE:
        answer = assistant.ask(Inquiry(question=phrasing.question))
        assert not any(question in answer.text for question in questions if len(question) > 8)
        assert all(re.fullmatch(r"notice_2024_shaanxi#[^?@]+", clause) for clause in answer.ranked_clauses)
        for citation in (*answer.citations, *answer.nearest):
            for quote, span in zip(citation.quotes, citation.spans, strict=True):
                assert flow(document.text[span.start : span.end]) == quote
                assert quote not in questions


NEAR_MISSES = [
    "摆摊的、开小店的想借点小钱周转，最多能借多少钱？",
    "秦信融是啥平台，客服电话多少？",
    "按时交税对贷款有好处没，利率能低几个百分点？",
    "续贷最多能续几次？",
    "有没有专门给小微企业做的贷款产品，年利率百分之几？",
    "普惠金融推进月要搞些啥，是哪天开始？",
    "科研人员的职业责任险一年保费多少钱？",
    "举报乱收费的网址是什么？",
]


@pytest.mark.parametrize("question", NEAR_MISSES)
def test_a_question_that_the_notice_does_not_settle_is_not_settled_by_a_phrasing(
    assistant: PolicyAssistant, without: PolicyAssistant, question: str
) -> None:
    assert without.ask(Inquiry(question=question)).refused
    assert assistant.ask(Inquiry(question=question)).refused
