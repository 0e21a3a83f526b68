"""The leading sentence: the clause's own word, corrections, and what is not stated. Sentences worked by hand."""

from __future__ import annotations

import pytest
from read_by_hand import INSTITUTIONS, read
from sample_texts import notice

from assistant.answering.compose import modality_in
from assistant.answering.leads import gaps_note, lead_of
from assistant.answering.select import Gap
from assistant.indexing.cut import cut
from assistant.question.understanding import understand
from assistant.schema.answer import Statement
from assistant.schema.chunk import Chunk, ChunkKind

ANY_CLAUSE = next(c for c in cut(notice()) if c.kind is ChunkKind.CLAUSE)


def lead(question: str, *sentences: str, subject: str | None = None, listed: str = "") -> str:
    statements = [
        Statement(
            text=text, citations=(number,), modality=modality_in(text, ordered=False), quoted=True, subject=subject
        )
        for number, text in enumerate(sentences, start=1)
    ]
    return lead_of(read(question), statements, [clause(text) for text in sentences], INSTITUTIONS, listed=listed)


def clause(text: str) -> Chunk:
    from dataclasses import replace

    return replace(ANY_CLAUSE, plain=text)


PLAIN = [
    ("展期能不能办？", "贷款人同意的，可以展期。", "“可以”"),
    ("担保要不要提供？", "商业银行贷款，借款人应当提供担保。", "“应当”"),
    ("产品能不能开发？", "国家鼓励各类金融机构开发适合的产品。", "不是强制要求"),
    ("贷款能不能转存？", "严禁贷款转存或挪用套利。", "“严禁”"),
    ("审计结果能不能作依据？", "不得强制要求以审计结果作为依据，但合同另有约定的除外。", "除外情形"),
]


@pytest.mark.parametrize(("question", "sentence", "said"), PLAIN)
def test_the_clauses_own_word(question: str, sentence: str, said: str) -> None:
    assert said in lead(question, sentence)


CORRECTED = [
    ("存款保险最高赔100万，对吧？", "最高偿付限额为人民币50万元。", ("“100万”", "50万元")),
    ("资本充足率不低于10%，是吗？", "资本充足率不得低于百分之八；", ("“10%”", "百分之八")),
    ("通知鼓励银行和中介多合作，是这样吗？", "严禁与不法贷款中介开展合作。", ("并非如此", "严禁")),
    ("每家机构都必须参与联合建模，是吧？", "有条件的机构要积极参与联合建模工作。", ("有条件的机构",)),
    ("既然文件叫停了授信，怎么办？", "要合理满足融资需求。", ("没有“叫停”",)),
]


@pytest.mark.parametrize(("question", "sentence", "said"), CORRECTED)
def test_a_false_premise_is_corrected_first(question: str, sentence: str, said: tuple[str, ...]) -> None:
    first = lead(question, sentence)
    assert all(words in first for words in said)


def test_a_sentence_to_others_is_no_rule_for_the_institution_named() -> None:
    text = "城市商业银行法人机构、农村中小银行全年力争实现增速不低于各项贷款增速目标。"
    assert "不是股份制银行" in lead("通知规定股份制银行的增速不低于各项贷款增速，对吗？", text)
    assert "不是" not in lead("通知规定农商行的增速不低于各项贷款增速，对吗？", text)


TRUE = [
    ("存款保险最高赔50万，对吧？", "最高偿付限额为人民币50万元。"),
    ("贷款期限不得超过三年，对吗？", "贷款期限不得超过三年；"),
    ("银行应当审查借款人，是吗？", "商业银行应当对借款人进行严格审查。"),
]


@pytest.mark.parametrize(("question", "sentence"), TRUE)
def test_a_true_premise_is_not_corrected(question: str, sentence: str) -> None:
    first = lead(question, sentence)
    assert "没有" not in first
    assert "并非" not in first


def test_a_bare_no_is_said_plainly() -> None:
    text = "大型企业从中小企业采购货物，应当按照行业规范、交易习惯合理约定付款期限。"
    assert lead("有没有写死大企业几天之内付清？", text).startswith("没有写明")
    assert not lead("有没有写死机关几天之内付清？", "机关应当自交付之日起30日内支付款项。").startswith("没有写明")


def test_what_part_has_no_basis() -> None:
    asked = understand("费率是万分之几？", INSTITUTIONS)
    note = gaps_note([Gap(text="费率是万分之几", attributes=asked.attributes)])
    assert "比例或利率数值" in note
    assert "本库未载明" in note
    assert gaps_note([]) == ""


WHOLE = "这一条列举的各项都在下面，共 2 项："


@pytest.mark.parametrize(
    ("question", "sentences", "said"),
    [
        (
            "贷款能不能用来炒股？",
            ("借款人不得有下列行为：", "（一）用贷款从事股本权益性投资；", "（二）套取贷款相互借贷牟取非法收入。"),
            "“不得”",
        ),
        ("发放贷款怎么收费？", ("不得有下列情形：", "（一）以贷转存；", "（二）存贷挂钩。"), "“不得”"),
        (
            "有没有写死大企业几天之内付清？",
            ("付款期限应当按照下列规定约定：", "（一）合理约定付款期限；", "（二）按交易习惯约定付款期限。"),
            "没有写明",
        ),
    ],
)
def test_a_whole_list_hides_no_ban_and_nothing_unsaid(question: str, sentences: tuple[str, ...], said: str) -> None:
    first = lead(question, *sentences, listed=WHOLE)
    assert said in first
    assert first.endswith(f"。{WHOLE}")
    assert "原文是" not in first


def test_a_list_that_bans_nothing_is_said_to_be_whole_alone() -> None:
    sentences = ("申请应当提交下列材料：", "（一）申请书；", "（二）营业执照。")
    assert lead("申请贷款怎么交材料？", *sentences, listed=WHOLE) == WHOLE
    assert lead("申请贷款要交哪些材料？", *sentences, listed=WHOLE) == WHOLE
    assert "没有逐句查全" in lead("申请贷款要交哪些材料？", *sentences)
