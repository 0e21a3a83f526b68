"""效力级别 by issuer and number."""

from __future__ import annotations

import pytest

from assistant.parsing.legal_level import level_of, statutes_among
from assistant.schema.document import DocumentKind, DocumentMeta, LegalLevel

LEVELS = [
    ("全国人民代表大会常务委员会", "主席令第三十四号", "中华人民共和国商业银行法", LegalLevel.LAW),
    ("第十四届全国人民代表大会第一次会议", None, "中华人民共和国立法法", LegalLevel.LAW),
    ("国务院", "国务院令第802号", "保障中小企业款项支付条例", LegalLevel.REGULATION),
    ("国务院", "国发〔2023〕15号", "关于推进普惠金融高质量发展的实施意见", LegalLevel.NORMATIVE),
    ("最高人民法院", "法释〔2020〕17号", "关于审理民间借贷案件适用法律若干问题的规定", LegalLevel.INTERPRETATION),
    ("陕西省人民代表大会常务委员会", None, "陕西省优化营商环境条例", LegalLevel.LOCAL),
    (
        "国家金融监督管理总局",
        "国家金融监督管理总局令2024年第2号",
        "固定资产贷款管理办法",
        LegalLevel.RULE,
    ),
    ("陕西省人民政府", "陕西省人民政府令第228号", "某办法", LegalLevel.LOCAL_RULE),
    ("陕西省人民政府", "陕政发〔2024〕1号", "某意见", LegalLevel.NORMATIVE),
    ("中国人民银行", "银发〔2024〕5号", "某通知", LegalLevel.NORMATIVE),
    (None, None, "某管理办法", None),
]


@pytest.mark.parametrize(("issuer", "number", "title", "level"), LEVELS)
def test_level(issuer: str | None, number: str | None, title: str, level: LegalLevel | None) -> None:
    meta = DocumentMeta(id="a", title=title, kind=DocumentKind.LAW, issuer=issuer, document_number=number)
    assert level_of(meta) is level


def test_a_notice_and_a_law_without_an_issuer() -> None:
    notice = DocumentMeta(id="a", title="关于某事的通知", kind=DocumentKind.NOTICE)
    assert level_of(notice) is LegalLevel.NORMATIVE
    law = DocumentMeta(id="b", title="中华人民共和国保险法", kind=DocumentKind.LAW, genre="法律")
    assert level_of(law) is LegalLevel.LAW


def test_levels_go_from_the_highest_down() -> None:
    assert [level.order for level in LegalLevel] == list(range(7))
    assert LegalLevel.LAW.order < LegalLevel.REGULATION.order < LegalLevel.RULE.order < LegalLevel.NORMATIVE.order


def test_statutes_are_told_apart_where_there_are_others_beside_them() -> None:
    made = {
        name: DocumentMeta(id=name, title=name, kind=DocumentKind.LAW, issuer=issuer)
        for name, issuer in (
            ("保险法", "全国人民代表大会常务委员会"),
            ("民法典", "全国人民代表大会"),
            ("须知", "某银行"),
        )
    }
    assert statutes_among(tuple(made.values())) == {"保险法", "民法典"}
    assert statutes_among((made["保险法"], made["民法典"])) == frozenset()
    assert statutes_among((made["须知"],)) == frozenset()
    assert statutes_among(()) == frozenset()
