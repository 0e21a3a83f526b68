"""The chat page: Gradio, mounted beside the API in one application.

The browser holds no conversation: every event brings a question alone, the rest lives in
`gr.State` and in the session store of the desk. Of all that Gradio serves, only the addresses
that this page needs are let through.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from fastapi import FastAPI
from starlette.routing import Match, Mount
from starlette.types import Scope

from assistant.serving.guards import KnownPaths, path_of
from assistant.serving.http.identity import NeedsPage
from assistant.serving.http.rules import PATHS
from assistant.serving.offline import go_offline
from assistant.serving.page.layout import build_page
from assistant.serving.page.quiet import QuietGradio

# What the page asks for. Uploads, proxying, file serving, direct calls and the rest of Gradio stay shut.
_PAGE_PATHS = (
    r"/",
    r"/(config/?|theme\.css)",
    r"/(favicon\.ico|robots\.txt)",
    r"/(assets|static)/[\w./@-]+",
    r"/gradio_api/(startup-events|theme\.css|queue/join|queue/data|cancel|reset)/?",
    r"/gradio_api/heartbeat/\w+",
)


_STYLES = ("chat.css", "citing.css", "remembering.css")
_SCRIPTS = ("chat.js", "citing.js")  # each holds one function, run when the page opens


def mount_chat(app: FastAPI) -> FastAPI:
    """Mount the chat page at `/` of an application made by `create_api`."""
    go_offline()
    import gradio as gr

    static = files("assistant.serving.page") / "static"
    page = build_page(gr, app.state.desk, app.state.history, development=app.state.gate.development)
    page.queue(max_size=64, api_open=False, default_concurrency_limit=None)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=gr.themes.Base(font=["Noto Sans CJK SC", "sans-serif"], font_mono=["monospace"]),
        css="".join((static / name).read_text("utf-8") for name in _STYLES),
        js=_script([(static / name).read_text("utf-8") for name in _SCRIPTS]),
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=1,  # no uploads; the address is shut as well
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
    )
    mounted = app.router.routes.pop()
    if not isinstance(mounted, Mount):
        raise TypeError("Gradio no longer mounts its page as the last route")
    quiet = QuietGradio(mounted.app, events=page.fns)
    app.router.routes.append(_PageMount("", NeedsPage(KnownPaths(quiet, patterns=_PAGE_PATHS))))
    return app


def _script(functions: Sequence[str]) -> str:
    """One function that runs all of them."""
    return f"() => {{ for (const run of [{','.join(functions)}]) run(); }}"


class _PageMount(Mount):
    """A mount at the root that leaves the API's addresses alone, so that 404 and 405 there stay the API's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and _is_api(path_of(scope)):
            return Match.NONE, {}
        return super().matches(scope)


def _is_api(path: str) -> bool:
    return path in PATHS or path[1:] in _ROOTS or path[1:].startswith(tuple(f"{root}/" for root in _ROOTS))


_ROOTS = ("api", "v1", "embed", "signin", "reader", "read", "compare", "duties", "talks", "history", "admin")
