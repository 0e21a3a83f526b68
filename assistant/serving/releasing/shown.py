"""A publication as far as whoever looks at it may see it: other people's questions and hidden documents stay counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistant.assembly import BEIJING
from assistant.corpus.diff import Change as Becomes
from assistant.curation.gate import Turned
from assistant.curation.looking import DocumentLook
from assistant.curation.preparing import Prepared
from assistant.curation.touched import How, TouchedAnswer, TouchedTalk
from assistant.products.compare.model import Edit, EditKind
from assistant.products.compare.report import label, listed, place
from assistant.products.duties.changes import Changed
from assistant.records.changes import Change, ChangeKind, ChangeState
from assistant.records.publications import Publication
from assistant.schema.document import PUBLIC
from assistant.schema.principal import Principal, Scope
from assistant.serving.conversations import question_of
from assistant.serving.ports import Assistant
from assistant.serving.withheld import Withheld

MOST_LINES, MOST_ROWS = 120, 60  # of one document's comparison, of a list
UNSEEN = "（您无权查看的文件）"
KINDS = {ChangeKind.ADD: "加入文件", ChangeKind.REMOVE: "移除文件", ChangeKind.RESTATE: "改登记"}
STATES = {ChangeState.WAITING: ("待审批", "info"), ChangeState.APPROVED: ("已批准", "good")}
BECOMES = {
    Becomes.ADDED: ("新增", "good"),
    Becomes.VERSION: ("新版本", "info"),
    Becomes.CHANGED: ("有改动", "warn"),
    Becomes.REMOVED: ("移除", "bad"),
}
_FACTS = {
    "title": "标题",
    "issuer": "发文机关",
    "document_number": "文号",
    "region": "地区",
    "issued_on": "发布日期",
    "effective_on": "施行日期",
    "expired_on": "失效日期",
    "superseded_by": "被取代",
    "validity": "状态",
    "aliases": "别名",
    "access": "可见范围",
    "year": "年份",
}
_TONES = {"改写": "warn", "新增": "good", "删去": "bad", "移位": "info"}


def when(at: int | None) -> str:
    """A time of the records as people read it, in 北京时间."""
    return datetime.fromtimestamp(at / 1000, BEIJING).strftime("%Y-%m-%d %H:%M") if at else ""


# --- changes ------------------------------------------------------------------------------------


def title_of(change: Change) -> str:
    """What a change is about."""
    known = (change.facts.get("title"), change.report.get("title"), change.name, change.document_id)
    return str(next((one for one in known if one), "未载明"))


def figures_of(change: Change) -> tuple[tuple[str, str], ...]:
    """What reading the file gave, in a line."""
    quality: Mapping[str, Any] = change.report.get("quality") or {}
    if not quality:
        return ()
    told = (
        ("归入条款", f"{quality.get('coverage', 0):.1%}"),
        ("条款", quality.get("clauses")),
        ("缺号", len(quality.get("gaps", ()))),
        ("提醒", len(quality.get("warnings", ()))),
        ("未读出", len(quality.get("lost", ()))),
        ("校对", len(change.corrections)),
    )
    return tuple((name, str(value)) for name, value in told if value not in (None, 0))


# --- documents ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShown:
    """One line of a comparison, its edits on either side."""

    label: str
    tone: str
    place: str
    before: tuple[tuple[bool, str], ...] | None  # whether it is marked, and the words
    after: tuple[tuple[bool, str], ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookShown:
    """One document."""

    id: str
    title: str
    badge: tuple[str, str]
    against: str
    clauses: int
    counts: tuple[tuple[str, int], ...]
    facts: tuple[tuple[str, str, str], ...]
    lines: tuple[LineShown, ...]
    more: int  # lines that are not shown


def look_shown(look: DocumentLook) -> LookShown:
    """A document of a publication."""
    change, comparison = look.change, look.comparison
    lines = tuple(listed(comparison)) if comparison is not None else ()
    alike = comparison is None or comparison.alike
    return LookShown(
        id=change.document_id,
        title=change.title,
        badge=BECOMES[change.change],
        against=change.against or "",
        clauses=look.clauses,
        counts=tuple((kind.label, count) for kind, count in look.counts if count),
        facts=tuple((_FACTS[name], was, now) for name, was, now in change.facts if name in _FACTS),
        lines=tuple(
            LineShown(
                label=label(line, alike=alike),
                tone=_TONES.get(line.change.label, "plain"),
                place=place(line),
                before=_side(line.edits, line.before.words, EditKind.PUT) if line.before else None,
                after=_side(line.edits, line.after.words, EditKind.TAKEN) if line.after else None,
            )
            for line in lines[:MOST_LINES]
        ),
        more=max(0, len(lines) - MOST_LINES),
    )


def _side(edits: Iterable[Edit], words: str, other: EditKind) -> tuple[tuple[bool, str], ...]:
    own = tuple((edit.kind is not EditKind.KEPT, edit.words) for edit in edits if edit.kind is not other)
    return own or ((False, words),)


# --- a publication ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerShown:
    """An answer that whoever looks may read."""

    id: str
    at: str
    question: str
    hows: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of a publication somebody sees."""

    looks: tuple[LookShown, ...]
    unseen: int  # documents that they may not see
    answers: int
    hows: tuple[tuple[str, int], ...]
    generations: tuple[tuple[str, int], ...]  # of how many answers of which index
    listed: tuple[AnswerShown, ...]
    duties: tuple[tuple[str, int], ...]
    rows: tuple[Changed, ...]
    more_rows: int
    talks: int
    topics: tuple[tuple[str, str, int], ...]  # topic, when, how many places
    worse: tuple[str, ...]  # questions of the gold set
    better: tuple[str, ...]


def publication_shown(prepared: Prepared, by: Principal, assistant: Assistant) -> Shown:
    """What of a publication whoever looks may see, by their rights now."""
    seen = [look for look in prepared.documents if _may_see(by, look.access)]
    whole = len(seen) == len(prepared.documents)
    withheld = Withheld(assistant, by.labels)
    unseen = {look.change.document_id for look in prepared.documents if look not in seen}
    hidden = frozenset(unseen | {meta.id for meta in assistant.hidden(by.labels)})
    return Shown(
        looks=tuple(map(look_shown, seen)),
        unseen=len(prepared.documents) - len(seen),
        answers=len(prepared.answers),
        hows=_hows(prepared.answers),
        generations=tuple(Counter(one.kept.generation[:16] for one in prepared.answers).most_common()),
        listed=_answers(prepared.answers, by, withheld),
        duties=tuple(Counter(row.change for row in prepared.duties).most_common()),
        rows=prepared.duties[:MOST_ROWS] if whole else (),
        more_rows=max(0, len(prepared.duties) - MOST_ROWS) if whole else len(prepared.duties),
        talks=len(prepared.talks),
        topics=_topics(prepared.talks, by, withheld),
        worse=_cases(prepared.gate.worse, hidden, withheld),
        better=_cases(prepared.gate.better, hidden, withheld),
    )


def _cases(cases: Iterable[Turned], hidden: frozenset[str], withheld: Withheld) -> tuple[str, ...]:
    """The questions of these cases; of one that rests on what may not be seen, that there is one."""
    return tuple(
        UNSEEN if not hidden.isdisjoint(case.documents) or withheld.words(case.question) else case.question
        for case in cases
    )


def _hows(answers: Iterable[TouchedAnswer]) -> tuple[tuple[str, int], ...]:
    """How many answers are touched in which way, each under the worst."""
    order = list(How)
    counts = Counter(min((place.how for place in one.places), key=order.index) for one in answers)
    return tuple((how.label, counts[how]) for how in How if counts[how])


def _answers(answers: Iterable[TouchedAnswer], by: Principal, withheld: Withheld) -> tuple[AnswerShown, ...]:
    """Their own answers, or everybody's for those who may read them; none that rests on what they may not see."""
    found = []
    for one in answers:
        if not (by.may(Scope.AUDIT_READ) or one.kept.owner == by.owner) or withheld.answer(one.kept):
            continue
        question = question_of(one.kept)
        found.append(
            AnswerShown(
                id=one.kept.id,
                at=when(one.kept.created_at),
                question=UNSEEN if withheld.words(question) else question,
                hows=tuple(dict.fromkeys(f"{place.address}：{place.how.label}" for place in one.places)),
            )
        )
    return tuple(found[:MOST_ROWS])


def _topics(talks: Iterable[TouchedTalk], by: Principal, withheld: Withheld) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        (one.topic, when(one.talk.at), len(one.findings))
        for one in talks
        if (by.may(Scope.AUDIT_READ) or one.talk.owner == by.id) and not withheld.words(one.talk.register)
    )[:MOST_ROWS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A publication that was made."""

    id: str
    generation: str
    at: str
    by: str
    reason: str
    documents: tuple[tuple[str, tuple[str, str], str], ...]  # title, what became of it, counts of clauses
    touched: tuple[tuple[str, int], ...]
    undoable: bool


def published_shown(found: Publication, by: Principal, names: Mapping[str, str]) -> Published:
    """A publication as somebody sees it; what may not be seen is not named."""
    summary = found.summary
    return Published(
        id=found.id,
        generation=found.generation,
        at=when(found.at),
        by=names.get(found.by, found.by),
        reason=found.reason,
        documents=tuple(
            (
                one["title"] if _may_see(by, one["access"]) else UNSEEN,
                BECOMES[Becomes(one["change"])],
                "，".join(f"{_CLAUSES[kind]} {count}" for kind, count in one["clauses"].items() if count),
            )
            for one in summary["documents"]
        ),
        touched=tuple(
            (words, summary[name]) for name, words in (("answers", "答复"), ("duties", "责任行"), ("talks", "宣讲"))
        ),
        undoable=any(step["do"] for step in summary["undo"]),
    )


_CLAUSES = {"changed": "改写", "added": "新增", "gone": "删去", "moved": "移位"}


def _may_see(by: Principal, access: Iterable[str]) -> bool:
    return set(access) <= by.labels | {PUBLIC}
