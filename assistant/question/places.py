"""A place named in a question, looked up by rule before anything is searched.

「商行法第52条第（四）项」「通知第（十）条」「五（十）」: title or abbreviation, then an address of the one
grammar of `parsing/addresses.py`. No model takes part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.parsing.addresses import Address, Chain, Step, bare_title, locate, read_chain
from assistant.question.catalogue import EXTRACT, Mention
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta, Level
from assistant.schema.retrieval import Query

_OUTRIGHT = ("条", "（一）", "一", "附件")  # what an address begins with that can only be an address
_ADJACENT = 2  # characters between a notice's name and a number of it
_NUMBER = r"[一二三四五六七八九十百零〇\d０-９]{1,5}"
_LOOSE = (
    (re.compile("條"), "条"),
    (re.compile("項"), "项"),
    (re.compile(r"§+\s*(\d{1,4})"), r"第\1条"),
    (re.compile(rf"第({_NUMBER})条[条條]+(?!例)"), r"第\1条"),
    (re.compile(r"第{2,}"), "第"),
    (re.compile(rf"第({_NUMBER})\s*[-–—~～]\s*({_NUMBER})(?=条(?!例))"), r"第\1条至第\2"),
    (re.compile(rf"条[，,\s]*第?({_NUMBER})款"), r"条第\1款"),
    (re.compile(rf"([条款])[，,\s]*第?({_NUMBER})项"), r"\1第\2项"),
    (re.compile(rf"第({_NUMBER})大?(?:部分|点|块|项)(?=.{{0,2}}(?:第?{_NUMBER}小?[点项]|[（(])|的?第)"), r"第\1部分"),
    (re.compile(rf"第({_NUMBER})大(?:部分|点|块|项|条)"), r"第\1部分"),
    (re.compile(rf"第({_NUMBER})小(?:点|项|条)"), r"（\1）"),
)
# A place told by the one spoken of before: 上一条, 后一款, 该条, 这一项
_BESIDE = re.compile(
    r"(?P<way>上|前|下|后)面?(?:的)?一(?P<unit>[条款项])|(?:该|这|那|此)一?(?P<same>[条款项])(?![件例规目约理项产式])"
)
_DEEPER = re.compile(r"第\s*[（(]?[一二三四五六七八九十\d]+[）)]?\s*[款项目]")
_WAYS = {"上": -1, "前": -1, "下": 1, "后": 1}
_STEP_OF = {"条": "条", "款": "款", "项": "项"}
# Where an address may begin: 第52条, 695条, 五、（十）, （十）
_STARTS = re.compile(
    r"第\s*[（(]?[一二三四五六七八九十百千零〇\d]|(?<![\d年月])\d{1,4}\s*条|[一二三四五六七八九十百]{1,5}(?:、|(?=[（(]))|[一二三四五六七八九十百]{2,6}条|[（(](?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place a question names. `clause` is `None` when the document has no such place."""

    document: DocumentMeta
    address: Address
    clause: Clause | None
    articles: int  # how many articles, or numbered items of a notice, the document has
    held: tuple[str, ...] = ()  # of a law held in extracts: its first and last article in each of them, 第X条至第Y条


def find_places(
    question: str, mentions: Sequence[Mention], *, eligible: frozenset[str], load: Callable[[str], Document]
) -> tuple[Place, ...]:
    """The places that `question`, as `plain_places` writes it, names, in its order; empty when it names none.

    Without a title beside it an address counts only in a library of one document. Of several versions
    the eligible ones are taken, all of them when none is.

    Args:
        mentions: the documents that `question` names, as `Catalogue.mentions` finds them.
    """
    places: list[Place] = []
    for start, address in _addresses(question):
        before = [m for m in mentions if m.end <= start]
        documents = before[-1].documents if before else _only(eligible, load)
        if address.steps[0].kind not in _OUTRIGHT and not _of_notice(address, documents, before, start):
            continue
        current = [d for d in documents if d.id in eligible] or list(documents)
        for meta in _holding(current, address, load):
            place = _place(meta, load(meta.id), address)
            places.append(place if place.clause else replace(place, held=_held(current, load)))
    return tuple(places)


def places_named(
    query: Query,
    mentions: Callable[[str], Sequence[Mention]],
    *,
    eligible: frozenset[str],
    load: Callable[[str], Document],
) -> tuple[Place, ...]:
    """The places that the last turn names, in a document or beside a place that a turn before it names.

    Args:
        mentions: the documents that a text names.
        eligible: ids of the documents that the question may rest on.
    """
    text = plain_places(query.text)
    named = mentions(text)
    found = find_places(text, named, eligible=eligible, load=load)
    if found or named or not names_place(text):
        return found
    for turn in map(plain_places, reversed(query.context)):
        earlier = mentions(turn)
        before = find_places(turn, earlier, eligible=eligible, load=load)
        if beside := following_places(text, before, load=load):
            return beside
        here = [replace(earlier[-1], start=0, end=0)] if earlier else []
        if here and (found := find_places(text, here, eligible=eligible, load=load)):
            return found
    return ()


def plain_places(question: str) -> str:
    """`question` with loose spellings of places in the usual one, for `find_places` and what it is given.

    >>> [plain_places(q) for q in ("某法§16", "某法40条2款", "某法第38-40条", "通知第二大点第三小点")]
    ['某法第16条', '某法40条第2款', '某法第38条至第40条', '通知第二部分（三）']
    """
    for pattern, usual in _LOOSE:
        question = pattern.sub(usual, question)
    return question


def names_place(text: str) -> bool:
    """Whether `text` names a place of some document, or one beside the place spoken of before."""
    found = any(address.steps[0].kind in _OUTRIGHT for _, address in _addresses(text))
    return found or _BESIDE.search(text) is not None or _DEEPER.search(text) is not None


def following_places(question: str, before: Sequence[Place], *, load: Callable[[str], Document]) -> tuple[Place, ...]:
    """The places that `question` names by one spoken of before: 上一条, 下一款, 该条第二款, 第（三）项呢.

    Args:
        before: the places that the turn before it names, in its order; the last one is meant.
    """
    if not before:
        return ()
    base = before[-1]
    match = _BESIDE.search(question)
    steps, at = _beside(base, match) if match else _inside(base, question)
    if not steps:
        return ()
    chain = read_chain(question, at, len(question), True)
    deeper = [c for c in chain.written_out() if c[0].kind in ("款", "项", "目")] if chain else []
    addresses = [Address((*_above(steps, more[0].kind), *more)) for more in deeper] or [Address(steps)]
    document = load(base.document.id)
    return tuple(_place(base.document, document, address) for address in addresses)


def _beside(base: Place, match: re.Match[str]) -> tuple[tuple[Step, ...], int]:
    """The address one before or behind `base`, or its own (上一条, 该条), and where a deeper one may begin."""
    kind = _STEP_OF.get(match["unit"] or match["same"] or "条", "条")
    steps = _up_to(base.address.steps, kind) or _up_to(base.address.steps, "（一）")
    if not steps:
        return (), match.end()
    number = steps[-1].number + _WAYS.get(match["way"] or "", 0)
    return (*steps[:-1], replace(steps[-1], number=number)), match.end()


def _inside(base: Place, question: str) -> tuple[tuple[Step, ...], int]:
    """The article of `base`, in which `question` names a paragraph or an item, and where it does."""
    start = _DEEPER.search(question)
    return (_up_to(base.address.steps, "条"), start.start()) if start else ((), 0)


def _of_notice(address: Address, documents: Sequence[DocumentMeta], before: Sequence[Mention], start: int) -> bool:
    """Whether an address that may be anything (第十项, (10)) belongs to a notice named right before it."""
    named = bool(before) and any(meta.kind is DocumentKind.NOTICE for meta in documents)
    return named and address.steps[0].kind in ("项", "（1）") and start - before[-1].end <= _ADJACENT


def _as_notice(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """How people number a notice that has no articles: 第十条 is （十）, 第五条第（十）项 is 五、（十）."""
    first, *rest = steps
    if rest and first.kind in ("条", "一"):
        return (replace(first, kind="一"), replace(rest[0], kind="（一）"), *rest[1:])
    return (replace(first, kind="（一）"), *rest) if first.kind in ("条", "项", "（1）") else steps


def _up_to(steps: tuple[Step, ...], kind: str) -> tuple[Step, ...]:
    """`steps` down to the one of `kind`; empty when there is none."""
    at = next((n for n, step in enumerate(steps) if step.kind == kind), None)
    return steps[: at + 1] if at is not None else ()


def _above(steps: tuple[Step, ...], kind: str) -> tuple[Step, ...]:
    """`steps` without those as deep as `kind` or deeper."""
    order = ("款", "项", "目")
    return tuple(s for s in steps if s.kind not in order or order.index(s.kind) < order.index(kind))


def _place(meta: DocumentMeta, document: Document, address: Address) -> Place:
    clauses = locate(document, address)
    if not clauses and meta.kind is DocumentKind.NOTICE:
        clauses = locate(document, Address(_as_notice(address.steps)))
    return Place(document=meta, address=address, clause=clauses[0] if clauses else None, articles=_numbered(document))


def _held(metas: Sequence[DocumentMeta], load: Callable[[str], Document]) -> tuple[str, ...]:
    """First and last article of each extract of one law; empty for a whole text."""
    spans = []
    for meta in metas:
        articles = [c.address for c in load(meta.id).walk() if c.level is Level.ARTICLE]
        if articles and EXTRACT.search(bare_title(meta.title)):
            spans.append(f"{articles[0]}至{articles[-1]}")
    return tuple(spans)


def _addresses(question: str) -> Iterator[tuple[int, Address]]:
    """Addresses in `question` and where they begin; one inside another is not given twice."""
    at = 0
    while match := _STARTS.search(question, at):
        chain = read_chain(question, match.start(), len(question), True) or _bare_article(question, match)
        if chain is None:
            at = match.end()
            continue
        yield from ((match.start(), Address(steps)) for steps in chain.written_out())
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
