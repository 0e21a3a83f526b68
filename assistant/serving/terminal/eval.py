"""`assistant eval retrieval|score|record|compare|gate|…`: figures of recorded runs and of article retrieval."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.errors import EvaluationError
from assistant.serving.terminal.embedders import embedders
from assistant.serving.terminal.eval_duties import duties
from assistant.serving.terminal.eval_sets import sets_app
from assistant.serving.terminal.eval_suites import attacks, masking
from assistant.serving.terminal.eval_talks import talks
from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.shared import AsJson, open_settings, output, say

if TYPE_CHECKING:
    from assistant.evaluation.bootstrap import Estimate
    from assistant.evaluation.cases import Case
    from assistant.evaluation.compare import Comparison
    from assistant.evaluation.risk import Curve
    from assistant.evaluation.runner import RunLine

_TAG = "puhui"
_LISTED = 12
_BASELINES = Path("eval/baselines")
CasesFile = Annotated[Path, typer.Option("--cases", metavar="文件", help="用例文件（JSONL）。", show_default=False)]
RunFile = Annotated[Path, typer.Argument(metavar="结果", help="eval run 写出的结果，或 TREC run 文件。")]


def add_commands(app: typer.Typer) -> None:
    """Mount the commands beside `eval run`."""
    commands = (retrieval, score, record, compare, gate, embedders, masking, attacks, duties, talks)
    for command in commands:
        app.command(name=command.__name__, cls=ChineseCommand)(command)
    app.add_typer(sets_app, name="sets")


def retrieval(
    articles: Annotated[Path, typer.Option("--articles", metavar="文件", help="条文（JSONL 或其 .gz）。")],
    queries: Annotated[Path, typer.Option("--queries", metavar="文件", help="问题（JSONL）。")],
    out: Annotated[Path, typer.Option("--out", metavar="文件", help="TREC run 写到哪里。")],
    k: Annotated[int, typer.Option("--k", metavar="条数", min=1, max=10_000, help="每问写出的条数。")] = 1000,
    as_json: AsJson = False,
) -> None:
    """在任意一份条文上检索，写出 TREC run；问题带标准答案时给出指标。"""
    from assistant.assembly import build_indexing_embedder
    from assistant.evaluation.article_files import read_articles, read_queries
    from assistant.evaluation.articles import ArticleIndex
    from assistant.evaluation.compare import as_json as plain
    from assistant.evaluation.compare import figures
    from assistant.evaluation.metrics import ARTICLE_MEASURES, measure
    from assistant.evaluation.runner import check_writable
    from assistant.evaluation.trec import write_run_file
    from assistant.serving.terminal.progress import StageProgress

    check_writable(out)
    asked = read_queries(queries)
    embedder = build_indexing_embedder(open_settings())
    rankings: dict[str, list[tuple[str, float]]] = {}
    with StageProgress() as progress:
        index = ArticleIndex.build(read_articles(articles), embedder=embedder, progress=progress)
        vectors = [embedder.embed_queries([query.text])[0] for query in asked]
        start = time.process_time()
        for query, vector in zip(asked, vectors, strict=True):
            rankings[query.query_id] = index.rank(query.text, vector, k)
        beyond = 1000 * (time.process_time() - start) / max(len(asked), 1)
    write_run_file(out, rankings, tag=_TAG)
    qrels = {query.query_id: frozenset(query.gold) for query in asked if query.gold}
    found = figures(measure(rankings, qrels, ARTICLE_MEASURES)) if qrels else {}
    facts = {
        "out": str(out),
        "embedder": embedder.id,
        "lexical_build_s": round(index.timings["lexical_build_s"], 2),
        "embedding_s": round(index.timings["embedding_s"], 1),
        "per_query_beyond_embedding_ms": round(beyond, 2),
        "figures": plain(found),
    }
    output(
        as_json,
        lambda: facts,
        lambda: "\n".join(
            (
                _table(found),
                f"字词索引 {facts['lexical_build_s']} 秒，向量 {facts['embedding_s']} 秒（处理器；已缓存的不重算），"
                f"每问除向量外 {facts['per_query_beyond_embedding_ms']} 毫秒；run 在 {out}，向量模型 {embedder.id}",
            )
        ),
    )


def score(
    run: RunFile,
    cases: CasesFile,
    curve: Annotated[
        Path | None,
        typer.Option("--curve", metavar="文件", help="把风险—覆盖曲线画成 SVG，写到这里。", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """给 eval run 的结果打分：总体与各类别，带 95% 区间；另有按把握值的风险—覆盖表。"""
    from dataclasses import asdict

    from assistant.evaluation.compare import as_json as plain
    from assistant.evaluation.compare import by_category, figures
    from assistant.evaluation.curve_image import curve_svg
    from assistant.evaluation.risk import curve as risk_curve
    from assistant.evaluation.runner import check_writable, read_run, write_lines
    from assistant.evaluation.scoring import given_answers, marks

    if curve is not None:
        check_writable(curve)
    read, lines = _cases(cases), read_run(run)
    marked = marks(read, lines)
    told = risk_curve(given_answers(read, lines))
    if curve is not None:
        write_lines(curve, [curve_svg(told.points, title=f"{run.stem}：风险与覆盖")])
    parts = by_category(marked, {c.id: c.category for c in read}, list(marked))
    output(
        as_json,
        lambda: {
            "all": plain(figures(marked)),
            **{name: plain(found) for name, found in parts.items()},
            "curve": asdict(told),
        },
        lambda: _score_text(read, lines),
    )


def record(
    run: RunFile,
    cases: CasesFile,
    name: Annotated[str, typer.Option("--set", metavar="名称", help="评测集的名称。", show_default=False)],
    folder: Annotated[Path, typer.Option("--folder", metavar="文件夹", help="基线放在哪里。")] = _BASELINES,
) -> None:
    """把 eval run 的结果记为基线：排名留前 20 条，附分数表，每个评测集留最近两个日期。"""
    from datetime import datetime

    from assistant.evaluation.baselines import record as written
    from assistant.evaluation.runner import read_run

    read, lines = _cases(cases), read_run(run)
    target = written(folder, name, datetime.now().astimezone().date(), lines, _score_text(read, lines))
    say(f"已记为基线：{target}。请在其中写 notes.md，写法见 {folder / 'README.md'}。")


def _score_text(cases: Sequence[Case], lines: Sequence[RunLine]) -> str:
    from assistant.evaluation.compare import by_category, figures
    from assistant.evaluation.risk import curve
    from assistant.evaluation.scoring import given_answers, marks

    marked = marks(cases, lines)
    parts = by_category(marked, {c.id: c.category for c in cases}, list(marked))
    return "\n\n".join(
        [
            f"全部\n{_table(figures(marked))}",
            _curve_text(curve(given_answers(cases, lines))),
            *(f"{name}\n{_table(found)}" for name, found in parts.items()),
        ]
    )


def _curve_text(told: Curve) -> str:
    from assistant.evaluation.risk import rows

    left_out = f"；另有 {told.unrated} 条答复没有把握值，未计入" if told.unrated else ""
    if not told.points:
        return f"按把握值：没有带把握值的答复{left_out}"
    shown = [
        f"  把握 ≥{point.confidence:.3f}：{point.answers} 答，覆盖率 {point.coverage:.3f}，风险率 {point.risk:.3f}"
        for point in rows(told.points)
    ]
    area = f"  曲线下面积 AURC {told.area:.4f}，校准误差 ECE（10 档）{told.calibration_error:.4f}"
    return "\n".join([f"按把握值：只给出把握不低于某值的答复时{left_out}", *shown, area])


def compare(
    first: RunFile,
    second: RunFile,
    cases: Annotated[Path | None, typer.Option("--cases", metavar="文件", help="两份结果的用例文件。")] = None,
    qrels: Annotated[Path | None, typer.Option("--qrels", metavar="文件", help="两份 TREC run 的标准答案。")] = None,
    as_json: AsJson = False,
) -> None:
    """逐题比较两份结果：哪些变好，哪些变差，差值带 95% 区间。"""
    from dataclasses import asdict

    from assistant.evaluation.compare import compare as put_together

    if (cases is None) == (qrels is None):
        raise EvaluationError("请给出 --cases（eval run 的结果）或 --qrels（TREC run）其中之一")
    if qrels is not None:
        a, b = (_ranked(run, qrels) for run in (first, second))
    else:
        read = _cases(cases) if cases else ()
        a, b = (_marks(run, read) for run in (first, second))
    found = put_together(a, b)
    output(as_json, lambda: {"measures": [asdict(c) for c in found]}, lambda: "\n".join(map(_difference, found)))


def gate(
    cases: CasesFile,
    baseline: Annotated[Path, typer.Option("--baseline", metavar="文件", help="记录的指标（JSON）。")],
    run: Annotated[Path, typer.Option("--run", metavar="结果", help="eval run 刚写出的结果。")],
    record: Annotated[bool, typer.Option("--record", help="把这次的指标记录下来，不作比较。")] = False,
) -> None:
    """与记录的指标比较，有一项低于记录值减去半个区间就失败。"""
    import json

    from assistant.evaluation.compare import as_json as plain
    from assistant.evaluation.compare import drops, figures, read_recorded
    from assistant.evaluation.runner import write_lines

    found = figures(_marks(run, _cases(cases)))
    if record:
        content = {"cases": cases.name, "figures": plain(found)}
        write_lines(baseline, [json.dumps(content, ensure_ascii=False, indent=2)])
        say(f"已记录 {len(found)} 项指标：{baseline}")
        return
    fallen = drops(found, read_recorded(baseline))
    for drop in fallen:
        say(f"{_label(drop.measure)}：记录 {drop.recorded:.3f}，允许 {drop.allowed:.3f}，现在 {drop.found:.3f}")
    if fallen:
        raise EvaluationError(f"有 {len(fallen)} 项指标下降超出区间")
    say(f"{len(found)} 项指标都没有下降超出区间。")


def _cases(path: Path) -> tuple[Case, ...]:
    from assistant.evaluation.cases import read_cases

    return read_cases(path)


def _marks(run: Path, cases: Sequence[Case]) -> dict[str, dict[str, float]]:
    from assistant.evaluation.runner import read_run
    from assistant.evaluation.scoring import marks

    return marks(cases, read_run(run))


def _ranked(run: Path, qrels: Path) -> dict[str, dict[str, float]]:
    from assistant.evaluation.metrics import ARTICLE_MEASURES, measure
    from assistant.evaluation.trec import read_qrels, read_run_file

    return measure(read_run_file(run).rankings, read_qrels(qrels), ARTICLE_MEASURES)


def _label(measure: str) -> str:
    from assistant.evaluation.scoring import LABELS

    return LABELS.get(measure, measure)


def _table(found: Mapping[str, Estimate]) -> str:
    lines: list[Any] = [
        f"  {_label(name)}：{e.mean:.3f}（{e.low:.3f}–{e.high:.3f}，{e.questions} 题）" for name, e in found.items()
    ]
    return "\n".join(lines) or "  没有标准答案，未计算指标。"


def _difference(found: Comparison) -> str:
    d = found.difference
    sure = "" if d.low <= 0 <= d.high else "，差别可信"
    return (
        f"{_label(found.measure)}：{found.first:.3f} → {found.second:.3f}"
        f"（差 {d.mean:+.3f}，{d.low:+.3f} 至 {d.high:+.3f}{sure}）\n"
        f"  变好 {len(found.up)} 题：{_some(found.up)}\n  变差 {len(found.down)} 题：{_some(found.down)}"
    )


def _some(questions: Sequence[str]) -> str:
    more = f" 等 {len(questions)} 题" if len(questions) > _LISTED else ""
    return ("、".join(questions[:_LISTED]) + more) or "无"
