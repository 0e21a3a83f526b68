"""A table written as HTML inside another format, as rows of words."""

from __future__ import annotations

from lxml import etree

from assistant.parsing.formats.html_page import Page
from assistant.parsing.formats.html_walker import Walker
from assistant.parsing.formats.model import Findings


def table_rows(markup: str) -> tuple[tuple[str, ...], ...]:
    """The rows of the first <table> in `markup`; none when it holds no words."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_pis=True)
    root = etree.fromstring(f"<html><body>{markup}</body></html>".encode("utf-8", "replace"), parser)
    body = root.find("body") if root is not None else None
    if body is None:
        return ()
    walker = Walker(Page(body), Findings(), {})
    walker.walk_page()
    rows: list[tuple[str, ...]] = []
    for line in walker.lines:
        rows += line.rows if line.rows is not None else [(line.text.replace("\n", " "),)]
    return tuple(row for row in rows if any(row))
