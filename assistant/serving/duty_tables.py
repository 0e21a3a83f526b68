"""The duty tables of a running server: each made once for an index, a set of documents and a day."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Lock

from assistant.corpus.standing import day_in_beijing
from assistant.errors import AssistantError, InputError, NotFoundError
from assistant.products.duties.model import Degree, Duty, DutyTable
from assistant.products.duties.table import duty_table
from assistant.serving.ports import AssistantProvider
from assistant.text.folding import squeeze

MOST_DOCUMENTS = 60  # at once; a table of more takes longer than anybody waits
_KEPT = 16
_PATIENCE_S = 30.0
UNSTATED_KIND = "未载明"


class TablesBusy(AssistantError):
    """Another table is being made, and it takes its time."""

    code = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which duties are asked for; what is empty chooses all."""

    documents: tuple[str, ...] = ()
    kind: str = ""  # of addressee
    actor: str = ""  # words of the addressee's name
    degree: Degree | None = None
    day: date | None = None
    past: bool = False


class DutyTables:
    """Makes tables over the library of whoever asks. Safe for several threads; one table is made at a time."""

    def __init__(self, provider: AssistantProvider) -> None:
        self._provider = provider
        self._lock, self._making = Lock(), Lock()
        self._kept: OrderedDict[tuple[object, ...], DutyTable] = OrderedDict()

    def table(self, wanted: Wanted, labels: frozenset[str]) -> DutyTable:
        """The whole table of the documents that are asked for and may be seen.

        Raises:
            NotFoundError: one of them is not there, or may not be seen: no one can tell which.
            InputError: they are too many.
            TablesBusy: others are being made.
        """
        assistant = self._provider()
        seen = {meta.id: meta for meta in assistant.documents(labels)}
        if not set(wanted.documents) <= set(seen):
            raise NotFoundError("没有这份文件，请从文件清单里选择。")
        names = tuple(name for name in seen if not wanted.documents or name in wanted.documents)
        if len(names) > MOST_DOCUMENTS:
            raise InputError(f"一次至多读 {MOST_DOCUMENTS} 份文件，请选择其中一份。", code="bad_request")
        day = wanted.day or day_in_beijing(datetime.now(UTC))
        key = (assistant.generation, names, day, wanted.past)
        if (held := self._held(key)) is not None:
            return held
        if not self._making.acquire(timeout=_PATIENCE_S):
            raise TablesBusy("正在整理别的责任清单，请稍后再试。")
        try:
            held = self._held(key)
            if held is None:
                held = duty_table([assistant.document(name, labels) for name in names], day=day, past=wanted.past)
                self._keep(key, held)
            return held
        finally:
            self._making.release()

    def _held(self, key: tuple[object, ...]) -> DutyTable | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: tuple[object, ...], table: DutyTable) -> None:
        with self._lock:
            self._kept[key] = table
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def chosen(table: DutyTable, wanted: Wanted) -> Iterator[Duty]:
    """The rows that are asked for, in their order."""
    name = squeeze(wanted.actor)
    for duty in table.duties:
        kinds = duty.actor.kinds or (UNSTATED_KIND,)
        if wanted.kind and wanted.kind not in kinds:
            continue
        if wanted.degree is not None and duty.degree is not wanted.degree:
            continue
        if name and name not in squeeze(duty.actor.shown):
            continue
        yield duty


def kinds_of(duties: Sequence[Duty]) -> tuple[str, ...]:
    """The kinds of addressees, the most frequent first."""
    counts: dict[str, int] = {}
    for duty in duties:
        for kind in duty.actor.kinds or (UNSTATED_KIND,):
            counts[kind] = counts.get(kind, 0) + 1
    return tuple(sorted(counts, key=lambda kind: (-counts[kind], kind)))


def counts_of(duties: Sequence[Duty]) -> tuple[tuple[str, tuple[int, ...], int], ...]:
    """How many rows each kind of addressee has, by degree and together; a row of two kinds counts under both."""
    degrees = list(Degree)
    rows = []
    for kind in kinds_of(duties):
        own = [duty for duty in duties if kind in (duty.actor.kinds or (UNSTATED_KIND,))]
        rows.append((kind, tuple(sum(duty.degree is degree for duty in own) for degree in degrees), len(own)))
    return tuple(rows)
