"""A proved talk → pages of lines, the same for slides, handout and register.

What is on a page stands in lines of a few kinds, so that whoever checks an edited file knows what each was: plain
words, a quote, a source, words of this program, a blank to fill in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.products.talks.model import Point, Proved, Slide, SlideKind, same_words
from assistant.products.talks.words import TalkWords, talk_words
from assistant.schema.document import DocumentMeta

MARK_WRITTEN = "（语言模型改写，已按条款核对）"
MARK_UNPROVED = "（人工改写，未经条款核对）"
FIXED = "【固定提示】"
SOURCE = "出处："
QUOTE = "原文："
BLANK = "＿＿＿＿＿＿＿＿＿＿"
# What a slide holds, in lines of its largest type.
ROOM = 11.3
_WIDE, _PLAIN, _BESIDE = 35, 20, 23  # characters of a line: whole width, plain words beside a quote, the quote
_QUOTE_LINE, _SOURCE_LINE = 0.6, 0.75  # of a line of plain words
_TEXT_WIDE = 38
_FIXED_WIDE, _FIXED_LINE = 53, 0.66


class Kind(StrEnum):
    """What a line is."""

    TITLE = "标题"
    TEXT = "说明"
    PLAIN = "说法"
    QUOTE = "原文"
    SOURCE = "出处"
    QUESTION = "问"
    FIXED = "固定提示"
    BLANK = "空白"
    NOTE = "讲稿"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One paragraph. `point`: the id of the point that it belongs to."""

    kind: Kind
    text: str
    point: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines that stand together: a point with its quote and source, or words of this program."""

    lines: tuple[Line, ...]
    size: float  # in lines of plain words


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the slides."""

    number: int  # from 1
    slide: Slide
    title: Line
    blocks: tuple[Block, ...]
    foot: Line  # the source line of the page
    notes: tuple[Line, ...]

    def lines(self) -> Iterator[Line]:
        """Every line of the page, in the order in which it is read; notes last."""
        yield self.title
        for block in self.blocks:
            yield from block.lines
        yield self.foot
        yield from self.notes


def pages_of(proved: Proved, words: TalkWords | None = None) -> tuple[Page, ...]:
    """The pages of a talk. A slide that is too full goes on on a second page, whose minutes the first one bears."""
    known = words or talk_words()
    out: list[Page] = []
    for slide in proved.talk.slides:
        for part, blocks in enumerate(_parts(list(_blocks(proved, slide)))):
            title = slide.title if part == 0 else f"{slide.title}（续）"
            out.append(
                Page(
                    number=len(out) + 1,
                    slide=slide,
                    title=Line(kind=Kind.TITLE, text=title),
                    blocks=tuple(blocks),
                    foot=Line(kind=Kind.TEXT, text=_foot(proved, len(out) + 1)),
                    notes=tuple(_notes(proved, slide, blocks, known, first=part == 0)),
                )
            )
    return tuple(out)


def source_of(proved: Proved, point: Point) -> str:
    """《…》五、（十）, as it stands under a point."""
    return f"{SOURCE}《{proved.title_of(point.document)}》{point.address}"


# --- blocks -------------------------------------------------------------------------------------


def _parts(blocks: Sequence[Block]) -> list[list[Block]]:
    parts: list[list[Block]] = [[]]
    for block in blocks:
        if parts[-1] and sum(b.size for b in parts[-1]) + block.size > ROOM:
            parts.append([])
        parts[-1].append(block)
    return parts


def _blocks(proved: Proved, slide: Slide) -> Iterator[Block]:
    talk = proved.talk
    if slide.kind is SlideKind.COVER:
        yield _text(f"听众：{talk.audience}")
        yield _text(f"时长：{talk.minutes} 分钟")
        yield _text(f"政策核对于 {_day(proved)}")
        yield _text(_made(proved))
    elif slide.kind is SlideKind.OUTLINE:
        told = (s for s in talk.slides if s.kind in (SlideKind.POINTS, SlideKind.RISKS, SlideKind.LIMITS))
        yield from (_text(f"{n}. {s.title}") for n, s in enumerate(told, start=1))
    elif slide.kind is SlideKind.SOURCES:
        yield from (_text(line) for meta in proved.documents for line in _document_lines(proved, meta))
        yield _text(f"政策核对于 {_day(proved)}")
        yield _text(_made(proved))
    for point in slide.points:
        yield _point(proved, point)
    for line in slide.fixed:
        text = f"{FIXED}{line}"
        size = math.ceil(len(text) / _FIXED_WIDE) * _FIXED_LINE + 0.15
        yield Block(lines=(Line(kind=Kind.FIXED, text=text),), size=size)
    for blank in slide.blanks:
        yield Block(lines=(Line(kind=Kind.BLANK, text=blank if "：" in blank[:-1] else f"{blank}{BLANK}"),), size=1.2)


def _text(text: str) -> Block:
    return Block(lines=(Line(kind=Kind.TEXT, text=text),), size=max(1, math.ceil(len(text) / _TEXT_WIDE)) * 0.95)


def _point(proved: Proved, point: Point) -> Block:
    lines: list[Line] = []
    size = 0.25
    if point.question:
        lines.append(Line(kind=Kind.QUESTION, text=f"问：{point.question}", point=point.id))
        size += math.ceil((len(point.question) + 2) / _WIDE)
    text = point.text + (MARK_WRITTEN if point.written else "")
    if not proved.judged[point.id].good:
        text = point.text + MARK_UNPROVED
    lines.append(Line(kind=Kind.PLAIN, text=text, point=point.id))
    if point.reworded:
        quote = f"{QUOTE}{point.quote}"
        lines.append(Line(kind=Kind.QUOTE, text=quote, point=point.id))
        beside = (math.ceil(len(text) / _PLAIN), math.ceil(len(quote) / _BESIDE) * _QUOTE_LINE)
        size += max(beside)
    else:
        size += math.ceil(len(text) / _WIDE)
    whom = f"（对象：{point.subject}，承上文）" if point.subject else ""
    lines.append(Line(kind=Kind.SOURCE, text=source_of(proved, point) + whom, point=point.id))
    return Block(lines=tuple(lines), size=size + _SOURCE_LINE)


def _document_lines(proved: Proved, meta: DocumentMeta) -> Iterator[str]:
    """Title, number, state and clauses of a document that the talk rests on."""
    facts = [meta.document_number or "", meta.issuer or "", meta.validity.value]
    if meta.effective_on:
        facts.append(f"{meta.effective_on.isoformat()} 起施行")
    used = dict.fromkeys(p.address for p in proved.talk.points() if p.document == meta.id)
    yield f"《{meta.title}》（{'，'.join(fact for fact in facts if fact)}）"
    yield f"所引条款：{'；'.join(used)}"


def _foot(proved: Proved, number: int) -> str:
    titles = [f"《{meta.title}》" for meta in proved.documents]
    more = f"等 {len(titles)} 份文件" if len(titles) > 1 else ""
    return f"依据：{titles[0] if titles else '（无）'}{more}　政策核对于 {_day(proved)}　第 {number} 页"


def _made(proved: Proved) -> str:
    how = (
        "部分说法由语言模型改写、逐句核对，已逐处标明"
        if proved.talk.written
        else "说法为条款原文，或按用语表换成平常的说法"
    )
    return f"本材料由程序根据库中条款生成，{how}；使用前请人工复核"


def _day(proved: Proved) -> str:
    return proved.talk.checked_on.isoformat()


# --- notes --------------------------------------------------------------------------------------


def _notes(proved: Proved, slide: Slide, blocks: Sequence[Block], words: TalkWords, *, first: bool) -> Iterator[Line]:
    """What the speaker reads: how long, how to put it, and each point with its source."""
    talk = proved.talk
    told = {line.point for block in blocks for line in block.lines if line.point}
    minutes = f"时间：约 {slide.minutes} 分钟" if slide.minutes else "时间：不单独占用"
    yield Line(kind=Kind.NOTE, text=minutes if first else "时间：计入上一页")
    say = words.say.of(slide.kind).format(topic=talk.topic, audience=talk.audience, minutes=talk.minutes)
    yield Line(kind=Kind.NOTE, text=f"讲法：{say}")
    for point in (p for p in slide.points if p.id in told):
        quote = same_words(point.quote)
        yield Line(kind=Kind.NOTE, text=f"依据：“{quote}”（《{proved.title_of(point.document)}》{point.address}）")
