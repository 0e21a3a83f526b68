"""Titles as people shorten them: 贴息办法 for 小微企业贷款贴息管理办法, 农机补贴办法 for 农业机械购置补贴实施办法.

A short title ends with the word that the title ends with (办法, 规程, 指引 …). What stands before that word is taken
from the title in its order: pieces of two characters and more from anywhere, single characters from the
beginning of a word. What right before it is neither that nor a word behind which a title may begin makes it
another title: 住房贴息办法.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from assistant.parsing.addresses import bare_title
from assistant.parsing.wordlists import titles
from assistant.question.everyday import asking_words
from assistant.schema.document import DocumentMeta
from assistant.text.tables import packaged, read_table

_LONGEST = 40  # characters before the word that ends a title, in which the rest of it may stand
_FEWEST = 2  # characters that a short title has before that word
_RUN = re.compile(r"[\u4e00-\u9fffA-Za-z0-9·（）()〈〉—-]*$")
_REMARK = re.compile(r"[（(〔][^（()）〔〕]{1,30}[）)〕]$")  # （试行）, （2024年修订）
_COUNTRY = "中华人民共和国"
_COVER = "的通知"
_ISSUED = re.compile(r"印发.{0,2}《([^《》]{2,60})》")
_CLOSED = re.compile(rf"(?:{_REMARK.pattern[:-1]})?》")
_STATUTES = frozenset({"法", "法典"})
# 这个文化公司, 文件上交, 文件要求提供: neither speaks of what a document says.
_NO_PAPER = "(?![化字凭档书学艺明])(?!(?<=上)[交传报级网缴])(?!(?<=中)[介标心止])(?!(?<=要求)提[供交])"
_HAN = re.compile(r"[\u4e00-\u9fff]")


class _Words(BaseModel):
    """What the table says; see its head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    empty: tuple[str, ...]
    openers: frozenset[str]
    behind: frozenset[str]
    before: frozenset[str]
    endings: tuple[str, ...]
    everyday: frozenset[str]
    papers: tuple[str, ...]
    places: tuple[str, ...]
    of_place: frozenset[str]
    this_paper: tuple[str, ...]
    in_paper: tuple[str, ...]
    paper_behind: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Words that name a document by a title, shortened or not.

    `documents` bear it; none when the library has no such document, and documents of several titles when it is
    short for each of them or, as 该办法 and 管理办法, names a kind of document alone. `stem` is what it says before the
    word that ends a title.
    """

    start: int
    end: int
    name: str
    stem: str
    documents: tuple[DocumentMeta, ...] = ()
    like: tuple[DocumentMeta, ...] = ()  # without `documents`: those whose title differs only in the word at its end
    quoted: bool = False  # it stands in 《》
    everyday: bool = False  # the word at its end is an everyday word as well
    elsewhere: bool = False  # a title of the library behind other words: 住房贴息办法
    abroad: bool = False  # … behind the name of a place or an institution: 青禾县贴息办法

    @property
    def settled(self) -> bool:
        """Whether it names one title."""
        return len({plain_title(meta) for meta in self.documents}) == 1

    @property
    def outright(self) -> bool:
        """Whether it names one title wherever it stands, and not only where a place stands behind it."""
        return self.settled and telling(self.stem) and (self.quoted or not self.everyday)

    def rules_out(self, loose: bool) -> bool:
        """Whether these words name another document than one that is named inside them.

        Args:
            loose: whether that one is named by the end of its title alone.
        """
        return not self.documents and (loose or self.elsewhere)


class ShortTitles:
    """Question → Named.

    Args:
        words_of: the words that a title is made of; without it no single character stands for a word.
    """

    def __init__(
        self, documents: Sequence[DocumentMeta], words_of: Callable[[str], Iterable[str]] = lambda _: ()
    ) -> None:
        self._titles: dict[str, list[DocumentMeta]] = {}
        for meta in documents:
            for title in called(meta):
                self._titles.setdefault(title, []).append(meta)
        self._starts = {title: _starts(title, words_of(title)) for title in self._titles}
        self._endings = {title: match[0] for title in self._titles if (match := _ending().search(title))}

    def named(self, question: str) -> tuple[Named, ...]:
        """What in `question` ends as titles do, each with the documents that it may name, in its order."""
        found: list[Named] = []
        for match in _any_ending().finditer(question):
            named = self._named(question, match)
            if found and named.start < found[-1].end:
                found.pop()  # 贴息办法实施细则 is one name
            found.append(named)
        return tuple(found)

    def _named(self, question: str, match: re.Match[str]) -> Named:
        opened = _opened(question, match)
        quoted = opened is not None
        run = _run_before(question, match.start()) if opened is None else bare_title(question[opened : match.start()])
        size, bearing = self._bearing(run, match[0], whole=quoted)
        before = run[: len(run) - size]
        elsewhere = bool(bearing) and not quoted and not self._may_begin(before, run[len(before) :], match[0], bearing)
        stem = run[len(before) :] if bearing and not elsewhere else run[0 if quoted else _after_openers(run) :]
        if elsewhere or not bearing:
            bearing = self._of_kind(stem, match[0])
        return Named(
            start=match.start() - len(stem) if opened is None else opened,
            end=match.end(),
            name=stem + match[0],
            stem=stem,
            documents=self._held(bearing),
            like=() if bearing else self._held([t for t in self._endings if self._short_for(stem, t)]),
            quoted=quoted,
            everyday=match[0] in _words().everyday,
            elsewhere=elsewhere,
            abroad=elsewhere and (_ends_in_place(before) or run.startswith(_words().places, len(before))),
        )

    def _of_kind(self, stem: str, ending: str) -> list[str]:
        """办法, 管理办法: every title that ends so; 监管局的通知: every one of theirs."""
        if not _empty().sub("", stem):
            return [title for title in self._endings if title.endswith(stem + ending)]
        if not stem.endswith("的") or len(stem) <= _FEWEST:
            return []
        theirs = [t for t in self._endings if any(stem[:-1] in name for m in self._titles[t] for name in m.issuers)]
        return [title for title in theirs if title.endswith(ending)]

    def _held(self, titles_borne: Iterable[str]) -> tuple[DocumentMeta, ...]:
        return tuple(meta for title in titles_borne for meta in self._titles[title])

    def _may_begin(self, before: str, stem: str, ending: str, bearing: Sequence[str]) -> bool:
        """Whether a title may begin behind `before`: at once, behind a word that opens one, or behind its issuer.

        A whole title may stand behind any words but the name of a place, which a statute bears out of courtesy.
        """
        if stem.startswith(_words().places):
            return _after_openers(before) == len(before)  # 苏州 stands before 市贴息办法
        words = _words()
        opened = before.endswith((*words.openers, *words.behind, *words.before))
        if not before or _HAN.match(before[-1]) is None or opened:
            return True
        if before.endswith(tuple(name for meta in self._held(bearing) for name in meta.issuers)):
            return True
        whole = stem + ending in bearing
        return whole and (ending in _STATUTES or not _ends_in_place(before))

    def _bearing(self, run: str, ending: str, *, whole: bool) -> tuple[int, list[str]]:
        """How much of the end of `run` is taken from a title that ends with `ending`, and the titles it fits."""
        candidates = [title for title, end in self._endings.items() if end == ending]
        for size in range(len(run), _FEWEST - 1, -1):
            stem = run[len(run) - size :].removesuffix("的")
            if whole and size < len(run):
                break
            if fitting := [t for t in candidates if self._short_for(stem, t)]:
                exact = [t for t in fitting if t == stem + ending]
                return size, exact or fitting
        return 0, []

    def _short_for(self, stem: str, title: str) -> bool:
        ending = self._endings[title]
        return telling(stem) and _taken_from(stem, title[: len(title) - len(ending)], self._starts[title])


def plain_title(meta: DocumentMeta) -> str:
    """A document's title without 中华人民共和国 and a remark at its end: （试行）, （…节选）."""
    return plain_name(meta.title)


def called(meta: DocumentMeta) -> tuple[str, ...]:
    """What a document is called: its title, and what a 通知 issues.

    关于某某若干措施的通知 is called 某某若干措施, and 关于印发《某办法》的通知 is called 某办法.
    """
    title = plain_title(meta)
    names = [title]
    if issued := _ISSUED.search(title):
        names.append(plain_name(issued[1]))
    elif title.endswith(_COVER) and _ending().search(rest := title.removesuffix(_COVER)):
        names.append(rest)
    return tuple(names)


def plain_name(title: str) -> str:
    """`title` without the same.

    >>> plain_name("青禾县农机补贴办法（试行）")
    '青禾县农机补贴办法'
    """
    return _REMARK.sub("", bare_title(title))


def title_endings() -> tuple[str, ...]:
    """Every word that may end the title of a document, as people call it."""
    return (*titles().endings, *_words().endings)


def paper_before(text: str) -> str:
    """What `text` ends with when that has articles and is no document of a library: 借款合同; else empty."""
    run = _run_before(text, len(text)).rstrip("的里中上")
    return run[_after_openers(run) :] if run.endswith(_words().papers) else ""


def opens_here(text: str) -> bool:
    """Whether what stands in `text` since its last mark only leads up to what follows: 请问那个, 看一下."""
    run, words = _run_before(text, len(text)), _words()
    return made_of(run, words.openers | asking_words(), words.behind | words.before) == len(run)


def speaks_of_this_paper(text: str) -> bool:
    """Whether `text` speaks of the document that lies before whoever asks: 发这个文, 全文里, 既然文件叫停了."""
    if _one_of(_words().this_paper).search(text):
        return True
    found = _one_of(_words().in_paper).finditer(text)
    return any(opens_here(text[: m.start()]) or text.endswith(_words().paper_behind, 0, m.start()) for m in found)


def asks_only_of_places(rest: str) -> bool:
    """Whether `rest`, a question without the places that it names, says nothing else: 怎么规定的."""
    letters = "".join(char for char in rest if char.isalnum())
    words = _words()
    around = words.openers | words.behind | words.before | words.of_place | asking_words()
    return made_of(letters, around) == len(letters)


def _opened(question: str, ending: re.Match[str]) -> int | None:
    """Where the title in 《》 begins that `ending` ends; `None` for one without these marks."""
    opened = question.rfind("《", 0, ending.start())
    closed = question.rfind("》", 0, ending.start())
    return opened + 1 if opened > closed and _CLOSED.match(question, ending.end()) else None


def _ends_in_place(before: str) -> bool:
    """Whether `before` ends with the name of a place or an institution, and not with 市 or 银行 alone."""
    name = before[_after_openers(before) :]
    return name.endswith(_words().places) and name not in _words().places


def _run_before(question: str, end: int) -> str:
    match = _RUN.search(question[max(0, end - _LONGEST) : end])
    return match[0] if match else ""


def _after_openers(run: str) -> int:
    """How much of the beginning of `run` is made of words behind which a title may begin."""
    if _COUNTRY in run:
        return run.index(_COUNTRY) + len(_COUNTRY)
    return made_of(run, _words().openers | asking_words(), _words().behind)


def made_of(text: str, words: Iterable[str], behind: Iterable[str] = ()) -> int:
    """How much of the beginning of `text` is made of `words`, and of words that count only `behind` one of them."""
    first = frozenset(words)
    later, reached = first | frozenset(behind), {0}
    longest = max(map(len, later))
    for at in range(1, len(text) + 1):
        before = (at - size for size in range(1, min(longest, at) + 1) if at - size in reached)
        if any(text[begin:at] in (later if begin else first) for begin in before):
            reached.add(at)
    return max(reached)


def telling(stem: str) -> bool:
    """Whether `stem` holds words that tell one title from another: 票据清算操作, not 管理 or 实施."""
    rest = _empty().sub("", stem)
    return len(stem) >= _FEWEST and len(rest) >= _FEWEST


def _taken_from(stem: str, title: str, starts: frozenset[int]) -> bool:
    """Whether `stem` is made of pieces of `title` in its order, single characters only from where a word begins."""

    def ends(at: int) -> Iterator[int]:
        """Where in the title the piece may end that begins with `stem[at]`; one step of the walk below."""
        yield from (n for n in range(len(title)) if title[n] == stem[at])

    reached: set[tuple[int, int]] = {(0, 0)}  # so much of the stem is taken, so much of the title is passed
    waiting = [(0, 0)]
    while waiting:
        taken, passed = waiting.pop()
        if taken == len(stem):
            return True
        for begin in (n for n in ends(taken) if n >= passed):
            size = 0
            while taken + size < len(stem) and begin + size < len(title) and stem[taken + size] == title[begin + size]:
                size += 1
                state = (taken + size, begin + size)
                if (size > 1 or begin in starts) and state not in reached:
                    reached.add(state)
                    waiting.append(state)
    return False


def _starts(title: str, words: Iterable[str]) -> frozenset[int]:
    """Where in `title` its words begin."""
    return frozenset(m.start() for word in words if word for m in re.finditer(re.escape(word), title))


@lru_cache(maxsize=1)
def _words() -> _Words:
    """The table.

    Raises:
        SettingsError: it cannot be used.
    """
    return read_table(packaged("short_titles.yaml"), _Words)


@lru_cache(maxsize=2)
def _one_of(papers: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(papers, key=lambda word: (-len(word), word))
    return re.compile(f"(?:{'|'.join(map(re.escape, longest_first))}){_NO_PAPER}")


@lru_cache(maxsize=1)
def _empty() -> re.Pattern[str]:
    longest_first = sorted((*_words().empty, "的"), key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, longest_first)))


@lru_cache(maxsize=1)
def _any_ending() -> re.Pattern[str]:
    """What titles end with, the longest first."""
    return re.compile("|".join(sorted(map(re.escape, title_endings()), key=lambda word: (-len(word), word))))


@lru_cache(maxsize=1)
def _ending() -> re.Pattern[str]:
    return re.compile(f"(?:{_any_ending().pattern})$")
