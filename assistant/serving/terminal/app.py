"""The command line: reads arguments, calls the assistant, prints.

Results go to standard output, everything else to standard error. Exit codes: 0 done; 2 what was
typed or set cannot be used; 3 done, but some files or questions were rejected; 1 anything else.

Heavy modules are imported inside the commands, so that help comes at once.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant import __version__
from assistant.errors import AssistantError, InputError, SettingsError
from assistant.schema.document import LegalLevel
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters
from assistant.serving.offline import go_offline
from assistant.serving.terminal.access import embeds_app, keys_app, records_app, users_app
from assistant.serving.terminal.audit import audit_app
from assistant.serving.terminal.backup import backup, restore
from assistant.serving.terminal.compare import compare_command
from assistant.serving.terminal.corpus import corpus_app
from assistant.serving.terminal.curation import gaps_app, gold_app
from assistant.serving.terminal.duties import duties
from assistant.serving.terminal.eval import add_commands
from assistant.serving.terminal.help import ChineseCommand, complaint
from assistant.serving.terminal.index import index_app
from assistant.serving.terminal.mask import mask_command
from assistant.serving.terminal.mcp import mcp_command
from assistant.serving.terminal.model import model_app
from assistant.serving.terminal.shared import (
    EXIT_FAULT,
    EXIT_INPUT,
    EXIT_INTERRUPTED,
    EXIT_PARTIAL,
    AsJson,
    Corpora,
    complain,
    day,
    group,
    note_rejected,
    open_settings,
    output,
    say,
    say_json,
    scratch_folder,
)
from assistant.serving.terminal.talks import talk_app
from assistant.serving.terminal.train import train_app
from assistant.serving.terminal.verify import proof, verify

if TYPE_CHECKING:
    from assistant.evaluation.runner import RunSummary
    from assistant.pipeline import PolicyAssistant
    from assistant.schema.answer import Answer
    from assistant.schema.retrieval import Turn
    from assistant.settings import Settings

_KEPT_TURNS = 20  # of a conversation in the terminal
_LEAVE, _FRESH = {"/exit", "/quit", "/退出"}, {"/new", "/新对话"}
_PROMPT = "您的问题> "


app = group("普惠政策助手：回答政策问题，每句话附条款出处。")
eval_app = group("用带标准答案的用例评测。")
app.add_typer(index_app, name="index")
app.add_typer(eval_app, name="eval")
add_commands(eval_app)
app.add_typer(corpus_app, name="corpus")
app.add_typer(model_app, name="model")
app.add_typer(train_app, name="train")
app.add_typer(talk_app, name="talk")
_MANAGING = {"keys": keys_app, "users": users_app, "embeds": embeds_app, "records": records_app, "audit": audit_app}
for _name, _group in _MANAGING.items():
    app.add_typer(_group, name=_name)
app.add_typer(gaps_app, name="gaps")
app.add_typer(gold_app, name="gold")
app.command(name="verify", cls=ChineseCommand)(verify)
eval_app.command(name="proof", cls=ChineseCommand)(proof)
app.command(name="mask", cls=ChineseCommand)(mask_command)
app.command(name="duties", cls=ChineseCommand)(duties)
app.command(name="compare", cls=ChineseCommand)(compare_command)
app.command(name="mcp", cls=ChineseCommand)(mcp_command)
app.command(name="backup", cls=ChineseCommand)(backup)
app.command(name="restore", cls=ChineseCommand)(restore)

Question = Annotated[str, typer.Argument(metavar="问题", help="要问的问题，最多 2000 字。", show_default=False)]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="日期", help="问的是哪一天的规定，例如 2024-06-30；默认今天。")
]
Docs = Annotated[
    list[str] | None, typer.Option("--doc", metavar="编号", help="只在这份文件内查找；可多次给出。", show_default=False)
]
Kinds = Annotated[
    list[LegalLevel] | None,
    typer.Option(
        "--kind",
        metavar="级别",
        help="只依据这一效力级别：" + "、".join(LegalLevel) + "；可多次给出。",
        show_default=False,
    ),
]
Region = Annotated[
    str | None, typer.Option("--region", metavar="地区", help="适用的地区，例如 陕西。", show_default=False)
]
Institution = Annotated[
    str | None, typer.Option("--institution", metavar="机构", help="只看写到这类机构的条款。", show_default=False)
]
NoLlm = Annotated[bool, typer.Option("--no-llm", help="不使用语言模型，只摘录条款原句。")]


def main() -> None:
    """Run the command line and leave with its exit code."""
    go_offline()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a character shows ? and no traceback
            stream.reconfigure(errors="replace")
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(prog_name="assistant", standalone_mode=False)
    except AssistantError as exc:
        complain(exc.message)
        return _exit_code(exc)
    except typer.TyperException as exc:
        if words := complaint(exc):
            complain(words)
        return EXIT_INPUT
    except (typer.Abort, KeyboardInterrupt):
        code = EXIT_INTERRUPTED
    if code == EXIT_INTERRUPTED:
        complain("已中断。")
    return code if isinstance(code, int) else 0


def _exit_code(exc: AssistantError) -> int:
    return EXIT_INPUT if isinstance(exc, InputError | SettingsError) else EXIT_FAULT


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[PolicyAssistant]:
    from assistant.serving.terminal.progress import busy

    with busy("正在打开条款索引并载入模型……"):
        from assistant.assembly import build_assistant

        assistant = build_assistant(settings)
    yield assistant


def _version(wanted: bool) -> None:
    if wanted:
        say(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="显示版本号后退出。", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """普惠政策助手：回答政策问题，每句话附条款出处。"""


# --- questions ----------------------------------------------------------------------------------


@app.command(cls=ChineseCommand)
def ask(
    question: Question,
    as_json: AsJson = False,
    doc: Docs = None,
    kind: Kinds = None,
    region: Region = None,
    institution: Institution = None,
    as_of: AsOf = None,
    no_llm: NoLlm = False,
    plain: Annotated[bool, typer.Option("--plain", help="另给逐句核对过的口语版；需要语言模型。")] = False,
) -> None:
    """问一个问题，得到附条款出处的答复。"""
    from assistant.safety.personal.screening import screen
    from assistant.serving.render.fields import answer_body, as_fields
    from assistant.serving.render.terminal import answer_terminal
    from assistant.serving.terminal.progress import busy

    filters = _chosen(doc, kind, region, institution, as_of)
    screen(question)  # before the index is opened: a bad question is told at once
    with _opened(open_settings()) as assistant:
        with busy("正在查找条款……"):
            held = _held(filters, assistant)
            answer = assistant.ask(Inquiry(question=question, filters=held, use_llm=not no_llm, plain=plain))
        if as_json:
            say_json(as_fields(answer_body(answer)))
        else:
            say(answer_terminal(answer))


def _chosen(
    doc: list[str] | None,
    kind: list[LegalLevel] | None,
    region: str | None,
    institution: str | None,
    as_of: str | None,
) -> Filters:
    return Filters(
        document_ids=frozenset(doc) if doc else None,
        levels=frozenset(kind) if kind else None,
        region=region,
        institution=institution,
        as_of=day(as_of, "--as-of"),
    )


def _held(filters: Filters, assistant: PolicyAssistant) -> Filters:
    """`filters`, when the library holds the documents chosen.

    Raises:
        InputError: it does not.
    """
    if filters.document_ids is not None and not filters.document_ids <= {m.id for m in assistant.documents()}:
        raise InputError("--doc 指定的文件不在库中，请用 python -m assistant corpus list 查看文件编号。")
    return filters


@app.command(cls=ChineseCommand)
def chat(no_llm: NoLlm = False) -> None:
    """连续提问，追问时会联系上文。"""
    from assistant.schema.retrieval import Turn
    from assistant.serving.render.terminal import answer_terminal

    with _opened(open_settings()) as assistant:
        if sys.stdin.isatty():
            say(f"收录 {len(assistant.documents())} 份文件。输入问题后回车；/new 开始新对话，/exit 退出。")
        history: list[Turn] = []
        for line in _typed_lines():
            if line in _LEAVE:
                break
            if line in _FRESH:
                history.clear()
                say("已开始新对话。")
                continue
            answer = _turn(assistant, line, history, use_llm=not no_llm)
            if answer is not None:
                say(f"{answer_terminal(answer)}\n")
                asked = Turn(role="user", content=answer.question, documents=answer.documents)
                history += [asked, Turn(role="assistant", content=answer.text)]
                del history[:-_KEPT_TURNS]


def _typed_lines() -> Iterator[str]:
    """What is typed, line by line, until the end of input; blank lines are passed over."""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="surrogateescape")  # broken bytes are refused as a question, one line at a time
    prompt = ""
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - makes input() editable
        prompt = _PROMPT
    while True:
        try:
            line = input(prompt).strip()
        except EOFError:
            return
        if line:
            yield line


def _turn(assistant: PolicyAssistant, question: str, history: Sequence[Turn], *, use_llm: bool) -> Answer | None:
    """The answer, or `None` after saying why this question cannot be used."""
    from assistant.serving.terminal.progress import busy

    try:
        with busy("正在查找条款……"):
            return assistant.ask(Inquiry(question=question, history=tuple(history), use_llm=use_llm))
    except InputError as exc:
        complain(exc.message)
        return None


@app.command(cls=ChineseCommand)
def search(
    question: Question,
    limit: Annotated[int, typer.Option("--limit", metavar="条数", min=1, max=1000, help="最多列出几条。")] = 10,
    as_json: AsJson = False,
    doc: Docs = None,
    kind: Kinds = None,
    region: Region = None,
    institution: Institution = None,
    as_of: AsOf = None,
) -> None:
    """只查找相近的条款，不作答复。"""
    from assistant.safety.personal.screening import screen
    from assistant.serving.render.fields import as_fields, hit_body
    from assistant.serving.terminal.text import hits_text

    filters = _chosen(doc, kind, region, institution, as_of)
    screen(question)
    with _opened(open_settings()) as assistant:
        found = assistant.search(Inquiry(question=question, filters=_held(filters, assistant)), limit=limit)
        hits = [hit_body(hit, assistant.document(hit.chunk_id.rpartition("#")[0])) for hit in found.ranking[:limit]]
    if as_json:
        say_json(
            {"query": found.query.standalone, "degraded": list(found.degraded), "hits": list(map(as_fields, hits))}
        )
    else:
        say(hits_text(hits))


# --- server and evaluation ----------------------------------------------------------------------


@app.command(cls=ChineseCommand)
def serve(
    host: Annotated[
        str | None, typer.Option("--host", metavar="地址", help="默认 127.0.0.1，只对本机开放。", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="端口", min=0, max=65535, help="默认 7860；0 为任一空闲端口。", show_default=False
        ),
    ] = None,
    starters: Annotated[
        bool, typer.Option("--starters", help="还没有收入过常用法律时，启动后在后台收入（make run 用）。")
    ] = False,
) -> None:
    """启动网页和接口服务。"""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = open_settings(**given)
    from assistant.serving.server import run_server
    from assistant.serving.terminal.starters import starters_errand

    run_server(settings, errand=starters_errand(settings) if starters else None)


@eval_app.command(name="run", cls=ChineseCommand)
def eval_run(
    cases: Annotated[Path, typer.Option("--cases", metavar="文件", help="用例文件（JSONL）。", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="文件", help="结果写到哪里（JSONL）。", show_default=False)],
    corpus: Corpora = None,
    no_llm: NoLlm = False,
    as_json: AsJson = False,
) -> None:
    """逐条回答用例，把结果写成 JSONL。"""
    from assistant.evaluation.cases import read_cases
    from assistant.evaluation.runner import check_writable, run_cases, summarize, write_run
    from assistant.serving.terminal.progress import StageProgress

    settings = open_settings()
    questions = read_cases(cases)
    check_writable(out)
    corpora = corpus or [settings.corpus_dir]
    scratch = scratch_folder(settings, corpora)
    with StageProgress() as progress:
        progress("读取文件", 0, 0)
        from assistant.assembly import build_assistant, make_index

        report, failures = make_index(settings, corpora, indexes_dir=scratch, progress=progress)
        note_rejected(failures)
        assistant = build_assistant(settings, indexes_dir=scratch)
        lines = run_cases(
            assistant, questions, use_llm=not no_llm, progress=lambda done, total: progress("回答用例", done, total)
        )
    write_run(out, lines)
    summary = summarize(lines)
    facts = {
        "out": str(out),
        "fingerprint": report.fingerprint,
        "embedder": assistant.embedder_id,
        "llm": None if no_llm else assistant.llm_id,
        "documents": report.documents,
        "rejected_files": [str(failure.path) for failure in failures],
        **asdict(summary),
    }
    output(as_json, lambda: facts, lambda: _summary_text(summary, facts))
    if failures or summary.unusable:
        raise typer.Exit(EXIT_PARTIAL)


def _summary_text(summary: RunSummary, facts: dict[str, Any]) -> str:
    unusable = f"，{summary.unusable} 条问题无法使用" if summary.unusable else ""
    return (
        f"已回答 {summary.cases} 条用例，其中 {summary.refused} 条答“未载明”{unusable}；结果在 {facts['out']}\n"
        f"每问用时（毫秒）：中位数 {summary.latency_ms.p50:.0f}，95 分位 {summary.latency_ms.p95:.0f}；"
        f"处理器 {summary.cpu_ms.p50:.0f} / {summary.cpu_ms.p95:.0f}\n"
        f"索引 {facts['fingerprint'][:16]}（{facts['documents']} 份文件），向量模型 {facts['embedder']}，"
        f"语言模型 {facts['llm'] or '无'}"
    )
