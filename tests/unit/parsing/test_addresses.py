"""Addresses: one grammar, printed and parsed; titles resolved, look-alikes never."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.corpus.reading import parse_file
from assistant.parsing.addresses import (
    Address,
    Step,
    abbreviations,
    locate,
    parse_address,
    parse_addresses,
    resolve_title,
)
from assistant.schema.document import DocumentKind, DocumentMeta, Validity


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("某法第十二条第二款第（三）项", "某法第十二条第二款第（三）项"),
        ("《某法》第12条第2款第(3)项", "某法第十二条第二款第（三）项"),
        ("通知五、（十）", "通知五、（十）"),
        ("通知第（十）条", "通知（十）"),
        ("通知第五部分第（九）项", "通知五、（九）"),
        ("附件1 二、（三）", "附件1 二、（三）"),
        ("附件一第三条", "附件1第三条"),
        ("民法典695条第1款", "民法典第六百九十五条第一款"),
        ("商行法第52条第（四）项", "商行法第五十二条第（四）项"),
        ("第十条之一第二款", "第十条之一第二款"),
        ("第一百一十条", "第一百一十条"),
        ("第二编第三章第一节", "第二编第三章第一节"),
        ("二、（三）1.（2）①", "二、（三）1.（2）①"),
        ("五、", "五"),
        ("五、（十）第二段", "五、（十）第二段"),
        ("表1 第2行", "表1 第2行"),
        ("问答第一问", "问答第一问"),
        ("某法（2020年）第三条", "某法（2020年）第三条"),
        ("序言", "序言"),
    ],
)
def test_one_grammar(written: str, printed: str) -> None:
    address = parse_address(written)
    assert address is not None
    assert str(address) == printed
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("written", "places"),
    [
        ("第六条至第九条", ["第六条", "第七条", "第八条", "第九条"]),
        ("第六至八条", ["第六条", "第七条", "第八条"]),
        ("第三十八条第二、三款", ["第三十八条第二款", "第三十八条第三款"]),
        ("第三条第一款、第二款和第五条", ["第三条第一款", "第三条第二款", "第五条"]),
        ("第三条第（一）、（三）项", ["第三条第（一）项", "第三条第（三）项"]),
        ("某法第三条、第四条", ["某法第三条", "某法第四条"]),
    ],
)
def test_ranges_and_lists(written: str, places: list[str]) -> None:
    assert [str(a) for a in parse_addresses(written)] == places
    assert parse_address(written) is None


@pytest.mark.parametrize("written", ["", "某条例", "第三条规定", "关于续贷", "第零条", "第条", "《某法》", "2024年"])
def test_what_is_no_address(written: str) -> None:
    assert parse_addresses(written) == ()


_STEPS = st.integers(1, 999)


@given(_STEPS, st.integers(0, 3), st.integers(0, 30), st.integers(0, 30))
def test_articles_come_back(article: int, suffix: int, paragraph: int, item: int) -> None:
    steps = [
        Step("条", article, suffix),
        *([Step("款", paragraph)] if paragraph else []),
        *([Step("项", item)] if item else []),
    ]
    address = Address(tuple(steps))
    assert parse_address(address.local) == address


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 9), st.integers(0, 9))
def test_headings_come_back(first: int, second: int, third: int, fourth: int, attachment: int) -> None:
    kinds = (("附件", attachment), ("一", first), ("（一）", second), ("1", third), ("（1）", fourth if third else 0))
    address = Address(tuple(Step(kind, number) for kind, number in kinds if number))
    assert parse_address(address.local) == address


def test_places_named_from_further_down(tmp_path: Path) -> None:
    law, notice = tmp_path / "a.txt", tmp_path / "b.txt"
    law.write_text("某法\n第一条 甲：\n（一）乙；\n（二）丙。\n丁。\n第二条 戊。", encoding="utf-8")
    notice.write_text("某通知\n一、甲\n（一）乙。各行要。\n二、丙\n（二）丁。各行要。", encoding="utf-8")

    def found(path: Path, words: str) -> list[str]:
        address = parse_address(words)
        assert address is not None
        return [c.address for c in locate(parse_file(path), address)]

    assert found(law, "第1条第(2)项") == ["第一条第一款第（二）项"]
    assert found(law, "第一条第二款") == ["第一条第二款"]
    assert found(law, "第九条") == []
    assert found(notice, "第（二）条") == ["二、（二）"]
    assert found(notice, "第二部分第（二）项") == ["二、（二）"]
    assert found(notice, "二、(2)") == ["二、（二）"]
    assert found(notice, "（九）") == []


def meta(title: str, **fields: object) -> DocumentMeta:
    values = {"id": f"{title}{len(fields)}", "kind": DocumentKind.LAW, **fields}
    return DocumentMeta(title=title, **values)  # type: ignore[arg-type]


SME = meta("中华人民共和国中小企业促进法")
OLD = meta("保障中小企业款项支付条例", id="old", effective_on=date(2020, 9, 1), validity=Validity.AMENDED)
NEW = meta("保障中小企业款项支付条例", id="new", effective_on=date(2025, 6, 1), validity=Validity.IN_FORCE)
CREDIT = meta("征信业管理条例")
NOTICE = meta("关于2024年陕西小微企业服务的通知", kind=DocumentKind.NOTICE, aliases=("2024年小微通知",))
EXTRACT = meta("中华人民共和国民法典（物权编节选）")
ALL = [SME, OLD, NEW, CREDIT, NOTICE, EXTRACT]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("中小企业促进法", [SME]),
        ("《中华人民共和国中小企业促进法》", [SME]),
        ("征信条例", [CREDIT]),
        ("2024年小微通知", [NOTICE]),
        ("民法典", [EXTRACT]),
        ("款项支付条例", [OLD, NEW]),
        ("保障中小企业款项支付条例（2020年）", [OLD]),
        ("2025年款项支付条例", [NEW]),
        ("2019年款项支付条例", []),
        ("陕西省实施中小企业促进法办法", []),
        ("陕西省实施《中华人民共和国中小企业促进法》办法", []),
        ("中小企业促进条例", []),
        ("促进法", []),
        ("某法", []),
        ("通知", []),
        ("本法", []),
    ],
)
def test_titles(name: str, expected: list[DocumentMeta]) -> None:
    assert list(resolve_title(name, ALL)) == expected


def test_generic_names_mean_the_context() -> None:
    assert resolve_title("通知", ALL, context=NOTICE) == (NOTICE,)
    assert resolve_title("本法", ALL, context=SME) == (SME,)
    assert resolve_title("该条例", ALL, context=SME) == ()


def test_no_abbreviation_is_a_full_title_of_another() -> None:
    table = abbreviations()
    assert table
    assert not set(table) & set(table.values())


def test_an_attachment_without_a_number_keeps_its_name() -> None:
    address = parse_address("附件第三条第一款")
    assert address is not None
    assert [step.kind for step in address.steps] == ["附件", "条", "款"]
    assert address.local == "附件第三条第一款"
