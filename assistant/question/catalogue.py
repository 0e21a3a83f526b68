"""Which words of a question name which documents: titles, what people call them, numbers, and the year beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.parsing.addresses import abbreviations, bare_title
from assistant.parsing.header import number_form
from assistant.question.issuer_names import IssuerNames, may_end
from assistant.question.short_titles import Named, ShortTitles, called, plain_title, telling, title_endings
from assistant.schema.document import DocumentKind, DocumentMeta
from assistant.text.folding import squeeze
from assistant.text.numerals import parse_numeral, to_han

EXTRACT = re.compile(r"[（(〔][^（()）]*节选[）)〕]$")
_PART_OF_CODE = re.compile(r"[（(]([^（()）]{2,6}?编)")  # 民法典（物权编…节选）: people say 物权编
_NOTICE = "通知"  # names the only notice of a library
_LEAST_SUFFIX = 4  # 支付条例 names 保障中小企业款项支付条例 when no other title ends so
_LEAST_TELLING = 6  # of other kinds of documents, whose names are everyday words: 票据清算操作规程
# 2024年6月 beside a title is a day and names no version.
_YEAR_NEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)(?!\s*年?\s*\d{1,2}\s*月|[-/.]\d|\s*年?\s*[初底末上下])\s*年?")
_BEFORE = 8  # characters before a title in which its year may stand
_BREAK = re.compile(r"[，,。；;：:、？?]|(?<![年版\d])[和与跟]")
_YEAR_BEHIND = re.compile(r"[》”]?\s*[（(〔\[]?\s*(?:19|20)\d{2}")
_NO_TITLE = re.compile(
    r"通知(?:书|单|到|给|我|你|他|银行|客户|保险|权|义务|一下)"
)  # a notice of another sort, or the verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A document named in a question; several when versions share the name."""

    start: int
    end: int
    documents: tuple[DocumentMeta, ...]
    exact: bool = False  # a year or a number says which version
    loose: bool = False  # by the end of its title, which another document may share


class Catalogue:
    """Which words name which documents.

    Args:
        words_of: the words that a title is made of, so that a title may be shortened to the first characters of words.
    """

    def __init__(
        self, documents: Sequence[DocumentMeta], words_of: Callable[[str], Iterable[str]] = lambda _: ()
    ) -> None:
        self._documents = tuple(documents)
        self._names = _names(self._documents)
        whole = frozenset(plain_title(meta) for meta in self._documents)
        self._loose = frozenset((*_unique_suffixes(self._documents), _NOTICE)) - whole
        self._short = ShortTitles(self._documents, words_of)
        longest_first = sorted(self._names, key=lambda name: (-len(name), name))
        self._pattern = re.compile("|".join(re.escape(name) for name in longest_first) or r"(?!)")
        self._numbers = _numbers(self._documents)
        self._issuers = IssuerNames(self._documents)

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
            loose = match[0] in self._loose
            found.append(Mention(start=match.start(), end=match.end(), documents=documents, exact=exact, loose=loose))
        named = self._short.named(question)
        found = [m for m in found if not any(one.abroad and m.loose and _overlap(m, one) for one in named)]
        found += _shortened(named, found)
        return tuple(sorted(found or self._issued(question, named), key=lambda m: m.start))

    def named(self, question: str) -> tuple[Named, ...]:
        """What in `question` is put as a title, whether a document bears it or not; shortened ones too."""
        return self._short.named(question)

    def _issued(self, question: str, named: Sequence[Named]) -> list[Mention]:
        """The one document of an issuer who is named, where no title is: 柏川农商行的延期还本."""
        found = (Mention(start=i.start, end=i.end, documents=i.documents) for i in self._issuers.named(question))
        return [m for m in found if all(_of_theirs(question, m, one) for one in named if _overlap(m, one))]

    def _numbered(self, question: str) -> Iterator[Mention]:
        """Documents named by their 文号: 国务院令第728号, 728号令, 银发〔2021〕5号 in any brackets."""
        for pattern, documents in self._numbers:
            for match in pattern.finditer(question):
                yield Mention(start=match.start(), end=match.end(), documents=documents, exact=True)

    def called(self, name: str) -> tuple[DocumentMeta, ...]:
        """The documents that bear exactly this name; several when versions share it."""
        return self._names.get(name, ())


def _shortened(named: Iterable[Named], found: Sequence[Mention]) -> list[Mention]:
    """The documents named by a shortened title alone."""
    return [
        Mention(start=one.start, end=one.end, documents=one.documents)
        for one in named
        if one.outright and not any(_overlap(mention, one) for mention in found)
    ]


def _of_theirs(question: str, issuer: Mention, one: Named) -> bool:
    """Whether `one` says no more of a document than whose and of which kind it is: 柏川农商行的规定."""
    ending = one.name.removeprefix(one.stem)
    return question[issuer.end : one.end].removeprefix("的") == ending and may_end(ending, issuer.documents)


def _overlap(mention: Mention, one: Named) -> bool:
    return mention.start < one.end and one.start < mention.end


def titled(mentions: Sequence[Mention], named: Iterable[Named]) -> tuple[Mention, ...]:
    """The documents of `mentions`, with those named by a shortened title whose end is an everyday word: 首贷户通知.

    None stands inside the title of another document: 临江市首贷通知 is not the notice of the library.
    """
    found = list(mentions)
    for one in named:
        rivals = [m for m in found if _overlap(m, one)]
        whole = one.settled and all(one.start <= m.start and m.end <= one.end for m in rivals)
        if whole or (telling(one.stem) and all(one.rules_out(m.loose) for m in rivals)):
            found = [m for m in found if m not in rivals]
        if whole:
            found.append(Mention(start=one.start, end=one.end, documents=one.documents))
    return tuple(sorted(found, key=lambda m: m.start))


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
        names.setdefault(_NOTICE, {notices[0].id: notices[0]})
    return {name: tuple(metas.values()) for name, metas in names.items() if len(name) > 1}


def _names_of(meta: DocumentMeta, shorts: dict[str, list[str]]) -> Iterator[str]:
    title = EXTRACT.sub("", bare_title(meta.title))
    yield title
    yield from called(meta)
    yield from (bare_title(alias) for alias in meta.aliases)
    yield from shorts.get(title, ())
    if match := _PART_OF_CODE.search(bare_title(meta.title)):
        yield match[1]


def _unique_suffixes(documents: Sequence[DocumentMeta]) -> dict[str, list[DocumentMeta]]:
    """Ends of titles that only one title has: 支付条例, 款项支付条例."""
    bearing: dict[str, list[DocumentMeta]] = {}
    for meta in documents:
        bearing.setdefault(plain_title(meta), []).append(meta)
    owners: dict[str, set[str]] = {}
    for title in bearing:
        for suffix in _suffixes(title):
            owners.setdefault(suffix, set()).add(title)
    return {suffix: bearing[next(iter(held))] for suffix, held in owners.items() if len(held) == 1}


def _suffixes(title: str) -> Iterator[str]:
    """The ends of a title by which it may be called."""
    if re.search(r"(?:法|条例|办法|规定)$", title):
        yield from (title[-size:] for size in range(_LEAST_SUFFIX, len(title)))
        return
    ending = next((word for word in title_endings() if title.endswith(word)), None)
    if ending is not None:
        ends = (title[-size:] for size in range(_LEAST_TELLING, len(title)))
        yield from (end for end in ends if telling(end.removesuffix(ending)))


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
