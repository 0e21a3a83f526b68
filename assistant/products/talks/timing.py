"""Minutes for slides, whole ones, that sum up to those of the talk."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.products.talks.model import Slide, SlideKind

_WEIGHTS = {
    SlideKind.COVER: 1.0,
    SlideKind.OUTLINE: 1.0,
    SlideKind.BACKGROUND: 1.5,
    SlideKind.POINTS: 1.0,  # and as much for each point on it
    SlideKind.RISKS: 2.0,
    SlideKind.LIMITS: 1.5,
    SlideKind.CARDS: 3.0,
    SlideKind.LOCAL: 0.0,
    SlideKind.SOURCES: 0.5,
}
_SPOKEN = (SlideKind.POINTS, SlideKind.RISKS, SlideKind.LIMITS)


def shared_out(slides: Sequence[Slide], minutes: int) -> list[int]:
    """The minutes of each slide. A slide of clauses, risks or limits has one at least, where there are enough.

    >>> shared_out([Slide(id="a", kind=SlideKind.COVER, title="", minutes=0)], 7)
    [7]
    """
    weights = [_weight(slide) for slide in slides]
    total = sum(weights) or 1.0
    exact = [minutes * weight / total for weight in weights]
    whole = [int(part) for part in exact]
    by_rest = sorted(range(len(slides)), key=lambda n: (-(exact[n] - whole[n]), n))
    for n in by_rest[: minutes - sum(whole)]:
        whole[n] += 1
    for n, slide in enumerate(slides):
        richest = max(range(len(slides)), key=lambda m: (whole[m], -m))
        if slide.kind in _SPOKEN and whole[n] == 0 and whole[richest] > 1:
            whole[richest] -= 1
            whole[n] = 1
    return whole


def _weight(slide: Slide) -> float:
    points = len(slide.points) if slide.kind is SlideKind.POINTS else 0
    return _WEIGHTS[slide.kind] + points
