"""A comparison is made once for an index, and never given to those who may not see both texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law, old_law

from assistant.errors import NotFoundError
from assistant.models.standins import HashingEmbedder
from assistant.serving.http import comparing
from assistant.serving.http.comparing import ComparingBusy, Comparisons

STAFF = frozenset({"内部"})


def opened() -> Any:
    hidden = replace(old_law(), meta=replace(old_law().meta, access=("内部",)))
    return memory_assistant(MemoryLibrary([law(), hidden], HashingEmbedder()), rights=STAFF)


def test_it_is_made_once_and_rights_are_asked_every_time() -> None:
    kept, assistant = Comparisons(), opened()
    made = kept.comparison(assistant, "law_2010", "law_2023", STAFF)
    assert kept.comparison(assistant, "law_2010", "law_2023", STAFF) is made
    assert kept.comparison(assistant, "law_2023", "law_2010", STAFF) is not made
    with pytest.raises(NotFoundError):
        kept.comparison(assistant, "law_2010", "law_2023", frozenset())


def test_who_waits_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "_PATIENCE_S", 0.0)
    kept = Comparisons()
    with kept._lock, pytest.raises(ComparingBusy):
        kept.comparison(opened(), "law_2010", "law_2023", STAFF)
