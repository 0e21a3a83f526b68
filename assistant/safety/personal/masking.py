"""A text without the personal data in it, and where that stood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.safety.personal.codes import find_codes
from assistant.safety.personal.numbers import find_numbers
from assistant.safety.personal.people import find_addresses, find_birth_dates, find_details, find_names
from assistant.safety.personal.secrets import find_secrets
from assistant.safety.personal.view import MARKS, TURN, PersonalKind, View, ViewSpan, view_of, view_of_turns

_MOST_PASSES = 6  # the second finds what stands beside something the first has found; the last finds nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalSpan:
    """A piece of a text, half-open, in code points of the text as it was given."""

    start: int
    end: int
    kind: PersonalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """`text` is the original with a placeholder for each of `spans`, which lie in order and apart."""

    text: str
    spans: tuple[PersonalSpan, ...]


def mask(text: str) -> Masked:
    """`text` with its personal data replaced by words such as ［身份证号］.

    What stands outside the spans is unchanged; masking the result again changes nothing. Time is
    linear in the length of the text.

    >>> mask("我叫张三，电话13800138000").text
    '我叫［姓名］，电话［手机号］'
    """
    spans = _spans(view_of(text))
    return Masked(text=_filled(text, spans), spans=spans)


def mask_turns(turns: Sequence[str]) -> tuple[Masked, ...]:
    """Each turn masked, oldest first, with what the turns before it say: a number may be split over two of them."""
    out: list[Masked] = []
    spans = _spans(view_of_turns(turns))
    at = 0
    for turn in turns:
        end = at + len(turn)
        own = tuple(
            PersonalSpan(start=max(s.start, at) - at, end=min(s.end, end) - at, kind=s.kind)
            for s in spans
            if s.start < end and s.end > at
        )
        out.append(Masked(text=_filled(turn, own), spans=own))
        at = end + 1
    return tuple(out)


def _filled(text: str, spans: Iterable[PersonalSpan]) -> str:
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], span.kind.placeholder]
        at = span.end
    return "".join((*pieces, text[at:]))


def _spans(view: View) -> tuple[PersonalSpan, ...]:
    """What is found in a view, until nothing more is."""
    found: list[PersonalSpan] = []
    for _ in range(_MOST_PASSES):
        pieces, marked = _pass(view)
        if not pieces:
            break
        found += pieces
        view = marked
    return tuple(sorted(found, key=lambda s: s.start))


def _pass(view: View) -> tuple[list[PersonalSpan], View]:
    """One reading: secrets and numbers first, then with marks in their place addresses, names and the rest."""
    spans: list[PersonalSpan] = []
    for finder in (_numbers, find_addresses, find_birth_dates, find_names, find_details):
        found = _apart(finder(view.text))
        spans += [PersonalSpan(**_back(view, piece), kind=piece.kind) for piece in found]
        view = _marked(view, found)
    return spans, view


def _numbers(text: str) -> list[ViewSpan]:
    return [*find_secrets(text), *find_codes(text), *find_numbers(text)]


def _apart(found: Iterable[ViewSpan]) -> list[ViewSpan]:
    """Those that do not overlap, in order: of two that do, the one that begins first, and then the longer."""
    kept: list[ViewSpan] = []
    for piece in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or piece.start >= kept[-1].end:  # of two that overlap the one that begins first
            kept.append(piece)
    return kept


def _back(view: View, piece: ViewSpan) -> dict[str, int]:
    start, end = view.back(piece.start, piece.end)
    return {"start": start, "end": end}


def _marked(view: View, found: Sequence[ViewSpan]) -> View:
    """The view with a mark for each piece; a piece over two turns leaves a mark in each."""
    if not found:
        return view
    pieces: list[str] = []
    origin: list[int] = []
    at = 0
    for piece in found:
        pieces.append(view.text[at : piece.start])
        origin += view.origin[at : piece.start]
        for n in range(view.text.count(TURN, piece.start, piece.end) + 1):
            pieces.append((TURN if n else "") + MARKS[piece.kind])
            origin += [view.origin[piece.start]] * (2 if n else 1)
        at = piece.end
    pieces.append(view.text[at:])
    origin += view.origin[at:]
    return View(text="".join(pieces), origin=origin)
