"""Sentences → rows: who, how strongly, what. The sentences are made up in the manner of laws and of notices."""

from __future__ import annotations

import pytest
from duty_texts import NOTICE, RULES, document, law, notice, said, table

from assistant.products.duties.passages import passages
from assistant.schema.document import APPARATUS, Level

# --- one act, one row ---------------------------------------------------------------------------


def test_acts_between_commas_are_rows_under_the_word_that_governs_them() -> None:
    rows = said(law("仓储企业应当建立台账，按月报告库存，并公示收费标准。"))
    assert rows == [
        ("应当", "仓储企业", "建立台账"),
        ("应当", "仓储企业", "按月报告库存"),
        ("应当", "仓储企业", "公示收费标准"),
    ]


def test_a_ban_does_not_govern_what_follows_a_demand_does() -> None:
    rows = said(notice("各仓储企业要规范收费，不得转嫁成本，按要求公示价格。"))
    assert [(degree, act) for degree, _, act in rows] == [
        ("要求", "规范收费"),
        ("不得", "转嫁成本"),
        ("要求", "按要求公示价格"),
    ]


def test_two_words_that_bind_in_one_piece_make_two_rows() -> None:
    rows = said(law("检查人员不得少于二人并应当出示证件。"))
    assert rows == [("不得", "检查人员", "少于二人"), ("应当", "检查人员", "出示证件")]


def test_an_aim_belongs_to_the_act_before_it() -> None:
    (row,) = notice("各仓储企业要优化出入库流程，提升服务效率，助力小店发展。")
    assert row.act == "优化出入库流程"
    assert row.objects == ("提升服务效率", "助力小店发展")


def test_how_something_is_done_is_no_row_of_its_own() -> None:
    (row,) = law("仓储企业应当按照国家有关规定，保存出入库记录。")
    assert row.act == "按照国家有关规定，保存出入库记录"


@pytest.mark.parametrize(
    ("words", "degree"),
    [
        ("任何单位严禁使用明火。", "严禁"),
        ("仓储企业不得收取押金。", "不得"),
        ("仓储企业必须清点存货。", "应当"),
        ("国家鼓励仓储企业采用新技术。", "鼓励"),
        ("存货人可以委托他人提取存货。", "允许"),
        ("存货人有权查阅仓单。", "允许"),
        ("商务部门负责对本地区仓储企业的监督管理。", "要求"),
    ],
)
def test_the_degree_is_that_of_the_word(words: str, degree: str) -> None:
    assert [row.degree.value for row in law(words)] == [degree]


def test_not_exceeding_a_figure_is_a_ban_with_the_figure_as_its_object() -> None:
    (row,) = law("收取的保证金不得超过存货价值的百分之十。")
    assert row.degree.value == "不得"
    assert "百分之十" in "".join(row.objects)


# --- whom ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "actor"),
    [
        ("在境内设立的仓储企业(以下统称经营机构)应当投保。", "在境内设立的仓储企业(以下统称经营机构)"),
        ("经营冷链业务的仓储企业应当记录温度。", "经营冷链业务的仓储企业"),
        ("省人民政府确定的部门负责监督仓储企业。", "省人民政府确定的部门"),
        ("商务部门、公安机关和海关应当相互配合。", "商务部门、公安机关和海关"),
        ("与被调查事件有关的单位和个人应当配合调查。", "与被调查事件有关的单位和个人"),
        ("商务部门的工作人员应当保守秘密。", "商务部门的工作人员"),
        ("国务院审计、监察等机关，应当监督仓储资金。", "国务院审计、监察等机关"),
    ],
)
def test_the_addressee_is_named_in_its_own_words(words: str, actor: str) -> None:
    assert [row.actor.words for row in law(words)] == [actor]


def test_whoever_stands_behind_by_is_addressed() -> None:
    (row,) = law("具体办法由国务院商务部门另行制定，报国务院批准。")
    assert (row.actor.words, row.degree.value, row.act) == ("国务院商务部门", "要求", "另行制定")
    assert row.conditions == ("报国务院批准",)
    assert row.objects == ("具体办法",)


def test_whoever_is_encouraged_is_addressed() -> None:
    assert said(notice("鼓励仓储企业为小店减免费用。")) == [("鼓励", "仓储企业", "为小店减免费用")]


@pytest.mark.parametrize("words", ["仓储档案应当长期保存。", "设立仓储企业，应当经商务部门批准。"])
def test_a_matter_is_no_addressee_and_nobody_is_guessed(words: str) -> None:
    (row,) = law(words)
    assert row.actor.words is None
    assert row.actor.carrier is None
    assert row.actor.shown == "未载明"


def test_a_sentence_without_an_addressee_cites_the_sentence_it_is_carried_over_from() -> None:
    first, second = law("商务部门应当公开检查结果。发现重大问题的，应当通报公安机关。")
    assert second.actor.shown == "未载明（承上文：商务部门）"
    assert second.actor.carrier is not None
    assert second.actor.carrier.quote == "商务部门应当公开检查结果。"
    assert second.actor.carrier.address == first.source.address


def test_no_addressee_is_carried_from_one_article_to_the_next() -> None:
    _, other = law("商务部门应当公开检查结果。", "应当按年度通报检查情况。")
    assert other.actor.shown == "未载明"


def test_the_one_who_broke_a_rule_is_not_the_one_who_punishes() -> None:
    (row,) = law("仓储企业工作人员泄露商业秘密的，应当给予处分。")
    assert row.actor.words is None


@pytest.mark.parametrize("act", ["及时处理并答复", "给予书面答复"])
def test_to_deal_with_is_not_to_punish(act: str) -> None:
    (row,) = law(f"存货人提出投诉的，仓储企业应当公开结果；涉及鲜活存货的，应当{act}。")[1:]
    assert (row.actor.words, row.act) == ("仓储企业", act)


# --- what is no duty ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "本办法所称仓储企业，是指经营仓储业务的公司。",
        "仓储企业违反本办法规定的，由商务部门责令改正，处五万元以下罚款。",
        "本办法自2024年5月1日起施行。",
        "军事仓储不适用本办法。",
    ],
)
def test_definitions_penalties_and_scope_are_no_rows(words: str) -> None:
    assert law(words) == ()


def test_a_word_that_only_describes_binds_nobody() -> None:
    assert said(law("在境内设立的公司和依照本法应当履行登记义务的机构，应当如实登记。")) == [
        ("应当", "在境内设立的公司和依照本法应当履行登记义务的机构", "如实登记")
    ]


def test_an_exception_goes_with_the_duty_it_limits() -> None:
    (row,) = law("任何单位不得在名称中使用仓储字样。国家另有规定的除外。")
    assert row.exceptions == ("国家另有规定的除外",)


# --- lists --------------------------------------------------------------------------------------

_LIST = "{lead}\n\n（一）擅自使用存货；\n\n（二）将仓单质押给第三人。"


def test_each_banned_act_of_a_list_is_a_row_at_its_own_address() -> None:
    rows = law(_LIST.format(lead="仓储企业办理入库，不得有下列行为："))
    assert said(rows) == [("不得", "仓储企业", "擅自使用存货"), ("不得", "仓储企业", "将仓单质押给第三人")]
    assert [row.source.address for row in rows] == ["第一条第一款第（一）项", "第一条第一款第（二）项"]
    assert rows[0].conditions == ("办理入库",)


def test_listed_cases_are_the_condition_of_one_row() -> None:
    (row,) = law(_LIST.format(lead="仓储企业有下列情形之一的，应当向商务部门报告："))
    assert row.act == "向商务部门报告"
    assert "擅自使用存货；" in row.conditions


# --- whatever the text --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part", ["应当", "机构、", "由机构", "的机构", "机构应当", "不得，", "（", "《", "下列：", "；", "=1+1，"]
)
def test_any_text_is_read_to_its_end(part: str) -> None:
    for row in law(part * 3000):
        assert row.act.strip()
        assert row.act in row.source.quote


ISSUED = """某县人民政府办公室关于印发《某县仓储补助办法》的通知

各乡镇人民政府：

现将《某县仓储补助办法》印发给你们，请遵照执行。

某县仓储补助办法

第一条 仓储企业应当在三十日内申请补助。
第二条 客户经理不得代仓储企业填写申请，不得代签名字。
第三条 同一间仓库不得重复申请。
"""


def test_what_a_cover_notice_issues_is_read() -> None:
    whole = document(ISSUED, title="某县人民政府办公室关于印发《某县仓储补助办法》的通知")
    assert Level.ISSUED in {clause.level for clause in whole.clauses}
    assert said(table(whole).duties) == [
        ("应当", "仓储企业", "在三十日内申请补助"),
        ("不得", "客户经理", "代仓储企业填写申请"),
        ("不得", "客户经理", "代签名字"),
        ("不得", "未载明", "重复申请"),
    ]


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("县财政局收到申请后10个工作日内完成审核。", [("要求", "县财政局", "收到申请后10个工作日内完成审核")]),
        ("登记机关自受理之日起十五日内作出决定。", [("要求", "登记机关", "自受理之日起十五日内作出决定")]),
        ("仓储企业在事故发生后两日内未报告的，不得申请补助。", [("不得", "仓储企业", "申请补助")]),
    ],
)
def test_what_is_done_within_a_time_is_a_duty_of_whoever_does_it(words: str, rows: list[tuple[str, str, str]]) -> None:
    assert said(law(words)) == rows


@pytest.mark.parametrize("since", ["自2026年1月1日起施行", "自发布之日起施行，有效期三年"])
def test_from_when_a_text_holds_is_no_duty_of_whoever_explains_it(since: str) -> None:
    assert said(law(f"本办法由县金融办负责解释，{since}。")) == [("要求", "县金融办", "负责解释")]


@pytest.mark.parametrize("text", [ISSUED, RULES, NOTICE])
def test_every_sentence_is_read_or_counted_as_unread(text: str) -> None:
    whole = document(text)
    parts = [part for p in passages(whole) for part in (p.flat, *(item.flat for item in p.items))]
    read = {place for part in parts for place in part.places}
    silent = APPARATUS | {Level.TITLE, Level.LABEL}
    for leaf in whole.walk():
        if leaf.is_leaf and leaf.level not in silent:
            words = whole.text[leaf.span.start : leaf.span.end].strip()
            assert not read.isdisjoint(range(leaf.span.start, leaf.span.end)), words
