"""JSON in the lines of a stream, as every reader of lines takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sse_starlette import ServerSentEvent

# Some clients, httpx among them, end a line at these as well. JSON has them only within strings.
_LINE_ENDS = str.maketrans({end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"})


def one_line(data: str) -> str:
    """The same JSON, with nothing in it that anybody takes for the end of a line."""
    return data.translate(_LINE_ENDS)


def event(data: Mapping[str, Any], name: str | None = None) -> ServerSentEvent:
    """One event of a stream."""
    return ServerSentEvent(data=one_line(json.dumps(data, ensure_ascii=False)), event=name)
