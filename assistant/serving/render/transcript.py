"""A conversation that was kept, to take along: what it holds, line by line, and the same as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.products.talks.model import UNWRITABLE
from assistant.schema.answer import Answer, Citation, Outcome
from assistant.serving.render.links import reading_path
from assistant.serving.render.markdown import markdown_escaped
from assistant.serving.render.words import (
    OUTCOME_LABELS,
    PLAIN_CAPTION,
    VERDICT_LABELS,
    ai_label,
    bare_heading,
    related_facts,
    restated_question,
    source_line,
    titled,
)

NOTICE = "本记录由程序整理，仅供参考，请以条款原文为准；对外使用前请人工复核。每次答复由谁生成，见其末尾。"
WITHHELD_ANSWER = "（所依据的文件您现在不能看，这次答复没有列入。）"
WITHHELD_QUESTION = "（提到的文件您现在不能看，这个问题没有列入。）"
_NEAREST = {
    Outcome.POSSIBLE: "可能相关的条款（未能确认，不是答复的依据）：",
    Outcome.NOT_FOUND: "意思最接近的条款（仅供参考，不是答复的依据）：",
}
_MARK = re.compile(r"\[(\d{1,4})\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One question and its answer; each is missing where it may no longer be read."""

    answer_id: str
    at: str  # the minute in Beijing
    question: str | None  # masked
    answer: Answer | None
    read_as: tuple[str, ...] = ()  # of which day the texts were, and what else was chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A conversation as it is taken along."""

    title: str
    made_at: str  # the minute in Beijing
    said: tuple[Said, ...]  # the oldest first
    cut: bool = False  # earlier exchanges are there and not among these
    base: str | None = None  # the address of the service, where clauses are read


class Kind(StrEnum):
    """What a line is."""

    TITLE = "title"
    NOTE = "note"
    WARNING = "warning"
    TURN = "turn"
    ASKED = "asked"
    FACT = "fact"
    ANSWER = "answer"
    LEAD = "lead"
    SOURCE = "source"
    QUOTE = "quote"
    SMALL = "small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One paragraph of the file."""

    kind: Kind
    text: str
    link: str | None = None  # where a source is read
    place: str = ""  # the name of this line, and of its source's lines the beginning of it
    citations: Sequence[Citation] = ()  # what the marks [n] in `text` stand for


def lines_of(transcript: Transcript) -> Iterator[Line]:
    """What the file holds, in its order. Every word is plain text."""
    count = len(transcript.said)
    yield _line(Kind.TITLE, " ".join(transcript.title.split()) or "对话记录")
    yield _line(Kind.NOTE, f"政策问答记录，共 {count} 次问答，导出于 {transcript.made_at}（北京时间）。")
    yield _line(Kind.WARNING, NOTICE)
    if transcript.cut:
        yield _line(Kind.WARNING, f"这次对话较长，只列出最近 {count} 次问答，更早的没有列入。")
    for number, said in enumerate(transcript.said, start=1):
        yield from _exchange(number, said, transcript.base)


def _exchange(number: int, said: Said, base: str | None) -> Iterator[Line]:
    place = f"q{number}"
    yield _line(Kind.TURN, f"第 {number} 问（{said.at}）")
    yield _line(Kind.ASKED, f"问：{said.question if said.question is not None else WITHHELD_QUESTION}")
    answer = said.answer
    if answer is None:
        yield _line(Kind.WARNING, WITHHELD_ANSWER)
        return
    if restated := restated_question(answer):
        yield _line(Kind.FACT, f"理解为：{restated}")
    yield from (_line(Kind.FACT, words) for words in said.read_as)
    yield _line(Kind.FACT, f"结论：{OUTCOME_LABELS[answer.outcome]}")
    yield from _paragraphs(answer.text, place, answer.citations)
    yield from (_line(Kind.NOTE, f"提示：{notice}") for notice in answer.notices)
    if answer.plain:
        yield _line(Kind.LEAD, PLAIN_CAPTION)
        yield from _paragraphs(answer.plain.text, place, answer.citations)
    if answer.citations:
        yield from _sources("依据：", answer.citations, base, place)
    elif answer.nearest:
        yield from _sources(_NEAREST.get(answer.outcome, _NEAREST[Outcome.NOT_FOUND]), answer.nearest, base)
    if answer.related:
        yield _line(Kind.LEAD, "相关政策（仅供查阅，不是答复的依据）：")
        yield from (_line(Kind.NOTE, f"{titled(p.title)}：{'；'.join(related_facts(p))}") for p in answer.related)
    yield _line(Kind.SMALL, f"{ai_label(answer.mode)}。答复编号 {said.answer_id}，索引 {answer.generation[:16]}。")


def _paragraphs(text: str, place: str, citations: Sequence[Citation]) -> Iterator[Line]:
    for words in text.splitlines():
        if words.strip():
            yield Line(kind=Kind.ANSWER, text=_writable(words), place=place, citations=citations)


def _sources(lead: str, citations: Sequence[Citation], base: str | None, place: str = "") -> Iterator[Line]:
    yield _line(Kind.LEAD, lead)
    for citation in citations:
        link = f"{base.rstrip('/')}/{_path(citation)}" if base else None
        name = f"{place}c{citation.number}" if place else ""
        yield Line(kind=Kind.SOURCE, text=_writable(source_line(citation)), link=link, place=name)
        yield from (_line(Kind.QUOTE, f"原文：{' '.join(quote.split())}") for quote in citation.quotes)


def _path(citation: Citation) -> str:
    return reading_path(citation.document_id, citation.address, citation.quotes)


def _line(kind: Kind, text: str) -> Line:
    return Line(kind=kind, text=_writable(text))


def _writable(text: str) -> str:
    return UNWRITABLE.sub("", text)


def marked(line: Line) -> Iterator[tuple[str, str | None]]:
    """The text of a line in pieces, each with the place that it leads to: that of the source of a mark [n]."""
    numbers = {str(citation.number) for citation in line.citations}
    at = 0
    for match in _MARK.finditer(line.text):
        if match[1] in numbers:
            if match.start() > at:
                yield line.text[at : match.start()], None
            yield match[0], f"{line.place}c{match[1]}"
            at = match.end()
    if at < len(line.text):
        yield line.text[at:], None


# --- for a page ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A clause that an answer cites, or that is near to it."""

    number: int
    title: str
    address: str
    path: str  # where it is read, below the address of the service
    about: str  # its heading, status and verdict
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One question and its answer as a page has them; `paragraphs` are pieces with where each leads to."""

    said: Said
    outcome: str = ""
    tone: str = ""
    restated: str | None = None
    paragraphs: tuple[tuple[tuple[str, str | None], ...], ...] = ()
    notices: tuple[str, ...] = ()
    lead: str = ""
    sources: tuple[Source, ...] = ()
    label: str = ""


_TONES = {Outcome.ANSWERED: "good", Outcome.PARTIAL: "warn", Outcome.POSSIBLE: "warn", Outcome.NOT_FOUND: "info"}


def shown_of(said: Said) -> Shown:
    """What a page shows of an exchange."""
    answer = said.answer
    if answer is None:
        return Shown(said=said)
    paths = {f"c{c.number}": _path(c) for c in answer.citations}
    lines = _paragraphs(answer.text, "", answer.citations)
    cited = answer.citations or answer.nearest
    lead = "依据：" if answer.citations else _NEAREST.get(answer.outcome, _NEAREST[Outcome.NOT_FOUND])
    return Shown(
        said=said,
        outcome=OUTCOME_LABELS[answer.outcome],
        tone=_TONES[answer.outcome],
        restated=restated_question(answer),
        paragraphs=tuple(tuple((words, paths.get(place or "")) for words, place in marked(line)) for line in lines),
        notices=answer.notices,
        lead=lead if cited else "",
        sources=tuple(map(_source, cited)),
        label=ai_label(answer.mode),
    )


def _source(citation: Citation) -> Source:
    level = f"{citation.legal_level.value}，" if citation.legal_level else ""
    about = f"{level}{citation.validity.value}，{VERDICT_LABELS[citation.verdict]}"
    heading = bare_heading(citation)
    return Source(
        number=citation.number,
        title=titled(citation.document_title),
        address=citation.address,
        path=_path(citation),
        about=f"{heading}　{about}" if heading else about,
        quotes=tuple(" ".join(quote.split()) for quote in citation.quotes),
    )


# --- as Markdown --------------------------------------------------------------------------------


def transcript_markdown(transcript: Transcript) -> str:
    """The conversation as Markdown; words that look like markup stay words."""
    return "\n\n".join(map(_block, lines_of(transcript))) + "\n"


def _block(line: Line) -> str:
    words = markdown_escaped(line.text, lists=line.kind is Kind.ANSWER)
    match line.kind:
        case Kind.TITLE:
            return f"# {words}"
        case Kind.TURN:
            return f"## {words}"
        case Kind.WARNING:
            return "\n".join(f"> {one}" for one in words.splitlines())
        case Kind.ASKED:
            return f"**问**：{_broken(words.removeprefix('问：'))}"
        case Kind.ANSWER:
            return words
        case Kind.LEAD:
            return f"**{words}**"
        case Kind.SOURCE:
            return f"- {words}{f' [原文]({line.link})' if line.link else ''}"
        case Kind.QUOTE:
            return f"  > {words}"
        case Kind.SMALL:
            return f"*{words}*"
        case _:
            return _broken(words)


def _broken(words: str) -> str:
    """Lines of one paragraph: a line break alone is none in Markdown."""
    return words.replace("\n", "  \n")
