"""`assistant index …`: builds the index, proves it whole, switches between its generations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from assistant.serving.terminal.access import note_act
from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.shared import (
    EXIT_FAULT,
    EXIT_PARTIAL,
    AsJson,
    Corpora,
    group,
    note_rejected,
    open_settings,
    say,
    say_json,
)

index_app = group("建立、核验、切换条款索引。")


@index_app.command(name="build", cls=ChineseCommand)
def index_build(
    corpus: Corpora = None,
    force: Annotated[bool, typer.Option("--force", help="即使没有变化也重建，全部重新计算。")] = False,
    as_json: AsJson = False,
) -> None:
    """建立索引；内容没有变化时不重建。"""
    from assistant.serving.terminal.progress import StageProgress
    from assistant.serving.terminal.text import build_dict, build_text

    settings = open_settings()
    with StageProgress() as progress:
        progress("读取文件", 0, 0)
        from assistant.assembly import make_index
        from assistant.corpus.manifest import folders_of

        report, failures = make_index(
            settings, corpus or folders_of(settings.corpus_dir), force=force, progress=progress
        )
    note_rejected(failures)
    if as_json:
        say_json(build_dict(report, failures))
    else:
        say(build_text(report))
    if failures:
        raise typer.Exit(EXIT_PARTIAL)


@index_app.command(name="verify", cls=ChineseCommand)
def index_verify(
    deep: Annotated[
        bool,
        typer.Option("--deep", help="逐字节读遍现用和上一版索引、内置模型，写明哪个文件坏了、还能做什么、该运行什么。"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """核验正在使用的索引是否完好。"""
    if deep:
        _verify_deep(as_json=as_json)
        return
    from assistant.indexing.generations import current_folder
    from assistant.indexing.self_check import verify_generation
    from assistant.serving.terminal.progress import busy
    from assistant.serving.terminal.text import verify_text

    folder = current_folder(open_settings().indexes_dir)
    with busy("正在核验索引……"):
        report = verify_generation(folder)
    if as_json:
        say_json({"ok": report.ok, **asdict(report)})
    else:
        say(verify_text(report))
    if not report.ok:
        raise typer.Exit(EXIT_FAULT)


def _verify_deep(*, as_json: bool) -> None:
    from assistant.serving.deep_look import deep_dict, deep_text, look_deep
    from assistant.serving.render.terminal import terminal_safe
    from assistant.serving.terminal.progress import busy

    settings = open_settings()
    with busy("正在逐字节核验……"):
        report = look_deep(settings)
    if as_json:
        say_json(deep_dict(report))
    else:
        say(terminal_safe(deep_text(report)))
    if not report.ok:
        raise typer.Exit(EXIT_FAULT)


@index_app.command(name="list", cls=ChineseCommand)
def index_list(as_json: AsJson = False) -> None:
    """列出磁盘上的各版索引，* 为正在使用的一版。"""
    from assistant.indexing.generations import list_generations
    from assistant.serving.terminal.text import generation_dict, generations_text

    infos = list_generations(open_settings().indexes_dir)
    if as_json:
        say_json([generation_dict(info) for info in infos])
    else:
        say(generations_text(infos))


@index_app.command(name="rollback", cls=ChineseCommand)
def index_rollback(as_json: AsJson = False) -> None:
    """退回上一版索引；再退一次则恢复。"""
    from assistant.indexing.generations import rollback
    from assistant.serving.terminal.text import generation_dict

    info = rollback(open_settings().indexes_dir)
    note_act("index.rolled-back", generation=info.name)
    if as_json:
        say_json(generation_dict(info))
    else:
        say(f"已退回 {info.name}（{info.documents} 份文件）。正在运行的服务一两秒内自动改用，不需要重启。")
