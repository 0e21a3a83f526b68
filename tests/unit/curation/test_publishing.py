"""From approved changes to a generation and back: by two people, whole or not at all, nothing that it touches lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from corpus_samples import NOTICE, Corner, rules
from doors import opened
from publishing_house import APPROVER, BOTH, EDITOR, adding, house_at, person, removing

from assistant.access.registry import Registry
from assistant.corpus import aside as aside_module
from assistant.corpus.aside import BatchRefused, Moved, aside_of
from assistant.corpus.diff import Change as Becomes
from assistant.corpus.outcomes import Given
from assistant.curation.preparing import GOLD, Prepared
from assistant.curation.publishing import Publishing
from assistant.curation.touched import How
from assistant.errors import Abandoned, InputError, NotAllowed, NotFoundError, RecordsError
from assistant.indexing.generations import list_generations, serve
from assistant.indexing.self_check import VerifyReport
from assistant.parsing.corrections import Act, Correction, line_hash
from assistant.records.answers import KeptAnswer
from assistant.records.changes import ChangeKind, ChangeState
from assistant.schema.answer import Answer, Mode, Outcome
from assistant.schema.document import Document, DocumentMeta
from assistant.schema.inquiry import Inquiry


@pytest.fixture(autouse=True)
def no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(folder: Path, **_: object) -> VerifyReport:
        return VerifyReport(folder=str(folder), documents=1, chunks=1, sampled=1, problems=())

    monkeypatch.setattr("assistant.indexing.build.verify_generation", whole)


def silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody looks."""


@dataclass
class Office:
    """What the tests work with."""

    root: Path
    corner: Corner
    registry: Registry
    publishing: Publishing

    def add(self, name: str, text: str, **facts: Any) -> str:
        return adding(self.registry, self.root, name, text, **facts).id

    def prepared(self, *ids: str, approved: bool = True) -> Prepared:
        if approved:
            for one in ids:
                self.publishing.approve(APPROVER, one)
        return self.publishing.prepare(ids, silent)

    def publish(self, *ids: str) -> Prepared:
        prepared = self.prepared(*ids)
        self.publishing.publish(APPROVER, prepared)
        return prepared

    def states(self, *ids: str) -> list[str]:
        return [self.registry.changes.get(one).state.value for one in ids]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    corner = Corner(tmp_path)
    corner.release().add([corner.put("办法.md", rules(2024)), corner.put("通知.txt", NOTICE)])
    with opened(tmp_path) as registry:
        yield Office(tmp_path, corner, registry, Publishing(registry, house_at(tmp_path, corner)))


# --- two people ---------------------------------------------------------------------------------


def test_nobody_lets_out_what_they_prepared(office: Office) -> None:
    change = adding(office.registry, office.root, "细则.md", rules(2025), by=BOTH)
    with pytest.raises(NotAllowed, match="另一个人"):
        office.publishing.approve(BOTH, change.id)
    with pytest.raises(NotAllowed, match="权限"):
        office.publishing.approve(EDITOR, change.id)
    prepared = office.prepared(change.id)
    with pytest.raises(NotAllowed, match="另一个人"):
        office.publishing.publish(BOTH, prepared)
    with pytest.raises(NotAllowed, match="权限"):
        office.publishing.publish(EDITOR, prepared)
    assert office.states(change.id) == ["approved"]


def test_what_is_sent_back_needs_words(office: Office) -> None:
    change = office.add("细则.md", rules(2025))
    with pytest.raises(InputError, match="原因"):
        office.publishing.send_back(APPROVER, change, "  ")
    assert office.publishing.send_back(APPROVER, change, "缺文号").decision == "缺文号"
    kinds = [entry.kind for entry in office.registry.chain.newest(before=None, kind=None, subject=None, limit=9)]
    assert kinds == ["change.returned"]


def test_a_waiting_change_can_be_looked_at_and_not_published(office: Office) -> None:
    change = office.add("细则.md", rules(2025))
    before = office.corner.state()
    prepared = office.prepared(change, approved=False)
    with pytest.raises(InputError, match="还没有批准"):
        office.publishing.publish(APPROVER, prepared)
    assert office.corner.state() == before


def test_what_was_prepared_further_since_is_looked_at_again(office: Office) -> None:
    change = office.add("细则.md", rules(2025))
    prepared = office.prepared(change)
    office.publishing.send_back(APPROVER, change, "改地区")
    office.registry.changes.edit(change, facts={"region": "陕西"})
    office.registry.changes.submit(change)
    office.publishing.approve(APPROVER, change)
    with pytest.raises(InputError, match="重新预览"):
        office.publishing.publish(APPROVER, prepared)


# --- looking ------------------------------------------------------------------------------------


def test_a_new_version_is_held_against_the_one_before(office: Office) -> None:
    prepared = office.prepared(office.add("办法2025.md", rules(2025, limit="六百")))
    looks = {look.change.document_id: look for look in prepared.documents}
    new = looks["办法2025"]
    assert (new.change.change, new.change.against) == (Becomes.VERSION, "办法")
    assert new.comparison is not None
    changed = [line.one.address for line in new.comparison.lines if line.change.value == "changed"]
    assert "第二条" in changed
    assert {name for name, _, _ in looks["办法"].change.facts} >= {"superseded_by"}


def test_looking_changes_nothing_and_is_not_served(office: Office) -> None:
    before, generations = office.corner.state(), list_generations(office.corner.indexes)
    office.prepared(office.add("细则.md", rules(2025)))
    assert office.corner.state() == before
    assert list_generations(office.corner.indexes) == generations  # nobody can switch to it before it is published
    assert aside_of(office.corner.indexes).is_dir()
    office.publishing.put_away()
    assert not aside_of(office.corner.indexes).exists()


def test_what_cannot_be_taken_in_is_named(office: Office) -> None:
    good, bad = office.add("细则.md", rules(2025)), office.add("空.md", "\n")
    with pytest.raises(BatchRefused) as caught:
        office.prepared(good, bad)
    assert set(caught.value.reasons) == {bad}
    gone = removing(office.registry, "没有的").id
    with pytest.raises(BatchRefused, match="没有这份文件"):
        office.prepared(gone)


def test_corrections_that_would_be_lost_keep_a_file_out(office: Office) -> None:
    change = adding(office.registry, office.root, "另名.txt", f"{NOTICE}\n")
    words = next(line for line in NOTICE.split("\n") if line.startswith("二、"))
    one = Correction(line=NOTICE.split("\n").index(words) + 1, words=line_hash(words), act=Act.PLAIN)
    office.registry.changes.send_back(change.id, by=APPROVER.id, words="校对")
    office.registry.changes.edit(change.id, corrections=[one.json()])
    office.registry.changes.submit(change.id)
    with pytest.raises(BatchRefused, match="校对不会用上"):
        office.prepared(change.id)


def test_somebody_can_stop_it(office: Office) -> None:
    def stop(stage: str, _done: int, _total: int) -> None:
        if stage == "生成向量":
            raise Abandoned

    change, before = office.add("细则.md", rules(2025)), office.corner.state()
    with pytest.raises(Abandoned):
        office.publishing.prepare([change], stop)
    assert office.corner.state() == before
    assert office.prepared(change).documents  # and begin anew


# --- what it touches ----------------------------------------------------------------------------


def kept(office: Office, answer_id: str, document: str, address: str, quote: str) -> None:
    body = {"citations": [{"document_id": document, "address": address, "quotes": [quote]}]}
    one = KeptAnswer(
        id=answer_id, owner="user:a", session_id=None, generation="g", created_at=1,
        inquiry=json.dumps({"question": "问", "rights": []}), body=json.dumps(body, ensure_ascii=False),
    )  # fmt: skip
    with office.registry.store.write() as connection:
        office.registry.answers.add(connection, one)


def test_answers_that_rest_on_what_goes_are_found_and_others_are_not(office: Office) -> None:
    kept(office, "a-rule", "办法", "第二条", "单户贷款余额不得超过五百万元。")
    kept(office, "a-notice", "通知", "二、", "不得向小微企业收取承诺费")
    found = office.prepared(removing(office.registry, "办法").id).answers
    assert [(one.kept.id, [place.how for place in one.places]) for one in found] == [("a-rule", [How.REMOVED])]


def test_answers_that_rest_on_a_version_that_ends_are_found(office: Office) -> None:
    kept(office, "a-rule", "办法", "第二条", "单户贷款余额不得超过五百万元。")
    found = office.prepared(office.add("办法2025.md", rules(2025))).answers
    assert [place.how for one in found for place in one.places] == [How.ENDED]


def test_duty_rows_that_go_and_come_are_found(office: Office) -> None:
    gone = office.prepared(removing(office.registry, "通知").id).duties
    assert {line.change for line in gone} == {"消失"}
    assert any("承诺费" in line.old_words for line in gone)
    new = office.prepared(
        office.add("规定.txt", NOTICE.replace("续贷服务", "信贷服务").replace("承诺费", "咨询费"))
    ).duties
    assert {line.change for line in new} == {"新增"}


# --- the gate -----------------------------------------------------------------------------------


class Scripted:
    """An assistant that answers everything alike, and cites nothing."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def ask(self, inquiry: Inquiry) -> Answer:
        question = inquiry.question
        return Answer(
            question=question, standalone_question=question, outcome=self._outcome, mode=Mode.EXTRACTIVE, text="",
            statements=(), citations=(),
        )  # fmt: skip

    def documents(self) -> tuple[DocumentMeta, ...]:
        return ()

    def document(self, document_id: str) -> Document:
        raise NotFoundError(document_id)


def gold(office: Office) -> None:
    case = {"id": "g1", "question": "月球上的银行几点开门？", "gold": [], "answerable": False}
    (office.root / "data").mkdir(exist_ok=True)
    (office.root / "data" / GOLD).write_text(json.dumps(case, ensure_ascii=False) + "\n", encoding="utf-8")


@pytest.mark.parametrize("then", [Outcome.NOT_FOUND, Outcome.ANSWERED])
def test_a_case_that_turns_wrong_shuts_the_gate_unless_somebody_says_why(office: Office, then: Outcome) -> None:
    gold(office)
    answering = {"now": Scripted(Outcome.NOT_FOUND), "then": Scripted(then)}
    publishing = Publishing(office.registry, house_at(office.root, office.corner, answering=answering))
    change = office.add("细则.md", rules(2025))
    publishing.approve(APPROVER, change)
    prepared = publishing.prepare([change], silent)
    assert (prepared.gate.cases, prepared.gate.right_before) == (1, 1)
    assert prepared.gate.shut == (then is Outcome.ANSWERED)
    if prepared.gate.shut:
        with pytest.raises(InputError, match="理由"):
            publishing.publish(APPROVER, prepared)
        assert office.states(change) == ["approved"]
    done = publishing.publish(APPROVER, prepared, reason="题目过时")
    assert done.reason == ("题目过时" if prepared.gate.shut else "")
    assert done.summary["gate"]["worse"] == (["g1"] if prepared.gate.shut else [])
    [record] = office.registry.chain.newest(before=None, kind="corpus.published", subject=None, limit=2)
    assert record.facts["gate_overridden"] is prepared.gate.shut


def test_without_a_gold_set_the_gate_says_so(office: Office) -> None:
    gate = office.prepared(office.add("细则.md", rules(2025))).gate
    assert (gate.cases, gate.shut) == (0, False)


# --- publishing ---------------------------------------------------------------------------------


def test_what_is_published_is_served_and_noted(office: Office) -> None:
    change, gone = (
        office.add("细则.md", rules(2025).replace("办法", "细则"), region="陕西"),
        removing(office.registry, "通知").id,
    )
    before = office.corner.served
    prepared = office.publish(change, gone)
    assert office.corner.files == ["manifest.jsonl", "办法.md", "细则.md"]
    assert office.corner.served not in (None, before)
    assert office.states(change, gone) == ["published", "published"]
    found = office.registry.changes.get(change)
    assert (found.document_id, found.generation) == ("细则", office.corner.served)
    [noted] = office.registry.publications.listed()
    assert (noted.id, noted.before, noted.by) == (prepared.id, before, APPROVER.id)
    assert {one["id"]: one["change"] for one in noted.summary["documents"]} == {"细则": "added", "通知": "removed"}
    [record] = office.registry.chain.newest(before=None, kind="corpus.published", subject=None, limit=2)
    assert (record.subject, record.facts["changes"]) == (APPROVER.id, [change, gone])


def other_files(office: Office) -> None:
    office.corner.release().add([office.corner.put("别的.txt", NOTICE.replace("续贷", "首贷"))])


def other_facts(office: Office) -> None:
    office.corner.release().add([office.corner.inbox / "办法.md"], given=Given(region="陕西"))


def a_file_that_nobody_added(office: Office) -> None:
    (office.corner.corpus / "细则.md").write_text("随手放的文件", encoding="utf-8")


@pytest.mark.parametrize("meddle", [other_files, other_facts, a_file_that_nobody_added])
def test_a_library_that_moved_is_not_overwritten(office: Office, meddle: Callable[[Office], None]) -> None:
    change = office.add("细则.md", rules(2025))
    prepared = office.prepared(change)
    meddle(office)
    after = office.corner.state()
    with pytest.raises(Moved):
        office.publishing.publish(APPROVER, prepared)
    assert (office.corner.state(), office.states(change)) == (after, ["approved"])
    office.publishing.publish(APPROVER, office.publishing.prepare([change], silent))
    assert office.states(change) == ["published"]


def test_a_preview_is_published_once(office: Office) -> None:
    prepared = office.publish(office.add("细则.md", rules(2025)))
    with pytest.raises(InputError):
        office.publishing.publish(APPROVER, prepared)
    assert len(office.registry.publications.listed()) == 1


def test_an_index_that_was_rolled_back_since_is_looked_at_again(office: Office) -> None:
    other_files(office)
    prepared = office.prepared(office.add("细则.md", rules(2025)))
    older = next(info.name for info in list_generations(office.corner.indexes) if not info.current)
    serve(office.corner.indexes, older)
    with pytest.raises(Moved):
        office.publishing.publish(APPROVER, prepared)


# --- breaking off -------------------------------------------------------------------------------


def killed_at(office: Office, place: str, prepared: Prepared) -> None:
    """Publishes in a process of its own, which ends without a word when it comes to `place`."""
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] != 0
        return
    setattr(aside_module, place, lambda *_, **__: os._exit(9))
    with opened(office.root) as registry:
        Publishing(registry, house_at(office.root, office.corner)).publish(APPROVER, prepared)
    os._exit(0)


@pytest.mark.parametrize(
    ("place", "whole"), [("take_over", False), ("commit", False), ("switch_to", True), ("remove_old", True)]
)
def test_a_process_killed_at_any_point_leaves_nothing_half_done(office: Office, place: str, whole: bool) -> None:
    change = office.add("细则.md", rules(2025))
    prepared, before = office.prepared(change), office.corner.state()
    killed_at(office, place, prepared)
    office.publishing.catch_up()
    assert office.states(change) == (["published"] if whole else ["approved"])
    if whole:
        assert "细则.md" in office.corner.files
        assert office.corner.served == office.registry.changes.get(change).generation
        assert len(office.registry.publications.listed()) == 1
    else:
        assert office.corner.state() == before
    office.publishing.catch_up()  # and nothing is noted twice
    noted = office.registry.chain.newest(before=None, kind="corpus.published", subject=None, limit=9)
    assert len(noted) == int(whole)


def test_records_that_cannot_be_written_are_written_at_the_next_look(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = office.add("细则.md", rules(2025))
    prepared = office.prepared(change)
    with monkeypatch.context() as patched:

        def full(*_: object, **__: object) -> None:
            raise RecordsError("记录库写不进去。")

        patched.setattr(office.registry.publications, "add", full)
        with pytest.raises(RecordsError):
            office.publishing.publish(APPROVER, prepared)
    office.publishing.catch_up()
    assert office.states(change) == ["published"]
    assert [one.id for one in office.registry.publications.listed()] == [prepared.id]


def test_of_a_corpus_that_others_changed_after_a_crash_what_is_there_is_noted(office: Office) -> None:
    change, gone = office.add("细则.md", rules(2025)), removing(office.registry, "通知").id
    killed_at(office, "switch_to", office.prepared(change, gone))
    other_files(office)
    office.publishing.catch_up()
    assert office.states(change, gone) == ["published", "published"]


# --- taking back --------------------------------------------------------------------------------


def test_a_publication_is_taken_back_by_changes_that_another_person_lets_out(office: Office) -> None:
    before = office.corner.state()
    gone = removing(office.registry, "通知").id
    prepared = office.publish(office.add("细则.md", rules(2025).replace("办法", "细则")), gone)
    back = office.publishing.take_back(APPROVER, prepared.id)
    assert {change.kind for change in back} == {ChangeKind.ADD, ChangeKind.REMOVE}
    assert {change.state for change in back} == {ChangeState.WAITING}
    with pytest.raises(NotAllowed):
        office.publishing.approve(APPROVER, back[0].id)
    with pytest.raises(InputError, match="待办"):
        office.publishing.take_back(EDITOR, prepared.id)
    for change in back:
        office.publishing.approve(BOTH, change.id)
    office.publishing.publish(BOTH, office.publishing.prepare([change.id for change in back], silent))
    after = office.corner.state()
    assert after.keys() == before.keys()
    assert after["通知.txt"] == before["通知.txt"]
    with pytest.raises(NotAllowed):
        office.publishing.take_back(person("sun"), prepared.id)
