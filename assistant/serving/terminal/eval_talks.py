"""`assistant eval talks`: drafts of briefs against what they must cover and must not claim."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.serving.terminal.shared import AsJson, Corpora, day, open_settings, output

if TYPE_CHECKING:
    from assistant.evaluation.talks import TalkResult


def talks(
    cases: Annotated[Path, typer.Option("--cases", metavar="文件", help="宣讲任务（JSONL）；写法见 eval/README.md。")],
    edits: Annotated[
        int, typer.Option("--edits", metavar="次数", min=0, max=1000, help="随机改动多少次，看查不查得出。")
    ] = 20,
    corpus: Corpora = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="日期", help="按哪一天有效的文本；默认今天。")] = None,
    as_json: AsJson = False,
) -> None:
    """量一量宣讲材料：该讲的讲了没有、不该说的说了没有、改动查不查得出。"""
    from assistant.assembly import today_in_beijing
    from assistant.evaluation.talks import read_talk_cases, score_talks
    from assistant.products.talks.library import TalkLibrary
    from assistant.serving.terminal.progress import StageProgress
    from assistant.serving.terminal.verify import opened_assistant

    briefs = read_talk_cases(cases)
    assistant = opened_assistant(open_settings(), corpus)
    library = TalkLibrary(assistant=assistant, day=day(as_of, "--as-of") or today_in_beijing())
    with StageProgress() as progress:
        results = score_talks(
            briefs, library, edits=edits, progress=lambda done, total: progress("起草和核对", done, total)
        )
    output(as_json, lambda: [{**asdict(one), "good": one.good} for one in results], lambda: _text(results))


def _text(results: tuple[TalkResult, ...]) -> str:
    lines = [
        f"{one.id} {'通过' if one.good else '未通过'}：{one.statements} 句，{one.clauses} 条"
        + (f"；没有讲到 {'、'.join(one.missed)}" if one.missed else "")
        + (f"；说了不该说的 {'、'.join(one.claimed)}" if one.claimed else "")
        + (f"；未经证实 {one.unproved} 句" if one.unproved else "")
        + (f"；条款里没有的数字 {'、'.join(one.figures)}" if one.figures else "")
        + (f"；没有改动而报了 {one.flagged} 处" if one.flagged else "")
        for one in results
    ]
    total, found = sum(one.edits for one in results), sum(one.found for one in results)
    lines.append(f"共 {len(results)} 个任务，通过 {sum(one.good for one in results)} 个")
    lines.append(
        f"随机改动 {total} 次：查出 {found} 次，其中报为须改正的 {sum(one.faults for one in results)} 次；"
        f"没有登记表时 {sum(one.found_bare for one in results)} 次"
    )
    return "\n".join(lines)
