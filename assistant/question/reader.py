"""A question and the turns before it become a `Query`: on its own feet, with the versions and documents it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from assistant.errors import InputError
from assistant.indexing.ports import SparsePort
from assistant.question.everyday import EVERYDAY_WORDS, named_terms
from assistant.question.facets import facets
from assistant.question.follow_up import StandAlone, stand_alone
from assistant.question.lay_words import Expander
from assistant.question.places import Catalogue, names_place
from assistant.question.understanding import Understanding, understand, without_orders
from assistant.question.versions_asked import VersionReader
from assistant.schema.retrieval import Filters, Query, Turn
from assistant.text.folding import fold
from assistant.text.institutions import Institutions

_SPEAKING_TERM = 4  # characters; shorter terms (贷款, 保险) name no matter by themselves
_WHOLE_CHARACTERS = 6


class FollowUpPort(Protocol):
    """Makes a follow-up stand alone; `None` when it gave nothing that can be used."""

    def rewrite(self, question: str, turns: Sequence[str]) -> str | None: ...


class QueryReader:
    """Question, history and choices → Query.

    Args:
        sparse: tells which words the library uses.
        follow_ups: lets a language model make a follow-up stand alone, where that is wanted.
        rights: labels of documents that whoever is served may see.
        today: gives the date in 北京时间.
    """

    def __init__(
        self,
        *,
        sparse: SparsePort,
        catalogue: Catalogue,
        versions: VersionReader,
        expander: Expander,
        institutions: Institutions,
        follow_ups: FollowUpPort | None,
        rights: frozenset[str],
        today: Callable[[], date],
    ) -> None:
        self._sparse = sparse
        self._catalogue = catalogue
        self._versions = versions
        self._expander = expander
        self._institutions = institutions
        self._follow_ups = follow_ups
        self._rights = rights
        self._today = today

    def read(self, question: str, history: Sequence[Turn], filters: Filters, *, use_llm: bool = False) -> Query:
        """What is searched for `question`.

        Raises:
            InputError: nobody knows the institution chosen in `filters`.
        """
        whole = self._whole(question, history, use_llm=use_llm)
        text, standalone = without_orders(question), without_orders(whole.text)
        asked = self._versions.read(text, whole.context, today=self._today())
        return Query(
            text=text,
            standalone=standalone,
            context=whole.context,
            filters=filters,
            addressee=self._addressee(filters.institution),
            versions=asked.versions,
            outdated=asked.outdated,
            pair=asked.pair,
            day=asked.day,
            rights=self._rights,
            named=asked.named or self._named(standalone) - asked.outdated,
        )

    def understand(self, query: Query) -> Understanding:
        """What the last turn asks; whom it asks about may stand in the turns before."""
        asked = understand(query.text, self._institutions)
        if asked.institutions or not query.context:
            return asked
        return replace(asked, institutions=understand(query.context[-1], self._institutions).institutions)

    def _whole(self, question: str, history: Sequence[Turn], *, use_llm: bool) -> StandAlone:
        """`question` on its own feet, by rules and, where one is there and wanted, by a language model."""
        whole = stand_alone(question, history, names_topic=self._names_topic, is_whole=self._is_whole)
        if not use_llm or self._follow_ups is None or not whole.context:
            return whole
        written = self._follow_ups.rewrite(without_orders(question), [without_orders(t) for t in whole.context])
        return replace(whole, text=written or whole.text)

    def _addressee(self, institution: str | None) -> tuple[str, ...]:
        """How documents write the chosen institution."""
        if institution is None:
            return ()
        names = self._institutions.asked(institution)
        if not names:
            raise InputError(
                "没有识别出所选的机构，请填写机构的通用名称，例如：保险公司、大型银行。", code="bad_request"
            )
        return tuple(dict.fromkeys(word for name in names for word in self._institutions.wordings(name)))

    def _named(self, question: str) -> frozenset[str]:
        """The documents that `question` names, unless a part of it names none and may mean another."""
        parts = facets(question) or (question,)
        if not all(self._catalogue.mentions(part) for part in parts):
            return frozenset()
        return frozenset(d.id for m in self._catalogue.mentions(question) for d in m.documents)

    def _names_topic(self, text: str) -> bool:
        """Whether `text` speaks of a matter of policy: in lay words, in terms that say more than 小微企业, or
        in detail."""
        terms = named_terms(text, shortest=_SPEAKING_TERM)
        return bool(self._expander.concepts(text) or terms) or self._is_whole(text)

    def _is_whole(self, text: str) -> bool:
        """Whether `text` says enough of its matter to be a question by itself, however short: it names a
        document, or words of the library that are not everybody's fill six characters of it."""
        if self._catalogue.mentions(text):
            return True
        if names_place(text):
            return False  # 第四十条第二款呢: of the document spoken of before
        known, _ = self._sparse.vocabulary(text)
        folded, told = fold(text), set[int]()
        for word in known:
            if word not in EVERYDAY_WORDS:
                told |= {n for m in re.finditer(re.escape(word), folded) for n in range(m.start(), m.end())}
        return len(told) >= _WHOLE_CHARACTERS
