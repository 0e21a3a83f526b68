"""The statutes that the first `make run` takes in while the server answers."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from assistant.serving.terminal.shared import EXIT_PARTIAL, complain

if TYPE_CHECKING:
    from assistant.serving.beside import Errand
    from assistant.settings import Settings

_KILLED = "被系统终止，可能是内存不足"


def starters_errand(settings: Settings) -> Errand | None:
    """What is left to be done; `None`, after saying why, where nothing is."""
    from assistant.corpus.china_law import STARTERS
    from assistant.corpus.starters import put_off
    from assistant.serving.beside import Errand, of_this_program

    if not settings.starter_laws:
        return None
    if (why := put_off(settings.corpus_dir)) is not None:
        if why:
            complain(why)
        return None
    return Errand(
        command=of_this_program("corpus", "import", "china-law", "--add"),
        begins=(
            f"正在后台收入 {len(STARTERS)} 部常用法律（只在首次，约需几分钟）；这期间可以提问，先只依据已收的文件作答。"
        ),
        ended=lambda code: _ended(settings, code),
        good=frozenset({0, EXIT_PARTIAL}),
    )


def _ended(settings: Settings, code: int) -> str:
    from assistant.corpus.starters import Tried, write_record

    if code == 0:
        return "常用法律已收入，现在起一并检索；清单见 python -m assistant corpus list。"
    if code == EXIT_PARTIAL:
        return "常用法律已部分收入，现在起一并检索；未收入的见上面的说明。"
    if code == -signal.SIGKILL:
        write_record(settings.corpus_dir, Tried.FAILED, _KILLED)
    return "常用法律没有收入，原因见上；已收的文件照常使用。要再试一次，请运行 make laws。"
