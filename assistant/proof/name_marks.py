"""What stands beside the name of a document: year, number, issuer, and the words before which a name may begin."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.proof.citations import Fault
from assistant.schema.document import DocumentMeta
from assistant.text.folding import squeeze
from assistant.text.numerals import parse_numeral

# Words before which a title may begin.
LEADS = (
    r"根据|按照|依据|依照|参照|参见|参阅|详见|请见|见诸|见|违反|适用|符合|属于|执行|落实|遵守|如|由|在|据|即|按|和|与|及|以及|或者|或|并|其中|同时"
    r"|另外|此外|但|而|对|对照|因为|因|查|查阅|援引|引用|引自|摘自|来源于|来自|出自|源自|来源|出处|依|法条|是|为|从|我国|我国的|国家|现行的?|新版?|旧版?|老版|原|原来的|最新的?|修订后的?|新修订的?|的|时|后|前|上|下|中|了|用|说|称|讲"
)
LEAD_END = re.compile(rf"(?:^|{LEADS}|[^\w]|\d{{4}}年\d{{1,2}}月(?:\d{{1,2}}日)?(?:起|后|以来)?)$")
SURE_LEAD_END = re.compile(
    r"(?:^|根据|按照|依据|依照|参照|参见|详见|请见|出自|来自|源自|引自|摘自|载于|来源于|(?:来源|出处|依据)(?:是|为|在)|违反|适用|见|按|如|由|和|与|及|以及|或者|或|即|其中|[^\w]|现行的?|我国的?|旧版?的?|原来?的?|\d{4}年\d{1,2}月(?:\d{1,2}日)?(?:起|后|以来)?)$"
)
TITLE_LIKE = re.compile(
    r"(?:法典|法|条例|办法|规定|细则|通知|意见|决定|指引|准则|方案)(?:[（(〔][^（()）〔〕]{2,24}[）)〕])?$"
)
GENUS = re.compile(
    r"(?:该|同|本|上述|前述|有关|相关|相应|监管|这个|这份|这部)?(?:法律|法|条例|办法|规定|细则|通知|意见|决定|文件|法规|规则|监管规定|法律规定)$"
)
_YEAR_FRONT = re.compile(r"((?:19|20)\d{2})\s*年?(?:版|修订版?|修正版?|发布|印发|颁布|公布|施行)?的?\s*$")
_YEAR_INNER = re.compile(r"^((?:19|20)\d{2})年?(?:版|修订版?|修正版?)?的?(?=\D)")
_YEAR_BACK = re.compile(
    r"^\s*[（(〔]?\s*((?:19|20)\d{2})\s*(?:年(?:版|修订版?|修正版?|修正本|发布|公布|施行|修订)?|版|修订|修正|(?=[）)〕]))\s*[）)〕]?"
)
BOOK = re.compile(r"民法典[（(]?[一-龥]{2,4}编[）)]?$")  # 民法典合同编第六百八十六条
_YEAR = re.compile(r"(?:19|20)\d{2}")
_NUMBER = re.compile(
    r"(?:国务院令|主席令)\s*[（(〔]?第?\s*([\d一二三四五六七八九十百零〇]+)\s*号|[一-龥]{2,10}[〔\[（(](\d{4})[〕\]）)]\s*第?(\d+)\s*号"
)
STATUS = re.compile(r"废止|失效|修订前|修改前|旧版|现行|节选")  # in brackets behind a title
ORDER = re.compile(r"国务院令\s*第?\s*[\d一二三四五六七八九十百零〇]+\s*号(?=\s*第)")
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


def inside(sentence: str, at: int) -> bool:
    """Whether a title stands inside quotation marks, as words that are quoted."""
    head = sentence[:at]
    return any(head.count(a) > head.count(b) for a, b in ("“”", "「」", "『』"))


def inside_marks(sentence: str, at: int) -> bool:
    head = sentence[:at]
    return head.count("《") > head.count("》")


def made_of(words: str, title: str) -> bool:
    """Whether `words` can be cut into parts of two characters or more that all stand in `title`."""
    if not words:
        return True
    return any(words[:size] in title and made_of(words[size:], title) for size in range(len(words), 1, -1))


def without_year_behind(text: str) -> tuple[str, str | None]:
    match = re.search(r"[（(〔]\s*((?:19|20)\d{2})\s*年?(?:版|修订版?|修正版?|公布|施行)?\s*[）)〕]$", text)
    return (text[: match.start()], match[1]) if match else (text, None)


def front_of(words: str) -> tuple[str, str | None, str | None]:
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


def region_of(front: str, documents: Sequence[DocumentMeta]) -> bool:
    """Whether all that stands before a short name is the region it is for: 陕西2024年小微通知."""
    tail = re.split(LEADS, front)[-1]
    return all(d.region is not None and tail in (d.region, f"{d.region}省") for d in documents)


def _years(meta: DocumentMeta) -> frozenset[str]:
    """The years that name this version: of its issue, its last amendment and when it took effect."""
    days = (meta.issued_on, meta.effective_on, *meta.revised_on[-1:])
    years = {str(d.year) for d in days if d is not None} | ({str(meta.year)} if meta.year else set())
    return frozenset(years | set(_YEAR.findall(meta.title)))


def of_version(
    documents: tuple[DocumentMeta, ...], *, year: str | None, number: str | None
) -> tuple[tuple[DocumentMeta, ...], Fault | None]:
    """Those of a year and a 文号, and which of the two none has."""
    if year is not None:
        documents = tuple(d for d in documents if year in _years(d))
        if not documents:
            return (), Fault.YEAR
    if number is not None:
        documents = tuple(d for d in documents if d.document_number is None or _same_number(d.document_number, number))
        if not documents:
            return (), Fault.NUMBER
    return documents, None


def number_in(text: str) -> str | None:
    match = _NUMBER.search(text)
    return match[0] if match else None


def number_behind(sentence: str, at: int) -> tuple[str | None, int]:
    match = re.match(r"\s{0,2}[（(]", sentence[at : at + 3])
    close = re.search(r"[）)]", sentence[at:]) if match else None
    if not match or not close:
        return None, at
    number = number_in(sentence[at : at + close.end()])
    return number, at + close.end() if number else at


def _same_number(held: str, cited: str) -> bool:
    def digits(text: str) -> tuple[str, ...]:
        return tuple(
            str(parse_numeral(n)) for n in re.findall(r"\d+|[一二三四五六七八九十百零〇]+(?=号)", squeeze(text))
        )

    return digits(held)[-1:] == digits(cited)[-1:]


_LOCAL_OFFICE = re.compile(r"([一-龥]{2,4}?)(?:金融)?监管局(?:办公室)?")


def issued_by(meta: DocumentMeta, issuer: str) -> bool:
    """Whether `issuer`, as a sentence calls it, issued the document; without a known issuer any may have."""
    full = _SAME_ISSUER.get(issuer, issuer)
    held = meta.issuers or ((meta.issuer,) if meta.issuer else ())
    return not held or any(_same_issuer(name, full) for name in held)


def _same_issuer(name: str, full: str) -> bool:
    if full == name or name == f"{full}办公室" or name.removesuffix("办公室").endswith(full.removesuffix("办公室")):
        return True
    if name.startswith("全国人民代表大会") and full.startswith("全国人民代表大会"):
        return True
    local = _LOCAL_OFFICE.fullmatch(full)
    return local is not None and f"{local[1]}监管局" in name


def year_before(front: str) -> tuple[str, str] | None:
    """A year right before a name (2025年的《…》), and what stands before the year."""
    match = _YEAR_FRONT.search(front)
    return (match[1], front[: match.start()]) if match else None


def year_behind(brackets: str) -> str | None:
    """The year in the brackets behind a title: 《…》（2020年修订）."""
    match = _YEAR_BACK.match(f"（{brackets}）") if brackets else None
    return match[1] if match else None


def year_inside(title: str) -> tuple[str, str] | None:
    """The year that a title begins with, and the rest of the title."""
    match = _YEAR_INNER.match(title)
    return (match[1], title[match.end() :]) if match else None


def issuer_before(front: str) -> re.Match[str] | None:
    """The issuer right before a name: 国务院发布的《…》."""
    return _ISSUER.search(front)
