"""Lists for which every sentence was looked at: places of words, a clause, duties of somebody, figures of a kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.question.institutions_asked import Institution
from assistant.question.reading import Reading
from assistant.question.understanding import Kind, Understanding
from assistant.schema.chunk import Chunk
from assistant.schema.retrieval import Evidence, Retrieved
from assistant.text.folding import fold, squeeze

_MOST_PLACES = 20  # of words asked for; more of them say nothing
_HEADING_SHARED = 5  # characters in a row that name a heading
_MOST_MEANINGS = 3
_MOST = 30  # sentences; of more, the nearest are given and it is said that they are not all
_SHORTEST = 3  # characters of a name
_NAME = re.compile(r"[\u4e00-\u9fff、]+")
_BINDS = (
    r"应当|必须|不得|可以|有权|负责|履行[^，。；]{0,6}(?:职责|义务|职能)|须|要(?![求素件约])"
    r"|按程序|依法(?!依规|被)|定期|严禁|力争"
)
_CASES = re.compile(r"(?:情形|行为)之一|下列(?:情形|行为)")  # what such a list names is no duty
_ONE = r"(?:辖内|国务院|各级|各类|各|有关|其他|所有|由|并由|但是?|\d{4}年，)*"
_PART = r"(?:[一二]级)?(?:分行|支行|法人机构)?"
_OF_OTHERS = re.compile(r"(?:鼓励|支持)[^，。；]{0,10}(?:机构|公司|银行|部门|企业)")  # 鼓励有条件的机构…: of those
_JOIN = r"(?:、|和|及|以及|与|或者)"

# What may stand beside the one asked about without narrowing the question down.
_BESIDE = re.compile(
    r"《[^》]*》|这份|这个|本|该|通知|文件|条例|办法|意见|规定|法律|全文|通篇|里面|里|中|上|对于|对|要求|按照?|根据|依照|请问|请|列出|逐条|逐一"
    r"|分别|各自|全部|所有|一共|总共|都|的|给|把|一下|，|,|\s|说|写|提到"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What was looked through for what, and the sentences found, in their order."""

    how: str  # in words: 逐句查了《…》全文，…
    sentences: tuple[Chunk, ...]
    settles: bool = False  # nothing else is asked
    items: bool = True  # a list that a sentence opens is part of it


def scanned(reading: Reading, found: Retrieved, everything: Sequence[Chunk], *, most_scope: int) -> Scan | None:
    """All places of something, where they are asked for: quoted words, bans, a clause, duties, figures.

    Args:
        most_scope: a clause named by its heading is listed whole up to this many sentences.
    """
    kind, scope = reading.asked.kind, _scope(reading.standalone, found, everything)
    if kind in (Kind.PROHIBITIONS, Kind.MENTIONS):
        return _of_words(reading, scope, everything)
    if kind not in (Kind.LIST, Kind.FACT):
        return None
    if made := _of_text(reading, found, everything) or _of_meaning(reading.asked.defines, everything):
        return made
    if kind is Kind.LIST and 0 < len(scope) <= most_scope:
        return _found("逐句列出这一条，", [c for c in scope if may_address(reading.asked, c)])
    return _of_institution(reading.asked, scope or everything)


def _of_words(reading: Reading, scope: Sequence[Chunk], everything: Sequence[Chunk]) -> Scan | None:
    """All places of the words sought, in one clause or in everything."""
    if reading.sought is None or not (scope or reading.asked.whole_document):
        return None
    where = f"{_heads(scope)}这一条" if scope else _heads(everything)
    hits = _places_of(reading.sought, reading.asked, scope or everything)
    return _found(f"逐句查了{where}，有所问用语的", hits, settles=True)


def _of_meaning(term: str | None, everything: Sequence[Chunk]) -> Scan | None:
    """The sentences that say in so many words what `term` means; `None` when there is none, or there are many."""
    if not term:
        return None
    word = rf"[“「]?{re.escape(term)}[”」]?"
    says = re.compile(rf"所称{word}|{word}，?是?指|，为{word}[。；]|以下(?:统|简|合)?称{word}[)）]")
    hits = [c for c in everything if says.search(c.plain)]
    how = f"逐句查了{_heads(everything)}，用“所称”“是指”等说明“{term}”的"
    return Scan(how=how, sentences=tuple(hits)) if 0 < len(hits) <= _MOST_MEANINGS else None


def _of_institution(asked: Understanding, within: Sequence[Chunk]) -> Scan | None:
    """All that the one institution asked about has to do, where the whole text is asked for."""
    if asked.kind is not Kind.LIST or not asked.whole_document or len(asked.specific) != 1:
        return None
    [one] = asked.specific
    hits = [c for c in within if c.subject and one.addressed_in(c.subject)]
    return _found(f"逐句查了{_heads(within)}，写明由“{one.name}”做的", hits, settles=True)


def may_address(asked: Understanding, chunk: Chunk) -> bool:
    """Whether a sentence may be meant for the institutions asked about, by itself or with a group of theirs."""
    if not asked.institutions or chunk.subject is None:
        return True
    groups = (named for one in asked.institutions for named in (one, *one.wider))
    return any(group.addressed_in(chunk.subject) for group in groups)


def _found(how: str, hits: Sequence[Chunk], *, settles: bool = False) -> Scan | None:
    return Scan(how=how, sentences=tuple(hits), settles=settles) if hits else None


def _heads(chunks: Sequence[Chunk]) -> str:
    """The document that `chunks` stand in; of many their number."""
    titles = list(dict.fromkeys(c.heading_path[0] for c in chunks if c.heading_path))
    if len(titles) > 1:
        return f"本库可以依据的 {len(titles)} 份文件"
    return f"《{titles[0]}》" if titles else "全文"


def _places_of(sought: re.Pattern[str], asked: Understanding, within: Sequence[Chunk]) -> list[Chunk]:
    """The sentences that use the words asked for; none when there are too many of them."""
    hits = [c for c in within if sought.search(c.plain) and may_address(asked, c)]
    return hits if len(hits) <= _MOST_PLACES else []


def _scope(question: str, found: Retrieved, everything: Sequence[Chunk]) -> list[Chunk]:
    """The sentences of the clause whose heading the question names; empty when it names none."""
    asked = squeeze(fold(question))
    for evidence in found.evidence[:3]:
        heading = _heading_of(evidence)
        if heading and _shares_run(asked, squeeze(fold(heading)), _HEADING_SHARED):
            return [c for c in everything if c.parent_id == evidence.chunk.id]
    return []


def _heading_of(evidence: Evidence) -> str | None:
    first = evidence.chunk.plain.split("\n", 1)[0].split("。", 1)[0]
    return first if len(first) <= 60 else None


def _shares_run(text: str, other: str, length: int) -> bool:
    return any(other[at : at + length] in text for at in range(max(0, len(other) - length + 1)))


def _of_text(reading: Reading, found: Retrieved, everything: Sequence[Chunk]) -> Scan | None:
    """All duties of one actor, or all figures of a kind, in the document that the question is about.

    `None` when the question asks for neither, narrows it down to a matter, or too much was found.
    """
    text = _text_of(reading, found, everything) if reading.figures or reading.whose else []
    if not text:
        return None
    if reading.figures is not None:
        hits = tuple(c for c in text if reading.figures.stated_in(c.plain))
        return _kept(Scan(how=f"逐句查了{_heads(text)}全文，写有所问数字的", sentences=hits, settles=True, items=False))
    return _duties(reading.whose or "", reading.asked.specific, text)


def acts(actor: str, chunk: Chunk) -> bool:
    """Whether the sentence, or the words it goes on from, tells what `actor` must, may or must not do.

    `actor` has to be its subject: 由监督管理部门批准 and 监督管理部门应当 are told, 报送监督管理部门 is not.
    """
    if chunk.subject and _stands(actor, chunk.subject, _NAMED):
        wanted = _OF_OTHERS.match(chunk.plain)
        return wanted is None or actor in wanted[0]
    if chunk.lead and _CASES.search(chunk.lead):
        return False
    return _stands(actor, chunk.lead or chunk.plain, _SUBJECT)


def _text_of(reading: Reading, found: Retrieved, everything: Sequence[Chunk]) -> list[Chunk]:
    """The sentences of the one document that the question names, else of the one nearest to it; no title."""
    named = reading.query.named
    home = found.evidence[0].chunk.document_id if found.evidence else None
    document = next(iter(named)) if len(named) == 1 else home
    return [c for c in everything if c.document_id == document and c.unit != "标题"]


def _kept(made: Scan) -> Scan | None:
    return made if 0 < len(made.sentences) <= _MOST else None


def _duties(who: str, institutions: Sequence[Institution], text: Sequence[Chunk]) -> Scan | None:
    """All that `who` has to do, when it names one actor and narrows nothing down."""
    if len(institutions) > 1:
        return None
    one = next(iter(institutions), None)
    actor = _actor(who, text)
    if actor is not None and _narrowed(who, actor):
        actor = None
    if actor is None and (one is None or not any(word in who and not _narrowed(who, word) for word in one.said)):
        return None
    names = ([actor] if actor else []) + list(one.wordings if one else ())
    return _kept(_of_actor(actor or who, one, [c for c in text if any(acts(n, c) for n in names)], text))


def _narrowed(words: str, actor: str) -> bool:
    """Whether `words` hold something beside `actor` that narrows the question down: 监管部门在多头授信方面."""
    return _BESIDE.sub("", re.sub(r"(?:辖内|各级|各类|各|有关|其他)*" + re.escape(actor), "", words)) != ""


def _of_actor(actor: str, one: Institution | None, hits: Sequence[Chunk], text: Sequence[Chunk]) -> Scan:
    groups = [wider for wider in one.wider if any(_addressed(wider, c) for c in text)] if one else []
    names = "、".join(f"“{group.name}”" for group in groups)
    more = sum(any(_addressed(group, c) for group in groups) and c not in hits for c in text)
    also = f"（对{names}的要求也适用于它，另有 {more} 句，没有列在这里）" if more else ""
    return Scan(
        how=f"逐句查了{_heads(text)}全文，写明由“{actor}”做或者不做的{also}", sentences=tuple(hits), settles=True
    )


def _addressed(one: Institution, chunk: Chunk) -> bool:
    return any(acts(word, chunk) for word in one.wordings)


def _actor(who: str, text: Sequence[Chunk]) -> str | None:
    """The longest part of `who` that is the subject of a sentence."""
    read = [(f"{c.lead}{c.plain}", c) for c in text]
    whole = "\n".join(words for words, _ in read)
    for length in range(len(who), _SHORTEST - 1, -1):
        for at in range(len(who) - length + 1):
            part = who[at : at + length]
            if (
                part in whole
                and _NAME.fullmatch(part)
                and any(part in words and acts(part, chunk) for words, chunk in read)
            ):
                return re.sub(r"^(?:辖内|各级|各类|各)+", "", part) if len(part) > _SHORTEST + 1 else part
    return None


def _stands(actor: str, text: str, forms: Sequence[tuple[re.Pattern[str], re.Pattern[str]]]) -> bool:
    """Whether `actor` stands in `text` between what one of `forms` wants before and behind it.

    No expression holds the name: of a long question every part is tried, and each would have to be compiled.
    """
    at = text.find(actor)
    while at >= 0:
        end = at + len(actor)
        if any(behind.match(text, end) and before.search(text, 0, at) for before, behind in forms):
            return True
        at = text.find(actor, at + 1)
    return False


# One of those that a subject names.
_NAMED = ((re.compile(rf"(?:^|{_JOIN}){_ONE}\Z"), re.compile(rf"{_PART}(?:$|{_JOIN}|[^\u4e00-\u9fff])")),)
_BEGINS = r"(?:^|[，。；：\s]|第[一二三四五六七八九十百]+条|[)）])"
_OTHERS = rf"(?:{_JOIN}[^，。；：的]{{1,40}}?)?"
# At the head of a clause, alone or side by side with others, and what binds it behind; 由…; 以下统称…）应当.
_SUBJECT = (
    (
        re.compile(rf"{_BEGINS}(?:[^，。；：]{{1,40}}?{_JOIN})?{_ONE}\Z"),
        re.compile(rf"{_PART}{_OTHERS}(?!的|及其)[^，。；：]*?，?(?:{_BINDS})"),
    ),
    (re.compile(rf"由{_ONE}\Z"), re.compile(r"(?!的)")),
    (
        re.compile(r"[(（][^()（）]{0,6}(?:统称|简称|称)[^()（）]{0,4}\Z"),
        re.compile(rf"[)）]，?(?:{_BINDS})"),
    ),
)
