"""The style sheet of the chat page: readable in both themes, nothing from elsewhere."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from contrast import contrast

CSS = (files("assistant.serving.page") / "static" / "chat.css").read_text("utf-8")
_LIGHT, _DARK = re.findall(r"\{([^{}]*--pz-ink:[^{}]*)\}", CSS)
THEMES = {
    name: dict(re.findall(r"--pz-([\w-]+):\s*(#[0-9a-f]{6})", block))
    for name, block in (("light", _LIGHT), ("dark", _DARK))
}
PAIRS = [
    *((text, ground) for text in ("ink", "soft", "accent") for ground in ("ground", "paper")),
    ("ink", "mine"),
    ("accent-ink", "accent"),
    *((f"{name}-ink", name) for name in ("mark", "good", "warn", "bad", "info", "plain")),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_contrast_reaches_aa(theme: str, text: str, ground: str) -> None:
    assert contrast(THEMES[theme][text], THEMES[theme][ground]) >= 4.5


def test_themes_name_the_same_colours() -> None:
    assert set(THEMES["light"]) == set(THEMES["dark"])


def test_nothing_comes_from_elsewhere() -> None:
    assert not re.search(r"@import|url\(|//[a-z]", CSS)
