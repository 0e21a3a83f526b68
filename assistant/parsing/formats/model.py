"""What a format's reader finds in a file, and the words in which it refuses one.

Laws, proved by `tests/unit/parsing/test_formats_model.py`:

- `text[row_span.start:row_span.end].split("\\t") == list(row)` for each row of each table that was rendered
  from another format than Markdown;
- a `Parsed` comes back from JSON as it went in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import yaml

from assistant.schema.document import HiddenText, Span

# Verdicts on a file. Stable: reports, exit codes and the API speak in them.
EMPTY = "empty"
TYPE_MISMATCH = "type_mismatch"
UNSUPPORTED = "unsupported_format"
ENCRYPTED = "encrypted"
NO_TEXT = "no_text"
CORRUPT = "corrupt"
BOMB = "bomb"
DTD = "dtd"
MACRO = "macro"
GARBLED = "garbled"
TOO_LARGE = "too_large"
TOO_COMPLEX = "too_complex"
CHANGED = "changed"
SPECIAL = "special"
TIMEOUT = "timeout"

# What one text may have: beyond it tree, references and index would cost more memory and time than a batch can bear.
MAX_CHARS, MAX_LINES, MAX_REFERENCES = 5_000_000, 60_000, 100_000
MAX_HIDDEN_ITEMS = 500
MAX_HIDDEN_CHARS = 2000
_LOOKED_BACK = 200  # characters before a hidden text, of which the last are its place
_PLACE_CHARS, _MAX_PLACES = 24, 5  # how much of the words at a loss are told, and for how many losses of a kind


class Rejected(Exception):
    """A file that must not be taken in. `readers` turns it into a SourceError that carries the path."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceWarning:
    """Something a person should look at before the file is used."""

    code: str
    message: str  # Chinese
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """A table as it lies in `text`: one line a row, cells joined by a tab. `span` covers the rows, not the caption.

    `numbers`: the number of each row where the source counts them itself, as a sheet does; else rows count from 1.
    """

    span: Span
    caption: str | None
    rows: tuple[tuple[str, ...], ...]
    row_spans: tuple[Span, ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The readable part of a file."""

    text: str
    front: dict[str, Any] = field(default_factory=dict)
    tables: tuple[TableSource, ...] = ()
    warnings: tuple[SourceWarning, ...] = ()
    hidden: tuple[HiddenText, ...] = ()
    lost: tuple[str, ...] = ()


def refuse_too_much(text: str) -> None:
    """Nothing, where a tree of clauses can be made of `text` within the memory and time that one file may cost.

    Raises:
        Rejected: `too_large`: it has more characters or lines than one document may have.
    """
    if len(text) > MAX_CHARS:
        raise Rejected(TOO_LARGE, f"正文超过 {MAX_CHARS // 10_000} 万字，请按文件拆分后再加入")
    if text.count("\n") > MAX_LINES:
        raise Rejected(TOO_LARGE, f"正文超过 {MAX_LINES // 10_000} 万行，请按文件拆分后再加入")


def to_json(parsed: Parsed) -> dict[str, Any]:
    """`parsed` as plain lists and dicts; `front` as YAML, which knows days where JSON does not."""
    data = asdict(parsed)
    data["front"] = yaml.safe_dump(parsed.front, allow_unicode=True) if parsed.front else ""
    return data


def from_json(data: Mapping[str, Any]) -> Parsed:
    """The `Parsed` that `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: other data.
    """
    return Parsed(
        text=str(data["text"]),
        front=dict(yaml.safe_load(data["front"]) or {}),
        tables=tuple(
            TableSource(
                span=Span(**t["span"]),
                caption=t["caption"],
                rows=tuple(tuple(str(c) for c in row) for row in t["rows"]),
                row_spans=tuple(Span(**s) for s in t["row_spans"]),
                numbers=tuple(int(n) for n in t["numbers"]),
            )
            for t in data["tables"]
        ),
        warnings=tuple(SourceWarning(**w) for w in data["warnings"]),
        hidden=tuple(HiddenText(**h) for h in data["hidden"]),
        lost=tuple(str(x) for x in data["lost"]),
    )


class Findings:
    """What one reading notices beside the text: warnings by code, hidden texts, losses."""

    def __init__(self) -> None:
        self._warnings: dict[str, SourceWarning] = {}
        self._hidden: dict[tuple[str, str], str] = {}  # kind and words → the first place
        self._lost: Counter[str] = Counter()
        self._places: dict[str, list[str]] = {}

    def warn(self, code: str, message: str, where: str = "") -> None:
        """Keep one warning per code, the first."""
        self._warnings.setdefault(code, SourceWarning(code=code, message=message, where=where))

    def hide(self, kind: str, text: str, *, where: str = "") -> None:
        """Keep a hidden text, shortened when very long; blank ones say nothing.

        Args:
            where: the words it stands at or behind, or its page.
        """
        words = " ".join(text.split())
        if words and len(self._hidden) < MAX_HIDDEN_ITEMS:
            place = _shortened(" ".join(where[-_LOOKED_BACK:].split()), last=True)
            self._hidden.setdefault((kind, words[:MAX_HIDDEN_CHARS]), place)

    def lose(self, what: str, count: int = 1, *, behind: str = "") -> None:
        """Count something that cannot be text, such as an image. `behind`: the words it stands at or behind."""
        self._lost[what] += count
        if words := " ".join(behind.split()):
            places = self._places.setdefault(what, [])
            place = _shortened(words)
            if place not in places and len(places) < _MAX_PLACES:
                places.append(place)

    @property
    def hidden(self) -> tuple[HiddenText, ...]:
        return tuple(HiddenText(kind=kind, text=text, where=where) for (kind, text), where in self._hidden.items())

    @property
    def lost(self) -> tuple[str, ...]:
        return tuple(f"{what} {count} 处{self._place(what)}" for what, count in self._lost.items())

    def _place(self, what: str) -> str:
        places = self._places.get(what, [])
        return f"（“{'”“'.join(places)}”处）" if places else ""

    @property
    def warnings(self) -> tuple[SourceWarning, ...]:
        if self._hidden and any(kind not in NOT_CONCEALED for kind, _ in self._hidden):
            self.warn("hidden_text", "文件里有读者看不到的文字，没有收入正文，请核对")
        if struck := [text for kind, text in self._hidden if kind == "struck_out"]:
            words = "”“".join(text[:_PLACE_CHARS] for text in struck[:_MAX_PLACES])
            self.warn("struck_out", f"有 {len(struck)} 处划去的文字没有收入正文（“{words}”），请核对")
        if placed := [f"{what}{self._place(what)}" for what in self._lost if what in self._places]:
            self.warn("left_out", f"有内容没有收入正文：{'；'.join(placed)}，请核对是否含有规定")
        return tuple(self._warnings.values())


def _shortened(words: str, *, last: bool = False) -> str:
    """The first of `words`, or the last, as a place is told."""
    if len(words) <= _PLACE_CHARS:
        return words
    return "…" + words[1 - _PLACE_CHARS :] if last else words[: _PLACE_CHARS - 1] + "…"


# Out of the body by their nature; a page of these is nothing to be warned of.
NOT_CONCEALED = frozenset(
    {
        "header",
        "footer",
        "footnote",
        "endnote",
        "alt",
        "watermark",
        "struck_out",
        "superseded",
        "note_mark",
        "script",
        "line_number",
        "page",
    }
)
