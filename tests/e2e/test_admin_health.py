"""运行: every state in words, the check of the index, the figures of evaluations; and who may look."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from doors import Callers, bearer, callers, door_of, opened
from sample_texts import law
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.access.recorder import Recorder
from assistant.errors import IndexNotBuilt, RecordsError
from assistant.indexing.build import build_index
from assistant.indexing.damage import Damage
from assistant.indexing.generations import current_folder
from assistant.models.standins import HashingEmbedder
from assistant.serving.health_desk import Folders
from assistant.serving.http.api import create_api
from assistant.serving.ledger import Ledger
from assistant.serving.limits.rates import RateLimiter, Rates
from assistant.text.segment import Segmenter, policy_terms

SCORES = """category      n    R@1    MRR   pass
colloquial   18  0.778  0.875  0.778
ALL          88  0.881  0.963      -
"""
LISTED = """全部
  MRR：0.988（0.963–1.000，40 题）
  R@1：0.925（0.850–0.988，40 题）
各类
  R@1：0.100（0.000–0.200，4 题）
"""


@dataclass
class Stage:
    known: Callers
    home: Path
    client: TestClient
    faults: list[Exception] = field(default_factory=list)

    def page(self, who: str = "admin", *, method: str = "GET", path: str = "/admin/health") -> httpx.Response:
        headers = {**self.known.headers[who], "Accept": "text/html", "Origin": "http://door.example"}
        return self.client.request(method, path, headers=headers)  # type: ignore[return-value]

    def lines(self) -> dict[str, tuple[str, str]]:
        """Each line by its name: how it is, and its words."""
        found = re.findall(r'<dt>([^<]+)</dt><dd><span class="badge (\w+)">[^<]+</span> ([^<]*)</dd>', self.page().text)
        return {name: (how, words) for name, how, words in found}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    faults: list[Exception] = []

    def provider() -> Any:
        if faults:
            raise faults[0]
        return FakeAssistant()

    with opened(tmp_path) as registry:
        known = callers(registry)
        folders = Folders(
            indexes=tmp_path / "indexes", corpus=tmp_path / "corpus", data=tmp_path, baselines=tmp_path / "baselines"
        )
        door = replace(
            door_of(registry, known.gate, home=tmp_path),
            folders=folders,
            rates=RateLimiter(Rates()),
            ledger=Ledger(Recorder(registry.chain, registry.answers)),
        )
        app = create_api(provider, doorkeeping=door)
        with TestClient(app, base_url="http://door.example", follow_redirects=False) as client:
            yield Stage(known, tmp_path, client, faults)


def build(stage: Stage) -> None:
    build_index(
        (law(),),
        indexes_dir=stage.home / "indexes",
        embedder=HashingEmbedder(),
        segmenter=Segmenter(policy_terms()),
    )


def test_all_that_is_well_is_told(stage: Stage) -> None:
    build(stage)
    lines = stage.lines()
    for name in ("能否作答", "文件", "作答的位置", "限速", "记录库", "留痕"):
        assert lines[name][0] == "good", (name, lines[name])
    assert lines["正在使用的索引"][1] == "fake-generation"
    assert lines["作答的位置"][1] == "共 36 个，占用 0 个，其中排队 0 个。"
    assert re.fullmatch(r"\d+ 条，\d+ 段", lines["条款"][1])
    assert "SQLite，版本 00" in lines["记录库"][1]
    assert any(name.startswith("磁盘（") and "GiB" in words for name, (_, words) in lines.items())
    assert lines["备份"][0] == "info"  # nobody here knows, and so nobody says that there is one
    stage.known.registry.note("backup.made", "terminal:root", files=3)
    assert stage.lines()["备份"][0] == "good"


def test_what_is_not_well_says_what_to_do(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.faults.append(IndexNotBuilt("还没有建立索引。请运行 python -m assistant index build。"))
    full = type("Usage", (), {"free": 1024**3, "total": 100 * 1024**3})()
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    lines = stage.lines()
    assert lines["能否作答"] == ("bad", "暂时不能作答：还没有建立索引。请运行 python -m assistant index build。")
    assert lines["磁盘上的索引"][0] == "bad"
    assert [how for name, (how, _) in lines.items() if name.startswith("磁盘（")] == ["bad"]
    assert (lines["留痕核验"][0], lines["另存校验值"][0]) == ("warn", "warn")
    assert "项须处理" in stage.page().text


def test_files_that_the_server_found_damaged_are_named(stage: Stage) -> None:
    build(stage)
    health = stage.client.app.state.health  # type: ignore[attr-defined]
    assert stage.lines()["正在使用的文件"] == ("info", "启动以来还没有读完一遍。")
    health.passes, health.whole_at = 2, time.monotonic() - 185
    assert stage.lines()["正在使用的文件"] == ("good", "启动以来读过 2 遍，最近一遍在 3 分钟前，完好。")
    health.damaged = (Damage(path=Path("/secret/place/dense.bin"), part="chroma", expected="a", found="b"),)
    how, words = stage.lines()["正在使用的文件"]
    assert (how, "chroma: dense.bin" in words, "/secret" in words) == ("bad", True, False)


def test_records_that_cannot_be_asked_are_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: object) -> None:
        raise RecordsError("记录库现在无法使用。")

    monkeypatch.setattr("assistant.serving.health_desk.schema_of", gone)
    assert stage.lines()["记录库"] == ("bad", "记录库现在无法使用。")


def test_the_index_is_checked_and_the_result_stays(stage: Stage) -> None:
    none = stage.page(method="POST", path="/admin/health/check")
    assert (none.status_code, "还没有建立索引" in none.text) == (503, True)
    build(stage)
    assert "此后还没有检查过" in stage.lines()["自检"][1]
    done = stage.page(method="POST", path="/admin/health/check")
    assert (done.status_code, done.headers["location"]) == (303, "/admin/health?done=checked")
    assert stage.lines()["自检"][0] == "good"
    folder = current_folder(stage.home / "indexes")
    victim = max((one for one in folder.rglob("*") if one.is_file()), key=lambda one: one.stat().st_size)
    victim.write_bytes(b"broken")
    broken = stage.page(method="POST", path="/admin/health/check")
    assert (broken.status_code, "索引自检发现" in broken.text) == (200, True)
    assert stage.lines()["自检"][0] == "bad"
    facts = [one.facts["whole"] for one in stage.known.registry.chain.entries() if one.kind == "index.checked"]
    assert facts == [True, False]


def test_the_chain_that_was_found_broken_is_told(stage: Stage) -> None:
    stage.known.registry.note("audit.verified", "user:x", whole=True, last=1, marks=0)
    assert stage.lines()["留痕核验"][0] == "good"
    clock = stage.known.registry.store.clock
    stage.known.registry.store.clock = lambda: clock() + 9 * 86_400_000
    stage.known.registry.note("audit.checkpoint", "terminal:root")
    stage.known.registry.store.clock = clock
    stage.known.registry.note("audit.verified", "user:x", whole=False, last=1, marks=0)
    assert stage.lines()["留痕核验"][0] == "bad"


def test_figures_of_evaluations_stand_day_by_day(stage: Stage) -> None:
    assert "评测走势" not in stage.page().text
    for day, text in (
        ("2026-11-23", SCORES),
        ("2026-11-26", SCORES.replace("0.881", "0.910")),
        ("2026-11-27", LISTED),
        ("2026-11-29", "odd"),
    ):
        folder = stage.home / "baselines" / "notice_gold" / day
        folder.mkdir(parents=True)
        (folder / "score.txt").write_text(text, "utf-8")
    (stage.home / "baselines" / "gate.json").write_text("{}", "utf-8")
    table = stage.page().text.partition("评测走势")[2]
    rows = re.findall(r"<td>(\d{4}-\d\d-\d\d)</td><td>([^<]*)</td><td>([^<]*)</td>", table)
    assert rows == [
        ("2026-11-23", "0.881", "0.963"),
        ("2026-11-26", "0.910", "0.963"),
        ("2026-11-27", "0.925", "0.988"),
    ]


def test_those_who_keep_the_library_or_the_service_look(stage: Stage) -> None:
    for who, status in (("admin", 200), ("approver", 200), ("auditor", 403), ("staff", 403), ("nobody", 303)):
        assert stage.page(who).status_code == status
    for who in ("auditor", "staff", "portal, department"):
        assert stage.page(who, method="POST", path="/admin/health/check").status_code == 403
    text, _ = stage.known.registry.keys.create(name="m", scopes=["metrics:read"], by="t")
    page = stage.client.get("/admin/health", headers={**bearer(text), "Accept": "text/html"})
    assert (page.status_code, "fake-generation" in page.text) == (200, True)
