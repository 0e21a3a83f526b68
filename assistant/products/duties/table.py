"""Documents → the duty table of a day: acts with ids, restatements in one row, deadlines and related places."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from assistant.products.duties.acts import ActReader
from assistant.products.duties.model import Act, Duty, DutyTable, Source, Unread
from assistant.products.duties.passages import passages, unread
from assistant.products.duties.wordlists import Wordlists, duty_wordlists
from assistant.schema.document import CrossReference, Document
from assistant.text.figures import figure_at
from assistant.text.folding import flow, squeeze

_HASH = 8  # hex digits of an id
# Below this many characters the same words in two clauses need not be the same duty: 予以公告.
_TELLING = 8
_DAYS = r"[0-9０-９一二三四五六七八九十百两半]+个?(?:工作日|日|天|个月|月|季度|年|小时)"
_TERM = re.compile(
    rf"(?:自[^，。；]{{2,40}}?起|[^，。；]{{0,12}}?(?:终了|结束|届满|之日)(?:之日起|后|起)?)?{_DAYS}(?:内|以内|之内|前|以前|之前)"
    rf"|每{_DAYS}[^，。；]{{0,6}}?次|[0-9]{{4}}年[0-9]{{1,2}}月(?:[0-9]{{1,2}}日)?(?:前|以前|之前|底)"
)
_NUMBERED = re.compile(r"第[一二三四五六七八九十百千\d]")


def duty_table(documents: Sequence[Document], *, day: date, past: bool = False) -> DutyTable:
    """The table of `documents` as they hold on `day`.

    Args:
        past: texts that do not hold on that day are read too, each row with its state.

    Raises:
        SettingsError: a table of words cannot be used.
    """
    lists = duty_wordlists()
    rows: dict[object, Duty] = {}
    read: list[tuple[str, str]] = []
    left: list[tuple[str, str]] = []
    missed: list[Unread] = []
    for document in documents:
        if not past and not document.meta.in_force(day):
            left.append((document.meta.title, f"{document.meta.validity.value}，{day.isoformat()} 不适用"))
            continue
        read.append((document.id, document.meta.title))
        reader = ActReader(document, lists)
        acts = reader.read(list(passages(document)))
        missed += [*unread(document), *_passed_over(document, reader.passed_over)]
        places = _Places(document)
        for act in acts:
            _take(rows, _duty(document, act, places, lists, day), act)
    return DutyTable(
        day=day,
        duties=tuple(rows.values()),
        documents=tuple(read),
        left_out=tuple(left),
        unread=tuple(missed),
    )


def _take(rows: dict[object, Duty], duty: Duty, act: Act) -> None:
    """Puts a row in, or joins it to the one that says the same elsewhere; said twice in one place it is two."""
    place = (duty.source.document_id, duty.source.address)
    key: object = _same(duty, act)
    times = 1
    while held := rows.get(key):
        if place not in {(source.document_id, source.address) for source in held.sources}:
            rows[key] = _joined(held, duty)
            return
        times += 1
        key = (_same(duty, act), place, times)
    rows[key] = duty if times == 1 else replace(duty, id=f"{duty.id}·{times}")


def _duty(document: Document, act: Act, places: _Places, lists: Wordlists, day: date) -> Duty:
    whole = "，".join((*act.conditions, act.words))
    return Duty(
        id=duty_id(document.id, act),
        actor=act.actor,
        degree=act.degree,
        word=act.word,
        act=act.words,
        objects=tuple(dict.fromkeys(part for part in (act.thing, *bounds_of(act.words), *act.aims) if part)),
        conditions=act.conditions,
        exceptions=act.exceptions,
        deadlines=deadlines_of(whole, lists),
        sources=(_source(document, act, day),),
        related=places.related(act),
    )


def duty_id(document_id: str, act: Act) -> str:
    """文件编号#地址-hash. The hash is of the words alone, so that a clause renumbered keeps it."""
    words = (act.degree.value, act.actor.words or "", act.thing, act.words, *act.conditions)
    digest = hashlib.sha256("\n".join(map(squeeze, words)).encode()).hexdigest()
    return f"{document_id}#{act.address}-{digest[:_HASH]}"


def _source(document: Document, act: Act, day: date) -> Source:
    meta = document.meta
    return Source(
        document_id=document.id,
        title=meta.title,
        document_number=meta.document_number,
        address=act.address,
        span=act.sentence,
        act_span=act.span,
        quote=flow(document.text[act.sentence.start : act.sentence.end]),
        validity=meta.validity,
        effective_on=meta.effective_on,
        in_force=meta.in_force(day),
    )


def _same(duty: Duty, act: Act) -> object:
    """What two rows share that say one thing. Short acts say it only in the same sentence."""
    said = tuple(map(squeeze, (duty.actor.shown, act.thing, act.words, *act.conditions)))
    return (duty.degree, said, "" if len(said[2]) >= _TELLING else squeeze(duty.source.quote), duty.source.in_force)


def _joined(one: Duty, other: Duty) -> Duty:
    """`one` with the places of `other`, which says the same."""
    return replace(
        one,
        objects=tuple(dict.fromkeys((*one.objects, *other.objects))),
        exceptions=tuple(dict.fromkeys((*one.exceptions, *other.exceptions))),
        sources=(*one.sources, *other.sources),
        related=tuple(dict.fromkeys((*one.related, *other.related))),
    )


def _passed_over(document: Document, places: Sequence[tuple[str, str]]) -> Iterator[Unread]:
    for address, words in places:
        yield Unread(
            document_id=document.id,
            title=document.meta.title,
            what=f"有约束性词语、没有成行：{words}",
            count=1,
            places=(address,),
        )


# --- figures and days ---------------------------------------------------------------------------


def bounds_of(words: str) -> tuple[str, ...]:
    """The figures of an act as they are written: 不低于人民币2000万元, 15%.

    >>> bounds_of("保持比例不低于百分之八")
    ('不低于百分之八',)
    """
    found: list[str] = []
    at, begun = 0, -1
    while at < len(words):
        if match := _NUMBERED.match(words, at):
            at = match.end()
            continue
        read = figure_at(words, at)
        if read is None:
            at += 1
            continue
        figure, end = read
        if not figure.value:
            begun = at
        elif figure.unit or figure.bound or begun >= 0:
            start = begun if begun >= 0 and at - begun <= _TELLING else at
            found.append(words[start:end])
            begun = -1
        at = end
    return tuple(dict.fromkeys(found))


def deadlines_of(words: str, lists: Wordlists) -> tuple[str, ...]:
    """By when and how often, as written: 自受理之日起30日内, 每6个月交纳一次, 及时.

    >>> deadlines_of("自受理之日起30日内答复", duty_wordlists())
    ('自受理之日起30日内',)
    """
    terms = [match[0] for match in _TERM.finditer(words)]
    often = [match[0] for match in lists.frequencies.finditer(_TERM.sub("·", words))]
    return tuple(dict.fromkeys((*terms, *often)))


# --- places -------------------------------------------------------------------------------------


class _Places:
    """The cross-references of a document, both ways."""

    def __init__(self, document: Document) -> None:
        self._all = document.references
        self._into: dict[str, list[str]] = {}
        for reference in document.references:
            if reference.document is None and reference.target:
                self._into.setdefault(reference.target, []).append(reference.source)

    def related(self, act: Act) -> tuple[str, ...]:
        """What the sentence names, then who names its place."""
        out = [_named(r) for r in self._all if act.sentence.start <= r.span.start < act.sentence.end]
        inward = [
            f"被引：{source}"
            for target, sources in self._into.items()
            if act.address == target or act.address.startswith(f"{target}第")
            for source in sources
            if not act.address.startswith(source)
        ]
        return tuple(dict.fromkeys((*out, *inward)))


def _named(reference: CrossReference) -> str:
    place = reference.target or reference.raw
    return f"《{reference.document}》{place}" if reference.document else place


def by_kind(table: DutyTable) -> Mapping[str, Mapping[str, int]]:
    """How many rows each kind of addressee has, by degree; a row of two kinds counts under both."""
    counts: dict[str, dict[str, int]] = {}
    for duty in table.duties:
        for kind in duty.actor.kinds or ("未载明",):
            row = counts.setdefault(kind, {})
            row[duty.degree.value] = row.get(duty.degree.value, 0) + 1
    return counts
