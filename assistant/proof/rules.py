"""The names of the rules that speak in a verdict, so that a false alarm can be traced to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistant.schema.answer import Verdict


class Rule(StrEnum):
    """Which rule gave the verdict."""

    NO_CLAUSE = "no_clause"
    REPEATED = "repeated"  # nothing speaks against a claim that repeats its clause
    PARAPHRASED = "paraphrased"  # nothing speaks against a claim in words of its own
    LISTED = "listed"  # a list of the clause holds it, or its exception does
    QUOTATION = "quotation"
    # word by word
    FIGURE_CHANGED = "figure_changed"
    WORDS_SWAPPED = "words_swapped"
    TIME_TURNED = "time_turned"
    NEGATION_CHANGED = "negation_changed"
    FORCE_CHANGED = "force_changed"
    DENIED_ELSEWHERE = "denied_elsewhere"
    RULED_OTHERWISE = "ruled_otherwise"
    SENTENCES_GRAFTED = "sentences_grafted"
    SENTENCES_JOINED = "sentences_joined"
    EXCEPTION_LOST = "exception_lost"
    QUALIFIER_LOST = "qualifier_lost"
    NAME_CHANGED = "name_changed"
    MADE_SWEEPING = "made_sweeping"
    AND_FOR_OR = "and_for_or"
    NAME_STRANGE = "name_strange"
    NAME_FOR_WORDS = "name_for_words"
    WORDS_FOR_NAME = "words_for_name"
    CONTRARY = "contrary"
    WORDS_CHANGED = "words_changed"
    ROLE_CHANGED = "role_changed"
    CLAUSE_UNUSED = "clause_unused"
    NOT_ADDRESSED = "not_addressed"
    # by matter
    FIGURE_UNKNOWN = "figure_unknown"
    SUBJECT_UNKNOWN = "subject_unknown"
    FORCE_UNKNOWN = "force_unknown"
    POLARITY = "polarity"
    SHUFFLED = "shuffled"
    UNSUPPORTED = "unsupported"
    # of a citation
    TITLE = "title"
    ADDRESS = "address"
    EXPIRED = "expired"
    NOT_EXPIRED = "not_expired"
    FOUND = "found"
    NOT_FOUND = "not_found"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict and the rule that gave it."""

    verdict: Verdict
    rule: Rule
