"""The figures of recorded evaluations, day by day: out of the tables of scores that `assistant eval record` keeps.

<folder>/<set>/<day>/score.txt        either of two forms: a table with a line `ALL`, or a list under 全部
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FIGURES = {  # as lists name them → what they are called on a page; more is better
    "R@1": "首条命中",
    "MRR": "平均倒数名次",
    "要点命中": "要点命中",
    "引用F1": "引用 F1",
    "应拒答而拒答": "应拒则拒",
    "通过": "通过",
}
_IN_TABLES = {
    "R@1": "R@1",
    "MRR": "MRR",
    "incl": "要点命中",
    "citF1": "引用F1",
    "refuse": "应拒答而拒答",
    "pass": "通过",
}
_LISTED = re.compile(r"  (\S+)：([\d.]+)（")  # "  MRR：0.988（0.963–1.000，40 题）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The figures of one evaluation set on each day that is kept, the oldest first."""

    name: str
    days: tuple[str, ...]
    figures: tuple[tuple[str, tuple[str, ...]], ...]  # a figure's name, and its value on each day


def trends_in(folder: Path | None) -> tuple[Trend, ...]:
    """Of every set in a folder that has such tables; what is no such table is passed over."""
    if folder is None or not folder.is_dir():
        return ()
    found = (_trend(one) for one in sorted(folder.iterdir()) if one.is_dir())
    return tuple(trend for trend in found if trend is not None)


def _trend(folder: Path) -> Trend | None:
    days = {one.name: _scores(one / "score.txt") for one in sorted(folder.iterdir()) if one.is_dir()}
    known = {day: scores for day, scores in days.items() if scores}
    figures = [name for name in FIGURES if any(name in scores for scores in known.values())]
    if not figures:
        return None
    return Trend(
        name=folder.name,
        days=tuple(known),
        figures=tuple((name, tuple(scores.get(name, "—") for scores in known.values())) for name in figures),
    )


def _scores(path: Path) -> dict[str, str]:
    """Figures by name; empty where the file is neither form."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    return dict(_listed(lines)) or dict(_tabled(lines))


def _listed(lines: list[str]) -> Iterator[tuple[str, str]]:
    if lines[:1] != ["全部"]:
        return
    for line in lines[1:]:
        found = _LISTED.match(line)
        if found is None:
            return
        yield found[1], found[2]


def _tabled(lines: list[str]) -> Iterator[tuple[str, str]]:
    rows = [line.split() for line in lines]
    head = next((row for row in rows if row[:1] == ["category"]), [])
    whole = next((row for row in rows if row[:1] == ["ALL"]), [])
    if len(head) != len(whole):
        return
    for name, value in zip(head, whole, strict=True):
        if name in _IN_TABLES and value != "-":
            yield _IN_TABLES[name], value
