"""A list is complete, or is not called so: against lists made by hand over a notice and two statutes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from found_by_hand import found
from read_by_hand import read

from assistant.answering.scans import Scan, acts, scanned
from assistant.answering.select import Selector, how_made
from assistant.corpus.reading import read_corpus
from assistant.indexing.cut import cut
from assistant.schema.chunk import Chunk, ChunkKind
from assistant.schema.document import Document

ROOT = Path(__file__).resolve().parents[3]
NOTICE = ROOT / "corpus" / "notice_2024_shaanxi.txt"
TEXTS = ROOT.parent / "shared" / "policies" / "texts"
PAYMENTS, DEPOSITS = TEXTS / "保障中小企业款项支付条例_2025.md", TEXTS / "存款保险条例_2015.md"
absent = pytest.mark.skipif(not PAYMENTS.exists(), reason="the shared folder is not beside this checkout")

# Made by hand from the texts: whoever has to do something, and the beginning of every sentence that says so.
GOLD = [
    pytest.param(
        NOTICE,
        "监管部门",
        (
            "2024年，辖内各级监管部门、各银行保险机构要",
            "各级监管部门要积极联动地方市场监管部门",
            "各级监管部门开展年度小微企业金融服务监管评价",
            "各级监管部门要加强对本辖区内",
            "各级监管部门要充分运用",
            "各级监管部门要积极推动辖内信用信息",
            "各级监管部门要积极搭建宣传平台",
        ),
        id="notice-监管部门",
    ),
    pytest.param(
        NOTICE,
        "保险公司",
        ("各保险公司要丰富", "各保险公司要将", "积极探索开发", "支持保险公司为"),
        id="notice-保险公司",
    ),
    pytest.param(
        NOTICE,
        "股份制银行一级分行",
        ("大型商业银行、股份制银行一级分行及", "股份制银行一级分行要优化"),
        id="notice-股份制银行一级分行",
    ),
    pytest.param(
        PAYMENTS,
        "受理投诉部门",
        (
            "省级以上人民政府负责中小企业促进工作综合管理的部门（以下统称受理投诉部门）",
            "受理投诉部门应当按照",
            "机关、事业单位和大型企业拖欠中小企业款项依法依规被认定为失信的，受理投诉部门和有关部门",
        ),
        id="payments-受理投诉部门",
        marks=absent,
    ),
    pytest.param(
        PAYMENTS,
        "处理投诉部门",
        ("处理投诉部门应当自收到", "情况复杂或者", "处理投诉部门应当督促", "被投诉人未及时反馈"),
        id="payments-处理投诉部门",
        marks=absent,
    ),
    pytest.param(
        PAYMENTS,
        "国有大型企业",
        ("机关、事业单位和国有大型企业不得强制", "事业单位、国有大型企业应当每年定期"),
        id="payments-国有大型企业",
        marks=absent,
    ),
    pytest.param(
        DEPOSITS,
        "投保机构",
        (
            "在中华人民共和国境内设立的商业银行",
            "投保机构应当交纳的保费",
            "投保机构应当按照存款保险基金管理机构的要求定期",
            "投保机构应当按照存款保险基金管理机构的规定",
            "投保机构因重大资产损失",
        ),
        id="deposits-投保机构",
        marks=absent,
    ),
]


@cache
def document(path: Path) -> Document:
    [one] = read_corpus([path]).documents
    return one


@cache
def sentences(path: Path) -> tuple[Chunk, ...]:
    return tuple(c for c in cut(document(path)) if c.kind is ChunkKind.SENTENCE)


def scan(path: Path, question: str) -> Scan | None:
    asked = found(question, [document(path)], {})
    return scanned(read(question), asked, sentences(path), most_scope=10)


def begins(chunks: tuple[Chunk, ...], gold: tuple[str, ...]) -> bool:
    return len(chunks) == len(gold) and all(c.plain.startswith(g) for c, g in zip(chunks, gold, strict=True))


@pytest.mark.parametrize(("path", "actor", "gold"), GOLD)
def test_all_duties_of_an_actor_and_no_others(path: Path, actor: str, gold: tuple[str, ...]) -> None:
    hits = tuple(c for c in sentences(path) if acts(actor, c))
    assert begins(hits, gold), [c.plain[:30] for c in hits]


@pytest.mark.parametrize(("path", "actor", "gold"), GOLD)
@pytest.mark.parametrize("asked", ["{}要做什么？", "{}有哪些职责？", "{}的义务是什么？", "请列出{}的全部责任"])
def test_whoever_asks_for_them_gets_them_all_and_is_told_how(
    path: Path, actor: str, gold: tuple[str, ...], asked: str
) -> None:
    made = scan(path, asked.format(actor))
    assert made is not None
    assert begins(made.sentences, gold)
    assert made.how.startswith(f"逐句查了《{document(path).meta.title}》全文，")
    assert f"“{actor}”" in made.how


@pytest.mark.parametrize(
    "question", ["监管部门在多头授信方面要做什么？", "续贷有哪些要求？", "贷款利率是多少？", "银行要公示什么？"]
)
def test_a_question_on_one_matter_is_not_answered_with_everything(question: str) -> None:
    assert scan(NOTICE, question) is None


def test_duties_of_wider_groups_are_told_of() -> None:
    made = scan(NOTICE, "各保险公司要做什么？")
    assert made is not None
    assert len(made.sentences) == 4
    assert "“银行保险机构”" in made.how
    assert "另有 5 句" in made.how


@absent
@pytest.mark.parametrize(
    ("path", "question", "unit"),
    [
        (DEPOSITS, "什么是存款保险？", "第三条"),
        (PAYMENTS, "什么叫大型企业？", "第三条"),
        (TEXTS / "民法典_合同编_借款合同与保证合同_节选.md", "什么是一般保证？", "第六百八十七条"),
    ],
)
def test_what_a_term_means_is_looked_for_in_every_sentence(path: Path, question: str, unit: str) -> None:
    made = scan(path, question)
    assert made is not None
    assert [c.unit for c in made.sentences] == [unit]
    assert made.how.startswith(f"逐句查了《{document(path).meta.title}》")


def test_a_term_that_is_merely_used_has_no_meaning_there() -> None:
    assert scan(NOTICE, "什么是续贷？") is None


@pytest.mark.parametrize(
    "question", ["城市商业银行法人机构在服务网点方面要做什么？", "银行保险机构对个体工商户有哪些职责？"]
)
def test_whom_a_question_asks_about_is_found_without_an_expression_for_every_part(
    monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    reading, asked, within = read(question), found(question, [document(NOTICE)], {}), sentences(NOTICE)

    def refuse(pattern: str, flags: int = 0) -> re.Pattern[str]:
        raise AssertionError(f"compiled for one question: {pattern}")

    monkeypatch.setattr(re, "compile", refuse)
    scanned(reading, asked, within, most_scope=10)


@absent
def test_all_figures_of_a_kind() -> None:
    made = scan(DEPOSITS, "条例全文提到哪些金额？")
    assert made is not None
    assert [c.unit for c in made.sentences] == ["第五条"]
    periods = scan(DEPOSITS, "条例里出现了哪些期限？")
    assert periods is not None
    assert [c.unit for c in periods.sentences] == ["第八条", "第十条", "第十二条", "第十九条"]


@absent
def test_only_what_was_looked_through_is_called_complete() -> None:
    question = "处理投诉部门要做什么？"
    whole = Selector().select(read(question), found(question, [document(PAYMENTS)], {}), sentences(PAYMENTS))
    assert whole.exhaustive
    assert how_made(whole).endswith("共 4 处：")
    question = "机关在付款方面有哪些要求？"
    near = Selector().select(read(question), found(question, [document(PAYMENTS)], {}), sentences(PAYMENTS))
    assert not near.exhaustive
    assert "共" not in how_made(near)
