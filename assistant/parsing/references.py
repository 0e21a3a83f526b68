"""Cross-references, resolved to absolute addresses.

前款, 前条, 本条第二款, 本章 are places of this document, counted from where they stand; 《某法》第五十八条 and
该法第三条 are places of another instrument, whose title is kept as written. A word that names no place
(本法, 《某法》 alone) is no reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from assistant.parsing.addresses import Address, Chain, Step, parse_address, read_chain
from assistant.parsing.formats.model import MAX_REFERENCES, TOO_COMPLEX, Rejected
from assistant.schema.document import APPARATUS, Clause, CrossReference, HeaderFact, Level, Span
from assistant.text.folding import squeeze

# Where a reference may begin; everything else is decided from there, so the scan stays linear.
_BEGIN = re.compile(
    r"《(?P<title>(?:[^《》\n]|《[^《》\n]{1,60}》){2,90})》(?:\s{0,2}[（(](?P<version>[^（()）\n]{2,24})[）)])?(?:的|中)?\s{0,2}(?=第|附件|[（(])"
    r"|(?P<that>该(?:法|条例|办法|规定|细则|通知|决定|意见))\s{0,2}(?=第)"
    r"|(?P<own>本(?:法|条例|办法|规定|细则|通知|决定|意见|方案|指引|准则))(?:的)?\s{0,2}(?=第|[（(])"
    r"|(?P<this>本(?:条|款|项|章|节|编))(?![例文款目])(?P<more>(?=\s{0,2}(?:第|[（(]))?)"
    r"|(?P<before>前(?:[一二两三四五六]\s?)?(?:条|款|项))(?!目)"
    r"|附件\s?[一二三四五六七八九十\d]{0,2}(?=[\s的]{0,2}第)|第(?=[（(一二三四五六七八九十百千零〇两\d\s])|[（(](?=[一二三四五六七八九十]{1,3}[）)](?:项|所列|所述|、[（(]|和[（(]|至[（(]))"
)
_TITLE = re.compile(r"《((?:[^《》\n]|《[^《》\n]{1,60}》){2,90})》")
_BARE = re.compile(r"[一-龥]{2,24}(?:法典|法|条例)$")
_VERBS = re.compile(
    r".*(?:依照|按照|根据|依据|违反|适用|参照|执行|符合|遵守|属于|以及|或者|规定|除|和|与|及|或|由|对|在|是|为|的)"
)
_ITEM_ONLY = re.compile(r"第\s{0,2}[（(]?[一二三四五六七八九十]{1,3}[）)]?\s{0,2}项")
_COUNTS = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}
# What must follow a chain without 条 for it to name a place: 第二项任务 is none.
_UNIT = frozenset("条款项目章节编")
_REPEAL = re.compile(
    r"(?<!不予)(?<!未予)(?<!没有)(?<!不再)(?<![未不])(?:同时|一并|相应|予以|自行)?(?<!不予)废止|停止执行|同时失效"
)


@dataclass(slots=True)
class _Here:
    """Where the scan stands: the address of the leaf and of what is above it."""

    address: str
    article: str | None
    paragraph: str | None
    item: str | None
    divisions: dict[str, str]
    prefix: str
    before: str | None  # the article before this one
    law: bool


def find_references(clauses: Sequence[Clause], text: str) -> tuple[CrossReference, ...]:
    """Every cross-reference of the tree, in the order of the text.

    Raises:
        Rejected: `too_complex`: there are more than one text may have.
    """
    found = (reference for leaf, here in _leaves(clauses) for reference in _in_leaf(leaf, here, text))
    out = tuple(islice(found, MAX_REFERENCES + 1))
    if len(out) > MAX_REFERENCES:
        raise Rejected(TOO_COMPLEX, f"条款引用超过 {MAX_REFERENCES // 10_000} 万处，不像是政策文件，请核对后拆分")
    return out


def _leaves(clauses: Sequence[Clause]) -> Iterator[tuple[Clause, _Here]]:
    previous: str | None = None
    divisions: dict[str, str] = {}
    stack: list[tuple[Clause, str | None, str | None, str | None, str]] = [
        (c, None, None, None, "") for c in reversed(clauses)
    ]
    before: str | None = None
    while stack:
        clause, article, paragraph, item, prefix = stack.pop()
        match clause.level:
            case Level.ATTACHMENT | Level.ISSUED:
                prefix, divisions, before, previous = clause.address, {}, None, None
            case Level.PART | Level.SUBPART | Level.CHAPTER | Level.SECTION:
                name = {Level.PART: "编", Level.SUBPART: "编", Level.CHAPTER: "章", Level.SECTION: "节"}[clause.level]
                divisions = {**divisions, name: clause.address}
                if name == "章":
                    divisions.pop("节", None)
            case Level.ARTICLE:
                before, previous = previous, clause.address
                article, paragraph, item = clause.address, None, None
            case Level.PARAGRAPH:
                paragraph = clause.address
            case Level.ITEM:
                item = clause.address
            case _:
                pass
        if clause.children:
            stack.extend((child, article, paragraph, item, prefix) for child in reversed(clause.children))
        elif clause.level not in APPARATUS and clause.level not in (Level.LABEL, Level.TITLE):
            yield (
                clause,
                _Here(
                    clause.address,
                    article,
                    paragraph,
                    item,
                    divisions,
                    prefix,
                    before if article else None,
                    article is not None,
                ),
            )


def _in_leaf(leaf: Clause, here: _Here, source: str) -> Iterator[CrossReference]:
    text, places = _flat(leaf)
    at, end = 0, len(text)
    title: str | None = None
    above: str | None = None  # the reference before this one
    seen = at
    while match := _BEGIN.search(text, at, end):
        for named in _TITLE.finditer(text, seen, match.start()):
            title = named[1]
        seen = match.start()
        found = _at(match, here, text, end, title)
        if found is not None and above and leaf.level is Level.PARAGRAPH and _ITEM_ONLY.match(text, match.start()):
            found = found[0], found[1], [_beside(above, target) for target in found[2]]
        title = match["title"] or title
        if found is None:
            at = max(match.end(), match.start() + 1)
            continue
        stop, document, targets = found
        start = match.start()
        if document and not match["title"] and not match["that"]:
            start -= len(document)
        span = Span(places[start], places[stop - 1] + 1)
        for target in targets:
            yield CrossReference(
                source=here.address,
                span=span,
                raw=source[span.start : span.end],
                target=target,
                document=document,
            )
        above = targets[-1] if document is None else None
        at = seen = stop


def _beside(above: str, target: str | None) -> str | None:
    """第五项 behind 第三百九十五条第一款第一项: an item of the same list, when the 款 it stands in has none."""
    place, named = parse_address(above.rpartition("至")[2]), target and parse_address(target.rpartition("至")[2])
    if place is None or not named or not place.steps or place.steps[-1].kind != "项" or named.steps[-1].kind != "项":
        return target
    return Address((*place.steps[:-1], named.steps[-1])).local


def _flat(leaf: Clause) -> tuple[str, Sequence[int]]:
    """The words of a leaf without its line breaks, and where in the document each character stands."""
    start = leaf.span.start
    if "\n" not in leaf.text:
        return leaf.text, range(start, leaf.span.end)
    text, at = "", 0
    places: list[int] = []
    for line in leaf.text.split("\n"):
        inner = line.strip()
        first = at + len(line) - len(line.lstrip())
        text += inner
        places += range(start + first, start + first + len(inner))
        at += len(line) + 1
    return text, places


_Found = tuple[int, str | None, list[str | None]]


def _at(match: re.Match[str], here: _Here, text: str, end: int, title: str | None) -> _Found | None:
    if match["title"] or match["that"]:
        chain = read_chain(text, match.end(), end, True)
        named = match["title"] or title
        if chain is None:
            return None
        version = match["version"]
        if named and version:
            named = f"{named}（{version}）"
        return chain.end, named, [*_targets(chain, None)] if named else [None]
    if match["own"]:
        chain = read_chain(text, match.end(), end, True)
        return (chain.end, None, [*_targets(chain, here, absolute=True)]) if chain else None
    if match["this"]:
        return _this(match, here, text, end)
    if match["before"]:
        return _before(match, here, text, end)
    chain = read_chain(text, match.start(), end)
    if chain is None:
        return None
    name = _bare_title(text, match.start())
    if name:
        return chain.end, name, [*_targets(chain, None)]
    return (chain.end, None, [*_targets(chain, here)]) if _is_place(text, chain, here) else None


def _bare_title(text: str, at: int) -> str | None:
    """The title without 《》 right before a chain, as in 依照公司法第三条."""
    if at == 0 or text[at - 1] not in "法典例":
        return None
    match = _BARE.search(text[max(0, at - 26) : at])
    if not match:
        return None
    verb = _VERBS.match(match[0])
    name = match[0][verb.end() :] if verb else match[0]
    return name if len(name) >= 2 and name[0] not in "本该此" and name != "方法" else None


def _is_place(text: str, chain: Chain, here: _Here) -> bool:
    """Whether a chain without a title names a place: 第三条 does, 第一节课 and 第二项任务 do not."""
    kinds = {step.kind for place in chain.places for step in place}
    behind = text[chain.end : chain.end + 2]
    if "条" in kinds:
        return not behind.startswith(("战线", "路", "道"))
    if kinds <= {"款", "项", "目"}:
        return here.law or text[chain.end - 1] in "款"
    if kinds <= {"（一）", "（1）"}:
        return text[chain.end - 1] in _UNIT or behind.startswith(("所", "中", "规", "要"))
    if "附件" in kinds:
        return len(chain.places[0]) > 1
    if kinds & {"章", "节", "编", "分编"}:
        return behind[:1] in (
            "的",
            "规",
            "所",
            "、",
            "和",
            "，",
            "。",
            "有",
            "至",
            "及",
            "执",
            "办",
            "",
            "）",
            "中",
            "；",
        )
    return "一" in kinds and len(chain.places[0]) > 1


def _targets(chain: Chain, here: _Here | None, *, absolute: bool = False) -> Iterator[str | None]:
    """The absolute address of each place; a range is one, written from its first place to its last."""
    places = chain.places
    for number, place in enumerate(places):
        if number + 1 in chain.ranges:
            continue
        own = _absolute(place, here, absolute=absolute)
        if number in chain.ranges:
            first = _absolute(places[number - 1], here, absolute=absolute)
            yield f"{first}至{own}" if first and own else None
        else:
            yield own


def _absolute(place: tuple[Step, ...], here: _Here | None, *, absolute: bool) -> str | None:
    if here is None:
        return Address(place).local
    kind = place[0].kind
    local = Address(place).local
    if kind == "款":
        return here.article + local if here.article else None
    if kind in ("项", "（一）") and here.article:
        item = Address((Step("项", place[0].number), *place[1:])).local
        return (here.paragraph or here.article) + item if not absolute else None
    if kind == "目":
        return here.item + local if here.item else None
    if kind == "节" and "章" in here.divisions:
        return here.divisions["章"] + local
    if kind == "（一）":
        return _heading_above(here.address, local)
    if kind in ("条", "章", "编") and here.prefix.startswith("附件"):
        return here.prefix + local
    return local


def _heading_above(address: str, local: str) -> str:
    """（三） named in 五、（十）第一段 is 五、（三）: the heading it stands under counts."""
    match = re.match(r"(.*?[一二三四五六七八九十]+、)", address)
    return match[1] + local if match else local


def _this(match: re.Match[str], here: _Here, text: str, end: int) -> _Found | None:
    what = match["this"][1]
    home = {"条": here.article, "款": here.paragraph, "项": here.item}.get(what, here.divisions.get(what))
    if home is None:
        return None
    stop = match.end("this")
    if match["more"] is None or not re.match(r"\s{0,2}[第（(]", text[stop : stop + 4]):
        return stop, None, [home]
    chain = read_chain(text, stop, end, True)
    if chain is None:
        return stop, None, [home]
    return chain.end, None, [t and _below(home, t) for t in _raw_targets(chain, in_article=what in "条款项")]


def _raw_targets(chain: Chain, *, in_article: bool) -> Iterator[str | None]:
    for place in chain.written_out():
        steps = tuple(Step("项", s.number) if in_article and s.kind in ("（一）", "（1）") else s for s in place)
        yield Address(steps).local


def _below(home: str, local: str) -> str:
    return local if local.startswith("第") and "条" in local else home + local


def _before(match: re.Match[str], here: _Here, text: str, end: int) -> _Found | None:
    """前款, 前两款, 前条第二款, 前项."""
    words = squeeze(match["before"])
    what, count = words[-1], _COUNTS.get(words[1:-1], 1)
    stop = match.end()
    homes = _homes_before(what, count, here)
    if homes is None:
        return None
    chain = read_chain(text, stop, end, True) if text[stop : stop + 1] in ("第", "（", "(") else None
    if chain is not None and len(homes) == 1 and homes[0]:
        home = homes[0]
        return chain.end, None, [t and _below(home, t) for t in _raw_targets(chain, in_article=True)]
    return stop, None, homes


def _homes_before(what: str, count: int, here: _Here) -> list[str | None] | None:
    source = {"条": here.before, "款": here.paragraph, "项": here.item}[what]
    if here.article is None:
        return None
    address = parse_address(source) if source else None
    if address is None or not address.steps:
        return [None]
    last = address.steps[-1]
    if what == "条":
        if count == 1:
            return [source]
        numbers = range(max(1, last.number - count + 1), last.number + 1)
    else:
        numbers = range(last.number - count, last.number)
        if last.number - count < 1:
            return [None]
    return [Address((*address.steps[:-1], Step(last.kind, n))).local for n in numbers]


# --- repeal ---


def find_repeals(clauses: Sequence[Clause], text: str) -> tuple[HeaderFact, ...]:
    """Titles that a sentence such as 《某办法》同时废止 puts out of force: a proposal to confirm, no verdict."""
    out: list[HeaderFact] = []
    for root in clauses:
        for leaf in root.leaves():
            if leaf.level in (Level.TITLE, Level.NOTE, Level.SIGNATURE):
                continue
            words = text[leaf.span.start : leaf.span.end]
            if "废止" not in words and "停止执行" not in words and "失效" not in words:
                continue
            out.extend(_repeals_in(leaf, text))
    return tuple(out)


def _repeals_in(leaf: Clause, text: str) -> Iterator[HeaderFact]:
    start = leaf.span.start
    for verb in _REPEAL.finditer(text, start, leaf.span.end):
        begin = max(text.rfind("。", start, verb.start()), text.rfind("；", start, verb.start()), start - 1) + 1
        for named in _TITLE.finditer(text, begin, verb.start()):
            between = text[named.end() : verb.start()]
            if re.search(r"第[^条]{1,8}条", between) or "规定的" in between:
                continue
            yield HeaderFact(name="repeals", value=squeeze(named[1]), span=Span(named.start(), named.end()))
        start = verb.end()
