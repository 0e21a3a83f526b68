"""Small texts of our own, with one trap each, for tests of what comes after parsing."""

from __future__ import annotations

from datetime import date

from assistant.parsing.clauses import kind_of, parse_clauses
from assistant.schema.document import Document, DocumentKind, DocumentMeta, Validity

NOTICE = """某监管局办公室印发 《关于2024年陕西乡村金融服务的通知》

为做好乡村金融服务，根据《乡村振兴促进法》，现就有关事项通知如下。

一、总体要求

2024年，各银行机构要稳定涉农信贷投放。各保险公司要丰富农业保险产品。

二、重点任务

（一）规范贷款管理，防范资金挪用。各银行机构要加强贷前审查。严禁将涉农贷款资金用于购买理

财产品。规范续贷业务，不得用续贷掩盖信用风险。要合理满足单户授信 500 万元以上农户的融资需求。

各级监管部门要加强多头授信监测。

（二）完善考核机制，落实尽职免责。

各银行机构要定期评价尽职免责落实情况。大型银行一级分行要合理确定绩效考核标准。股份制银行一级分行要健全部门设置。鼓励有条件的机构探索整村授信模式。

三、工作保障

（三）加强宣传普及。各银行保险机构要组织“金融下乡月”活动，严防非法集资风险。
"""

LAW_OLD = """# 村镇贷款条例

第一条 为规范村镇贷款，制定本条例。

第二条 贷款期限不得超过一年。
"""

LAW = """# 村镇贷款条例

（2023年5月1日公布　自2023年7月1日起施行）

## 第一章 总则

第一条 为规范村镇贷款，保护农户合法权益，制定本条例。

第二条 本条例所称村镇贷款，是指向农户发放的生产经营贷款。

## 第二章 规则

第三条 有下列情形之一的，不得发放贷款：

（一）用途不明的；

（二）提供虚假材料的。

贷款人应当书面告知理由。

第四条 贷款期限不得超过三年；确需延长的，可以续期一次。

第五条 违反本条例第三条规定的，处五万元以上二十万元以下罚款。
"""


def notice() -> Document:
    """A year's notice of one region."""
    return _document(
        NOTICE,
        DocumentMeta(
            id="notice",
            title="关于2024年陕西乡村金融服务的通知",
            kind=DocumentKind.NOTICE,
            validity=Validity.ANNUAL,
            year=2024,
            region="陕西",
        ),
    )


def law() -> Document:
    """A statute in force since the middle of 2023."""
    return _document(
        LAW,
        DocumentMeta(
            id="law_2023",
            title="村镇贷款条例",
            kind=DocumentKind.LAW,
            validity=Validity.IN_FORCE,
            effective_on=date(2023, 7, 1),
        ),
    )


def old_law() -> Document:
    """The version before."""
    return _document(
        LAW_OLD,
        DocumentMeta(
            id="law_2010",
            title="村镇贷款条例",
            kind=DocumentKind.LAW,
            validity=Validity.AMENDED,
            effective_on=date(2010, 1, 1),
            expired_on=date(2023, 7, 1),
        ),
    )


def _document(text: str, meta: DocumentMeta) -> Document:
    assert kind_of(text) is meta.kind
    return Document(meta=meta, text=text, clauses=parse_clauses(text, meta.kind))
