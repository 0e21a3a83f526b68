"""Where changes are prepared, as pages and routes reach it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from assistant.curation.drafts import Drafts
from assistant.curation.files import ChangeFiles
from assistant.serving.desk import Desk
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.managing.shell import Managed


def prepare_drafting(app: FastAPI, desk: Desk, door: Doorkeeping) -> None:
    """Give an application the place where changes are prepared; none in development mode."""
    office = door.office
    app.state.drafts = (
        None
        if office is None
        else Drafts(office.registry, ChangeFiles(office.changes_dir), desk.provider, door.drafting)
    )


def drafts_of(request: Request, _: Managed) -> Drafts:
    """Where changes are prepared, as a dependency.

    Raises:
        NoOffice: there is no such place in development mode.
    """
    found = request.app.state.drafts
    assert isinstance(found, Drafts)
    return found


Drafting = Annotated[Drafts, Depends(drafts_of)]


def names_of(drafts: Drafts) -> Mapping[str, str]:
    """The names of users by what the changes call them."""
    return {user.principal.id: user.name for user in drafts.registry.users.listed()}
