"""Whether a question goes on from the turns before it, told by meaning where the rules cannot tell.

A new matter is nearer to a clause of its own than to the clause that the turns before were about; what goes on from
them stays near that clause, or near none. The weights stand in `assistant/data/follow_up.json`, with the command that
found them (`scripts/train_follow_up.py`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import ModelError, SettingsError
from assistant.indexing.ports import LibraryPort
from assistant.models.protocols import Embedder, scale_of
from assistant.schema.chunk import ChunkKind

_log = logging.getLogger(__name__)
_WEIGHTS_FILE = "follow_up.json"
_LOOKED_AT = 600  # clauses that a question is compared with; one further away counts as the last of them
_ZERO, _ONE = 0.85, 0.05  # cosines of the published multilingual-e5 lie between 0.75 and 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFeatures:
    """A question beside the turns before it."""

    alike: float  # cosine with the turns before, 0.85 as zero, 0.05 as one
    near: float  # cosine with the nearest clause, likewise
    lead: float  # by how much that clause is nearer than the one nearest to the turns before; 0.05 as one

    def values(self) -> dict[str, float]:
        """Every feature by name."""
        return {field.name: float(getattr(self, field.name)) for field in fields(self)}


class TurnWeights(BaseModel):
    """follow_up.json."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str  # that found the weights
    pairs: dict[str, int]  # trained on, by kind
    bias: float
    weights: dict[str, float]
    alone_below: float  # log-odds; from there on the question stands alone
    joined_from: float  # log-odds; below it is said that the question may be meant the other way

    def odds(self, features: TurnFeatures) -> float:
        """Log-odds that the question goes on from the turns before."""
        return self.bias + sum(self.weights[name] * value for name, value in features.values().items())


@dataclass(frozen=True, slots=True)
class Leaning:
    """What meaning says of a question and the turns before it."""

    leans: bool
    sure: bool


class Kinship:
    """Question and the turns before → whether it goes on from them.

    Args:
        library: the clauses that both are compared with.
    """

    def __init__(self, library: LibraryPort, embedder: Embedder, weights: TurnWeights | None = None) -> None:
        self._library = library
        self._embedder = embedder
        self._weights = weights or packaged_turn_weights()
        self._scale = scale_of(embedder)

    def judge(self, question: str, before: str) -> Leaning | None:
        """`None` when the vectors are out, or no clause is there."""
        try:
            features = self.features(question, before)
        except ModelError as exc:
            _log.warning("kinship is out: %s", exc.message)
            return None
        if features is None:
            return None
        odds = self._weights.odds(features)
        alone = odds < self._weights.alone_below
        return Leaning(leans=not alone, sure=alone or odds >= self._weights.joined_from)

    def features(self, question: str, before: str) -> TurnFeatures | None:
        """What is compared; `None` where there is no clause.

        Raises:
            ModelError: the embedder does not answer.
        """
        asked, told = self._embedder.embed_queries([question, before])
        hits = self._library.dense.search(asked, kind=ChunkKind.CLAUSE, k=_LOOKED_AT)
        home = self._library.dense.search(told, kind=ChunkKind.CLAUSE, k=1)
        if not hits or not home:
            return None
        scores = {hit.chunk_id: self._scale.published(hit.score) for hit in hits}
        nearest, last = scores[hits[0].chunk_id], scores[hits[-1].chunk_id]
        return TurnFeatures(
            alike=(self._scale.published(float(asked @ told)) - _ZERO) / _ONE,
            near=(nearest - _ZERO) / _ONE,
            lead=(nearest - scores.get(home[0].chunk_id, last)) / _ONE,
        )


@lru_cache(maxsize=1)
def packaged_turn_weights() -> TurnWeights:
    """The weights that come with the package.

    Raises:
        SettingsError: the file cannot be used, or does not fit these features.
    """
    source = resources.files("assistant") / "data" / _WEIGHTS_FILE
    try:
        weights = TurnWeights.model_validate_json(source.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as exc:
        raise SettingsError(f"{_WEIGHTS_FILE} 无法读取，请运行 scripts/train_follow_up.py 重新生成") from exc
    if set(weights.weights) != {field.name for field in fields(TurnFeatures)}:
        raise SettingsError(f"{_WEIGHTS_FILE} 与当前程序的特征不一致，请运行 scripts/train_follow_up.py 重新生成")
    return weights
