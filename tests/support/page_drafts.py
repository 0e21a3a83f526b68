"""Twelve documents with their truth, in the forms of numbering that agencies use, for pages of `old_pages`.

Each is written line by line with a tag that says what the line is, so that addresses follow from the tags alone and
never from the parser. All of them are invented, but the last, which is the notice that ships with the product.

Tags: F 版头 · N 文号 · T title · O 题注 · R 主送 · P 序言 · C 第一章 · A 第一条|words · K further 款 · I （一）words ·
1 一、heading|words · 2 （一）heading|words · 3 1.heading|words · 4 （1）words · S paragraph · Q 问 · W 答 · X title of
what is issued · Y 附件1|title · L list of 附件 · D 落款 · | row of a table. `1@2.1 2.1 调查` states an address.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

from generated_corpus import Draft, Grid, Line, TrueClause, han
from page_draft_texts import TEXTS

_NOTICE = Path(__file__).resolve().parents[2] / "corpus" / "notice_2024_shaanxi.txt"
_RANKS = {"Y": 0, "X": 0, "C": 1, "A": 2, "K": 3, "I": 4, "P": 2, "1": 2, "Q": 2, "W": 3, "2": 4, "3": 5, "4": 6}
_LEVELS = {
    "Y": "attachment", "X": "issued", "C": "chapter", "A": "article", "K": "paragraph", "I": "item", "P": "preamble",
    "1": "heading_1", "2": "heading_2", "3": "heading_3", "4": "heading_4", "Q": "question", "W": "answer",
}  # fmt: skip
_STYLES = {"F": "flag", "N": "number", "T": "title", "O": "note", "D": "right", "X": "title", "Y": "part"}
_CLOSES_ALL = "DLYX"  # but parts
_NUMBER = re.compile(r"第.{1,4}[条章]|[（(].{1,3}[）)]|[一二三四五六七八九十]{1,3}、|\d{1,2}[.．、]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDraft:
    """A document, its truth, and what its head states; `None` where it states nothing."""

    name: str
    draft: Draft
    title: str
    number: str | None = None
    issuers: tuple[str, ...] = ()
    issued: str | None = None  # ISO


class _Writer:
    """Puts the tagged lines of one text into a Draft."""

    def __init__(self, name: str) -> None:
        self.draft = Draft(name, random.Random(name))
        self.open: list[tuple[int, TrueClause]] = []
        self.prefix = ""
        self.paragraphs = self.asked = 0
        self.rows: list[tuple[str, ...]] = []

    def write(self, tagged: str) -> None:
        """Add one line."""
        tag, _, words = tagged.partition(" ")
        if tag == "|":
            self.rows.append(tuple(words.split("|")))
            return
        self.end_table()
        tag, _, stated = tag.partition("@")
        label, _, rest = words.partition("|")
        if tag in "DLYX":
            self._close(1 if self.open and self.open[0][0] == 0 and tag in "DL" else 0)
        if tag not in _RANKS:
            self.draft.add(Line(words, _STYLES.get(tag, "body")))
            return
        self._close(_RANKS[tag])
        start = len(self.draft.squeezed)
        clause = self._opened(tag, stated or self._address(tag, label), start)
        if tag == "Y":
            self._attachment(clause, label, rest)
        elif tag == "A":
            self._article(clause, label, rest)
        else:
            clause.heading = label if tag == "X" else None
            self.draft.add(Line(label + rest, _STYLES.get(tag, "body")))

    def end_table(self) -> None:
        """Add the rows gathered so far as one table."""
        if self.rows:
            self._close(3, only=("paragraph", "item"))
            self.draft.add(Grid(tuple(self.rows)))
            self.rows = []

    def _opened(self, tag: str, address: str, start: int) -> TrueClause:
        clause = TrueClause(address, _LEVELS[tag], start, start)
        self.draft.clauses.append(clause)
        self.open.append((_RANKS[tag], clause))
        self.draft._open.append(clause)
        return clause

    def _close(self, rank: int, only: tuple[str, ...] = ()) -> None:
        while self.open and self.open[-1][0] >= rank and (not only or self.open[-1][1].level in only):
            self.open.pop()
            self.draft._open.pop()

    def _address(self, tag: str, label: str) -> str:
        above = self.open[-1][1].address if self.open else ""
        found = _NUMBER.match(label)
        number = found[0].replace("(", "（").replace(")", "）") if found else ""
        if tag in "CA":
            return f"{self.prefix}{number}"
        if tag == "K":
            self.paragraphs += 1
            return f"{above}第{han(self.paragraphs)}款"
        if tag == "I":
            return f"{above}第{number}项"
        if tag == "P":
            return f"{self.prefix}序言"
        if tag == "1":
            return f"{self.prefix} {number}" if self.prefix else number
        if tag == "3":
            return f"{above}{number[:-1]}."
        if tag in "24":
            return f"{above}{number}"
        self.asked += tag == "Q"
        return f"问答第{han(self.asked)}{'问' if tag == 'Q' else '答'}" if tag in "QW" else "印发件"

    def _attachment(self, clause: TrueClause, label: str, title: str) -> None:
        clause.address = self.prefix = label.rstrip("：")
        self.draft.add(Line(label, "part"))
        self.draft.add(Line(title, "title"))

    def _article(self, clause: TrueClause, label: str, words: str) -> None:
        self.paragraphs = 1
        first = len(self.draft.squeezed) + len("".join(label.split()))
        paragraph = self._opened("K", f"{clause.address}第一款", first)
        paragraph.start = first
        self.draft.add(Line(words, "body", label, "\u3000"))


def page_drafts() -> list[PageDraft]:
    """The twelve, in one order."""
    return [*map(_written, TEXTS), _shipped()]


def _written(text: str) -> PageDraft:
    head, *lines = text.strip().split("\n")
    facts = dict(pair.split("=") for pair in head.split(" ") if pair)
    writer = _Writer(facts["name"])
    for line in lines:
        writer.write(line)
    writer.end_table()
    title = next(line[2:] for line in lines if line.startswith("T "))
    return PageDraft(
        name=facts["name"],
        draft=writer.draft,
        title=title,
        number=facts.get("number"),
        issuers=tuple(facts["issuers"].split("+")) if "issuers" in facts else (),
        issued=facts.get("issued"),
    )


def _shipped() -> PageDraft:
    """The notice of the corpus, its page breaks mended."""
    writer = _Writer("shipped")
    first, *others = [line.strip() for line in _NOTICE.read_text(encoding="utf-8").split("\n") if line.strip()]
    writer.write(f"T {first}")
    whole: list[str] = []
    for line in others:
        torn = whole and whole[-1][-1] not in "。：；" and not re.match(r"[一二三四五六]、|（", whole[-1][:1] + "、")
        if torn and not re.match(r"[一二三四五六七八九十]{1,3}、", whole[-1]):
            whole[-1] += line
        else:
            whole.append(line)
    for line in whole:
        tag = "1" if re.match(r"[一二三四五六七八九十]{1,3}、", line) else "2" if line[0] == "（" else ""
        writer.write(f"{tag or ('S' if writer.open and writer.draft.clauses[-1].level != 'preamble' else 'P')} {line}")
    issuer = "国家金融监督管理总局陕西监管局办公室"
    title = first.partition("《")[2].rstrip("》")
    return PageDraft(name="shipped", draft=writer.draft, title=title, issuers=(issuer,))
