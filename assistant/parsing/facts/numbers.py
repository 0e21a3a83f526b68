"""文号."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.parsing.facts.leaves import GAP, MAX_HEAD, MAX_NOTES, Leaves
from assistant.schema.document import Clause, HeaderFact, Span
from assistant.text.folding import squeeze

NUMBER = re.compile(
    rf"(?:[一-龥]{{0,30}}?(?:令|公告|通告|字|发|函|办|规|号|便|复|通|银|监|保|厅|行|财|税|政|文|告|[一-龥]))?{GAP}[〔\[［（(【]{GAP}(?:[1１][9９]|[2２][0０])\d{{2}}{GAP}[〕\]］）)】]"
    rf"{GAP}(?:年{GAP})?(?:第{GAP})?[\dO○〇]{{1,5}}{GAP}号(?:令|公告)?"
    rf"|[一-龥]{{0,30}}(?:[1１][9９]|[2２][0０])\d{{2}}{GAP}年{GAP}第{GAP}[\d一二三四五六七八九十百]{{1,6}}{GAP}号(?:令|公告)?"
    rf"|[一-龥]{{0,30}}(?:令|公告){GAP}第{GAP}[\d一二三四五六七八九十百〇零]{{1,7}}{GAP}号"
)
_PREFIX_DATE = re.compile(r"^.*[日自据由经以]")
_REVISED = re.compile(r"修订|修正|修改")
_IN_FORCE = re.compile(r"施行|实施|生效|执行")


def document_number(leaves: Leaves) -> Iterator[HeaderFact]:
    """The 文号."""
    found = [f for leaf in leaves.notes[:MAX_NOTES] for f in _numbers_in(leaves, leaf)]
    if not found and leaves.title is not None:
        found = _numbers_in(leaves, leaves.title)
    if not found:
        return
    republished = len(found) > 1 and any(_REVISED.search(leaves.text, f.span.end, f.span.end + 8) for f in found[-1:])
    effect = republished and _IN_FORCE.search(leaves.text, found[-1].span.end, found[-1].span.end + 60)
    yield found[-1] if effect else found[0]


def _numbers_in(leaves: Leaves, leaf: Clause) -> list[HeaderFact]:
    out: list[HeaderFact] = []
    for match in NUMBER.finditer(leaves.text, leaf.span.start, min(leaf.span.end, leaf.span.start + MAX_HEAD)):
        raw = match[0]
        cut = _PREFIX_DATE.match(raw.split("〔")[0]) if not re.match(r"\d", raw) else None
        start = match.start() + (cut.end() if cut and cut.end() < len(raw) - 3 else 0)
        words = leaves.text[start : match.end()]
        if re.search(r"根据|决定|会议", words):
            continue
        start, words = _with_flag(leaves, start, words)
        out.append(HeaderFact(name="document_number", value=number_form(words), span=Span(start, match.end())))
    return out


def _with_flag(leaves: Leaves, start: int, words: str) -> tuple[int, str]:
    """中国人民银行令 on the line above 〔2024〕第3号 belongs to the number."""
    if not re.match(r"[〔\[［（(【第\d]", words.strip()):
        return start, words
    line_start = leaves.text.rfind("\n", 0, start)
    if line_start < 0 or leaves.text[line_start:start].strip(" \t\u3000\n"):
        return start, words
    above = leaves.text[max(0, line_start - 40) : line_start].rstrip()
    match = re.search(r"(?:^|\n)[ \t\u3000#]*([一-龥]{2,24}(?:令|公告))$", above)
    if not match or "关于" in match[1]:
        return start, words
    first = max(0, line_start - 40) + match.start(1)
    return first, match[1] + words


def number_form(words: str) -> str:
    """A 文号 in one form: blanks out, ASCII digits, 〔〕 around a bracketed year, without 中华人民共和国."""
    plain = squeeze(words).translate(str.maketrans("０１２３４５６７８９", "0123456789")).removeprefix("中华人民共和国")
    plain = re.sub(r"[〔\[［（(【](\d{4})[〕\]］）)】]", r"〔\1〕", plain)
    return re.sub(r"(?<=[〕第\d])[O○〇](?=[\dO○〇]*号)", "0", plain)
