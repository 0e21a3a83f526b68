"""`assistant eval sets list|read`: which evaluation sets may still measure, and who read the others."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import InputError
from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.shared import AsJson, group, output

if TYPE_CHECKING:
    from assistant.evaluation.sets import EvalSet

sets_app = group("评测集：哪些还没有看过，哪些看过、谁在什么时候看的。")
Folder = Annotated[Path, typer.Option("--folder", metavar="文件夹", help="评测集所在的文件夹。")]
_EVAL = Path("eval")
_KINDS = {"questions": "问题", "claims": "说法", "masking": "遮盖", "attacks": "攻击"}


@sets_app.command(name="list", cls=ChineseCommand)
def list_sets(folder: Folder = _EVAL, as_json: AsJson = False) -> None:
    """列出评测集。"""
    from assistant.evaluation.sets import read_register

    sets = read_register(folder)
    output(as_json, lambda: [one.model_dump(mode="json") for one in sets], lambda: "\n".join(map(_line, sets)))


@sets_app.command(name="read", cls=ChineseCommand)
def read_set(
    name: Annotated[str, typer.Argument(metavar="名称", help="评测集的名称，见 eval sets list。")],
    by: Annotated[str, typer.Option("--by", metavar="谁", help="谁要看。", show_default=False)],
    why: Annotated[str, typer.Option("--why", metavar="原因", help="为什么看。", show_default=False)],
    folder: Folder = _EVAL,
    as_json: AsJson = False,
) -> None:
    """要看一个评测集的题目之前运行：记下谁、为什么看，没看过的移到 seen/。"""
    from assistant.evaluation.sets import SetReading, mark_read

    if not by.strip() or not why.strip():
        raise InputError("请写明 --by（谁要看）和 --why（为什么看）。")
    found = mark_read(folder, name, SetReading(on=datetime.now().astimezone().date(), by=by.strip(), why=why.strip()))
    output(
        as_json,
        lambda: found.model_dump(mode="json"),
        lambda: f"已记下。{found.name} 在 {folder / found.file}，从现在起是开发用的评测集。",
    )


def _line(one: EvalSet) -> str:
    last = one.readings[-1] if one.readings else None
    state = f"看过（{last.on}，{last.by}：{last.why}）" if last else "没有看过"
    return f"{one.name}：{_KINDS[one.kind]}，{one.documents}，{state}"
