"""Names, addresses, dates of birth and illnesses, by the words that stand beside them.

Read after the numbers: where one was found stands a single mark, and a mark beside a name is one
of the words that tell it. A surname alone proves nothing: 高管, 金额 and 安全 begin with one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from assistant.safety.personal.dotted_names import dotted_at, dotted_names, undotted_at, undotted_before
from assistant.safety.personal.tables import any_of, common_words, everyday_words, places, table
from assistant.safety.personal.view import ANY_MARK, TURN, PersonalKind, ViewSpan

_HAN = "\u4e00-\u9fff"
_HIDDEN_PART = "某X×x*＊"
_NUMERAL = "0-9一二三四五六七八九十百零〇"

# --- addresses ----------------------------------------------------------------------------------

_SEGMENT = re.compile(rf"[^,。;!?、:\n()“”\"「」《》{TURN}{ANY_MARK[1:-1]}]+")
_MOST_BACK = 40
_UNIT = r"(?:号楼|号院|号|弄|栋|幢|座|单元|层|楼|室|户|组|队|社|门)"
# 科技路10号, 中山东路88号; 金地小区8栋; 8栋1单元; 石崖村2组
_KEY = re.compile(
    rf"(?:路|大街|街|大道|道|巷|胡同|里|弄)\s?[{_NUMERAL}]{{1,5}}(?:[-之][{_NUMERAL}]{{1,4}})?\s?(?:号|弄)(?:楼|院)?"
    rf"|(?:小区|花园|家园|公寓|苑|城|园|府|庄|院|社区|大厦|广场|楼|中心|国际)\s?[A-Za-z{_NUMERAL}]{{1,4}}\s?(?:号楼|栋|幢|座|号|单元|室)"
    rf"|[A-Za-z{_NUMERAL}]{{1,4}}\s?(?:栋|幢|号楼|座)\s?[{_NUMERAL}]{{1,3}}\s?(?:单元|门)"
    rf"|(?:村|庄|屯|寨|堡|村委会)\s?[{_NUMERAL}第]{{1,4}}\s?(?:村民小组|小组|组|队|号|社)"
)
_HAMLET = re.compile(rf"(?:镇|乡|街道)[{_HAN}]{{1,6}}?(?:村|屯|社区)")  # enough behind 住 and 户籍
_ON = re.compile(
    rf"\s?(?:[-#]?[A-Za-z{_NUMERAL}]{{1,5}}\s?{_UNIT}"
    rf"|[{_HAN}]{{2,8}}?(?:小区|花园|公寓|大厦|家园|苑|广场|国际|佳园|城|中心|大楼|写字楼|院)(?=\s?[A-Za-z{_NUMERAL}]))"
)
_ROOM = re.compile(r"(?:[- ]?\d{1,4}){1,3}(?!\d)(?:室|号|户)?")
_BEFORE_SEGMENT = 14
_MARK_REACH = 8
_MARK = re.compile(ANY_MARK)
_HOME = re.compile("住|家|户籍|户口")


@dataclass(frozen=True, slots=True, kw_only=True)
class _AddressCues:
    cue: re.Pattern[str]
    living: re.Pattern[str]
    institution: re.Pattern[str]


@lru_cache(maxsize=1)
def _address_cues() -> _AddressCues:
    t = table()
    return _AddressCues(
        cue=re.compile(any_of(t.address_cues) + r"(?:在|是|为)?\s?"),
        living=re.compile(any_of(t.living_cues)),
        institution=re.compile(any_of(t.institutions)),
    )


def find_addresses(text: str) -> Iterator[ViewSpan]:
    """Addresses down to a house, a flat or a village group; a street or a district alone is none."""
    for segment in _SEGMENT.finditer(text):
        at = segment.start()
        for key in _keys(text, segment.start(), segment.end()):
            if key.start() < at:
                continue
            found = _address(text, at, key, segment.end())
            at = found.end if found else key.end()
            if found:
                yield found


def _keys(text: str, start: int, end: int) -> list[re.Match[str]]:
    """What an address is known by, in order; the village group goes before the village in it."""
    keys = list(_KEY.finditer(text, start, end))
    taken = {offset for key in keys for offset in range(key.start(), key.end())}
    hamlets = (m for m in _HAMLET.finditer(text, start, end) if m.end() - 1 not in taken)
    return sorted((*keys, *hamlets), key=lambda m: m.start())


def _address(text: str, low: int, key: re.Match[str], end: int) -> ViewSpan | None:
    """The address around `key`, if somebody lives there or is named beside it; `low` to `end` is its segment."""
    low = max(low, key.start() - _MOST_BACK)
    edge = _left_edge(text, low, key.start())
    start = low if edge is None else edge
    before = text[max(0, start - _BEFORE_SEGMENT) : key.start() if edge is None else start]
    somebody = _MARK.search(text, max(0, start - _MARK_REACH), min(len(text), key.end() + _MARK_REACH)) is not None
    if not _is_a_home(key[0], before, edged=edge is not None, somebody=somebody):
        return None
    at = key.end()
    while (more := _ON.match(text, at, end)) is not None:
        at = more.end()
    room = _ROOM.match(text, at, end)
    at = room.end() if room and text[at - 1] in "元栋幢楼座号院门室" else at
    return ViewSpan(start=start, end=at, kind=PersonalKind.ADDRESS) if start < at else None


def _is_a_home(key: str, before: str, *, edged: bool, somebody: bool) -> bool:
    """Whether somebody lives at an address.

    Args:
        before: the words that stand before it.
        edged: a cue word or the name of a place tells where it begins.
        somebody: a person is named near it.
    """
    cues = _address_cues()
    told = cues.cue.search(before) is not None
    if _HAMLET.fullmatch(key) and not ((told and cues.living.search(before)) or (edged and somebody)):
        return False
    if cues.institution.search(before) and not (somebody or _HOME.search(before)):
        return False
    return edged or told or somebody


def _left_edge(text: str, low: int, key: int) -> int | None:
    """Where the address begins: behind the last cue word, else at the first name of a place."""
    cues = list(_address_cues().cue.finditer(text, low, key))
    if cues:
        return cues[-1].end()
    known = places()
    for start in range(low, key):
        if any(text[start : start + size] in known for size in range(2, min(9, key - start + 1) + 1)):
            return start
    return None


# --- dates of birth -----------------------------------------------------------------------------

_MONTH = r"[\d一二三四五六七八九十]{1,2}"
_DAY = (
    rf"(?:(?:19|20)\d{{2}}|[5-9]\d|[〇零一二三四五六七八九]{{4}})\s?[年\-./]\s?{_MONTH}\s?[月\-./]?"
    r"(?:\s?[\d一二三四五六七八九十]{1,3}[日号]?)?|(?:19|20)\d{6}(?!\d)"
)
_BORN_BEHIND = re.compile(rf"(?P<day>{_DAY})\s?(?:出生|生人|生的|生(?=[,。 ]|$))(?!以|之|前|后|地|率|人口)")


@lru_cache(maxsize=1)
def _born() -> re.Pattern[str]:
    return re.compile(
        rf"{any_of(table().birth_cues)}(?:是|为|在|于)?[: ]{{0,2}}(?P<day>{_DAY})(?!\s?(?:以|之|前|后|至|起))"
    )


def find_birth_dates(text: str) -> Iterator[ViewSpan]:
    """Dates with 出生 or 生日 beside them; 1990年1月1日以后出生 is a rule and nobody's birthday."""
    for pattern in (_born(), _BORN_BEHIND):
        for match in pattern.finditer(text):
            yield ViewSpan(start=match.start("day"), end=match.end("day"), kind=PersonalKind.BIRTH_DATE)


# --- names --------------------------------------------------------------------------------------

_EDGE = re.compile(rf"$|[\s,。;!?、:()（）\[\]/|·\-“”\"'「」{TURN}]|{ANY_MARK}")
# What may follow a name at once. Any known word may as well.
_AFTER = re.compile(
    "[的是在和与跟及女男说住有因已想要能可也还把被从来去到向对给就都不没今现问于叫让做开办借贷欠做刚才为将得患收拿用买卖交去又再只很问查看我两俩当占跑病离搬失逃拖躲签写提申发联转存取退]"
)
_MINORITY = re.compile(rf"[{_HAN}]{{2,6}}(?=$|[\s,。;、:()/]|{ANY_MARK})")
_SPEAKS = re.compile("[想要说问住欠借已现今开办]")  # what a person does at once
_COUNTED = re.compile("[一二两三四五六七八九十][个人位名家户]")  # 郭靖三个股东
_SPACED = re.compile(rf"([{_HAN}]) [{_HAN}](?: ?[{_HAN}])?(?=$|[\s,。;、:()/]|{ANY_MARK})")  # 姓名：张 三
_PARTED = re.compile(
    rf"([{_HAN}]) (?:[{_HAN}] [{_HAN}]|[{_HAN}])"
)  # the same with the text going on: 经办人张 伟联系我
_LATIN = re.compile(r"[A-Z][a-z]{1,14}(?: [A-Z][a-z]{1,14}){1,2}(?![A-Za-z])|[A-Z]{2,12} [A-Z]{2,14}(?![A-Za-z])")
_WRITTEN_IN_ONE = 4  # characters of a name in 扎西多吉的贷款, where no label stands before it
_JOINED = re.compile(r"(?:和|与|及|跟|、|以及|/)")
_SEX = re.compile(r"\s?[,(]?\s?(?:性别)?[: ]?[男女][,)。 ]")


@lru_cache(maxsize=1)
def _labelled() -> re.Pattern[str]:
    """姓名：, 联系人：, 我叫, 户名: the name follows, whatever it is."""
    t = table()
    return re.compile(
        rf"{any_of(t.name_labels)}(?:是|为|叫)?[: {TURN}]{{0,3}}|{any_of((*t.roles, *t.relatives))}(?:姓名)?\s?: ?"
        rf"|[我他她]叫[: {TURN}]?|人叫|姐叫|哥叫"
    )


@lru_cache(maxsize=1)
def _introduced() -> re.Pattern[str]:
    """客户, 我老公, 个体户, 本人: a name may follow."""
    t = table()
    people = any_of((*t.roles, *t.relatives))
    return re.compile(rf"(?<!妇){people}(?:名?叫|是|为)?[（(]?\s?|(?<![{_HAN}])叫|[爸妈]叫|本人\s?|我[和跟与]|[帮替]")


_PLAIN_SELF = re.compile(rf"(?:^|[\s,。;!?:、{TURN}])我(?=[{_HAN}])")  # 我张三，…
_SURNAME = re.compile(rf"(?:我|免贵|鄙)姓(?P<name>[{_HAN}]{{1,2}})(?=$|[\s,。;!?])")
_SELF = re.compile(rf"(?:^|[\s,。;!?:、{TURN}])(?:你好|您好)?,?(?:我|这里|俺|咱)是")


@lru_cache(maxsize=1)
def _behind() -> re.Pattern[str]:
    """What stands behind a name and tells it: 的贷款, （女）, 先生, ，身份证 and the number, 住 and the address."""
    t = table()
    label = (
        r"(?:的?(?:居民)?身份证(?:件|号码?)?|的?证件号码?|的?手机号?码?|的?联系电话|的?电话号?码?|的?联系方式|的?卡号|的?银行卡号?|的?邮箱|的?微信号?"
        r"|的?车牌号?|家?住在?|现住|的?家?庭?住址|的?地址|户籍地?|家在|性别[男女]|[男女]|生于|出生日期)"
    )
    return re.compile(
        rf"的{any_of(t.belongings)}|[（(]\s?[男女]|{any_of(t.titles)}"
        rf"|[,:/ (]{{0,2}}{label}?(?:是|为)?[,: ]{{0,2}}{ANY_MARK}|,\s?[男女]\s?,"
        rf"|,身份证|名下|(?:得了|患了|确诊)"
    )


@lru_cache(maxsize=1)
def _left() -> re.Pattern[str]:
    t = table()
    return re.compile(
        rf"(?:^|[\s,。;!?、:()（）/“”\"「」{TURN}]|{ANY_MARK}"
        rf"|{any_of((*t.before_name, *t.roles, *t.relatives, *t.name_labels))})$"
    )


class _Names:
    """Finds names in one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        t = table()
        self._single = frozenset(t.surnames) - {" ", "\n"}
        self._surname = re.compile(f"[{''.join(sorted(self._single))}]")
        self._shy = frozenset(t.shy_surnames)
        self._adverbs = frozenset(t.adverb_surnames)
        self._compound = frozenset(t.compound_surnames)
        self._usual = frozenset(t.usual_in_given) - {" ", "\n"}
        self._barred = frozenset(t.not_in_given) - {" ", "\n"}

    def find(self) -> Iterator[ViewSpan]:
        found: dict[int, int] = {}
        told = (*self._after_labels(), *self._after_people(), *self._before_words(), *self._plain())
        for start, end in (*told, *dotted_names(self._text)):
            found[start] = max(end, found.get(start, 0))
            self._join(end, found)
        for start, end in self._again(found):
            found.setdefault(start, end)
        return (ViewSpan(start=start, end=end, kind=PersonalKind.NAME) for start, end in sorted(found.items()))

    def _after_labels(self) -> Iterator[tuple[int, int]]:
        for match in _labelled().finditer(self._text):
            end = self._other(match.end()) or self._ahead(match.end(), bold=":" in match[0] or match[0][-1] == " ")
            end = end or self._foreign(match.end(), colon=":" in match[0])
            if end is None and (spaced := _SPACED.match(self._text, match.end())) and spaced[1] in self._single:
                end = spaced.end()
            if end is None and ":" in match[0] and match[0].startswith("姓名"):
                plain = _MINORITY.match(self._text, match.end())
                end = plain.end() if plain and plain[0] not in common_words() else None
            if end is not None:
                yield match.end(), end

    def _after_people(self) -> Iterator[tuple[int, int]]:
        for match in _introduced().finditer(self._text):
            end = self._other(match.end()) or self._ahead(match.end()) or self._parted(match.end())
            if end is not None:
                yield match.end(), end
        for match in _SURNAME.finditer(self._text):
            if match["name"] in self._single | self._compound:
                yield match.span("name")
        for pattern in (_SELF, _PLAIN_SELF):
            for match in pattern.finditer(self._text):
                end = self._ahead(match.end(), edge_only=True)
                if end is not None:
                    yield match.end(), end

    def _before_words(self) -> Iterator[tuple[int, int]]:
        for match in _behind().finditer(self._text):
            start = self._back(match.start(), sure=match[0][0] != "的")
            if start is None:
                whole = undotted_before(self._text, match.start(), least=_WRITTEN_IN_ONE)
                edge = whole is not None and _left().search(self._text, max(0, whole - 8), whole) is not None
                start = whole if edge else None
            if start is not None:
                yield start, match.start()

    def _plain(self) -> Iterator[tuple[int, int]]:
        """Names that look like nothing else: of usual characters throughout, between stops or before words."""
        at = 0
        while (match := self._surname.search(self._text, at)) is not None:
            start, at = match.start(), match.start() + 1
            edge = start == 0 or _EDGE.match(self._text, start - 1) is not None
            end = self._ahead(start, edge_only=False)
            if end is None or not all(char in self._usual for char in self._text[start + 1 : end]):
                continue
            sure = end - start == _FULL_NAME and self._text[start + 1 : end] not in everyday_words()
            left = edge or _left().search(self._text, max(0, start - 8), start) is not None
            if self._stands_alone(start, end) and (sure or (left and self._ends(end))):
                yield start, end
                at = end

    def _ends(self, end: int) -> bool:
        """Whether a short name may end here."""
        return _EDGE.match(self._text, end) is not None or _SPEAKS.match(self._text, end) is not None

    def _stands_alone(self, start: int, end: int) -> bool:
        """Whether no word reaches into the name from either side: 禁止高利放贷, 基础设施."""
        text, words = self._text, common_words()
        across = (text[start - 1 : start + 1], text[max(0, start - 2) : start + 1], text[end - 1 : end + 1])
        return not any(word in words for word in across)

    def _join(self, end: int, found: dict[int, int]) -> None:
        """Add the names that are joined to one that ends at `end`: 魏东和蒋丽华."""
        while (match := _JOINED.match(self._text, end)) is not None and match.end() not in found:
            last = self._ahead(match.end())
            if last is None:
                return
            found[match.end()] = end = last

    def _again(self, found: dict[int, int]) -> Iterator[tuple[int, int]]:
        """The same names at other places of the text."""
        names = {self._text[start:end] for start, end in found.items()} - common_words()
        sizes = sorted({len(name) for name in names if len(name) > 1}, reverse=True)
        for start in range(len(self._text) if sizes else 0):
            size = next((size for size in sizes if self._text[start : start + size] in names), None)
            if size is not None:
                yield start, start + size

    def _foreign(self, start: int, *, colon: bool) -> int | None:
        """The end of a name behind a label that is written in Latin letters, or in Han that transcribe one."""
        if colon and (latin := _LATIN.match(self._text, start)):
            return latin.end()
        whole = undotted_at(self._text, start)
        if whole is None or self._text[start:whole] in common_words() or not self._goes_or_ends(whole):
            return None
        return whole

    def _parted(self, start: int) -> int | None:
        """The end of a name with a blank behind the surname."""
        parted = _PARTED.match(self._text, start)
        if parted is None or parted[1] not in self._single or not self._may_be_given(parted[0][1:].replace(" ", "")):
            return None
        return parted.end() if self._goes_or_ends(parted.end()) else None

    def _goes_or_ends(self, end: int) -> bool:
        return _EDGE.match(self._text, end) is not None or self._goes_on(end)

    def _other(self, start: int) -> int | None:
        """The end of a name like 买买提·艾力."""
        return dotted_at(self._text, start)

    def _ahead(self, start: int, *, bold: bool = False, edge_only: bool = False) -> int | None:
        """The end of the name that begins at `start`.

        Args:
            bold: a label with a colon stands before, so that any surname and any word will do.
            edge_only: a blank, a stop or a mark has to follow.
        """
        for size in self._sizes(start):
            end = start + size
            if not self._is_name(start, end, bold=bold):
                continue
            if _EDGE.match(self._text, end) or (not edge_only and self._goes_on(end)):
                return end
        return None

    def _back(self, end: int, *, sure: bool) -> int | None:
        """The start of the name that ends at `end`; `sure` where what follows is said of persons alone."""
        for size in (4, 3, 2):
            start = end - size
            if start < 0 or size not in self._sizes(start) or not self._is_name(start, end, sure=sure):
                continue
            if _left().search(self._text, max(0, start - 8), start):
                return start
        return None

    def _sizes(self, start: int) -> tuple[int, ...]:
        if self._text[start : start + 2] in self._compound:
            return (4, 3)
        return (3, 2) if self._text[start : start + 1] in self._single else ()

    def _is_name(self, start: int, end: int, *, bold: bool = False, sure: bool = False) -> bool:
        """Whether these characters may be a name: `bold` whatever it is, `sure` even if it is a rare word."""
        name = self._text[start:end]
        compound = name[:2] in self._compound
        given = name[2 if compound else 1 :]
        if len(name) != end - start or not self._may_be_given(given) or _COUNTED.match(self._text, end - 1):
            return False
        if bold:
            return compound or name not in everyday_words()
        if not compound and (self._is_shy(name[0], given) or name[:2] in everyday_words()):
            return False
        return name not in (everyday_words() if sure else common_words())

    def _may_be_given(self, given: str) -> bool:
        """Whether these characters may stand behind a surname."""
        written = all("\u4e00" <= char <= "\u9fff" or char in _HIDDEN_PART for char in given)
        return written and not any(char in self._barred for char in given) and given not in table().titles

    def _is_shy(self, surname: str, given: str) -> bool:
        """Whether the surname opens ordinary words, so that it tells nothing here."""
        adverb = surname in self._adverbs and (len(given) == 1 or given in common_words())
        return surname in self._shy or adverb

    def _goes_on(self, end: int) -> bool:
        """Whether the text goes on as it does behind a name."""
        return _AFTER.match(self._text, end) is not None or self._text[end : end + 2] in common_words()


def find_names(text: str) -> Iterator[ViewSpan]:
    """Names of persons."""
    return _Names(text).find()


# --- illnesses and credit -----------------------------------------------------------------------

_FULL_NAME = 3
_PERSON_NEAR = 12


@lru_cache(maxsize=1)
def _ill() -> re.Pattern[str]:
    t = table()
    return re.compile(rf"{any_of(t.illness_verbs)}(?:了|过|有)?[{_HAN}]{{0,3}}?(?P<illness>{any_of(t.illnesses)})")


@lru_cache(maxsize=1)
def _person() -> re.Pattern[str]:
    t = table()
    return re.compile(rf"{ANY_MARK}|我|本人|他|她|{any_of((*t.relatives, '客户', '借款人'))}")


_SCORE = re.compile(
    r"(?:征信|芝麻|信用)(?:报告)?(?:评?分|分数|得分)(?:数)?(?:是|为|只有|才)?[: ]?(?P<value>\d{2,4})(?!\d)"
)


def find_details(text: str) -> Iterator[ViewSpan]:
    """The illness and the credit score of somebody who is spoken of; an illness as such is nobody's."""
    for pattern, group, kind in ((_ill(), "illness", PersonalKind.HEALTH), (_SCORE, "value", PersonalKind.CREDIT)):
        for match in pattern.finditer(text):
            if _person().search(text, max(0, match.start() - _PERSON_NEAR), match.start()) or (
                kind is PersonalKind.CREDIT and re.match("的(?:客户|人)", text[match.end() :][:4])
            ):
                yield ViewSpan(start=match.start(group), end=match.end(group), kind=kind)
