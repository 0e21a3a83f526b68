"""The lines of a page in document order: paragraphs, list items with their numbers, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from assistant.parsing.formats.cleaning import visible
from assistant.parsing.formats.entities import read_entities
from assistant.parsing.formats.html_css import Look, look_of
from assistant.parsing.formats.html_links import linked_lines
from assistant.parsing.formats.html_lists import all_numbered, list_numbers, list_style
from assistant.parsing.formats.html_page import SILENT, Page, index_facts, rule_words, shown_elements
from assistant.parsing.formats.html_tables import Line, read_grid, table_row_groups
from assistant.parsing.formats.html_widgets import FIELDS, FRAMES, field_words, formula_words, is_frame, is_part_of_text
from assistant.parsing.formats.model import Findings
from assistant.parsing.formats.numbering import gap_behind, html_marker
from assistant.parsing.formats.raised import raised
from assistant.parsing.lines.page_words import may_rule

_HAN = "\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"
_WRAPPED = re.compile(rf"(?<=[{_HAN}])[ \t]*[\r\n][ \t\r\n]*(?=[{_HAN}])")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_BLOCKS_WORDS = """
    p div section article main header footer h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre
    figure figcaption hr address fieldset legend center details summary body html td th tr caption
    table tbody thead tfoot form aside nav hgroup dir menu split
"""
_BLOCKS = frozenset(_BLOCKS_WORDS.split())
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LAST_PIECES = 20  # of an open paragraph; the last of them are the place of what is left out
_MARK = re.compile(r"[\[〔［（(]?\d{1,3}[\]〕］）)]?|[①-⑳*＊†‡]")
_SUPER = re.compile(r"vertical-align\s*:\s*(?:super|text-top)", re.IGNORECASE)
_PLACED = FIELDS | FRAMES | {"math", "img"}
_NOTE_ROLES = frozenset({"doc-footnote", "doc-footnotes", "doc-endnote", "doc-endnotes"})
_NOTE_NAME = re.compile(r"(?:^|[-_\s])(?:footnotes?|endnotes?)(?=$|[-_\s])", re.IGNORECASE)


class Walker:
    """Goes through the page in document order and collects lines. Depth is bounded by MAX_DEPTH."""

    def __init__(self, page: Page, findings: Findings, sheet: dict[str, dict[str, str]]) -> None:
        self.page, self.findings, self.sheet = page, findings, sheet
        self.lines: list[Line] = []
        self.facts: dict[str, str] = {}
        self._open: list[str] = []
        self._links: list[tuple[int, int]] = []  # which pieces of the open paragraph are links
        self._marker = ""
        self._caption = self._heading = False
        self.left: list[str] = []  # words of the page around the document that may rule something
        self.images = self.frames = 0  # that stand inside the document
        self.note_marks = note_marks(page.body)

    def walk_page(self) -> None:
        """Collect the document: the article, and before it a title that stands outside it."""
        root = self.page.root
        look = _look_down_to(root, self.sheet)
        title = self._title_outside(root)
        if title is not None:
            self._element(title, _look_down_to(title, self.sheet))
            self._flush()
        self._element(root, look)
        self._flush()

    def _title_outside(self, root: Any) -> Any | None:
        if root is self.page.body or any(True for _ in root.iter("h1")):
            return None
        inside = set(root.iter())
        for node in self.page.body.iter("h1", "h2"):
            if node is root:
                return None
            if (
                node not in inside
                and visible("".join(node.itertext()))
                and not any(a in inside for a in node.iterancestors())
            ):
                return node
        return None

    # --- elements -------------------------------------------------------------------------------

    def _element(self, node: Any, above: Look) -> None:
        tag = node.tag
        if tag in _PLACED:
            self._placed(node, above)
            return
        if tag in SILENT:
            return
        if tag in ("ol", "ul"):
            above = replace(above, list_style=None)  # browsers give each list its own default
        look = look_of(above, tag, node.attrib, self.sheet)
        if (kind := self._left_out(node, look)) is not None:
            self._hide(kind, node)
        elif self._is_furniture(node):
            self.left += rule_words(shown_elements(node))
        else:
            self._shown(node, look)

    def _shown(self, node: Any, look: Look) -> None:
        """An element that a reader sees as part of the document."""
        tag = node.tag
        if tag == "br":
            self._open.append("" if look.centered or self._heading else "\n")
        elif tag == "table":
            self._flush()
            self._table(node, look)
        elif tag in ("ol", "ul"):
            self._flush()
            self._list(node, look)
        elif tag in _BLOCKS:
            self._block(node, look)
        elif tag == "a" and node.get("href") is not None:
            self._link(node, look)
        elif tag in ("sup", "sub") or _is_raised(node):
            self._raised(node)
        else:
            self._children(node, look)

    def _link(self, node: Any, look: Look) -> None:
        begin, lines = len(self._open), len(self.lines)
        self._children(node, look)
        for line in self.lines[lines:]:  # blocks inside the link
            line.linked = frozenset(range(line.text.count("\n") + 1))
        self._links.append((begin if len(self.lines) == lines else 0, len(self._open)))

    def _placed(self, node: Any, above: Look) -> None:
        """A field, formula, frame or picture: its words, or its place."""
        tag = node.tag
        if look_of(above, tag, node.attrib, self.sheet).hidden is not None:
            return
        if tag in FIELDS:
            words = field_words(node)
            if words.strip() and is_part_of_text(node):
                self._words(words, above, pre=tag == "textarea")
            elif words.strip():
                self._lose("表单项")
        elif tag == "math":
            words, whole = formula_words(node)
            self._open.append(words)
            if not whole:
                self._lose("公式的排列")
        elif tag == "img":
            self.images += 1
            self._lose("图片")
        elif is_frame(node):
            self.frames += 1
            self._lose("内嵌网页或对象")

    def _lose(self, what: str) -> None:
        """Report something that is no text, with the words it stands at."""
        self.findings.lose(what, behind=self._place())

    def _place(self) -> str:
        """The words that were shown last."""
        return "".join(self._open[-_LAST_PIECES:]).strip() or (self.lines[-1].text if self.lines else "")

    def _raised(self, node: Any) -> None:
        words = "".join(node.itertext())
        before = "".join(self._open[-3:])
        if any((a.get("href") or "").startswith("#") for a in node.iter("a")):
            self.findings.hide("note_mark", words, where=self._place())
        elif node.tag == "sub":
            self._open.append(("_" if words[:1].isdigit() and before[-1:].isdigit() else "") + words)
        else:
            self._open.append(raised(before, words, self.findings, self.note_marks))

    def _left_out(self, node: Any, look: Look) -> str | None:
        """The kind of words that stand in `node` and are no words of the document."""
        if look.hidden is not None:
            return look.hidden
        if node.tag in ("del", "s", "strike"):
            return "struck_out"
        return "footnote" if self._is_note(node) else None

    def _is_furniture(self, node: Any) -> bool:
        return node is not self.page.root and node is not self.page.body and self.page.is_furniture(node)

    def _is_note(self, node: Any) -> bool:
        if node.get("role", "") in _NOTE_ROLES:
            return True
        names = f"{node.get('class', '')} {node.get('id', '')}".strip()
        return bool(names) and node.tag in _BLOCKS and _NOTE_NAME.search(names) is not None

    def _hide(self, kind: str, node: Any) -> None:
        words = "".join(_seen_text(node))
        self.findings.hide(kind, words, where=self._place())

    def _block(self, node: Any, look: Look) -> None:
        self._flush()
        if self.lines and own_note_mark(node) in self.note_marks:
            self._hide("footnote", node)
            self._lose(f"注“{' '.join(''.join(_seen_text(node)).split())[:60]}”")
            return
        outer = self._heading, self._caption
        self._heading = self._heading or node.tag in _HEADINGS
        self._caption = look.centered or "caption" in node.get("class", "").lower()
        self._children(node, look, pre=node.tag == "pre")
        self._flush()
        self._heading, self._caption = outer

    def _children(self, node: Any, look: Look, *, pre: bool = False) -> None:
        self._words(node.text, look, pre)
        for child in node:
            if isinstance(child.tag, str):
                self._element(child, look)
            self._words(child.tail, look, pre)

    def _words(self, text: str | None, look: Look, pre: bool) -> None:
        if not text:
            return
        if (kind := look.hidden_as()) is not None:
            self.findings.hide(kind, text, where=self._place())
        else:
            # lxml has read the entities once; what still looks like one was escaped twice.
            text = read_entities(text)
            self._open.append(text.replace("\r", "") if pre else _SPACES.sub(" ", _WRAPPED.sub("", text)))

    def _flush(self) -> None:
        """Close the open paragraph."""
        pieces = [
            (piece, any(begin <= number < end for begin, end in self._links)) for number, piece in enumerate(self._open)
        ]
        self._open.clear()
        self._links.clear()
        lines = list(linked_lines(pieces))
        text = "\n".join(words for words, _ in lines)
        if not visible(text):
            return
        line = Line(self._marker + text)
        line.linked = frozenset(number for number, (_, linked) in enumerate(lines) if linked)
        self._marker = ""
        line.caption, line.heading = self._caption, self._heading
        self.lines.append(line)

    # --- lists ----------------------------------------------------------------------------------

    def _list(self, node: Any, look: Look) -> None:
        items = [c for c in node if isinstance(c.tag, str)]
        numbers = iter(list_numbers(node, [i for i in items if i.tag == "li"])) if node.tag == "ol" else None
        style = list_style(node, look)
        if numbers is not None and (style in ("none", "disc", "circle", "square") or all_numbered(items)):
            numbers = None
        for item in items:
            if item.tag != "li":
                self._element(item, look)  # a list placed right inside a list, as some editors do
                continue
            marker = ""
            if numbers is not None:
                own = look_of(look, "li", item.attrib, self.sheet).list_style or item.get("type") or style
                marker = html_marker(next(numbers), own) if own != "none" else ""
                marker += gap_behind(marker)
            self._item(item, look, marker)

    def _item(self, item: Any, look: Look, marker: str) -> None:
        hidden = look_of(look, "li", item.attrib, self.sheet).hidden_as()
        self._marker = "" if hidden else marker
        self._element(item, look)
        self._flush()
        self._marker = ""

    # --- tables ---------------------------------------------------------------------------------

    def _table(self, node: Any, look: Look) -> None:
        grid = read_grid(table_row_groups(node, look, self.sheet, self._hide), self._cell)
        if facts := index_facts(tuple(grid.rows)):
            self.facts.update(facts)
            self.left += (value for value in facts.values() if may_rule(value))
            return
        caption = next((c for c in node if c.tag == "caption"), None)
        if caption is not None:
            self._element(caption, look)
            self._flush()
            if self.lines:
                self.lines[-1].caption = True
        self.lines += grid.as_lines()

    def _cell(self, cell: Any, look: Look) -> list[Line]:
        """What stands in one cell, as lines of its own."""
        held, self.lines = self.lines, []
        self._element(cell, look)
        self._flush()
        found, self.lines = self.lines, held
        return found


def note_marks(body: Any) -> frozenset[str]:
    """Marks that paragraphs begin with raised: a raised mark of that kind elsewhere points to a note."""
    found = (own_note_mark(node) for node in body.iter("p", "div", "li", "td", "dd"))
    return frozenset(mark for mark in found if mark)


def own_note_mark(node: Any) -> str | None:
    """The raised figure that a paragraph begins with."""
    if (node.text or "").strip():
        return None
    first = next((child for child in node if isinstance(child.tag, str)), None)
    if first is None or not (first.tag == "sup" or _is_raised(first)):
        return None
    words = "".join(first.itertext()).strip()
    return words if _MARK.fullmatch(words) else None


def _is_raised(node: Any) -> bool:
    return _SUPER.search(node.get("style", "")) is not None


def _seen_text(node: Any) -> Iterator[str]:
    for one in node.iter():
        if isinstance(one.tag, str) and one.tag not in SILENT:
            yield one.text or ""
        if one is not node:
            yield one.tail or ""


def _look_down_to(node: Any, sheet: dict[str, dict[str, str]]) -> Look:
    """What the elements around `node` do to its words."""
    look = Look()
    for one in reversed(list(node.iterancestors())):
        if isinstance(one.tag, str):
            look = look_of(look, one.tag, one.attrib, sheet)
    return look
