"""A place named in a question, looked up by rule before anything is searched.

「商行法第52条第（四）项」「通知第（十）条」「五（十）」: title or abbreviation, then an address of the one
grammar of `parsing/addresses.py`. No model takes part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.parsing.addresses import Address, Chain, abbreviations, bare_title, locate, read_chain
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta, Level
from assistant.text.folding import squeeze

_EXTRACT = re.compile(r"[（(〔][^（()）]*节选[）)〕]$")
_PART_OF_CODE = re.compile(r"[（(]([^（()）]{2,6}编)")  # 民法典（物权编…节选）: people say 物权编
_LEAST_SUFFIX = 4  # 支付条例 names 保障中小企业款项支付条例 when no other title ends so
_YEAR_NEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年?")
_NO_TITLE = re.compile(
    r"通知(?:书|单|到|给|我|你|他|银行|客户|保险|权|义务|一下)"
)  # a notice of another sort, or the verb
# Where an address may begin: 第52条, 695条, 五、（十）, （十）
_STARTS = re.compile(
    r"第\s*[（(]?[一二三四五六七八九十百千零〇\d]|(?<![\d年月])\d{1,4}\s*条|[一二三四五六七八九十百]{1,5}(?:、|(?=[（(]))|[一二三四五六七八九十百]{2,6}条|[（(][一二三四五六七八九十]{1,3}[）)]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A document named in a question; several when versions share the name."""

    start: int
    end: int
    documents: tuple[DocumentMeta, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place a question names. `clause` is `None` when the document has no such place."""

    document: DocumentMeta
    address: Address
    clause: Clause | None
    articles: int  # how many articles, or numbered items of a notice, the document has


class Catalogue:
    """Which words name which documents."""

    def __init__(self, documents: Sequence[DocumentMeta]) -> None:
        self._documents = tuple(documents)
        self._names = _names(self._documents)
        longest_first = sorted(self._names, key=lambda name: (-len(name), name))
        self._pattern = re.compile("|".join(re.escape(name) for name in longest_first) or r"(?!)")

    def mentions(self, question: str) -> tuple[Mention, ...]:
        """The documents named in `question`, in its order; a year beside the name keeps that version."""
        found = []
        for match in self._pattern.finditer(question):
            if _inside_another_title(question, match) or _NO_TITLE.match(question, match.start()):
                continue
            near = question[max(0, match.start() - 8) : match.start()] + question[match.end() : match.end() + 10]
            documents = _of_year(self._names[match[0]], near)
            found.append(Mention(start=match.start(), end=match.end(), documents=documents))
        return tuple(found)

    def called(self, name: str) -> tuple[DocumentMeta, ...]:
        """The documents that bear exactly this name; several when versions share it."""
        return self._names.get(name, ())


def find_places(
    question: str, catalogue: Catalogue, *, eligible: frozenset[str], load: Callable[[str], Document]
) -> tuple[Place, ...]:
    """The places that `question` names, in its order; empty when it names none.

    Without a title beside it an address counts only in a library of one document. Of several versions
    the eligible ones are taken, all of them when none is.
    """
    mentions = catalogue.mentions(question)
    places: list[Place] = []
    for start, address in _addresses(question):
        before = [m for m in mentions if m.end <= start]
        documents = before[-1].documents if before else _only(eligible, load)
        current = [d for d in documents if d.id in eligible] or list(documents)
        for meta in _holding(current, address, load):
            document = load(meta.id)
            clauses = locate(document, address)
            places.append(
                Place(
                    document=meta, address=address, clause=clauses[0] if clauses else None, articles=_numbered(document)
                )
            )
    return tuple(places)


def _addresses(question: str) -> Iterator[tuple[int, Address]]:
    """Addresses in `question` and where they begin; one inside another is not given twice."""
    at = 0
    while match := _STARTS.search(question, at):
        chain = read_chain(question, match.start(), len(question), True) or _bare_article(question, match)
        if chain is None:
            at = match.end()
            continue
        for steps in chain.written_out():
            if steps[0].kind in ("条", "（一）", "一", "附件"):
                yield match.start(), Address(steps)
        at = max(chain.end, match.end())


def _bare_article(question: str, match: re.Match[str]) -> Chain | None:
    """三十一条 without 第."""
    return read_chain("第" + question[match.start() :], 0, len(question) - match.start() + 1, True)


def _only(eligible: frozenset[str], load: Callable[[str], Document]) -> tuple[DocumentMeta, ...]:
    return tuple(load(document_id).meta for document_id in eligible) if len(eligible) == 1 else ()


def _holding(
    metas: Sequence[DocumentMeta], address: Address, load: Callable[[str], Document]
) -> Sequence[DocumentMeta]:
    """Of extracts that share a title (民法典), those that hold the place; else the first."""
    holding = [meta for meta in metas if locate(load(meta.id), address)]
    return holding or metas[:1]


def _numbered(document: Document) -> int:
    level = Level.ARTICLE if document.meta.kind is not DocumentKind.NOTICE else Level.HEADING_2
    return sum(1 for clause in document.walk() if clause.level is level)


def _names(documents: Sequence[DocumentMeta]) -> dict[str, tuple[DocumentMeta, ...]]:
    names: dict[str, dict[str, DocumentMeta]] = {}
    shorts: dict[str, list[str]] = {}
    for short, full in abbreviations().items():
        shorts.setdefault(full, []).append(short)
    for meta in documents:
        for name in _names_of(meta, shorts):
            names.setdefault(name, {})[meta.id] = meta
    for name, metas in _unique_suffixes(documents).items():
        names.setdefault(name, {meta.id: meta for meta in metas})
    notices = [m for m in documents if m.kind is DocumentKind.NOTICE and "通知" in m.title]
    if len(notices) == 1:
        names.setdefault("通知", {notices[0].id: notices[0]})
    return {name: tuple(metas.values()) for name, metas in names.items() if len(name) > 1}


def _names_of(meta: DocumentMeta, shorts: dict[str, list[str]]) -> Iterator[str]:
    title = _EXTRACT.sub("", bare_title(meta.title))
    yield title
    yield from (bare_title(alias) for alias in meta.aliases)
    yield from shorts.get(title, ())
    if match := _PART_OF_CODE.search(bare_title(meta.title)):
        yield match[1]


def _unique_suffixes(documents: Sequence[DocumentMeta]) -> dict[str, list[DocumentMeta]]:
    """Ends of titles that only one title has: 支付条例, 款项支付条例."""
    titles: dict[str, list[DocumentMeta]] = {}
    for meta in documents:
        titles.setdefault(_EXTRACT.sub("", bare_title(meta.title)), []).append(meta)
    owners: dict[str, set[str]] = {}
    for title in titles:
        if re.search(r"(?:法|条例|办法|规定)$", title):
            for size in range(_LEAST_SUFFIX, len(title)):
                owners.setdefault(title[-size:], set()).add(title)
    return {suffix: titles[next(iter(held))] for suffix, held in owners.items() if len(held) == 1}


def _inside_another_title(question: str, match: re.Match[str]) -> bool:
    """《陕西省实施中小企业促进法办法》 does not name 中小企业促进法."""
    opened, closed = question.rfind("《", 0, match.start()), question.rfind("》", 0, match.start())
    if opened <= closed:
        return re.match(r"(?:实施|办法|细则|解释|修正案|条例)", question[match.end() : match.end() + 3]) is not None
    end = question.find("》", match.end())
    whole = question[opened + 1 : end] if end > 0 else question[opened + 1 :]
    return bare_title(whole) != match[0] and squeeze(whole) != squeeze(match[0])


def _of_year(documents: tuple[DocumentMeta, ...], near: str) -> tuple[DocumentMeta, ...]:
    if len(documents) < 2:
        return documents
    years = {int(y) for y in _YEAR_NEAR.findall(near)}
    dated = tuple(d for d in documents if years & _years(d))
    return dated or documents


def _years(meta: DocumentMeta) -> set[int]:
    return {day.year for day in (meta.issued_on, meta.effective_on) if day} | ({meta.year} if meta.year else set())
