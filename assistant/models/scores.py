"""What a reranker's numbers are. Apart from what reads them, so that settings need no numpy."""

from __future__ import annotations

from enum import StrEnum


class Scores(StrEnum):
    """What a reranker's numbers are."""

    PROBABILITY = "probability"  # 0 to 1, as Jina, Cohere and TEI give them
    LOGIT = "logit"  # any number, as llama.cpp gives them
