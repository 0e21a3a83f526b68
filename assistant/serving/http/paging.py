"""Lists in pages: a cursor says behind what the next page begins, and is nothing that a client need read."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from assistant.errors import InputError

T = TypeVar("T")
MOST = 100
Cursor = Annotated[
    str | None,
    Query(
        max_length=2000,
        description="上一页回应里的 next，原样带回；不填从头开始。",
    ),
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="每页最多几项，1 至 100。", examples=[20])]
_ID = re.compile(r"[^\x00-\x1f\ud800-\udfff]{1,500}")
_MOST_NUMBER = 2**53


def cursor_of(place: Sequence[int | str]) -> str:
    """A place in a list as a cursor."""
    said = json.dumps(list(place), ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


def numbered_place(cursor: str | None) -> tuple[int, str] | None:
    """The place of a list that is ordered by a number and an id.

    Raises:
        InputError: no page of ours gave that cursor.
    """
    match _read(cursor):
        case None:
            return None
        case [int(number), str(name)] if 0 <= number < _MOST_NUMBER and _ID.fullmatch(name):
            return number, name
        case _:
            raise bad_cursor()


def number_place(cursor: str | None) -> int | None:
    """The place of a list that is ordered by a number."""
    match _read(cursor):
        case None:
            return None
        case [int(number)] if 0 <= number < _MOST_NUMBER:
            return number
        case _:
            raise bad_cursor()


def named_place(cursor: str | None) -> str | None:
    """The place of a list that is ordered by ids."""
    match _read(cursor):
        case None:
            return None
        case [str(name)] if _ID.fullmatch(name):
            return name
        case _:
            raise bad_cursor()


def page(found: Sequence[T], limit: int, place: Callable[[T], Sequence[int | str]]) -> tuple[Sequence[T], str | None]:
    """One page of what was found, of which there is one more than fits if there is a next page; and its cursor."""
    if len(found) <= limit:
        return found, None
    return found[:limit], cursor_of(place(found[limit - 1]))


def _read(cursor: str | None) -> list[object] | None:
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        said = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as exc:
        raise bad_cursor() from exc
    if not isinstance(said, list) or any(type(one) not in (int, str) for one in said):
        raise bad_cursor()
    return said


def bad_cursor() -> InputError:
    """What a cursor is answered with that is none of ours, or whose place is gone."""
    return InputError("cursor 不是上一页给出的，请原样带回 next，或不填从头开始。", code="bad_cursor")
