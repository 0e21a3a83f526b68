"""What a route on its way out says."""

from __future__ import annotations

from datetime import date

import pytest
from fastapi import Depends, FastAPI
from starlette.testclient import TestClient

from assistant.serving.http.deprecation import deprecated


def test_a_deprecated_route_names_its_days_and_its_successor() -> None:
    app = FastAPI()
    going = deprecated(since=date(2026, 12, 1), until=date(2027, 6, 30), instead="/api/v2/ask")

    @app.get("/old", dependencies=[Depends(going)])
    def old() -> dict[str, str]:
        return {}

    @app.get("/new")
    def new() -> dict[str, str]:
        return {}

    with TestClient(app) as client:
        headers = client.get("/old").headers
        assert headers["deprecation"] == "@1796083200"
        assert headers["sunset"] == "Wed, 30 Jun 2027 00:00:00 GMT"
        assert headers["link"] == '</api/v2/ask>; rel="successor-version"'
        assert "sunset" not in client.get("/new").headers


def test_none_goes_sooner_than_promised() -> None:
    with pytest.raises(ValueError, match="half a year"):
        deprecated(since=date(2026, 12, 1), until=date(2027, 3, 1), instead="/x")
