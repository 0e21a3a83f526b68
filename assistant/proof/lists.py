"""甲包括乙, 乙属于甲, 乙不属于甲: what a claim says of a list, which no sentence of the clause says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.text.institutions import Institutions

_END = "。.!！;；,，"
_INCLUDES = re.compile(
    r"(?P<whole>[^,，。;；:]{2,40}?)(?<![不未没])(?:包括|包含|涵盖|里有|中有|当中有)(?P<items>[^,，。;；:]{2,60})"
)
_EXCLUDED = re.compile(
    r"(?P<items>[^,，。;；:不]{2,30})(?:不属于|不算作?|不在)(?P<whole>[^,，。;；:不]{2,20}?)(?:之列|的?范围|之内)?"
)
_BELONGS = re.compile(
    r"(?P<items>[^,，。;；:不未]{2,30}?)[,，]?[也还都均]?属于(?P<whole>[^,，。;；:不未]{2,20}?)(?:之列|的?范围|之一)?"
)
_ROW = re.compile(r"、|以及|或者|[和与及或]")
_WEAK = re.compile(r"可以|允许|应当|必须|需要|[要应需的里中有等各该对向]|、|以及|[和与及]|[“”\"《》+]")
_STRICT = re.compile(r"[不未无]|非(?!法)|严禁|禁止|除外|只|仅|全部|一切|任何")
_RULING = re.compile(r"可以|允许|鼓励|支持|应当|必须")  # told of a list only where its own sentence says so
_RULED_OUT = re.compile(r"不得|不[应能可准予]|严禁|禁止|防止|避免|杜绝|除外|不包括|不含|不属于")


def enumerated(claim: str, lined: str, institutions: Institutions) -> bool:
    """Whether `claim` says 甲包括乙 or 乙属于甲 of a list that holds 乙, or 乙不属于甲 of an exception naming 乙.

    Every word of 甲 stands in the sentence of the list up to it, or in the heading of the clause; whoever 甲
    names is whom that sentence speaks of last. Nothing else is added, and no list of prohibitions is told so.

    Args:
        claim: one sentence.
        lined: the clause, a line for each 款 and 项.
        institutions: who is who.
    """
    bare = claim.strip(_END)
    if match := _EXCLUDED.fullmatch(bare):
        return all(_excepted(item, match["whole"], lined) for item in _members(match["items"]))
    match = _INCLUDES.fullmatch(bare) or _BELONGS.fullmatch(bare)
    if not match or _STRICT.search(bare):
        return False
    heading = lined.split("\n")[0] if "\n" in lined else ""
    sentences = tuple(_sentences(lined))
    return all(
        any(_listed(item, match["whole"], sentence, heading, institutions) for sentence in sentences)
        for item in _members(match["items"])
    )


def _members(items: str) -> list[str]:
    return [item for item in _ROW.split(items.removesuffix("等")) if item]


_NUMBERED = re.compile(r"^\([一二三四五六七八九十百\d]+\)")


def _sentences(lined: str) -> Iterator[str]:
    """The sentences of a clause; each item of a list behind what leads to it."""
    lead = ""
    for line in lined.split("\n"):
        if lead and _NUMBERED.match(line):
            yield lead + _NUMBERED.sub("", line).rstrip(_END)
            continue
        parts = [part for part in re.split(r"[。;；]", line) if part]
        yield from parts
        lead = parts[-1] if parts and line.endswith(":") else ""


def _listed(item: str, whole: str, sentence: str, heading: str, institutions: Institutions) -> bool:
    """Whether `item` stands in a row, and the words of `whole` before it or around the row."""
    if (
        len(item) < 2
        or _RULED_OUT.search(sentence)
        or not set(_RULING.findall(whole)) <= set(_RULING.findall(sentence))
    ):
        return False
    runs = [run for run in _WEAK.split(institutions.names.sub("的", whole)) if len(run) > 1]
    named = frozenset(institutions.names.findall(whole))
    pieces = re.split(r"[,，]", sentence)
    for number, piece in enumerate(pieces):
        if not runs or runs[-1][-2:] not in piece or not _in_row(item, piece):
            continue
        scope = "，".join(pieces[: number + 1])
        told = all(_stands(run, scope) or _stands(run, heading) for run in runs)
        if told and named <= _addressed(pieces[: number + 1], institutions):
            return True
    return False


def _addressed(pieces: Sequence[str], institutions: Institutions) -> frozenset[str]:
    """Whom the last of `pieces` that begins with names begins with."""
    found = [names for piece in pieces if (names := _begins_with(piece, institutions))]
    return frozenset(found[-1]) if found else frozenset()


def _begins_with(piece: str, institutions: Institutions) -> list[str]:
    """The names that a piece begins with: 各甲、乙…"""
    names: list[str] = []
    lead = re.match(r"(?:辖内|全省|各级?|:)*", piece)
    at = lead.end() if lead else 0
    while match := institutions.names.match(piece, at):
        names.append(match[0])
        at = match.end() + (piece[match.end() : match.end() + 1] in tuple("、和与及"))
    return names


def _in_row(item: str, piece: str) -> bool:
    """Whether `item` is one of several: a sign of a row beside it, its own beginning and end on both sides."""
    word = re.escape(item)
    sign = r"、|以及|或者|[和与及或]"
    return bool(
        re.search(rf"(?:{sign}){word}(?:{sign}|等|$)", piece)
        or re.search(rf"(?:^|:|包括|提供|加强|强化){word}(?:{sign}|等)", piece)
        or re.search(rf":{word}$", piece)
    )


def _excepted(item: str, whole: str, lined: str) -> bool:
    """Whether `whole` is told, and then: 但是，…`item`…除外."""
    for line in lined.split("\n"):
        for match in re.finditer(r"(?P<rule>[^。]+)[。;；,，]但是?[,，]?(?P<row>[^。]+)除外", line):
            told = re.match(
                rf"(?:第[^条]{{1,8}}条)?(?:本[法条例办规定]{{1,2}}所称)?{re.escape(whole)}(?:包括|是指|为)",
                match["rule"],
            )
            rows = re.split(r"[,，]|、|以及|或者", match["row"])
            if told and item in rows:
                return True
    return False


def _stands(run: str, text: str) -> bool:
    return all(run[at : at + 2] in text for at in range(len(run) - 1))
