"""What slides and handout share as files: fonts, figures in bold, links, and the register inside the package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from lxml import etree

from assistant.products.talks.model import Point, Proved
from assistant.products.talks.register import Register

FONT = "微软雅黑"  # on every Windows; elsewhere the program puts its own Chinese font in its place
LANGUAGE = "zh-CN"
AUTHOR = "普惠政策助手"
_PROPERTY = 255
_PART = "/customXml/item20.xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml"
_NAMESPACE = "urn:puhui-policy-assistant:talk"
# Amounts, shares and terms stand out: 1000万元, 50万元, 百分之五, 30日内.
_FIGURE = re.compile(
    r"(?:人民币)?\d[\d.,，]*\s?(?:万亿|亿|万|千)?\s?(?:元|%|％|年|个月|月|日|天|个工作日|倍|户|次|人|级|岁)?(?:以上|以下|以内|内)?"
    r"|[百千万]分之[零一二三四五六七八九十百]+"
)


def emphasised(text: str) -> Iterator[tuple[str, bool]]:
    """`text` in pieces, each with whether it is a figure.

    >>> list(emphasised("限额为50万元。"))
    [('限额为', False), ('50万元', True), ('。', False)]
    """
    at = 0
    for match in _FIGURE.finditer(text):
        if match.start() > at:
            yield text[at : match.start()], False
        yield match[0], True
        at = match.end()
    if at < len(text):
        yield text[at:], False


def link_of(point: Point, base: str | None) -> str | None:
    """Where the clause can be read, below the address `base` of the service; `None` without one."""
    if base is None:
        return None
    return f"{base.rstrip('/')}/read/{quote(point.document, safe='')}/{quote(point.address, safe='')}"


def keep_register(part: Any, register: Register) -> None:
    """Puts the register into the package whose main part this is."""
    root = etree.Element(f"{{{_NAMESPACE}}}register")
    root.text = register.as_json()
    blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    package_uri = type(part.partname)
    own = _part_class(part)(package_uri(_PART), "application/xml", *_arguments(part, blob))
    part.relate_to(own, _RELATION)


def _part_class(part: Any) -> Any:
    if type(part).__module__.startswith("docx"):
        from docx.opc.part import Part as DocxPart

        return DocxPart
    from pptx.opc.package import Part as PptxPart

    return PptxPart


def _arguments(part: Any, blob: bytes) -> tuple[Any, Any]:
    """The last two arguments of a part, which the two libraries take in different orders."""
    return (blob, part.package) if type(part).__module__.startswith("docx") else (part.package, blob)


def kept_register(part: Any) -> str | None:
    """The register inside a package, as JSON, or `None`."""
    for relation in part.rels.values():
        if relation.reltype != _RELATION or relation.is_external:
            continue
        try:
            root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError:
            continue
        if root.tag == f"{{{_NAMESPACE}}}register" and root.text:
            return str(root.text)
    return None


def describe(properties: Any, proved: Proved) -> None:
    """The core properties of a file: what it is, and what it was made from."""
    talk = proved.talk
    properties.title = _short(f"宣讲：{talk.topic}")
    properties.subject = _short(f"听众：{talk.audience}；{talk.minutes} 分钟")
    properties.author = AUTHOR
    properties.last_modified_by = AUTHOR
    properties.keywords = _short("；".join(meta.title for meta in proved.documents))
    how = "部分说法由语言模型改写并逐句核对" if talk.written else "说法为条款原文"
    generation = f"；索引版本 {talk.generation[:16]}" if talk.generation else ""
    properties.comments = _short(f"程序生成，{how}；政策核对于 {talk.checked_on.isoformat()}{generation}")
    properties.category = "政策宣讲材料"
    properties.content_status = "程序生成，待人工复核"
    properties.language = LANGUAGE


def _short(words: str) -> str:
    """The two libraries refuse longer properties."""
    return words if len(words) <= _PROPERTY else f"{words[: _PROPERTY - 1]}…"
