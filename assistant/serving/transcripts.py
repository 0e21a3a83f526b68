"""Conversations that were kept, as what a page shows of them and as files to take along."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

from assistant.records.answers import KeptAnswer
from assistant.schema.document import DocumentMeta
from assistant.schema.inquiry import Inquiry
from assistant.serving.given import Exchange, KeptTalk
from assistant.serving.ledger import inquiry_of
from assistant.serving.render.kept import answer_of
from assistant.serving.render.transcript import Said, Transcript, transcript_markdown
from assistant.serving.render.transcript_docx import transcript_docx
from assistant.serving.render.words import titled

FILES: Mapping[str, Callable[[Transcript], bytes]] = {
    "docx": transcript_docx,
    "md": lambda transcript: transcript_markdown(transcript).encode(),
}
_BEIJING = timezone(timedelta(hours=8))
_UNSEEN = "一份您现在不能看的文件"
_UNSAFE = re.compile(r"[^\w（）《》、，。？-]+")
_MOST_NAME = 30  # characters of a title in the name of a file


def transcript_of(
    kept: KeptTalk, documents: Sequence[DocumentMeta], *, now: datetime, base: str | None = None
) -> Transcript:
    """A conversation as it is shown and taken along.

    Args:
        documents: those that whoever asks may see.
        base: the address of the service, under which its readers find clauses.
    """
    titles = {meta.id: titled(meta.title) for meta in documents}
    return Transcript(
        title=kept.talk.title,
        made_at=minute(now),
        said=tuple(_said(one, titles) for one in kept.exchanges),
        cut=kept.cut,
        base=base,
    )


def file_name(transcript: Transcript, kind: str) -> str:
    """What the file is called."""
    title = _UNSAFE.sub("", transcript.title)[:_MOST_NAME] or "对话"
    return f"政策问答_{title}_{transcript.made_at[:10]}.{kind}"


def minute(at: datetime) -> str:
    """A time in Beijing, to the minute."""
    return at.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M")


def minute_of(at: int) -> str:
    """A time of the records in Beijing, to the minute."""
    return minute(datetime.fromtimestamp(at / 1000, UTC))


def _said(one: Exchange, titles: Mapping[str, str]) -> Said:
    kept = one.kept
    return Said(
        answer_id=one.answer_id,
        at=minute_of(one.at),
        question=one.question,
        answer=answer_of(kept.body, one.question or "") if kept else None,
        read_as=tuple(_read_as(kept, titles)) if kept else (),
    )


def _read_as(kept: KeptAnswer, titles: Mapping[str, str]) -> Iterator[str]:
    """Of which day the texts were, and what else was chosen."""
    inquiry, day = inquiry_of(kept.inquiry)
    chosen = inquiry.filters
    if chosen.as_of is None:
        yield f"时效：按提问当日（{day.isoformat()}）有效的文本作答"
    else:
        yield f"时效：按 {chosen.as_of.isoformat()} 有效的文本作答"
    if narrowed := "；".join(_narrowed(inquiry, titles)):
        yield f"范围：{narrowed}"


def _narrowed(inquiry: Inquiry, titles: Mapping[str, str]) -> Iterator[str]:
    chosen = inquiry.filters
    if chosen.document_ids is not None:
        yield "只依据" + "、".join(sorted({titles.get(name, _UNSEEN) for name in chosen.document_ids}))
    if chosen.levels is not None:
        yield "效力级别 " + "、".join(sorted(level.value for level in chosen.levels))
    if chosen.region is not None:
        yield f"地区 {chosen.region}"
    if chosen.institution is not None:
        yield f"机构 {chosen.institution}"
