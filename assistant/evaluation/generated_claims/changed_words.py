"""Another figure, another day, another force, another subject in the words of a statement."""

from __future__ import annotations

import random
import re

from assistant.evaluation.generated_claims.facts import Fact
from assistant.text.numerals import parse_numeral, to_han

_FIGURE = re.compile(
    r"(?<![第条\d.])(\d+|[一二三四五六七八九十百]+)(?=(?:个月|个?工作日|日|年|天|万元|万|亿元|倍|%|人以|次|家|户|元))"
)


def another_number(fact: Fact, rng: random.Random) -> str | None:
    """Another figure that the clause does not state."""
    places = [m for m in _FIGURE.finditer(fact.words) if not re.match(r"\d{4}$", m[1])]
    if not places:
        share = re.search(r"百分之([一二三四五六七八九十]+)", fact.words)
        places = [share] if share else []
    if not places:
        return None
    match = rng.choice(places)
    wanted = _other_values(int(parse_numeral(match[1]) or 0), fact.clause)
    if not wanted:
        return None
    new = rng.choice(wanted)
    shown = str(new) if match[1].isdigit() else to_han(new)
    return fact.words[: match.start(1)] + shown + fact.words[match.end(1) :]


def _other_values(value: int, clause: str) -> list[int]:
    """Values near `value` that the clause does not state."""
    near = (value * 10, value + 1, value * 2, value + 5, max(1, value // 2))
    held = {int(parse_numeral(m[1]) or 0) for m in re.finditer(r"(\d+|[一二三四五六七八九十百]+)", clause)}
    return [v for v in near if v != value and 0 < v < 9999 and v not in held]


_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")


def another_date(fact: Fact, rng: random.Random) -> str | None:
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


def another_force(fact: Fact, rng: random.Random) -> str | None:
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


def another_subject(fact: Fact, rng: random.Random) -> str | None:
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
