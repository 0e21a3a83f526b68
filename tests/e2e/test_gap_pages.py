"""未答问题, 反馈, 标准题: who sees what of them, who may act, what is kept and what is recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from asked_in_vain import DEPARTMENTS, EVERYBODYS, House, house
from starlette.testclient import TestClient

from assistant.curation.gold import read_gold
from assistant.evaluation.cases import read_cases
from assistant.records.gold_candidates import CandidateState
from assistant.schema.answer import Outcome
from assistant.serving.http.api import create_api

LAW = EVERYBODYS.id
LOTTERY, ALSO, OTHER = "彩票中奖怎么交税？", "彩票 中奖怎么交税？", "量子计算机多少钱一台？"


class Stage:
    """The house with its door open."""

    def __init__(self, held: House, client: TestClient) -> None:
        self.house, self._client = held, client

    def get(self, who: str, path: str) -> httpx.Response:
        headers = {**self.house.cookie(who), "Accept": "text/html"}
        return self._client.get(f"/admin/{path}", headers=headers, follow_redirects=False)  # type: ignore[return-value]

    def post(self, who: str, path: str, **fields: Any) -> httpx.Response:
        headers = {**self.house.cookie(who), "Accept": "text/html", "Origin": "http://door.example"}
        return self._client.post(  # type: ignore[return-value]
            f"/admin/{path}", headers=headers, data=fields, follow_redirects=False
        )

    def version(self, who: str, gap: str) -> str:
        found: list[str] = re.findall(r'name="version" value="(\d+)"', self.get(who, f"gaps/{gap}").text)
        return found[0]

    def act(self, who: str, gap: str, **fields: Any) -> httpx.Response:
        return self.post(who, f"gaps/{gap}", **{"version": self.version(who, gap), **fields})

    def propose(self, who: str = "li.na", **fields: Any) -> str:
        """A candidate; its id."""
        asked = {"question": "不得发放贷款的情形有哪些？", "outcome": "answered", "clause": [f"{LAW}#第四条"], **fields}
        answer = self.post(who, "gold/new", **asked)
        assert answer.status_code == 303, answer.text
        return self.house.registry.candidates.listed(CandidateState.WAITING)[0].id


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with house(tmp_path) as held:
        app = create_api(lambda: held.assistant, doorkeeping=held.door)
        with TestClient(app, base_url="http://door.example") as client:
            yield Stage(held, client)


# --- 未答问题 -------------------------------------------------------------------------------------


def test_what_was_asked_in_vain_is_grouped_counted_and_told_by_department(stage: Stage) -> None:
    first = stage.house.ask(LOTTERY)
    stage.house.ask(ALSO, department="零售部")
    stage.house.ask(OTHER, department=None)
    page = stage.get("li.na", "gaps").text
    assert "2 组，共 3 问" in page
    assert f'href="/admin/gaps/{first}"' in page
    assert "信贷部 1、零售部 1" in page.replace("零售部 1、信贷部 1", "信贷部 1、零售部 1")
    assert "未载明 1" in page
    assert "1 组，共 2 问" in stage.get("li.na", "gaps?dept=零售部").text


def test_only_masked_words_are_shown(stage: Stage) -> None:
    gap = stage.house.ask("我叫王小明，电话13812345678，彩票怎么买？")
    page = stage.get("shen.ji", "gaps").text + stage.get("shen.ji", f"gaps/{gap}").text
    assert "彩票" in page
    assert "13812345678" not in page
    assert "［手机号］" in page


def test_a_question_that_names_a_document_that_may_not_be_seen_is_kept_back(stage: Stage) -> None:
    hidden = stage.house.ask("《信贷部金库通知》里彩票怎么规定？", outcome=Outcome.NOT_FOUND)
    stage.house.ask(OTHER)
    assert "金库" in stage.get("li.na", "gaps").text
    for who in ("zhao.min", "shen.ji"):
        page = stage.get(who, "gaps").text
        assert "金库" not in page
        assert "另有 1 问涉及您不能看的文件" in page
        assert stage.get(who, f"gaps/{hidden}").status_code == 404


def test_readers_see_none_of_it_and_auditors_only_look(stage: Stage) -> None:
    gap = stage.house.ask(LOTTERY)
    for path in ("gaps", f"gaps/{gap}", "feedback", "gold", "gold/new"):
        assert stage.get("du.zhe", path).status_code == 403
    page = stage.get("shen.ji", f"gaps/{gap}")
    assert page.status_code == 200
    assert "以文件了结" not in page.text
    for path in (f"gaps/{gap}", "gold/new", "gold/none"):
        assert stage.post("shen.ji", path, action="assign", version="0").status_code == 403
    assert stage.house.acts("gap.") == []


def test_a_gap_is_assigned_with_a_masked_note_and_recorded_without_words(stage: Stage) -> None:
    gap = stage.house.ask(LOTTERY)
    to = stage.house.id_of("wang.wei")
    done = stage.act("li.na", gap, action="assign", to=to, note="请找税务文件，电话13812345678")
    assert (done.status_code, done.headers["location"]) == (303, f"/admin/gaps/{gap}?done=assigned")
    assert "已保存分派和说明" in stage.get("li.na", f"gaps/{gap}?done=assigned").text
    page = stage.get("wang.wei", "gaps?show=mine").text
    assert LOTTERY in page
    assert "wang.wei" in page
    assert "没有符合条件" in stage.get("li.na", "gaps?show=mine").text
    [(kind, facts)] = stage.house.acts("gap.")
    assert (kind, facts) == ("gap.assigned", {"id": gap, "to": to, "questions": 1})
    state = stage.house.registry.gaps.get(gap)
    assert state is not None
    assert state.note == "请找税务文件，电话［手机号］"
    assert stage.act("li.na", gap, action="assign", to=stage.house.id_of("du.zhe")).status_code == 422


def test_a_gap_closed_by_a_document_opens_when_it_is_asked_again_in_vain(stage: Stage) -> None:
    gap = stage.house.ask(LOTTERY, at=1000)
    assert stage.act("li.na", gap, action="document", document="nothing").status_code == 422
    assert stage.act("li.na", gap, action="document", document=LAW).status_code == 303
    assert "没有待处理的问题" in stage.get("li.na", "gaps").text
    closed = stage.get("zhao.min", "gaps?show=closed").text
    assert LOTTERY in closed
    page = stage.get("zhao.min", f"gaps/{gap}").text
    assert "以文件" in page
    assert "《村镇贷款条例》" in page
    stage.house.ask(ALSO)
    again = stage.get("li.na", "gaps").text
    assert "了结后又问 1" in again
    assert f'href="/admin/gaps/{gap}"' in again  # the same gap, with what was decided
    assert stage.act("li.na", gap, action="reopen").status_code == 303
    assert [kind for kind, _ in stage.house.acts("gap.")] == ["gap.closed", "gap.reopened"]


def test_nobody_closes_by_a_document_that_they_may_not_see(stage: Stage) -> None:
    gap = stage.house.ask(LOTTERY)
    assert DEPARTMENTS.meta.title not in stage.get("zhao.min", f"gaps/{gap}").text
    assert stage.act("zhao.min", gap, action="document", document=DEPARTMENTS.id).status_code == 422
    assert stage.act("li.na", gap, action="document", document=DEPARTMENTS.id).status_code == 303
    page = stage.get("zhao.min", f"gaps/{gap}").text
    assert DEPARTMENTS.meta.title not in page
    assert "您现在不能看" in page


def test_two_people_do_not_overwrite_each_other(stage: Stage) -> None:
    gap = stage.house.ask(LOTTERY)
    seen = stage.version("li.na", gap)
    assert stage.act("wang.wei", gap, action="assign", to=stage.house.id_of("wang.wei")).status_code == 303
    late = stage.post("li.na", f"gaps/{gap}", action="assign", to="", version=seen)
    assert late.status_code == 409
    assert "刚才有人改过" in late.text
    state = stage.house.registry.gaps.get(gap)
    assert state is not None
    assert state.assigned_to == stage.house.id_of("wang.wei")


def test_gaps_that_a_person_joins_stay_one(stage: Stage) -> None:
    first, second = stage.house.ask(LOTTERY), stage.house.ask(OTHER)
    for one in (first, second):
        stage.act("li.na", one, action="assign", to="", note=one)
    assert stage.act("li.na", first, action="join").status_code == 422
    assert stage.act("li.na", first, action="join", other=second).status_code == 303
    page = stage.get("li.na", "gaps").text
    assert "1 组，共 2 问" in page
    stage.house.ask(f"{OTHER}？")
    assert "1 组，共 3 问" in stage.get("li.na", "gaps").text
    assert stage.get("li.na", f"gaps/{second}").text.count("<h1>") == 1  # where it was found before, too
    assert stage.house.acts("gap.joined") == [("gap.joined", {"id": first, "others": [second]})]


def test_putting_together_is_stopped_and_taken_up_again(stage: Stage) -> None:
    stage.house.ask(LOTTERY)
    assert stage.post("shen.ji", "gaps", action="stop").status_code == 303
    assert "归并已停止" in stage.get("li.na", "gaps").text
    assert LOTTERY not in stage.get("li.na", "gaps").text
    assert stage.post("li.na", "gaps", action="go").status_code == 303
    assert LOTTERY in stage.get("li.na", "gaps").text


# --- 反馈 -----------------------------------------------------------------------------------------


def test_feedback_leads_to_the_answer_and_to_a_filled_in_form(stage: Stage) -> None:
    answer = stage.house.ask("提供虚假材料的能不能发放贷款？")
    found = stage.house.rate(answer, "没有说农户")
    listed = stage.get("shen.ji", "feedback").text
    assert f'href="/admin/feedback/{found.id}"' in listed
    assert "不完整" in listed
    assert "没有说农户" in listed
    page = stage.get("li.na", f"feedback/{found.id}").text
    assert "不得发放贷款" in page
    form = stage.get("li.na", f"gold/new?feedback={found.id}").text
    assert "提供虚假材料的能不能发放贷款？</textarea>" in form
    assert re.findall(r'name="clause" value="([^"]+)" checked', form) == [f"{LAW}#第三条"]
    assert stage.house.acts("answer.read")[-1] == ("answer.read", {"answer_id": answer, "door": "curation"})


def test_feedback_on_what_may_not_be_seen_is_not_there(stage: Stage) -> None:
    found = stage.house.rate(stage.house.ask("能不能用续贷掩盖信用风险？"), "不对")
    assert f"feedback/{found.id}" in stage.get("li.na", "feedback").text
    assert f"feedback/{found.id}" not in stage.get("zhao.min", "feedback").text
    for path in (f"feedback/{found.id}", f"gold/new?feedback={found.id}", f"gold/new?answer={found.answer_id}"):
        assert stage.get("zhao.min", path).status_code == 404


# --- 标准题 ---------------------------------------------------------------------------------------


def test_a_case_is_proposed_reviewed_by_another_and_runs_as_a_case_file(stage: Stage) -> None:
    made = stage.propose(question="客户13812345678问不得发放贷款的情形有哪些？", document=["", DEPARTMENTS.id],
                         address=["", "二、(一)"])  # fmt: skip
    assert "请另一位同事复核" in stage.get("li.na", f"gold/{made}").text
    assert stage.post("li.na", f"gold/{made}", action="accept").status_code == 403
    assert read_gold(stage.house.gold_file) == ()
    assert stage.post("wang.wei", f"gold/{made}", action="accept").status_code == 303
    [case] = read_gold(stage.house.gold_file)
    assert case.question == "客户［手机号］问不得发放贷款的情形有哪些？"
    assert case.addresses == ((LAW, "第四条"), (DEPARTMENTS.id, "二、（一）"))
    assert (case.outcome, case.author, case.reviewer) == (Outcome.ANSWERED, "li.na", "wang.wei")
    [line] = read_cases(stage.house.gold_file)
    assert line.answerable
    assert stage.post("wang.wei", f"gold/{made}", action="return", remark="晚了").status_code == 409
    acts = stage.house.acts("gold.")
    assert [kind for kind, _ in acts] == ["gold.proposed", "gold.accepted"]
    assert "情形" not in json.dumps(acts, ensure_ascii=False)


def test_a_case_goes_back_with_a_reason_and_comes_again(stage: Stage) -> None:
    made = stage.propose()
    assert stage.post("wang.wei", f"gold/{made}", action="return").status_code == 422
    assert stage.post("wang.wei", f"gold/{made}", action="return", remark="条款不全").status_code == 303
    assert "条款不全" in stage.get("li.na", f"gold/{made}").text
    form = stage.get("li.na", f"gold/new?again={made}").text
    assert "不得发放贷款的情形有哪些？</textarea>" in form
    assert 'value="answered" required checked' in form
    assert 'value="第四条"' in form
    assert read_gold(stage.house.gold_file) == ()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"outcome": "answered"}, "至少指明一处条款"),
        ({"outcome": "not_found", "clause": f"{LAW}#第四条"}, "不应有条款依据"),
        ({"outcome": "answered", "clause": f"{LAW}#第九十九条"}, "先数勾选的，再数填写的）在库里没有找到"),
        ({"outcome": "answered", "document": LAW, "address": ""}, "先数勾选的，再数填写的）在库里没有找到"),
        ({"outcome": "answered", "document": "", "address": "第四条"}, "先数勾选的，再数填写的）在库里没有找到"),
        ({"outcome": "maybe", "clause": f"{LAW}#第四条"}, "请选择这道题应有的结果"),
        ({"outcome": "not_found", "question": " "}, "问题"),
    ],
)
def test_a_case_that_cannot_be_used_is_told_and_what_was_typed_stays(
    stage: Stage, fields: dict[str, Any], words: str
) -> None:
    answer = stage.post("li.na", "gold/new", **{"question": "能贷吗？", "note": "记一笔", **fields})
    assert answer.status_code == 422
    assert words in re.findall(r'role="alert">([^<]*)<', answer.text)[0]
    assert 'value="记一笔"' in answer.text
    assert stage.house.registry.candidates.listed(CandidateState.WAITING) == ()


def test_a_case_on_what_may_not_be_seen_is_neither_proposed_nor_shown(stage: Stage) -> None:
    clause = f"{DEPARTMENTS.id}#二、（一）"
    fields = {"question": "能贷吗？", "outcome": "answered", "clause": clause}
    assert stage.post("zhao.min", "gold/new", **fields).status_code == 422
    made = stage.propose(**fields)
    assert stage.get("zhao.min", f"gold/{made}").status_code == 404
    assert stage.post("zhao.min", f"gold/{made}", action="accept").status_code == 404
    assert made not in stage.get("zhao.min", "gold").text
    assert made in stage.get("wang.wei", "gold").text


def test_a_case_out_of_a_gap_closes_it_once_somebody_else_has_accepted_it(stage: Stage) -> None:
    gap = stage.house.ask(LOTTERY)
    form = stage.get("li.na", f"gold/new?gap={gap}").text
    assert f'name="gap" value="{gap}"' in form
    made = stage.propose(question=LOTTERY, outcome="not_found", clause=[], gap=gap)
    assert LOTTERY in stage.get("li.na", "gaps").text  # not before it was looked at
    assert stage.post("zhao.min", f"gold/{made}", action="accept").status_code == 303
    assert "没有待处理的问题" in stage.get("li.na", "gaps").text
    page = stage.get("li.na", f"gaps/{gap}").text
    [case] = read_gold(stage.house.gold_file)
    assert case.id in page
    assert "zhao.min" in page
    other = stage.house.ask(OTHER)
    assert stage.act("li.na", other, action="gold", case=case.id).status_code == 303
    closed = [facts for kind, facts in stage.house.acts("gap.closed")]
    assert [facts["settled"] for facts in closed] == [case.id, case.id]


def test_a_case_is_withdrawn_with_a_reason(stage: Stage) -> None:
    made = stage.propose()
    stage.post("wang.wei", f"gold/{made}", action="accept")
    assert len(read_gold(stage.house.gold_file)) == 1
    assert stage.post("li.na", f"gold/{made}", action="withdraw").status_code == 422
    assert stage.post("li.na", f"gold/{made}", action="withdraw", remark="文件已废止").status_code == 303
    assert read_gold(stage.house.gold_file) == ()
    assert made in stage.get("li.na", "gold?state=withdrawn").text


def test_a_file_that_cannot_be_written_leaves_the_case_waiting(stage: Stage) -> None:
    made = stage.propose()
    stage.house.gold_file.write_text("{broken\n", "utf-8")
    assert stage.post("wang.wei", f"gold/{made}", action="accept").status_code >= 400
    candidate = stage.house.registry.candidates.get(made)
    assert candidate is not None
    assert candidate.state is CandidateState.WAITING
    assert stage.house.gold_file.read_text("utf-8") == "{broken\n"


def test_a_gold_set_that_somebody_broke_is_told_with_its_line(stage: Stage) -> None:
    stage.house.door.office.gold_file.write_text("{\n", encoding="utf-8")  # type: ignore[union-attr]
    answer = stage.get("li.na", "gold?state=accepted")
    assert (answer.status_code, "第 1 行" in answer.text) == (503, True)
