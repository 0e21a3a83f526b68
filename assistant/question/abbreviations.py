"""Words that are written out or short: 首贷 is 首次贷款, 流贷 is 流动资金贷款."""

from __future__ import annotations

from functools import lru_cache

from pydantic import TypeAdapter

from assistant.text.folding import fold
from assistant.text.tables import packaged, read_table


def other_forms(text: str) -> tuple[str, ...]:
    """The other forms of the words of `text`, each once, in the order of the table; none that it uses itself.

    >>> other_forms("首贷能贴多少")
    ('首次贷款', '首笔贷款', '首次借款')
    """
    folded = fold(text)
    found: dict[str, None] = {}
    for forms in _forms():
        used = [form for form in forms if fold(form) in folded]
        if used:
            found.update(dict.fromkeys(form for form in forms if not _told(form, used)))
    return tuple(form for form in found if fold(form) not in folded)


def forms_of(word: str) -> tuple[str, ...]:
    """The other forms of `word` itself.

    >>> forms_of("流贷")
    ('流动资金贷款', '流动资金贷')
    """
    return tuple(form for forms in _forms() if word in forms for form in forms if form != word)


def _told(form: str, used: list[str]) -> bool:
    """Whether `form` is one of those used, or a part of one: 信用贷 in 信用贷款."""
    return any(form in one for one in used)


@lru_cache(maxsize=1)
def _forms() -> tuple[tuple[str, ...], ...]:
    """The forms of each word, the one written out first.

    Raises:
        SettingsError: the table cannot be used.
    """
    table = read_table(packaged("abbreviations.yaml"), TypeAdapter(dict[str, tuple[str, ...]]))
    return tuple((full, *shorts) for full, shorts in table.items())
