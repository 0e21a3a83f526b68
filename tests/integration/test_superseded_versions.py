"""Two versions of one instrument in the library: the old one is there, and never speaks for today."""

from __future__ import annotations

from datetime import date

import pytest
from corpus_samples import Corner, rules

from assistant.assembly import build_assistant
from assistant.pipeline import PolicyAssistant
from assistant.schema.document import Validity
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters
from assistant.settings import EmbedderKind, EmbedderSettings, Settings

QUESTION = "小额贷款的单户贷款余额不得超过多少？"


@pytest.fixture(scope="module", params=[True, False], ids=["confirmed", "waiting"])
def assistant(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PolicyAssistant:
    """The old version came first, the new one later."""
    corner = Corner(tmp_path_factory.mktemp("versions"))
    corner.release().add([corner.put("办法2020.md", rules(2020))])
    corner.release().add([corner.put("办法2024.md", rules(2024, limit="一千"))], confirm=request.param)
    settings = Settings(
        corpus_dir=corner.corpus, indexes_dir=corner.indexes, embedder=EmbedderSettings(kind=EmbedderKind.HASHING)
    )
    return build_assistant(settings, today=lambda: date(2026, 5, 6))


def cited(assistant: PolicyAssistant, question: str, as_of: date | None = None) -> set[str]:
    answer = assistant.ask(Inquiry(question=question, filters=Filters(as_of=as_of)))
    return {c.document_id for c in (*answer.citations, *answer.nearest)}


def test_both_versions_are_in_the_library(assistant: PolicyAssistant) -> None:
    metas = {meta.id: meta for meta in assistant.documents()}
    assert metas["办法2020"].validity is Validity.AMENDED
    assert metas["办法2020"].superseded_by is not None
    assert metas["办法2024"].validity is Validity.IN_FORCE
    assert assistant.document("办法2020").find("第二条") is not None


@pytest.mark.parametrize("question", [QUESTION, "贷款人应当公示什么？", "小额贷款管理办法第二条", "办法自何时起施行？"])
def test_today_only_the_new_version_is_cited(assistant: PolicyAssistant, question: str) -> None:
    assert cited(assistant, question) <= {"办法2024"}
    answer = assistant.ask(Inquiry(question=question))
    assert all(c.startswith("办法2024#") for c in answer.ranked_clauses)


def test_the_new_version_answers(assistant: PolicyAssistant) -> None:
    answer = assistant.ask(Inquiry(question=QUESTION))
    assert "一千万元" in answer.text
    assert "五百万元" not in answer.text


def test_on_a_day_before_the_change_the_old_version_held(assistant: PolicyAssistant) -> None:
    assert cited(assistant, QUESTION, as_of=date(2022, 1, 1)) == {"办法2020"}
    assert cited(assistant, QUESTION, as_of=date(2024, 2, 29)) == {"办法2020"}
    assert cited(assistant, QUESTION, as_of=date(2024, 3, 1)) == {"办法2024"}


def test_asked_about_versions_the_old_one_shows_its_status(assistant: PolicyAssistant) -> None:
    found = assistant.search(Inquiry(question="小额贷款管理办法修订前的旧版，单户贷款余额不得超过多少？"))
    shown = {str(hit.chunk_id).partition("#")[0] for hit in found.ranking}
    assert shown == {"办法2020", "办法2024"}
    assert assistant.document("办法2020").meta.validity is Validity.AMENDED


def test_what_became_of_the_old_version_is_proved_by_the_new_one(assistant: PolicyAssistant) -> None:
    answer = assistant.ask(Inquiry(question="2020年的小额贷款管理办法现在还有效吗？"))
    assert "已被修订" in answer.text
    assert "2024年3月1日" in answer.text
    assert {c.document_id for c in answer.citations} == {"办法2024"}
