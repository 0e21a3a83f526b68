"""What a text states of itself: title, 文种, 发文机关, 文号, dates, 有效期, region; each with its place.

A fact that the text does not state is absent; nothing is guessed from the file's name.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from assistant.parsing.layout import DATE, is_agency
from assistant.schema.document import Clause, HeaderFact, Level, Span
from assistant.text.folding import squeeze
from assistant.text.numerals import parse_numeral

_GENRE = re.compile(
    r"(?:通知|意见|办法|规定|条例|细则|决定|公告|通告|通报|批复|复函|函|纪要|指引|方案|规划|计划|要点|措施|准则|规则|制度|命令|令|解释|"
    r"答复|问答|公报|决议|报告|纲要|章程)$"
)
_TRIAL = re.compile(r"(?:[（(〔][^（()）]{1,20}[）)〕])+$")
_GAP = r"[ \t\u3000\u2002\u00a0]{0,3}"
_NUMBER = re.compile(
    rf"(?:[一-龥]{{0,30}}?(?:令|公告|通告|字|发|函|办|规|号|便|复|通|银|监|保|厅|行|财|税|政|文|告|[一-龥]))?{_GAP}[〔\[［（(【]{_GAP}(?:[1１][9９]|[2２][0０])\d{{2}}{_GAP}[〕\]］）)】]"
    rf"{_GAP}(?:年{_GAP})?(?:第{_GAP})?[\dO○〇]{{1,5}}{_GAP}号(?:令|公告)?"
    rf"|[一-龥]{{0,30}}(?:[1１][9９]|[2２][0０])\d{{2}}{_GAP}年{_GAP}第{_GAP}[\d一二三四五六七八九十百]{{1,6}}{_GAP}号(?:令|公告)?"
    rf"|[一-龥]{{0,30}}(?:令|公告){_GAP}第{_GAP}[\d一二三四五六七八九十百〇零]{{1,7}}{_GAP}号"
)
_PREFIX_DATE = re.compile(r"^.*[日自据由经以]")
_DATES = re.compile(DATE)
_EFFECT = re.compile(
    rf"自{_GAP}(?P<day>{DATE}){_GAP}(?:起|开始){_GAP}(?:正式)?(?:施行|实施|执行|生效|起施行)|自(?:公布|发布|印发|颁布|下发|签发)之日起"
    rf"(?:满?{_GAP}(?P<days>[\d一二三四五六七八九十]{{1,4}}){_GAP}(?P<unit>日|个月|个工作日)后?)?(?:正式)?(?:施行|实施|执行|生效)"
)
_EXPIRY = re.compile(
    rf"有效期(?:限)?(?:为|至|到|截至|自[^，。]{{0,30}}?至)?{_GAP}(?:(?P<day>{DATE})|(?P<years>[\d一二三四五六七八九十两]{{1,3}}){_GAP}年)|"
    rf"(?:有效期(?:限)?|执行|实施|施行)[^，。]{{0,4}}?至{_GAP}(?P<until>{DATE})"
)
_PUBLISHED = re.compile(r"公布|发布|印发|颁布|通过")
_REVISED = re.compile(r"修订|修正|修改")
_IN_FORCE = re.compile(r"施行|实施|生效|执行")
_PORTAL = re.compile(
    rf"(?P<name>成文日期|发文日期|发布日期|发布时间|生成日期|公开日期|生效日期){_GAP}[：:]{_GAP}(?P<day>{DATE}|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}})"
)
_PORTAL_AGENCY = re.compile(rf"(?:发文机[关构]|发布机构){_GAP}[：:]{_GAP}([一-龥 ]{{4,40}})")
_TITLE_AGENCY = re.compile(r"^#*\s*([^《》]{4,120}?)(?:关于|印发|发布|转发|公布|办公室关于)")
_NOTE_AGENCY = re.compile(
    rf"{DATE}\s{{0,4}}(?:第[一二三四五六七八九十]{{1,4}}届)?(?P<agency>[一-龥]{{2,40}}?)(?:第[\d一二三四五六七八九十百]{{1,5}}(?:次[一-龥]{{0,8}}会议|号)|令|公告|发布|公布|会议)"
)
_REGION = re.compile(
    r"北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|"
    r"内蒙古|广西|西藏|宁夏|新疆|深圳|大连|宁波|厦门|青岛"
)
_MAX_HEAD, _MAX_NOTES = 2000, 20  # code points of a head line, notes: what a head may hold
_DIGITS = {**{c: n for n, c in enumerate("〇一二三四五六七八九")}, **dict.fromkeys("○OoＯ零0", 0)}


def read_header(clauses: Sequence[Clause], text: str) -> tuple[HeaderFact, ...]:
    """The facts that the text states, at most one of a name but `issuer`, `revised` and `repeals`."""
    head = _Head(clauses, text)
    facts = [
        *head.title_and_kind(),
        *head.issuers(),
        *head.document_number(),
        *head.days(),
    ]
    return tuple(facts)


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


def revisions(facts: Sequence[HeaderFact]) -> tuple[date, ...]:
    """The days of amendment, in order."""
    return tuple(sorted({date.fromisoformat(f.value) for f in facts if f.name == "revised"}))


def fact(facts: Sequence[HeaderFact], name: str) -> HeaderFact | None:
    """The first fact of that name."""
    return next((f for f in facts if f.name == name), None)


class _Head:
    """The leaves of a text that speak of the text."""

    def __init__(self, clauses: Sequence[Clause], text: str) -> None:
        self.text = text
        self.title = next((c for c in clauses if c.level is Level.TITLE), None)
        self.issued = next((c for c in clauses if c.level is Level.ISSUED), None)
        main = [c for c in clauses if c.level is not Level.ATTACHMENT]
        self.notes = [c for c in main if c.level is Level.NOTE]
        if self.issued is not None:
            self.notes += [c for c in self.issued.children if c.level is Level.NOTE]
        self.signatures = [c for c in main if c.level is Level.SIGNATURE]
        self.asked = any(c.level is Level.QUESTION for root in clauses for c in root.walk())
        self.body = [
            leaf
            for root in main
            for leaf in root.leaves()
            if leaf.level
            not in (Level.TITLE, Level.NOTE, Level.SIGNATURE, Level.RECIPIENT, Level.LABEL, Level.TABLE_ROW)
        ]

    # --- title, kind ---

    def title_and_kind(self) -> Iterator[HeaderFact]:
        found = self.title
        words = found.heading if found else None
        if self.issued is not None and self.issued.heading and (words is None or words.endswith(("令", "号"))):
            found, words = self.issued.children[0], self.issued.heading
            label = next((c for c in self.issued.children if c.level is Level.LABEL), found)
            found = label
        if found is None or not words:
            return
        yield HeaderFact(name="title", value=words, span=found.span)
        genre = genre_of(words) or ("问答" if self.asked else None)
        if genre:
            yield HeaderFact(name="kind", value=genre, span=found.span)

    # --- agencies ---

    def issuers(self) -> Iterator[HeaderFact]:
        found = self._signed() or self._titled() or self._flagged() or self._noted()
        seen: set[str] = set()
        for name, span in found:
            if name not in seen:
                seen.add(name)
                yield HeaderFact(name="issuer", value=name, span=span)
        yield from self._region(found)

    def _region(self, issuers: Sequence[tuple[str, Span]]) -> Iterator[HeaderFact]:
        """The province or city that an issuer's name or the title names."""
        spans = [span for _, span in issuers] + ([self.title.span] if self.title else [])
        for span in spans:
            if match := _REGION.search(self.text, span.start, min(span.end, span.start + _MAX_HEAD)):
                yield HeaderFact(name="region", value=match[0], span=Span(match.start(), match.end()))
                return

    def _signed(self) -> list[tuple[str, Span]]:
        out: list[tuple[str, Span]] = []
        for leaf in self.signatures:
            at = leaf.span.start
            for line in leaf.text.split("\n"):
                words = _DATES.sub("", line).strip()
                if (
                    is_agency(words, 2)
                    and not re.match(r"\S{2,4}[\s：:]", words)
                    and not re.search(r"[：:]|印发", line)
                ):
                    start = at + line.index(words[0])
                    out += [(squeeze(n), s) for n, s in _split_agencies(words, start)]
                at += len(line) + 1
        return out

    def _titled(self) -> list[tuple[str, Span]]:
        if self.title is None or not (match := _TITLE_AGENCY.match(self.title.text)):
            return []
        words = match[1].strip()
        start = self.title.span.start + match.start(1)
        pieces = _split_agencies(words, start)
        return [(squeeze(n), s) for n, s in pieces] if all(is_agency(squeeze(n), 2) for n, _ in pieces) else []

    def _flagged(self) -> list[tuple[str, Span]]:
        candidates = [*self.notes[:_MAX_NOTES], *([self.title] if self.title else [])]
        out: list[tuple[str, Span]] = []
        for leaf in candidates:
            at = leaf.span.start
            for line in leaf.text.split("\n"):
                words = squeeze(re.sub(r"(?:文件|令|公告)\s*$", "", line.strip())).lstrip("#")
                if agency := _PORTAL_AGENCY.search(line):
                    out.append((squeeze(agency[1]), Span(at + agency.start(1), at + agency.end(1))))
                elif is_agency(words) and not _NUMBER.search(line):
                    start = at + len(line) - len(line.lstrip())
                    out.append(
                        (
                            words.removeprefix("中华人民共和国") if line.strip().endswith("令") else words,
                            Span(start, start + len(line.strip())),
                        )
                    )
                at += len(line) + 1
        return out

    def _noted(self) -> list[tuple[str, Span]]:
        found = None
        for leaf in self.notes[:_MAX_NOTES]:
            for match in _NOTE_AGENCY.finditer(self.text, leaf.span.start, leaf.span.end):
                name = match["agency"].removeprefix("中华人民共和国")
                if is_agency(name) or name.endswith(("国务院", "代表大会", "委员会")):
                    found = (name, Span(match.start("agency"), match.end("agency")))
                    break
        return [found] if found else []

    # --- number ---

    def document_number(self) -> Iterator[HeaderFact]:
        found = [f for leaf in self.notes[:_MAX_NOTES] for f in self._numbers_in(leaf)]
        if not found and self.title is not None:
            found = self._numbers_in(self.title)
        if not found:
            return
        republished = len(found) > 1 and any(_REVISED.search(self.text, f.span.end, f.span.end + 8) for f in found[-1:])
        effect = republished and _IN_FORCE.search(self.text, found[-1].span.end, found[-1].span.end + 60)
        yield found[-1] if effect else found[0]

    def _numbers_in(self, leaf: Clause) -> list[HeaderFact]:
        out: list[HeaderFact] = []
        for match in _NUMBER.finditer(self.text, leaf.span.start, min(leaf.span.end, leaf.span.start + _MAX_HEAD)):
            raw = match[0]
            cut = _PREFIX_DATE.match(raw.split("〔")[0]) if not re.match(r"\d", raw) else None
            start = match.start() + (cut.end() if cut and cut.end() < len(raw) - 3 else 0)
            words = self.text[start : match.end()]
            if re.search(r"根据|决定|会议", words):
                continue
            start, words = self._with_flag(start, words)
            out.append(HeaderFact(name="document_number", value=number_form(words), span=Span(start, match.end())))
        return out

    def _with_flag(self, start: int, words: str) -> tuple[int, str]:
        """中国人民银行令 on the line above 〔2024〕第3号 belongs to the number."""
        if not re.match(r"[〔\[［（(【第\d]", words.strip()):
            return start, words
        line_start = self.text.rfind("\n", 0, start)
        if line_start < 0 or self.text[line_start:start].strip(" \t\u3000\n"):
            return start, words
        above = self.text[max(0, line_start - 40) : line_start].rstrip()
        match = re.search(r"(?:^|\n)[ \t\u3000#]*([一-龥]{2,24}(?:令|公告))$", above)
        if not match or "关于" in match[1]:
            return start, words
        first = max(0, line_start - 40) + match.start(1)
        return first, match[1] + words

    # --- days ---

    def days(self) -> Iterator[HeaderFact]:
        published, revised, effective = self._noted_days()
        issued = (
            self._signed_day()
            or next(iter(revised[-1:]), None)
            or next(iter(published[-1:]), None)
            or self._portal_day()
        )
        if issued is not None:
            yield HeaderFact(name="issued", value=issued.value, span=issued.span)
        yield from revised
        if published and published[-1] is not issued:
            yield published[-1]
        force = effective or self._force(issued)
        if force is not None:
            yield force
        yield from self._expiry(force or issued)

    def _noted_days(self) -> tuple[list[HeaderFact], list[HeaderFact], HeaderFact | None]:
        published: list[HeaderFact] = []
        revised: list[HeaderFact] = []
        effective: HeaderFact | None = None
        for leaf in self.notes[:_MAX_NOTES]:
            matches = list(_DATES.finditer(self.text, leaf.span.start, leaf.span.end))
            for number, match in enumerate(matches):
                end = matches[number + 1].start() if number + 1 < len(matches) else leaf.span.end
                day = day_of(match[0])
                if day is None:
                    continue
                behind = self.text[match.end() : end]
                before = self.text[max(leaf.span.start, match.start() - 2) : match.start()]
                fact = HeaderFact(name="", value=day.isoformat(), span=Span(match.start(), match.end()))
                if "自" in before or re.match(r"\s*起?\s*(?:起)?(?:施行|实施|生效)", behind):
                    effective = _named(fact, "effective")
                elif _REVISED.search(behind) and not re.search(r"公布|发布", behind[:30].split("修")[0]):
                    revised.append(_named(fact, "revised"))
                elif _PUBLISHED.search(behind) or (not published and not behind.strip(" \t\u3000\n）)")):
                    published.append(_named(fact, "published"))
        return published, revised, effective

    def _signed_day(self) -> HeaderFact | None:
        for leaf in self.signatures:
            at = leaf.span.start
            for line in leaf.text.split("\n"):
                match = _DATES.search(line)
                if match and "印发" not in line and (day := day_of(match[0])):
                    return HeaderFact(
                        name="issued", value=day.isoformat(), span=Span(at + match.start(), at + match.end())
                    )
                at += len(line) + 1
        return None

    def _portal_day(self) -> HeaderFact | None:
        for leaf in self.notes[:_MAX_NOTES]:
            for match in _PORTAL.finditer(self.text, leaf.span.start, leaf.span.end):
                if match["name"] != "生效日期" and (day := day_of(match["day"])):
                    return HeaderFact(
                        name="issued", value=day.isoformat(), span=Span(match.start("day"), match.end("day"))
                    )
        return None

    def _force(self, issued: HeaderFact | None) -> HeaderFact | None:
        """「自…起施行」 of the last article or paragraph that says so of the whole text."""
        for leaf in reversed(self.body):
            if "起" not in leaf.text:
                continue
            for match in _EFFECT.finditer(self.text, leaf.span.start, leaf.span.end):
                day = _effective_day(match, issued)
                if day is not None and _speaks_of_itself(self.text, leaf.span.start, match.start()):
                    return HeaderFact(name="effective", value=day.isoformat(), span=Span(match.start(), match.end()))
        return None

    def _expiry(self, begin: HeaderFact | None) -> Iterator[HeaderFact]:
        for leaf in reversed(self.body):
            if "有效期" not in leaf.text and "至" not in leaf.text:
                continue
            for match in _EXPIRY.finditer(self.text, leaf.span.start, leaf.span.end):
                if not _speaks_of_itself(self.text, leaf.span.start, match.start()):
                    continue
                day = day_of(match["day"] or match["until"]) if match["day"] or match["until"] else None
                if match["years"] and begin is not None:
                    first = date.fromisoformat(begin.value)
                    day = _years_later(first, _small(match["years"])) - timedelta(days=1)
                if day is not None:
                    yield HeaderFact(name="expires", value=day.isoformat(), span=Span(match.start(), match.end()))
                    return


def genre_of(title: str) -> str | None:
    """The 文种 that a title ends with: 通知, 意见, 办法, …; 法律 for 某法."""
    words = _TRIAL.sub("", squeeze(title).rstrip("》〉"))
    words = _TRIAL.sub("", words)
    if match := _GENRE.search(words):
        return match[0]
    return "法律" if words.endswith(("法", "法典")) or re.search(r"法典.{1,4}编$", words) else None


def number_form(words: str) -> str:
    """A 文号 in one form: blanks out, ASCII digits, 〔〕 around a bracketed year, without 中华人民共和国."""
    plain = squeeze(words).translate(str.maketrans("０１２３４５６７８９", "0123456789")).removeprefix("中华人民共和国")
    plain = re.sub(r"[〔\[［（(【](\d{4})[〕\]］）)】]", r"〔\1〕", plain)
    return re.sub(r"(?<=[〕第\d])[O○〇](?=[\dO○〇]*号)", "0", plain)


def _named(fact: HeaderFact, name: str) -> HeaderFact:
    return HeaderFact(name=name, value=fact.value, span=fact.span)


def _split_agencies(words: str, start: int) -> list[tuple[str, Span]]:
    """Agencies that share a line; 中国 人民 银行 with blanks for looks is one."""
    pieces = list(re.finditer(r"[^\s、]+", words))
    if len(pieces) > 1 and all(len(m[0]) >= 3 and is_agency(m[0]) for m in pieces):
        return [(m[0], Span(start + m.start(), start + m.end())) for m in pieces]
    return [(words, Span(start, start + len(words)))]


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


_OF_ITSELF = re.compile(
    r"本(?:法|条例|办法|规定|细则|通知|意见|决定|公告|方案|指引|准则|规则|通告|制度|措施|解释|文件)|^\s*(?:现|特)?[，,]?\s*$|以上|上述"
)


def _speaks_of_itself(text: str, start: int, at: int) -> bool:
    """Whether the sentence in which a date of effect stands speaks of this text, not of another or of one case."""
    begin = max(start, text.rfind("。", start, at) + 1)
    before = text[begin:at]
    return (
        _OF_ITSELF.search(before) is not None
        or (len(before) < 40 and "《" not in before and "的" not in before)
        or re.search(r"现予|予以公布|现将|印发", before) is not None
    )
