"""Made-up texts for the duty table, and the table of a text."""

from __future__ import annotations

from datetime import date
from typing import Any

from assistant.parsing.clauses import kind_of, parse_clauses
from assistant.parsing.references import find_references
from assistant.products.duties.model import Duty, DutyTable
from assistant.products.duties.table import duty_table
from assistant.schema.document import Document, DocumentKind, DocumentMeta, Validity

DAY = date(2026, 3, 1)
RULES = """第一条 为了规范仓储，制定本办法。

第二条 仓储企业应当自收到存货之日起十日内出具仓单，并按月报告库存；存货人另有约定的，从其约定。

第三条 仓储企业不得有下列行为：

（一）擅自使用存货；

（二）将仓单质押给第三人。

违反前款规定的，由主管部门责令改正，处五万元以下罚款；情节严重的，可以吊销许可证。

第四条 仓储企业对知悉的商业秘密，应当予以保密。

第五条 设立仓储企业，应当经主管部门批准。未经批准，任何单位和个人不得经营仓储业务。

第六条 本办法自2024年5月1日起施行。
"""
NOTICE = """关于做好仓储服务工作的通知

一、加强服务

各仓储企业要优化出入库流程，提升服务效率。主动公示收费标准，严禁强制收费。鼓励仓储企业为小店减免费用。
"""


def document(text: str, *, name: str = "made_up", kind: DocumentKind | None = None, **facts: Any) -> Document:
    """The document of a text; a law unless the text reads as a notice."""
    shape = kind or kind_of(text)
    facts = {"validity": Validity.IN_FORCE, **facts}
    meta = DocumentMeta(id=name, title=facts.pop("title", "仓储办法"), kind=shape, **facts)
    clauses = parse_clauses(text, kind=shape)
    return Document(meta=meta, text=text, clauses=clauses, references=find_references(clauses, text))


def table(*documents: Document, past: bool = False) -> DutyTable:
    """Their duty table on `DAY`."""
    return duty_table(documents, day=DAY, past=past)


def law(*paragraphs: str, **facts: Any) -> tuple[Duty, ...]:
    """The duties of a law whose articles have these words."""
    numerals = "一二三四五六七八九十"
    text = "\n\n".join(f"第{numerals[at]}条 {words}" for at, words in enumerate(paragraphs)) + "\n"
    return table(document(text, kind=DocumentKind.LAW, **facts)).duties


def notice(*paragraphs: str) -> tuple[Duty, ...]:
    """The duties of a notice with one heading and these paragraphs."""
    text = "关于仓储的通知\n\n一、加强服务\n\n" + "\n\n".join(paragraphs) + "\n"
    return table(document(text, kind=DocumentKind.NOTICE)).duties


def said(duties: tuple[Duty, ...]) -> list[tuple[str, str, str]]:
    """Degree, addressee and act of each row."""
    return [(duty.degree.value, duty.actor.shown, duty.act) for duty in duties]
