"""What is kept no longer than it has to be."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.access.registry import Registry

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How much was taken away."""

    records: int  # of the audit
    answers: int
    of_portals: int  # conversations and answers that a portal keeps for a shorter time


def purge(registry: Registry, keep_days: int, *, by: str) -> Purged:
    """Take away what is older than `keep_days`, and what portals no longer want kept; the chain says so.

    Raises:
        RecordsError: it cannot be done.
    """
    before = registry.store.clock() - keep_days * DAY_MS
    records = registry.chain.purge(before, by=by)
    answers = registry.answers.purge(before)
    registry.once.purge()
    registry.exported.purge(before)
    of_portals = registry.use.forget_old()
    registry.gaps.purge()
    return Purged(records=records, answers=answers, of_portals=of_portals)
