"""What whoever is refused before any route is found gets to read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.access.gate import Credential, OpenGate
from assistant.errors import AssistantError, RecordsError, SettingsError
from assistant.schema.principal import Principal
from assistant.serving.guards import INTERNAL_MESSAGE
from assistant.serving.http.api import create_api
from assistant.serving.http.doorkeeping import Doorkeeping


class Broken(OpenGate):
    """Fails to find out who asks."""

    def __init__(self, fault: AssistantError) -> None:
        super().__init__()
        self._fault = fault

    def recall(self, credential: Credential | None) -> Principal:
        raise self._fault


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (SettingsError("密钥文件 /srv/secrets/pepper 打不开"), (500, "internal_error", INTERNAL_MESSAGE)),
        (RecordsError("记录库现在无法使用。"), (503, "records_unavailable", "记录库现在无法使用。")),
    ],
)
def test_what_is_not_for_users_is_not_told_at_the_door(fault: AssistantError, told: tuple[int, str, str]) -> None:
    door = replace(Doorkeeping(), gate=Broken(fault))
    with TestClient(create_api(FakeAssistant, doorkeeping=door)) as client:
        response = client.get("/api/v1/documents")
    body = response.json()
    assert (response.status_code, body["code"], body["message"]) == told
    assert len(body["request_id"]) == 32
