"""The pages of the workbench that are our own: 读原文, 版本对照, 责任清单, and the route beside the last."""

from __future__ import annotations

from fastapi import FastAPI

from assistant.serving.desk import Desk
from assistant.serving.http.comparing import add_comparing
from assistant.serving.http.duties import add_duties
from assistant.serving.http.pages import add_page_files
from assistant.serving.http.reading import add_reading


def add_workbench(app: FastAPI, desk: Desk) -> None:
    """Give an application these pages."""
    add_page_files(app)
    add_reading(app, desk)
    add_comparing(app, desk)
    add_duties(app, desk)
