"""A risk–coverage curve as a small SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from assistant.evaluation.risk import Point

_WIDTH, _HEIGHT = 480, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 36, 48
_STEPS = 5  # lines of the grid on each axis


def curve_svg(points: Sequence[Point], *, title: str) -> str:
    """The image of `points`: coverage to the right from 0 to 1, risk upwards from 0 to a fifth above the highest."""
    top = _scale(max((p.risk for p in points), default=0.0))
    places = [(_x(p.coverage), _y(p.risk, top)) for p in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            'font-family="sans-serif" font-size="12">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            f'<text x="{_WIDTH / 2}" y="22" text-anchor="middle" font-size="14">{escape(title)}</text>',
            *_grid(top),
            f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>',
            *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="#1f5fa8"/>' for x, y in places),
            f'<text x="{_x(0.5):.1f}" y="{_HEIGHT - 10}" text-anchor="middle">覆盖率</text>',
            f'<text x="14" y="{_y(top / 2, top):.1f}" text-anchor="middle" '
            f'transform="rotate(-90 14 {_y(top / 2, top):.1f})">风险率</text>',
            "</svg>",
        )
    )


def _grid(top: float) -> list[str]:
    lines = []
    for step in range(_STEPS + 1):
        share = step / _STEPS
        x, y = _x(share), _y(share * top, top)
        lines += [
            f'<path d="M{x:.1f} {_TOP}V{_HEIGHT - _BOTTOM}M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>',
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{share:.1f}</text>',
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share * top:.2f}</text>',
        ]
    return lines


def _scale(highest: float) -> float:
    """The top of the risk axis: the next fifth, 0.2 at least."""
    return max(1, -int(-highest * 5 // 1)) / 5


def _x(coverage: float) -> float:
    return _LEFT + coverage * (_WIDTH - _LEFT - _RIGHT)


def _y(risk: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - risk / top * (_HEIGHT - _TOP - _BOTTOM)
