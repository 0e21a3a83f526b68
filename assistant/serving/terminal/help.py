"""Typer's help and complaints in Chinese. What the user typed is never repeated."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

_HELP_OPTION = "显示本说明后退出。"
_USAGE_PREFIX = "用法： "
_PANELS = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "DEFAULT_STRING": "［默认：{}］",
    "REQUIRED_LONG_STRING": "［必填］",
}


class _Chinese:
    """Takes the place of the few words that Typer itself puts into a help page."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = _HELP_OPTION
        return option

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))  # type: ignore[attr-defined]
        words = pieces.replace("[OPTIONS]", "[选项]").replace("COMMAND [ARGS]...", "命令 [参数]...")
        formatter.write_usage(ctx.command_path, words, _USAGE_PREFIX)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from typer import rich_utils

        for name, words in _PANELS.items():
            setattr(rich_utils, name, words)
        super().format_help(ctx, formatter)  # type: ignore[misc]


class ChineseGroup(_Chinese, TyperGroup):
    """A group of commands."""


class ChineseCommand(_Chinese, TyperCommand):
    """A command."""


def complaint(exc: typer.TyperException) -> str | None:
    """What is wrong with a command line, or `None` when the help page has been shown instead."""
    kind = type(exc).__name__
    if kind == "NoArgsIsHelpError":
        return None
    name = _parameter(exc)
    ctx = getattr(exc, "ctx", None)
    path = ctx.command_path if ctx is not None else "assistant"
    match kind:
        case "MissingParameter":
            words = f"缺少{name or '参数'}"
        case "BadParameter":
            words = f"{name or '参数'} 的取值不能使用"
        case "NoSuchOption":
            words = "有不认识的选项"
        case "BadOptionUsage":
            words = "有选项缺少取值，或不应有取值"
        case _:
            words = "命令不完整或不认识"
    return f"{words}。用法见 {path} --help"


def _parameter(exc: typer.TyperException) -> str:
    """The name of a parameter of ours as the help page shows it."""
    param = getattr(exc, "param", None)
    if param is None:
        return ""
    if getattr(param, "param_type_name", "") == "option":
        return f"选项 {max(param.opts, key=len)}"
    return f"参数 {param.metavar or param.name}"
