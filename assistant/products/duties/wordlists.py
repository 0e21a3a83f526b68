"""data/duties.yaml, compiled: which words bind how, who may be addressed, how a piece opens and ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pydantic import BaseModel, ConfigDict, Field

from assistant.products.duties.model import Degree
from assistant.text.binding_words import BindingWords, binding_words
from assistant.text.institutions import Institutions, known_institutions
from assistant.text.tables import packaged, read_table


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DegreeLine(_Line):
    """Words that bind in one degree."""

    degree: Degree
    words: tuple[str, ...] = Field(min_length=1)


class KindLine(_Line):
    """A kind of addressee and the words it is known by."""

    kind: str
    words: tuple[str, ...] = Field(min_length=1)
    whole: bool = False  # the addressee is the word itself


class AimLine(_Line):
    """Words that open a tail which says what an act is for."""

    words: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    unless_addressee: bool = False


class DutyWords(_Line):
    """duties.yaml."""

    degrees: tuple[DegreeLine, ...]
    notices_only: frozenset[str]
    no_bans: tuple[str, ...]
    opening_only: frozenset[str]
    addressee_behind: frozenset[str]
    speaking: tuple[str, ...]
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    not_before: Mapping[str, tuple[str, ...]]
    joins: tuple[str, ...]
    joins_before: Mapping[str, tuple[str, ...]]
    never_subject: tuple[str, ...]
    kinds: tuple[KindLine, ...]
    openers: tuple[str, ...]
    adverbs: tuple[str, ...]
    preps: tuple[str, ...]
    verbs: tuple[str, ...]
    adverbial_ends: tuple[str, ...]
    manners: tuple[str, ...]
    object_preps: tuple[str, ...]
    object_verbs: tuple[str, ...]
    condition_ends: tuple[str, ...]
    condition_opens: tuple[str, ...]
    consents: tuple[str, ...]
    time_ends: tuple[str, ...]
    directing: tuple[str, ...]
    no_preps: tuple[str, ...]
    happens: tuple[str, ...]
    determiners: tuple[str, ...]
    founding: tuple[str, ...]
    taking: tuple[str, ...]
    endings: Mapping[str, tuple[str, ...]]
    exceptions: tuple[str, ...]
    aims: tuple[AimLine, ...]
    follow_ups: tuple[str, ...]
    sanctions: tuple[str, ...]
    states: tuple[str, ...]
    declares: tuple[str, ...]
    list_signs: tuple[str, ...]
    itemised: tuple[str, ...]
    cases: tuple[str, ...]
    frequencies: tuple[str, ...]


def _any(words: Iterable[str]) -> str:
    """An alternation, the longest first; * stands for any words without a comma."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\*", "[^，；。]*?") for word in ordered) or r"(?!)"


@dataclass(frozen=True)
class Wordlists:
    """The table as patterns. `opens_*` match at the beginning of a piece, `ends_*` at its end."""

    words: DutyWords
    institutions: Institutions
    binding: BindingWords

    @cached_property
    def degree_of(self) -> Mapping[str, Degree]:
        """The degree of each word that binds."""
        return {word: line.degree for line in self.words.degrees for word in line.words}

    @cached_property
    def heads(self) -> re.Pattern[str]:
        """Every name that may be addressed, with what it goes on with."""
        tails = f"(?:{_any(self.words.tails)})*"
        guarded = [self._guarded(head) for head in sorted(self._names, key=lambda n: (-len(n), n))]
        for ending, behind in self.words.endings.items():
            guarded.append("".join(f"(?<!{re.escape(word)})" for word in behind) + self._guarded(ending))
        return re.compile(f"(?:{'|'.join(guarded)}){tails}")

    @cached_property
    def _names(self) -> frozenset[str]:
        held = {name for names in self.institutions.aliases().values() for name in names if len(name) > 2}
        return frozenset(self.words.heads) | frozenset(_alternatives(self.institutions.names.pattern)) | held

    def _guarded(self, head: str) -> str:
        behind = self.words.not_before.get(head, ())
        return re.escape(head) + (f"(?!{_any(behind)})" if behind else "")

    def _preps(self, preps: Sequence[str]) -> str:
        """An alternation of prepositions, none of them read in the beginning of another word: 对 in 对接."""
        known = {
            *self.words.verbs,
            *self.words.adverbs,
            *self._names,
            "以及",
            "因此",
            "因地制宜",
            "如下",
            "当地",
            "当前",
        }
        parts = []
        for prep in sorted(preps, key=lambda word: (-len(word), word)):
            longer = [w[len(prep) :] for w in known if w.startswith(prep) and w != prep and w not in preps]
            parts.append(re.escape(prep) + (f"(?!{_any(longer)})" if longer else ""))
        return "|".join(parts) or r"(?!)"

    @cached_property
    def opening(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.openers)})+")

    @cached_property
    def adverbs(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.adverbs)})+")

    @cached_property
    def opens_prep(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.adverbs)})*(?:{self._preps(self.words.preps)})")

    @cached_property
    def opens_verb(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.adverbs)})*(?:{self._verbs})")

    @cached_property
    def opens_predicate(self) -> re.Pattern[str]:
        """What may stand behind an addressee: a verb, an adverb, a preposition, a word that binds, or nothing."""
        known = (*self.words.adverbs, *self.words.preps, *self.degree_of, *self.words.openers)
        return re.compile(f"$|[，；。：]|\\d|{_any(known)}|{self._verbs}")

    @cached_property
    def _verbs(self) -> str:
        return "|".join(self._guarded(verb) for verb in sorted(self.words.verbs, key=lambda v: (-len(v), v)))

    @cached_property
    def never_subject(self) -> re.Pattern[str]:
        return re.compile(self._preps(self.words.never_subject))

    @cached_property
    def joins(self) -> re.Pattern[str]:
        before = "|".join(f"{re.escape(w)}(?=.*(?:{_any(v)}))" for w, v in self.words.joins_before.items())
        return re.compile(f"(?:{_any(self.words.joins)}|{before or '(?!)'})")

    @cached_property
    def ends_adverbial(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.adverbial_ends)})$")

    @cached_property
    def founding(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.founding)})(?!的|后的|前的)")

    @cached_property
    def taking(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.taking)})$|所称|是指")

    @cached_property
    def ends_time(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.time_ends)})$")

    @cached_property
    def frames(self) -> re.Pattern[str]:
        """A preposition whose noun says how, with no verb behind it."""
        plain = [prep for prep in self.words.preps if prep not in self.words.directing]
        return re.compile(f"(?:{_any(self.words.adverbs)})*(?:{self._preps(plain)})")

    @cached_property
    def acts_inside(self) -> re.Pattern[str]:
        """Where a phrase that says how is over and a verb begins: 按照规定向…报告, 在准入中落实…."""
        known = (*self.words.adverbs, *self.words.directing)
        return re.compile(f"(?:{_any(self.words.adverbial_ends)})(?:{_any(known)}|{self._verbs})")

    @cached_property
    def consent(self) -> re.Pattern[str]:
        return re.compile(f"(?:{self._preps(self.words.consents)})")

    @cached_property
    def determiners(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.determiners)})*")

    @cached_property
    def happens(self) -> re.Pattern[str]:
        return re.compile("|".join(self._guarded(word) for word in self.words.happens))

    @cached_property
    def manner(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.adverbs)})*(?:{_any(self.words.manners)})$")

    @cached_property
    def opens_object(self) -> re.Pattern[str]:
        return re.compile(f"(?:{self._preps(self.words.object_preps)})(?!不|外)")

    @cached_property
    def object_verbs(self) -> re.Pattern[str]:
        return re.compile(_any(self.words.object_verbs))

    @cached_property
    def ends_condition(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.condition_ends)})$")

    @cached_property
    def opens_condition(self) -> re.Pattern[str]:
        return re.compile(_any(self.words.condition_opens))

    @cached_property
    def exception(self) -> re.Pattern[str]:
        return re.compile(_any(self.words.exceptions))

    @cached_property
    def aims(self) -> Sequence[tuple[re.Pattern[str], bool]]:
        """Each with whether an addressee behind it makes it an act."""
        return tuple(
            (re.compile(f"(?:{_any(a.words)})(?!{_any(a.unless)})"), a.unless_addressee) for a in self.words.aims
        )

    @cached_property
    def follow_up(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.follow_ups)})(?:.*)(?:批准|备案|同意|核准|审批|审定|决定)")

    @cached_property
    def sanction(self) -> re.Pattern[str]:
        return re.compile(_any(self.words.sanctions))

    @cached_property
    def verb(self) -> re.Pattern[str]:
        """One verb, with what says how."""
        return re.compile(f"(?:{_any(self.words.adverbs)})*(?:{self._verbs})")

    @cached_property
    def others_behind(self) -> re.Pattern[str]:
        """鼓励、引导和支持: verbs beside the one that binds."""
        return re.compile(f"(?:(?:、|和|或者|或|与)(?:{self._verbs}))*")

    @cached_property
    def punishes(self) -> re.Pattern[str]:
        given = r"(?:给予|予以)(?=[^，。；]*?(?:处分|处罚|警告|罚款))|处(?=[\d一二三四五六七八九十以])"
        return re.compile(f"(?:{_any(self.words.adverbs)})*(?:{_any(self.words.sanctions)}|{given})")

    @cached_property
    def states(self) -> re.Pattern[str]:
        return re.compile(_any(self.words.states))

    @cached_property
    def declares(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.adverbs)})*(?:{_any(self.words.declares)})")

    @cached_property
    def speaking(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(self.words.adverbs)})*(?:{_any(self.words.speaking)})")

    @cached_property
    def listed(self) -> re.Pattern[str]:
        """下列行为, up to the noun."""
        return re.compile(f"(?:{_any(self.words.list_signs)})([^，；：]*)")

    @cached_property
    def itemised(self) -> re.Pattern[str]:
        return re.compile(_any(self.words.itemised))

    @cached_property
    def cases(self) -> re.Pattern[str]:
        return re.compile(_any(self.words.cases))

    @cached_property
    def frequencies(self) -> re.Pattern[str]:
        return re.compile(_any(self.words.frequencies))


def _alternatives(pattern: str) -> list[str]:
    """The words of an alternation made of escaped words."""
    return [re.sub(r"\\(.)", r"\1", word) for word in pattern.split("|")]


@lru_cache(maxsize=1)
def duty_wordlists() -> Wordlists:
    """Those of the package, read once.

    Raises:
        SettingsError: a table cannot be used.
    """
    words = read_table(packaged("duties.yaml"), DutyWords)
    return Wordlists(words, known_institutions(), binding_words())
