"""References of a library are kept for as long as it is served, and no longer."""

from __future__ import annotations

import gc
import weakref
from typing import Any, cast

from assistants import memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.models.standins import HashingEmbedder
from assistant.schema.principal import Principal, PrincipalKind
from assistant.serving.http.reading import _Kept


class Served:
    """A library under the name of a generation."""

    def __init__(self, generation: str) -> None:
        self.generation = generation
        self._inner: Any = memory_assistant(MemoryLibrary([notice(), law()], HashingEmbedder()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def of(kept: _Kept, served: Served, asker: Principal) -> object:
    return kept.references(cast(Any, served), asker, served.documents(asker.labels))


def test_an_index_that_is_served_no_more_is_let_go() -> None:
    kept, asker = _Kept(), Principal(kind=PrincipalKind.LOCAL, subject="reader")
    first = Served("one")
    held = of(kept, first, asker)
    assert of(kept, first, asker) is held
    let_go = weakref.ref(first)
    del held, first
    of(kept, Served("two"), asker)
    gc.collect()
    assert let_go() is None
