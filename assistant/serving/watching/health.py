"""What is known of the files that a server answers from."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from assistant.indexing.damage import Damage, parts


@dataclass
class Health:
    """What the last look at them found. Written by the one thread that looks."""

    damaged: tuple[Damage, ...] = ()
    passes: int = 0  # times that every file was read
    whole_at: float | None = None  # on the clock of `monotonic`: when every file had last been read
    took_s: float = 0.0  # the last time

    @property
    def parts(self) -> frozenset[str]:
        """Parts of the index, or weights, that are damaged."""
        return parts(self.damaged)

    @property
    def names(self) -> tuple[str, ...]:
        """The damaged parts and files, as anybody may read them."""
        return tuple(sorted({f"{one.part}: {one.path.name}" for one in self.damaged}))


class HealthMetrics(Collector):
    """The same as metrics."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterable[Metric]:
        health = self._health
        damaged = GaugeMetricFamily("pz_damaged_files", "Files of index and models that are damaged.", labels=["part"])
        for part in sorted(health.parts):
            damaged.add_metric([part], sum(one.part == part for one in health.damaged))
        yield damaged
        yield GaugeMetricFamily("pz_check_passes", "Times that every file was read.", health.passes)
        if health.whole_at is not None:
            age = time.monotonic() - health.whole_at
            yield GaugeMetricFamily("pz_check_age_seconds", "Since every file had last been read.", age)
            yield GaugeMetricFamily("pz_check_seconds", "How long that took.", health.took_s)
