"""The documents that a sentence names: 《…》 or without it, with year, number and issuer beside the name.

A name counts when it is the title, an alias or a short form as a whole; one that only looks like it names
nothing, and says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.parsing.addresses import abbreviations, bare_title, resolve_title
from assistant.proof.citations import DocumentNumber, Fault, FullTitle, Named, ShortTitle, UnknownTitle
from assistant.proof.name_marks import (
    BOOK,
    GENUS,
    LEAD_END,
    LEADS,
    ORDER,
    STATUS,
    SURE_LEAD_END,
    TITLE_LIKE,
    front_of,
    inside,
    inside_marks,
    issued_by,
    issuer_before,
    made_of,
    number_behind,
    number_in,
    of_version,
    region_of,
    without_year_behind,
    year_before,
    year_behind,
    year_inside,
)
from assistant.question.catalogue import Catalogue
from assistant.schema.document import DocumentKind, DocumentMeta

_TITLE = re.compile(r"《((?:[^《》]|《[^《》]*》){1,120})》(?:\s{0,2}[（(〔]([^（()）〔〕]{2,24})[）)〕])?")
_GOES_ON = re.compile(
    r"(?:[（(〔]|第|\s*[，,]?\s*(?:的?(?:相关|有关)?(?:规定|要求|明确|指出|提出|载明)|[，,：:。）)」]|$))"
)
_RUN = re.compile(r"[\w（）()〔〕·]{2,48}$")
_POINTING = re.compile(r"(?:这|那|该|本|此)[份个部]的?(?=[一-龥]{0,10}(?:法|条例|办法|规定|细则|通知|意见|决定)$)")
_EXTRACT = re.compile(r"（[^（）]*节选）$")
_KINDS_OF_TEXT = ("条例", "办法", "规定", "细则", "解释", "法")
_SHORTEST = 3  # characters of a short title
_LONGEST = 30  # characters of a name that no document bears


@dataclass(frozen=True, slots=True)
class _Held:
    """What a title stands for."""

    documents: tuple[DocumentMeta, ...]
    short: bool = False
    fault: Fault | None = None


_NOTHING = _Held((), fault=Fault.TITLE)


class Names:
    """Finds the names of documents in a sentence.

    Args:
        documents: every document that may be cited.
    """

    def __init__(self, documents: Sequence[DocumentMeta]) -> None:
        self._documents = tuple(documents)
        self._catalogue = Catalogue(documents)
        self._notices = tuple(d for d in documents if d.kind is DocumentKind.NOTICE)
        held = {_EXTRACT.sub("", bare_title(d.title)) for d in documents}
        self._titles = frozenset(held | set(abbreviations().values()))

    def within(self, sentence: str) -> list[Named]:
        """The names of `sentence` that are marked, or stand where a document is cited."""
        return [*self._quoted(sentence), *self._mentioned(sentence), *self._numbered(sentence)]

    def called(self, name: str) -> Named:
        """The document that a field such as `doc` names: its id, title, alias or abbreviation."""
        by_id = tuple(d for d in self._documents if d.id == name.strip())
        if by_id:
            return FullTitle(start=0, end=len(name), raw=name, documents=by_id, versioned=True)
        quoted = next(iter(self._quoted(name)), None)
        return (
            quoted
            or self.before(name, len(name), strict=True)
            or UnknownTitle(start=0, end=len(name), raw=name, fault=Fault.TITLE)
        )

    def without_names(self, words: str, documents: Sequence[DocumentMeta]) -> str:
        """`words` without the names of documents that they cite anyway: 违反个保法情节严重的."""
        ids = {d.id for d in documents}
        for mention in reversed(self._catalogue.mentions(words)):
            marked = words[mention.start - 1 : mention.start] == "《"
            if not marked and ids & {d.id for d in mention.documents} and mention.end - mention.start < len(words) - 6:
                words = words[: mention.start].removesuffix("违反") + words[mention.end :]
        return words

    # --- in 《》 ---

    def _quoted(self, sentence: str) -> Iterator[Named]:
        for match in _TITLE.finditer(sentence):
            if not inside(sentence, match.start()):
                yield self._with_marks(sentence, match)

    def _with_marks(self, sentence: str, match: re.Match[str]) -> Named:
        """One title in 《》 with the year, the number and the issuer beside it."""
        title, behind = match[1], match[2] or ""
        start, front = match.start(), sentence[: match.start()]
        before = year_before(front)
        year = year_behind(behind) or (before[0] if before else None)
        number = number_in(behind)
        told = not behind or any((year, number, STATUS.search(behind)))
        end = match.end() if told else match.start() + len(title) + 2
        held = _of_version(self._titled(title, behind), year=year, number=number)
        if held.fault is None and not number:
            number, end = number_behind(sentence, end)
            held = _of_version(held, year=None, number=number)
        if before and year == before[0] and held.documents:
            front, start = before[1], len(before[1])
        issuer = issuer_before(front)
        held = _issued(held, issuer[1] if issuer else None)
        begin = issuer.start() if issuer else start
        return _named(begin, end, sentence, held, versioned=bool(year or number), quoted=True)

    def _titled(self, title: str, behind: str) -> _Held:
        """The documents of a title in 《》, which has to be whole or a short form in use."""
        plain = bare_title(title)
        if plain in ("通知", "本通知") and len(self._notices) == 1:
            return _Held(self._notices, short=True)
        for written in ([f"{title}（{behind}）"] if behind else []) + [title]:
            if found := resolve_title(written, self._documents):
                return _Held(found, short=plain in abbreviations())
        if (dated := year_inside(plain)) and (found := resolve_title(dated[1], self._documents)):
            return _of_version(_Held(found), year=dated[0], number=None)
        shortened = self._short_of_notice(plain) if "关于" not in plain else ()
        shortened = shortened or self._shortened(plain)
        return _Held(shortened, short=True) if shortened else _NOTHING

    def _short_of_notice(self, name: str) -> tuple[DocumentMeta, ...]:
        """陕西2024年小微通知: parts of one notice's title, each of two characters at least, and its 文种."""
        fitting = []
        for meta in self._notices:
            if not meta.genre or not name.endswith(meta.genre) or len(name) <= len(meta.genre) + 1:
                continue
            if made_of(name.removesuffix(meta.genre), bare_title(meta.title)):
                fitting.append(meta)
        return tuple(fitting) if len(fitting) == 1 else ()

    def _shortened(self, name: str) -> tuple[DocumentMeta, ...]:
        """A title with half of its words left out or more: it begins as the title does, is of the same kind, and
        fits no other. A title that lacks a word or two looks alike, and is another.
        """
        kind = next((k for k in _KINDS_OF_TEXT if name.endswith(k)), None)
        if kind is None or len(name) < _SHORTEST or name in self._titles:
            return ()
        fitting = [title for title in self._titles if title.endswith(kind) and _shorter(name, title)]
        if len(fitting) != 1 or fitting[0][0] != name[0] or 2 * len(name) > len(fitting[0]) + len(kind) + 1:
            return ()
        return resolve_title(fitting[0], self._documents)

    # --- without 《》 ---

    def _mentioned(self, sentence: str) -> Iterator[Named]:
        """Names without 《》 and without an address: 保险法规定, 根据商业银行法."""
        for mention in self._catalogue.mentions(sentence):
            if "《" in sentence[: mention.start] and inside_marks(sentence, mention.start):
                continue
            if _GOES_ON.match(sentence, mention.end) and (named := self.before(sentence, mention.end)):
                yield named

    def _numbered(self, sentence: str) -> Iterator[Named]:
        """Documents called by their number alone, in front of a place: 国务院令第260号第三条."""
        for match in ORDER.finditer(sentence):
            if inside(sentence, match.start()):
                continue
            numbered = tuple(d for d in self._documents if d.document_number)
            held = _of_version(_Held(numbered), year=None, number=match[0])
            if held.fault is not None:
                yield UnknownTitle(start=match.start(), end=match.end(), raw=match[0], versioned=True, fault=held.fault)
            else:
                yield DocumentNumber(
                    start=match.start(), end=match.end(), raw=match[0], documents=held.documents, versioned=True
                )

    def before(self, sentence: str, end: int, *, strict: bool = False) -> Named | None:
        """The name without 《》 that ends at `end`; `strict`: nothing else may stand before it."""
        run = _RUN.search(sentence[:end])
        text, base = (run[0], run.start()) if run else ("", end)
        stem, year_back = without_year_behind(text)
        stem = _POINTING.sub("", BOOK.sub("民法典", stem))
        for at in range(len(stem) - 1):
            held, whole = self._bearing(stem[at:])
            if not held.documents:
                continue
            front, year, issuer = front_of(stem[:at])
            # The end of a title (支付条例) is a name only where a name can begin: 陕西省中 + 小企业促进法 is none.
            begins = (LEAD_END if whole else SURE_LEAD_END).search(front) and not strict
            if front and not begins and not region_of(front, held.documents):
                continue
            held = _issued(_of_version(held, year=year or year_back, number=None), issuer)
            return _named(base + len(front), end, sentence, held, versioned=bool(year or year_back))
        return self._unknown(sentence, base, stem, end)

    def _bearing(self, name: str) -> tuple[_Held, bool]:
        """The documents of a name without 《》, and whether it is the whole of a title."""
        plain = bare_title(name)
        if whole := resolve_title(name, self._documents):
            return _Held(whole, short=plain in abbreviations()), True
        return _Held(self._catalogue.called(plain) or self._short_of_notice(plain), short=True), False

    def _unknown(self, sentence: str, base: int, stem: str, end: int) -> UnknownTitle | None:
        """A name that no document bears, `None` where the words are no name at all."""
        if not TITLE_LIKE.search(stem) or GENUS.fullmatch(stem):
            return None
        ends = (m.end() for m in re.finditer(rf"(?:{LEADS})", stem[:-2]))
        begin = max((e for e in ends if not GENUS.fullmatch(stem[e:])), default=0)
        if GENUS.fullmatch(stem[begin:]) or len(stem) - begin > _LONGEST:
            return None
        return UnknownTitle(start=base + begin, end=end, raw=sentence[base + begin : end], fault=Fault.TITLE)


def _named(start: int, end: int, sentence: str, held: _Held, *, versioned: bool, quoted: bool = False) -> Named:
    raw = sentence[start:end]
    if held.fault is not None or not held.documents:
        fault = held.fault or Fault.TITLE
        return UnknownTitle(start=start, end=end, raw=raw, versioned=versioned, quoted=quoted, fault=fault)
    form = ShortTitle if held.short else FullTitle
    return form(start=start, end=end, raw=raw, documents=held.documents, versioned=versioned, quoted=quoted)


def _of_version(held: _Held, *, year: str | None, number: str | None) -> _Held:
    if held.fault is not None or not held.documents:
        return held
    documents, fault = of_version(held.documents, year=year, number=number)
    return _Held(documents, held.short, fault)


def _issued(held: _Held, issuer: str | None) -> _Held:
    if held.fault is not None or issuer is None or any(issued_by(d, issuer) for d in held.documents):
        return held
    return _Held((), fault=Fault.ISSUER)


def _shorter(name: str, title: str) -> bool:
    """Whether `name` is `title` with characters left out."""
    rest = iter(title)
    return len(name) < len(title) and all(char in rest for char in name)
