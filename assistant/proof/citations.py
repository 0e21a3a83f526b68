"""Where a sentence says that it stands: the documents and addresses that it cites.

「（见《通知》第五部分第（十）项）」「2025年款项支付条例第三十一条」「该条第二款」: a name, then an address of the one
grammar of `parsing/addresses.py`. A name counts when it is the title, an alias or a known short form as a
whole; one that only looks like it names nothing, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.parsing.addresses import Address, Step, bare_title, locate, read_chain, resolve_title
from assistant.parsing.markers import value_of
from assistant.question.catalogue import Catalogue
from assistant.schema.document import Clause, Document, DocumentKind, DocumentMeta
from assistant.text.folding import squeeze

_NUMERAL = "一二三四五六七八九十百千零〇两0-9０-９"
_STARTS = re.compile(
    rf"第\s*[（(]?[{_NUMERAL}]|(?<![{_NUMERAL}年月日.])[0-9０-９]{{1,4}}\s*条(?![例件])|[一二三四五六七八九十]{{1,3}}(?:、\s*(?=[（(])|(?=[（(][一二三四五六七八九十]))"
    rf"|[（(][一二三四五六七八九十]{{1,3}}[）)]|[㈠-㈩]|附件\s*[一二三四五六七八九十\d]?"
)
_TITLE = re.compile(r"《((?:[^《》]|《[^《》]*》){1,120})》(?:\s{0,2}[（(〔]([^（()）〔〕]{2,24})[）)〕])?")
_BETWEEN = re.compile(r"[\s的中里之，,：:]{0,3}")  # between a name and its address
_BACK = re.compile(r"(?:该|同|此|上述|前述|同一)(?:部)?(?:法律|法|条例|办法|规定|细则|通知|文件|意见)(?!律|人|定|规)")
_SAME_ARTICLE = re.compile(r"(?:该|同|此)条(?![例款件目])")
_OWN = re.compile(r"(?:本(?:法|条例|办法|规定|细则|决定|意见)|前款|前条|前项|前两款|前两项|前三款)的?\s*$")
# Words before which a title may begin.
_LEADS = (
    r"根据|按照|依据|依照|参照|参见|参阅|详见|请见|见诸|见|违反|适用|符合|属于|执行|落实|遵守|如|由|在|据|即|按|和|与|及|以及|或者|或|并|其中|同时"
    r"|另外|此外|但|而|对|对照|因为|因|查|查阅|援引|引用|引自|摘自|来源于|来自|出自|源自|来源|出处|依|法条|是|为|从|我国|我国的|国家|现行的?|新版?|最新的?|修订后的?|新修订的?|的|时|后|前|上|下|中|了|用|说|称|讲"
)
_LEAD_END = re.compile(rf"(?:^|{_LEADS}|[^\w]|\d{{4}}年\d{{1,2}}月(?:\d{{1,2}}日)?(?:起|后|以来)?)$")
_SURE_LEAD_END = re.compile(
    r"(?:^|根据|按照|依据|依照|参照|参见|详见|请见|出自|来自|源自|引自|摘自|载于|来源于|(?:来源|出处|依据)(?:是|为|在)|违反|适用|见|按|如|由|和|与|及|以及|或者|或|即|其中|[^\w]|现行的?|我国的?|\d{4}年\d{1,2}月(?:\d{1,2}日)?(?:起|后|以来)?)$"
)
_TITLE_LIKE = re.compile(
    r"(?:法典|法|条例|办法|规定|细则|通知|意见|决定|指引|准则|方案)(?:[（(〔][^（()）〔〕]{2,24}[）)〕])?$"
)
_GENUS = re.compile(
    r"(?:该|同|本|上述|前述|有关|相关|相应|监管|这个|这份|这部)?(?:法律|法|条例|办法|规定|细则|通知|意见|决定|文件|法规|规则|监管规定|法律规定)$"
)
_YEAR_FRONT = re.compile(r"((?:19|20)\d{2})\s*年?(?:版|修订版?|修正版?|发布|印发|颁布|公布|施行)?的?\s*$")
_YEAR_INNER = re.compile(r"^((?:19|20)\d{2})年?(?:版|修订版?|修正版?)?的?(?=\D)")
_YEAR_BACK = re.compile(
    r"^\s*[（(〔]?\s*((?:19|20)\d{2})\s*(?:年(?:版|修订版?|修正版?|修正本|发布|公布|施行|修订)?|版|修订|修正|(?=[）)〕]))\s*[）)〕]?"
)
_BOOK = re.compile(r"民法典[（(]?[一-龥]{2,4}编[）)]?$")  # 民法典合同编第六百八十六条
_YEAR = re.compile(r"(?:19|20)\d{2}")
_NUMBER = re.compile(
    r"(?:国务院令|主席令)\s*[（(〔]?第?\s*([\d一二三四五六七八九十百零〇]+)\s*号|[一-龥]{2,10}[〔\[（(](\d{4})[〕\]）)]\s*第?(\d+)\s*号"
)
_ORDER = re.compile(r"国务院令\s*第?\s*[\d一二三四五六七八九十百零〇]+\s*号(?=\s*第)")
_ISSUER = re.compile(
    r"((?:国务院|全国人大常委会|全国人民代表大会(?:常务委员会)?|全国人大|中国人民银行|人民银行|央行|(?:国家)?金融监督管理总局(?:[一-龥]{2,6}监管局)?(?:办公室)?"
    r"|金融监管总局|(?:中国)?银保监会|(?:中国)?银监会|(?:中国)?保监会|(?:中国)?证监会|财政部|国家发展改革委|国家发改委|工业和信息化部|工信部|商务部|司法部"
    r"|最高人民法院|最高人民检察院|最高法|市场监管总局|国家市场监督管理总局|国家税务总局|税务总局|中共中央办公厅|[一-龥]{2,4}(?:金融)?监管局(?:办公室)?|[一-龥]{2,3}省(?:人民)?政府))"
    r"(?:办公厅)?(?:联合)?(?:发布|印发|制定|公布|颁布|出台|下发|颁发)?(?:的)?\s*$"
)
_SAME_ISSUER = {
    "全国人大常委会": "全国人民代表大会常务委员会", "全国人大": "全国人民代表大会", "人民银行": "中国人民银行",
    "央行": "中国人民银行",
    "金融监管总局": "国家金融监督管理总局", "金融监督管理总局": "国家金融监督管理总局",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A document named in a sentence. Without `documents` the library holds none of that name; `fault` says why."""

    start: int
    end: int
    raw: str
    documents: tuple[DocumentMeta, ...]
    versioned: bool = False  # a year or a number picked the version
    fault: str | None = None  # title, year, issuer, number
    quoted: bool = False  # written in 《》


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """One citation: a document, or several versions of it, and the addresses in it (none: the whole of it)."""

    start: int
    end: int
    raw: str
    name: Named | None  # None: an address without a document
    addresses: tuple[Address, ...]
    ranged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a text has cited so far: 该法 and 该条 go back to it."""

    documents: tuple[DocumentMeta, ...] = ()
    versioned: bool = False
    article: Address | None = None


class Citations:
    """Finds the citations of a sentence.

    Args:
        documents: every document that may be cited.
    """

    def __init__(self, documents: Sequence[DocumentMeta]) -> None:
        self._documents = tuple(documents)
        self._catalogue = Catalogue(documents)
        self._notices = tuple(d for d in documents if d.kind is DocumentKind.NOTICE)

    def find(self, sentence: str, memory: Memory | None = None) -> tuple[Cited, ...]:
        """The citations of `sentence` in its order; those that stand inside a clause's own words are among them."""
        memory = memory or Memory()
        names = [*self._quoted(sentence), *self._mentioned(sentence), *self._numbered(sentence)]
        found: list[Cited] = []
        used: set[int] = set()
        for start, end, places, ranged in _addresses(sentence):
            cited = self._with_name(sentence, start, end, places, names, memory, found)
            if cited is None:
                continue
            if cited.name is not None:
                used.add(cited.name.start)
            found.append(replace(cited, ranged=ranged))
            memory = remembered(memory, cited)
        for name in names:
            if name.start not in used and not any(c.start <= name.start < c.end for c in found):
                raw = sentence[name.start : name.end]
                found.append(Cited(start=name.start, end=name.end, raw=raw, name=name, addresses=()))
        return tuple(sorted(found, key=lambda c: (c.start, c.end)))

    def called(self, name: str) -> Named:
        """The document that a field such as `doc` names: its id, title, alias or abbreviation."""
        by_id = tuple(d for d in self._documents if d.id == name.strip())
        if by_id:
            return Named(start=0, end=len(name), raw=name, documents=by_id, versioned=True)
        quoted = next(iter(self._quoted(name)), None)
        return quoted or self._bare(name, 0, len(name), strict=True)

    def without_names(self, words: str, documents: Sequence[DocumentMeta]) -> str:
        """`words` without the names of documents that they cite anyway: 违反个保法情节严重的."""
        ids = {d.id for d in documents}
        for mention in reversed(self._catalogue.mentions(words)):
            marked = words[mention.start - 1 : mention.start] == "《"
            if not marked and ids & {d.id for d in mention.documents} and mention.end - mention.start < len(words) - 6:
                words = words[: mention.start].removesuffix("违反") + words[mention.end :]
        return words

    # --- names ---

    def _quoted(self, sentence: str) -> Iterator[Named]:
        for match in _TITLE.finditer(sentence):
            if _inside(sentence, match.start()):
                continue
            title, behind = match[1], match[2] or ""
            number = _number_in(behind)
            front = sentence[: match.start()]
            year_front = _YEAR_FRONT.search(front)
            year = next((m[1] for m in (_YEAR_BACK.match(f"（{behind}）") if behind else None, year_front) if m), None)
            end = match.end() if (year or number or not behind) else match.start() + len(title) + 2
            documents, fault = self._titled(title, behind)
            if not fault and documents:
                documents, fault = _of(documents, year=year, number=number)
            if not fault and not number:
                number, close = _number_behind(sentence, end)
                if number:
                    documents, fault = _of(documents, year=None, number=number)
                    end = close
            start = match.start()
            if year_front and year == year_front[1] and len(documents) >= 1:
                start, front = year_front.start(), sentence[: year_front.start()]
            issuer = _ISSUER.search(front)
            if not fault and issuer and not any(_issued_by(d, issuer[1]) for d in documents):
                fault = "issuer"
            if issuer:
                start = issuer.start()
            yield Named(
                start=start, end=end, raw=sentence[start:end], documents=() if fault else documents,
                versioned=bool(year or number), fault=fault, quoted=True,
            )  # fmt: skip

    def _titled(self, title: str, behind: str) -> tuple[tuple[DocumentMeta, ...], str | None]:
        """The documents of a title in 《》, which has to be whole: a short form only when a table lists it."""
        plain = bare_title(title)
        if plain in ("通知", "本通知") and len(self._notices) == 1:
            return self._notices, None
        for written in ([f"{title}（{behind}）"] if behind else []) + [title]:
            if found := resolve_title(written, self._documents):
                return found, None
        if inner := _YEAR_INNER.match(plain):
            found = resolve_title(plain[inner.end() :], self._documents)
            if found:
                return _of(found, year=inner[1], number=None)
        shortened = self._short_of_notice(plain)
        if shortened and "关于" not in plain:
            return shortened, None
        return (), "title"

    def _short_of_notice(self, name: str) -> tuple[DocumentMeta, ...]:
        """陕西2024年小微通知: parts of one notice's title, each of two characters at least, and its 文种."""
        fitting = []
        for meta in self._notices:
            if not meta.genre or not name.endswith(meta.genre) or len(name) <= len(meta.genre) + 1:
                continue
            if _made_of(name.removesuffix(meta.genre), bare_title(meta.title)):
                fitting.append(meta)
        return tuple(fitting) if len(fitting) == 1 else ()

    def _mentioned(self, sentence: str) -> Iterator[Named]:
        """Names without 《》 and without an address: 保险法规定, 根据商业银行法."""
        for mention in self._catalogue.mentions(sentence):
            if "《" in sentence[: mention.start] and _inside_marks(sentence, mention.start):
                continue
            after = sentence[mention.end :]
            if not re.match(
                r"(?:[（(〔]|第|\s*[，,]?\s*(?:的?(?:相关|有关)?(?:规定|要求|明确|指出|提出|载明)|[，,：:。）)」]|$))",
                after,
            ):
                continue
            named = self._bare(sentence, 0, mention.end, strict=False)
            if named.documents or named.fault:
                yield named

    def _numbered(self, sentence: str) -> Iterator[Named]:
        """Documents called by their number alone, in front of a place: 国务院令第260号第三条."""
        for match in _ORDER.finditer(sentence):
            if not _inside(sentence, match.start()):
                held = tuple(d for d in self._documents if d.document_number)
                documents, fault = _of(held, year=None, number=match[0])
                yield Named(
                    start=match.start(), end=match.end(), raw=match[0], documents=documents, versioned=True, fault=fault
                )

    def _bare(self, sentence: str, floor: int, end: int, *, strict: bool) -> Named:
        """The name without 《》 that ends at `end`; `strict`: nothing else may stand before it."""
        run = re.search(r"[\w（）()〔〕·]{2,48}$", sentence[floor:end])
        text, base = (run[0], floor + run.start()) if run else ("", end)
        stem, year_back = _without_year_behind(text)
        stem = _BOOK.sub("民法典", stem)
        for at in range(len(stem)):
            name = stem[at:]
            whole = resolve_title(name, self._documents)
            documents = whole or self._catalogue.called(bare_title(name)) or self._short_of_notice(bare_title(name))
            if not documents or len(name) < 2:
                continue
            front, year, issuer = _front(stem[:at])
            # The end of a title (支付条例) is a name only where a name can begin: 陕西省中 + 小企业促进法 is none.
            begins = (_LEAD_END if whole else _SURE_LEAD_END).search(front)
            if front and (strict or not begins) and not _region_of(front, documents):
                continue
            start = base + len(front)
            documents, fault = _of(documents, year=year or year_back, number=None)
            if not fault and issuer and not any(_issued_by(d, issuer) for d in documents):
                documents, fault = (), "issuer"
            return Named(
                start=start, end=end, raw=sentence[start:end], documents=documents, fault=fault,
                versioned=bool(year or year_back),
            )  # fmt: skip
        return self._unknown(sentence, base, stem, end)

    def _unknown(self, sentence: str, base: int, stem: str, end: int) -> Named:
        """A name that no document bears, or no name at all."""
        if not _TITLE_LIKE.search(stem) or _GENUS.fullmatch(stem):
            return Named(start=end, end=end, raw="", documents=())
        begin = max(
            (m.end() for m in re.finditer(rf"(?:{_LEADS})", stem[:-2]) if not _GENUS.fullmatch(stem[m.end() :])),
            default=0,
        )
        if _GENUS.fullmatch(stem[begin:]) or len(stem) - begin > 30:
            return Named(start=end, end=end, raw="", documents=())
        return Named(start=base + begin, end=end, raw=sentence[base + begin : end], documents=(), fault="title")

    # --- names and addresses together ---

    def _with_name(
        self,
        sentence: str,
        start: int,
        end: int,
        places: tuple[Address, ...],
        names: Sequence[Named],
        memory: Memory,
        before: Sequence[Cited],
    ) -> Cited | None:
        """The citation whose address stands at `start`, `None` when those words cite nothing."""
        head = sentence[:start]
        if _OWN.search(head):
            return None
        beside = [n for n in names if n.end <= start and _BETWEEN.fullmatch(sentence[n.end : start])]
        if beside:
            name = beside[-1]
            return Cited(start=name.start, end=end, raw=sentence[name.start : end], name=name, addresses=places)
        if behind := next((n for n in names if n.quoted and _BRACKET.fullmatch(sentence[end : n.start])), None):
            return Cited(start=start, end=behind.end, raw=sentence[start : behind.end], name=behind, addresses=places)
        if back := re.search(rf"({_BACK.pattern}|{_SAME_ARTICLE.pattern})的?\s*$", head):
            return _gone_back(sentence, back.start(), end, places, memory)
        if places[0].steps[0].kind in ("款", "项", "目"):
            return None
        gap = re.search(r"[的中里]?\s*$", head)
        name = self._bare(sentence, 0, gap.start() if gap else start, strict=False)
        if name.documents or name.fault:
            return Cited(start=name.start, end=end, raw=sentence[name.start : end], name=name, addresses=places)
        if places[0].steps[0].kind in ("（一）", "一") and not _cites(sentence, start, end):
            return None
        earlier = [c for c in before if c.name is not None and c.name.documents]
        if earlier and _JOINED.fullmatch(sentence[earlier[-1].end : start]):
            return Cited(start=start, end=end, raw=sentence[start:end], name=earlier[-1].name, addresses=places)
        titles = [n for n in names if n.end <= start and n.documents]
        if titles:
            return Cited(start=start, end=end, raw=sentence[start:end], name=titles[-1], addresses=places)
        if memory.documents:
            known = Named(start=start, end=start, raw="", documents=memory.documents, versioned=memory.versioned)
            return Cited(start=start, end=end, raw=sentence[start:end], name=known, addresses=places)
        return Cited(start=start, end=end, raw=sentence[start:end], name=None, addresses=places)


_BRACKET = re.compile(r"\s{0,2}[（(]\s{0,2}")  # 第一百三十条（《…保险法》）
_JOINED = re.compile(r"[\s、，,和与及以及或者或；;（）()]{0,4}")


def _cites(sentence: str, start: int, end: int) -> bool:
    """Whether （十） without a name before it names a place, and is no number of a list."""
    head, tail = sentence[:start], sentence[end:]
    return bool(
        re.search(r"(?:见|据|照|按|——|—|第|[（(]|依)\s*$", head)
        or re.match(r"\s*(?:条|项|部分|的?规定|要求|明确|[）)])", tail)
    )


def _gone_back(sentence: str, start: int, end: int, places: tuple[Address, ...], memory: Memory) -> Cited | None:
    """该法第十六条, 该条第二款: the document and article cited before."""
    if not memory.documents:
        return Cited(start=start, end=end, raw=sentence[start:end], name=None, addresses=places)
    name = Named(start=start, end=start, raw="", documents=memory.documents, versioned=memory.versioned)
    if _SAME_ARTICLE.match(sentence, start) and memory.article is not None:
        places = tuple(Address((*memory.article.steps, *place.steps)) for place in places)
    return Cited(start=start, end=end, raw=sentence[start:end], name=name, addresses=places)


def remembered(memory: Memory, cited: Cited) -> Memory:
    """The memory after a citation."""
    if cited.name is None or not cited.name.documents:
        return memory
    article = None
    for address in cited.addresses:
        steps = [s for s in address.steps if s.kind in ("条", "一", "（一）")]
        if steps and steps[0].kind == "条":
            article = Address(tuple(steps[:1]))
    return Memory(documents=cited.name.documents, versioned=cited.name.versioned, article=article)


_PREAMBLE = re.compile(r"(?<=[》知见法定案])的?(序言|前言|引言)(?:部分)?")


def _addresses(sentence: str) -> Iterator[tuple[int, int, tuple[Address, ...], bool]]:
    if preamble := _PREAMBLE.search(sentence):
        place = Address((Step("词", 0, word="序言"),))
        yield preamble.start(1), preamble.end(), (place,), False
    at = 0
    while match := _STARTS.search(sentence, at):
        above = _HEADING.match(sentence, match.start())
        chain = read_chain(sentence, above.end() if above else match.start(), len(sentence), True)
        if above and chain is not None:  # 五（十） without the 、 between
            head = Step("一", value_of(above[1]))
            chain.places[:] = [(head, *place) for place in chain.places]
        if chain is None or not _is_address(sentence, match.start(), chain.end):
            at = match.end()
            continue
        places = tuple(Address(steps) for steps in chain.written_out())
        yield match.start(), chain.end, places, bool(chain.ranges)
        at = max(chain.end, match.end())


_HEADING = re.compile(r"([一二三四五六七八九十]{1,3})(?=[（(][一二三四五六七八九十]{1,3}[）)])")


def _is_address(sentence: str, start: int, end: int) -> bool:
    raw = squeeze(sentence[start:end])
    if raw.startswith("附件") and len(raw) < 4:
        return False
    return not re.match(r"(?:方|人|者|产业|轮|次|期|批|线)", sentence[end : end + 2]) or raw.endswith(
        ("条", "款", "项")
    )


def _inside(sentence: str, at: int) -> bool:
    """Whether a title stands inside quotation marks, as words that are quoted."""
    head = sentence[:at]
    return any(head.count(a) > head.count(b) for a, b in ("“”", "「」", "『』"))


def _inside_marks(sentence: str, at: int) -> bool:
    head = sentence[:at]
    return head.count("《") > head.count("》")


def _made_of(words: str, title: str) -> bool:
    """Whether `words` can be cut into parts of two characters or more that all stand in `title`."""
    if not words:
        return True
    return any(words[:size] in title and _made_of(words[size:], title) for size in range(len(words), 1, -1))


def _without_year_behind(text: str) -> tuple[str, str | None]:
    match = re.search(r"[（(〔]\s*((?:19|20)\d{2})\s*年?(?:版|修订版?|修正版?|公布|施行)?\s*[）)〕]$", text)
    return (text[: match.start()], match[1]) if match else (text, None)


def _front(words: str) -> tuple[str, str | None, str | None]:
    """`words` before a name without the year and the issuer that belong to the name, and these two."""
    year = issuer = None
    words = words.removesuffix("中华人民共和国")
    if match := _YEAR_FRONT.search(words):
        year, words = match[1], words[: match.start()]
    if match := _ISSUER.search(words):
        issuer, words = match[1], words[: match.start()]
    if year is None and (match := _YEAR_FRONT.search(words)):
        year, words = match[1], words[: match.start()]
    return words, year, issuer


def _region_of(front: str, documents: Sequence[DocumentMeta]) -> bool:
    """Whether all that stands before a short name is the region it is for: 陕西2024年小微通知."""
    tail = re.split(_LEADS, front)[-1]
    return all(d.region is not None and tail in (d.region, f"{d.region}省") for d in documents)


def _years(meta: DocumentMeta) -> frozenset[str]:
    """The years that name this version: of its issue, its last amendment and when it took effect."""
    days = (meta.issued_on, meta.effective_on, *meta.revised_on[-1:])
    years = {str(d.year) for d in days if d is not None} | ({str(meta.year)} if meta.year else set())
    return frozenset(years | set(_YEAR.findall(meta.title)))


def _of(
    documents: tuple[DocumentMeta, ...], *, year: str | None, number: str | None
) -> tuple[tuple[DocumentMeta, ...], str | None]:
    """Those of a year and a 文号, and which of the two none has."""
    if year is not None:
        documents = tuple(d for d in documents if year in _years(d))
        if not documents:
            return (), "year"
    if number is not None:
        documents = tuple(d for d in documents if d.document_number is None or _same_number(d.document_number, number))
        if not documents:
            return (), "number"
    return documents, None


def _number_in(text: str) -> str | None:
    match = _NUMBER.search(text)
    return match[0] if match else None


def _number_behind(sentence: str, at: int) -> tuple[str | None, int]:
    match = re.match(r"\s{0,2}[（(]", sentence[at : at + 3])
    close = re.search(r"[）)]", sentence[at:]) if match else None
    if not match or not close:
        return None, at
    number = _number_in(sentence[at : at + close.end()])
    return number, at + close.end() if number else at


def _same_number(held: str, cited: str) -> bool:
    from assistant.text.numerals import parse_numeral

    def digits(text: str) -> tuple[str, ...]:
        return tuple(
            str(parse_numeral(n)) for n in re.findall(r"\d+|[一二三四五六七八九十百零〇]+(?=号)", squeeze(text))
        )

    return digits(held)[-1:] == digits(cited)[-1:]


def _issued_by(meta: DocumentMeta, issuer: str) -> bool:
    """Whether `issuer`, as a sentence calls it, issued the document; without a known issuer any may have."""
    full = _SAME_ISSUER.get(issuer, issuer)
    held = meta.issuers or ((meta.issuer,) if meta.issuer else ())
    if not held:
        return True
    for name in held:
        if full == name or name == f"{full}办公室" or name.removesuffix("办公室").endswith(full.removesuffix("办公室")):
            return True
        if name.startswith("全国人民代表大会") and full.startswith("全国人民代表大会"):
            return True
        local = re.fullmatch(r"([一-龥]{2,4}?)(?:金融)?监管局(?:办公室)?", full)
        if local and f"{local[1]}监管局" in name:
            return True
    return False


# --- places -------------------------------------------------------------------------------------


def clauses_at(document: Document, address: Address) -> tuple[Clause, ...]:
    """The clauses that a cited address may mean; a notice's （十） may be called 第十条 or 第十项 too."""
    found = locate(document, address)
    if found or document.meta.kind is not DocumentKind.NOTICE:
        return found
    kinds = [s.kind for s in address.steps]
    if kinds in (["条", "项"], ["条", "（一）"]):  # 第五条第（十）项 for 五、（十）
        heading = Address((replace(address.steps[0], kind="一"), replace(address.steps[1], kind="（一）")))
        if found := locate(document, heading):
            return found
    steps = tuple(replace(s, kind="（一）") if s.kind in ("条", "项") else s for s in address.steps)
    if found := locate(document, Address(steps)):
        return found
    local = Address(steps).local
    ending = tuple(c for c in document.addressable() if c.address.endswith(local))
    return ending if len(ending) == 1 else ()


def read_address(text: str) -> tuple[Address, ...]:
    """The places of a field that holds an address alone: 第十二条第二款, 695条, 五（十）; else none."""
    text = squeeze(text)
    if (above := _HEADING.match(text)) and (below := read_address(text[above.end() :])):
        head = Step("一", value_of(above[1]))
        return tuple(Address((head, *place.steps)) for place in below)
    for written in (text, f"第{text}", f"第{text}条" if text.isdigit() else ""):
        chain = read_chain(written, 0, len(written), True) if written else None
        if chain is not None and chain.end == len(written):
            return tuple(Address(steps) for steps in chain.written_out())
    return ()


Loader = Callable[[str], Document]
__all__ = ["Citations", "Cited", "Memory", "Named", "Step", "clauses_at", "read_address", "remembered"]
