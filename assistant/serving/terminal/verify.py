"""`assistant verify`: a text, or a file of claims, held against the clauses it cites."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.errors import InputError
from assistant.serving.terminal.shared import (
    EXIT_PARTIAL,
    AsJson,
    Corpora,
    day,
    note_rejected,
    open_settings,
    output,
    say,
    say_json,
)

if TYPE_CHECKING:
    from datetime import date

    from assistant.evaluation.generated_claims.report import ProofReport
    from assistant.pipeline import PolicyAssistant
    from assistant.settings import Settings

_FILES = (".txt", ".md", ".docx")
_STDIN = "-"

Text = Annotated[
    str | None,
    typer.Argument(
        metavar="文字或文件",
        help="要核对的文字；.txt、.md、.docx 文件的路径；或 - 表示从标准输入读。",
        show_default=False,
    ),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="日期", help="按哪一天有效的文本核对，例如 2024-06-30；默认今天。")
]


def verify(
    text: Text = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    claims: Annotated[Path | None, typer.Option("--claims", metavar="文件", help="逐条核对的说法（JSONL）。")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="文件", help="结果写到哪里（JSONL）。")] = None,
    corpus: Corpora = None,
) -> None:
    """核对一段文字：逐句看所引条款存不存在、是不是这样规定的。"""
    when = day(as_of, "--as-of")
    if (claims is None) == (text is None):
        raise InputError("请给出要核对的文字或文件，或用 --claims 给出说法文件，二者取其一。")
    if claims is None:
        if out is not None:
            raise InputError("--out 只与 --claims 一起用；核对文字的结果写在标准输出。")
        _text(text or "", corpus, when, as_json)
    elif out is None:
        raise InputError("请用 --out 指明结果写到哪里。")
    else:
        _claims(claims, out, corpus, when, as_json)


def _text(given: str, corpus: list[Path] | None, when: date | None, as_json: bool) -> None:
    from assistant.proof.verifier import all_proved
    from assistant.safety.input_gate import clean_text
    from assistant.serving.render.fields import as_fields, checked_body
    from assistant.serving.render.terminal import checked_terminal

    words = clean_text(_words(given))  # before the index is opened: a bad text is told at once
    checked = _opened(open_settings(), corpus).verify(words, as_of=when)
    if as_json:
        say_json([as_fields(checked_body(one)) for one in checked])
    else:
        say(checked_terminal(checked))
    if not all_proved(checked):
        raise typer.Exit(EXIT_PARTIAL)


def _words(given: str) -> str:
    """The text itself: typed, from standard input, or out of a file."""
    if given == _STDIN:
        return sys.stdin.read()
    if given.lower().endswith(_FILES) and "\n" not in given:
        from assistant.errors import SourceError
        from assistant.parsing.readers import read_source

        try:
            return read_source(Path(given)).text
        except SourceError as exc:
            raise InputError(f"文件无法读取：{exc.message}") from exc
    return given


def _claims(claims: Path, out: Path, corpus: list[Path] | None, when: date | None, as_json: bool) -> None:
    from assistant.evaluation.claims import check_claims, read_claims, write_verdicts
    from assistant.evaluation.runner import check_writable
    from assistant.schema.answer import Verdict
    from assistant.serving.terminal.progress import StageProgress

    lines = read_claims(claims)
    if when is not None:
        lines = tuple(line if line.as_of else line.model_copy(update={"as_of": when}) for line in lines)
    check_writable(out)
    verifier = _opened(open_settings(), corpus).verifier
    with StageProgress() as progress:
        verdicts = check_claims(lines, verifier, progress=lambda done, total: progress("核对说法", done, total))
    write_verdicts(out, verdicts)
    counts = {v.value: sum(line.verdict is v for line in verdicts) for v in Verdict}
    facts: dict[str, Any] = {"out": str(out), "claims": len(verdicts), "verdicts": counts}
    shown = "，".join(f"{name} {count}" for name, count in counts.items() if count)
    output(as_json, lambda: facts, lambda: f"已核对 {len(verdicts)} 条：{shown}；结果在 {out}")


def _opened(settings: Settings, corpus: list[Path] | None) -> PolicyAssistant:
    """The assistant over the served index, or over one of `corpus` in the scratch folder."""
    from assistant.assembly import build_assistant, make_index

    if not corpus:
        return build_assistant(settings)
    from assistant.serving.terminal.progress import StageProgress
    from assistant.serving.terminal.shared import scratch_folder

    scratch = scratch_folder(settings, corpus)
    with StageProgress() as progress:
        _, failures = make_index(settings, corpus, indexes_dir=scratch, progress=progress)
    note_rejected(failures)
    return build_assistant(settings, indexes_dir=scratch)


def proof(
    out: Annotated[Path, typer.Option("--out", metavar="文件", help="报告写到哪里（JSON）。", show_default=False)],
    corpus: Corpora = None,
    as_json: AsJson = False,
) -> None:
    """由库中条款生成真假说法，量一量核对能分清多少：各类改动的检出率、真话的误报率。"""
    import json

    from assistant.evaluation.generated_claims.report import proof_report, report_fields
    from assistant.evaluation.runner import check_writable, write_lines
    from assistant.serving.terminal.progress import StageProgress

    check_writable(out)
    assistant = _opened(open_settings(), corpus)
    documents = [assistant.document(meta.id) for meta in assistant.documents()]
    with StageProgress() as progress:
        reports = proof_report(
            documents, assistant.verifier, progress=lambda done, total: progress("核对生成的说法", done, total)
        )
    fields = {"fingerprint": assistant.generation, **{name: report_fields(r) for name, r in reports.items()}}
    write_lines(out, [json.dumps(fields, ensure_ascii=False, indent=2)])
    output(as_json, lambda: fields, lambda: "\n\n".join(_report_text(n, r) for n, r in reports.items()))


_HALVES = {"all": "全部文件", "tuned": "调规则时看过的一半文件", "held": "另一半文件"}


def _report_text(name: str, report: ProofReport) -> str:
    lines = [_HALVES[name]]
    for caption, rates in (("检出", report.detected), ("误报", report.false_alarms)):
        lines += [
            f"  {caption} {kind}：{r.hits}/{r.of} = {r.share:.4f}（{r.low:.4f}–{r.high:.4f}）"
            for kind, r in rates.items()
        ]
    return "\n".join(lines)
