"""发文机关 and the region that it or the title names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.parsing.facts.days import DATES
from assistant.parsing.facts.leaves import GAP, MAX_HEAD, MAX_NOTES, Leaves
from assistant.parsing.facts.numbers import NUMBER
from assistant.parsing.lines.agencies import DATE, is_agency
from assistant.schema.document import HeaderFact, Span
from assistant.text.folding import squeeze

_PORTAL_AGENCY = re.compile(rf"(?:发文机[关构]|发布机构){GAP}[：:]{GAP}([一-龥 ]{{4,40}})")
_TITLE_AGENCY = re.compile(r"^#*\s*([^《》]{4,120}?)(?:关于|印发|发布|转发|公布|办公室关于)")
_NOTE_AGENCY = re.compile(
    rf"{DATE}\s{{0,4}}(?:第[一二三四五六七八九十]{{1,4}}届)?(?P<agency>[一-龥]{{2,40}}?)(?:第[\d一二三四五六七八九十百]{{1,5}}(?:次[一-龥]{{0,8}}会议|号)|令|公告|发布|公布|会议)"
)
_REGION = re.compile(
    r"北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|"
    r"内蒙古|广西|西藏|宁夏|新疆|深圳|大连|宁波|厦门|青岛"
)


def issuers(leaves: Leaves) -> Iterator[HeaderFact]:
    """The 发文机关, first those who signed, and the region."""
    found = _signed(leaves) or _titled(leaves) or _flagged(leaves) or _noted(leaves)
    seen: set[str] = set()
    for name, span in found:
        if name not in seen:
            seen.add(name)
            yield HeaderFact(name="issuer", value=name, span=span)
    yield from _region(leaves, found)


def _region(leaves: Leaves, issuers: Sequence[tuple[str, Span]]) -> Iterator[HeaderFact]:
    """The province or city that an issuer's name or the title names."""
    spans = [span for _, span in issuers] + ([leaves.title.span] if leaves.title else [])
    for span in spans:
        if match := _REGION.search(leaves.text, span.start, min(span.end, span.start + MAX_HEAD)):
            yield HeaderFact(name="region", value=match[0], span=Span(match.start(), match.end()))
            return


def _signed(leaves: Leaves) -> list[tuple[str, Span]]:
    out: list[tuple[str, Span]] = []
    for leaf in leaves.signatures:
        at = leaf.span.start
        for line in leaf.text.split("\n"):
            words = DATES.sub("", line).strip()
            if is_agency(words, 2) and not re.match(r"\S{2,4}[\s：:]", words) and not re.search(r"[：:]|印发", line):
                start = at + line.index(words[0])
                out += [(squeeze(n), s) for n, s in _split_agencies(words, start)]
            at += len(line) + 1
    return out


def _titled(leaves: Leaves) -> list[tuple[str, Span]]:
    if leaves.title is None or not (match := _TITLE_AGENCY.match(leaves.title.text)):
        return []
    words = match[1].strip()
    start = leaves.title.span.start + match.start(1)
    pieces = _split_agencies(words, start)
    return [(squeeze(n), s) for n, s in pieces] if all(is_agency(squeeze(n), 2) for n, _ in pieces) else []


def _flagged(leaves: Leaves) -> list[tuple[str, Span]]:
    candidates = [*leaves.notes[:MAX_NOTES], *([leaves.title] if leaves.title else [])]
    out: list[tuple[str, Span]] = []
    for leaf in candidates:
        at = leaf.span.start
        for line in leaf.text.split("\n"):
            words = squeeze(re.sub(r"(?:文件|令|公告)\s*$", "", line.strip())).lstrip("#")
            if agency := _PORTAL_AGENCY.search(line):
                out.append((squeeze(agency[1]), Span(at + agency.start(1), at + agency.end(1))))
            elif is_agency(words) and not NUMBER.search(line):
                start = at + len(line) - len(line.lstrip())
                out.append(
                    (
                        words.removeprefix("中华人民共和国") if line.strip().endswith("令") else words,
                        Span(start, start + len(line.strip())),
                    )
                )
            at += len(line) + 1
    return out


def _noted(leaves: Leaves) -> list[tuple[str, Span]]:
    found = None
    for leaf in leaves.notes[:MAX_NOTES]:
        for match in _NOTE_AGENCY.finditer(leaves.text, leaf.span.start, leaf.span.end):
            name = match["agency"].removeprefix("中华人民共和国")
            if is_agency(name) or name.endswith(("国务院", "代表大会", "委员会")):
                found = (name, Span(match.start("agency"), match.end("agency")))
                break
    return [found] if found else []


def _split_agencies(words: str, start: int) -> list[tuple[str, Span]]:
    """Agencies that share a line; 中国 人民 银行 with blanks for looks is one."""
    pieces = list(re.finditer(r"[^\s、]+", words))
    if len(pieces) > 1 and all(len(m[0]) >= 3 and is_agency(m[0]) for m in pieces):
        return [(m[0], Span(start + m.start(), start + m.end())) for m in pieces]
    return [(words, Span(start, start + len(words)))]
