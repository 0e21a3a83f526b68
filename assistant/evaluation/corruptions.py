"""True statements of a corpus and the same statements spoilt: how many does the proof tell apart?

    documents → sentences → true variants (whole, part, item of a list, figures in other numerals, …)
                          → corruptions (another figure, 可以 for 应当, 保险人 for 投保人, a title that looks alike, …)

Everything is drawn with a seed, so the same corpus gives the same cases. What a corruption happens to
leave true is left out: a figure that the cited clause states too, a clause that says the same, a title
that a document of the library bears.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt

from assistant.indexing.cut import cut
from assistant.parsing.addresses import bare_title, parse_address, resolve_title
from assistant.proof.verifier import Claim, Verifier
from assistant.schema.answer import Verdict
from assistant.schema.chunk import Chunk, ChunkKind
from assistant.schema.document import Document, DocumentKind, Level
from assistant.text.numerals import parse_numeral, to_han

TRUE_KINDS = ("whole", "part", "item", "numerals", "paraphrase", "quote", "fields")
FALSE_KINDS = ("number", "date", "modality", "subject", "title", "clause", "version", "quote")
_LENGTHS = range(14, 161)  # code points of a sentence that is used


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofCase:
    """A claim of which it is known whether it is true."""

    id: str
    kind: str
    document_id: str
    claim: Claim
    true: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share with its 95 % interval (Wilson)."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofReport:
    """What came of a set of cases."""

    detected: Mapping[str, Rate]  # by kind of corruption, and "all"
    false_alarms: Mapping[str, Rate]  # by kind of true variant, and "all"
    verdicts: Mapping[str, Mapping[str, int]]  # kind → verdict → count; true kinds bear a + before them
    wrong: tuple[tuple[ProofCase, Verdict, str], ...]  # what was judged wrongly, with the reason given


def wilson(hits: int, of: int) -> Rate:
    """The share of `hits` with its interval.

    Source: E. B. Wilson (1927), the score interval for a binomial proportion, z = 1.96.

    >>> round(wilson(98, 100).low, 3), round(wilson(98, 100).high, 3)
    (0.93, 0.994)
    """
    if not of:
        return Rate(hits=0, of=0, low=0.0, high=1.0)
    z2, share = 1.96**2, hits / of
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = 1.96 * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Rate(hits=hits, of=of, low=max(0.0, middle - half), high=min(1.0, middle + half))


def judge(
    cases: Sequence[ProofCase], verifier: Verifier, *, progress: Callable[[int, int], None] | None = None
) -> ProofReport:
    """Put every case to the proof."""
    verdicts: dict[str, Counter[str]] = {}
    wrong = []
    for done, case in enumerate(cases, start=1):
        checked = verifier.check(case.claim)
        verdict = checked.verdict or Verdict.UNSUPPORTED
        verdicts.setdefault(f"+{case.kind}" if case.true else case.kind, Counter())[verdict.value] += 1
        if case.true != (verdict is Verdict.OK):
            wrong.append((case, verdict, checked.reason))
        if progress is not None:
            progress(done, len(cases))
    accepted = {kind: (found[Verdict.OK.value], found.total()) for kind, found in verdicts.items()}
    detected = {k: wilson(of - ok, of) for k, (ok, of) in accepted.items() if not k.startswith("+")}
    alarms = {k[1:]: wilson(of - ok, of) for k, (ok, of) in accepted.items() if k.startswith("+")}
    return ProofReport(
        detected={"all": _summed(detected.values()), **detected},
        false_alarms={"all": _summed(alarms.values()), **alarms},
        verdicts={kind: dict(found) for kind, found in verdicts.items()},
        wrong=tuple(wrong),
    )


def _summed(rates: Iterable[Rate]) -> Rate:
    rates = list(rates)
    return wilson(sum(r.hits for r in rates), sum(r.of for r in rates))


def proof_report(
    documents: Sequence[Document],
    verifier: Verifier,
    *,
    most_true: int = 1500,
    most_false: int = 2600,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, ProofReport]:
    """The reports on all cases and on each half of the documents.

    The rules were tuned on the documents of even place in the order of their ids (`tuned`); those of odd
    place (`held`) tell whether they fit others.
    """
    ordered = sorted(documents, key=lambda d: d.id)
    cases = make_cases(ordered, most_true=most_true, most_false=most_false)
    tuned = {d.id for d in ordered[::2]}
    first = judge([c for c in cases if c.document_id in tuned], verifier, progress=progress)
    second = judge([c for c in cases if c.document_id not in tuned], verifier, progress=progress)
    return {"all": _together(first, second), "tuned": first, "held": second}


def _together(first: ProofReport, second: ProofReport) -> ProofReport:
    def rates(a: Mapping[str, Rate], b: Mapping[str, Rate]) -> dict[str, Rate]:
        return {kind: _summed(side[kind] for side in (a, b) if kind in side) for kind in dict.fromkeys((*a, *b))}

    kinds = dict.fromkeys((*first.verdicts, *second.verdicts))
    return ProofReport(
        detected=rates(first.detected, second.detected),
        false_alarms=rates(first.false_alarms, second.false_alarms),
        verdicts={
            kind: dict(Counter(first.verdicts.get(kind, {})) + Counter(second.verdicts.get(kind, {}))) for kind in kinds
        },
        wrong=(*first.wrong, *second.wrong),
    )


def report_fields(report: ProofReport) -> dict[str, object]:
    """A report as plain values, for JSON; wrong judgements by id, without their words."""

    def rates(found: Mapping[str, Rate]) -> dict[str, object]:
        return {
            kind: {
                "hits": r.hits,
                "of": r.of,
                "rate": round(r.share, 4),
                "low": round(r.low, 4),
                "high": round(r.high, 4),
            }
            for kind, r in found.items()
        }

    return {
        "detected": rates(report.detected),
        "false_alarms": rates(report.false_alarms),
        "verdicts": {kind: dict(found) for kind, found in report.verdicts.items()},
        "wrong": [
            {"id": case.id, "document": case.document_id, "verdict": verdict.value} for case, verdict, _ in report.wrong
        ],
    }


# --- sentences ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fact:
    """A sentence of a document and where it stands."""

    document: Document
    words: str  # without its full stop; an item with the words it goes on from
    unit: str  # 第十二条
    address: str  # the smallest clause: 第十二条第二款
    item: bool

    @property
    def clause(self) -> str:
        found = self.document.find(self.unit)
        return found.text if found else ""


def facts(document: Document) -> tuple[_Fact, ...]:
    """The sentences of `document` that can be told by themselves."""
    found = []
    for chunk in cut(document):
        words = _tellable(chunk)
        if words is not None:
            item = chunk.lead != ""
            found.append(_Fact(document, words, chunk.unit, chunk.address, item))
    return tuple(found)


_ITEM_NUMBER = re.compile(r"^[（(][一二三四五六七八九十]+[）)]")


def _tellable(chunk: Chunk) -> str | None:
    if chunk.kind is not ChunkKind.SENTENCE or chunk.unit in ("标题", "序言") or not parse_address(chunk.unit):
        return None
    lead = chunk.lead if not chunk.lead or chunk.lead.endswith(("：", ":")) else None
    if lead is None or chunk.plain.startswith(("前款", "但是", "但", "其中", "上述", "前项", "具体")):
        return None
    words = chunk.lead + (_ITEM_NUMBER.sub("", chunk.plain) if chunk.lead else chunk.plain)
    words = words.rstrip("。；;：:")
    return words if len(words) in _LENGTHS and "\n" not in words else None


# --- ways to cite -------------------------------------------------------------------------------


def _name(document: Document, rng: random.Random) -> str:
    """How a colleague names the document."""
    title = document.meta.title
    if document.meta.kind is DocumentKind.NOTICE:
        return rng.choice((f"《{title}》", "《通知》", "通知", f"{document.meta.region or ''}2024年小微通知"))
    short = re.sub(r"（[^（）]*节选）$", "", bare_title(title))
    return rng.choice(
        (
            f"《{short}》",
            f"《{short}》",
            short,
            f"《中华人民共和国{short}》" if title.startswith("中华") else f"《{short}》",
        )
    )


def _place(address: str, rng: random.Random) -> str:
    """The address in one of its usual forms."""
    if len(address) == 1:
        return f"第{address}部分"
    if rng.random() < 0.3:
        return re.sub(
            r"第([一二三四五六七八九十百千零]+)(?=[条款])", lambda m: f"第{int(parse_numeral(m[1]) or 0)}", address
        )
    if re.match(r"[一二三四五六]、（", address):
        return rng.choice(
            (
                address,
                address.replace("、（", "（"),
                f"第{address[0]}部分第{address[2:]}项",
                f"第{address[2:]}条" if False else address[2:],
            )
        )
    return address


_FORMS: Sequence[Callable[[str, str], str]] = (
    lambda words, cite: f"{words}（见{cite}）。",
    lambda words, cite: f"{words}（{cite}）。",
    lambda words, cite: f"{cite}规定，{words}。",
    lambda words, cite: f"根据{cite}，{words}。",
    lambda words, cite: f"{cite}：{words}。",
    lambda words, cite: f"{words}——{cite}",
    lambda words, cite: f"按照{cite}的规定，{words}。",
    lambda words, cite: f"{cite}明确：{words}。",
)


def _told(fact: _Fact, words: str, rng: random.Random, *, cite: str | None = None) -> str:
    address = fact.address if parse_address(fact.address) and rng.random() < 0.5 else fact.unit
    if "段" in address:
        address = fact.unit
    named = cite or f"{_name(fact.document, rng)}{_place(address, rng)}"
    return rng.choice(_FORMS)(words, named)


def _day(document: Document) -> date | None:
    """A day on which an old version was in force; `None` for one that is."""
    meta = document.meta
    return meta.expired_on - timedelta(days=200) if meta.expired_on else None


# --- true variants ------------------------------------------------------------------------------


def true_variants(fact: _Fact, rng: random.Random) -> Iterator[tuple[str, Claim]]:
    """The statement, told truly in several ways."""
    day = _day(fact.document)
    yield ("item" if fact.item else "whole"), Claim(text=_told(fact, fact.words, rng), as_of=day)
    if part := _first_part(fact.words):
        yield "part", Claim(text=_told(fact, part, rng), as_of=day)
    if (other := _other_numerals(fact.words)) != fact.words:
        yield "numerals", Claim(text=_told(fact, other, rng), as_of=day)
    if (other := _reworded(fact.words, rng)) != fact.words:
        yield "paraphrase", Claim(text=_told(fact, other, rng), as_of=day)
    if not fact.item and not re.search(r"[“”]", fact.words):
        yield "quote", Claim(text=_told(fact, f"“{fact.words}”", rng), as_of=day)
        yield (
            "fields",
            Claim(text=f"{fact.words}。", doc=fact.document.id, address=fact.unit, as_of=day, quote=fact.words),
        )


def _first_part(words: str) -> str | None:
    """The beginning up to a comma after which the sentence could end."""
    places = [
        m.start()
        for m in re.finditer("[，；]", words)
        if m.start() >= 14 and not words[: m.start()].endswith(("的", "后", "前", "时"))
    ]
    return words[: places[-1]] if places and "：" not in words else None


_COUNTED = re.compile(r"(\d+)(?=个?[年月日天元倍人次周])|([一二三四五六七八九十百]+)(?=个?工?作?[年月日倍人]|万元)")


def _other_numerals(words: str) -> str:
    """30日 for 三十日 and the other way round, 30% for 百分之三十."""

    def turn(match: re.Match[str]) -> str:
        if match[1]:
            value = int(match[1])
            return to_han(value) if 0 < value < 1000 else match[1]
        return str(int(parse_numeral(match[2]) or 0))

    words = re.sub(r"百分之([一二三四五六七八九十]+)", lambda m: f"{int(parse_numeral(m[1]) or 0)}%", words)
    return re.sub(r"(?<![第一二三四五六七八九十百千万\d])" + f"(?:{_COUNTED.pattern})", turn, words)


_REWORDINGS = (
    ("应当", "必须"), ("应当", "应"), ("不得", "不能"), ("不得", "禁止"), ("按照", "依照"), ("依照", "按照"),
    ("或者", "或"), ("有权", "可以"),
    ("严禁", "不得"), ("以及", "和"), ("根据", "依据"), ("之日起", "之日起计算"), ("30日", "30天"), ("的，", "的，则"),
)  # fmt: skip


def _reworded(words: str, rng: random.Random) -> str:
    """One or two words exchanged for others of the same meaning."""
    fitting = [(a, b) for a, b in _REWORDINGS if a in words]
    for old, new in rng.sample(fitting, min(2, len(fitting))):
        words = re.sub(rf"{old}(?!超过|低于|少于|高于)", new, words, count=1)
    return words


# --- corruptions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Corpus:
    """What corruptions draw from."""

    documents: tuple[Document, ...]
    facts: tuple[_Fact, ...]


def corruptions(fact: _Fact, corpus: _Corpus, rng: random.Random) -> Iterator[tuple[str, Claim]]:
    """The statement spoilt in one way each."""
    day = _day(fact.document)
    makers: Sequence[tuple[str, Callable[[_Fact, random.Random], str | None]]] = (
        ("number", _another_number), ("date", _another_date), ("modality", _another_force), ("subject",
        _another_subject),
    )  # fmt: skip
    for kind, make in makers:
        words = make(fact, rng)
        if words is not None and words != fact.words and _squeezed(words) not in _squeezed(fact.clause):
            yield kind, Claim(text=_told(fact, words, rng), as_of=day)
    if title := _like_title(fact.document, corpus, rng):
        yield "title", Claim(text=_told(fact, fact.words, rng, cite=f"《{title}》{fact.unit}"), as_of=day)
    if other := _other_clause(fact, rng):
        named = f"《{re.sub(r'（[^（）]*节选）$', '', fact.document.meta.title)}》"
        yield "clause", Claim(text=_told(fact, fact.words, rng, cite=f"{named}{other}"), as_of=day)
    if version := _wrong_version(fact, rng):
        yield "version", version
    if quote := _invented(fact, corpus, rng):
        yield "quote", Claim(text=_told(fact, f"“{quote}”", rng), as_of=day)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s，。；：、]", "", text)


_FIGURE = re.compile(
    r"(?<![第条\d.])(\d+|[一二三四五六七八九十百]+)(?=(?:个月|个?工作日|日|年|天|万元|万|亿元|倍|%|人以|次|家|户|元))"
)


def _another_number(fact: _Fact, rng: random.Random) -> str | None:
    """Another figure that the clause does not state."""
    places = [m for m in _FIGURE.finditer(fact.words) if not re.match(r"\d{4}$", m[1])]
    if not places:
        share = re.search(r"百分之([一二三四五六七八九十]+)", fact.words)
        places = [share] if share else []
    if not places:
        return None
    match = rng.choice(places)
    value = int(parse_numeral(match[1]) or 0)
    wanted = [
        v for v in (value * 10, value + 1, value * 2, value + 5, max(1, value // 2)) if v != value and 0 < v < 9999
    ]
    held = {int(parse_numeral(m[1]) or 0) for m in re.finditer(r"(\d+|[一二三四五六七八九十百]+)", fact.clause)}
    wanted = [v for v in wanted if v not in held]
    if not wanted:
        return None
    new = rng.choice(wanted)
    shown = str(new) if match[1].isdigit() else to_han(new)
    return fact.words[: match.start(1)] + shown + fact.words[match.end(1) :]


_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")


def _another_date(fact: _Fact, rng: random.Random) -> str | None:
    match = _DATE.search(fact.words)
    if match is None:
        year = re.search(r"(?<!\d)(20\d\d)年", fact.words)
        return fact.words.replace(year[0], f"{int(year[1]) - 1}年", 1) if year else None
    y, month, day = (int(g) for g in match.groups())
    new = rng.choice(((y + 1, month, day), (y, month % 12 + 1, day), (y, month, day % 28 + 1)))
    return fact.words.replace(match[0], "{}年{}月{}日".format(*new), 1)


_FORCES = (
    ("应当", "可以"), ("应当", "不得"), ("应当", "无需"), ("可以", "应当"), ("可以", "不得"), ("不得", "可以"),
    ("不得", "应当"), ("严禁", "可以"),
    ("禁止", "允许"), ("鼓励", "禁止"), ("有权", "不得"), ("必须", "可以"), ("机构要", "机构可以"), ("部门要",
    "部门可以"), ("公司要", "公司可以"), ("不承担", "承担"),
    ("不予", "予以"), ("无效", "有效"), ("不低于", "不高于"), ("不得超过", "不得低于"), ("未经", "经"),
)  # fmt: skip


def _another_force(fact: _Fact, rng: random.Random) -> str | None:
    fitting = [(old, new) for old, new in _FORCES if old in fact.words and (old != "未经" or "擅自" not in fact.words)]
    if not fitting:
        return None
    old, new = rng.choice(fitting)
    pattern = r"(?<!所)有权(?![益限属人])" if old == "有权" else re.escape(old)  # 所有权 holds no 有权
    return re.sub(pattern, new, fact.words, count=1)


_WHO = (
    "投保人", "被保险人", "保险人", "受益人", "借款人", "贷款人", "保证人", "债权人", "债务人", "抵押人",
    "抵押权人", "出质人", "质权人", "征信机构",
    "商业银行", "融资担保公司", "保险公司", "投保机构", "存款人", "个人信息处理者", "大型企业", "中小企业",
    "信息主体", "信息提供者", "中国人民银行", "国务院银行业监督管理机构",
    "国务院征信业监督管理部门", "国务院保险监督管理机构", "存款保险基金管理机构", "各银行机构", "各级监管部门",
    "各保险公司", "金融机构", "公安机关", "人民法院",
    "受理投诉部门", "处理投诉部门", "非法集资人", "集资参与人", "电信业务经营者", "互联网服务提供者",
    "县级以上地方人民政府", "国务院反洗钱行政主管部门",
)  # fmt: skip
_WHO_AT = re.compile("|".join(sorted(_WHO, key=len, reverse=True)))


def _another_subject(fact: _Fact, rng: random.Random) -> str | None:
    """Another acts: whoever the sentence begins with, when the clause lets it act."""
    match = _WHO_AT.match(fact.words)
    if match is None or not re.search(r"应当|不得|可以|有权|要|负责|承担", fact.words):
        return None
    others = [w for w in _WHO if w not in match[0] and match[0] not in w and not _covers(w, match[0])]
    within = [
        w for w in others if w in fact.words and not re.search(rf"{match[0]}(?:、|和|与|及|或者?){w}", fact.words)
    ]
    new = rng.choice(within if within and rng.random() < 0.5 else others)
    rest = fact.words[match.end() :]
    if new in rest and rng.random() < 0.5:  # the two change places
        rest = rest.replace(new, match[0], 1)
    return new + rest


def _covers(name: str, other: str) -> bool:
    """Whether one is the wider name of the other, so that the statement may stay true."""
    wide = {
        "金融机构",
        "商业银行",
        "各银行机构",
        "征信机构",
        "保险公司",
        "保险人",
        "各保险公司",
        "投保机构",
        "融资担保公司",
        "贷款人",
    }
    return name in wide and other in wide


def _like_title(document: Document, corpus: _Corpus, rng: random.Random) -> str | None:
    """A title that looks like the document's and is no document's."""
    title = re.sub(r"（[^（）]*节选）$", "", bare_title(document.meta.title))
    made = [title.replace(a, b, 1) for a, b in _TITLE_TURNS if a in title]
    made += [f"陕西省{title}", f"{title}实施细则", f"{title}实施办法", f"{title}（试行）"]
    if len(title) > 6:
        made += [title[:-2] + "管理" + title[-2:], title[1:] if title[0] not in "关" else title.replace("高质量", "")]
    known = [d.meta for d in corpus.documents]
    fitting = [t for t in made if t != title and not resolve_title(t, known)]
    return rng.choice(fitting) if fitting else None


_TITLE_TURNS = (
    ("条例", "办法"), ("条例", "法"), ("条例", "规定"), ("法", "条例"), ("法", "办法"), ("办法", "条例"),
    ("通知", "意见"), ("管理", "监督"), ("促进", "保护"),
    ("商业银行", "政策性银行"), ("中小企业", "小微企业"), ("征信业", "征信"), ("存款", "储蓄"), ("监督",
    "监察"), ("个人信息", "个人数据"), ("陕西", "山西"),
    ("2024", "2023"), ("2024", "2025"), ("融资", "融通"), ("反洗钱", "反洗钱和反恐怖融资"), ("保险",
    "社会保险"), ("民法典", "民法总则"), ("处置", "打击"),
    ("支付", "结算"), ("电信网络诈骗", "网络诈骗"), ("银行业", "金融业"), ("小微企业", "中小企业"),
)  # fmt: skip


def _other_clause(fact: _Fact, rng: random.Random) -> str | None:
    """Another article of the same document that does not say it; sometimes one that is not there."""
    level = Level.HEADING_2 if fact.document.meta.kind is DocumentKind.NOTICE else Level.ARTICLE
    words = _squeezed(fact.words)
    pairs = {words[at : at + 2] for at in range(len(words) - 1)}
    others = []
    for clause in fact.document.walk():
        if clause.level is not level or clause.address == fact.unit:
            continue
        text = _squeezed(clause.text)
        if sum(pair in text for pair in pairs) < 0.7 * len(pairs):
            others.append(clause.address)
    if level is Level.ARTICLE and rng.random() < 0.15:
        return f"第{to_han(rng.randint(900, 1999))}条"
    return rng.choice(others) if others else None


def _wrong_version(fact: _Fact, rng: random.Random) -> Claim | None:
    meta = fact.document.meta
    title = re.sub(r"（[^（）]*节选）$", "", bare_title(meta.title))
    if meta.expired_on is not None:  # cited as if it held today
        return Claim(text=_told(fact, fact.words, rng, cite=f"《{title}》（{meta.year}年）{fact.unit}"))
    if meta.effective_on is not None and rng.random() < 0.4:  # cited for a day before it held
        early = meta.effective_on - timedelta(days=rng.randint(30, 300))
        return Claim(text=_told(fact, fact.words, rng, cite=f"《{title}》（{meta.year}年）{fact.unit}"), as_of=early)
    if meta.kind is DocumentKind.NOTICE:
        year = rng.choice((2021, 2022, 2023, 2025))
        return Claim(text=_told(fact, fact.words, rng, cite=f"{year}年小微通知{fact.unit}"))
    years = {d.year for d in (meta.issued_on, meta.effective_on, *meta.revised_on) if d} | {meta.year}
    year = rng.choice([y for y in range(1996, 2025) if y not in years and y + 1 not in years])
    return Claim(text=_told(fact, fact.words, rng, cite=f"{year}年《{title}》{fact.unit}"))


def _invented(fact: _Fact, corpus: _Corpus, rng: random.Random) -> str | None:
    """Words said to be quoted that stand nowhere in the clause."""
    other = rng.choice(corpus.facts).words
    half = fact.words[: max(8, len(fact.words) // 2)]
    made = rng.choice(
        (
            half + "，" + other[-10:],
            f"严格{fact.words}",
            fact.words[:-2] + "等事项",
            fact.words.replace("应当", "应当及时", 1),
        )
    )
    made = made.strip("，；")
    return made if _squeezed(made) not in _squeezed(fact.clause) and "“" not in made else None


# --- the whole ----------------------------------------------------------------------------------


def make_cases(
    documents: Sequence[Document], *, seed: int = 20241126, most_true: int = 1500, most_false: int = 2600
) -> tuple[ProofCase, ...]:
    """Cases over `documents`, true ones first; the kinds are kept as even as the corpus lets them be."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable draw, no secret
    told = tuple(fact for document in documents for fact in facts(document))
    corpus = _Corpus(tuple(documents), told)
    pools: dict[tuple[bool, str], list[ProofCase]] = {}
    for number, fact in enumerate(told):
        made = [(True, kind, claim) for kind, claim in true_variants(fact, rng)]
        made += [(False, kind, claim) for kind, claim in corruptions(fact, corpus, rng)]
        for true, kind, claim in made:
            case = ProofCase(
                id=f"{'t' if true else 'f'}-{kind}-{number}",
                kind=kind,
                document_id=fact.document.id,
                claim=claim,
                true=true,
            )
            pools.setdefault((true, kind), []).append(case)
    return (*_evenly(pools, True, most_true, rng), *_evenly(pools, False, most_false, rng))


def _evenly(
    pools: Mapping[tuple[bool, str], list[ProofCase]], true: bool, most: int, rng: random.Random
) -> Iterator[ProofCase]:
    """At most `most` cases, small pools whole and the rest shared out."""
    wanted = sorted((pool for (is_true, _), pool in pools.items() if is_true is true), key=len)
    left = most
    for number, pool in enumerate(wanted):
        share = min(len(pool), left // (len(wanted) - number))
        left -= share
        yield from (pool if share == len(pool) else rng.sample(pool, share))
