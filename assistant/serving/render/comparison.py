"""A comparison for a terminal, as Markdown, as plain values, and as a file of the kind that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.products.compare.model import Comparison, EditKind, Line
from assistant.products.compare.paper import as_paper
from assistant.products.compare.report import NOTE, UNLIKE, counted, label, listed, marked, named, place, summary
from assistant.products.compare.workbook import as_workbook
from assistant.serving.render.markdown import markdown_escaped
from assistant.serving.render.terminal import terminal_safe

_TAGS = {EditKind.TAKEN: "del", EditKind.PUT: "ins"}


def comparison_markdown(comparison: Comparison) -> str:
    """What differs, a section each; words taken out in <del>, put in in <ins>."""
    blocks = [
        "# 条款对照",
        f"- 旧：{markdown_escaped(named(comparison.before))}\n- 新：{markdown_escaped(named(comparison.after))}",
        summary(comparison),
    ]
    if not comparison.alike:
        blocks.append(f"> {UNLIKE}")
    for line in listed(comparison):
        blocks += [f"## {label(line, alike=comparison.alike)}：{markdown_escaped(place(line))}", _markdown_words(line)]
    return "\n\n".join([*blocks, f"*{NOTE}*"]) + "\n"


def _markdown_words(line: Line) -> str:
    if not line.edits:
        return markdown_escaped(line.one.words).replace("\n", "\n\n")
    return "".join(_tagged(edit.kind, edit.words) for edit in line.edits)


def _tagged(kind: EditKind, words: str) -> str:
    """Each line tagged by itself: a tag does not reach over a blank line."""
    tag = _TAGS.get(kind)
    pieces = (markdown_escaped(piece) for piece in words.split("\n"))
    return "\n\n".join(f"<{tag}>{piece}</{tag}>" if tag and piece else piece for piece in pieces)


def comparison_terminal(comparison: Comparison) -> str:
    """What differs, for a terminal."""
    lines = [f"旧：{named(comparison.before)}", f"新：{named(comparison.after)}", summary(comparison)]
    if not comparison.alike:
        lines.append(UNLIKE)
    for line in listed(comparison):
        lines += ["", f"【{label(line, alike=comparison.alike)}】{place(line)}"]
        lines += [f"  {words}" for words in marked(line).splitlines()]
    return terminal_safe("\n".join(lines))


def comparison_fields(comparison: Comparison) -> dict[str, object]:
    """The same as plain values, for programs."""
    return {
        "before": comparison.before.id,
        "after": comparison.after.id,
        "alike": comparison.alike,
        "counts": {change.value: count for change, count in counted(comparison)},
        "lines": list(map(_line_fields, listed(comparison))),
    }


def _line_fields(line: Line) -> dict[str, object]:
    def side(part: object) -> dict[str, object] | None:
        return None if part is None else {name: getattr(part, name) for name in ("address", "heading", "words")}

    return {
        "change": line.change.value,
        "kind": line.kind.value,
        "before": side(line.before),
        "after": side(line.after),
        "edits": [{"kind": edit.kind.value, "words": edit.words} for edit in line.edits],
    }


FILES: Mapping[str, Callable[[Comparison], bytes]] = {
    "docx": as_paper,
    "xlsx": as_workbook,
    "md": lambda comparison: comparison_markdown(comparison).encode(),
}


def file_name(comparison: Comparison, kind: str) -> str:
    """What the file is called."""
    return f"条款对照_{comparison.before.id}_{comparison.after.id}.{kind}"
