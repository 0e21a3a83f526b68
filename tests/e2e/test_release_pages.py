"""管理 · 发布 over HTTP: two people, nobody their own, and nothing shown to whom it is not for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from corpus_samples import NOTICE, Corner, rules
from doors import PASSWORD, door_of, opened
from publishing_house import adding, house_at, person, removing
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.access.registry import Registry
from assistant.corpus import aside as aside_module
from assistant.corpus.outcomes import Given
from assistant.corpus.reading import parse_file
from assistant.corpus.staging import sole_writer
from assistant.curation.gate import GateReport, Turned
from assistant.indexing.generations import take_over
from assistant.indexing.self_check import VerifyReport
from assistant.records.answers import KeptAnswer
from assistant.schema.principal import Scope
from assistant.serving.http.api import create_api
from assistant.serving.keeping.work import Work
from assistant.serving.releasing.desk import Releases
from assistant.serving.releasing.shown import UNSEEN, publication_shown

HTML = {"Accept": "text/html", "Origin": "http://door.example"}
PATH = "/admin/releases"


@pytest.fixture(autouse=True)
def no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(folder: Path, **_: object) -> VerifyReport:
        return VerifyReport(folder=str(folder), documents=1, chunks=1, sampled=1, problems=())

    monkeypatch.setattr("assistant.indexing.build.verify_generation", whole)


@dataclass
class Stage:
    """Two people who are signed in, and what they do."""

    root: Path
    corner: Corner
    registry: Registry
    client: TestClient
    signed_in: dict[str, str]
    begun: list[Callable[[], None]]

    def get(self, who: str, path: str = PATH) -> str:
        return self.client.get(path, headers={**HTML, "Cookie": self.signed_in[who]}).text

    def post(self, who: str, path: str, **fields: Any) -> tuple[int, str]:
        answer = self.client.post(f"{PATH}{path}", headers={**HTML, "Cookie": self.signed_in[who]}, data=fields)
        return answer.status_code, answer.headers.get("location") or answer.text

    def add(self, name: str, text: str, by: str = "editor", **facts: Any) -> str:
        return adding(self.registry, self.root, name, text, by=person(self.ids[by]), **facts).id

    @property
    def ids(self) -> dict[str, str]:
        return {user.name: user.id for user in self.registry.users.listed()}

    def preview(self, who: str, *changes: str) -> str:
        assert self.post(who, "/preview", change=list(changes)) == (303, f"{PATH}/preview")
        while self.begun:
            self.begun.pop()()
        return self.get(who, f"{PATH}/preview")

    def publish(self, who: str, *changes: str) -> tuple[int, str]:
        page = self.preview(who, *changes)
        return self.post(who, "/publish", preview=id_in(page))


def id_in(page: str) -> str:
    found = re.search(r'name="preview" value="([0-9a-f]{32})"', page)
    assert found is not None
    return found[1]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    corner = Corner(tmp_path)
    corner.release().add([corner.put("办法.md", rules(2024)), corner.put("通知.txt", NOTICE)])
    begun: list[Callable[[], None]] = []
    with opened(tmp_path) as registry:
        roles = {"editor": "editor", "approver": "approver", "second": "approver", "auditor": "auditor"}
        for name, role in roles.items():
            registry.users.create(name=name, password=PASSWORD, role=role, department=None)
        signed_in = {name: f"pz_signin={registry.users.sign_in(name, PASSWORD)[0]}" for name in roles}
        house = house_at(tmp_path, corner)
        releases = Releases(registry=registry, house=lambda _: house, work=Work(begun.append))
        door = replace(door_of(registry), releases=releases)
        with TestClient(
            create_api(FakeAssistant, doorkeeping=door), base_url="http://door.example", follow_redirects=False
        ) as client:
            yield Stage(tmp_path, corner, registry, client, signed_in, begun)


# --- who may ------------------------------------------------------------------------------------


def test_the_pages_are_for_whoever_keeps_the_library(stage: Stage) -> None:
    change = stage.add("细则.md", rules(2025))
    assert "没有待审批" not in stage.get("editor")
    assert "您没有使用这项功能的权限" in stage.get("auditor")
    for path in (f"/changes/{change}", "/preview", "/publish", "/rollback", "/stop"):
        assert stage.post("editor", path, action="approve")[0] == 403
    assert "批准</button>" not in stage.get("editor")
    assert "批准</button>" in stage.get("approver")


def test_nobody_approves_their_own_by_a_made_up_form(stage: Stage) -> None:
    change = stage.add("细则.md", rules(2025), by="approver")
    page = stage.get("approver")
    assert "须由另一人审批" in page
    assert "批准</button>" not in page
    status, told = stage.post("approver", f"/changes/{change}", action="approve")
    assert (status, "另一个人审批" in told) == (403, True)
    assert stage.post("second", f"/changes/{change}", action="approve")[0] == 303
    page = stage.preview("second", change)
    assert "须由另一人发布" in stage.get("approver", f"{PATH}/preview")
    status, told = stage.post("approver", "/publish", preview=id_in(page))
    assert (status, "另一个人审批" in told) == (403, True)
    assert stage.registry.publications.listed() == ()


def test_what_somebody_may_not_see_they_do_not_decide_on(stage: Stage) -> None:
    change = stage.add("内部口径.md", rules(2025).replace("小额贷款管理办法", "内部口径"), access=["内部"])
    page = stage.get("approver")
    assert "内部口径" not in page
    assert "您无权查看的文件" in page
    for path, fields in ((f"/changes/{change}", {"action": "approve"}), ("/preview", {"change": change})):
        status, told = stage.post("approver", path, **fields)
        assert (status, "您没有的标签" in told, "内部口径" in told) == (403, True, False)


def test_a_hidden_version_is_not_read_through_the_one_that_follows_it(stage: Stage) -> None:
    stage.corner.release().add(
        [stage.corner.put("口径.md", rules(2022).replace("小额贷款", "机密"))], given=Given(access=("内部",))
    )
    change = stage.add("口径2025.md", rules(2025, limit="六百").replace("小额贷款", "机密"))
    page = stage.preview("approver", change)
    assert "与库里的上一版" not in page
    assert "<del>" not in page
    assert "您无权查看" in page
    stage.post("second", f"/changes/{change}", action="approve")
    prepared = stage.client.app.state.releases.prepared()  # type: ignore[attr-defined]
    assert stage.post("approver", "/publish", preview=prepared.id)[0] == 403
    insider = person("li", Scope.CORPUS_APPROVE, labels=frozenset({"内部"}))
    case = Turned(id="g", question="口径怎么说", documents=frozenset({"口径2025"}))
    prepared = replace(prepared, gate=GateReport(cases=1, worse=(case,)))
    plain = replace(insider, labels=frozenset())
    assert publication_shown(prepared, plain, FakeAssistant()).worse == (UNSEEN,)
    assert publication_shown(prepared, insider, FakeAssistant()).worse == ("口径怎么说",)
    assert any(look.lines for look in publication_shown(prepared, insider, FakeAssistant()).looks)


def test_why_a_preview_failed_is_told_to_those_who_may_see_its_files(stage: Stage) -> None:
    change = stage.add("机密口径.md", "\n", access=["内部"])
    desk = stage.client.app.state.releases  # type: ignore[attr-defined]
    insider = person("li", Scope.CORPUS_APPROVE, labels=frozenset({"内部"}))
    desk.begin(insider, (change,))
    stage.begun.pop()()
    assert "机密口径.md" in desk.message(insider, desk.job())
    page = stage.get("approver", f"{PATH}/preview")
    assert ("机密口径" in page, "这次预览没有做成" in page) == (False, True)


def test_the_list_opens_while_something_is_being_published(stage: Stage) -> None:
    stage.add("细则.md", rules(2025))
    with sole_writer(stage.corner.corpus):
        journal = stage.corner.corpus / ".release" / "publishing.json"
        journal.write_text("{}", encoding="utf-8")
        assert "细则" in stage.get("approver")
        journal.unlink()


def test_what_was_changed_since_somebody_looked_is_looked_at_again(stage: Stage) -> None:
    change = stage.add("细则.md", rules(2025))
    seen = str(stage.registry.changes.get(change).changed_at)
    assert f'name="seen" value="{seen}"' in stage.get("approver")
    clock = stage.registry.store.clock
    stage.registry.store.clock = lambda: clock() + 1000
    stage.post("second", f"/changes/{change}", action="return", words="再改")
    stage.registry.changes.edit(change, facts={"region": "陕西"})
    later = str(stage.registry.changes.submit(change).changed_at)
    status, told = stage.post("approver", f"/changes/{change}", action="approve", seen=seen)
    assert (status, "请刷新后再试" in told) == (422, True)
    assert stage.post("approver", f"/changes/{change}", action="approve", seen=later)[0] == 303


def test_what_is_being_published_is_not_put_away_amid_that(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    change = stage.add("细则.md", rules(2025))
    stage.post("second", f"/changes/{change}", action="approve")
    page = stage.preview("approver", change)
    desk = stage.client.app.state.releases  # type: ignore[attr-defined]
    others: list[Thread] = []

    def amid(*args: Any) -> str:
        others.append(Thread(target=desk.stop))
        others[0].start()
        others[0].join(0.5)
        return take_over(*args)

    monkeypatch.setattr(aside_module, "take_over", amid)
    assert stage.post("approver", "/publish", preview=id_in(page)) == (303, f"{PATH}?done=published")
    others[0].join()
    assert "细则.md" in stage.corner.files


def test_a_document_that_loses_its_label_is_hidden_until_that_is_published(stage: Stage) -> None:
    text = rules(2022).replace("小额贷款", "机密")
    stage.corner.release().add([stage.corner.put("口径.md", text)], given=Given(access=("内部",)))
    change = stage.add("口径.md", text, access=["公开"])
    assert "口径.md" in stage.get("approver")  # the upload bears no label
    assert "没有您可以查看的文件" in stage.preview("approver", change)


def test_a_form_from_elsewhere_is_refused(stage: Stage) -> None:
    change = stage.add("细则.md", rules(2025))
    sent = {**HTML, "Origin": "https://evil.example", "Cookie": stage.signed_in["approver"]}
    answer = stage.client.post(f"{PATH}/changes/{change}", headers=sent, data={"action": "approve"})
    assert answer.status_code == 403
    assert stage.registry.changes.get(change).state.value == "waiting"


def test_publishing_and_going_back_take_a_recent_sign_in(stage: Stage) -> None:
    clock = stage.registry.store.clock
    stage.registry.store.clock = lambda: clock() + 3600 * 1000
    for path in ("/publish", "/rollback", "/takeback/x"):
        status, told = stage.post("approver", path)
        assert (status, "请重新登录" in told) == (403, True)


# --- the way ------------------------------------------------------------------------------------


def test_from_waiting_to_published_and_back(stage: Stage) -> None:
    change = stage.add("办法2025.md", rules(2025, limit="六百"), note="新版")
    before = stage.corner.served
    page = stage.preview("approver", change)
    assert "还有 1 项变更没有批准" in page
    assert 'name="preview"' not in page
    assert stage.post("approver", f"/changes/{change}", action="approve", words="可以")[0] == 303
    page = stage.get("approver", f"{PATH}/preview")  # the same preview
    assert "新版本" in page
    assert re.search(r"<del>[^<]*五", page)
    assert re.search(r"<ins>[^<]*六", page)
    assert "还没有标准题" in page
    assert stage.post("approver", "/publish", preview=id_in(page)) == (303, f"{PATH}?done=published")
    assert stage.corner.served != before
    page = stage.get("editor")
    assert "approver" in page
    assert "确认退回上一版" not in page
    assert "确认退回上一版" in stage.get("approver")
    served = stage.corner.served
    assert stage.post("approver", "/rollback", served=served) == (303, f"{PATH}?done=rolled-back")
    assert stage.corner.served == before
    assert "索引已退回上一版" in stage.get("approver")
    status, told = stage.post("approver", "/rollback", served=served)  # a second click
    assert (status, "刚刚已经切换过" in told, stage.corner.served) == (422, True, before)


def test_what_is_sent_back_says_why(stage: Stage) -> None:
    change = stage.add("细则.md", rules(2025))
    status, told = stage.post("approver", f"/changes/{change}", action="return")
    assert (status, "请写明原因" in told) == (422, True)
    assert stage.post("approver", f"/changes/{change}", action="return", words="缺文号")[0] == 303
    assert stage.registry.changes.get(change).decision == "缺文号"


def test_a_preview_can_be_stopped_and_put_away(stage: Stage) -> None:
    change = stage.add("细则.md", rules(2025))
    stage.post("approver", "/preview", change=change)
    page = stage.get("approver", f"{PATH}/preview")
    assert "停止预览" in page
    assert stage.post("second", "/preview", change=change)[0] == 409  # one at a time
    assert stage.post("approver", "/stop") == (303, f"{PATH}?done=stopped")
    stage.begun.pop()()
    assert "预览已停止，什么都没有改变" in stage.get("approver", f"{PATH}/preview")
    assert "不发布，收起这次预览" in stage.preview("approver", change)
    stage.post("approver", "/stop")
    assert not (stage.corner.indexes / ".aside").exists()
    assert stage.post("approver", "/publish", preview="0" * 32)[0] == 404


def test_a_library_that_moved_is_told(stage: Stage) -> None:
    change = stage.add("细则.md", rules(2025))
    stage.post("approver", f"/changes/{change}", action="approve")
    page = stage.preview("approver", change)
    stage.corner.release().remove(["通知"])
    status, told = stage.post("approver", "/publish", preview=id_in(page))
    assert (status, "请重新预览" in told) == (409, True)


def test_what_cannot_be_taken_in_is_told_by_name(stage: Stage) -> None:
    page = stage.preview("approver", stage.add("空.md", "\n"))
    assert "有 1 项变更做不成：空.md：" in page


def test_a_publication_is_taken_back_through_another_person(stage: Stage) -> None:
    change = stage.add("细则.md", rules(2025))
    stage.post("approver", f"/changes/{change}", action="approve")
    assert stage.publish("approver", change)[0] == 303
    [done] = stage.registry.publications.listed()
    assert stage.post("approver", f"/takeback/{done.id}") == (303, f"{PATH}?done=taken-back")
    page = stage.get("approver")
    assert "移除文件" in page
    assert "须由另一人审批" in page
    assert "批准</button>" in stage.get("second")
    assert stage.post("approver", "/takeback/none")[0] == 404


def test_what_was_published_with_a_label_is_taken_back_behind_it(stage: Stage) -> None:
    change = stage.add("口径.md", rules(2022).replace("小额贷款", "机密"), access=["内部"])
    desk = stage.client.app.state.releases  # type: ignore[attr-defined]
    insider = person("li", Scope.CORPUS_APPROVE, labels=frozenset({"内部"}))
    desk.approve(insider, change, "")
    desk.begin(insider, (change,))
    stage.begun.pop()()
    done = desk.publish(insider, desk.prepared().id, "")
    assert stage.post("approver", f"/takeback/{done.id}")[0] == 403
    [back] = desk.take_back(insider, done.id)
    assert back.facts["access"] == ["内部"]
    assert "口径" not in stage.get("editor", "/admin/drafts")


# --- what it touches ----------------------------------------------------------------------------


def test_other_peoples_questions_stay_counts(stage: Stage) -> None:
    address = next(c.address for c in _notice(stage).addressable() if "承诺费" in c.text and c.is_leaf)
    keep_at(stage, "theirs", "editor", "我的公司能少交承诺费吗", address)
    keep_at(stage, "mine", "approver", "承诺费还收不收", address)
    page = stage.preview("approver", removing(stage.registry, "通知", by=person(stage.ids["editor"])).id)
    assert "受影响的答复：2 条" in page
    assert "0123456789abcdef（2 条）" in page
    assert "承诺费还收不收" in page
    assert "我的公司" not in page
    assert "文件移出文件库 2" in page


def test_a_reader_of_the_audit_who_keeps_the_library_reads_them(stage: Stage) -> None:
    address = next(c.address for c in _notice(stage).addressable() if "承诺费" in c.text and c.is_leaf)
    keep_at(stage, "theirs", "editor", "我的公司能少交承诺费吗", address)
    change = removing(stage.registry, "通知", by=person(stage.ids["editor"])).id
    stage.preview("approver", change)
    prepared = stage.client.app.state.releases.prepared()  # type: ignore[attr-defined]
    reader = person("sun", Scope.CORPUS_APPROVE, Scope.AUDIT_READ)
    shown = publication_shown(prepared, reader, FakeAssistant())
    assert [one.question for one in shown.listed] == ["我的公司能少交承诺费吗"]


def _notice(stage: Stage) -> Any:
    return parse_file(stage.corner.corpus / "通知.txt")


def keep_at(stage: Stage, name: str, owner: str, question: str, address: str) -> None:
    cited = {"document_id": "通知", "address": address, "quotes": ["不得向小微企业收取承诺费"]}
    one = KeptAnswer(
        id=name,
        owner=f"user:{stage.ids[owner]}",
        session_id=None,
        generation="0123456789abcdef",
        created_at=1_780_000_000_000,
        inquiry=json.dumps({"question": question, "rights": []}, ensure_ascii=False),
        body=json.dumps({"citations": [cited]}, ensure_ascii=False),
    )
    with stage.registry.store.write() as connection:
        stage.registry.answers.add(connection, one)
