"""Two versions of a made-up regulation and a made-up law, for tests of citations and of the proof."""

from __future__ import annotations

from datetime import date

from assistant.parsing.clauses import parse_clauses
from assistant.proof.verifier import Verifier
from assistant.schema.document import Document, DocumentKind, DocumentMeta, Validity

TODAY = date(2026, 3, 1)
_OLD = """第一条 为了保护存货人，制定本条例。

第二条 保管人应当自收到存货之日起三十日内出具仓单；逾期的，处一万元以上五万元以下罚款。
"""
_NEW = """第一条 为了保护存货人和保管人，制定本条例。

第二条 保管人应当自收到存货之日起十日内出具仓单。
存货人可以委托他人提取存货，但是仓单另有记载的除外。

第三条 保管人不得有下列行为：
（一）擅自使用存货；
（二）将仓单质押给第三人；
（三）超过存货价值百分之三十收取费用。

第四条 存货人向保管人支付仓储费，保管人不承担自然损耗的责任。费用总额不超过1000万元的，可以分期支付。
"""
_LAW = """第一条 国家鼓励仓储企业采用新技术。

第五条 仓储企业的注册资本不得低于二千万元。违反《仓单管理条例》第二条的，由主管部门责令改正。
"""


def _document(name: str, title: str, text: str, **facts: object) -> Document:
    meta = DocumentMeta(id=name, title=title, kind=DocumentKind.LAW, **facts)  # type: ignore[arg-type]
    return Document(meta=meta, text=text, clauses=parse_clauses(text, kind=DocumentKind.LAW))


def small_laws() -> tuple[Document, ...]:
    """《仓单管理条例》 of 2015, replaced on 2025-01-01 by that of 2024, and 《中华人民共和国仓储法》."""
    return (
        _document(
            "warehouse_2015",
            "仓单管理条例",
            _OLD,
            validity=Validity.AMENDED,
            issuer="国务院",
            document_number="国务院令第600号",
            year=2015,
            issued_on=date(2015, 5, 1),
            effective_on=date(2015, 7, 1),
            expired_on=date(2025, 1, 1),
        ),
        _document(
            "warehouse_2024",
            "仓单管理条例",
            _NEW,
            validity=Validity.IN_FORCE,
            issuer="国务院",
            document_number="国务院令第790号",
            year=2024,
            issued_on=date(2024, 9, 1),
            effective_on=date(2025, 1, 1),
            aliases=("仓单条例",),
        ),
        _document(
            "storage_law",
            "中华人民共和国仓储法",
            _LAW,
            validity=Validity.IN_FORCE,
            issuer="全国人民代表大会常务委员会",
            year=2020,
            issued_on=date(2020, 1, 1),
            effective_on=date(2020, 6, 1),
        ),
    )


def small_verifier() -> Verifier:
    """The proof over these three."""
    documents = {d.id: d for d in small_laws()}
    return Verifier([d.meta for d in documents.values()], documents.__getitem__, today=lambda: TODAY)
