"""Marks of recorded answers, by the rules of eval/README.md: what must be said, what may not, citations, refusals.

Coverage and risk are those of `assistant.evaluation.risk`: risk applies to the cases that were answered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from assistant.errors import EvaluationError
from assistant.evaluation.cases import Case
from assistant.evaluation.clause_ids import NOTICE
from assistant.evaluation.metrics import CLAUSE_MEASURES, measure
from assistant.evaluation.risk import Given
from assistant.evaluation.runner import RunLine
from assistant.text.numerals import ANY_NUMERAL, parse_numeral

ANSWER_MEASURES = ("include", "cite_p", "cite_r", "cite_f1", "refused", "wrongly_refused", "passed", "coverage", "risk")
LOWER_IS_BETTER = frozenset({"wrongly_refused", "risk"})
LABELS = {
    "RR": "MRR",
    "include": "要点命中",
    "cite_p": "引用准确率",
    "cite_r": "引用召回率",
    "cite_f1": "引用F1",
    "refused": "应拒答而拒答",
    "wrongly_refused": "误拒",
    "passed": "通过",
    "coverage": "覆盖率",
    "risk": "风险率",
}
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_PERCENT = re.compile(rf"百分之({ANY_NUMERAL}(?:[点.]{ANY_NUMERAL})?)")
_NUMBER = re.compile(rf"{ANY_NUMERAL}(?:\.\d+)?(?:\s*[十百千万亿]+)*")
_MARK = re.compile(r"[\W_]+")


def marks(cases: Sequence[Case], lines: Iterable[RunLine]) -> dict[str, dict[str, float]]:
    """Values from 0 to 1 by measure and case; a measure that does not apply to a case leaves it out.

    Raises:
        EvaluationError: a case has no line.
    """
    by_id = _by_id(cases, lines)
    found: dict[str, dict[str, float]] = {name: {} for name in (*CLAUSE_MEASURES, *ANSWER_MEASURES)}
    for name, values in rankings_measured(cases, by_id).items():
        found[name] = values
    for case in cases:
        for name, value in _answer_marks(case, by_id[case.id]).items():
            found[name][case.id] = value
        given = _given(case, by_id[case.id])
        found["coverage"][case.id] = float(given.answered)
        if given.answered:
            found["risk"][case.id] = float(given.wrong)
    return found


def given_answers(cases: Sequence[Case], lines: Iterable[RunLine]) -> tuple[Given, ...]:
    """What each case got, in the order of the cases. Raises as `marks`."""
    by_id = _by_id(cases, lines)
    return tuple(_given(case, by_id[case.id]) for case in cases)


def _by_id(cases: Sequence[Case], lines: Iterable[RunLine]) -> dict[str, RunLine]:
    by_id = {line.id: line for line in lines}
    if missing := [case.id for case in cases if case.id not in by_id]:
        raise EvaluationError(f"结果里缺少 {len(missing)} 条用例（如 {missing[0]}），请用同一份用例重新运行 eval run")
    return by_id


def _given(case: Case, line: RunLine) -> Given:
    right = gold_of(case) | {one_form(f"{g.doc}#{g.clause}") for g in case.also_ok} if case.answerable else frozenset()
    wrong = not line.refused and not right & set(map(one_form, line.citations))
    return Given(case=case.id, answered=not line.refused, wrong=wrong, confidence=line.confidence)


def rankings_measured(cases: Sequence[Case], by_id: Mapping[str, RunLine]) -> dict[str, dict[str, float]]:
    """The retrieval measures of the answerable cases."""
    answerable = [case for case in cases if case.answerable]
    rankings = {c.id: [(d, 0.0) for d in _distinct(by_id[c.id].ranked_clauses)] for c in answerable}
    return measure(rankings, {c.id: gold_of(c) for c in answerable})


def gold_of(case: Case) -> frozenset[str]:
    """The gold clauses in one form, with their document."""
    bare = [f"{NOTICE}#{clause}" for clause in case.gold_clauses or ()]
    return frozenset(one_form(c) for c in (*bare, *(f"{g.doc}#{g.clause}" for g in case.gold or ())))


def one_form(clause: str) -> str:
    """`document#clause` with Arabic numerals; a bare clause is the notice's."""
    document, _, name = clause.rpartition("#")
    digits = _with_digits("".join(name.split())).rstrip("、")
    name = re.sub(r"^((?:附件\d*)?第\d+条(?:之\d+)?).*", r"\1", digits)
    return f"{unicodedata.normalize('NFKC', document) or NOTICE}#{name}"


def _distinct(clauses: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(map(one_form, clauses)))


def _answer_marks(case: Case, line: RunLine) -> dict[str, float]:
    answer = _folded(line.answer)
    said = not any(_stands(_folded(words), answer) for words in case.must_not_include)
    if not case.answerable:
        return {"refused": float(line.refused), "passed": float(line.refused and said)}
    hits = [any(_stands(_folded(w), answer) for w in entry.split("|")) for entry in case.must_include]
    gold, cited = gold_of(case), set(_distinct(line.citations))
    precision = len(gold & cited) / len(cited) if cited else 0.0
    recall = len(gold & cited) / len(gold)
    return {
        "include": sum(hits) / len(hits) if hits else 1.0,
        "cite_p": precision,
        "cite_r": recall,
        "cite_f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "wrongly_refused": float(line.refused),
        "passed": float(all(hits) and said and not line.refused),
    }


def _with_digits(text: str) -> str:
    text = re.sub(r"(?<=\d),(?=\d{3})", "", unicodedata.normalize("NFKC", text).casefold())
    text = _PERCENT.sub(lambda m: f"{_plain(m[1].replace('点', '.'))}%", _DATE.sub(r"\1年\2月\3日", text))
    return _NUMBER.sub(lambda m: _plain(m[0]), text)


def _plain(numeral: str) -> str:
    whole, point, rest = "".join(numeral.split()).partition(".")
    if point and rest.isdigit():
        return f"{whole}.{rest}".rstrip("0").rstrip(".")
    value = parse_numeral(numeral)
    return numeral if value is None else format(value.normalize(), "f")


def _folded(text: str) -> str:
    """One form of numbers, no white space or punctuation, save one mark between digits."""

    def mark(found: re.Match[str]) -> str:
        words = "".join(found[0].split())
        kept = words[0] if words and words[0] in "%‰+-" else ""
        before, after = found.string[: found.start()][-1:], found.string[found.end() : found.end() + 1]
        if not (before.isdigit() and after.isdigit()):
            return kept
        return kept + " " if kept and len(words) > 1 else words if len(words) == 1 else " "

    return _MARK.sub(mark, _with_digits(text))


def _stands(wanted: str, text: str) -> bool:
    """Whether `wanted` stands in `text`, never inside a longer number."""
    before = r"(?<!\d)(?<!\d\.)" if wanted[:1].isdigit() else ""
    after = r"(?!\.?\d)" if wanted[-1:].isdigit() else ""
    return re.search(before + re.escape(wanted) + after, text) is not None
