"""HTML as portals export it: the document's words, list numbers as the browser counts them, tables as tables.

Parsed with lxml; nothing is fetched, run or resolved. What a browser would not show is reported, not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree

from assistant.parsing.formats.builder import TextBuilder
from assistant.parsing.formats.captions import contents_lines, is_caption
from assistant.parsing.formats.cleaning import visible
from assistant.parsing.formats.encodings import decode
from assistant.parsing.formats.html_css import Look, look_of, read_sheet
from assistant.parsing.formats.html_page import SILENT, Page, index_facts, is_furniture_line
from assistant.parsing.formats.model import EMPTY, TOO_COMPLEX, Findings, Parsed, Rejected
from assistant.parsing.formats.numbering import gap_behind, html_marker

MAX_DEPTH = 200
_MAX_ATTRIBUTES = 2000
_META = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w-]{2,20})""", re.IGNORECASE)
_XML_HEAD = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w-]{2,20})["']""")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_TAG = re.compile(r"<[a-zA-Z][^<>]{20000,}")
_CHINESE = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs"}
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
_OWN_NUMBER = re.compile(
    r"\s*(?:第[一二三四五六七八九十百千零〇\d]+[条章节编款项]|[（(][一二三四五六七八九十\d]+[）)]|[一二三四五六七八九十]+[、.．]"
    r"|\d+[、.．)）]|[①-⑳⑴-⒇⒈-⒛㈠-㈩])"
)
_CONDITIONAL = re.compile(r"\s*(?:\[if\b|<!\[endif|\[endif)", re.IGNORECASE)
_WORDS = re.compile(r"[\u4e00-\u9fff]{2,}|[A-Za-z]{2,}(?:\s+[A-Za-z]{2,}){2,}")
_ARTICLE = re.compile(r"(?m)^第[一二三四五六七八九十百零\d]+条")
_TITLE_WORDS = re.compile(
    r".{4,}(?:通知|意见|办法|规定|条例|法|决定|公告|细则|方案|批复|问答|指引|纲要|规则|函|通报|制度)(?:[（(].{1,20}[）)])?$"
)
_NOTE_ROLES = frozenset({"doc-footnote", "doc-footnotes", "doc-endnote", "doc-endnotes"})
_NOTE_NAME = re.compile(r"(?:^|[-_\s])(?:footnotes?|endnotes?)(?=$|[-_\s])", re.IGNORECASE)


def read_html(raw: bytes) -> Parsed:
    """The document in an HTML page.

    Raises:
        Rejected: `too_complex`, `garbled`, `empty` or `no_text`.
    """
    findings = Findings()
    root = _parse(_XML_DECLARATION.sub("", decode(raw, findings, declared=_declared(raw))))
    _refuse_depth(root)
    body = root.find("body") if root.tag == "html" else root
    if body is None:
        raise Rejected(EMPTY, "网页没有正文")
    _report_page(root, findings)
    page = Page(body)
    walker = _Walker(page, findings, read_sheet("\n".join(s.text or "" for s in root.iter("style"))))
    walker.walk_page()
    builder = TextBuilder()
    _render(walker, builder, _page_title(root), findings)
    return builder.finish(findings, {"portal": walker.facts} if walker.facts else None)


def _declared(raw: bytes) -> str | None:
    head = raw[:4096]
    match = _META.search(head) or _XML_HEAD.match(head)
    if match is None:
        return None
    name = match[1].decode("ascii", "replace").lower()
    return None if name.startswith("utf-16") else _CHINESE.get(name, name)


def _parse(text: str) -> Any:
    for match in _TAG.finditer(text):
        if match[0].count("=") > _MAX_ATTRIBUTES:
            raise Rejected(TOO_COMPLEX, "网页里有一个标记的属性过多，请简化后再加入")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, AssertionError) as exc:
        raise Rejected(EMPTY, "网页没有正文") from exc
    if root is None:
        raise Rejected(EMPTY, "网页没有正文")
    if any("depth" in entry.message for entry in parser.error_log):
        raise Rejected(TOO_COMPLEX, f"网页标记嵌套超过 {MAX_DEPTH} 层，请简化后再加入")
    return root


def _refuse_depth(root: Any) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise Rejected(TOO_COMPLEX, f"网页标记嵌套超过 {MAX_DEPTH} 层，请简化后再加入")


def _report_page(root: Any, findings: Findings) -> None:
    for comment in root.iter(etree.Comment):
        words = comment.text or ""
        if _WORDS.search(words) and not _CONDITIONAL.match(words):
            findings.hide("comment", words)
    for frame in root.iter("iframe", "frame", "object", "embed"):
        if frame.get("src") or frame.get("srcdoc") or frame.get("data"):
            findings.lose("内嵌网页或对象")
    for image in root.iter("img"):
        findings.lose("图片")
        findings.hide("alt", image.get("alt") or "")


def _page_title(root: Any) -> str:
    """The words of <title> before the site's name."""
    node = root.find("head/title")
    words = " ".join((node.text or "").split()) if node is not None else ""
    return re.split(r"\s*[_|｜]\s*|\s+[-–—]+\s+|--+", words)[0].strip()


class _Line:
    """A paragraph, or a table."""

    __slots__ = ("caption", "contents", "heading", "rows", "text")

    def __init__(self, text: str = "", rows: tuple[tuple[str, ...], ...] | None = None) -> None:
        self.text, self.rows = text, rows
        self.caption = self.heading = self.contents = False


class _Walker:
    """Goes through the page in document order and collects lines. Depth is bounded by MAX_DEPTH."""

    def __init__(self, page: Page, findings: Findings, sheet: dict[str, dict[str, str]]) -> None:
        self.page, self.findings, self.sheet = page, findings, sheet
        self.lines: list[_Line] = []
        self.facts: dict[str, str] = {}
        self._open: list[str] = []
        self._marker = ""
        self._caption = self._heading = False

    def walk_page(self) -> None:
        """Collect the document: the article, and before it a title that stands outside it."""
        root = self.page.root
        look = self._look_down_to(root)
        title = self._title_outside(root)
        if title is not None:
            self._element(title, self._look_down_to(title))
            self._flush()
        self._element(root, look)
        self._flush()

    def _look_down_to(self, node: Any) -> Look:
        look = Look()
        above = list(node.iterancestors())
        for one in reversed(above):
            if isinstance(one.tag, str):
                look = look_of(look, one.tag, one.attrib, self.sheet)
        return look

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
        if tag in SILENT:
            return
        if tag in ("ol", "ul"):
            above = replace(above, list_style=None)  # browsers give each list its own default
        look = look_of(above, tag, node.attrib, self.sheet)
        if look.hidden is not None:
            self._hide(look.hidden, node)
        elif tag in ("del",):
            self._hide("deletion", node)
        elif self._is_note(node):
            self._hide("footnote", node)
        elif node is not self.page.root and node is not self.page.body and self.page.is_furniture(node):
            return
        elif tag == "br":
            self._open.append("" if look.centered or self._heading else "\n")
        elif tag == "table":
            self._flush()
            self._table(node, look)
        elif tag in ("ol", "ul"):
            self._flush()
            self._list(node, look)
        elif tag in _BLOCKS:
            self._block(node, look)
        elif tag == "sup" and any((a.get("href") or "").startswith("#") for a in node.iter("a")):
            return
        else:
            self._children(node, look)

    def _is_note(self, node: Any) -> bool:
        if node.get("role", "") in _NOTE_ROLES:
            return True
        names = f"{node.get('class', '')} {node.get('id', '')}".strip()
        return bool(names) and node.tag in _BLOCKS and _NOTE_NAME.search(names) is not None

    def _hide(self, kind: str, node: Any) -> None:
        words = "".join(_seen_text(node))
        self.findings.hide(kind, words)

    def _block(self, node: Any, look: Look) -> None:
        self._flush()
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
            self.findings.hide(kind, text)
        else:
            self._open.append(text.replace("\r", "") if pre else _SPACES.sub(" ", _WRAPPED.sub("", text)))

    def _flush(self) -> None:
        """Close the open paragraph."""
        text = "".join(self._open)
        self._open.clear()
        lines = [_tidy(piece) for piece in text.split("\n")]
        text = "\n".join(line for line in lines if line)
        if not visible(text):
            return
        line = _Line(self._marker + text)
        self._marker = ""
        line.caption, line.heading = self._caption, self._heading
        self.lines.append(line)

    # --- lists ----------------------------------------------------------------------------------

    def _list(self, node: Any, look: Look) -> None:
        items = [c for c in node if isinstance(c.tag, str)]
        numbers = iter(_list_numbers(node, [i for i in items if i.tag == "li"])) if node.tag == "ol" else None
        style = _list_style(node, look)
        if numbers is not None and (style in ("none", "disc", "circle", "square") or _all_numbered(items)):
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
        rows, inner = self._grid(node, look)
        if facts := index_facts(rows):
            self.facts.update(facts)
            return
        caption = next((c for c in node if c.tag == "caption"), None)
        if caption is not None:
            self._element(caption, look)
            self._flush()
            if self.lines:
                self.lines[-1].caption = True
        words = "\n".join(line.text for line in inner)
        layout = len(_ARTICLE.findall(words)) > 3 or max((len(r) for r in rows), default=0) <= 1
        layout = layout or any(line.rows is not None for line in inner) or any(len(c) > 1500 for r in rows for c in r)
        if layout and not (
            max((len(r) for r in rows), default=0) > 1 and len(words) < 1500 and not _ARTICLE.search(words)
        ):
            self.lines += inner
        else:
            self.lines.append(_Line(rows=rows))

    def _grid(self, node: Any, look: Look) -> tuple[tuple[tuple[str, ...], ...], list[_Line]]:
        """The cells of a table, text of a merged one once, and everything inside as plain lines."""
        held, self.lines = self.lines, []
        inner: list[_Line] = []
        rows: list[tuple[str, ...]] = []
        blocked: dict[int, int] = {}
        for row, row_look in self._rows(node, look):
            cells: list[str] = []
            for cell in (c for c in row if c.tag in ("td", "th")):
                while blocked.get(len(cells), 0) > 0:
                    cells.append("")
                self.lines = []
                self._element(cell, row_look)
                self._flush()
                at = len(cells)
                wide, high = _extent(cell, "colspan"), _extent(cell, "rowspan")
                cells += [" ".join(_cell_words(self.lines)), *[""] * (wide - 1)]
                blocked.update({column: high for column in range(at, at + wide) if high > 1})
                inner += self.lines
            while blocked.get(len(cells), 0) > 0:
                cells.append("")
            blocked = {column: left - 1 for column, left in blocked.items() if left > 1}
            rows.append(tuple(cells))
        self.lines = held
        return tuple(rows), inner

    def _rows(self, node: Any, look: Look) -> Iterator[tuple[Any, Look]]:
        """Rows in the order a browser shows them: the foot last. Hidden rows are reported."""
        look = look_of(look, "table", node.attrib, self.sheet)
        groups: list[tuple[Any, list[Any]]] = []
        for child in node:
            if child.tag == "tr":
                groups.append((node, [child]))
            elif child.tag in ("thead", "tbody", "tfoot"):
                groups.append((child, [r for r in child if r.tag == "tr"]))
        groups.sort(key=lambda g: {"thead": -1, "tfoot": 1}.get(g[0].tag, 0))
        for group, rows in groups:
            outer = look if group is node else look_of(look, group.tag, group.attrib, self.sheet)
            for row in rows:
                row_look = look_of(outer, "tr", row.attrib, self.sheet)
                if row_look.hidden is not None:
                    self._hide(row_look.hidden, row)
                else:
                    yield row, row_look


def _render(walker: _Walker, builder: TextBuilder, title: str, findings: Findings) -> None:
    lines = walker.lines
    contents = contents_lines([line.text for line in lines])
    if contents:
        findings.lose("目录")
    before: _Line | None = None
    heads: list[str] = []
    for at, line in enumerate(lines):
        if line.rows is not None:
            last = before.text.rpartition("\n")[2] if before else ""
            builder.table(line.rows, last if before and is_caption(last, styled=before.caption) else None)
            before = None
            continue
        kept = [t for t in line.text.split("\n") if not is_furniture_line(t)]
        line.text = "\n".join(kept)
        if at in contents or not kept or _repeats_title(line.text, heads):
            continue
        if not heads and _lacks_title(lines, at, title):
            builder.paragraph(title)
            heads.append(visible(title))
        if len(heads) < 4:
            heads.append(visible(line.text))
        builder.paragraph(line.text)
        before = line


def _lacks_title(lines: list[_Line], at: int, title: str) -> bool:
    """Whether a document's title stands in <title> alone and not in the text."""
    if not _TITLE_WORDS.search(title) or any(line.heading for line in lines[: at + 3]):
        return False
    return visible(title) not in visible("".join(line.text for line in lines[at : at + 8]))


def _repeats_title(text: str, heads: list[str]) -> bool:
    """Portals print the title two or three times before the text."""
    words = visible(text)
    return len(words) >= 6 and len(heads) < 4 and words in heads


def _tidy(line: str) -> str:
    return line.strip(" \t\u3000\u00a0\u2002\u2003")


def _seen_text(node: Any) -> Iterator[str]:
    for one in node.iter():
        if isinstance(one.tag, str) and one.tag not in SILENT:
            yield one.text or ""
        if one is not node:
            yield one.tail or ""


def _cell_words(lines: list[_Line]) -> Iterator[str]:
    for line in lines:
        if line.rows is None:
            yield line.text
        else:
            yield from (cell for row in line.rows for cell in row if cell)


def _extent(cell: Any, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(max(1, int(value)), 200) if value.isdecimal() and len(value) < 6 else 1


def _list_numbers(node: Any, items: list[Any]) -> Iterator[int]:
    start = _whole(node.get("start"))
    step = -1 if node.get("reversed") is not None else 1
    number = start if start is not None else len(items) if step < 0 else 1
    for item in items:
        stated = _whole(item.get("value"))
        number = stated if stated is not None else number
        yield number
        number += step


def _whole(value: str | None) -> int | None:
    value = (value or "").strip()
    return int(value) if re.fullmatch(r"-?\d{1,6}", value, re.ASCII) else None


def _list_style(node: Any, look: Look) -> str:
    own = look.list_style
    return own or node.get("type") or "decimal"


def _all_numbered(items: list[Any]) -> bool:
    """Items that state their numbers themselves would be numbered twice."""
    texts = ["".join(i.itertext()).strip() for i in items if i.tag == "li"]
    return bool(texts) and all(_OWN_NUMBER.match(t) for t in texts)
