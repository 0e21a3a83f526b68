"""Talks for whoever asks over HTTP: drafted, edited in a form, judged and exported, over what they may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from assistant.corpus.standing import day_in_beijing
from assistant.errors import InputError, ModelError
from assistant.products.talks.choosing import Brief
from assistant.products.talks.draft import draft_talk, in_plain_words
from assistant.products.talks.drafts import yaml_of
from assistant.products.talks.export import pack_of
from assistant.products.talks.library import TalkLibrary
from assistant.products.talks.model import FEWEST_MINUTES, MOST_MINUTES, UNWRITABLE, Proved, Slide, Talk
from assistant.products.talks.proving import Prover, prove_talk
from assistant.serving.ports import Assistant

_PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MOST_DIGITS = 4
MEDIA_TYPES = {"pptx": _PPTX, "docx": _DOCX, "register.json": "application/json", "yaml": "application/yaml"}
_MOST_CHARS, _MOST_TITLE = 600, 300  # of one field of the form that was edited, as a draft may hold them


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkWish:
    """What is asked for, by somebody with these labels."""

    brief: Brief
    labels: frozenset[str]
    documents: frozenset[str] | None = None
    day: date | None = None
    use_llm: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A talk and its proof; `notice` says why a language model did not help."""

    proved: Proved
    notice: str = ""

    @property
    def talk(self) -> Talk:
        return self.proved.talk


def drafted(assistant: Assistant, wish: TalkWish) -> Drafted:
    """The talk for a wish.

    Raises:
        InputError: it cannot be drafted.
    """
    day = wish.day or today()
    library = TalkLibrary(assistant=assistant, day=day, rights=wish.labels, chosen=wish.documents)
    prover = Prover(library.documents(), library.load, day=day)
    talk = draft_talk(wish.brief, library, prover)
    notice = ""
    if wish.use_llm and assistant.plain_writer is not None:
        try:
            talk = in_plain_words(talk, assistant.plain_writer, prover)
        except ModelError as error:
            notice = f"语言模型没有改写成，说法保留原样：{error.message}"
    return Drafted(proved=prove_talk(talk, prover), notice=notice)


def judged(assistant: Assistant, talk: Talk, labels: frozenset[str], day: date | None = None) -> Proved:
    """A talk that somebody hands in, judged anew over what they may see."""
    prover = Prover(assistant.documents(labels), lambda name: assistant.document(name, labels), day=day or today())
    return prove_talk(talk, prover)


def file_of(proved: Proved, kind: str, *, marked: bool, base: str | None) -> bytes:
    """One file of the pack.

    Args:
        marked: statements that are not proved are exported with a mark; otherwise they are refused.

    Raises:
        InputError: something is not proved, or there is no such file.
    """
    if kind not in MEDIA_TYPES:
        raise InputError(f"导出的格式须为{'、'.join(MEDIA_TYPES)}之一。", code="bad_request")
    if kind == "yaml":
        return yaml_of(proved.talk).encode()
    if proved.unproved and not marked:
        told = "；".join(f"{name} {one.reason}" for name, one in proved.unproved[:5])
        raise InputError(f"有 {len(proved.unproved)} 处没有通过核对，没有导出：{told}", code="bad_request")
    pack = pack_of(proved, base=base)
    return {"pptx": pack.pptx, "docx": pack.docx}.get(kind) or pack.register.encode()


def file_name(kind: str) -> str:
    """What the file is called; the same for all files of a pack, so that its register is found beside it."""
    return f"宣讲材料.{kind}"


def today() -> date:
    return day_in_beijing(datetime.now(UTC))


# --- the form -----------------------------------------------------------------------------------


def with_edits(talk: Talk, fields: Mapping[str, str]) -> Talk:
    """The talk as a form has it: titles, minutes, statements, blanks; slides that were ticked are left out.

    Raises:
        InputError: a field is too long, or minutes are no number.
    """
    slides = tuple(_edited(slide, fields) for slide in talk.slides if f"drop.{slide.id}" not in fields)
    if not slides:
        raise InputError("至少留下一页。", code="bad_request")
    total = sum(slide.minutes for slide in slides)
    if not FEWEST_MINUTES <= total <= MOST_MINUTES:
        raise InputError(f"各页分钟数加起来须在 {FEWEST_MINUTES} 到 {MOST_MINUTES} 之间。", code="bad_request")
    return replace(talk, slides=slides, minutes=total)


def _edited(slide: Slide, fields: Mapping[str, str]) -> Slide:
    points = []
    for point in slide.points:
        text = _field(fields, f"text.{point.id}", point.text)
        points.append(point if text == point.text else replace(point, text=text, written=False))
    blanks = tuple(_field(fields, f"blank.{slide.id}.{n}", blank) for n, blank in enumerate(slide.blanks))
    return replace(
        slide,
        title=_field(fields, f"title.{slide.id}", slide.title, most=_MOST_TITLE),
        minutes=_minutes(fields.get(f"minutes.{slide.id}"), slide.minutes),
        points=tuple(points),
        blanks=blanks,
    )


def _field(fields: Mapping[str, str], name: str, before: str, *, most: int = _MOST_CHARS) -> str:
    text = " ".join(UNWRITABLE.sub(" ", fields.get(name, before)).split())
    if text != before and len(text) > most:
        raise InputError(f"一处文字至多 {most} 字，请缩短后再试。", code="bad_request")
    return text or before


def _minutes(text: str | None, before: int) -> int:
    if text is None or not text.strip():
        return before
    if not text.strip().isascii() or not text.strip().isdigit() or len(text.strip()) > _MOST_DIGITS:
        raise InputError("分钟数须为整数。", code="bad_request")
    return min(int(text), MOST_MINUTES)
