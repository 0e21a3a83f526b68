"""A route that is on its way out says so with every response, for as long as it is there.

    @app.get("/api/v0/thing", dependencies=[Depends(deprecated(since=..., until=..., instead="/api/v1/thing"))])

`Deprecation` is RFC 9745, `Sunset` RFC 8594. What the times between them are is promised in docs/api.md.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

from fastapi import Response

SHORTEST = timedelta(days=180)


def deprecated(*, since: date, until: date, instead: str) -> Callable[[Response], None]:
    """The dependency of a route that is deprecated `since` a day, gone on the day `until`, and replaced by `instead`.

    Raises:
        ValueError: it would go sooner than is promised.
    """
    if until - since < SHORTEST:
        raise ValueError("a route stays for half a year at least after it was deprecated")
    first, last = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (since, until))
    headers = {
        "Deprecation": f"@{int(first.timestamp())}",
        "Sunset": format_datetime(last, usegmt=True),
        "Link": f'<{instead}>; rel="successor-version"',
    }

    def say(response: Response) -> None:
        response.headers.update(headers)

    return say
