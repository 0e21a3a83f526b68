"""What the chat page does with conversations that were kept, without a browser: faults are told, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from serving_fakes import FakeAssistant
from test_given_again import ASKED, Stage, library, staged

from assistant.errors import RecordsError
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal, PrincipalKind, Scope
from assistant.serving.desk import Desk
from assistant.serving.given import GivenAnswers
from assistant.serving.history import History
from assistant.serving.page.remembering import links_html, opened, rated
from assistant.serving.page.talking import Talk, clear
from assistant.serving.sessions import SessionNotFoundError, SessionStore

BROKEN = RecordsError("记录库暂时用不了，请稍后再试。")


class Broken(SessionStore):
    """Cannot drop anything."""

    def forget(self, session_id: str, owner: str = "") -> None:
        raise BROKEN


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path, library("内部")) as stage:
        yield stage


def history_of(stage: Stage) -> History:
    found: History = stage.client.app.state.history
    return found


def staff(stage: Stage) -> Principal:
    """Whoever `stage.ask` asks as."""
    [owner] = {one.owner for one in stage.registry.answers.of_ids([stage.ask().json()["answer_id"]]).values()}
    return Principal(
        kind=PrincipalKind.KEY,
        subject=owner.partition(":")[2],
        scopes=frozenset({Scope.ASK}),
        labels=frozenset({"内部"}),
    )


# --- begun anew ---


def test_what_is_not_kept_is_forgotten_with_the_page() -> None:
    desk = Desk(FakeAssistant)
    session_id = asyncio.run(desk.ask(Inquiry(question="能续贷吗？"))).session_id
    talk, messages, _, _, status = clear(
        desk, Talk(session_id=session_id, messages=({"role": "user", "content": "x"},))
    )
    assert (talk, messages, "对话已清空。" in status) == (Talk(), [], True)
    with pytest.raises(SessionNotFoundError):
        desk.sessions.open(session_id)


def test_what_cannot_be_forgotten_stays_and_that_is_said() -> None:
    desk = Desk(FakeAssistant, sessions=Broken())
    before = Talk(session_id="s", messages=({"role": "user", "content": "能续贷吗？"},))
    talk, messages, _, _, status = clear(desk, before)
    assert (talk, messages) == (before, list(before.messages))
    assert "对话没有清空。记录库暂时用不了，请稍后再试。" in status


def test_what_is_kept_stays_in_the_history(stage: Stage) -> None:
    asker = staff(stage)
    mine = stage.ask().json()["session_id"]
    desk = stage.client.app.state.desk
    assert desk.keeps
    talk, messages, _, _, status = clear(desk, Talk(session_id=mine), asker)
    assert (talk, messages) == (Talk(), [])
    assert "以前的对话在“历史”里" in status
    assert opened(history_of(stage), mine, asker)[0].session_id == mine


# --- opened again ---


def test_a_conversation_is_opened_as_it_was_shown(stage: Stage) -> None:
    asker = staff(stage)
    first = stage.ask().json()
    second = stage.ask("那农户呢？", session_id=first["session_id"]).json()
    talk, messages, box, cards, status = opened(history_of(stage), first["session_id"], asker)
    assert (talk.session_id, talk.answer_id, talk.again, box) == (first["session_id"], second["answer_id"], None, "")
    assert [one["role"] for one in messages] == ["user", "assistant"] * 2
    assert messages[0]["content"] == ASKED
    assert "有依据" in messages[1]["content"]
    assert "有条款写明" not in messages[1]["content"]  # why it was so is not kept, and not made up
    assert "二、（一）" in cards
    assert f"已打开“{ASKED}”" in status
    assert "只显示最近" not in status


def test_what_an_answer_was_limited_to_is_said_when_it_is_opened_again(stage: Stage) -> None:
    asker = staff(stage)
    session = stage.ask(as_of="2025-06-30").json()["session_id"]
    _, messages, _, _, _ = opened(history_of(stage), session, asker)
    assert "时效：按 2025-06-30 有效的文本作答" in messages[1]["content"]


def test_of_a_long_one_the_last_exchanges_are_shown_and_that_is_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.serving.page import remembering

    monkeypatch.setattr(remembering, "_SHOWN", 2)
    asker = staff(stage)
    session = stage.ask().json()["session_id"]
    for number in range(2):
        stage.ask(f"{ASKED}（{number}）", session_id=session)
    _, messages, _, _, status = opened(history_of(stage), session, asker)
    assert len(messages) == 4
    assert "只显示最近 2 次问答，其余在“历史”里。" in status


def test_what_may_not_be_seen_any_more_is_not_shown(stage: Stage) -> None:
    asker = staff(stage)
    session = stage.ask().json()["session_id"]
    stage.assistant = library("内部", "信贷部")
    talk, messages, _, cards, _ = opened(history_of(stage), session, asker)
    assert messages[1]["content"] == "（所依据的文件您现在不能看，不再显示。）"
    assert "续贷业务" not in cards
    assert talk.answer_id is None  # so it cannot be rated either


@pytest.mark.parametrize("fault", [BROKEN, ValueError("陌生的话")])
def test_a_fault_on_opening_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    asker, history = staff(stage), history_of(stage)

    def broken(*_: Any) -> Any:
        raise fault

    assert "没有这次对话" in opened(history, "0" * 32, asker)[4]
    monkeypatch.setattr(GivenAnswers, "talk", broken)
    talk, messages, _, _, status = opened(history, "s", asker)
    assert (talk, messages) == (Talk(), [])
    assert "陌生的话" not in status
    assert "请稍后再试" in status


# --- rated ---


def test_an_opinion_that_cannot_be_kept_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asker, history = staff(stage), history_of(stage)
    talk = Talk(session_id="s", answer_id=stage.ask().json()["answer_id"])
    assert rated(history, talk, asker, True)[0]
    assert rated(history, replace(talk, answer_id=None), asker, True)[0] is False
    assert "没有这次答复" in rated(history, replace(talk, answer_id="0" * 32), asker, True)[1]
    assert "无法识别的字符" in rated(history, talk, asker, True, None, "a\x00")[1]
    viewing = replace(asker, viewing="department=x")
    assert rated(history, talk, viewing, True) == (False, rated(history, talk, viewing, False)[1])
    assert "请先结束查看" in rated(history, talk, viewing, True)[1]

    def broken(*_: Any, **__: Any) -> Any:
        raise ValueError("陌生的话")

    monkeypatch.setattr(GivenAnswers, "rate", broken)
    kept, status = rated(history, talk, asker, True)
    assert (kept, "陌生的话" in status) == (False, False)


def test_a_reason_that_is_none_is_left_out(stage: Stage) -> None:
    asker, history = staff(stage), history_of(stage)
    talk = Talk(session_id="s", answer_id=stage.ask().json()["answer_id"])
    for reason, kept in (("unclear", "unclear"), ("nothing", None), (None, None)):
        assert rated(history, talk, asker, False, reason, "  ")[0]
        [found] = stage.registry.feedback.listed(useful=None, after=None, limit=1)
        assert (found.reason, found.comment) == (kept, None)


def test_links_are_there_once_there_is_an_answer() -> None:
    assert links_html(Talk(), keeps=True) == ""
    kept, not_kept = (links_html(Talk(session_id="s"), keeps=keeps) for keeps in (True, False))
    assert 'href="history/s/export?kind=docx"' in kept
    assert "开发模式不保存对话" not in kept
    assert "开发模式不保存对话" in not_kept
