"""The questions that were not answered, put together in the background: at once where they are few."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread

import numpy as np

from assistant.access.registry import Registry
from assistant.curation.clustering import clusters
from assistant.curation.gaps import (
    MOST,
    NEAR,
    Asked,
    Gap,
    asked_in_vain,
    gaps_of,
    key_of,
    limit_for,
    newest,
    texts_of,
    ties_of,
)
from assistant.errors import Abandoned, AssistantError
from assistant.models.protocols import Vectors, scale_of
from assistant.records.gaps import GapState
from assistant.serving.ports import Assistant, AssistantProvider

_log = logging.getLogger(__name__)
_BATCH = 32  # questions embedded at a time
_WAIT_S = 1.5  # how long a page waits for what is nearly done
_ALIKE = 3  # other gaps that may be about the same matter


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What was put together last."""

    gaps: tuple[Gap, ...] = ()
    left_out: int = 0  # older questions that were not put together
    done: int = 0  # wordings embedded so far, of `whole`
    whole: int = 0
    running: bool = False
    stopped: bool = False  # somebody stopped it
    fault: str = ""  # why the last attempt failed

    def find(self, gap_id: str) -> Gap | None:
        """The gap known by that id, or that holds the question of that id."""
        by_id = next((gap for gap in self.gaps if gap.id == gap_id), None)
        return by_id or next((gap for gap in self.gaps if any(one.id == gap_id for one in gap.questions)), None)


class GapSheet:
    """Reads what is new in the records, embeds what it has not seen, and puts it together; one thread at a time.

    Args:
        most: different questions that are put together.
    """

    def __init__(self, registry: Registry, provider: AssistantProvider, *, most: int = MOST) -> None:
        self._registry, self._provider, self._most = registry, provider, most
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stop = Event()
        self._sheet = Sheet()
        self._read_to = 0  # the last record read
        self._asked: dict[str, Asked] = {}
        self._vectors: dict[str, Vectors] = {}  # by key of the wording
        self._embedder = ""
        self._made_of: object = None

    def now(self, *, wait_s: float = _WAIT_S) -> Sheet:
        """The sheet as far as it is made, with what people have decided since; what is new is taken up."""
        with self._lock:
            if not self._stop.is_set() and (self._thread is None or not self._thread.is_alive()):
                self._thread = Thread(target=self._work, name="gaps", daemon=True)
                self._thread.start()
            thread = self._thread
        if thread is not None:
            thread.join(wait_s)
        sheet = self._sheet
        return replace(
            sheet,
            gaps=_as_decided(sheet.gaps, self._registry.gaps.listed()),
            running=thread is not None and thread.is_alive(),
            stopped=self._stop.is_set(),
        )

    def stop(self) -> None:
        """Leave the work that is under way, until `go_on`; what was made last stays."""
        self._stop.set()

    def go_on(self) -> None:
        """Take the work up again."""
        self._stop.clear()

    def alike(self, gap: Gap) -> tuple[Gap, ...]:
        """Other open gaps that may be about the same matter, the nearest first."""
        sheet, limit = self._sheet, limit_for(scale_of(self._provider()), NEAR)
        here = self._mean(gap)
        if here is None:
            return ()
        near = [(float(here @ there), other) for other in sheet.gaps if other.id != gap.id and other.open
                and (there := self._mean(other)) is not None]  # fmt: skip
        return tuple(other for cosine, other in sorted(near, key=lambda p: (-p[0], p[1].id)) if cosine >= limit)[
            :_ALIKE
        ]

    def _mean(self, gap: Gap) -> Vectors | None:
        held = [self._vectors.get(key) for key in dict.fromkeys(key_of(one.standalone) for one in gap.questions)]
        known = [vector for vector in held if vector is not None]
        return np.stack(known).mean(axis=0) if known else None

    # --- in the thread ---

    def _work(self) -> None:
        try:
            self._make()
        except Abandoned:
            self._tell()
        except AssistantError as exc:
            self._tell(fault=exc.message)
        except Exception:  # noqa: BLE001 - whatever it is, the page has to say that it failed
            _log.exception("gaps could not be put together")
            self._tell(fault="归并没有完成，请稍后再试；若仍不行，请查看服务日志。")

    def _make(self) -> None:
        assistant = self._provider()
        asked, left_out = self._read()
        states = self._registry.gaps.listed()
        made_of = (assistant.embedder_id, tuple(one.id for one in asked), left_out, states)
        if made_of == self._made_of:
            self._tell()
            return
        vectors = self._embedded(assistant, texts_of(asked))
        groups = clusters(
            vectors, limit=limit_for(scale_of(assistant)), tied=ties_of(asked, states), stop=self._stop.is_set
        ) if asked else ()  # fmt: skip
        self._sheet = Sheet(gaps=gaps_of(asked, groups, states), left_out=left_out)
        self._made_of = made_of

    def _read(self) -> tuple[tuple[Asked, ...], int]:
        """The questions that are kept still; records are read once."""
        for entry in self._registry.chain.entries(after=self._read_to):
            self._read_to = entry.seq
            self._asked.update({one.id: one for one in asked_in_vain([entry])})
        kept = self._registry.gaps.kept_of(self._asked)
        self._asked = {name: one for name, one in self._asked.items() if name in kept}
        return newest(self._asked.values(), self._most)

    def _embedded(self, assistant: Assistant, texts: Sequence[str]) -> Vectors:
        keys = [key_of(text) for text in texts]
        if assistant.embedder_id != self._embedder:
            self._vectors, self._embedder = {}, assistant.embedder_id
        self._vectors = {key: self._vectors[key] for key in keys if key in self._vectors}
        missing = [(key, text) for key, text in zip(keys, texts, strict=True) if key not in self._vectors]
        for start in range(0, len(missing), _BATCH):
            self._tell(done=len(self._vectors), whole=len(keys))
            if self._stop.is_set():
                raise Abandoned
            some = missing[start : start + _BATCH]
            found = assistant.embed([text for _, text in some], as_queries=True)
            self._vectors.update({key: vector for (key, _), vector in zip(some, found, strict=True)})
        self._tell(done=len(keys), whole=len(keys))
        return np.stack([self._vectors[key] for key in keys]) if keys else np.zeros((0, 1), np.float32)

    def _tell(self, *, done: int = 0, whole: int = 0, fault: str = "") -> None:
        self._sheet = replace(self._sheet, done=done, whole=whole, fault=fault)


def _as_decided(gaps: Sequence[Gap], states: Sequence[GapState]) -> tuple[Gap, ...]:
    """The gaps with the states of now; one that became part of another is left out until all is put together anew."""
    by_id = {state.id: state for state in states}
    taken = {one: state.id for state in states for one in state.questions}
    return tuple(
        replace(gap, state=by_id.get(gap.id)) for gap in gaps if gap.id in by_id or taken.get(gap.id, gap.id) == gap.id
    )
