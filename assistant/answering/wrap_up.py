"""What was found out about a question, and the `Answer` that it becomes once its words are settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.answering.compose import Draft
from assistant.answering.confidence import Features
from assistant.corpus.lifecycle import Coming
from assistant.schema.answer import Answer, Citation, Mode, Outcome, RelatedPolicy, Statement
from assistant.schema.retrieval import Query, Retrieved

_DEGRADED = {
    "previous": "现用的索引已损坏，本次按上一版索引作答：之后收录、移出或修改的文件没有反映。请通知管理员重建索引。",
    "dense": "向量模型暂不可用，本次只按词语检索，结果可能不全。",
    "rerank": "重排模型暂不可用，本次按原有排序作答。",
    "reader": "阅读模型暂不可用，本次只按规则选句，请多核对原文。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """A question with all that was found out about it."""

    question: str
    query: Query
    found: Retrieved
    draft: Draft
    features: Features | None = None  # `None` where a rule answers by itself: a place named, a greeting
    confidence: float | None = None  # probability that the answer rests on the right clause; None as above
    heard: float | None = None  # log-odds that one of the sentences read answers, by the reader; None: nobody read
    chosen: tuple[str, ...] = ()  # clause ids of the chosen sentences, also where they were not let out
    notices: tuple[str, ...] = ()  # about the question itself

    @property
    def answered(self) -> bool:
        """Whether it says something as 有依据, in full or in part."""
        return self.draft.outcome in (Outcome.ANSWERED, Outcome.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The words of an answer, and what bears them out."""

    text: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    mode: Mode
    notices: tuple[str, ...] = ()  # about these words
    prompt_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What every answer over one index needs to know of it."""

    generation: str  # the fingerprint of the index that answers
    title_of: Callable[[str], str]  # by document id
    related_to: Callable[[str, str], tuple[RelatedPolicy, ...]]  # the policies beside a clause, by document and address
    coming_of: Callable[[str], Coming | None] = lambda _: None  # what comes to a document soon


def wrap_up(worked: Worked, said: Said, served: Served) -> Answer:
    """The answer with its notices, its confidence and the policies beside what it cites."""
    degraded = worked.found.degraded
    return Answer(
        question=worked.question,
        standalone_question=worked.query.standalone,
        outcome=worked.draft.outcome,
        mode=said.mode,
        text=said.text,
        statements=said.statements,
        citations=said.citations,
        nearest=worked.draft.nearest,
        follows=bool(worked.query.context),
        follows_unsure=worked.query.turn_unsure,
        notices=(
            *worked.notices,
            *_read_as(worked.query),
            *said.notices,
            *_of_then(worked, said.citations, served.title_of),
            *_ending(said.citations, served),
            *(_DEGRADED[part] for part in degraded if part in _DEGRADED),
        ),
        generation=served.generation,
        degraded=degraded,
        ranked_clauses=tuple(str(hit.chunk_id) for hit in worked.found.ranking),
        related=_beside(said.citations, served.related_to),
        confidence=None if worked.confidence is None else round(worked.confidence, 3),
        prompt_version=said.prompt_version,
        why=worked.draft.why,
    )


def _read_as(query: Query) -> tuple[str, ...]:
    """How the question was read, where it may be meant the other way as well."""
    if not query.turn_unsure:
        return ()
    if query.context:
        return ("不能确定这一问是不是接着上文问的，本次接着上文理解；如果不是，可以按新问题重新回答。",)
    return ("不能确定这一问是不是接着上文问的，本次按新问题理解；如果是，可以接着上文重新回答。",)


def _of_then(worked: Worked, citations: Sequence[Citation], title_of: Callable[[str], str]) -> tuple[str, ...]:
    """That an answer rests on texts of the day that the question names, which no longer hold."""
    if worked.query.day is None:
        return ()
    cited = dict.fromkeys(c.document_id for c in citations if c.document_id in worked.query.versions)
    titles = [f"《{title_of(i)}》" for i in cited]
    if not titles:
        return ()
    year = worked.query.day.year
    return (f"所问为{year}年的情形，已按当时有效的{'、'.join(titles)}作答；该文本现已不再有效，请勿用于现在的业务。",)


def _ending(citations: Sequence[Citation], served: Served) -> tuple[str, ...]:
    """That a text which an answer rests on ends soon."""
    found = {name: served.coming_of(name) for name in dict.fromkeys(c.document_id for c in citations)}
    return tuple(
        f"《{served.title_of(name)}》{soon.words}（还有 {soon.days} 天），届时请重新查询。"
        for name, soon in found.items()
        if soon is not None and soon.ends
    )


def _beside(
    citations: Sequence[Citation], related_to: Callable[[str, str], tuple[RelatedPolicy, ...]]
) -> tuple[RelatedPolicy, ...]:
    """The policies beside the cited clauses, each once, with the numbers of the citations."""
    found: dict[str, RelatedPolicy] = {}
    for citation in citations:
        for policy in related_to(citation.document_id, citation.address):
            held = found.get(policy.id, policy)
            found[policy.id] = replace(held, citations=(*held.citations, citation.number))
    return tuple(found.values())
