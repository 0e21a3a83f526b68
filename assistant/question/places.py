"""A place named in a question, looked up by rule before anything is searched.

「商行法第52条第（四）项」「通知第（十）条」「五（十）」: title or abbreviation, then an address of the one
grammar of `parsing/addresses.py`. No model takes part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.parsing.addresses import Address, Chain, Step, bare_title, locate, parse_address, read_chain
from assistant.question.catalogue import EXTRACT, Mention
from assistant.question.short_titles import Named, asks_only_of_places, opens_here, paper_before, telling
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta, Level
from assistant.text.numerals import to_han

_OUTRIGHT = ("条", "（一）", "一", "附件", "章")  # what an address begins with that can only be an address
_ALONE = ("条", "附件", "章")  # … and that names a place where no document is named
# What may stand between a title and a place in it.
_BETWEEN = re.compile(
    r"(?:[（(〔][^（()）〔〕]{1,30}[）)〕])?[》”\"」』]?\s{0,3}(?:里面|里头|当中|规定的|里|中|上|的){0,2}[，,：:]?\s{0,3}"
)
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
    r"(?P<way>上|前|下|后)面?(?:的)?一个?(?P<unit>[条款项章]|部分)|(?:该|这|那|此)一?(?P<same>[条款项])(?![件例规目约理项产式])"
)
_DEEPER = re.compile(r"第\s*[（(]?[一二三四五六七八九十\d]+[）)]?\s*[款项目]")
_WAYS = {"上": -1, "前": -1, "下": 1, "后": 1}
_STEP_OF = {"部分": "一"}
_ANNEXES = ("附件", "附录", "印发件")
_LEVELS = {"章": Level.CHAPTER, "一": Level.HEADING_1, "附件": Level.ATTACHMENT}
_PLACES = re.compile(
    rf"(?:[和与及、到至]|以及)?(?:第\s*[（(]?{_NUMBER}[）)]?\s*(?:条|款|项|章|节|目|部分)|附\s?件\s?{_NUMBER}|{_NUMBER}条)"
)
# Where an address may begin: 第52条, 695条, 五、（十）, （十）
_STARTS = re.compile(
    r"附\s?件\s?(?:[一二三四五六七八九十]{1,3}|\d{1,2})(?![个份张])|附件(?=[里中]|的第)"
    r"|第\s*[（(]?[一二三四五六七八九十百千零〇\d]|(?<![\d年月])\d{1,4}\s*条|[一二三四五六七八九十百]{1,5}(?:、|(?=[（(]))|[一二三四五六七八九十百]{2,6}条|[（(](?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place a question names. `clause` is `None` when the document has no such place."""

    document: DocumentMeta
    address: Address
    clause: Clause | None
    articles: int  # how many articles, or numbered items of a notice, the document has
    held: tuple[str, ...] = ()  # of a law held in extracts: its first and last article in each of them, 第X条至第Y条


def said(address: Address) -> str:
    """`address` as people say it: 第三部分 for 三.

    >>> said(Address((Step("一", 3),))), said(Address((Step("条", 3),)))
    ('第三部分', '第三条')
    """
    [*above, last] = address.steps
    if last.kind != "一":
        return address.local
    return f"{Address(tuple(above)).local if above else ''}第{to_han(last.number)}部分"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A place that a question names of no document that can be told.

    `name` is the title that it names and no document of the library bears; empty when it names none. `among` are the
    documents that may be meant or, for a `name`, those whose titles are like it.
    """

    address: Address
    name: str = ""
    among: tuple[DocumentMeta, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The places that a question names."""

    places: tuple[Place, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    alone: tuple[Address, ...] = ()  # those beside which it names no document


def find_places(
    question: str, mentions: Sequence[Mention], *, eligible: frozenset[str], load: Callable[[str], Document]
) -> tuple[Place, ...]:
    """The places of `placed_in` alone, for who knows that all titles are those of `mentions`."""
    return placed_in(question, mentions, (), eligible=eligible, load=load).places


def placed_in(
    question: str,
    mentions: Sequence[Mention],
    named: Sequence[Named],
    *,
    eligible: frozenset[str],
    load: Callable[[str], Document],
) -> Placed:
    """The places that `question`, as `plain_places` writes it, names, in its order.

    Without a title beside it an address counts only in a library of one document. Of several versions
    the eligible ones are taken, all of them when none is.

    Args:
        mentions: the documents that `question` names, as `Catalogue.mentions` finds them.
        named: what it puts as a title, as `Catalogue.named` finds it.
    """
    places: list[Place] = []
    unplaced: list[Unplaced] = []
    alone: list[Address] = []
    addresses = list(_addresses(question))
    owners = _owners(question, mentions, named, [start for start, _ in addresses])
    for start, address in addresses:
        owner = next((o for o in reversed(owners) if o.end <= start), None)
        paper = paper_before(question[:start]) if owner is None else ""
        if paper or isinstance(owner, Named):
            unplaced += _of_no_document(owner, paper, address, question)
            continue
        documents = owner.documents if owner else _only(eligible, load)
        if address.steps[0].kind not in _OUTRIGHT and not _of_notice(address, documents, owner, start):
            continue
        if not documents and _stands_alone(question, start, address):
            alone.append(address)
        places += _in_versions(documents, address, eligible, load)
    return Placed(places=tuple(places), unplaced=tuple(unplaced), alone=tuple(alone))


def holding(
    address: Address, documents: Iterable[DocumentMeta], load: Callable[[str], Document], *, strict: bool = False
) -> tuple[Place, ...]:
    """The place at `address` of each of `documents` that has it.

    Args:
        strict: whether it must be written so, and 第三条 is no （三） of a notice.
    """
    held = (meta for meta in documents if not strict or locate(load(meta.id), address))
    places = (place_at(meta, load(meta.id), address) for meta in held)
    return tuple(place for place in places if place.clause is not None)


def without_places(question: str) -> str:
    """`question` without the places that it names.

    >>> without_places("第六条和附件1怎么规定的")
    '怎么规定的'
    """
    return _PLACES.sub("", question)


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
    document = load(base.document.id)
    match = _BESIDE.search(question)
    steps, at = _beside(base, match, document) if match else _inside(base, question)
    if not steps:
        return ()
    chain = read_chain(question, at, len(question), True)
    deeper = [c for c in chain.written_out() if c[0].kind in ("款", "项", "目")] if chain else []
    addresses = [Address((*_above(steps, more[0].kind), *more)) for more in deeper] or [Address(steps)]
    return tuple(place_at(base.document, document, address) for address in addresses)


def _beside(base: Place, match: re.Match[str], document: Document) -> tuple[tuple[Step, ...], int]:
    """The address one before or behind `base`, or its own (上一条, 该条), and where a deeper one may begin."""
    unit = match["unit"] or match["same"] or "条"
    kind = _STEP_OF.get(unit, unit)
    above = (_up_to(base.address.steps, k) for k in (kind, "（一）", "一", "章"))
    steps = next((found for found in above if found), ())
    if not steps:
        return (), match.end()
    return _along(document, steps, _WAYS.get(match["way"] or "", 0)), match.end()


def _along(document: Document, steps: tuple[Step, ...], way: int) -> tuple[Step, ...]:
    """The address `way` places of the same level from `steps`, in the order of the text.

    （十） is followed by （十一） of the next part; where the text ends, the number goes on and names no place.
    """
    here = next(iter(locate(document, Address(steps))), None)
    beyond = (*steps[:-1], replace(steps[-1], number=steps[-1].number + way))
    if here is None or not way:
        return beyond
    inside = [c for c in document.addressable() if c.level is here.level and _same_text(c, here)]
    at = next(n for n, c in enumerate(inside) if c.address == here.address) + way
    if not 0 <= at < len(inside) or (address := parse_address(inside[at].address)) is None:
        return beyond
    return address.steps


def _same_text(one: Clause, other: Clause) -> bool:
    """Whether two clauses of a level stand in the same text; paragraphs and items, in the same clause."""
    if one.level in (Level.PARAGRAPH, Level.ITEM, Level.SUBITEM):
        return _parent(one.address) == _parent(other.address)
    return _annex(one.address) == _annex(other.address)


def _parent(address: str) -> str:
    found = parse_address(address)
    return Address(found.steps[:-1]).local if found else address


def _annex(address: str) -> str:
    return address.split(" ")[0] if address.startswith(_ANNEXES) else ""


def _inside(base: Place, question: str) -> tuple[tuple[Step, ...], int]:
    """The article of `base`, in which `question` names a paragraph or an item, and where it does."""
    start = _DEEPER.search(question)
    return (_up_to(base.address.steps, "条"), start.start()) if start else ((), 0)


def _owners(
    question: str, mentions: Sequence[Mention], named: Sequence[Named], starts: Sequence[int]
) -> list[Mention | Named]:
    """Whose places `question` names, in its order: documents, and titles beside a place that no one document bears."""
    owners: list[Mention | Named] = list(mentions)
    for one in named:
        rivals = [m for m in mentions if m.start < one.end and one.start < m.end]
        if not _beside_a_place(one, question, starts) or not all(one.rules_out(m.loose) for m in rivals):
            continue
        if one.settled:
            owners.append(Mention(start=one.start, end=one.end, documents=one.documents))
        elif _is_name(one):
            owners = [owner for owner in owners if owner not in rivals]
            owners.append(one)
    return sorted(owners, key=lambda owner: owner.end)


def _beside_a_place(one: Named, question: str, starts: Sequence[int]) -> bool:
    return any(one.end <= start and _BETWEEN.fullmatch(question, one.end, start) for start in starts)


def _is_name(one: Named) -> bool:
    """Whether words that end as titles do name a document, and are not everyday words: 怎么规定第三条."""
    telling_enough = telling(one.stem) if one.everyday else bool(one.stem)
    return bool(one.documents) or bool(one.like) or one.quoted or telling_enough


def _of_no_document(owner: Mention | Named | None, paper: str, address: Address, question: str) -> Iterator[Unplaced]:
    """A place of a title that no one document bears, or of a paper that is none, where no more is asked."""
    if isinstance(owner, Named):
        name = "" if owner.documents else owner.name
        yield Unplaced(address=address, name=name, among=owner.documents or owner.like)
    elif asks_only_of_places(without_places(question.replace(paper, ""))):
        yield Unplaced(address=address, name=paper)


def _stands_alone(question: str, start: int, address: Address) -> bool:
    """Whether an address without a document names a place: 第六条 at the beginning or behind 请问."""
    part = address.steps[0].kind == "一" and question.startswith("第", start)
    return (part or address.steps[0].kind in _ALONE) and opens_here(question[:start])


def _in_versions(
    documents: Sequence[DocumentMeta], address: Address, eligible: frozenset[str], load: Callable[[str], Document]
) -> Iterator[Place]:
    """The place at `address` of those `documents` that may be meant."""
    current = [d for d in documents if d.id in eligible] or list(documents)
    for meta in _holding(current, address, load):
        place = place_at(meta, load(meta.id), address)
        yield place if place.clause else replace(place, held=_held(current, load))


def _of_notice(address: Address, documents: Sequence[DocumentMeta], owner: Mention | None, start: int) -> bool:
    """Whether an address that may be anything (第十项, (10)) belongs to a notice named right before it."""
    beside = owner is not None and start - owner.end <= _ADJACENT
    notice = any(meta.kind is DocumentKind.NOTICE for meta in documents)
    return beside and notice and address.steps[0].kind in ("项", "（1）")


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


def place_at(meta: DocumentMeta, document: Document, address: Address) -> Place:
    """The place that people mean by `address` of one document."""
    clauses: Sequence[Clause] = locate(document, address)
    for steps in _other_readings(meta, address.steps):
        clauses = clauses or _one_of(locate(document, Address(steps)))
    clause = clauses[0] if clauses else None
    return Place(document=meta, address=address, clause=clause, articles=_numbered(document, address))


def _other_readings(meta: DocumentMeta, steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """What else people mean: （十） by 第十条 of a notice, 第三章 by 第三部分, the only 附件 by 附件1."""
    first, *rest = steps
    if meta.kind is DocumentKind.NOTICE:
        yield _as_notice(steps)
        if first.kind in ("条", "项"):
            yield (replace(first, kind="一"), *rest)
    if first.kind == "一":
        yield (replace(first, kind="章"), *rest)
    if first.kind == "章":
        yield (replace(first, kind="一"), *rest)
    if first.kind == "附件" and first.number <= 1:
        yield (replace(first, number=1 - first.number), *rest)


def _one_of(clauses: Sequence[Clause]) -> Sequence[Clause]:
    """`clauses` when they are one; （二） of each part of a text is none that can be told."""
    return clauses if len(clauses) == 1 else ()


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


def _numbered(document: Document, address: Address) -> int:
    """How many places of the kind of `address` the text has: articles, items of a notice, parts."""
    level = Level.ARTICLE if document.meta.kind is not DocumentKind.NOTICE else Level.HEADING_2
    level = _LEVELS.get(address.steps[0].kind, level)
    clauses = (clause for clause in document.walk() if clause.level is level)
    return sum(1 for clause in clauses if level is Level.ATTACHMENT or not _annex(clause.address))
