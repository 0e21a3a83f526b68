"""Which lines a page puts before and behind a text, by their words, their links and their place.

A page has a head, a text and a foot. The head ends with the first line that rules something; the foot begins with the
first line behind the last one that belongs to a document: a rule, a day, an 附件, a row of a table. In both, lines that
`page_words` knows go; a line that is not known goes only between those that are, and is told (`Around.unknown`).
Amid the text only buttons go. A line that opens an article never goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.parsing.lines.attachments import attachment_at
from assistant.parsing.lines.page_words import SURE, PageLine, has_no_value, is_control, may_rule, page_line
from assistant.parsing.lines.signatures import is_dated
from assistant.parsing.wordlists import page_words, titles
from assistant.text.folding import squeeze

_LONG = 60  # characters: a longer line is a paragraph
_COLUMN = 8  # characters: the longest name of one column of a site
_LINKS = 3  # links in a row make a list of other pages
_FACTS = 3  # names make a portal's table of facts


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A line as a reader sees it. `named`: the page itself calls it the title; `row`: of a table of figures."""

    words: str
    linked: bool = False  # all of it is a link
    named: bool = False
    row: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """Numbers of the lines that are the page's own."""

    before: frozenset[int] = frozenset()
    within: frozenset[int] = frozenset()
    behind: frozenset[int] = frozenset()
    index: frozenset[int] = frozenset()  # facts that a portal states above the text, names and values; not of `all`
    unknown: frozenset[int] = frozenset()  # of these, lines that go by their place alone

    @property
    def all(self) -> frozenset[int]:
        """Every line of the page."""
        return self.before | self.within | self.behind


def page_lines(lines: Sequence[SeenLine]) -> Around:
    """What of `lines` is the page around the text; nothing when no line speaks of a page."""
    kinds: list[PageLine | None] = [None] * len(lines)
    begin = next((n for n, line in enumerate(lines) if _kind(n, line, kinds) is None and _rules(line)), len(lines))
    kinds[:begin] = _with_values(lines[:begin], kinds[:begin])
    before = _head(lines[:begin], kinds)
    end = _foot_begins(lines, kinds, begin)
    behind = frozenset(range(_first_of_page(lines, kinds, end), len(lines)))
    between = range(begin, len(lines) - len(behind))
    within = frozenset(n for n in between if not lines[n].row and is_control(lines[n].words))
    index = _index(lines[:begin], kinds)
    return Around(before, within, behind, index, _unknown(lines, kinds, before, behind))


def _unknown(
    lines: Sequence[SeenLine], kinds: Sequence[PageLine | None], before: frozenset[int], behind: frozenset[int]
) -> frozenset[int]:
    """Lines that go by their place alone: known by no word, or above all that is surely a page's."""
    unknown = {n for n in before | behind if kinds[n] is None and (not lines[n].linked or may_rule(lines[n].words))}
    for number in sorted(behind):
        if kinds[number] in SURE:
            break
        unknown.add(number)
    return frozenset(unknown)


def told(lines: Sequence[str]) -> str | None:
    """A warning that names left out lines which may be of the document; `None` when none may."""
    doubtful = [line for line in lines if len(squeeze(line)) > 8 or may_rule(line)]
    if not doubtful:
        return None
    named = "”“".join(line if len(line) <= 24 else f"{line[:23]}…" for line in doubtful[:5])
    return f"有 {len(doubtful)} 行在网页的栏目、链接、按钮之间，没有作为条款（“{named}”），请核对是否含有规定"


def _kind(number: int, line: SeenLine, kinds: list[PageLine | None]) -> PageLine | None:
    """The kind of a line, kept in `kinds`: those amid a text are asked for by nobody."""
    kinds[number] = None if line.row else page_line(line.words)
    return kinds[number]


def _rules(line: SeenLine) -> bool:
    return line.row or (not line.linked and may_rule(line.words))


# --- before the text ---


def _index(lines: Sequence[SeenLine], kinds: Sequence[PageLine | None]) -> frozenset[int]:
    """Names and values of a portal's table of facts, when there are enough of them to make one."""
    found = frozenset(n for n in range(len(lines)) if kinds[n] is PageLine.INDEX)
    words = squeeze("".join(lines[n].words for n in found))
    numbered = any(name in words for name in page_words().numbered)
    return found if numbered and len(found) >= _FACTS else frozenset()


def _with_values(lines: Sequence[SeenLine], kinds: Sequence[PageLine | None]) -> list[PageLine | None]:
    """The kinds of lines, with that of a name for a value on the line below it, which another name follows."""
    found = list(kinds)
    for number in range(len(lines) - 2):
        named = kinds[number] in (PageLine.INDEX, PageLine.ABOUT) and has_no_value(lines[number].words)
        if named and kinds[number + 1] is None and kinds[number + 2] in (PageLine.INDEX, PageLine.ABOUT):
            words = lines[number + 1].words
            if len(words) <= _LONG and not _ends_like_title(words):
                found[number + 1] = kinds[number]
    return found


def _head(lines: Sequence[SeenLine], kinds: Sequence[PageLine | None]) -> frozenset[int]:
    """Lines of the page above the first rule; a title and what stands below it stay."""
    sure = _of_page(lines, kinds)
    index = {n for n in range(len(lines)) if kinds[n] is PageLine.INDEX}
    known = {n for n in range(len(lines)) if kinds[n] is PageLine.ABOUT or (kinds[n] and sure)} - index
    title = _title(lines, kinds, sure)
    if title is None:
        linked = {n for n in range(max(known, default=0)) if lines[n].linked}
        return frozenset(known | linked) - _only_column(lines, kinds, known)
    last = max((n for n in known if n < title), default=0)
    return frozenset((known | set(range(last))) - index)


def _of_page(lines: Sequence[SeenLine], kinds: Sequence[PageLine | None]) -> list[int]:
    """Lines that are surely the page's. One or two names of columns are not: they may be a title."""
    sure = [n for n in range(len(lines)) if kinds[n] in SURE]
    names = sum(1 for n in sure if kinds[n] is PageLine.MENU and len(squeeze(lines[n].words)) <= _COLUMN)
    return [] if names == len(sure) < _LINKS else sure


def _only_column(lines: Sequence[SeenLine], kinds: Sequence[PageLine | None], known: set[int]) -> frozenset[int]:
    """The last name of a column, when nothing else is left above the text: 办事指南 is its title."""
    if len(known) < len(lines):
        return frozenset()
    names = [n for n in sorted(known) if kinds[n] is PageLine.MENU and not lines[n].linked]
    return frozenset(names[-1:]) if names and len(squeeze(lines[names[-1]].words)) <= _COLUMN else frozenset()


def _title(lines: Sequence[SeenLine], kinds: Sequence[PageLine | None], sure: Sequence[int]) -> int | None:
    """The line that bears the title, as the page or its last word says."""
    plain = [n for n in range(len(lines)) if kinds[n] is None and not lines[n].linked]
    named = [n for n in plain if lines[n].named]
    ending = [n for n in plain if _ends_like_title(lines[n].words)]
    long = [n for n in ending if "关于" in lines[n].words or len(squeeze(lines[n].words)) >= 10]
    late = [n for n in ending if not sure or n > sure[-1]]
    return next(iter([*named, *long, *late, *ending]), None)


def _ends_like_title(words: str) -> bool:
    plain = squeeze(words).rstrip("》")
    if plain.endswith(("）", ")")):
        plain = plain[: max(plain.rfind("（"), plain.rfind("("), 0)]
    return len(plain) >= 4 and plain.endswith(titles().endings)


# --- behind the text ---


def _foot_begins(lines: Sequence[SeenLine], kinds: list[PageLine | None], begin: int) -> int:
    """The line behind the last one that belongs to a document; the kinds of the lines from there on are filled in."""
    for number in range(len(lines) - 1, begin - 1, -1):
        if _kind(number, lines[number], kinds) not in (None, PageLine.INDEX):
            continue
        of_page_below = number + 1 < len(lines) and kinds[number + 1] in SURE
        if _is_of_document(lines[number], introduces=not of_page_below):
            return number + 1
    return begin


def _is_of_document(line: SeenLine, *, introduces: bool) -> bool:
    """`introduces`: what stands below may be what a colon at its end announces."""
    words = line.words
    if attachment_at(words, 0, len(words)) is not None:
        return True
    if line.linked:
        return False
    return _rules(line) or len(words) > _LONG or (introduces and words[-1:] in "：:") or is_dated(words)


def _first_of_page(lines: Sequence[SeenLine], kinds: Sequence[PageLine | None], end: int) -> int:
    """The first line of the foot that is surely the page's, and the remarks on this copy right above it."""
    sure = [n for n in range(end, len(lines)) if kinds[n] in SURE]
    first = min([*sure, *_link_lists(lines, end)], default=None)
    if first is None:
        first = len(lines)
    above = {PageLine.ABOUT, PageLine.OWNER} if kinds[first : first + 1] == [PageLine.SITE] else {PageLine.ABOUT}
    while first > end and kinds[first - 1] in above:
        first -= 1
    return first


def _link_lists(lines: Sequence[SeenLine], end: int) -> Iterator[int]:
    """Where a list of links begins that the text does not ask for with a colon."""
    number = end
    while number < len(lines):
        after = number
        while after < len(lines) and lines[after].linked:
            after += 1
        asked = number > 0 and lines[number - 1].words[-1:] in "：:"
        if after - number >= _LINKS and not asked:
            yield number
        number = max(after, number + 1)
