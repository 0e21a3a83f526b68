"""`assistant mcp`: the tools over standard input and output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.serving.terminal.shared import open_settings

if TYPE_CHECKING:
    from assistant.serving.ports import Assistant


def mcp_command() -> None:
    """以 MCP 工具的形式提供给智能体（标准输入输出）；经 HTTP 使用时地址是 /mcp。"""
    settings = open_settings()
    from assistant.serving.mcp.stdio import run_stdio
    from assistant.serving.server import LazyAssistant

    def build() -> Assistant:
        from assistant.assembly import build_assistant

        return build_assistant(settings)

    run_stdio(LazyAssistant(build), labels=frozenset(settings.rights), public_url=settings.public_url)
