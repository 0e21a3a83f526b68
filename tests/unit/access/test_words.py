"""Who runs this, where the system knows and where it does not."""

from __future__ import annotations

import pytest

from assistant.access.words import account
from assistant.serving.terminal.access import who_runs_this


@pytest.mark.parametrize("fault", [OSError, KeyError, ImportError])
def test_an_account_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch, fault: type[Exception]) -> None:
    def nameless() -> str:
        raise fault

    monkeypatch.setattr("getpass.getuser", nameless)
    assert account() is None
    assert who_runs_this() == "terminal:unknown"


def test_an_account_has_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "li")
    assert account() == "li"
    assert who_runs_this() == "terminal:li"
