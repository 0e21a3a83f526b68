"""A place named in a question, looked up by rule before anything is searched.

「商行法第52条第（四）项」「通知第（十）条」「五（十）」: title or abbreviation, then an address of the one
grammar of `parsing/addresses.py`. No model takes part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.parsing.addresses import Address, Chain, Step, abbreviations, bare_title, locate, read_chain
from assistant.parsing.header import number_form
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta, Level
from assistant.text.folding import squeeze
from assistant.text.numerals import parse_numeral, to_han

_EXTRACT = re.compile(r"[（(〔][^（()）]*节选[）)〕]$")
_PART_OF_CODE = re.compile(r"[（(]([^（()）]{2,6}?编)")  # 民法典（物权编…节选）: people say 物权编
_LEAST_SUFFIX = 4  # 支付条例 names 保障中小企业款项支付条例 when no other title ends so
# 2024年6月 beside a title is a day and names no version.
_YEAR_NEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)(?!\s*年?\s*\d{1,2}\s*月|[-/.]\d|\s*年?\s*[初底末上下])\s*年?")
_BEFORE = 8  # characters before a title in which its year may stand
_BREAK = re.compile(r"[，,。；;：:、？?]|(?<![年版\d])[和与跟]")
_YEAR_BEHIND = re.compile(r"[》”]?\s*[（(〔\[]?\s*(?:19|20)\d{2}")
_NO_TITLE = re.compile(
    r"通知(?:书|单|到|给|我|你|他|银行|客户|保险|权|义务|一下)"
)  # a notice of another sort, or the verb
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
class Mention:
    """A document named in a question; several when versions share the name."""

    start: int
    end: int
    documents: tuple[DocumentMeta, ...]
    exact: bool = False  # a year or a number says which version


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place a question names. `clause` is `None` when the document has no such place."""

    document: DocumentMeta
    address: Address
    clause: Clause | None
    articles: int  # how many articles, or numbered items of a notice, the document has
    held: tuple[str, ...] = ()  # of a law held in extracts: its first and last article in each of them, 第X条至第Y条


class Catalogue:
    """Which words name which documents."""

    def __init__(self, documents: Sequence[DocumentMeta]) -> None:
        self._documents = tuple(documents)
        self._names = _names(self._documents)
        longest_first = sorted(self._names, key=lambda name: (-len(name), name))
        self._pattern = re.compile("|".join(re.escape(name) for name in longest_first) or r"(?!)")
        self._numbers = _numbers(self._documents)

    def mentions(self, question: str) -> tuple[Mention, ...]:
        """The documents named in `question`, in its order; a year beside the name keeps that version."""
        found = list(self._numbered(question))
        taken = [(m.start, m.end) for m in found]
        for match in self._pattern.finditer(question):
            if _inside_another_title(question, match) or _NO_TITLE.match(question, match.start()):
                continue
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            near = _near(question, match)
            held = self._names[match[0]]
            documents = _of_year(held, near)
            exact = len(documents) < len(held)
            found.append(Mention(start=match.start(), end=match.end(), documents=documents, exact=exact))
        return tuple(sorted(found, key=lambda m: m.start))

    def _numbered(self, question: str) -> Iterator[Mention]:
        """Documents named by their 文号: 国务院令第728号, 728号令, 银发〔2021〕5号 in any brackets."""
        for pattern, documents in self._numbers:
            for match in pattern.finditer(question):
                yield Mention(start=match.start(), end=match.end(), documents=documents, exact=True)

    def called(self, name: str) -> tuple[DocumentMeta, ...]:
        """The documents that bear exactly this name; several when versions share it."""
        return self._names.get(name, ())


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
    if match := _BESIDE.search(question):
        step = _STEP_OF.get(match["unit"] or match["same"] or "条", "条")
        steps = _up_to(base.address.steps, step) or _up_to(base.address.steps, "（一）")
        if not steps:
            return ()
        number = steps[-1].number + _WAYS.get(match["way"] or "", 0)
        steps = (*steps[:-1], replace(steps[-1], number=number))
        at = match.end()
    else:
        start = _DEEPER.search(question)
        steps = _up_to(base.address.steps, "条")
        if start is None or not steps:
            return ()
        at = start.start()
    chain = read_chain(question, at, len(question), True)
    deeper = [c for c in chain.written_out() if c[0].kind in ("款", "项", "目")] if chain else []
    addresses = [Address((*_above(steps, more[0].kind), *more)) for more in deeper] or [Address(steps)]
    document = load(base.document.id)
    return tuple(_place(base.document, document, address) for address in addresses)


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
        if articles and _EXTRACT.search(bare_title(meta.title)):
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


def _numbers(documents: Sequence[DocumentMeta]) -> tuple[tuple[re.Pattern[str], tuple[DocumentMeta, ...]], ...]:
    """What 文号 look like in a question, and whose they are; extracts of one law share theirs."""
    owners: dict[str, list[DocumentMeta]] = {}
    for meta in documents:
        if meta.document_number:
            owners.setdefault(number_form(meta.document_number), []).append(meta)
    return tuple((re.compile(_number_pattern(number)), tuple(metas)) for number, metas in owners.items())


def _number_pattern(number: str) -> str:
    """国务院令第728号 is also written 国务院令728号, 国务院728号令, 第728号令."""
    if match := re.fullmatch(r"(.+?)令第?(.+?)号", number):
        value = parse_numeral(match[2])
        digits = "|".join(
            dict.fromkeys(map(re.escape, (match[2], *([str(value), to_han(int(value))] if value else []))))
        )
        maker = re.escape(match[1])
        return rf"{maker}令?\s*第?\s*(?<!\d)(?:{digits})\s*号令?|第?\s*(?<!\d)(?:{digits})\s*号令"
    if match := re.fullmatch(r"(.+?)〔(\d{4})〕第?(\d+)号", number):
        return rf"{re.escape(match[1])}\s*[〔\[（(【［]?{match[2]}[〕\]）)】］]?\s*年?第?{match[3]}号"
    return re.escape(number)


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


def _near(question: str, match: re.Match[str]) -> str:
    """What stands around a title and may tell its year: the words before it, and a year right behind it."""
    before = _BREAK.split(question[max(0, match.start() - _BEFORE) : match.start()])[-1]
    behind = _YEAR_BEHIND.match(question, match.end())
    return f"{before} {behind[0] if behind else ''}"


def _of_year(documents: tuple[DocumentMeta, ...], near: str) -> tuple[DocumentMeta, ...]:
    if len(documents) < 2:
        return documents
    years = {int(y) for y in _YEAR_NEAR.findall(near)}
    dated = tuple(d for d in documents if years & years_of(d))
    return dated or documents


def years_of(meta: DocumentMeta) -> set[int]:
    """The years that tell one version from another: issued, in force since, as the manifest says."""
    return {day.year for day in (meta.issued_on, meta.effective_on) if day} | ({meta.year} if meta.year else set())
