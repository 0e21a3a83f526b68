"""Log lines: JSON for programs, text for people. One record is one line, whatever is in it."""

from __future__ import annotations

import json
import logging
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from assistant.settings import LogFormat, Mode, Settings


def formatter_of(settings: Settings) -> logging.Formatter:
    """What the handler of the whole process writes lines with."""
    as_json = settings.log_format is LogFormat.JSON or (
        settings.log_format is LogFormat.AUTO and settings.mode is Mode.PRODUCTION
    )
    return json_formatter() if as_json else _OneLine("%(asctime)s %(levelname)s %(name)s %(message)s")


def json_formatter() -> logging.Formatter:
    """One JSON object a line: time (UTC), level, logger, event, request_id if any, and what else is told."""
    known: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=known,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _trace_as_text,
            structlog.processors.JSONRenderer(serializer=_dumped),
        ],
    )


def _trace_as_text(_: Any, __: str, event: EventDict) -> EventDict:
    return structlog.processors.format_exc_info(None, "", event)


def _dumped(event: EventDict, **_: Any) -> str:
    text = json.dumps(event, ensure_ascii=False, default=str)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


class _OneLine(logging.Formatter):
    """Text, with what would begin a new line or move a terminal's cursor written out."""

    def format(self, record: logging.LogRecord) -> str:
        record = logging.makeLogRecord({**record.__dict__, "msg": _plain(record.getMessage()), "args": None})
        return super().format(record)


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
