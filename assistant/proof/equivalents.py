"""The same said in other words: how people put a rule, and what a clause leaves to be carried over.

Each function gives sentences that mean what their source means, by its form alone, so that the proof may
be asked about them instead. Nothing here decides whether a clause bears a sentence out, save `enumerated`:
for 甲包括乙 and 乙不属于甲 no sentence of the clause reads like the claim. Texts are folded (NFKC, no blanks).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# --- the claim -----------------------------------------------------------------------------------

_END = "。.!！;；,，"
# Told only by the sentence it stands for: its own words would be found about other things.
_INSTEAD: Sequence[tuple[re.Pattern[str], str]] = (
    # 贷款转存属于严禁之列 → 严禁贷款转存
    (
        re.compile(
            r"(?P<act>(?:不法|不良|[^,，。;；不未]){4,40}?)(?:属于?|在|是)被?(?P<ban>严禁|禁止)的?(?:之列|行为|事项|范围(?:之?内)?)?"
        ),
        r"\g<ban>\g<act>",
    ),
    (
        re.compile(
            r"(?P<act>[^,，。;；不未]{4,40}?)不(?:属于?|在|是)被?(?:严禁|禁止)的?(?:之列|行为|事项|范围(?:之?内)?)?"
        ),
        r"可以\g<act>",
    ),
    # 不得抵押的财产包括土地所有权 → 土地所有权不得抵押
    (
        re.compile(
            r"(?P<rule>不得|禁止|可以|应当)(?P<act>[^,，。;；的不未]{2,10})的[^,，。;；的不未、]{1,6}(?:包括|里有|中有)"
            r"(?P<what>[^,，。;；、]{2,30})"
        ),
        r"\g<what>\g<rule>\g<act>",
    ),
    # 授信额度要看企业实际需要 → 根据企业实际需要确定授信额度
    (
        re.compile(r"(?P<what>[^,，。;；不未]{2,20}?)(?:要看|应看|应当看|取决于)(?P<by>[^,，。;；不未]{2,30})"),
        r"根据\g<by>确定\g<what>",
    ),
)
_FORMS: Sequence[tuple[re.Pattern[str], str]] = (
    # 对接企业要结合网点设置 → 结合网点设置,要对接企业
    (
        re.compile(r"(?P<act>[^,，。;；不未]{4,30}?)(?P<must>要|应当?)(?P<by>(?:结合|根据|按照)[^,，。;；不未]{2,30})"),
        r"\g<by>,\g<must>\g<act>",
    ),
    # 允许对违规的机构限制分红 → 对违规的机构,可以限制分红
    (
        re.compile(
            r"允许(?P<whom>对[^,，。;；不未]{2,30}的[^,，。;；的不未]{0,6}?(?:机构|人员|企业|单位|个人))(?P<act>[^,，。;；不未]{2,30})"
        ),
        r"\g<whom>,可以\g<act>",
    ),
    # 贷款挪用于他途的，银行严禁给它办续贷 → 银行严禁为挪用于他途的贷款办续贷
    (
        re.compile(
            r"(?P<thing>[^,，。;；的被]{2,6})被?(?P<state>[^,，。;；的]{3,30})的[,，](?P<who>[^,，。;；]{0,12}?)"
            r"(?P<rule>严禁|禁止|不得|可以|应当)(?:给|为|对|向)(?:它|其|此类[^,，]{1,4}|这类[^,，]{1,4})(?P<act>[^,，。;；]{2,30})"
        ),
        r"\g<who>\g<rule>为\g<state>的\g<thing>\g<act>",
    ),
)
# 没有约定利息的 → 对利息未约定的
_UNAGREED = re.compile(r"(?:没有约定|未作约定|未约定)(?P<what>[^,，。;；的或]{2,12})的(?=[,，])")


def instead(claim: str) -> str | None:
    """The sentence that `claim` stands for, by which alone it is judged; `None` when it stands for itself.

    >>> instead("贷款转存属于严禁之列。")
    '严禁贷款转存'
    """
    bare = claim.strip(_END)
    return next((match.expand(form) for pattern, form in _INSTEAD if (match := pattern.fullmatch(bare))), None)


def reworded(claim: str) -> tuple[str, ...]:
    """`claim` in the forms that laws and notices use; none when it has none of the spoken forms known here.

    >>> reworded("没有约定利息的，视为没有利息。")
    ('对利息未约定的，视为没有利息',)
    """
    bare = claim.strip(_END)
    found = [match.expand(form) for pattern, form in _FORMS if (match := pattern.fullmatch(bare))]
    if (turned := _UNAGREED.sub(r"对\g<what>未约定的", bare)) != bare:
        found.append(turned)
    return tuple(found)


# --- the clause ----------------------------------------------------------------------------------

# 下列财产不得抵押：
_LEAD = re.compile(
    r"(?:^|[。;；,，])(?:下列|以下)[^,，。;；:]{1,8}?(?P<rule>(?:不得|禁止|应当|必须|可以|不予|免于|免|不属于|属于)[^,，。;；:]{1,20}):$"
)
# 对利率有约定的，甲；未作约定的，乙
_OTHERWISE = re.compile(
    r"(?P<what>[^,，。;；:]{2,24}?)有约定的[,，][^。;；]{2,60}[;；。](?:未作约定|没有约定|未约定)的(?P<then>[,，][^。;；]{2,80})"
)


def carried(lead: str, item: str) -> str | None:
    """An item with the rule of its lead: 土地所有权不得抵押. `None` when the lead puts no such rule.

    Args:
        lead: a line that ends with a colon.
        item: a line below it, without its number.
    """
    match = _LEAD.search(lead)
    return f"{item.rstrip(_END)}{match['rule']}。" if match and "除外" not in item else None


def otherwise(line: str) -> tuple[str, ...]:
    """未作约定的，… with what it is that was not agreed, from the half of the sentence before."""
    return tuple(f"{m['what']}未约定的{m['then']}。" for m in _OTHERWISE.finditer(line))


# --- lists ---------------------------------------------------------------------------------------

_INCLUDES = re.compile(
    r"(?P<whole>[^,，。;；:]{2,40}?)(?<![不未没])(?:包括|包含|涵盖|里有|中有|当中有)(?P<items>[^,，。;；:]{2,60})"
)
_EXCLUDED = re.compile(
    r"(?P<items>[^,，。;；:不]{2,30})(?:不属于|不算作?|不在)(?P<whole>[^,，。;；:不]{2,20}?)(?:之列|的?范围|之内)?"
)
_BELONGS = re.compile(r"(?P<items>[^,，。;；:不未]{2,30}?)属于(?P<whole>[^,，。;；:不未]{2,20}?)(?:之列|的?范围)?")
_LISTS = re.compile(r"[^,，。;；:]{2,40}?(?:包括|包含|涵盖|里有|中有|不属于|不算|不在)[^,，。;；:]{2,60}")
_ROW = re.compile(r"、|以及|或者|[和与及或]")
_WEAK = re.compile(r"应当|必须|需要|[要应需的里中有等各该对向]|、|以及|[和与及]|[“”\"《》+]")
_STRICT = re.compile(r"[不未无非]|严禁|禁止|可以|允许|除外|只|仅|全部|一切|任何|鼓励|支持")
_RULED_OUT = re.compile(r"不得|不[应能可准予]|严禁|禁止|防止|避免|杜绝|除外|不包括|不含|不属于")


def enumerated(claim: str, lined: str, subjects: re.Pattern[str]) -> bool:
    """Whether `claim` says 甲包括乙 or 乙属于甲 of a list that holds 乙, or 乙不属于甲 of an exception naming 乙.

    Every word of 甲 stands in the sentence of the list up to it, or in the heading of the clause; whoever 甲
    names is whom that sentence speaks of last. Nothing else is added, and no list of prohibitions is told so.

    Args:
        claim: one sentence.
        lined: the clause, a line for each 款 and 项.
        subjects: names of institutions.
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
        any(_listed(item, match["whole"], sentence, heading, subjects) for sentence in sentences)
        for item in _members(match["items"])
    )


def lists(claim: str) -> bool:
    """Whether `claim` says of a list what it holds or leaves out: such words are found beside other lists too."""
    return _LISTS.fullmatch(claim.strip(_END)) is not None


def _members(items: str) -> list[str]:
    return [item for item in _ROW.split(items.removesuffix("等")) if item]


_NUMBERED = re.compile(r"^\([一二三四五六七八九十百\d]+\)")


def _sentences(lined: str) -> Iterator[str]:
    """The sentences of a clause; each item of a list behind what leads to it."""
    lead = ""
    for line in lined.split("\n"):
        if lead and _NUMBERED.match(line):
            yield lead + _NUMBERED.sub("", line)
            continue
        parts = [part for part in re.split(r"[。;；]", line) if part]
        yield from parts
        lead = parts[-1] if parts and line.endswith(":") else ""


def _listed(item: str, whole: str, sentence: str, heading: str, subjects: re.Pattern[str]) -> bool:
    """Whether `item` stands in a row, and the words of `whole` before it or around the row."""
    if len(item) < 2 or _RULED_OUT.search(sentence):
        return False
    pieces = re.split(r"[,，]", sentence)
    for number, piece in enumerate(pieces):
        if not _in_row(item, piece):
            continue
        scope = "，".join(pieces[: number + 1])
        runs = [run for run in _WEAK.split(subjects.sub("的", whole)) if len(run) > 1]
        named = subjects.findall(whole)
        addressed = [names for p in pieces[: number + 1] if (names := _begins_with(p, subjects))]
        if (
            runs
            and runs[-1][-2:] in piece
            and all(_stands(run, scope) or _stands(run, heading) for run in runs)
            and (not named or (bool(addressed) and set(named) <= set(addressed[-1])))
        ):
            return True
    return False


def _begins_with(piece: str, subjects: re.Pattern[str]) -> list[str]:
    """The names that a piece begins with: 各甲、乙…"""
    names: list[str] = []
    at = re.match(r"(?:辖内|全省|各级?|:)*", piece).end()  # type: ignore[union-attr]
    while match := subjects.match(piece, at):
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
