"""What settings and readers both speak of. Apart from the readers, so that settings need no numpy."""

from __future__ import annotations

from enum import StrEnum

CANDIDATES = 7  # sentences that are read, about 20 ms each; six lose 3 of 338 right first choices against ten


class Scores(StrEnum):
    """What a reranker's numbers are."""

    PROBABILITY = "probability"  # 0 to 1, as Jina, Cohere and TEI give them
    LOGIT = "logit"  # any number, as llama.cpp gives them
