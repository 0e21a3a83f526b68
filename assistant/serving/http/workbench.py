"""Pages of the workbench that are our own: 读原文, 版本对照, 责任清单, 宣讲, 历史, 管理, and the routes beside them."""

from __future__ import annotations

from fastapi import FastAPI

from assistant.serving.desk import Desk
from assistant.serving.http.comparing import add_comparing
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.duties import add_duties
from assistant.serving.http.history import add_history
from assistant.serving.http.managing.routes import add_managing
from assistant.serving.http.pages import add_page_files
from assistant.serving.http.reading import add_reading
from assistant.serving.http.talking import add_talks


def add_workbench(app: FastAPI, desk: Desk, door: Doorkeeping, *, public_url: str | None = None) -> None:
    """Give an application these pages.

    Args:
        public_url: where clients reach it; sources of exported talks and conversations lead there.
    """
    add_page_files(app)
    add_reading(app, desk)
    add_comparing(app, desk)
    add_duties(app, desk)
    add_talks(app, desk, base=public_url)
    add_managing(app, desk, door)
    add_history(app, desk, base=public_url)
