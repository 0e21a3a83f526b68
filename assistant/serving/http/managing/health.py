"""运行: whether all goes well."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI, Request
from fastapi.responses import Response

from assistant.schema.principal import Principal
from assistant.serving.desk import Desk
from assistant.serving.health_desk import HealthDesk, Watched
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.managing.shell import Managed, Refusal, after, managed, show_admin, tried
from assistant.serving.http.rules import Asker
from assistant.serving.score_trends import FIGURES

PATH = "/admin/health"
_DONE = {"checked": "索引自检完成：完好。"}
_LOOKS = {"good": "正常", "info": "供参考", "warn": "请留意", "bad": "须处理"}


def add_health(app: FastAPI, desk: Desk, door: Doorkeeping) -> None:
    """Give an application the page of its health."""
    recorder = door.ledger.recorder if door.ledger else None
    watched = Watched(provider=desk.provider, places=desk, rates=door.rates, recorder=recorder, files=app.state.health)
    made: list[HealthDesk] = []  # with the first that asks: it remembers whether a check is under way

    def health(request: Request) -> HealthDesk:
        office = managed(request)
        if not made:
            made.append(HealthDesk(office, watched, door.folders))
        return made[0]

    def shown(request: Request, asker: Principal, refusal: Refusal | None = None) -> Response:
        found = health(request)
        return show_admin(
            request,
            "admin_health",
            done=_DONE,
            status=refusal.status if refusal else 200,
            fault=refusal.message if refusal else "",
            parts=found.lines(asker),
            trends=found.trends(),
            looks=_LOOKS,
            names=FIGURES,
        )

    @app.get(PATH, include_in_schema=False)
    def page(request: Request, asker: Asker, _: Managed) -> Response:
        return shown(request, asker)

    @app.post(f"{PATH}/check", include_in_schema=False)
    async def check(request: Request, asker: Asker, _: Managed) -> Response:
        report = await tried(lambda: health(request).check_index(asker))
        if isinstance(report, Refusal):
            return await asyncio.to_thread(shown, request, asker, report)
        if report.ok:
            return after(request, PATH, "checked")
        problems = Refusal(f"索引自检发现 {len(report.problems)} 处问题：{'；'.join(report.problems[:5])}。", 200)
        return await asyncio.to_thread(shown, request, asker, problems)
