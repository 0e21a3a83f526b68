"""Where the readers of a tree stand: the open path, the last numbers, the addresses given so far."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.parsing.corrections import NOTHING, Placed
from assistant.parsing.layout import read_lines, wrap_width
from assistant.parsing.lines.model import Kind, Line, TableLike, trimmed
from assistant.parsing.lines.page_zones import told
from assistant.parsing.markers import Mark, mark_at
from assistant.parsing.openings import openings_of
from assistant.parsing.tree.forms import ASK, NUMBER_LINE
from assistant.parsing.tree.nodes import IN_ARTICLE, RANK, Node, Para
from assistant.schema.document import DocumentKind, Level, Table

_ASK_STARTS = frozenset("问提第Q#（([【〔1234567890一二三四五六七八九十")


class Cursor:
    """One text and the tree that grows from it. Readers move it on; nothing else holds state."""

    def __init__(self, text: str, kind: DocumentKind, tables: Sequence[TableLike], said: Placed = NOTHING) -> None:
        self.text = text
        self.kind = kind
        self.said = said
        self.lines, self.tables = read_lines(text, tables, said)
        self.warnings: list[str] = []
        self.width = wrap_width(text, self.lines)
        if doubt := told([text[line.start : line.end] for line in self.lines if line.doubtful]):
            self.warnings.append(f"page_lines：{doubt}")
        self._openings = openings_of(text, self.lines, said)
        self.roots: list[Node] = []
        self.path: list[Node] = []
        self.part: Node | None = None  # the open ISSUED or ATTACHMENT
        self.prefix = ""
        self.prefix_articles = True
        self.seen: dict[str, int] = {}
        self.counts: dict[Level, int] = {}  # last number of each level in this part
        self.found_tables: list[Table] = []
        self.title = ""
        self.flat = False
        self.names: frozenset[str] = frozenset()  # what the cover notice says it issues
        self.tail: Node | None = None  # the open 落款
        self.preamble: Node | None = None
        self.issued = 0
        self.asked = 0

    # --- lines ---

    def words(self, line: Line) -> str:
        """The words of a line."""
        return self.text[line.start : line.end]

    def mark(self, start: int, end: int) -> Mark | None:
        """The number that opens a clause at `text[start:end]`."""
        if start in self._openings.quoted:
            return None
        found = self._openings.marks.get(start)
        return found if found is not None and found.end <= end else mark_at(self.text, start, end)

    def name_of_article(self, line: Line) -> str | None:
        """The name of an article that `line` is, below a number on a line of its own."""
        return self._openings.names.get(line.start)

    def may_head(self, line: Line) -> bool:
        """Whether a line may be of a title or 主送: words, and not what a person said is plain text."""
        return line.kind is Kind.WORDS and line.start not in self.said.plain

    def opens(self, line: Line) -> bool:
        """Whether a line begins with a number or a question."""
        return self.mark(line.start, line.end) is not None or self.opens_question(line)

    def opens_question(self, line: Line) -> bool:
        """Whether a line asks a question."""
        return self.asks(line.start, line.end) is not None

    @property
    def quoted(self) -> frozenset[int]:
        """Where the lines begin that are another text's."""
        return self._openings.quoted

    def asks(self, start: int, end: int) -> int | None:
        """Where the words of the question begin that `text[start:end]` asks, `None` when it asks none."""
        if start in self._openings.quoted:
            return None
        if self.text[start] in _ASK_STARTS and (match := ASK.match(self.text, start, end)):
            return match.end()
        if start in self._openings.asked:
            mark = mark_at(self.text, start, end)
            return mark.end if mark is not None else start
        return None

    def numbered(self, line: Line) -> bool:
        """Whether a line is a 文号."""
        return NUMBER_LINE.fullmatch(self.text, line.start, line.end) is not None

    # --- nodes ---

    def home(self) -> list[Node]:
        """Where what stands below nothing else goes."""
        return self.part.children if self.part is not None else self.roots

    def close(self) -> None:
        """Nothing stands open but the part itself."""
        self.path = [self.part] if self.part is not None else []
        self.preamble = None

    def leave(self) -> None:
        """Nothing stands open, not even a part."""
        self.part, self.path, self.prefix = None, [], ""
        self.tail = self.preamble = None

    def article(self) -> Node | None:
        """The open 条."""
        for node in reversed(self.path):
            if node.level is Level.ARTICLE:
                return node
            if node.level not in IN_ARTICLE:
                return None
        return None

    def prefixed(self, local: str) -> str:
        """An address in the open part."""
        if not self.prefix:
            return local
        return self.prefix + local if local.startswith("第") else f"{self.prefix} {local}"

    def unique(self, address: str) -> str:
        """`address`, with a mark behind it when another clause bears it already."""
        times = self.seen.get(address, 0) + 1
        self.seen[address] = times
        if times == 1:
            return address
        if times == 2 and address[-1] not in "款段头注录":
            self.warnings.append(f"duplicate_number：{address} 不止一处，请核对原文编号")
        return self.unique(f"{address}〔{times}〕")

    def climb(self, rank: int) -> None:
        """Close what is not above `rank`."""
        path = self.path
        while path and (path[-1].level not in RANK or RANK[path[-1].level] >= rank):
            path.pop()

    def attach(self, node: Node) -> None:
        """Open `node` below what is open."""
        (self.path[-1].children if self.path else self.home()).append(node)
        self.path.append(node)

    def leaf(self, level: Level, address: str, start: int, end: int) -> Node:
        """A node without children, the blanks around it left out."""
        start, end = trimmed(self.text, start, end)
        return Node(level=level, address=address, start=start, end=end)

    def torn(self, level: Level, address: str, para: Para, start: int, end: int | None = None) -> Node:
        """A leaf, or a node with the pieces and the page marks of a torn paragraph."""
        stop = para.end if end is None else end
        node = self.leaf(level, address, start, stop)
        at = node.start
        for hole in para.holes if level is not Level.NOTE else ():
            if not (node.start <= hole.start and hole.end <= node.end):
                continue
            node.children.append(self.leaf(Level.PIECE, address, at, hole.start))
            node.children.append(self.leaf(Level.NOTE, self.unique("页注"), hole.start, hole.end))
            at = hole.end
        if node.children:
            node.children.append(self.leaf(Level.PIECE, address, at, node.end))
            node.children = [c for c in node.children if c.end > c.start]
        return node

    def add_holes(self, node: Node, para: Para) -> None:
        """A heading torn by a page mark: its label in pieces."""
        label = self.torn(Level.LABEL, node.address, para, para.start)
        node.children[0] = label

    def piece(self, para: Para, start: int, end: int) -> Para:
        """A part of a paragraph as a paragraph."""
        holes = [h for h in para.holes if start <= h.start and h.end <= end]
        return Para(start, end, self.mark(start, end), holes)

    def keep_lead(self, node: Node) -> None:
        """Before its first child, a node's own words become a leaf of their own."""
        if not node.children and node.end > node.start:
            node.children.append(Node(level=Level.LEAD, address=node.address, start=node.start, end=node.end))
