"""People who edit a talk's files: one random change of a statement, or of the source under it, by seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from assistant.products.talks.pages import SOURCE
from assistant.products.talks.reading import PPTX


@dataclass(frozen=True)
class Edited:
    """What somebody did to a file."""

    content: bytes
    what: str
    before: str
    after: str


def paragraphs_of(raw: bytes, kind: str) -> tuple[Any, list[Any]]:
    """The opened file, and every paragraph of it that has words."""
    if kind == PPTX:
        from pptx import Presentation

        deck: Any = Presentation(BytesIO(raw))
        found = [
            paragraph
            for slide in deck.slides
            for shape in slide.shapes
            if shape.has_text_frame
            for paragraph in shape.text_frame.paragraphs
        ]
        return deck, [p for p in found if p.text.strip()]
    from docx import Document as DocxDocument

    document: Any = DocxDocument(BytesIO(raw))
    found = list(document.paragraphs)
    for table in document.tables:
        found += [p for row in table.rows for cell in row.cells for p in cell.paragraphs]
    return document, [p for p in found if p.text.strip()]


def put(paragraph: Any, text: str) -> None:
    """Writes words into a paragraph, as somebody who types over it does; links inside it lose their own."""
    element = paragraph._p
    for link in [e for e in element if e.tag.endswith("}hyperlink")]:
        element.remove(link)
    for run in paragraph.runs[1:]:
        element.remove(run._r)
    (paragraph.runs[0] if paragraph.runs else paragraph.add_run()).text = text


def saved(opened: Any) -> bytes:
    """The content of an opened file."""
    out = BytesIO()
    opened.save(out)
    return out.getvalue()


Change = Callable[[str, random.Random], str | None]


def _number(text: str, dice: random.Random) -> str | None:
    digits = [n for n, char in enumerate(text) if char.isdigit()]
    if not digits:
        return text.rstrip("。") + f"，最高 {dice.randint(2, 99)} 万元。"
    at = dice.choice(digits)
    return text[:at] + str((int(text[at]) + dice.randint(1, 8)) % 10) + text[at + 1 :]


# Words that turn a sentence when one stands for the other.
_TURNED = (("不得", "可以"), ("严禁", "鼓励"), ("要", "不得"), ("应当", "可以"), ("可以", "必须"), ("加强", "不必加强"))


def _negation(text: str, dice: random.Random) -> str | None:
    fits = [(old, new) for old, new in _TURNED if old in text]
    if not fits:
        return "不必" + text
    old, new = dice.choice(fits)
    return text.replace(old, new, 1)


def _actor(text: str, dice: random.Random) -> str | None:
    others = ["各村委会", "市场监督管理部门", "保险中介机构"]
    for name in ("各银行保险机构", "各银行机构", "各保险公司", "各级监管部门", "贷款人"):
        if name in text:
            return text.replace(name, dice.choice(others), 1)
    return dice.choice(others) + "要" + text


def _dropped(text: str, _dice: random.Random) -> str | None:
    _, mark, rest = text.partition("，")
    return rest if mark and len(rest) > 5 else None


STATEMENTS: dict[str, Change] = {"数字": _number, "否定": _negation, "主体": _actor, "条件": _dropped}


def edited(raw: bytes, kind: str, statements: Sequence[str], dice: random.Random) -> Edited:
    """One random edit of one statement, or of the source under it."""
    opened, paragraphs = paragraphs_of(raw, kind)
    what = dice.choice([*STATEMENTS, "删出处", "换出处"])
    if what in STATEMENTS:
        told = [p for p in paragraphs if p.text in statements]
        dice.shuffle(told)
        for paragraph in told:
            before = paragraph.text
            after = STATEMENTS[what](before, dice)
            if after is not None and after != before:
                put(paragraph, after)
                return Edited(saved(opened), what, before, after)
    sources = [p for p in paragraphs if p.text.startswith(SOURCE)]
    if what == "换出处":
        for one in dice.sample(sources, len(sources)):
            before = one.text
            other = next((p for p in sources if p.text != before), None)
            if other is not None:
                after = other.text
                put(one, after)
                put(other, before)
                return Edited(saved(opened), what, before, after)
    one = dice.choice(sources)
    before = one.text
    put(one, "")
    return Edited(saved(opened), "删出处", before, "")
