"""Days: made, published, revised, in force, out of force."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta

from assistant.parsing.facts.leaves import GAP, MAX_NOTES, Leaves
from assistant.parsing.lines.agencies import DATE
from assistant.parsing.wordlists import titles
from assistant.schema.document import HeaderFact, Span
from assistant.text.folding import squeeze
from assistant.text.numerals import parse_numeral

DATES = re.compile(DATE)
_EFFECT = re.compile(
    rf"自{GAP}(?P<day>{DATE}){GAP}(?:起|开始){GAP}(?:正式)?(?:施行|实施|执行|生效|起施行)|自(?:公布|发布|印发|颁布|下发|签发)之日起"
    rf"(?:满?{GAP}(?P<days>[\d一二三四五六七八九十]{{1,4}}){GAP}(?P<unit>日|个月|个工作日)后?)?(?:正式)?(?:施行|实施|执行|生效)"
)
_EXPIRY = re.compile(
    rf"有效期(?:限)?(?:为|至|到|截至|自[^，。]{{0,30}}?至)?{GAP}(?:(?P<day>{DATE})|(?P<years>[\d一二三四五六七八九十两]{{1,3}}){GAP}年)|"
    rf"(?:有效期(?:限)?|执行|实施|施行)[^，。]{{0,4}}?至{GAP}(?P<until>{DATE})"
)
_PUBLISHED = re.compile(r"公布|发布|印发|颁布|通过")
_REVISED = re.compile(r"修订|修正|修改")
_PORTAL = re.compile(
    rf"(?P<name>成文日期|发文日期|发布日期|发布时间|生成日期|公开日期|生效日期){GAP}[：:]{GAP}(?P<day>{DATE}|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}})"
)
_ENDED = "|".join(map(re.escape, titles().ended))
_DIGITS = {**{c: n for n, c in enumerate("〇一二三四五六七八九")}, **dict.fromkeys("○OoＯ零0", 0)}
_SELF = r"本(?:法|条例|办法|规定|细则|通知|意见|决定|公告|方案|指引|准则|规则|规程|通告|制度|措施|解释|文件)"
_OWN_SUBJECT = re.compile(rf"(?:{_SELF}|以上|上述(?:规定|措施|政策)?|政策|文件|试点)?(?:自{GAP}{DATE}{GAP}起)?(?:的)?")
_TAKES_EFFECT = re.compile(
    rf"(?:第[一二三四五六七八九十百]{{1,5}}条\s*|[（(]?[一二三四五六七八九十]{{1,3}}[）)、]\s*)?(?:{_SELF}|以上|上述|政策|文件|现予|现将|印发|特此"
    rf"|自{GAP}(?:{DATE}|公布|发布|印发|颁布|下发|签发|[12]\d{{3}}))"
)
_OF_ITSELF = re.compile(
    r"本(?:法|条例|办法|规定|细则|通知|意见|决定|公告|方案|指引|准则|规则|通告|制度|措施|解释|文件)|^\s*(?:现|特)?[，,]?\s*$|以上|上述"
)


def days(leaves: Leaves) -> Iterator[HeaderFact]:
    """Every day that the text states of itself."""
    published, revised, effective = _noted_days(leaves)
    issued = (
        _signed_day(leaves) or next(iter(revised[-1:]), None) or next(iter(published[-1:]), None) or _portal_day(leaves)
    )
    if issued is not None:
        yield HeaderFact(name="issued", value=issued.value, span=issued.span)
    yield from revised
    if published and published[-1] is not issued:
        yield published[-1]
    force = effective or _force(leaves, issued)
    if force is not None:
        yield force
    yield from _expiry(leaves, force or issued)


def _noted_days(leaves: Leaves) -> tuple[list[HeaderFact], list[HeaderFact], HeaderFact | None]:
    published: list[HeaderFact] = []
    revised: list[HeaderFact] = []
    effective: HeaderFact | None = None
    for leaf in leaves.notes[:MAX_NOTES]:
        matches = list(DATES.finditer(leaves.text, leaf.span.start, leaf.span.end))
        for number, match in enumerate(matches):
            end = matches[number + 1].start() if number + 1 < len(matches) else leaf.span.end
            day = day_of(match[0])
            if day is None:
                continue
            behind = leaves.text[match.end() : end]
            if re.match(rf"{GAP}起?{GAP}(?:予以|同时)?(?:{_ENDED})", behind):
                continue
            before = leaves.text[max(leaf.span.start, match.start() - 2) : match.start()]
            fact = HeaderFact(name="", value=day.isoformat(), span=Span(match.start(), match.end()))
            if "自" in before or re.match(r"\s*起?\s*(?:起)?(?:施行|实施|生效)", behind):
                effective = _named(fact, "effective")
            elif _REVISED.search(behind) and not re.search(r"公布|发布", behind[:30].split("修")[0]):
                revised.append(_named(fact, "revised"))
            elif _PUBLISHED.search(behind) or (not published and not behind.strip(" \t\u3000\n）)")):
                published.append(_named(fact, "published"))
    return published, revised, effective


def _signed_day(leaves: Leaves) -> HeaderFact | None:
    for leaf in leaves.signatures:
        at = leaf.span.start
        for line in leaf.text.split("\n"):
            match = DATES.search(line)
            if match and "印发" not in line and (day := day_of(match[0])):
                return HeaderFact(name="issued", value=day.isoformat(), span=Span(at + match.start(), at + match.end()))
            at += len(line) + 1
    return None


def _portal_day(leaves: Leaves) -> HeaderFact | None:
    for leaf in leaves.notes[:MAX_NOTES]:
        for match in _PORTAL.finditer(leaves.text, leaf.span.start, leaf.span.end):
            if match["name"] != "生效日期" and (day := day_of(match["day"])):
                return HeaderFact(name="issued", value=day.isoformat(), span=Span(match.start("day"), match.end("day")))
    return None


def _force(leaves: Leaves, issued: HeaderFact | None) -> HeaderFact | None:
    """「自…起施行」 of the last article or paragraph that says so of the whole text."""
    for leaf in reversed(leaves.body):
        if "起" not in leaf.text:
            continue
        for match in _EFFECT.finditer(leaves.text, leaf.span.start, leaf.span.end):
            day = _effective_day(match, issued)
            if day is not None and _speaks_of_itself(leaves.text, leaf.span.start, match.start()):
                return HeaderFact(name="effective", value=day.isoformat(), span=Span(match.start(), match.end()))
    return None


def _expiry(leaves: Leaves, begin: HeaderFact | None) -> Iterator[HeaderFact]:
    for leaf in reversed(leaves.body):
        if "有效期" not in leaf.text and "至" not in leaf.text:
            continue
        for match in _EXPIRY.finditer(leaves.text, leaf.span.start, leaf.span.end):
            if not _is_own_term(leaves.text, leaf.span.start, match.start()):
                continue
            day = day_of(match["day"] or match["until"]) if match["day"] or match["until"] else None
            if match["years"] and begin is not None:
                first = date.fromisoformat(begin.value)
                day = _years_later(first, _small(match["years"])) - timedelta(days=1)
            if day is not None:
                yield HeaderFact(name="expires", value=day.isoformat(), span=Span(match.start(), match.end()))
                return


def day_of(words: str) -> date | None:
    """The day that `words` begin with or are, in Arabic or Chinese digits; `None` when there is no such day.

    >>> day_of("二○二四年十二月三十一日"), day_of("2024年 5月6日")
    (datetime.date(2024, 12, 31), datetime.date(2024, 5, 6))
    """
    plain = squeeze(words)
    match = re.search(
        r"(\d{4}|[一二三四五六七八九〇○OoＯ零0]{4})[年\-/.](\d{1,2}|[^月\-/.]{1,3})[月\-/.](\d{1,2}|[^日]{1,3})日?",
        plain,
    )
    if not match:
        return None
    year = int(match[1]) if match[1].isdigit() else int("".join(str(_DIGITS[c]) for c in match[1]))
    month, day = _small(match[2]), _small(match[3])
    if not (1 <= month <= 12 and year >= 1000 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return None
    return date(year, month, day)


def _small(words: str) -> int:
    value = parse_numeral(re.sub(r"[○OoＯ]", "〇", words))
    return int(value) if value is not None else 0


def _named(fact: HeaderFact, name: str) -> HeaderFact:
    return HeaderFact(name=name, value=fact.value, span=fact.span)


def _effective_day(match: re.Match[str], issued: HeaderFact | None) -> date | None:
    if match["day"]:
        return day_of(match["day"])
    if issued is None:
        return None
    first = date.fromisoformat(issued.value)
    if not match["days"]:
        return first
    count = _small(match["days"])
    if match["unit"] == "日":
        return first + timedelta(days=count)
    return _months_later(first, count) if match["unit"] == "个月" else None


def _months_later(first: date, months: int) -> date:
    month = first.month - 1 + months
    year, month = first.year + month // 12, month % 12 + 1
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def _years_later(first: date, years: int) -> date:
    return _months_later(first, 12 * years)


def _is_own_term(text: str, start: int, at: int) -> bool:
    """Whether 有效期 is that of this text, and not of a certificate, a contract or an offer it speaks of.

    Its subject is 本办法, or it goes on from a sentence on when this text takes effect.
    """
    begin = max(start, text.rfind("。", start, at) + 1)
    before = text[begin:at]
    subject = re.split(r"[，,；;（(]", before)[-1].strip()
    if subject and not _OWN_SUBJECT.fullmatch(subject):
        return False
    if before.strip():
        return _TAKES_EFFECT.match(before.strip()) is not None
    earlier = text[max(0, begin - 120) : begin].rstrip("。\n \u3000").rpartition("。")[2].strip()
    return _TAKES_EFFECT.search(earlier) is not None


def _speaks_of_itself(text: str, start: int, at: int) -> bool:
    """Whether the sentence in which a date of effect stands speaks of this text, not of another or of one case."""
    begin = max(start, text.rfind("。", start, at) + 1)
    before = text[begin:at]
    return (
        _OF_ITSELF.search(before) is not None
        or (len(before) < 40 and "《" not in before and "的" not in before)
        or re.search(r"现予|予以公布|现将|印发", before) is not None
    )
