"""The tables that a bank maintains, in one bundle: lay words, institutions, matters and whom to ask about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.question.lay_words import Expander, load_expander
from assistant.question.matters import Matters, load_matters
from assistant.text.institutions import Institutions, load_institutions


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What a question is read by."""

    lay: Expander
    institutions: Institutions
    matters: Matters


def load_tables(
    lay: Path | None = None,
    institutions: Path | None = None,
    matters: Path | None = None,
    referrals: Path | None = None,
    *,
    house: Path | None = None,
) -> Tables:
    """The tables of the package, or those at the paths given.

    Args:
        house: lay words of the house, which come on top of either.

    Raises:
        SettingsError: a table cannot be used.
    """
    return Tables(
        lay=load_expander(lay, house=house),
        institutions=load_institutions(institutions),
        matters=load_matters(matters, referrals),
    )
