"""One level of a clause address: how it is read in running text, and how it is printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.parsing.markers import formal, formal_value, value_of
from assistant.text.numerals import to_han

NUMERAL = r"[一二三四五六七八九十百千零〇两0-9０-９]{1,9}"
UNITS = r"分编|编|章|节|条|款|项|目|段|部分|问|答|行"
JOIN = r"\s{0,2}(?:、|和|及|以及|或者|或|与|至|到|－|—|~|～)\s{0,2}"
# 第二、三款; 第六至十二条; 695条; 第十条之一
_ORDINAL = re.compile(
    rf"(?:第\s{{0,3}}({NUMERAL}(?:{JOIN}(?:第\s{{0,2}})?{NUMERAL}){{0,12}})\s{{0,3}}({UNITS})|({NUMERAL})\s{{0,3}}(条)(?!件))(?:之({NUMERAL})(?![十百千]))?"
)
_SINGLE_H2 = "㈠㈡㈢㈣㈤㈥㈦㈧㈨㈩"
# 第（三）项; （十）; 第（一）、（二）项
_BRACKETED = re.compile(
    rf"第?\s{{0,2}}([（(]\s?{NUMERAL}\s?[）)](?:{JOIN}第?[（(]\s?{NUMERAL}\s?[）)]){{0,12}})\s{{0,2}}(项|款|条|目|段)?"
)
_HEADING_1 = re.compile(r"([一二三四五六七八九十百]{1,5})\s{0,2}(?:[、.．]|$)")
_HEADING_3 = re.compile(r"([0-9０-９]{1,3})\s{0,2}(?:[.．、]|$)")
_HEADING_5 = re.compile(r"[①-⑳]")
PART = re.compile(
    rf"附录\s?([A-Z])[\s，的：:]{{0,3}}|附\s?(?:[件表录]\s?({NUMERAL})?|(?=[0-9])({NUMERAL}))[\s，的：:]{{0,3}}|印发件(\d*)\s{{0,2}}"
)
FORMAL_HEADING = re.compile(r"([壹贰叁肆伍陆柒捌玖拾]{1,3})\s{0,2}(?:[、.．]|$)")
# 2.1.2 of a decimal outline, and 2、第一段 below one of its first level
OUTLINE = re.compile(r"(\d{1,2}(?:\.\d{1,2}){1,4})(?![\d.%％])|(\d{1,2})、(?=第[一二三四五六七八九十]{1,3}段)")
_TABLE = re.compile(rf"表\s?({NUMERAL})[\s的]{{0,3}}")
_ASKED = re.compile(rf"问答第({NUMERAL})(问|答)")
_WORD = re.compile(r"标题|序言|题注|版头|主送|落款|附件目录")
_FULL = str.maketrans("０１２３４５６７８９", "0123456789")
RANK = {
    "附件": 0, "附录": 0, "印发件": 0, "编": 1, "分编": 2, "章": 3, "壹": 4, "序": 5,
    "节": 4, "条": 5, "款": 6, "项": 7, "目": 8, "小目": 9,
    "一": 5, "问": 5, "答": 5, "（一）": 6, "1": 7, "（1）": 8, "①": 9, "段": 10, "表": 11, "行": 12, "词": 5,
}  # fmt: skip
HEADING_KINDS = frozenset({"一", "（一）", "1", "（1）", "①"})


@dataclass(frozen=True, slots=True)
class Step:
    """One level of an address: 第十条之一 is `Step("条", 10, 1)`."""

    kind: str
    number: int
    suffix: int = 0
    word: str = ""


def printed(step: Step, *, last: bool, before: str) -> str:
    """A level as it is written; `before` is the kind of the level above it, `last` whether none follows."""
    kind, number = step.kind, step.number
    if form := _FORMS.get(kind):
        return form(number)
    if step.word:
        return _worded(step, last=last)
    if kind in ("附件", "印发件"):
        return f"{kind}{number or ''}"
    if kind == "条":
        return f"第{to_han(number)}条" + (f"之{to_han(step.suffix)}" if step.suffix else "")
    if kind in ("一", "壹"):
        return (to_han(number) if kind == "一" else formal(number)) + ("" if last else "、")
    if kind == "表":
        return f"{' ' if before else ''}表{number}"
    return f"第{to_han(number)}{kind}"


def _worded(step: Step, *, last: bool) -> str:
    """标题, 附录A, 2.1.2; what stands below 2 alone is 2、第一段."""
    if step.kind == "附录":
        return f"附录{step.word}"
    return step.word + ("" if last or step.kind == "词" or "." in step.word else "、")


_FORMS: dict[str, Callable[[int], str]] = {
    "项": lambda n: f"第（{to_han(n)}）项",
    "目": lambda n: f"第{n}目",
    "小目": lambda n: f"（{n}）",
    "（1）": lambda n: f"（{n}）",
    "（一）": lambda n: f"（{to_han(n)}）",
    "1": lambda n: f"{n}.",
    "①": lambda n: chr(ord("①") + n - 1),
    "问": lambda n: f"问答第{to_han(n)}问",
    "答": lambda n: f"问答第{to_han(n)}答",
    "行": lambda n: f" 第{n}行",
}

Groups = tuple[list[Step], int, list[bool]]


def read_step(text: str, at: int, end: int, steps: tuple[Step, ...]) -> Groups | None:
    """The next level at `at`: its numbers (more than one in 第二、三款), where it ends, which end a range."""
    if match := _ASKED.match(text, at, end):
        return [Step(match[2], value_of(match[1]))], match.end(), [False]
    if match := _ORDINAL.match(text, at, end):
        return _ordinals(match)
    if match := _BRACKETED.match(text, at, end):
        return _brackets(match, steps)
    if match := PART.match(text, at, end):
        return [_part(match)], match.end(), [False]
    if match := _TABLE.match(text, at, end):
        return [Step("表", value_of(match[1]))], match.end(), [False]
    if not any(s.kind in ("条", "款") for s in steps):
        return _bare(text, at, end, steps)
    return None


def _part(match: re.Match[str]) -> Step:
    """附件1, 附1, 附录A, 印发件2."""
    if match[0].startswith("印"):
        return Step("印发件", int(match[4] or 0))
    if match[1]:
        return Step("附录", ord(match[1]) - ord("A") + 1, word=match[1])
    number = match[2] or match[3]
    return Step("附件", value_of(number) if number else 0)


def _bare(text: str, at: int, end: int, steps: tuple[Step, ...]) -> Groups | None:
    if at < end and text[at] in _SINGLE_H2:
        return [Step("（一）", _SINGLE_H2.index(text[at]) + 1)], at + 1, [False]
    if not any(s.kind in HEADING_KINDS for s in steps) and (found := _first_heading(text, at, end)) is not None:
        return found
    if (match := _HEADING_3.match(text, at, end)) and steps and value_of(match[1]):
        return [Step("1", value_of(match[1]))], match.end(), [False]
    if match := _HEADING_5.match(text, at, end):
        return [Step("①", ord(match[0]) - ord("①") + 1)], match.end(), [False]
    if match := _WORD.match(text, at, end):
        return [Step("词", 0, word=match[0])], match.end(), [False]
    return None


def _first_heading(text: str, at: int, end: int) -> Groups | None:
    """壹、, 2.1.2 or 一、, where no heading stands before it."""
    if match := FORMAL_HEADING.match(text, at, end):
        return [Step("壹", formal_value(match[1]))], match.end(), [False]
    if match := OUTLINE.match(text, at, end):
        return [Step("序", 0, word=match[1] or match[2])], match.end(), [False]
    if match := _HEADING_1.match(text, at, end):
        return [Step("一", value_of(match[1]))], match.end(), [False]
    return None


def _ordinals(match: re.Match[str]) -> Groups | None:
    unit = match[2] or match[4]
    kind = {"部分": "一"}.get(unit, unit)
    numbers, ranges = _numbers(match[1] or match[3])
    if not all(numbers):
        return None
    steps = [Step(kind, n) for n in numbers]
    end = match.end()
    if match[5]:
        if unit != "条" or not value_of(match[5]):
            return steps, match.start(5) - 1, ranges
        steps[-1] = replace(steps[-1], suffix=value_of(match[5]))
    return steps, end, ranges


def _brackets(match: re.Match[str], steps: tuple[Step, ...]) -> Groups | None:
    numbers, ranges = _numbers(re.sub(r"[（()）第\s]", "", match[1]))
    if not all(numbers):
        return None
    arabic = re.search(r"[0-9０-９]", match[1]) is not None
    if any(s.kind in ("条", "款") for s in steps):
        kind = "项" if not any(s.kind == "目" for s in steps) or match[2] else "小目"
    elif arabic and not match[2]:
        kind = "（1）"
    else:
        kind = "（一）"
    return [Step(kind, n) for n in numbers], match.end(), ranges


def _numbers(text: str) -> tuple[list[int], list[bool]]:
    pieces = re.split(rf"({JOIN})", text)
    numbers = [value_of(p.strip().removeprefix("第").strip()) for p in pieces[::2]]
    ranges = [False, *(p.strip() in "至到－—~～" for p in pieces[1::2])]
    return numbers, ranges
