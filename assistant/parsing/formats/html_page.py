"""What of a portal's page is the document and what is the page around it.

The rule is to lose nothing: only what is furniture by its element, its name or its words goes, and
an element that carries a large part of the page's sentences stays whatever it is called.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from assistant.parsing.lines.page_words import may_rule, opens_article, page_line
from assistant.parsing.wordlists import page_words

_SILENT_WORDS = """
    script style noscript template iframe object embed applet svg canvas math select option button
    input textarea datalist audio video map head title link meta base rt rp frame frameset
    noframes split
"""
SILENT = frozenset(_SILENT_WORDS.split())
_FURNITURE_TAGS = frozenset({"nav", "footer", "aside", "menu", "dialog", "form", "header"})
_FURNITURE_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "toolbar"}
)
_FURNITURE_NAME = re.compile(
    r"(?:^|[-_\s])(?:nav(?:bar|igation|i)?|menu|breadcrumbs?|crumbs?|bread|footer|foot|copyright|toolbar|tools?|share|"
    r"bdshare\w*|print|sidebar|side|qrcode|erweima|ewm|pagination|pager|pages?_?nav|related|recommend|hot|ads?|advert\w*|"
    r"search|login|banner|topbar|dizhi|weizhi|position|location|dqwz|mbx|fontsize|font_size|header|head|back-?top|toc)"
    r"(?=$|[-_\s])",
    re.IGNORECASE,
)
_CONTENT_NAME = re.compile(
    r"^(?:ucap-content|zoom|zoomcon|article(?:[-_]?(?:content|body|con|main|text))?|(?:news|detail|main|text|page|pages|view)"
    r"[-_]?(?:content|body|con|text|article)|content(?:[-_]?(?:text|body|main|article))?|trs_editor|trs_ueditor|"
    r"custom_unionstyle|pages_content|wrapper_content|vsb_content\w*|v_news_content|xxgk_content|doc[-_]?content|bt_content|"
    r"article-?box|cont|con_text|xl_content|mainbody|editor)$",
    re.IGNORECASE,
)
_TEXT_TAGS = (
    "p",
    "div",
    "li",
    "td",
    "dd",
    "section",
    "article",
    "aside",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
)
# An article with words behind it, or a numbered rule that ends like a sentence.
_CLAUSE = re.compile(
    r"第\s?[一二三四五六七八九十百千零〇\d]{1,7}\s?条(?:[\s\u3000：:（(【]{0,4}[^\s第]{5}|\s*$)|[（(]?[一二三四五六七八九十]{1,3}[）)、][^\n]{10,190}[。；]"
)
_FEW_WORDS = 8  # characters: fewer make no rule
_SENTENCE = re.compile(r"[。；！？：]")


def index_facts(rows: tuple[tuple[str, ...], ...]) -> dict[str, str] | None:
    """Labels and values of a portal's 索引号 table, or `None` when this is another table."""
    cells = [c.strip() for row in rows for c in row if c.strip()]
    facts: dict[str, str] = {}
    labels = 0
    at = 0
    while at < len(cells):
        name, value = _label(cells[at]), cells[at].replace("：", ":").partition(":")[2]
        if name in page_words().index:
            labels += 1
            if not value.strip() and at + 1 < len(cells) and _label(cells[at + 1]) not in page_words().index:
                at += 1
                value = cells[at]
            facts[name] = value.strip()
        at += 1
    numbered = any(name in facts for name in page_words().numbered)
    return facts if labels >= 3 and numbered and labels * 2 >= len(cells) * 0.7 else None


def _label(cell: str) -> str:
    return "".join(cell.replace("：", ":").partition(":")[0].split()).strip("【】[]")


def _clauses_in(body: Any) -> Counter[Any]:
    """How many articles and numbered rules stand in each element; those in links and menus do not count."""
    found: Counter[Any] = Counter()
    for node in body.iter(*_TEXT_TAGS):
        head = "".join(islice(node.itertext(), 12))[:200].strip()
        if not _CLAUSE.match(head) or any(a.tag in ("a", "nav") for a in (node, *node.iterancestors())):
            continue
        if not any(child.tag in _TEXT_TAGS for child in node):
            found.update((node, *node.iterancestors()))
    return found


def _is_asked_for(node: Any) -> bool:
    """Whether the words before a list of links end with a colon, as in 废止下列制度：."""
    for _ in range(4):
        before = node.getprevious()
        while before is not None and not isinstance(before.tag, str):
            before = before.getprevious()
        if before is not None:
            words = ("".join(before.itertext()) + (before.tail or "")).strip()
            if words:
                return words.endswith(("：", ":")) and page_line(words[-140:]) is None
            node = before
            continue
        node = node.getparent()
        if node is None:
            return False
        if (node.text or "").strip():
            return str(node.text).strip().endswith(("：", ":"))
    return False


def rule_words(nodes: Iterable[Any]) -> Iterator[str]:
    """Words of elements that may rule something, and so are told when the elements are left out.

    A link counts when it is a sentence or an article: its words name another page else.
    """
    for node in nodes:
        linked = any(above.tag == "a" for above in (node, *node.iterancestors()))
        for words in _own_words(node):
            if len(words) < _FEW_WORDS or page_line(words) is not None:
                continue
            if ("。" in words or opens_article(words)) if linked else may_rule(words):
                yield words


def shown_elements(node: Any) -> Iterator[Any]:
    """The elements at and below `node`, those inside scripts and the like left out."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one.tag, str) and one.tag not in SILENT:
            yield one
            waiting.extend(reversed(one))


def _own_words(node: Any) -> list[str]:
    """The words that stand in an element and in none of its children."""
    return [" ".join(piece.split()) for piece in (node.text, *(child.tail for child in node)) if piece]


def _weight(words: str) -> int:
    """The length of what reads like a sentence."""
    return len(words) if _SENTENCE.search(words) or len(words) >= 20 else 0


class Page:
    """Weights of the elements of one page. A sentence's weight is its length; link text weighs nothing."""

    def __init__(self, body: Any) -> None:
        self._weight: dict[Any, int] = {}
        self._linked: dict[Any, int] = {}
        self._links: dict[Any, int] = {}
        self._weigh(body)
        self._clauses = _clauses_in(body)
        self.body = body
        self.total = max(1, self._weight.get(body, 0))
        self.root = self._find_root()

    def _weigh(self, body: Any) -> None:
        """From the leaves up, without recursion."""
        order = [e for e in body.iter() if isinstance(e.tag, str)]
        for node in reversed(order):
            silent = node.tag in SILENT
            pieces = [] if silent else _own_words(node)
            children = [] if silent else [child for child in node if isinstance(child.tag, str)]
            linked, links = sum(map(self._linked.__getitem__, children)), sum(map(self._links.__getitem__, children))
            if node.tag == "a":
                weight, linked, links = 0, linked + sum(map(len, pieces)), links + 1
            else:
                weight = sum(map(_weight, pieces)) + sum(map(self._weight.__getitem__, children))
            self._weight[node], self._linked[node], self._links[node] = weight, linked, links

    def is_furniture(self, node: Any) -> bool:
        """Whether an element is part of the page, not of the document."""
        if self._weight.get(node, 0) > 0.3 * self.total or self._holds_clause(node):
            return False
        if node.tag in _FURNITURE_TAGS or node.get("role", "").lower() in _FURNITURE_ROLES:
            return not (node.tag in ("header", "form") and self._holds_title(node))
        names = f"{node.get('class', '')} {node.get('id', '')}"
        if _FURNITURE_NAME.search(names) and not self._holds_title(node):
            return self._weight.get(node, 0) <= 0.1 * self.total
        return self._is_link_list(node) and not _is_asked_for(node)

    def rules_outside(self) -> Iterator[str]:
        """Words that may rule something and stand outside the element taken for the article."""
        if self.root is not self.body:
            inside = set(self.root.iter())
            yield from rule_words(one for one in shown_elements(self.body) if one not in inside)

    def _holds_clause(self, node: Any) -> bool:
        """Whether an article or a numbered rule stands in an element: then it is no furniture, whatever its name."""
        return self._clauses[node] > 0

    def _is_link_list(self, node: Any) -> bool:
        linked = self._linked.get(node, 0)
        return (
            node.tag in ("ul", "ol", "div", "dl", "table", "section")
            and self._links.get(node, 0) >= 4
            and self._weight.get(node, 0) == 0
            and linked > 0.7 * len("".join("".join(node.itertext()).split()))
        )

    def _holds_title(self, node: Any) -> bool:
        return any(True for _ in node.iter("h1", "h2")) and not any(True for _ in node.iter("nav"))

    def _find_root(self) -> Any:
        """The element known as the article when it holds nearly all sentences of the page, else the body."""
        best, every = self.body, self._clauses[self.body]
        for node in self.body.iter():
            if not isinstance(node.tag, str) or self._weight.get(node, 0) < 0.95 * self.total:
                continue
            names = [node.get("id", ""), *node.get("class", "").split()]
            known = node.tag in ("article", "main") or node.get("itemprop") == "articleBody"
            if (known or any(_CONTENT_NAME.match(n) for n in names)) and self._clauses[node] == every:
                best = node
        return best
