"""What a server looks after, out of its settings: the generation that answers, CURRENT's, and the embedded models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from assistant.indexing.damage import Damage, Expected
from assistant.indexing.generations import current_name
from assistant.serving.ports import Assistant
from assistant.serving.self_checking import Pace, checking, generation_files
from assistant.serving.watching.health import Health
from assistant.settings import Settings

_TRUTH = "record"  # what cannot be made again from the rest


class Renewable(Protocol):
    """What gives the assistant, as `LazyAssistant` does."""

    def peek(self) -> Assistant | None: ...
    def renew(self, *, keep: bool = True) -> None: ...


def looking_after(
    settings: Settings, provider: Renewable, health: Health, *, say: Callable[[str], None]
) -> AbstractContextManager[None]:
    """Look after everything while the body runs; what is damaged is done without."""
    weights = _Weights(settings)

    def files() -> Sequence[Expected | Damage]:
        name = current_name(settings.indexes_dir)
        wanted = settings.indexes_dir / name if name else None
        return (*generation_files(_opened(provider.peek()), wanted), *weights.files())

    def fall_back() -> None:
        opened = _opened(provider.peek())
        lost = opened is not None and any(one.part == _TRUTH and one.path.parent == opened[0] for one in health.damaged)
        provider.renew(keep=not lost)

    pace = Pace(period_s=settings.check.period_s, mb_per_s=settings.check.mb_per_s)
    return checking(files, health, pace=pace, fall_back=fall_back, say=say)


class _Weights:
    """The files of the embedded models as they were prepared last; those that went are missed, and not forgotten."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: tuple[Expected | Damage, ...] = ()

    def files(self) -> tuple[Expected | Damage, ...]:
        from assistant.readers import weights_of

        self._known = weights_of(self._settings) or self._known
        return self._known


def _opened(assistant: Assistant | None) -> tuple[Path, str] | None:
    """The folder of the index that answers; `None` where nothing does, or it was put together in memory."""
    found: tuple[Path, str] | None = getattr(assistant, "opened", None)
    return found
