"""效力级别 of a text, by who made it and under what number (立法法 §§10, 72, 80, 91, 93, 119)."""

from __future__ import annotations

import re
from collections.abc import Collection

from assistant.schema.document import DocumentKind, DocumentMeta, LegalLevel
from assistant.text.folding import squeeze

_CONGRESS = re.compile(r"^(?:中华人民共和国)?(?:第.{1,3}届)?全国人民代表大会")
_PRESIDENT = re.compile(r"主席令")
_COUNCIL = re.compile(r"^(?:中华人民共和国)?国务院$")
_COURT = re.compile(r"^最高人民(?:法院|检察院)")
_LOCAL_CONGRESS = re.compile(r"(?:省|市|自治区|州|县)(?:第.{1,3}届)?人民代表大会")
_LOCAL_GOVERNMENT = re.compile(r"(?:省|市|自治区|州)人民政府$")
_ORDER = re.compile(r"令")
_PLACE = re.compile(r"局|办公室|厅|分行|支行|中心支行")  # of a ministry's branch: it makes no 规章


def level_of(meta: DocumentMeta) -> LegalLevel | None:
    """The level of a text; `None` where neither issuer nor number nor title tells.

    An order (令) of the State Council makes an 行政法规, one of a ministry a 部门规章, one of a provincial or
    municipal government a 地方政府规章; without an order all three make 规范性文件.
    """
    issuer, number = squeeze(meta.issuer or ""), squeeze(meta.document_number or "")
    ordered = _ORDER.search(number) is not None
    if made := _by_maker(issuer, number, ordered=ordered):
        return made
    if ordered and issuer:
        return LegalLevel.NORMATIVE if _branch(issuer, meta.region) else LegalLevel.RULE
    if meta.genre == "法律" and squeeze(meta.title).startswith("中华人民共和国"):
        return LegalLevel.LAW
    if meta.kind is DocumentKind.NOTICE or (issuer and number):
        return LegalLevel.NORMATIVE
    return None


def statutes_among(documents: Collection[DocumentMeta]) -> frozenset[str]:
    """The ids of the statutes of the country, where there are other documents beside them; none where there are not."""
    found = frozenset(meta.id for meta in documents if level_of(meta) is LegalLevel.LAW)
    return found if len(found) < len(documents) else frozenset()


def _by_maker(issuer: str, number: str, *, ordered: bool) -> LegalLevel | None:
    """The level by a maker that makes one kind of text, or two that 令 tells apart."""
    if _CONGRESS.search(issuer) or _PRESIDENT.search(number):
        return LegalLevel.LAW
    if _COURT.search(issuer):
        return LegalLevel.INTERPRETATION
    if _COUNCIL.search(issuer) or "国务院令" in number:
        return LegalLevel.REGULATION if ordered else LegalLevel.NORMATIVE
    if _LOCAL_CONGRESS.search(issuer):
        return LegalLevel.LOCAL
    if _LOCAL_GOVERNMENT.search(issuer):
        return LegalLevel.LOCAL_RULE if ordered else LegalLevel.NORMATIVE
    return None


def _branch(issuer: str, region: str | None) -> bool:
    """Whether `issuer` is the office of a ministry in one region."""
    return region is not None and _PLACE.search(issuer) is not None
