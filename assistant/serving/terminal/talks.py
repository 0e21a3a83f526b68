"""`assistant talk draft|export|check`: a talk pack drafted, edited as a file, exported, and proved once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import InputError, ModelError
from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.shared import (
    EXIT_PARTIAL,
    AsJson,
    Corpora,
    complain,
    day,
    group,
    open_settings,
    output,
)

if TYPE_CHECKING:
    from assistant.pipeline import PolicyAssistant
    from assistant.products.talks.findings import Finding, PackCheck
    from assistant.products.talks.library import TalkLibrary
    from assistant.products.talks.model import Proved, Talk
    from assistant.products.talks.proving import Prover
    from assistant.products.talks.register import Register
    from assistant.settings import Settings

talk_app = group("宣讲材料：起草、导出、再核对。每句话都有条款出处。")
_REGISTER = ".register.json"
_UNPROVED = "用 --mark-unproved 可以照样导出，并在句后标明“未经条款核对”"

AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="日期", help="按哪一天有效的文本，例如 2024-06-30；默认今天。")
]
Draft = Annotated[Path, typer.Argument(metavar="草稿", help="assistant talk draft 写出的文件（YAML 或 JSON）。")]
Given = Annotated[Path, typer.Argument(metavar="文件", help="导出的 .pptx 或 .docx，改动过的也可以。")]


@talk_app.command(name="draft", cls=ChineseCommand)
def draft(
    audience: Annotated[str, typer.Option("--audience", metavar="听众", help="讲给谁听，例如 餐饮个体工商户。")],
    topic: Annotated[str, typer.Option("--topic", metavar="主题", help="讲什么，例如 信用贷款与反诈。")],
    minutes: Annotated[int, typer.Option("--minutes", metavar="分钟", help="讲多久。")] = 20,
    doc: Annotated[
        list[str] | None, typer.Option("--doc", metavar="编号", help="只依据这份文件，可多次给出。", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="文件", help="草稿写到哪里（.yaml 或 .json）；默认写到屏幕。")
    ] = None,
    as_of: AsOf = None,
    no_llm: Annotated[bool, typer.Option("--no-llm", help="设置了语言模型也不用它改写。")] = False,
    corpus: Corpora = None,
    as_json: AsJson = False,
) -> None:
    """起草：听众 × 主题 × 时长 → 提纲、要点、讲稿、问答卡，逐句带条款。"""
    from assistant.products.talks.choosing import Brief
    from assistant.products.talks.draft import draft_talk
    from assistant.products.talks.drafts import fields_of, json_of, yaml_of

    assistant, library, prover = _opened(corpus, as_of, doc)
    talk = draft_talk(Brief(audience=audience, topic=topic, minutes=minutes), library, prover)
    if not no_llm:
        talk = _reworded(talk, assistant, prover)
    if out is None:
        output(as_json, lambda: fields_of(talk), lambda: yaml_of(talk))
        return
    _put({out: (json_of(talk) if out.suffix == ".json" else yaml_of(talk)).encode()})
    output(as_json, lambda: {"out": str(out), **_counts(talk)}, lambda: _drafted_text(out, talk))


@talk_app.command(name="export", cls=ChineseCommand)
def export(
    draft: Draft,
    pptx: Annotated[bool, typer.Option("--pptx", help="写出幻灯片。")] = False,
    docx: Annotated[bool, typer.Option("--docx", help="写出讲义。")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="路径", help="文件名（不带后缀）；默认与草稿同名。", show_default=False),
    ] = None,
    mark_unproved: Annotated[
        bool, typer.Option("--mark-unproved", help="没有通过核对的句子照样导出，句后标明。")
    ] = False,
    as_of: AsOf = None,
    corpus: Corpora = None,
    as_json: AsJson = False,
) -> None:
    """导出：逐句再核对一遍，写出 PPTX、DOCX 和登记表；都不选时两样都写。"""
    from assistant.products.talks.drafts import read_draft
    from assistant.products.talks.export import pack_of
    from assistant.products.talks.proving import prove_talk

    talk = read_draft(_bytes(draft))
    _, _, prover = _opened(corpus, as_of, None)
    proved = prove_talk(talk, prover)
    if proved.unproved and not mark_unproved:
        raise InputError(
            f"有 {len(proved.unproved)} 处没有通过核对，没有导出：{_named(proved)}。请改好，或{_UNPROVED}。"
        )
    pack = pack_of(proved, base=open_settings().public_url)
    stem = out or draft.with_suffix("")
    both = not pptx and not docx
    files = {_beside(stem, _REGISTER): pack.register.encode()}
    if pptx or both:
        files[_beside(stem, ".pptx")] = pack.pptx
    if docx or both:
        files[_beside(stem, ".docx")] = pack.docx
    _keep(proved, [path.name for path in files])
    _put(files)
    output(
        as_json,
        lambda: {"files": list(map(str, files)), "unproved": [name for name, _ in proved.unproved], **_counts(talk)},
        lambda: _exported_text(list(files), proved),
    )
    if proved.unproved:
        raise typer.Exit(EXIT_PARTIAL)


@talk_app.command(name="check", cls=ChineseCommand)
def check(
    file: Given,
    register: Annotated[
        Path | None,
        typer.Option(
            "--register", metavar="文件", help="登记表；默认用旁边同名的，没有再用文件里的。", show_default=False
        ),
    ] = None,
    as_of: AsOf = None,
    corpus: Corpora = None,
    as_json: AsJson = False,
) -> None:
    """再核对：改动过的句子、被删的出处、变了的条款、失效的文件，逐处列出。"""
    from assistant.products.talks.checking import check_pack
    from assistant.products.talks.reading import read_back

    given = read_back(_bytes(file), file.suffix.lower())
    _, _, prover = _opened(corpus, as_of, None)
    checked = check_pack(given, _register(file, register, given.register), prover)
    output(as_json, lambda: _check_fields(checked), lambda: _check_text(checked))
    if checked.faults:
        raise typer.Exit(EXIT_PARTIAL)


# --- parts --------------------------------------------------------------------------------------


def _opened(
    corpus: list[Path] | None, as_of: str | None, doc: list[str] | None
) -> tuple[PolicyAssistant, TalkLibrary, Prover]:
    """The assistant, and the library as this process may see it."""
    from assistant.assembly import today_in_beijing
    from assistant.products.talks.library import TalkLibrary
    from assistant.products.talks.proving import Prover
    from assistant.serving.terminal.verify import opened_assistant

    settings: Settings = open_settings()
    when = day(as_of, "--as-of") or today_in_beijing()
    assistant = opened_assistant(settings, corpus)
    chosen = frozenset(doc) if doc else None
    library = TalkLibrary(assistant=assistant, day=when, chosen=chosen)
    if chosen and not chosen <= {meta.id for meta in library.documents()}:
        raise InputError("--doc 指定的文件不在库中，请用 python -m assistant corpus list 查看文件编号。")
    return assistant, library, Prover(library.documents(), library.load, day=when)


def _reworded(talk: Talk, assistant: PolicyAssistant, prover: Prover) -> Talk:
    """The talk in plain words where a model is set; what fails leaves it as it was."""
    from assistant.products.talks.draft import in_plain_words

    if assistant.plain_writer is None:
        return talk
    try:
        return in_plain_words(talk, assistant.plain_writer, prover)
    except ModelError as error:
        complain(f"语言模型没有改写成，说法保留原样：{error.message}")
        return talk


def _register(file: Path, named: Path | None, inside: str | None) -> Register | None:
    """The register that was named, else the one beside the file, else the one inside it."""
    from assistant.products.talks.register import read_register

    beside = file.with_name(f"{file.stem}{_REGISTER}")
    if named is not None:
        return read_register(_bytes(named))
    if beside.exists():
        return read_register(_bytes(beside))
    return read_register(inside) if inside is not None else None


def _keep(proved: Proved, names: list[str]) -> None:
    """Keep what is exported, where records are kept: in production mode."""
    from assistant.serving.exported_talks import KINDS, keep_export
    from assistant.serving.terminal.access import opened_registry, who_runs_this
    from assistant.settings import Mode

    if open_settings().mode is Mode.PRODUCTION:
        with opened_registry() as registry:
            for kind in sorted(kind for kind in KINDS if any(name.endswith(kind) for name in names)):
                keep_export(registry, who_runs_this(), proved, kind)


def _beside(stem: Path, suffix: str) -> Path:
    return stem.with_name(f"{stem.name}{suffix}")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise InputError(f"文件 {path} 无法读取，请检查路径和权限。") from exc


def _put(files: dict[Path, bytes]) -> None:
    """Writes files, each of them whole or not at all."""
    for path, content in files.items():
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_bytes(content)
            part.replace(path)
        except OSError as exc:
            part.unlink(missing_ok=True)
            raise InputError(f"文件无法写入 {path}，请检查路径、目录权限和磁盘空间。") from exc


# --- words --------------------------------------------------------------------------------------


def _counts(talk: Talk) -> dict[str, object]:
    points = list(talk.points())
    return {
        "minutes": talk.minutes,
        "slides": len(talk.slides),
        "points": len(points),
        "clauses": list(dict.fromkeys(f"{p.document}#{p.address}" for p in points)),
        "written": sum(p.written for p in points),
        "checked_on": talk.checked_on.isoformat(),
    }


def _drafted_text(out: Path, talk: Talk) -> str:
    lines = [f"草稿已写入 {out}：{len(talk.slides)} 页，{talk.minutes} 分钟，政策核对于 {talk.checked_on.isoformat()}"]
    for slide in talk.slides:
        places = "、".join(dict.fromkeys(point.address for point in slide.points))
        lines.append(f"  {slide.minutes:>3} 分钟  {slide.title}" + (f"（{places}）" if places else ""))
    lines.append(f"请先看、先改，再运行 python -m assistant talk export {out} --pptx --docx")
    return "\n".join(lines)


def _named(proved: Proved) -> str:
    return "；".join(f"{name} {judged.reason}" for name, judged in proved.unproved[:5])


def _exported_text(files: list[Path], proved: Proved) -> str:
    total = len(proved.judged)
    lines = [f"已写入 {'、'.join(map(str, files))}", f"逐句核对：{total} 句，{total - _bad(proved)} 句与条款一致"]
    if proved.unproved:
        lines.append(f"没有通过核对、已在句后标明的：{_named(proved)}")
    return "\n".join(lines)


def _bad(proved: Proved) -> int:
    return sum(not judged.good for judged in proved.judged.values())


def _check_fields(checked: PackCheck) -> dict[str, object]:
    return {
        "good": not checked.faults,
        "registered": checked.registered,
        "statements": checked.statements,
        "findings": [
            {
                "kind": finding.kind.value,
                "fault": finding.fault,
                "page": finding.page,
                "reason": finding.reason,
                "before": finding.before,
                "after": finding.after,
                "source": finding.source,
                "verdict": finding.verdict.value if finding.verdict else None,
            }
            for finding in checked.findings
        ],
    }


def _check_text(checked: PackCheck) -> str:
    from assistant.serving.render.terminal import terminal_safe

    faults, notices = checked.faults, [f for f in checked.findings if not f.fault]
    head = f"核对了 {checked.statements} 句"
    head += f"：{len(faults)} 处须改正，{len(notices)} 处提醒" if checked.findings else "，都与条款一致，没有改动。"
    return terminal_safe("\n".join([head, *map(_line, (*faults, *notices))]))


def _line(finding: Finding) -> str:
    where = f"第 {finding.page} 页 " if finding.page else ""
    change = "  ".join(
        part
        for part in (
            f"原：{finding.before}" if finding.before else "",
            f"现：{finding.after}" if finding.after else "",
            finding.source,
        )
        if part
    )
    sign = "✗" if finding.fault else "·"
    return f"{sign} {where}[{finding.kind.value}] {finding.reason}" + (f"\n    {change}" if change else "")
