"""Sample questions of a running server: made in the background, once for an index and what may be seen of it."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, date, datetime
from threading import Lock, Thread

from assistant.corpus.standing import day_in_beijing
from assistant.errors import AssistantError
from assistant.products.sample_questions import Samples, samples_of
from assistant.schema.answer import Answer
from assistant.schema.document import DocumentKind, DocumentMeta
from assistant.schema.inquiry import Inquiry
from assistant.serving.ports import Assistant, AssistantProvider

_log = logging.getLogger(__name__)
_KEPT = 16
_GIVES_WAY_S, _LOOKS_S = 2.0, 0.05  # to those who ask, before each question of its own
_MOST_DOCUMENTS = 12  # read for samples; a notice before the statutes that everybody has


class SampleShelf:
    """Gives samples to whoever opens the page. Safe for several threads; one set is made at a time.

    What is asked for them is no question of anybody: it takes no place at the desk, and nothing of it is recorded. It
    gives way to those who ask.

    Args:
        taken: how many questions are in hand or in line.
    """

    def __init__(
        self,
        provider: AssistantProvider,
        *,
        taken: Callable[[], int] = lambda: 0,
        today: Callable[[], date] = lambda: day_in_beijing(datetime.now(UTC)),
    ) -> None:
        self._provider = provider
        self._taken = taken
        self._today = today
        self._lock, self._making = Lock(), Lock()
        self._kept: OrderedDict[tuple[object, ...], Future[Samples]] = OrderedDict()

    def of(self, labels: frozenset[str] | None) -> Future[Samples]:
        """The samples for holders of `labels`, which may still be in the making. Where that fails there are none.

        Raises:
            AssistantError: there is no assistant to ask.
        """
        assistant, day = self._provider(), self._today()
        documents = _told_first(assistant.documents(labels), day)
        # What is done without for now counts too: found by words alone there are fewer, and not for the whole day.
        key = (assistant.generation, assistant.degraded, tuple(meta.id for meta in documents), day)
        with self._lock:
            if (held := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return held
            made = self._kept[key] = Future()
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        names = [meta.id for meta in documents]
        Thread(target=self._make, args=(made, assistant, names, labels, day), name="samples", daemon=True).start()
        return made

    def _make(
        self, made: Future[Samples], assistant: Assistant, names: list[str], labels: frozenset[str] | None, day: date
    ) -> None:
        found: Samples = {}
        try:
            with self._making:
                documents = [assistant.document(name, labels) for name in names]
                found = samples_of(
                    documents,
                    lambda question: self._asked(assistant, question, labels),
                    day=day,
                )
        except AssistantError as exc:
            self._forget(made)
            _log.warning("示例问题没有拟成：%s", exc.message)
        except Exception as exc:  # noqa: BLE001 - the page goes on without samples; no words of a document in the log
            self._forget(made)
            _log.error("示例问题没有拟成：%s", type(exc).__name__)
        finally:
            made.set_result(found)

    def _asked(self, assistant: Assistant, question: str, labels: frozenset[str] | None) -> Answer:
        until = time.monotonic() + _GIVES_WAY_S
        while self._taken() and time.monotonic() < until:
            time.sleep(_LOOKS_S)
        return assistant.ask(Inquiry(question=question, use_llm=False, rights=labels))

    def _forget(self, failed: Future[Samples]) -> None:
        """Whoever comes next has them made again."""
        with self._lock:
            for key in [key for key, made in self._kept.items() if made is failed]:
                del self._kept[key]


def _told_first(documents: tuple[DocumentMeta, ...], day: date) -> list[DocumentMeta]:
    """Those in force: the house's own papers before the statutes of the country."""
    held = [meta for meta in documents if meta.in_force(day)]
    return sorted(held, key=lambda meta: meta.kind is DocumentKind.LAW)[:_MOST_DOCUMENTS]
