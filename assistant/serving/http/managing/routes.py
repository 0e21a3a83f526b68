"""Gives an application the pages of 管理."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

from assistant.serving.desk import Desk
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.errors import error_response, public, request_id_for
from assistant.serving.http.managing.audit import add_audit
from assistant.serving.http.managing.drafting import prepare_drafting
from assistant.serving.http.managing.drafts import add_drafts
from assistant.serving.http.managing.embeds import add_embeds
from assistant.serving.http.managing.gaps import add_gaps
from assistant.serving.http.managing.gold import add_gold
from assistant.serving.http.managing.health import add_health
from assistant.serving.http.managing.keys import add_keys
from assistant.serving.http.managing.lifecycle import add_lifecycle, waiting_words
from assistant.serving.http.managing.recent import add_recent
from assistant.serving.http.managing.releases import add_releases
from assistant.serving.http.managing.shell import Managed, NoOffice, show_admin
from assistant.serving.http.managing.tables import add_tables
from assistant.serving.http.managing.users import add_users
from assistant.serving.http.pages import wants_page

_NOT_HERE = 409  # to what would change something


def add_managing(app: FastAPI, desk: Desk, door: Doorkeeping) -> None:
    """Give an application the pages of 管理; the place where things are managed is `app.state.office`."""
    app.state.upkeep = door.upkeep
    _add_start(app, desk)
    prepare_drafting(app, desk, door)
    add_drafts(app, desk)
    add_lifecycle(app, desk)
    add_tables(app, desk)
    add_releases(app, desk, door)
    add_keys(app)
    add_embeds(app)
    add_users(app)
    add_audit(app, desk)
    add_health(app, desk, door)
    add_recent(app)
    add_gaps(app, desk, door.office)
    add_gold(app, desk, door.office)


def _add_start(app: FastAPI, desk: Desk) -> None:
    @app.get("/admin", include_in_schema=False)
    def start(request: Request, _: Managed) -> Response:
        return show_admin(request, "admin", **waiting_words(request, desk))

    @app.exception_handler(NoOffice)
    async def closed(request: Request, exc: NoOffice) -> Response:
        if not wants_page(request.scope):
            return error_response(request, *public(exc, request_id_for(request)))
        return show_admin(request, "admin_closed", status=200 if request.method == "GET" else _NOT_HERE)
