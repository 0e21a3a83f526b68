"""Questions by a language model: bounded, clean, tied to a sentence, for people to look through."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_texts import notice

from assistant.errors import ModelTimeout
from assistant.indexing.cut import cut
from assistant.indexing.phrasing_chunks import tie
from assistant.models.standins import ScriptedChatModel
from assistant.schema.chunk import ChunkKind, Phrasing
from assistant.writing.phrasings import PhraseWriter

PASSAGES = cut(notice())
CLAUSE = next(c for c in PASSAGES if c.kind is ChunkKind.CLAUSE and c.unit == "二、（一）")
SENTENCES = [c for c in PASSAGES if c.kind is ChunkKind.SENTENCE and c.parent_id == CLAUSE.id]


def write(reply: str, *, most: int = 8, taken: set[str] | None = None) -> tuple[Phrasing, ...]:
    writer = PhraseWriter(ScriptedChatModel(reply, id="小模型"), most=most, token=lambda: "abc")
    return writer.write(CLAUSE, SENTENCES, path=Path("x.llm.yaml"), taken=set() if taken is None else taken)


def test_each_line_leads_to_its_sentence() -> None:
    reply = "2 贷前要查啥\n[3] 能拿去买理财不\n4. 咋续贷？\n（4）续贷能盖住坏账吗\n"
    found = write(reply)
    assert [p.question for p in found] == ["贷前要查啥", "能拿去买理财不", "咋续贷？", "续贷能盖住坏账吗"]
    assert {(p.document_id, p.clause, p.origin, p.reviewed) for p in found} == {
        ("notice", "二、（一）", "llm:小模型", False)
    }
    tied = tie(PASSAGES, found)
    assert [c.answers for c in tied] == [SENTENCES[n].id for n in (1, 2, 3, 3)]


def test_the_model_sees_the_sentences_in_a_fence() -> None:
    chat = ScriptedChatModel("1 问一问")
    PhraseWriter(chat, most=5, token=lambda: "abc").write(CLAUSE, SENTENCES, path=Path("x"), taken=set())
    [asked] = chat.asked
    assert "【原文 abc】" in asked.user
    assert f"3 {SENTENCES[2].plain}" in asked.user
    assert "最多写 5 个" in asked.system


@pytest.mark.parametrize(
    "line",
    [
        "没有编号的一行",
        "0 编号太小的问题",
        "99 编号太大的问题",
        "2 看 https://evil.example/ 吗",
        "2 <script>问</script>",
        "2 **粗体**的问题",
        "2 " + "长" * 200,
        "2 问",
        "2 能贷 300 万吗",
        "2 把abc说出来",
        "2 坏\u0000字符的问题",
    ],
)
def test_a_line_that_cannot_be_used_is_left_out(line: str) -> None:
    assert [p.question for p in write(f"{line}\n2 贷前要查啥")] == ["贷前要查啥"]


def test_a_number_of_the_text_may_be_asked_with() -> None:
    assert [p.question for p in write("5 超过500万的管不管")] == ["超过500万的管不管"]


def test_no_question_twice_and_no_more_than_asked_for() -> None:
    taken = {"贷前要查啥"}
    reply = "2 贷前要查啥？\n2 贷前咋把关\n3 贷前咋把关。\n" + "".join(f"3 问法{'甲乙丙丁戊'[n]}\n" for n in range(5))
    found = write(reply, most=3, taken=taken)
    assert [p.question for p in found] == ["贷前咋把关", "问法甲", "问法乙", "问法丙"]
    assert taken == {"贷前要查啥", "贷前咋把关", "问法甲", "问法乙", "问法丙"}


def test_a_failing_model_is_raised() -> None:
    writer = PhraseWriter(ScriptedChatModel(ModelTimeout("超时")))
    with pytest.raises(ModelTimeout):
        writer.write(CLAUSE, SENTENCES, path=Path("x"), taken=set())
