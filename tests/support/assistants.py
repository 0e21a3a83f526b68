"""An assistant over a library in memory, with stand-ins for every model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from memory_library import MemoryLibrary

from assistant.answering.refusal import Limits
from assistant.assembly import Parts, assemble
from assistant.models.protocols import Embedder
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.question.tables import Tables, load_tables
from assistant.retrieval.hybrid import HybridRetriever, Pools

TODAY = date(2026, 1, 1)
# Bigrams hashed into 256 places give cosines far below those of the real embedder.
LIMITS = Limits(certain=0.0, trade=0.0, doubtful=0.15)

packaged_tables = lru_cache(maxsize=1)(load_tables)


def memory_assistant(
    library: MemoryLibrary,
    *,
    embedder: Embedder | None = None,
    tables: Tables | None = None,
    pools: Pools | None = None,
    rights: frozenset[str] = frozenset(),
    **parts: Any,
) -> PolicyAssistant:
    """The assistant over `library` on the first day of 2026.

    Args:
        parts: as `Parts` names them, in place of those made here.
    """
    known, model = tables or packaged_tables(), embedder or HashingEmbedder()
    made = Parts(
        tables=known,
        embedder=model,
        make_retriever=lambda view: HybridRetriever(view, model, known.lay, pools=pools),
        today=lambda: TODAY,
        limits=LIMITS,
    )
    return assemble(library, replace(made, **parts), rights=rights)
