"""Clause addresses: one grammar, printed and parsed, and titles resolved to the documents that bear them.

An address is a way down a clause tree: 第十二条第二款第（三）项, 五、（十）, 附件1 二、（三）. Arabic and
Chinese numerals are equal when read; printed, each level has the numerals that agencies give it.
The rules stand in docs/addresses.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pydantic import TypeAdapter

from assistant.parsing.address_steps import (
    FORMAL_HEADING,
    HEADING_KINDS,
    JOIN,
    NUMERAL,
    OUTLINE,
    PART,
    RANK,
    UNITS,
    Step,
    printed,
    read_step,
)
from assistant.schema.document import Clause, Document, DocumentMeta, Level
from assistant.text.folding import squeeze
from assistant.text.tables import packaged, read_table

__all__ = [
    "MAX_RANGE",
    "Address",
    "Chain",
    "Step",
    "abbreviations",
    "bare_title",
    "locate",
    "parse_address",
    "parse_addresses",
    "read_chain",
    "resolve_title",
]

_SKIP = re.compile(r"[\s的中]{0,4}")
_CONNECT = re.compile(JOIN)
_QUOTED = re.compile(r"《((?:[^《》]|《[^《》]*》){1,120})》\s{0,2}(?:[（(〔]([^（()）〔〕]{1,24})[）)〕])?[的\s]{0,3}")
# Where an unquoted title ends.
_BEGINS = re.compile(
    rf"第\s{{0,3}}{NUMERAL}\s{{0,3}}(?:、|和|至|{UNITS})|第?\s{{0,2}}[（(]\s?{NUMERAL}\s?[）)]|附\s?件\s?(?:{NUMERAL})?[\s第一二三四五六七八九十]|{NUMERAL}\s{{0,3}}条(?!例)|"
    r"[一二三四五六七八九十]{1,3}、|标题$|序言|问答第|印发件|落款$|题注$"
)
MAX_RANGE = 300  # articles of a range that are written out
MAX_PLACES = 100  # of one chain: a longer run is read as several, or each reference would hold the whole of it


@dataclass(frozen=True, slots=True)
class Address:
    """A place in a document; `document` is the title as written, `None` when none was."""

    steps: tuple[Step, ...]
    document: str | None = None
    version: str | None = None  # 2020年, as written behind or before the title

    @property
    def local(self) -> str:
        """The canonical spelling, relative to the document."""
        out = ""
        for number, step in enumerate(self.steps):
            before = self.steps[number - 1].kind if number else ""
            if before in ("附件", "附录", "印发件") and (step.kind in HEADING_KINDS or step.kind in ("壹", "序")):
                out += " "
            out += printed(step, last=number == len(self.steps) - 1, before=before)
        return out

    def __str__(self) -> str:
        version = f"（{self.version}）" if self.version else ""
        return f"{self.document or ''}{version}{self.local}"


def parse_address(text: str) -> Address | None:
    """The one address that `text` names, `None` when it names none, more than one, or something else besides.

    >>> str(parse_address("民法典695条第1款")), str(parse_address("第五部分第（九）项"))
    ('民法典第六百九十五条第一款', '五、（九）')
    """
    found = parse_addresses(text)
    return found[0] if len(found) == 1 else None


def parse_addresses(text: str) -> tuple[Address, ...]:
    """Every address that `text` names, ranges written out; empty when it is no address.

    >>> [a.local for a in parse_addresses("第三十八条第二、三款")]
    ['第三十八条第二款', '第三十八条第三款']
    """
    text = unicodedata.normalize("NFC", text).strip()
    title, version, at = _title(text)
    chain = read_chain(text, at, len(text), title is not None)
    if chain is None or chain.end != len(text):
        return ()
    return tuple(Address(steps, title, version) for steps in chain.written_out())


def _is_own_place(text: str) -> bool:
    """Whether `text` begins with a place that no title comes before: 附件1, 2.1.2, 壹、."""
    return any(form.match(text) is not None for form in (OUTLINE, FORMAL_HEADING, PART))


def _title(text: str) -> tuple[str | None, str | None, int]:
    if match := _QUOTED.match(text):
        version = match[2] if match[2] and re.search(r"\d{4}", match[2]) else None
        title = match[1] if version or not match[2] else f"{match[1]}（{match[2]}）"
        return squeeze(title), version, match.end()
    begins = _BEGINS.search(text)
    if begins is None or begins.start() == 0 or _is_own_place(text):
        return None, None, 0
    name = text[: begins.start()].strip().rstrip("的，,：: ")
    versioned = re.fullmatch(r"(.+?)[（(〔](\d{4}年?[^（()）]{0,8})[）)〕]", name)
    if versioned:
        return squeeze(versioned[1]), versioned[2], begins.start()
    return squeeze(name) or None, None, begins.start()


@dataclass(slots=True)
class Chain:
    """Addresses read one after another, each going on from the one before: 第三条第一款、第二款和第五条."""

    places: list[tuple[Step, ...]]
    ranges: list[int]  # numbers of places that end a range begun by the place before
    end: int

    def written_out(self) -> list[tuple[Step, ...]]:
        """Every place, those inside ranges too."""
        out: list[tuple[Step, ...]] = []
        for number, place in enumerate(self.places):
            before = self.places[number - 1] if number in self.ranges else None
            if before and before[:-1] == place[:-1] and 0 < place[-1].number - before[-1].number <= MAX_RANGE:
                out += [
                    (*place[:-1], replace(place[-1], number=n)) for n in range(before[-1].number + 1, place[-1].number)
                ]
            out.append(place)
        return out


def read_chain(text: str, at: int, end: int, titled: bool = False) -> Chain | None:
    """The chain of addresses at `text[at:]`, `None` when none begins there."""
    chain = Chain([], [], at)
    steps: tuple[Step, ...] = ()
    ranged = False
    while at < end and len(chain.places) < MAX_PLACES:
        at = _SKIP.match(text, at, end).end() if steps or titled else at  # type: ignore[union-attr]
        found = read_step(text, at, end, steps)
        if found is None:
            break
        groups, at, ranges = found
        joined = ranged or _joined(text, chain.end, at)
        for number, (group, into) in enumerate(zip(groups, ranges, strict=True)):
            first = number == 0
            steps = _add(chain, steps, group, joined=joined or not first, into=into or (first and ranged))
        ranged = False
        chain.end = at
        join = _CONNECT.match(text, at, end)
        if join and read_step(text, join.end(), end, steps) is not None:
            ranged = join[0].strip() in "至到－—~～"
            at = join.end()
    return chain if chain.places else None


def _add(chain: Chain, steps: tuple[Step, ...], group: Step, *, joined: bool, into: bool) -> tuple[Step, ...]:
    """Add the place that `group` leads to from `steps`: further down the last one, or one beside it."""
    above = tuple(s for s in steps if RANK[s.kind] < RANK[group.kind])
    place = (*above, group)
    if chain.places and len(above) == len(steps) and not joined:
        chain.places[-1] = place
        return place
    if into:
        chain.ranges.append(len(chain.places))
    chain.places.append(place)
    return place


def _joined(text: str, start: int, end: int) -> bool:
    return _CONNECT.match(text, start, end) is not None


def locate(document: Document, address: Address) -> tuple[Clause, ...]:
    """The clauses that `address` may mean, best first: one as a rule, none when there is no such place.

    第五十二条第（四）项 finds the 项 of the article's only list, （十） and 第（十）条 the heading of that
    number anywhere in a notice, （3） a heading written （三）.
    """
    places = {c.address: c for c in document.addressable()}
    if exact := places.get(address.local):
        return (exact,)
    for steps in _readings(address.steps):
        if exact := places.get(Address(steps).local):
            return (exact,)
    return tuple(c for c in places.values() if _ends_in(c, address.steps))


def _readings(steps: tuple[Step, ...]) -> Iterable[tuple[Step, ...]]:
    kinds = [s.kind for s in steps]
    if "条" in kinds and "项" in kinds and "款" not in kinds:
        at = kinds.index("项")
        yield (*steps[:at], Step("款", 1), *steps[at:])
    if "（1）" in kinds:
        yield tuple(replace(s, kind="（一）") if s.kind == "（1）" else s for s in steps)
    if "（一）" in kinds:
        yield tuple(replace(s, kind="（1）") if s.kind == "（一）" else s for s in steps)


def _ends_in(clause: Clause, steps: tuple[Step, ...]) -> bool:
    """Whether a clause is the place that `steps` name from further down: （十）, 第三章, 第三条第（二）项."""
    local = Address(steps).local
    if len(steps) == 1:
        levels = {
            "（一）": Level.HEADING_2,
            "章": Level.CHAPTER,
            "节": Level.SECTION,
            "分编": Level.SUBPART,
            "条": Level.ARTICLE,
        }
        return clause.level is levels.get(steps[0].kind) and clause.address.endswith(local)
    kinds = [s.kind for s in steps]
    if kinds == ["条", "项"] and clause.level is Level.ITEM:
        article = re.escape(Address(steps[:1]).local)
        return re.fullmatch(rf"{article}第[^款]+款{re.escape(Address(steps[1:]).local)}", clause.address) is not None
    return False


# --- titles ---

_COUNTRY = "中华人民共和国"
_VERSION_BEHIND = re.compile(r"[（(〔]((?:19|20)\d{2})年?(?:版|修订|修正|修订版|修正版|公布|施行|版本)?[）)〕]$")
_VERSION_BEFORE = re.compile(r"^((?:19|20)\d{2})年?(?:版|修订版|修正版|修订|修正)?的?(?=[^\d])")
_EXTRACT = re.compile(r"[（(〔][^（()）]*节选[）)〕]$")
_GENERIC = re.compile(
    r"(?:本|该|此|上述|前述|同一)?(?:法|条例|办法|规定|细则|通知|意见|决定|文件|方案|指引)|通知|条例|办法|该文|本文"
)


@lru_cache(maxsize=1)
def abbreviations() -> dict[str, str]:
    """Abbreviation → full title, without 中华人民共和国."""
    form = TypeAdapter(dict[str, tuple[str, ...]])
    table = read_table(packaged("title_abbreviations.yaml"), form, see="docs/addresses.md")
    return {short: full for full, shorts in table.items() for short in shorts}


def resolve_title(
    name: str, documents: Sequence[DocumentMeta], *, context: DocumentMeta | None = None
) -> tuple[DocumentMeta, ...]:
    """The documents that bear the title `name`, in the order given: several when there are several versions.

    Only the whole title, an alias of the manifest or an abbreviation of the table counts; a title that
    merely contains another, or looks like it, finds nothing. 通知, 本法 and the like mean `context`.
    A year (《…》（2020年）, 2025年…) keeps the version of that year.
    """
    plain = bare_title(name)
    if _GENERIC.fullmatch(plain):
        return (context,) if context is not None and _generic_fits(plain, context) else ()
    exact = _bearing(plain, documents)
    if exact:
        return exact
    year, rest = _version(plain)
    if year is None:
        return ()
    return tuple(d for d in _bearing(rest, documents) if year in _years(d))


def bare_title(name: str) -> str:
    """A title without marks around it, blanks, and 中华人民共和国 at its head."""
    plain = squeeze(unicodedata.normalize("NFKC", name)).replace("(", "（").replace(")", "）")
    if plain.startswith("《") and plain.endswith("》") and plain.count("《") == 1:
        plain = plain[1:-1]
    elif match := re.fullmatch(r"《([^《》]+)》(（[^）]*）)", plain):
        plain = match[1] + match[2]
    return plain.replace("<", "〈").replace(">", "〉").removeprefix(_COUNTRY)


def _bearing(plain: str, documents: Sequence[DocumentMeta]) -> tuple[DocumentMeta, ...]:
    full = abbreviations().get(plain, plain)
    return tuple(d for d in documents if plain in _names(d) or full in _names(d))


def _names(document: DocumentMeta) -> frozenset[str]:
    title = bare_title(document.title)
    names = {title, _EXTRACT.sub("", title), *(bare_title(a) for a in document.aliases)}
    year, rest = _version(title)
    if year is not None and not title[:4].isdigit():
        names.add(rest)
    return frozenset(names)


def _version(plain: str) -> tuple[int | None, str]:
    if match := _VERSION_BEHIND.search(plain):
        return int(match[1]), plain[: match.start()]
    if match := _VERSION_BEFORE.match(plain):
        return int(match[1]), bare_title(plain[match.end() :])
    return None, plain


def _years(document: DocumentMeta) -> frozenset[int]:
    days = (document.issued_on, document.effective_on, *document.revised_on)
    return frozenset({d.year for d in days if d is not None} | ({document.year} if document.year else set()))


def _generic_fits(plain: str, context: DocumentMeta) -> bool:
    word = re.sub(r"^(?:本|该|此|上述|前述|同一)", "", plain)
    return word in ("文件", "文") or word in context.title
