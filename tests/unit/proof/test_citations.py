"""Citations as people write them: which document, which clause, and what is no citation."""

from __future__ import annotations

from datetime import date

import pytest
from small_laws import small_laws

from assistant.corpus.reading import read_corpus
from assistant.parsing.clauses import parse_clauses
from assistant.proof.citations import DocumentNumber, FullTitle, Memory, Named, ShortTitle, UnknownTitle
from assistant.proof.find_addresses import read_address
from assistant.proof.find_citations import Citations
from assistant.proof.resolve_citations import clauses_at
from assistant.proof.verifier import Claim, Verifier
from assistant.schema.answer import Verdict
from assistant.schema.document import Document, DocumentKind, DocumentMeta

NOTICE = "notice_2024_shaanxi"


@pytest.fixture(scope="module")
def library(request: pytest.FixtureRequest) -> tuple[Document, ...]:
    corpus = request.config.rootpath / "corpus"
    return (*small_laws(), *read_corpus([corpus]).documents)


@pytest.fixture(scope="module")
def citations(library: tuple[Document, ...]) -> Citations:
    return Citations([d.meta for d in library])


FORMS = [
    ("严禁贷款转存（见《通知》第五部分第（十）项）。", NOTICE, ["五、（十）"]),
    ("根据陕西2024年小微通知五（十），严禁贷款转存。", NOTICE, ["五、（十）"]),
    ("通知（十）：严禁贷款转存。", NOTICE, ["（十）"]),
    ("通知第（十）条规定严禁贷款转存。", NOTICE, ["（十）"]),
    ("小微企业通知五、（十）规定严禁贷款转存。", NOTICE, ["五、（十）"]),
    ("《中华人民共和国仓储法》第五条规定，注册资本不得低于二千万元。", "storage_law", ["第五条"]),
    ("《仓储法》第5条规定，注册资本不得低于二千万元。", "storage_law", ["第五条"]),
    ("仓储法第5条规定，注册资本不得低于二千万元。", "storage_law", ["第五条"]),
    ("根据2024年仓单管理条例第三条，不得擅自使用存货。", "warehouse_2024", ["第三条"]),
    ("《仓单管理条例》（2024年）第三条第（二）项", "warehouse_2024", ["第三条第（二）项"]),
    ("仓单条例第三条第一款第（三）项", "warehouse_2024", ["第三条第一款第（三）项"]),
    ("《仓单管理条例》（国务院令第790号）第二条第二款", "warehouse_2024", ["第二条第二款"]),
    ("国务院《仓单管理条例》（国务院令第600号）第二条", "warehouse_2015", ["第二条"]),
    ("国务院令第790号第二条第二款规定，不得重复质押。", "warehouse_2024", ["第二条第二款"]),
    ("第五条（《仓储法》）：注册资本不得低于二千万元。", "storage_law", ["第五条"]),
    ("注册资本不得低于二千万元——《仓储法》第五条", "storage_law", ["第五条"]),
    ("《仓储法》第一条、第五条", "storage_law", ["第一条", "第五条"]),
    ("严禁贷款转存，出自通知（十）。", NOTICE, ["（十）"]),
    ("严禁贷款转存，出处是通知第（十）项。", NOTICE, ["（十）"]),
    ("通知的序言写到，要提升服务水平。", NOTICE, ["序言"]),
]


@pytest.mark.parametrize(("sentence", "document", "places"), FORMS, ids=[s for s, _, _ in FORMS])
def test_usual_forms_of_citation(citations: Citations, sentence: str, document: str, places: list[str]) -> None:
    [found] = citations.find(sentence)
    assert found.name is not None
    assert [d.id for d in found.name.documents] == [document]
    assert [address.local for address in found.addresses] == places


LOOK_ALIKES = [
    ("《仓储管理法》第五条规定", "title"),
    ("国务院令第791号第二条规定", "number"),
    ("仓储管理法第五条规定", "title"),
    ("《仓单管理办法》第二条规定", "title"),
    ("陕西省仓储法第五条规定", "title"),
    ("《仓单管理条例实施细则》第二条规定", "title"),
    ("《关于2024年山西银行业保险业服务小微企业高质量发展的通知》五、（十）规定", "title"),
    ("《仓单管理条例》（2018年）第二条规定", "year"),
    ("2018年仓单管理条例第二条规定", "year"),
    ("《仓单管理条例》（国务院令第601号）第二条规定", "number"),
    ("中国人民银行发布的《仓单管理条例》第二条规定", "issuer"),
]


@pytest.mark.parametrize(("sentence", "fault"), LOOK_ALIKES, ids=[s for s, _ in LOOK_ALIKES])
def test_what_only_looks_like_a_document_is_none(citations: Citations, sentence: str, fault: str) -> None:
    [found] = citations.find(sentence)
    assert found.name is not None
    assert isinstance(found.name, UnknownTitle)
    assert (found.name.documents, found.name.fault) == ((), fault)


@pytest.mark.parametrize(
    "sentence",
    [
        "保管人应当依照本条例第三条办理。",
        "违反前款规定的，责令改正。",
        "（一）擅自使用存货；",
        "共有15条措施。",
        "第三方平台不得收费。",
    ],
)
def test_words_that_cite_nothing(citations: Citations, sentence: str) -> None:
    assert [c for c in citations.find(sentence) if c.addresses and c.name is not None] == []


def test_an_address_goes_back_to_what_was_cited_before(citations: Citations) -> None:
    memory = Memory()
    for cited in citations.find("《仓储法》第五条规定了注册资本。"):
        memory = memory.after(cited)
    [same_law] = citations.find("该法第一条鼓励采用新技术。", memory)
    assert same_law.name is not None
    assert [d.id for d in same_law.name.documents] == ["storage_law"]
    [same_article] = citations.find("该条第一款对此有规定。", memory)
    assert [a.local for a in same_article.addresses] == ["第五条第一款"]
    both = citations.find("费用不得超过百分之三十（仓单条例第三条），保管人不承担损耗（同条例第四条）。")
    assert [a.local for c in both for a in c.addresses] == ["第三条", "第四条"]


@pytest.mark.parametrize(
    ("name", "document"),
    [("storage_law", "storage_law"), ("仓储法", "storage_law"), ("《中华人民共和国仓储法》", "storage_law"),
     ("仓单条例", "warehouse_2024"), ("陕西小微通知", NOTICE)],
)  # fmt: skip
def test_a_document_may_be_given_by_id_title_or_alias(citations: Citations, name: str, document: str) -> None:
    assert [d.id for d in citations.called(name).documents] == [document]
    assert citations.called("仓储管理法").documents == ()


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("第十二条第二款", ["第十二条第二款"]),
        ("695条", ["第六百九十五条"]),
        ("五（十）", ["五、（十）"]),
        ("（十）", ["（十）"]),
        ("别的话", []),
    ],
)
def test_read_address(text: str, places: list[str]) -> None:
    assert [a.local for a in read_address(text)] == places


def test_a_notice_may_be_cited_by_article(library: tuple[Document, ...]) -> None:
    notice = next(d for d in library if d.id == NOTICE)
    [address] = read_address("第十条")
    assert [c.address for c in clauses_at(notice, address)] == ["五、（十）"]


def test_the_article_before_the_one_just_cited(citations: Citations) -> None:
    memory = Memory()
    for cited in citations.find("《仓单管理条例》第三条规定了禁止行为。"):
        memory = memory.after(cited)
    [paragraph] = citations.find("上一条第二款规定，存货人可以委托他人提取存货。", memory)
    [article] = citations.find("上一条规定，存货人可以委托他人提取存货。", memory)
    assert [a.local for a in (*paragraph.addresses, *article.addresses)] == ["第二条第二款", "第二条"]
    assert citations.find("上一条规定，存货人可以委托他人提取存货。") == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("《仓单管理条例》", FullTitle),
        ("《仓单条例》", FullTitle),  # an alias of the manifest
        ("《仓管条例》", ShortTitle),  # half of one title alone
        ("《仓单管条例》", UnknownTitle),  # a word is missing: it looks alike
        ("国务院令第790号第二条", DocumentNumber),
        ("《单管理条例》", UnknownTitle),  # begins otherwise
        ("《仓单管理规定》", UnknownTitle),  # another kind of text
        ("《仓条》", UnknownTitle),
    ],
)
def test_the_kind_of_a_name(citations: Citations, name: str, kind: type[Named]) -> None:
    [found] = citations.find(f"{name}规定了仓单。")
    assert type(found.name) is kind


def test_an_item_without_its_paragraph(library: tuple[Document, ...]) -> None:
    text = (
        "第一条 保管人不得有下列行为：\n（一）使用存货；\n（二）出借存货。\n"
        "存货人不得有下列行为：\n（一）拖欠仓储费；\n（二）隐瞒危险。\n"
    )
    meta = DocumentMeta(id="two_lists", title="保管规定", kind=DocumentKind.LAW)
    document = Document(meta=meta, text=text, clauses=parse_clauses(text, kind=DocumentKind.LAW))
    [item] = read_address("第一条第二项")
    assert [c.text.strip() for c in clauses_at(document, item)] == ["（二）出借存货。", "（二）隐瞒危险。"]
    checks = Verifier([meta], lambda _: document, today=lambda: date(2026, 3, 1))
    said = {
        "存货人不得隐瞒危险": Verdict.OK,
        "保管人不得出借存货": Verdict.OK,
        "保管人不得使用存货": Verdict.UNSUPPORTED,
    }
    for words, verdict in said.items():
        assert checks.check(Claim(text=f"{words}（《保管规定》第一条第二项）。")).verdict is verdict
