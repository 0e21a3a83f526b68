"""Claims of which it is known whether they are true, drawn from a corpus."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.evaluation.generated_claims.corruptions import Corpus, corruptions
from assistant.evaluation.generated_claims.facts import facts
from assistant.evaluation.generated_claims.true_variants import true_variants
from assistant.proof.verifier import Claim
from assistant.schema.document import Document

TRUE_KINDS = ("whole", "part", "item", "numerals", "paraphrase", "quote", "fields")
FALSE_KINDS = ("number", "date", "modality", "subject", "title", "clause", "version", "quote")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofCase:
    """A claim of which it is known whether it is true."""

    id: str
    kind: str
    document_id: str
    claim: Claim
    true: bool


def make_cases(
    documents: Sequence[Document], *, seed: int = 20241126, most_true: int = 1500, most_false: int = 2600
) -> tuple[ProofCase, ...]:
    """Cases over `documents`, true ones first; the kinds are kept as even as the corpus lets them be."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable draw, no secret
    told = tuple(fact for document in documents for fact in facts(document))
    corpus = Corpus(tuple(documents), told)
    pools: dict[tuple[bool, str], list[ProofCase]] = {}
    for number, fact in enumerate(told):
        made = [(True, kind, claim) for kind, claim in true_variants(fact, rng)]
        made += [(False, kind, claim) for kind, claim in corruptions(fact, corpus, rng)]
        for true, kind, claim in made:
            case = ProofCase(
                id=f"{'t' if true else 'f'}-{kind}-{number}",
                kind=kind,
                document_id=fact.document.id,
                claim=claim,
                true=true,
            )
            pools.setdefault((true, kind), []).append(case)
    return (*_evenly(pools, True, most_true, rng), *_evenly(pools, False, most_false, rng))


def _evenly(
    pools: Mapping[tuple[bool, str], list[ProofCase]], true: bool, most: int, rng: random.Random
) -> Iterator[ProofCase]:
    """At most `most` cases, small pools whole and the rest shared out."""
    wanted = sorted((pool for (is_true, _), pool in pools.items() if is_true is true), key=len)
    left = most
    for number, pool in enumerate(wanted):
        share = min(len(pool), left // (len(wanted) - number))
        left -= share
        yield from (pool if share == len(pool) else rng.sample(pool, share))
