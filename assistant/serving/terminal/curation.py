"""`assistant gaps`, `assistant gold`: what was asked in vain, and the gold set, on the machine that serves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.serving.terminal.access import opened_registry, who_runs_this
from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.shared import EXIT_PARTIAL, AsJson, group, open_settings, output

if TYPE_CHECKING:
    from assistant.curation.gaps import Gap
    from assistant.curation.gold import GoldCase

gaps_app = group("查看没有答上的问题（已隐去个人信息）。")
gold_app = group("查看和核对标准题：两个人看过的评测题。")

_LONGEST_S = 3600.0


@gaps_app.command(name="list", cls=ChineseCommand)
def list_gaps(
    everything: Annotated[bool, typer.Option("--all", help="已了结的也列出。")] = False,
    as_json: AsJson = False,
) -> None:
    """按意思归组，列出没有答上、只答了一部分的问题；查看本身也留痕。"""
    from assistant.assembly import build_assistant
    from assistant.serving.gap_sheet import GapSheet
    from assistant.serving.terminal.progress import busy

    settings = open_settings()
    with opened_registry() as registry:
        registry.note("gap.listed", who_runs_this(), all=everything)
        with busy("正在归并问题……"):
            assistant = build_assistant(settings)
            sheet = GapSheet(registry, lambda: assistant).now(wait_s=_LONGEST_S)
        names = {user.principal.id: user.name for user in registry.users.listed()}
    found = sorted(
        (gap for gap in sheet.gaps if everything or gap.open), key=lambda gap: (-len(gap.questions), -gap.last_asked)
    )
    left_out = f"\n更早的 {sheet.left_out} 问没有列出。" if sheet.left_out else ""
    output(
        as_json,
        lambda: [_gap_fields(gap, names) for gap in found],
        lambda: ("\n".join(_gap_line(gap, names) for gap in found) or "没有待处理的问题。") + left_out,
    )


def _gap_fields(gap: Gap, names: dict[str, str]) -> dict[str, object]:
    assigned = gap.state.assigned_to if gap.state else None
    return {
        "id": gap.id,
        "asked": len(gap.questions),
        "last_asked": gap.last_asked,
        "questions": list(gap.examples),
        "departments": dict(gap.departments),
        "outcomes": {outcome.value: number for outcome, number in gap.outcomes},
        "assigned_to": names.get(assigned, assigned) if assigned else None,
        "closed": gap.closed,
        "since_closed": gap.since_closed,
    }


def _gap_line(gap: Gap, names: dict[str, str]) -> str:
    from assistant.serving.render.managing import moment
    from assistant.serving.render.terminal import terminal_safe

    fields = _gap_fields(gap, names)
    departments = "、".join(f"{name} {number}" for name, number in gap.departments)
    state = f"了结后又问 {gap.since_closed}" if gap.since_closed else "已了结" if gap.closed else "待处理"
    who = fields["assigned_to"] or "未分派"
    return terminal_safe(
        f"{len(gap.questions):>4} 问  {moment(gap.last_asked)}  {state}  {who}  {gap.first.standalone}（{departments}）"
    )


@gold_app.command(name="list", cls=ChineseCommand)
def list_gold(as_json: AsJson = False) -> None:
    """列出标准题。"""
    from dataclasses import asdict

    from assistant.curation.gold import read_gold

    cases = read_gold(_file())
    output(as_json, lambda: [asdict(case) for case in cases], lambda: "\n".join(map(_line, cases)) or "还没有标准题。")


@gold_app.command(name="check", cls=ChineseCommand)
def check_gold(as_json: AsJson = False) -> None:
    """核对标准题的条款是否都在现在的库里；有不在的，退出码为 3。"""
    from assistant.assembly import build_assistant
    from assistant.curation.gold import astray, read_gold
    from assistant.serving.terminal.progress import busy

    cases = read_gold(_file())
    with busy("正在打开条款索引……"):
        assistant = build_assistant(open_settings())
        every = frozenset(label for meta in (*assistant.documents(), *assistant.hidden()) for label in meta.access)
        gone = astray(cases, lambda name: assistant.document(name, every))
    output(
        as_json,
        lambda: {"cases": len(cases), "astray": [{"id": case.id, "address": address} for case, address in gone]},
        lambda: "\n".join(
            [
                *(f"{case.id}  库里没有：{address}" for case, address in gone),
                f"共 {len(cases)} 道，{len(gone)} 处不在库里。",
            ]
        ),
    )
    if gone:
        raise typer.Exit(EXIT_PARTIAL)


def _file() -> Path:
    from assistant.curation.gold import FILE

    return open_settings().data_dir / FILE


def _line(case: GoldCase) -> str:
    from assistant.serving.render.curation import EXPECTED_BY_VALUE
    from assistant.serving.render.terminal import terminal_safe

    places = "；".join(f"{document} {address}" for document, address in case.addresses)
    expected = EXPECTED_BY_VALUE[case.outcome.value]
    return terminal_safe(
        f"{case.id}  {case.added_on}  {case.author}/{case.reviewer}  {expected}  {case.question}  {places}".rstrip()
    )
