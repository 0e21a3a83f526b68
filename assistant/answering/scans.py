"""Every sentence that tells what somebody has to do, or that states a figure of a kind: the whole text is looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.question.duties_asked import beside, figures_asked, who_asked
from assistant.question.institutions_asked import Institution
from assistant.question.reading import Reading
from assistant.schema.chunk import Chunk
from assistant.schema.retrieval import Retrieved

MOST = 30  # sentences; of more, the nearest are given and it is said that they are not all
_SHORTEST = 3  # characters of a name
_BINDS = r"应当|必须|不得|可以|有权|负责|履行|须|要(?![求素件约])|按程序|依法|定期|严禁|力争"
_ONE = r"(?:辖内|各级|各类|各|有关|其他|所有|由|并由|但是?|\d{4}年，)*"
_JOIN = r"(?:、|和|及|以及|与|或者)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a whole text was looked through for, and what was found, in its order."""

    how: str  # in words: 逐句查了《…》全文，…
    sentences: tuple[Chunk, ...]


def scan(reading: Reading, found: Retrieved, everything: Sequence[Chunk]) -> Scan | None:
    """All duties of one actor, or all figures of a kind, in the document that the question is about.

    `None` when the question asks for neither, narrows it down to a matter, or too much was found.
    """
    text = _text_of(reading, found, everything)
    if not text:
        return None
    title = f"《{text[0].heading_path[0]}》" if text[0].heading_path else "这份文件"
    if pattern := figures_asked(reading.text):
        hits = tuple(c for c in text if pattern.search(c.lead + c.plain))
        return _kept(Scan(how=f"逐句查了{title}全文，写有所问数字的句子", sentences=hits))
    who = who_asked(reading.text)
    return _duties(reading, who, text, title) if who else None


def acts(actor: str, chunk: Chunk) -> bool:
    """Whether the sentence, or the words it goes on from, tells what `actor` must, may or must not do.

    `actor` has to be its subject: 由监督管理部门批准 and 监督管理部门应当 are told, 报送监督管理部门 is not.
    """
    if chunk.subject and _named(actor).search(chunk.subject):
        return True
    return _subject(actor).search(chunk.lead or chunk.plain) is not None


def _text_of(reading: Reading, found: Retrieved, everything: Sequence[Chunk]) -> list[Chunk]:
    """The sentences of the one document that the question names, else of the one nearest to it; no title."""
    named = reading.query.named
    home = found.evidence[0].chunk.document_id if found.evidence else None
    document = next(iter(named)) if len(named) == 1 else home
    return [c for c in everything if c.document_id == document and c.unit != "标题"]


def _kept(made: Scan) -> Scan | None:
    return made if 0 < len(made.sentences) <= MOST else None


def _duties(reading: Reading, who: str, text: Sequence[Chunk], title: str) -> Scan | None:
    institutions = reading.asked.specific
    if len(institutions) > 1:
        return None
    one = institutions[0] if institutions else None
    actor = _actor(who, text)
    if actor is not None and not beside(who, actor):
        hits = [c for c in text if acts(actor, c) or (one is not None and _addressed(one, c))]
        return _kept(_of_actor(actor, one, hits, text, title))
    said = next((word for word in one.said if word in who), None) if one else None
    if one is None or said is None or beside(who, said):
        return None
    hits = [c for c in text if _addressed(one, c)]
    return _kept(_of_actor(one.name, one, hits, text, title))


def _of_actor(actor: str, one: Institution | None, hits: Sequence[Chunk], text: Sequence[Chunk], title: str) -> Scan:
    groups = [wider for wider in one.wider if any(_addressed(wider, c) for c in text)] if one else []
    names = "、".join(f"“{group.name}”" for group in groups)
    more = sum(any(_addressed(group, c) for group in groups) and c not in hits for c in text)
    also = f"（对{names}的要求也适用于它，另有 {more} 句，没有列在这里）" if more else ""
    return Scan(how=f"逐句查了{title}全文，规定“{actor}”做什么、不做什么的句子{also}", sentences=tuple(hits))


def _addressed(one: Institution, chunk: Chunk) -> bool:
    return bool(chunk.subject and one.addressed_in(chunk.subject)) or any(acts(word, chunk) for word in one.wordings)


def _actor(who: str, text: Sequence[Chunk]) -> str | None:
    """The longest part of `who` that is the subject of a sentence."""
    for length in range(len(who), _SHORTEST - 1, -1):
        for at in range(len(who) - length + 1):
            part = who[at : at + length]
            if re.fullmatch(r"[\u4e00-\u9fff、]+", part) and any(part in c.lead + c.plain and acts(part, c) for c in text):
                return re.sub(r"^(?:辖内|各级|各类|各)+", "", part) if len(part) > _SHORTEST + 1 else part
    return None


@lru_cache(maxsize=256)
def _named(actor: str) -> re.Pattern[str]:
    """`actor` as one of those that a subject names."""
    return re.compile(rf"(?:^|{_JOIN}){_ONE}{re.escape(actor)}(?:$|{_JOIN}|[^\u4e00-\u9fff])")


@lru_cache(maxsize=256)
def _subject(actor: str) -> re.Pattern[str]:
    """`actor` at the head of a clause, alone or side by side with others, and what binds it behind."""
    head = rf"(?:^|[，。；：\s]|第[一二三四五六七八九十百]+条|[)）])(?:[^，。；：]{{1,40}}?{_JOIN})?{_ONE}{re.escape(actor)}"
    others = rf"(?:{_JOIN}[^，。；：的]{{1,40}}?)?"
    defined = rf"[(（][^()（）]{{0,6}}(?:统称|简称|称)[^()（）]{{0,4}}{re.escape(actor)}[)）]，?(?:{_BINDS})"
    return re.compile(rf"{head}{others}(?!的|及其)(?:[^，。；：]*?|，)(?:{_BINDS})|由{_ONE}{re.escape(actor)}(?!的)|{defined}")
