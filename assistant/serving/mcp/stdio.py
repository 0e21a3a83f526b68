"""The tools over standard input and output, for whoever runs this process."""

from __future__ import annotations

from assistant.access.words import account
from assistant.schema.principal import READING, Principal, PrincipalKind
from assistant.serving.desk import Desk
from assistant.serving.ports import AssistantProvider


def run_stdio(provider: AssistantProvider, *, labels: frozenset[str], public_url: str | None) -> None:
    """Serve until the other side closes.

    Args:
        labels: of restricted documents that this process may show.
    """
    import anyio

    from assistant.serving.mcp.tools import Counter, make_tools

    whoever = Principal(kind=PrincipalKind.TERMINAL, subject=account() or "unknown", scopes=READING, labels=labels)
    desk = Desk(provider)
    try:
        tools = make_tools(Counter(desk=desk, caller_of=lambda _: whoever, public_url=public_url))
        anyio.run(tools.run_stdio_async)
    finally:
        desk.close()
