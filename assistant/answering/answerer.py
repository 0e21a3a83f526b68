"""A question that was read and searched becomes an answer, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.answering.asked_words import held_by, not_there, unspoken
from assistant.answering.authority import note, with_higher
from assistant.answering.belonging import Belonging
from assistant.answering.compose import Composer, Draft, proved_draft
from assistant.answering.confidence import Features, Weights, features_of, packaged_weights
from assistant.answering.document_facts import borne_out_by_title, document_facts
from assistant.answering.in_force import Force, Standing
from assistant.answering.misplaced import misplaced, misplaced_lead
from assistant.answering.named_places import sentences_of, with_counterpart
from assistant.answering.refusal import Abstention, Findings, Limits, abstention
from assistant.answering.select import Selection, Selector
from assistant.answering.select_parts import Chooser
from assistant.answering.sentence_reading import DEGRADED
from assistant.answering.table_rows import with_rows_named
from assistant.answering.wrap_up import Worked
from assistant.corpus.view import addresses
from assistant.indexing.ports import LibraryPort
from assistant.question.document_facts import FactAsked
from assistant.question.reading import Reading
from assistant.retrieval.by_turns import led_by
from assistant.retrieval.searcher import Searcher
from assistant.schema.answer import Outcome, Why
from assistant.schema.chunk import Chunk, ChunkKind
from assistant.schema.document import DocumentMeta
from assistant.schema.retrieval import Retrieved
from assistant.text.institutions import known_institutions

# A rule that misses words says that no clause speaks of the matter, or that the question is of another world. Where the
# reader says that the chosen sentence answers, or more surely that some sentence does, neither is claimed: on documents
# that no training saw 34 of 36 such refusals were wrong, on the notice and its laws the reader doubts one of 21. A fact
# that is asked for and not stated (an amount, a date) is missed surely: there the rule's word stands.
_ANY_ANSWERS = 0.25  # log-odds over 4
_BY_WORDS = frozenset({Why.MATTER, Why.OFF_TOPIC})
# A language model also knows a fact or an institution by words that no table has: what it names is shown as possible.
_BY_TABLES = _BY_WORDS | {Why.ATTRIBUTE, Why.INSTITUTION}
# Below both nothing is near: of 24 near misses of near_notice none lies there, of 8 questions of another world 7 do.
_NEAR, _NEAR_ODDS = 0.87, -0.5  # cosine of the published model; log-odds of the best sentence, over 4
_NOT_JUDGED = frozenset({Why.GREETING, Why.ABOUT_ASSISTANT, Why.TASK, Why.HARMFUL, Why.EMPTY_LIBRARY})


class Answerer:
    """Reading and Retrieved → Worked.

    Args:
        searcher: searches for the parts of a question, and for a clause in another version.
        weights: of the confidence; those of the package without them.
    """

    def __init__(
        self,
        library: LibraryPort,
        searcher: Searcher,
        composer: Composer,
        *,
        selector: Selector | None = None,
        limits: Limits | None = None,
        weights: Weights | None = None,
    ) -> None:
        self._library = library
        self._searcher = searcher
        self._composer = composer
        self._meta_of = {meta.id: meta for meta in library.documents}.__getitem__
        self._chooser = Chooser(selector or Selector(), searcher)
        self._limits = limits or Limits()
        self._weights = weights or packaged_weights()
        self._belonging = Belonging(lambda: [library.document(meta.id) for meta in library.documents])

    def answer(self, reading: Reading, found: Retrieved, *, sides: Sequence[Retrieved] = ()) -> Worked:
        """The sentences chosen, or why they do not settle the question.

        Args:
            sides: what was found in each of two versions compared.
        """
        everything = self._sentences(reading)
        selection, found = self._chooser.choose(reading, found, everything, sides=sides)
        if selection.unread:
            found = replace(found, degraded=(*found.degraded, DEGRADED))
        selection = with_higher(reading, found, selection, self._meta_of)
        selection = with_rows_named(reading, selection, everything)
        held = held_by(selection, self._composer.clause_of)
        findings = Findings(
            reading=reading,
            found=found,
            selection=selection,
            signals=self._belonging.signals(reading, found),
            documents=[self._library.document(m.id) for m in self._library.documents if m.id in reading.allowed],
            unspoken=unspoken(reading, selection, held),
        )
        why = abstention(findings, self._limits, self._composer.institutions or known_institutions())
        features = self._features(findings, why, held)
        read = selection.answered is not None
        judged = features if read and not selection.exhaustive else None
        draft = self._drafted(findings, why, judged)
        confidence = self._confidence(features, draft, read=read) if features else None
        worked = self._worked(reading, found, draft)
        chosen = tuple(dict.fromkeys(f"{pick.chunk.document_id}#{pick.chunk.unit}" for pick in selection.picks))
        return replace(worked, features=features, confidence=confidence, heard=selection.answered, chosen=chosen)

    def look_up(self, reading: Reading, found: Retrieved) -> Worked:
        """The words of the places that the question names, or that there is no such place."""
        places = with_counterpart(reading, self._library, self._searcher)
        chunks = sentences_of(places, self._library, reading.of_places)
        draft = self._composer.looked_up(places, chunks)
        if reading.unplaced:
            lead = misplaced_lead(reading.unplaced, self._searched(reading)) + draft.lead
            outcome = Outcome.PARTIAL if draft.statements else Outcome.NOT_FOUND
            draft = replace(draft, lead=lead, outcome=outcome, why=Why.PLACE)
        return self._worked(reading, led_by(found, chunks), draft)

    def ask_back(self, reading: Reading, found: Retrieved) -> Worked:
        """That the library does not hold the document whose place is named, or which document is meant."""
        draft = misplaced(reading.unplaced, self._searched(reading), whom=reading.whom)
        return self._worked(reading, found, draft)

    def tell(self, reading: Reading, asked: FactAsked, found: Retrieved) -> Worked:
        """What a document says of itself."""
        document = self._library.document(asked.document.id)
        return self._worked(reading, found, document_facts(asked, document))

    def stand(self, reading: Reading, found: Retrieved, standing: Standing) -> Worked:
        """Whether the document asked about holds."""
        draft = self._composer.standing(standing)
        if standing.force is Force.ENDED and not draft.citations:
            draft = borne_out_by_title(draft, self._library.document(standing.document.id))
        return self._worked(reading, led_by(found, standing.proof), draft)

    def _worked(self, reading: Reading, found: Retrieved, draft: Draft) -> Worked:
        proved = proved_draft(draft, self._composer.institutions)
        return Worked(question=reading.text, query=reading.query, found=found, draft=proved)

    def _sentences(self, reading: Reading) -> list[Chunk]:
        """All sentences that may be chosen: their clause names the institution chosen. In the order of the corpus."""
        return [
            c
            for c in self._library.chunks(ChunkKind.SENTENCE)
            if c.document_id in reading.allowed
            and addresses(self._composer.clause_of(c).plain, reading.query.addressee)
        ]

    def _searched(self, reading: Reading) -> list[DocumentMeta]:
        """The documents that the question may rest on, in the order of the corpus."""
        return [meta for meta in self._library.documents if meta.id in reading.allowed]

    def _drafted(self, findings: Findings, why: Abstention | None, judged: Features | None) -> Draft:
        """The answer; or what may bear on the question; or why there is no answer and whom to ask.

        Args:
            judged: what the confidence rests on, where a reader has spoken; `None` leaves it to the rules.
        """
        reading, searched = findings.reading, self._searched(findings.reading)
        why, possible = self._settled(why, judged, by_llm=findings.selection.by_llm)
        if why is not None:
            shown = findings.found.evidence if _near(findings, judged) else ()
            return self._composer.refusal(why, shown, searched, whom=reading.whom)
        if possible:
            return self._composer.possible(_candidates(findings.selection), searched, whom=reading.whom)
        draft = self._composer.answer(reading, findings.selection)
        if told := note(findings.selection, self._meta_of):
            draft = replace(draft, note=f"{draft.note}\n{told}" if draft.note else told)
        elsewhere = not_there(reading)
        return replace(draft, lead=elsewhere + (draft.lead or "与此有关的原文是：")) if elsewhere else draft

    def _settled(
        self, why: Abstention | None, judged: Features | None, *, by_llm: bool
    ) -> tuple[Abstention | None, bool]:
        """Why there is no answer, and whether what was chosen is shown as possible instead of as the answer."""
        if judged is None:
            return why, False
        likely = self._weights.reader.probability(replace(judged, refused=0.0))
        sure = likely >= self._weights.answered_from
        if why is None:
            return (None, not sure) if likely >= self._weights.possible_from else (Abstention(reason=Why.UNSURE), False)
        denied = judged.odds > 0 or judged.answered > _ANY_ANSWERS
        return (None, True) if denied and why.reason in (_BY_TABLES if by_llm else _BY_WORDS) else (why, False)

    def _confidence(self, features: Features, draft: Draft, *, read: bool) -> float:
        """That what is shown rests on the right clause; of candidates, whatever a rule held against them."""
        doubted = draft.outcome is Outcome.POSSIBLE
        return self._weights.probability(replace(features, refused=0.0) if doubted else features, read=read)

    def _features(self, findings: Findings, why: Abstention | None, held: str) -> Features | None:
        """What the confidence rests on; `None` where a rule answers by itself."""
        if why and why.reason in _NOT_JUDGED:
            return None
        rarity = self._library.sparse.rarity
        return features_of(findings, held=held, refused=why is not None, rarity=rarity)


def _near(findings: Findings, judged: Features | None) -> bool:
    """Whether the nearest clause has anything to do with the question; taken to have where no reader has spoken."""
    dense = findings.signals.dense
    return judged is None or dense is None or dense >= _NEAR or judged.odds > _NEAR_ODDS


def _candidates(selection: Selection) -> list[Chunk]:
    """The best chosen sentence of each clause, the likeliest clause first."""
    best: dict[str, Chunk] = {}
    for pick in sorted(selection.picks, key=lambda p: -p.score):
        best.setdefault(str(pick.chunk.parent_id), pick.chunk)
    return list(best.values())
