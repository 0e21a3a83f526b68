"""A question and the turns before it become a `Reading`: what is asked, of what, and what is to be searched."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Protocol

from assistant.corpus.view import eligible
from assistant.errors import InputError
from assistant.indexing.ports import LibraryPort
from assistant.question.catalogue import Catalogue, Mention
from assistant.question.document_facts import DocumentFacts
from assistant.question.duties_asked import figures_asked, who_asked
from assistant.question.everyday import EVERYDAY_WORDS, named_terms
from assistant.question.facets import facets
from assistant.question.follow_up import KinshipPort, StandAlone, documents_before, stand_alone
from assistant.question.parts import parts_of
from assistant.question.places import Place, names_place, without_places
from assistant.question.placing import PlaceReader
from assistant.question.premise import claimed_of_place, premise_of, without_assumed_ban
from assistant.question.reading import PartReading, Reading
from assistant.question.search_words import SearchWords
from assistant.question.tables import Tables
from assistant.question.topic import of_trade, points_here, statutes_in
from assistant.question.understanding import (
    Kind,
    Understanding,
    asking_part,
    asks_outright,
    single,
    sought,
    understand,
    without_orders,
)
from assistant.question.versions_asked import Families, VersionReader, without_days, without_versions
from assistant.question.words import WordReader
from assistant.schema.document import UNIT_LEVELS, DocumentMeta
from assistant.schema.retrieval import Filters, Query, Turn
from assistant.text.folding import fold
from assistant.text.institutions import Institutions
from assistant.text.segment import terms_in

_SPEAKING_TERM = 4  # characters; shorter terms (贷款, 保险) name no matter by themselves
_WHOLE_CHARACTERS = 6


def _beside(question: str, mentions: Sequence[Mention]) -> str:
    """`question` without the titles and places that it names."""
    for mention in reversed(mentions):
        question = f"{question[: mention.start]}，{question[mention.end :]}"
    return without_places(question)


def _addressee(institution: str | None, institutions: Institutions) -> tuple[str, ...]:
    """How documents write the chosen institution."""
    if institution is None:
        return ()
    names = institutions.asked(institution)
    if not names:
        raise InputError("没有识别出所选的机构，请填写机构的通用名称，例如：保险公司、大型银行。", code="bad_request")
    return tuple(dict.fromkeys(word for name in names for word in institutions.wordings(name)))


class FollowUpPort(Protocol):
    """Makes a follow-up stand alone; `None` when it gave nothing that can be used."""

    def rewrite(self, question: str, turns: Sequence[str]) -> str | None: ...


class QuestionReader:
    """Question, history and choices → Reading.

    Args:
        library: tells which words and which documents there are.
        follow_ups: lets a language model make a follow-up stand alone, where that is wanted.
        kinship: judges by meaning whether a question goes on from the turns before; without it rules alone do.
        rights: labels of documents that whoever is served may see.
        today: gives the date in 北京时间.
    """

    def __init__(
        self,
        library: LibraryPort,
        tables: Tables,
        *,
        today: Callable[[], date],
        follow_ups: FollowUpPort | None = None,
        kinship: KinshipPort | None = None,
        rights: frozenset[str] = frozenset(),
    ) -> None:
        self._library = library
        self._tables = tables
        self._today = today
        self._follow_ups = follow_ups
        self._kinship = kinship
        self._rights = rights
        documents = tuple(meta for meta in library.documents if meta.visible(rights))
        self._catalogue = Catalogue(documents, lambda title: chain(*library.sparse.vocabulary(title)))
        self._versions = VersionReader(self._catalogue, Families(documents))
        self._places = PlaceReader(self.mentions, self._catalogue.named, library.document)
        self._facts = DocumentFacts(self.mentions, self._catalogue.named, library.document)
        self._search_words = SearchWords(library.sparse, tables.lay)
        self._words = WordReader(library.sparse, tables, self._search_words)

    def read(
        self,
        question: str,
        history: Sequence[Turn],
        filters: Filters,
        *,
        use_llm: bool = False,
        follows: bool | None = None,
    ) -> Reading:
        """All that `question` says.

        Args:
            follows: whether it goes on from the turns before, where whoever asks has said so.

        Raises:
            InputError: nobody knows the institution chosen in `filters`.
        """
        whole = self._whole(question, history, use_llm=use_llm, follows=follows)
        whole = replace(whole, documents=documents_before(history))
        return self._read(question, whole, filters, use_llm=use_llm)

    def read_again(self, question: str, before: Reading, filters: Filters, *, alone: bool = False) -> Reading:
        """All that `question` says here; it leans on what another reader found or, `alone`, on nothing."""
        query = before.query
        text, context = (question, ()) if alone else (query.standalone, query.context)
        whole = StandAlone(text=text, context=context, unsure=query.turn_unsure, documents=query.at_hand)
        return self._read(question, whole, filters, use_llm=before.use_llm)

    def _read(self, question: str, whole: StandAlone, filters: Filters, *, use_llm: bool) -> Reading:
        today = self._today()
        query = self._query(question, whole, filters)
        asked, asking = self._understood(query), asking_part(query.text)
        allowed = eligible(self._library.documents, query, today=today)
        placed = self._places.read(query, eligible=allowed)
        parts, facts_apart = self._parts(query, asked)
        claimed = claimed_of_place(query.text)
        return Reading(
            query=query,
            search=self._worded(query, today),
            asked=asked,
            asking=asking,
            words=self._words.words(query, asking),
            spoken_of=self._words.spoken_of(query, asking),
            premise=premise_of(query.standalone),
            sought=sought(asked, query.standalone),
            whose=who_asked(query.text),
            figures=figures_asked(query.text),
            statutes=statutes_in(query.text),
            of_trade=of_trade(query.standalone),
            points_here=points_here(query.standalone),
            whom=self._tables.matters.whom(query.standalone),
            allowed=allowed,
            subjects=self._subjects(query) if asked.kind is Kind.VALIDITY else (),
            places=placed.places,
            unplaced=placed.unplaced,
            of_places=self._words.naming(_beside(query.text, self.mentions(query.text))),
            of_document=self._facts.asked(query, allowed) if not placed.places else None,
            claimed=(*terms_in(claimed), *self._words.naming(claimed)) if claimed else (),
            sides=self._sides(query),
            counterpart=self._counterpart(query, placed.places),
            parts=parts,
            facts_apart=facts_apart,
            use_llm=use_llm,
        )

    def bare(self, question: str) -> Query:
        """`question` to be searched as it stands, no version or document being read from it."""
        return Query(text=question, standalone=question, rights=self._rights, search=self._search_words.of(question))

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """The documents that `text` names, each cut down to the version meant."""
        return self._versions.mentions(text, today=self._today())

    # --- what is searched -------------------------------------------------------------------

    def _query(self, question: str, whole: StandAlone, filters: Filters) -> Query:
        text, standalone = without_orders(question), without_orders(whole.text)
        asked = self._versions.read(text, whole.context, today=self._today())
        query = Query(
            text=text,
            standalone=standalone,
            context=whole.context,
            turn_unsure=whole.unsure,
            at_hand=whole.documents,
            filters=filters,
            addressee=_addressee(filters.institution, self._tables.institutions),
            versions=asked.versions,
            outdated=asked.outdated,
            pair=asked.pair,
            day=asked.day,
            rights=self._rights,
            named=asked.named or self._named(standalone) - asked.outdated,
        )
        return self._searched(query, standalone)

    def _searched(self, query: Query, standalone: str) -> Query:
        """`query` for `standalone`, with the words that are searched for it and for its last turn."""
        last = query.text if query.context and query.text != standalone else None
        words, lay = self._search_words, self._search_words.lay(standalone, last)
        last_turn = words.of(last) if last else None
        return replace(query, standalone=standalone, search=words.of(standalone), last_turn=last_turn, lay=lay)

    def _worded(self, query: Query, today: date) -> Query:
        """`query` in the words that matter: without a ban taken for granted, without the day that has chosen the
        versions, and without the title of the one document named, for it is like every clause of that document."""
        text = without_assumed_ban(query.standalone)
        if query.day or query.as_of:
            text = without_days(text, today)
        if len(query.named) == 1:
            text = self._versions.without_titles(text)
        return query if text == query.standalone else self._searched(query, text)

    def _sides(self, query: Query) -> tuple[Query, ...]:
        """The question asked of each of the versions that it compares, the newer first."""
        if query.pair is None:
            return ()
        text = self._versions.without_titles(without_versions(query.standalone))
        return tuple(self._in_version(query, meta, text) for meta in reversed(query.pair))

    def _in_version(self, query: Query, document: DocumentMeta, text: str) -> Query:
        """`text` asked of one version alone."""
        filters = replace(query.filters, document_ids=frozenset({document.id}))
        alone = replace(query, text=text, pair=None, named=frozenset(), filters=filters)
        return self._searched(alone, text)

    def _counterpart(self, query: Query, places: Sequence[Place]) -> Query | None:
        """The clause that is named in one of two versions compared, looked for in the other."""
        place = places[0] if len(places) == 1 else None
        if query.pair is None or place is None or place.clause is None or place.document not in query.pair:
            return None
        [other] = [meta for meta in query.pair if meta != place.document]
        clauses = self._library.document(place.document.id).walk()
        unit = next(c for c in clauses if c.level in UNIT_LEVELS and place.clause.span in c.span)
        return self._in_version(query, other, unit.text)

    # --- what is asked ----------------------------------------------------------------------

    def _understood(self, query: Query) -> Understanding:
        """What the last turn asks; whom it asks about may stand in the turns before."""
        asked = understand(query.text, self._tables.institutions)
        if asked.institutions or not query.context:
            return asked
        return replace(asked, institutions=understand(query.context[-1], self._tables.institutions).institutions)

    def _parts(self, query: Query, asked: Understanding) -> tuple[tuple[PartReading, ...], bool]:
        """What the last turn asks, one by one, and whether its parts ask after facts of their own.

        It asks one thing unless it says that it asks several, asks of several documents, or asks after such facts.
        """
        parts = parts_of(query.text, self._catalogue)
        understood = [single(understand(part.text, self._tables.institutions)) for part in parts]
        facts = sum(bool(one.attributes) for one in understood)
        facts_apart = facts > 1 or (facts == 1 and all(asks_outright(part.text) for part in parts))
        of_documents = len({part.documents for part in parts if part.documents}) > 1
        if not (asked.several or of_documents or facts_apart):
            return (), False
        read = tuple(
            PartReading(
                part=part,
                query=self._searched(replace(query, text=part.text), part.text),
                asked=one,
                words=self._words.naming(part.text),
            )
            for part, one in zip(parts, understood, strict=True)
        )
        return read, facts_apart

    def _subjects(self, query: Query) -> tuple[tuple[DocumentMeta, ...], ...]:
        """The document that the last turn, then the one that the whole question names first, in its versions."""
        return tuple(m.documents for text in (query.text, query.standalone) for m in self.mentions(text)[:1])

    def _whole(self, question: str, history: Sequence[Turn], *, use_llm: bool, follows: bool | None) -> StandAlone:
        """`question` with what it leans on, by rules and, where one is there and wanted, by a language model."""
        whole = stand_alone(
            question,
            history,
            names_topic=self._names_topic,
            is_whole=self._is_whole,
            kinship=self._kinship,
            follows=follows,
        )
        if not use_llm or self._follow_ups is None or not whole.context:
            return whole
        written = self._follow_ups.rewrite(without_orders(question), [without_orders(t) for t in whole.context])
        return replace(whole, text=written or whole.text)

    def _named(self, question: str) -> frozenset[str]:
        """The documents that `question` names, unless a part of it names none and may mean another."""
        if not all(self._catalogue.mentions(part) for part in facets(question) or (question,)):
            return frozenset()
        return frozenset(d.id for m in self._catalogue.mentions(question) for d in m.documents)

    def _names_topic(self, text: str) -> bool:
        """Whether `text` speaks of a matter of policy: in lay words, in terms that say more than 小微企业, or
        in detail."""
        terms = named_terms(text, shortest=_SPEAKING_TERM)
        return bool(self._tables.lay.concepts(text) or terms) or self._is_whole(text)

    def _is_whole(self, text: str) -> bool:
        """Whether `text` says enough of its matter to be a question by itself, however short: it names a
        document, a matter that is of another world than lending to firms (房贷, 信用卡: `beside` in the lay table),
        or words of the library that are not everybody's fill six characters of it."""
        if self._catalogue.mentions(text) or any(c.beside for c in self._tables.lay.concepts(text)):
            return True
        if names_place(text):
            return False  # 第四十条第二款呢: of the document spoken of before
        known, _ = self._library.sparse.vocabulary(text)
        folded, told = fold(text), set[int]()
        for word in known:
            if word not in EVERYDAY_WORDS:
                told |= {n for m in re.finditer(re.escape(word), folded) for n in range(m.start(), m.end())}
        return len(told) >= _WHOLE_CHARACTERS
