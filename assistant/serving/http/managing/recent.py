"""What reaches far takes a recent sign-in: a browser that was left open is not enough."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote, urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from assistant.access.users import RECENT_MS
from assistant.errors import AccessError
from assistant.serving.guards import path_of
from assistant.serving.http.comeback import comeback
from assistant.serving.http.errors import error_response, public, request_id_for
from assistant.serving.http.identity import cookie_of, credential_of
from assistant.serving.http.managing.shell import ADMIN_PAGES, Managed, show_admin
from assistant.serving.http.pages import wants_page
from assistant.serving.office import Office

MINUTES = RECENT_MS // 60_000


class SignInAgain(AccessError):
    """Whoever asks may do this, but signed in too long ago, or not in a browser."""

    code = "sign_in_again"

    def __init__(self) -> None:
        super().__init__(f"这项操作须在登录后 {MINUTES} 分钟内办理，请重新登录后再试。")


def is_recent(request: Request, office: Office) -> bool:
    """Whether whoever asks signed in of late; keys and tokens never did."""
    credential = credential_of(request.scope)
    if credential is None or not credential.cookie:
        return False
    return office.registry.users.recent(cookie_of(request.headers))


def see_recent(request: Request, office: Managed) -> None:
    """See that they did, as a dependency of what reaches far.

    Raises:
        SignInAgain: they did not; the page that asks them to is the answer.
    """
    if not is_recent(request, office):
        raise SignInAgain


Recent = Annotated[None, Depends(see_recent)]


def add_recent(app: FastAPI) -> None:
    """Have an application ask people to sign in again, and bring them back."""

    @app.exception_handler(SignInAgain)
    async def again(request: Request, exc: SignInAgain) -> Response:
        if not wants_page(request.scope):
            return error_response(request, *public(exc, request_id_for(request)))
        return show_admin(request, "admin_again", status=403, back=_back(request), minutes=MINUTES)


def _back(request: Request) -> str:
    """The page from which this was sent, as far as it is one of ours."""
    root = str(request.scope.get("root_path", ""))
    came = unquote(urlsplit(request.headers.get("referer", "")).path)
    path = path_of(request.scope)
    near = next((page.path for page in ADMIN_PAGES if path.startswith(page.path)), "/admin")
    return comeback(came.removeprefix(root)) or near
