"""`assistant eval duties`: the duty table against rows written by hand."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.serving.terminal.shared import AsJson, Corpora, note_rejected, open_settings, output

if TYPE_CHECKING:
    from assistant.evaluation.duties import DutyScore

_NOTICE = Path("eval/seen/duties_notice.jsonl")


def duties(
    cases: Annotated[
        Path, typer.Option("--cases", metavar="文件", help="标准答案（JSONL）；写法见 eval/README.md。")
    ] = _NOTICE,
    corpus: Corpora = None,
    quiet: Annotated[bool, typer.Option("--totals", help="只给总分，不列出错在哪里（没看过的评测集用它）。")] = False,
    as_json: AsJson = False,
) -> None:
    """量一量责任清单：找全了没有、主体和强度对不对。"""
    from assistant.assembly import today_in_beijing
    from assistant.corpus.reading import read_corpus
    from assistant.evaluation.duties import read_duty_cases, score_duties

    written = read_duty_cases(cases)
    parsed = read_corpus(corpus or [open_settings().corpus_dir])
    note_rejected(parsed.failures)
    score = score_duties(written, parsed.documents, day=today_in_beijing())
    output(as_json, lambda: _plain(score, quiet), lambda: _text(score, quiet))


def _plain(score: DutyScore, quiet: bool) -> dict[str, object]:
    shares = {name: round(getattr(score, name), 4) for name in ("precision", "recall", "actor", "force")}
    counts = {name: value for name, value in asdict(score).items() if isinstance(value, int) or not quiet}
    return {**shares, **counts}


def _text(score: DutyScore, quiet: bool) -> str:
    lines = [
        f"标准答案 {score.cases} 行，清单 {score.rows} 行，对上 {score.matched} 行",
        f"行 精确率 {score.precision:.3f}，召回率 {score.recall:.3f}；主体 {score.actor:.3f}；强度 {score.force:.3f}",
    ]
    if not quiet:
        lines += [f"漏掉 {name}" for name in score.missed]
        lines += [f"多出 {name}" for name in score.extra]
        lines += [f"主体不对 {name}：{words}" for name, words in score.wrong_actors]
        lines += [f"强度不对 {name}：{words}" for name, words in score.wrong_forces]
    return "\n".join(lines)
