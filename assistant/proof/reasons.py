"""The verdicts of a check in words for people, and which of several weighs most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assistant.proof.citations import Fault
from assistant.proof.places import Place
from assistant.schema.answer import Verdict
from assistant.schema.document import DocumentMeta

_ORDER = (
    Verdict.NOT_FOUND, Verdict.SUPERSEDED, Verdict.MISQUOTE, Verdict.NUMBER, Verdict.SUBJECT, Verdict.MODALITY,
    Verdict.UNSUPPORTED, Verdict.OK,
)  # fmt: skip
RANK = {verdict: rank for rank, verdict in enumerate(_ORDER)}
FAULTS = {
    Fault.TITLE: "本库没有这个名称的文件，请核对文件名（须与全称或通用简称一致）。",
    Fault.YEAR: "本库有同名文件，但没有所写年份的版本。",
    Fault.NUMBER: "本库有同名文件，但文号与所写的不符。",
    Fault.ISSUER: "本库有同名文件，但发文机关与所写的不符。",
}
REASONS = {
    Verdict.MISQUOTE: "没有引号里的这句话。",
    Verdict.NUMBER: "的数字、日期、比例或其上下限与所述不同。",
    Verdict.SUBJECT: "说的不是同一主体。",
    Verdict.MODALITY: "的约束程度（应当、可以、不得等）或肯定否定与所述不同。",
    Verdict.UNSUPPORTED: "没有这样说，或没有说这么多，请对照原文。",
    Verdict.NOT_FOUND: "无法核对。",
    Verdict.SUPERSEDED: "不是所问日期有效的文本。",
    Verdict.OK: "与所述一致。",
}


def absent(meta: DocumentMeta, local: str) -> str:
    """That a document has no such place."""
    part = "（本库收录的是节选）" if "节选" in meta.title else ""
    return f"《{meta.title}》没有{local}{part}。"


def expiry(meta: DocumentMeta, day: date) -> str:
    """That a version is not in force on a day, and since when."""
    if meta.effective_on is not None and day < meta.effective_on:
        return f"《{meta.title}》的这一版本自{meta.effective_on.isoformat()}起施行，所问日期尚未施行。"
    since = f"，自{meta.expired_on.isoformat()}起不再有效" if meta.expired_on else ""
    by = f"，由{meta.superseded_by}取代" if meta.superseded_by else ""
    year = f"（{meta.year}年）" if meta.year else ""
    return f"《{meta.title}》{year}{meta.validity.value}{since}{by}，不能作为现行依据。"


def named(places: Sequence[Place]) -> str:
    """《…》第十二条、《…》第十三条."""
    return "、".join(dict.fromkeys(f"《{p.document_title}》{p.address}" for p in places))
