"""Policies related to the clauses of a document: facts to point at, never words to quote.

`corpus/related_policies.yaml` names titles, numbers, issuers, dates, status and official pages. A fact
that nobody has seen in a source is in its entry's `memory_fields`, and is shown as unverified.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from assistant.corpus.succession import title_key
from assistant.errors import SettingsError, SourceError
from assistant.schema.answer import RelatedPolicy
from assistant.schema.document import DocumentMeta
from assistant.text.tables import read_table

RELATED = "related_policies.yaml"
RelatedTo = Callable[[str, str], tuple[RelatedPolicy, ...]]  # document id, address

_UNVERIFIED = "未核实"
_FACTS = ("title", "document_number", "issuer", "issued", "effective", "status")
_NUMERALS = "〇零一二三四五六七八九十百"
# 五、（十）第一段 → （十）; 一 and 一、第一段 → 一; 序言第二段 → 序言; but 五 alone stays 五
_PLACES = (
    re.compile(rf"(?:[{_NUMERALS}]+、)?(（[{_NUMERALS}]+）).*"),
    re.compile(rf"([{_NUMERALS}]+)(?:、第.*)?"),
    re.compile(r"(序言).*"),
)


def _day(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


Day = Annotated[str, BeforeValidator(_day), Field(pattern=r"^\d{4}(-\d{2}){0,2}$")]  # 年, 年-月 or 年-月-日


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Base(_Entry):
    """The document whose clauses the table speaks of."""

    id: str
    title: str
    doc_number: str | None
    issuer: str | None
    issued: Day | None
    status: str
    text: str | None
    clauses: tuple[str, ...]
    verified: tuple[str, ...]
    note: str | None


class _Instrument(_Entry):
    title: str
    doc_number: str | None
    issuer: str | None
    issued: Day | None
    effective: Day | None
    status: str
    status_detail: str | None
    official_url: str | None
    text: str | None
    verified: tuple[str, ...]
    memory_fields: tuple[str, ...]


class _Policy(_Instrument):
    id: str
    kind: str
    relation: str
    url_site: str | None
    clauses: tuple[str, ...]
    why: str
    note: str | None
    predecessors: tuple[_Instrument, ...] = ()


class _RelatedTable(_Entry):
    as_of: Day
    base: _Base
    sources: dict[str, str]
    policies: tuple[_Policy, ...]


class RelatedPolicies:
    """The table, ready to be asked."""

    def __init__(self, table: _RelatedTable) -> None:
        self._document_id = table.base.id
        self._by_place: dict[str, list[RelatedPolicy]] = {}
        self.policies = tuple(_fact(policy) for policy in table.policies)
        for policy in self.policies:
            for place in policy.clauses:
                self._by_place.setdefault(place, []).append(policy)

    def related_to(self, document_id: str, address: str) -> tuple[RelatedPolicy, ...]:
        """What relates to the clause at `address` or to the one it is part of, in the order of the table."""
        if document_id != self._document_id:
            return ()
        return tuple(self._by_place.get(_place(address), ()))

    def official_urls(self) -> dict[str, str]:
        """The official page of each policy that has one, by its id."""
        return {policy.id: policy.official_url for policy in self.policies if policy.official_url}


def with_held(policies: Sequence[RelatedPolicy], documents: Sequence[DocumentMeta]) -> tuple[RelatedPolicy, ...]:
    """The pointers, each with the id of the library's own text of it, where one of `documents` is that."""
    held = {title_key(meta.title): meta.id for meta in documents}
    return tuple(replace(policy, document_id=held.get(title_key(policy.title))) for policy in policies)


def load_related(folder: Path) -> RelatedPolicies | None:
    """The table in a corpus folder, or `None` when it has none.

    Raises:
        SourceError: the file cannot be read, or a line of it cannot be used.
    """
    path = folder / RELATED
    if not path.exists():
        return None
    try:
        table = read_table(path, _RelatedTable)
    except SettingsError as exc:
        raise SourceError(exc.message, path=path) from exc
    _check(table, path)
    return RelatedPolicies(table)


def _check(table: _RelatedTable, path: Path) -> None:
    """What the types cannot say.

    Raises:
        SourceError: an id twice, a clause that the base does not have, a source without a name, a strange address.
    """
    for problem in _problems(table):
        raise SourceError(f"{path.name} 无法使用：{problem}", path=path)


def _problems(table: _RelatedTable) -> Iterator[str]:
    seen: set[str] = set()
    for number, policy in enumerate(table.policies, start=1):
        where = f"第 {number} 条政策"
        if policy.id in seen:
            yield f"{where}的 id 与前面重复"
        seen.add(policy.id)
        if set(policy.clauses) - set(table.base.clauses):
            yield f"{where}的 clauses 有通知没有的条款"
        for one in (policy, *policy.predecessors):
            if set(one.verified) - table.sources.keys():
                yield f"{where}的 verified 有 sources 没有的代号"
            if one.official_url and urlsplit(one.official_url).scheme not in ("http", "https"):
                yield f"{where}的 official_url 不是网页地址"


def _fact(policy: _Policy) -> RelatedPolicy:
    renamed = {"doc_number": "document_number"}
    doubted = {renamed.get(name, name) for name in policy.memory_fields}
    if not policy.verified:
        doubted.update(_FACTS)
    if policy.status == _UNVERIFIED:
        doubted.add("status")
    return RelatedPolicy(
        id=policy.id,
        title=policy.title,
        kind=policy.kind,
        document_number=policy.doc_number,
        issuer=policy.issuer,
        issued=policy.issued,
        effective=policy.effective,
        status=policy.status,
        status_detail=policy.status_detail,
        official_url=policy.official_url,
        official_site=policy.url_site,
        why=policy.why,
        note=policy.note,
        named=policy.relation == "named",
        clauses=policy.clauses,
        unverified=tuple(name for name in _FACTS if name in doubted and _known(policy, name)),
    )


def _known(policy: _Policy, name: str) -> bool:
    """Whether there is a fact at all that could be doubted."""
    return getattr(policy, "doc_number" if name == "document_number" else name) is not None


def _place(address: str) -> str:
    """The clause of the table that `address` lies in."""
    for pattern in _PLACES:
        if match := pattern.fullmatch(address):
            return match[1]
    return address
