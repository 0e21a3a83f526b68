"""Our own pages from templates. Jinja escapes every value, and nothing is ever marked as safe: one place to escape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from assistant.serving.render.links import anchor, reading_path
from assistant.serving.render.managing import moment
from assistant.serving.render.words import DEVELOPMENT, titled

STATIC = {"pages.css": "text/css", "pages.js": "text/javascript"}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("assistant.serving.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["titled"] = titled
    environment.filters["anchor"] = anchor
    environment.filters["moment"] = moment
    environment.filters["groupby_run"] = _batches
    environment.globals.update(
        reading_path=reading_path,
        asked=_asked,
        quoted=lambda words: quote(words, safe=""),
        development_words=DEVELOPMENT,
    )
    return environment


def page_html(name: str, **values: Any) -> str:
    """The page of a template."""
    return _environment().get_template(f"{name}.html").render(**values)


def static_file(name: str) -> bytes:
    """A style sheet or script of ours."""
    return (files("assistant.serving.render") / "static" / name).read_bytes()


@lru_cache(maxsize=1)
def static_version() -> str:
    """Changes whenever one of these files does, so that no browser shows a page with an old one."""
    return sha256(b"".join(map(static_file, STATIC))).hexdigest()[:10]


def _batches(rows: Sequence[Any], name_of: Callable[[Any], str] | None) -> list[dict[str, Any]]:
    """Rows of one name that follow each other, under it; all of them without one when nothing names them."""
    if name_of is None:
        return [{"name": "", "rows": list(rows)}] if rows else []
    return [{"name": name, "rows": list(batch)} for name, batch in groupby(rows, key=name_of)]


def _asked(**fields: object) -> str:
    """`?a=…&b=…` of what is not empty.

    >>> _asked(a="x", b="", c=2)
    '?a=x&c=2'
    """
    said = urlencode([(name, str(value)) for name, value in fields.items() if value not in (None, "", False)])
    return f"?{said}" if said else ""
