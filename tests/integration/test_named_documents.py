"""Questions that name a document or a place of one, over eight invented documents: the place, the fact, or a refusal.

Each kind of question stands over documents of two origins at least. Without `model`: all of it is found by rule, or by
words that no other document has.
"""

from __future__ import annotations

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from named_documents import documents

from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.schema.answer import Answer, Outcome
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Turn
from assistant.text.folding import flow

SHOWN = (Outcome.ANSWERED, Outcome.PARTIAL)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> PolicyAssistant:
    library = MemoryLibrary(documents(tmp_path_factory.mktemp("named")), HashingEmbedder())
    return memory_assistant(library)


def ask(assistant: PolicyAssistant, *turns: str) -> Answer:
    *before, question = turns
    history = tuple(Turn(role="user", content=turn) for turn in before)
    answer = assistant.ask(Inquiry(question=question, history=history, use_llm=False))
    for citation in answer.citations:
        text = assistant.document(citation.document_id).text
        stated = [flow(text[span.start : span.end]).replace("\t", "\u3000") for span in citation.spans]
        assert stated == list(citation.quotes)
    return answer


def places(answer: Answer) -> list[str]:
    return [f"{citation.document_id}#{citation.address}" for citation in answer.citations]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        # a title cut short, words of it skipped, or the first characters of words
        ("农机补贴办法第七条", ["machines#第七条"]),
        ("农业机械补贴办法第四条写了什么", ["machines#第四条"]),
        ("流贷规程第四条", ["loans#第四条"]),
        ("风险补偿资金规定第三条", ["fund#第三条"]),
        ("请问科技型企业风险补偿规定第四条", ["fund#第四条"]),
        ("创业担保贷款贴息方案第二部分", ["plan#二"]),
        ("首贷户融资通知第二部分", ["notice#二、（三）", "notice#二、（四）"]),
        # a title without the place or the institution before it, of every kind of document
        ("《流动资金贷款操作规程》第三条", ["loans#第三条"]),
        ("流动资金贷款操作规程第二条", ["loans#第二条"]),
        ("流动资金贷款操作规程实施细则第二条", ["details#第二条"]),
        ("流贷实施细则第三条", ["details#第三条"]),
        ("绿色贷款认定规范第四条", ["green#第四条"]),
        ("政府采购合同融资工作指引第二部分", ["guide#二、（一）", "guide#二、（二）"]),
        ("《农业机械购置补贴实施办法（试行）》第五条", ["machines#第五条"]),
        ("科技型企业风险补偿资金管理规定第二条", ["fund#第二条"]),
        ("支持首贷户融资若干措施第四条", ["notice#二、（四）"]),
        # the kind of document alone, where the library has one of it
        ("规程第三条", ["loans#第三条"]),
        ("指引第三部分", ["guide#三、（一）", "guide#三、（二）"]),
        ("通知第五条", ["notice#三、（五）"]),
        # no document named, and one that has the place
        ("第七条怎么规定的", ["machines#第七条"]),
        ("请问第6条是什么", None),
        ("第四部分讲了什么", ["notice#四、（六）"]),
        ("第四章是什么", ["machines#第八条"]),
        # parts and chapters, each for the other
        ("农机补贴办法第二章", ["machines#第三条", "machines#第四条"]),
        ("农机补贴办法第二部分", ["machines#第三条", "machines#第四条"]),
        ("采购合同融资指引第三章", ["guide#三、（一）", "guide#三、（二）"]),
        # fields of annexes
        ("农机补贴办法附件1银行账号怎么填", ["machines#附件1 二"]),
        ("首贷户通知附件2什么时候报送", ["notice#附件2 一"]),
        # rows of tables
        ("充电桩贷款期限多久", ["green#第五条"]),
        ("污水处理的额度", ["green#第五条"]),
    ],
)
def test_the_place_that_is_named(assistant: PolicyAssistant, question: str, expected: list[str] | None) -> None:
    answer = ask(assistant, question)
    if expected is None:
        assert answer.refused
        assert "请写明是哪一份" in answer.text
        return
    assert answer.outcome in SHOWN
    assert places(answer) == expected


@pytest.mark.parametrize(
    ("question", "says"),
    [
        # articles that the document does not have
        ("农机补贴办法第十二条", "没有第十二条，本库收录的文本共 8 条"),
        ("风险补偿资金规定第九条", "没有第九条，本库收录的文本共 4 条"),
        ("指引第六部分", "没有第六部分，本库收录的文本共 3 个部分"),
        ("农机补贴办法附件3", "没有附件3，本库收录的文本共 2 个附件"),
        # documents that the library does not have
        ("民法典第三条是什么", "本库未收录《民法典》"),
        ("工伤保险条例第十四条", "本库未收录《工伤保险条例》"),
        ("中华人民共和国中小企业促进法第十条", "本库未收录《中小企业促进法》"),
        ("《住房公积金管理条例》第五条怎么说", "本库未收录《住房公积金管理条例》"),
        ("临江银行流动资金贷款操作规程第三条", "本库未收录《临江银行流动资金贷款操作规程》"),
        ("白水县农机补贴办法第三条", "本库未收录《白水县农机补贴办法》"),
        ("住房贷款贴息方案第一部分", "本库未收录《住房贷款贴息方案》"),
        ("农机补贴办法实施细则第三条", "本库未收录《农机补贴办法实施细则》"),
        ("临江市首贷通知第二部分", "本库未收录《临江市首贷通知》"),
        ("绿色贷款指引第四条", "名称相近的有《绿源市绿色贷款认定规范》"),
        ("我们借款合同第三条写了什么", "本库未收录《借款合同》"),
        # places that several documents have, or none
        ("第三条怎么规定的", "请写明是哪一份"),
        ("附件1是什么", "请写明是哪一份"),
        ("第二十条怎么规定的", "8 份文件都没有第二十条"),
    ],
)
def test_no_other_place_in_its_stead(assistant: PolicyAssistant, question: str, says: str) -> None:
    answer = ask(assistant, question)
    assert answer.refused
    assert says in answer.text
    assert not answer.statements
    assert not answer.citations


def test_which_document_is_asked_back_by_title(assistant: PolicyAssistant) -> None:
    text = ask(assistant, "附件2的内容").text
    assert "《青禾县农业机械购置补贴实施办法（试行）》" in text
    assert "《北原市人民政府办公室关于支持首贷户融资若干措施的通知》" in text
    assert "云溪银行" not in text


@pytest.mark.parametrize(
    ("question", "says", "cited"),
    [
        ("农机补贴办法哪天施行的", "2024年6月1日", ["machines#题注"]),
        ("风险补偿资金规定什么时候生效", "2024年1月15日", ["fund#题注"]),
        ("流动资金贷款规程何时施行", "2023年9月1日", ["loans#第六条"]),
        ("风险补偿资金规定是什么时候公布的", "2023年12月1日", ["fund#题注"]),
        ("首贷户若干措施的通知是哪天印发的", "2025年7月8日", ["notice#落款"]),
        ("绿色贷款认定规范的发布日期", "2022年11月3日", ["green#题注"]),
        ("风险补偿资金规定是哪个部门发布的", "海桐省财政厅", ["fund#题注"]),
        ("支持首贷户融资的通知谁发的", "北原市人民政府办公室", ["notice#落款"]),
        ("支持首贷户融资的通知是人民银行发的吗", "北原市人民政府办公室", ["notice#落款"]),
        ("农机补贴办法由谁制定", "青禾县农业农村局、青禾县财政局公布", ["machines#题注"]),
        ("首贷户通知的文号", "北政办发〔2025〕12号", ["notice#题注"]),
        ("风险补偿资金规定的文号是多少", "海桐省财政厅令第9号", ["fund#题注"]),
        ("农机补贴办法一共几条", "共 8 条", ["machines#第八条"]),
        ("风险补偿资金规定有多少条", "共 4 条", ["fund#第四条"]),
        ("政府采购合同融资工作指引分几部分", "共 3 个部分", ["guide#一", "guide#二", "guide#三"]),
        ("农机补贴办法有几个附件", "共 2 个附件", ["machines#附件1", "machines#附件2"]),
        ("首贷户通知的附件有哪些", "首贷户统计表", ["notice#附件1", "notice#附件2"]),
    ],
)
def test_what_a_document_says_of_itself(assistant: PolicyAssistant, question: str, says: str, cited: list[str]) -> None:
    answer = ask(assistant, question)
    assert answer.outcome is Outcome.ANSWERED
    assert says in answer.text
    assert places(answer) == cited


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("流动资金贷款操作规程的文号", "本库未载明《云溪银行流动资金贷款操作规程》的发文字号"),
        ("创业担保贷款贴息方案哪天施行", "本库未载明《青禾县创业担保贷款贴息实施方案》的施行日期"),
        ("绿色贷款认定规范有附件吗", "没有附件"),
    ],
)
def test_what_no_document_says_of_itself(assistant: PolicyAssistant, question: str, says: str) -> None:
    answer = ask(assistant, question)
    assert answer.refused
    assert says in answer.text


def test_the_facts_of_another_place_are_not_told(assistant: PolicyAssistant) -> None:
    for question in ("临江市首贷通知的文号", "临江银行流动资金贷款操作规程什么时候施行", "白水县农机补贴办法哪天施行"):
        assert ask(assistant, question).refused, question


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (("农机补贴办法第五条", "下一条呢"), ["machines#第六条"]),
        (("农机补贴办法第五条", "下一条呢", "再下一条"), ["machines#第七条"]),
        (("农机补贴办法第三条", "上一条说什么"), ["machines#第二条"]),
        (("首贷户融资通知第四条", "下一条呢"), ["notice#三、（五）"]),
        (("首贷户融资通知第三条", "上一条呢"), ["notice#一、（二）"]),
        (("采购合同融资指引第二部分", "下一部分"), ["guide#三、（一）", "guide#三、（二）"]),
        (("流动资金贷款操作规程第二条", "那第五条呢"), ["loans#第五条"]),
        (("风险补偿资金规定补多少", "第三条呢"), ["fund#第三条"]),
        (("农机补贴办法第七条", "下一条", "下一条"), []),
    ],
)
def test_along_the_tree_from_what_was_spoken_of(
    assistant: PolicyAssistant, turns: tuple[str, ...], expected: list[str]
) -> None:
    answer = ask(assistant, *turns)
    assert places(answer) == expected
    assert answer.refused is not bool(expected)


def test_a_fact_of_the_document_spoken_of(assistant: PolicyAssistant) -> None:
    answer = ask(assistant, "农机补贴办法单台最多补多少", "什么时候施行的")
    assert "2024年6月1日" in answer.text


def test_one_document_held_and_one_not(assistant: PolicyAssistant) -> None:
    answer = ask(assistant, "公司法第十条和流动资金贷款操作规程第三条")
    assert answer.outcome is Outcome.PARTIAL
    assert "本库未收录《公司法》" in answer.text
    assert places(answer) == ["loans#第三条"]


def test_a_row_alone_is_given(assistant: PolicyAssistant) -> None:
    answer = ask(assistant, "污水处理的额度")
    assert [statement.text for statement in answer.statements] == ["污水处理　15年　3000万元"]
