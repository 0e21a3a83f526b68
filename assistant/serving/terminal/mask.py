"""`assistant mask`: personal data out of a text, or out of a file of texts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from assistant.errors import InputError
from assistant.serving.terminal.shared import AsJson, output, say, say_json

Text = Annotated[str | None, typer.Argument(metavar="文字", help="要遮盖的文字。", show_default=False)]
In = Annotated[
    Path | None,
    typer.Option("--in", metavar="文件", help="JSONL 文件，每行 {id, text}。", show_default=False),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="文件", help="结果写到哪里，每行 {id, masked, spans}。", show_default=False),
]


def mask_command(text: Text = None, source: In = None, out: Out = None, as_json: AsJson = False) -> None:
    """遮盖文字里的个人信息（身份证号、手机号、银行卡号、姓名、住址、密码等）。"""
    if text is not None and source is None and out is None:
        _one(text, as_json)
    elif text is None and source is not None and out is not None:
        _file(source, out, as_json)
    else:
        raise InputError("请给出一段文字，或同时给出 --in 和 --out 两个文件。")


def _one(text: str, as_json: bool) -> None:
    from assistant.safety.personal.batch import spans_of
    from assistant.safety.personal.masking import mask
    from assistant.serving.render.terminal import terminal_safe

    masked = mask(text)
    if as_json:
        say_json({"masked": masked.text, "spans": spans_of(masked)})
    else:
        say(terminal_safe(masked.text))


def _file(source: Path, out: Path, as_json: bool) -> None:
    from assistant.evaluation.runner import check_writable, write_lines
    from assistant.safety.personal.batch import read_texts, written
    from assistant.safety.personal.masking import mask

    lines = read_texts(source)
    check_writable(out)
    done = [(line, mask(line.text)) for line in lines]  # a password is masked as well and stops nothing
    write_lines(out, (written(line, masked) for line, masked in done))
    kinds = Counter(span.kind.words for _, masked in done for span in masked.spans)
    facts = {"out": str(out), "texts": len(lines), "masked": dict(kinds)}
    output(as_json, lambda: facts, lambda: f"已处理 {len(lines)} 条，结果在 {out}；{_counts(kinds)}")


def _counts(kinds: Counter[str]) -> str:
    return "、".join(f"{words} {count} 处" for words, count in kinds.most_common()) or "没有发现个人信息"
