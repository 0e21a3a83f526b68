"""`/metrics`: how the server fares, for holders of `metrics:read`, where the settings let it be read."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import Response

from assistant.errors import NotFoundError
from assistant.serving.http.rules import Asker
from assistant.serving.watching.metrics import TEXT
from assistant.serving.watching.watching import Watching


def add_metrics(app: FastAPI, watching: Watching) -> None:
    """Give an application this route."""

    @app.get("/metrics", include_in_schema=False)
    def metrics(_: Asker) -> Response:
        if not watching.readable:
            raise NotFoundError("没有打开运行指标，设置 ASSISTANT_METRICS__ENABLED=true 后可用。")
        return Response(watching.metrics.text(), media_type=None, headers={"Content-Type": TEXT})
