"""HTML as portals export it: the document's words, list numbers as the browser counts them, tables as tables.

Parsed with lxml; nothing is fetched, run or resolved. What a browser would not show is reported, not read.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from assistant.parsing.formats.builder import TextBuilder
from assistant.parsing.formats.captions import contents_lines, is_caption
from assistant.parsing.formats.cleaning import visible
from assistant.parsing.formats.encodings import decode
from assistant.parsing.formats.html_css import read_sheet
from assistant.parsing.formats.html_page import Page
from assistant.parsing.formats.html_tables import Line
from assistant.parsing.formats.html_walker import Walker
from assistant.parsing.formats.html_widgets import FRAMES, is_frame
from assistant.parsing.formats.model import EMPTY, TOO_COMPLEX, Findings, Parsed, Rejected
from assistant.parsing.lines.agencies import is_agency
from assistant.parsing.lines.page_words import may_rule, page_line
from assistant.parsing.lines.page_zones import SeenLine, page_lines, told
from assistant.parsing.wordlists import titles

_MAX_ATTRIBUTES = 2000
_META = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w-]{2,20})""", re.IGNORECASE)
_XML_HEAD = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w-]{2,20})["']""")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_TAG = re.compile(r"<[a-zA-Z][^<>]{20000,}")
_CHINESE = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs"}
_CONDITIONAL = re.compile(r"\s*(?:\[if\b|<!\[endif|\[endif)", re.IGNORECASE)
_WORDS = re.compile(r"[\u4e00-\u9fff]{2,}|[A-Za-z]{2,}(?:\s+[A-Za-z]{2,}){2,}")
MAX_DEPTH = 200
_TITLE_WORDS = re.compile(rf".{{4,}}(?:{'|'.join(map(re.escape, (*titles().genres, '法')))})(?:[（(].{{1,20}}[）)])?$")


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
    walker = Walker(page, findings, read_sheet("\n".join(s.text or "" for s in root.iter("style"))))
    walker.walk_page()
    _report_outside(root, walker, findings)
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
    for image in root.iter("img"):
        findings.hide("alt", image.get("alt") or "")


def _report_outside(root: Any, walker: Walker, findings: Findings) -> None:
    """Frames and pictures that stand outside the document: those inside were told with their place."""
    frames = sum(1 for node in root.iter(*FRAMES) if is_frame(node)) - walker.frames
    images = sum(1 for _ in root.iter("img")) - walker.images
    for what, count in (("内嵌网页或对象", frames), ("图片", images)):
        if count > 0:
            findings.lose(what, count)


def _page_title(root: Any) -> str:
    """The words of <title> before the site's name."""
    node = root.find("head/title")
    words = " ".join((node.text or "").split()) if node is not None else ""
    return re.split(r"\s*[_|｜]\s*|\s+[-–—]+\s+|--+", words)[0].strip()


def _render(walker: Walker, builder: TextBuilder, title: str, findings: Findings) -> None:
    lines = _without_page(walker, title, findings)
    contents = contents_lines([line.text for line in lines])
    if contents:
        findings.lose("目录")
    before: Line | None = None
    heads: list[str] = []
    for at, line in enumerate(lines):
        if line.rows is not None:
            builder.table(line.rows, _caption(before))
            before = None
            continue
        if at in contents or not line.text or _repeats_title(line.text, heads):
            continue
        if not heads and _lacks_title(lines, at, title):
            builder.paragraph(title)
            heads.append(visible(title))
        if len(heads) < 4:
            heads.append(visible(line.text))
        builder.paragraph(line.text)
        before = line


def _without_page(walker: Walker, title: str, findings: Findings) -> list[Line]:
    """The lines of the document; those of the page around it are left out, and told where they may rule something."""
    lines = [line for one in walker.lines for line in one.apart()]
    titled = len(title) >= 4 and any(visible(line.text) == visible(title) for line in lines)
    seen = [_seen(line, title if titled else None) for line in lines]
    around = page_lines(seen)
    elsewhere = [*walker.left, *walker.page.rules_outside()]
    left_out = elsewhere + [seen[n].words for n in sorted(around.unknown)]
    rules = [seen[n].words for n in sorted(around.all - around.unknown) if may_rule(seen[n].words)]
    for words in (*left_out, *rules):
        findings.hide("page", words)
    if doubt := told(left_out):
        findings.warn("page_lines", doubt)
    return [line for number, line in enumerate(lines) if number not in around.all]


def _seen(line: Line, title: str | None) -> SeenLine:
    """A line as `page_lines` sees it; a table of nothing but buttons and the like is a line of words.

    `title`: what <title> says, where a line says it too; else a heading that is no agency's name is the title.
    """
    if line.rows is not None:
        words = "　".join(cell for row in line.rows for cell in row if cell)
        return SeenLine(words, row=page_line(words) is None)
    named = visible(line.text) == visible(title) if title else line.heading and not is_agency(line.text)
    return SeenLine(line.text, linked=bool(line.linked), named=named)


def _caption(before: Line | None) -> str | None:
    """The last line before a table, when it names the table."""
    last = before.text.rpartition("\n")[2] if before else ""
    return last if before and is_caption(last, styled=before.caption) else None


def _lacks_title(lines: list[Line], at: int, title: str) -> bool:
    """Whether a document's title stands in <title> alone and not in the text."""
    if not _TITLE_WORDS.search(title) or any(line.heading for line in lines[: at + 3]):
        return False
    return visible(title) not in visible("".join(line.text for line in lines[at : at + 8]))


def _repeats_title(text: str, heads: list[str]) -> bool:
    """Portals print the title two or three times before the text."""
    words = visible(text)
    return len(words) >= 6 and len(heads) < 4 and words in heads
