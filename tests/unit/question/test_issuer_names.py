"""A document named by whoever issued it, as people call them; invented banks, offices and companies."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from assistant.question.catalogue import Catalogue
from assistant.question.issuer_names import names_of
from assistant.schema.document import DocumentKind, DocumentMeta


def meta(name: str, title: str, **facts: Any) -> DocumentMeta:
    return DocumentMeta(id=name, title=title, kind=DocumentKind.LAW, **facts)


LATER = meta("later", "柏川农村商业银行小微企业延期还本操作办法", issuer="柏川农村商业银行股份有限公司")
SUBSIDY = meta("subsidy", "关于印发《青禾县首次贷款补助办法》的通知", issuers=("青禾县财政局", "青禾县工业和信息化局"))
GUARANTEE = meta("guarantee", "江州市融资担保有限责任公司代偿追偿规程")
NOTICE = meta("notice", "关于做好普惠金融工作的通知", issuer="国家金融监督管理总局陕西监管局")
LAW = meta("law", "中华人民共和国商业银行法", issuer="全国人民代表大会常务委员会")
DOCUMENTS = (LATER, SUBSIDY, GUARANTEE, NOTICE, LAW)


def named(question: str, *documents: DocumentMeta) -> list[str]:
    return [one.id for mention in Catalogue(documents or DOCUMENTS).mentions(question) for one in mention.documents]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("柏川农商行的延期还本怎么办？", "later"),
        ("请问柏川农商银行对停产企业有什么要求", "later"),
        ("柏川农村商业银行的延期还本最长多久？", "later"),
        ("青禾财政局的首贷补助给多少？", "subsidy"),
        ("我想知道青禾县财政局的补助有几天能到", "subsidy"),
        ("江州融担的代偿几天办完？", "guarantee"),
        ("江州市担保公司怎么追偿？", "guarantee"),
        ("陕西金融监管局要求怎么续贷？", "notice"),
        ("按金融监管总局陕西监管局的规定，续贷怎么办", "notice"),
    ],
)
def test_an_issuer_names_its_one_document(question: str, found: str) -> None:
    assert named(question) == [found]


@pytest.mark.parametrize(
    "question",
    [
        "农商行的延期还本怎么办？",
        "村镇银行的贷款怎么办？",
        "松山农商行的延期还本怎么办？",
        "我在柏川农商行贷了款，银行能随便抽贷吗？",
        "柏川农商行城关支行怎么走？",
        "我欠江州融担的钱怎么办？",
        "融资担保公司的费率最高多少？",
    ],
)
def test_kinds_others_and_those_who_play_a_part_name_none(question: str) -> None:
    assert named(question) == []


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("柏川农商行的违规按商业银行法怎么罚？", ["law"]),
        ("柏川农商行的延期还本操作办法第三条", ["later"]),
        ("柏川农商行的流动资金贷款管理办法第三条", []),
        ("柏川农商行的流动资金贷款管理规定怎么说？", []),
        ("柏川农商行的办法第三条", ["later"]),
        ("柏川农商行的章程第三条", []),
    ],
)
def test_a_title_in_the_question_counts_more(question: str, found: list[str]) -> None:
    assert named(question) == found


def test_an_issuer_of_two_texts_names_neither() -> None:
    other = meta("other", "柏川农村商业银行尽职免责细则")
    assert named("柏川农商行的延期还本怎么办？", *DOCUMENTS, other) == []
    namesake = meta("namesake", "星河市柏川农商银行章程汇编", issuer="星河市柏川农村商业银行")
    assert named("柏川农商行的延期还本怎么办？", *DOCUMENTS, namesake) == []


def test_versions_of_one_text_are_one() -> None:
    old = meta("old", LATER.title, issuer=LATER.issuer, effective_on=date(2020, 1, 1), expired_on=date(2024, 1, 1))
    assert named("柏川农商行的延期还本怎么办？", *DOCUMENTS, old) == ["later", "old"]


@pytest.mark.parametrize(
    ("issuer", "among"),
    [
        ("星河市青禾县农村信用合作联社", {"青禾联社", "青禾县农信社", "星河市青禾县农村信用合作联社"}),
        ("内蒙古自治区人民政府办公室", {"内蒙古政府办", "内蒙古自治区政府办公室"}),
        ("新疆维吾尔自治区人力资源和社会保障厅", {"新疆人社厅"}),
        ("云溪银行股份有限公司", {"云溪银行"}),
        ("江州市城市商业银行", {"江州城商行"}),
    ],
)
def test_what_issuers_are_called(issuer: str, among: set[str]) -> None:
    assert among <= names_of(issuer)


@pytest.mark.parametrize("issuer", ["国务院", "中国人民银行", "农村商业银行", "全国人民代表大会常务委员会"])
def test_those_of_whom_every_text_speaks_have_no_names_here(issuer: str) -> None:
    assert names_of(issuer) == frozenset()
