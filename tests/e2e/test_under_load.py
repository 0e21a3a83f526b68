"""What `make door-load` measures, in small and by outcome alone: nothing here depends on how fast the machine is."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import httpx
import psutil
from serving_fakes import FakeAssistant, eventually, serving

from assistant.schema.principal import Principal, PrincipalKind, Scope
from assistant.serving.desk import Desk
from assistant.serving.http.api import create_api
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.limits.fair_pool import Bounds
from assistant.serving.limits.wire_protocol import Connections


def _loaded() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "scripts" / "door_load.py"
    spec = importlib.util.spec_from_file_location("door_load", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["door_load"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


load = _loaded()


def test_two_hundred_streams_at_once_are_whole_and_in_order() -> None:
    app = create_api(FakeAssistant, bounds=Bounds(waiting=400, patience_s=600, deadline_s=600))
    with serving(app) as url:
        found = asyncio.run(load.streams(url, 200))
    assert sum(map(load.in_order, found)) == 200


def test_streams_beyond_the_places_are_turned_away_before_they_begin() -> None:
    fake = FakeAssistant()
    fake.hold.clear()
    app = create_api(lambda: fake, bounds=Bounds(slots=2, waiting=6, patience_s=600))
    desk: Desk = app.state.desk
    with serving(app) as url, ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: asyncio.run(load.streams(url, 8)))
        assert eventually(lambda: desk.taken == 8)
        away = asyncio.run(load.streams(url, 100))
        assert all(map(load.shed, away))
        fake.hold.set()
        assert sum(map(load.in_order, first.result())) == 8
        assert eventually(lambda: desk.taken == 0)
        assert load.in_order(asyncio.run(load.streams(url, 1))[0])


def test_aborted_streams_leave_nothing() -> None:
    connections = Connections()
    app = create_api(lambda: FakeAssistant(endless=True), bounds=Bounds(waiting=400))
    desk: Desk = app.state.desk
    process = psutil.Process()
    with serving(app, connections=connections) as url:

        def settled() -> bool:
            return desk.taken == 0 and connections.open == 0

        asyncio.run(load.aborted(url, 40))
        assert eventually(settled)
        gc.collect()
        threads, files = threading.active_count(), process.num_fds()
        asyncio.run(load.aborted(url, 200))
        assert eventually(settled)
        assert threading.active_count() <= threads + 60  # pools may fill up to their size: 40 and a few, not 200
        gc.collect()
        assert process.num_fds() <= files + 2
        assert not desk._closing._told  # nobody waits for the end who is gone
        metrics = httpx.get(f"{url}/livez", trust_env=False)
        assert metrics.status_code == 200


class OneEach:
    """A gate that takes whatever is shown for a name."""

    development = False

    def recall(self, credential: object) -> Principal | None:
        text = getattr(credential, "text", "")
        scopes = frozenset({Scope.ASK})
        return Principal(kind=PrincipalKind.USER, subject=text, scopes=scopes) if text else None

    def check(self, credential: object, source: str) -> Principal:
        found = self.recall(credential)
        assert found is not None
        return found

    def forget(self, credential: object) -> None:
        """Nothing is remembered."""


def test_many_long_questions_of_one_lock_nobody_out() -> None:
    """T8: 36 questions of 2,000 characters shut everybody out for twenty seconds."""
    held, asked = threading.Event(), []

    class Slow(FakeAssistant):
        def ask(self, inquiry):  # type: ignore[no-untyped-def]
            asked.append(len(inquiry.question))
            if len(inquiry.question) > 1000:
                held.wait(60)
            return super().ask(inquiry)

    app = create_api(Slow, doorkeeping=Doorkeeping(gate=OneEach()))
    desk: Desk = app.state.desk

    def ask(who: str, question: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who}"}
        return httpx.post(
            f"{url}/api/v1/ask", json={"question": question}, headers=headers, timeout=90, trust_env=False
        )

    with serving(app) as url, ThreadPoolExecutor(36) as pool:
        costly = [pool.submit(ask, "greedy", load.LONG) for _ in range(36)]
        assert eventually(lambda: desk.taken == 18 and sum(one.done() for one in costly) == 18)
        assert [ask("honest", "能续贷吗？").status_code for _ in range(8)] == [200] * 8
        assert sum(one.done() for one in costly) == 18  # the long ones still wait
        held.set()
        statuses = [one.result().status_code for one in costly]
    assert sorted(statuses) == [200] * 18 + [503] * 18


def test_one_caller_may_not_take_every_place() -> None:
    fake = FakeAssistant()
    fake.hold.clear()
    app = create_api(lambda: fake, doorkeeping=Doorkeeping(gate=OneEach()), bounds=Bounds(slots=1, waiting=7))
    desk: Desk = app.state.desk

    def ask(who: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who}"}
        return httpx.post(f"{url}/api/v1/ask", json={"question": "问"}, headers=headers, timeout=90, trust_env=False)

    with serving(app) as url, ThreadPoolExecutor(8) as pool:
        mine = [pool.submit(ask, "greedy") for _ in range(6)]
        assert eventually(lambda: desk.taken == 6)
        refused = ask("greedy")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_at_once")
        assert refused.headers["retry-after"] == "5"
        other = pool.submit(ask, "honest")
        assert eventually(lambda: desk.taken == 7)
        fake.hold.set()
        assert {one.result().status_code for one in [*mine, other]} == {200}


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    fake = FakeAssistant(endless=True)
    with serving(create_api(lambda: fake, bounds=Bounds(deadline_s=0.3))) as url:
        [answer] = asyncio.run(load.streams(url, 1))
    assert answer.events[-1][0] == "error"
    assert answer.events[-1][1]["code"] == "answer_timeout"
    assert fake.stopped.wait(20)
