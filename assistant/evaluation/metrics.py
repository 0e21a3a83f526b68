"""Recall@k, MRR and nDCG of a run, question by question; computed by ir-measures over trec_eval.

Definitions: R@k is the share of a question's relevant documents among the first k, RR@k the reciprocal rank
of the first of them or 0, nDCG@k with gain 1 and logarithm 2 (Järvelin and Kekäläinen, TOIS 2002). A
question without a ranking scores 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.evaluation.trec import Qrels, Ranking

CLAUSE_MEASURES = ("RR", "R@1", "R@3", "R@5")
ARTICLE_MEASURES = ("R@1", "R@10", "R@100", "RR@10", "nDCG@10")


def measure(
    rankings: Mapping[str, Ranking], qrels: Qrels, measures: Sequence[str] = CLAUSE_MEASURES
) -> dict[str, dict[str, float]]:
    """Values from 0 to 1 by measure and question, for every question that has a relevant document."""
    import ir_measures

    judged = [ir_measures.Qrel(q, d, 1) for q, documents in qrels.items() for d in documents]
    # The order is the ranking: scores may tie, and trec_eval would then order by id.
    scored = [
        ir_measures.ScoredDoc(query, document, float(-rank))
        for query, ranking in rankings.items()
        for rank, (document, _) in enumerate(ranking)
    ]
    names = {ir_measures.parse_measure(name): name for name in measures}
    wanted = [query for query, documents in qrels.items() if documents]
    values = {name: dict.fromkeys(wanted, 0.0) for name in measures}
    if scored and judged:
        for found in ir_measures.iter_calc(list(names), judged, scored):
            values[names[found.measure]][found.query_id] = float(found.value)
    return values
