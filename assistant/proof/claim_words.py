"""The words of a claim beside its citations: taken out, cut into parts, and told from what claims nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from assistant.proof.citations import Cited
from assistant.schema.document import Span
from assistant.text.marked_sentences import split_sentences

# 旧版, 已废止的, 曾规定, 原《…》: the sentence says itself that what it cites no longer holds.
_HISTORY = re.compile(
    r"(?<![尚并仍还])(?:已|现已|业已|已经)(?:经|被|于[^，。]{2,12})?(?:废止|失效|作废|修订|修改|取代)(?:[的了）)，,。]|前|$)|(?:修订|修改|修正|废止)(?:之)?前的?|旧版|旧法|旧条例|旧办法|旧规"
    r"|老版|当时有效|当时施行|当时的|曾经?(?:规定|要求|明确|允许|禁止|写明)|原(?=《|[一-龥]{1,16}(?:法|条例|办法|规定)》?第)|原来的"
)


_EXPIRED = re.compile(r"废止|失效|作废|取代|旧版|旧法|旧条例|旧办法|旧规|老版|(?:修订|修改|修正)(?:之)?前")
_STATUS = re.compile(
    r"[，,（(]?(?:该(?:法|条例|办法|规定|文件)|它|其)?(?:现|目前|如今|早)?(?:已经?|业已)(?:被|于[^，。）)]{2,12})?(?:废止|失效|作废|取代|修订)了?[）)]?"
)


def as_history(text: str) -> bool:
    """Whether a sentence itself says that what it cites is no longer in force."""
    return _HISTORY.search(text) is not None


def says_expired(text: str) -> bool:
    """Whether it says so of the text as a whole: 已废止, 旧版; 曾规定 says it of what it tells alone."""
    return as_history(text) and _EXPIRED.search(text) is not None


def without_status(words: str) -> str:
    """`words` of such a sentence without what they say of the text: ，现已废止."""
    return re.sub(r"^[，,、其\s]+", "", _STATUS.sub("", words)).replace("曾经", "").replace("曾", "")


_LEAD_WORDS = (
    r"(?:根据|按照|依据|依照|参照|参见|详见|请见|见于|见|出自|来自|源自|引自|载于|写在|规定在|来源于|(?:法律)?(?:来源|出处|依据)(?:[：:]|是|为|在)|依据(?:是|为)?[：:]?|这是|参考|引自|摘自|法条[：:]"
    r"|注[：:]|又|而|以及|和|与|及|、|在)*"
)
_SAYS = (
    r"(?:第[一二三四五六七八九十]+段|首句|末句|前半句|后半句)?的?(?:相关|有关|上述)?"
    r"曾?经?(?:规定|要求|明确|指出|提出|载明|明文规定|明文|明令|写明|写道|写到|提到|谈到|讲到|说到|强调|说|约定|确立|条款|原话(?:是)?|原文(?:是)?|写了|写着|[讲写]得?很?(?:明白|清楚))*(?:了|的是|的)?"
)
# 新修订的《…》, 自2025年6月1日起施行的《…》: what stands before a citation and only introduces it.
_INTRODUCES = re.compile(
    r"(?:自|从|于|根据|依据|依照|按照|按|依|我国|现行|最新|新|旧版|旧|老版|原来的|原|已经?被?(?:废止|失效|修订|取代)的|(?:修订|修改|修正|废止)之?前的?|当时|那时|适用|有效|的|国务院|\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?起?|施行"
    r"|修订后?|修正后?|公布|发布|实施|对此|此外|其中|同时|另外|答[：:]|[，,、\s])*"
)
_AFTER_PLACE = r"(?:第[一二三四五六七八九十]句|之|[，,]?(?:国务院令|主席令)第[一二三四五六七八九十百零\d]{1,6}号)*"
_CITE = re.compile(
    rf"(?:——|—|－|-|\*|※)?\s*{_LEAD_WORDS}\s*(?:¤[\s、，,和与及;；]{{0,2}})+(?:中|里|之中)?{_AFTER_PLACE}{_SAYS}\s*[，,：:]?"
)
_EMPTY = re.compile(r"[（(\[【〔]\s*[，,；;、。]?\s*[）)\]】〕]")


def without_citations(text: str, cited: Iterable[Cited]) -> str:
    """`text` without its citations and the words that lead to them."""
    for one in sorted(cited, key=lambda c: -c.start):
        if one.end > one.start:
            head = text[: one.start]
            begins = max((head.rfind(mark) for mark in "。！？；："), default=-1) + 1
            if _INTRODUCES.fullmatch(head, begins):
                head = head[:begins]
            text = f"{head}¤{text[one.end :]}"
    text = _EMPTY.sub("", _CITE.sub("", text))
    return re.sub(r"^[\s，,。：:；;、)）]+|[\s（(—－]+$", "", text).strip()


_QUESTION = re.compile(r"^.{0,80}[？?]\s*(?=答[：:])", re.DOTALL)
_LIST_SIGN = re.compile(r"^\s*(?:[-*•·#>]+\s+|[-•·]\s*|\d{1,2}[.、)）](?!\d)\s*|[（(]\d{1,2}[)）]\s*)+")
_CALLED = re.compile(r"[（(]以下(?:统|简)?称(?:为)?[：:]?[“\"「]?《?[^（()）]{1,24}》?[”\"」]?[）)]")


def undressed(text: str) -> str:
    """`text` without what is no part of the statement: list signs, emphasis, （以下简称…）, a question."""
    return _CALLED.sub("", _LIST_SIGN.sub("", _QUESTION.sub("", text.replace("**", ""))))


def segments(text: str, cited: Sequence[Cited]) -> list[tuple[str, tuple[Cited, ...]]]:
    """The parts of a sentence, each with the citation behind it in brackets or before it; empty when mixed."""
    groups = _in_groups(text, cited)
    cuts = _cuts(text, groups) if len(groups) > 1 else None
    if cuts is None:
        return []
    parts = []
    for group, (start, stop) in zip(groups, cuts, strict=True):
        shifted = [replace(c, start=c.start - start, end=c.end - start) for c in group]
        words = without_citations(text[start:stop], shifted)
        if not any(char.isalnum() for char in words):
            return []
        parts.append((words, tuple(group)))
    return parts


_LEADS_IN = re.compile(r"[，, （(根据按照依]*")
_SIDE_BY_SIDE = re.compile(r"[\s、，,和与及以及或者；;]{0,3}")


def _in_groups(text: str, cited: Sequence[Cited]) -> list[list[Cited]]:
    """Citations in order, those side by side together."""
    groups: list[list[Cited]] = []
    for one in sorted(cited, key=lambda c: c.start):
        if groups and _SIDE_BY_SIDE.fullmatch(text[groups[-1][-1].end : one.start]):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _cuts(text: str, groups: Sequence[Sequence[Cited]]) -> list[tuple[int, int]] | None:
    """Where the part of each group begins and ends; `None` when citations stand before and behind."""
    behind = [bool(re.match(r"[^（(]{0,2}[）)]", text[g[-1].end : g[-1].end + 4])) for g in groups]
    if all(behind):
        ends = [text.find("）", g[-1].end) if "）" in text[g[-1].end : g[-1].end + 3] else g[-1].end for g in groups]
        return list(zip([0, *(end + 1 for end in ends[:-1])], (end + 1 for end in ends), strict=True))
    if not any(behind) and _LEADS_IN.fullmatch(text, 0, groups[0][0].start):
        starts = [0, *(_lead_start(text, g[0].start) for g in groups[1:])]
        return list(zip(starts, [*starts[1:], len(text)], strict=True))
    return None


def _lead_start(text: str, at: int) -> int:
    match = re.search(r"(?:根据|按照|依据|依照)$", text[:at])
    return match.start() if match else at


_NOTE = re.compile(r"^\s*(?:\[\^?(\d{1,3})\]|【(\d{1,3})】|注(\d{1,3})[：:]|([①-⑳]))\s*[：:]?\s*(.{2,200})$")


def footnotes(text: str) -> dict[int, str]:
    """Notes at lines of their own: [1] 《保险法》第十六条."""
    notes: dict[int, str] = {}
    for line in text.splitlines():
        if match := _NOTE.match(line):
            number = (
                next(int(n) for n in (match[1], match[2], match[3]) if n) if not match[4] else ord(match[4]) - 0x245F
            )
            notes[number] = match[5].strip().rstrip("。")
    return notes


def is_note(sentence: str) -> bool:
    """Whether a sentence is a note at a line of its own."""
    return _NOTE.match(sentence) is not None


def sentences_of(text: str) -> Iterator[tuple[str, Span]]:
    """The sentences of a text with their places in it."""
    at = 0
    for sentence in split_sentences(text):
        start = text.find(sentence, at)
        if start < 0:
            start = at
        at = start + len(sentence)
        yield sentence, Span(start, min(at, len(text)))


_HEADING = re.compile(
    r"^(?:#{1,6}\s|第[一二三四五六七八九十百]+[章节编]\s|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)])"
)
_POLITE = re.compile(r"^(?:您好|你好|好的|以下|综上|如下|感谢|希望|请注意|总结|结论|回答|答)[^，。]{0,16}[：:。！]?$")


def claims_something(sentence: str, cited: Sequence[Cited]) -> bool:
    """Whether a sentence states anything: no heading, question, greeting or lead-in."""
    bare = sentence.strip()
    letters = sum(char.isalnum() for char in bare)
    if letters < 5 or bare.endswith(("？", "?")) or _POLITE.match(bare):
        return False
    if bare.startswith("#") or (bare.endswith(("：", ":")) and letters < 40 and not cited):
        return False
    ended = bare.rstrip('”」』）)"').endswith(("。", "；", ";", "！", "."))
    return (
        ended
        or letters > 24
        or (bool(cited) and bool(without_citations(bare, cited)) and not _HEADING.match(bare))
        or "，" in bare
    )
