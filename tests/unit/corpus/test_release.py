"""Files in and out of the corpus: one verdict each, all or nothing, and the index with them."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from corpus_samples import NOTICE, Corner, rules
from killed import killed_after

from assistant.corpus import release as release_module
from assistant.corpus import staging as staging_module
from assistant.corpus.ingest_report import write_report
from assistant.corpus.intake import display_name, find_candidates, safe_name
from assistant.corpus.manifest import MANIFEST, ManifestLine, read_manifest
from assistant.corpus.outcomes import FileVerdict, Given
from assistant.corpus.reading import parse_file, read_corpus
from assistant.corpus.staging import recover
from assistant.corpus.status import corpus_status
from assistant.corpus.succession import title_key
from assistant.errors import AssistantError, IndexStoreError, InputError, ModelUnavailable, NotFoundError, SourceError
from assistant.indexing.generations import list_generations
from assistant.indexing.self_check import VerifyReport
from assistant.models.protocols import Vectors
from assistant.models.standins import HashingEmbedder
from assistant.schema.document import Document, Validity


@pytest.fixture(autouse=True)
def no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build is proved in a child process; tests/integration/test_generations.py does that for real."""

    def whole(folder: Path, **_: object) -> VerifyReport:
        return VerifyReport(folder=str(folder), documents=1, chunks=1, sampled=1, problems=())

    monkeypatch.setattr("assistant.indexing.build.verify_generation", whole)


@pytest.fixture
def corner(tmp_path: Path) -> Corner:
    return Corner(tmp_path)


def line(corner: Corner, name: str) -> ManifestLine:
    return read_manifest(corner.corpus)[name]


def verdicts(outcomes: Sequence[Any]) -> list[tuple[str, str]]:
    return [(outcome.verdict.value, outcome.code) for outcome in outcomes]


# --- coming in ----------------------------------------------------------------------------------


def test_a_file_comes_in_with_its_facts_and_its_origin(corner: Corner) -> None:
    report = corner.release().add([corner.put("办法.md", rules(2024))])
    assert (report.exit_code, verdicts(report.outcomes)) == (0, [("added", "ok")])
    assert report.build is not None
    assert report.build.built
    assert corner.served == report.build.folder.name
    entry = line(corner, "办法.md")
    assert (entry.title, entry.issuer, entry.document_number) == ("小额贷款管理办法", "某监管局", "某令〔2024〕1号")
    assert (entry.effective_on, entry.status) == (date(2024, 3, 1), Validity.IN_FORCE)
    assert (entry.original_name, str(entry.added_at)) == ("办法.md", "2026-05-06 07:08:09+00:00")
    assert entry.sha256 == report.outcomes[0].sha256
    quality = report.outcomes[0].quality
    assert quality is not None
    assert (quality.coverage, dict(quality.units), quality.numbering_gaps) == (1.0, {"article": 4}, ())
    assert stat.S_IMODE((corner.corpus / "办法.md").stat().st_mode) == 0o644
    [document] = read_corpus([corner.corpus]).documents
    assert document.meta.document_number == "某令〔2024〕1号"


def test_what_the_person_states_goes_before_what_the_file_says(corner: Corner) -> None:
    given = Given(title="某办法", status=Validity.REPEALED, expired_on=date(2025, 1, 1), region="陕西", source="某网站")
    corner.release().add([corner.put("办法.md", rules(2024))], given=given)
    entry = line(corner, "办法.md")
    assert (entry.title, entry.status, entry.expired_on) == ("某办法", Validity.REPEALED, date(2025, 1, 1))
    assert (entry.region, entry.source, entry.issuer) == ("陕西", "某网站", "某监管局")


def test_one_title_for_two_files_is_refused(corner: Corner) -> None:
    paths = [corner.put("甲.txt", NOTICE), corner.put("乙.md", rules(2024))]
    with pytest.raises(InputError, match="--title"):
        corner.release().add(paths, given=Given(title="某通知"))
    assert corner.files == []


def test_the_same_again_changes_nothing(corner: Corner) -> None:
    path = corner.put("办法.md", rules(2024))
    corner.release().add([path])
    before = corner.state()
    report = corner.release(embedder=lambda: pytest.fail("nothing is to be built")).add([path])
    assert (report.exit_code, verdicts(report.outcomes), report.build) == (0, [("duplicate", "duplicate")], None)
    assert corner.state() == before


def test_facts_of_a_known_file_can_be_stated_later(corner: Corner) -> None:
    path = corner.put("办法.md", rules(2024))
    corner.release().add([path])
    report = corner.release().add([path], given=Given(region="陕西"))
    assert verdicts(report.outcomes) == [("updated", "updated")]
    assert line(corner, "办法.md").region == "陕西"
    assert report.build is not None
    assert report.build.embedded == 0  # the words are the same


def test_the_same_words_under_another_name_are_an_alias(corner: Corner) -> None:
    corner.release().add([corner.put("通知.txt", NOTICE)])
    other = corner.put("续贷通知.txt", NOTICE.encode("gb18030"))
    report = corner.release().add([other])
    assert verdicts(report.outcomes) == [("alias", "alias")]
    assert corner.files == [MANIFEST, "通知.txt"]
    assert line(corner, "通知.txt").aliases == ("续贷通知",)
    assert verdicts(corner.release().add([other]).outcomes) == [("duplicate", "duplicate")]


def test_two_texts_of_one_name_and_different_titles_are_both_kept(corner: Corner) -> None:
    first, second = corner.put("a/文件.txt", NOTICE), corner.put("b/文件.txt", NOTICE.replace("续贷", "首贷"))
    report = corner.release().add([first, second])
    assert verdicts(report.outcomes) == [("added", "ok"), ("added", "ok")]
    names = [name for name in corner.files if name != MANIFEST]
    assert names[-1] == "文件.txt"
    assert names[0].startswith("文件-")
    assert len(read_corpus([corner.corpus]).documents) == 2


# --- versions -----------------------------------------------------------------------------------


def test_a_new_version_takes_the_place_of_the_old_one_until_somebody_decides(corner: Corner) -> None:
    corner.release().add([corner.put("办法.md", rules(2020))])
    report = corner.release().add([corner.put("办法2024.md", rules(2024, limit="一千"))])
    assert verdicts(report.outcomes) == [("new_version", "new_version")]
    assert report.outcomes[0].superseded == ("办法",)
    assert report.pending == ("办法",)
    entry = line(corner, "办法.md")
    assert entry.status is Validity.IN_FORCE  # what was known stays written
    assert entry.proposal is not None
    metas = {d.id: d.meta for d in read_corpus([corner.corpus]).documents}
    old = metas["办法"]
    assert (old.validity, old.expired_on) == (Validity.AMENDED, date(2024, 3, 1))
    assert old.superseded_by == "《小额贷款管理办法》（某令〔2024〕1号），2024-03-01起"
    assert metas["办法2024"].validity is Validity.IN_FORCE
    assert report.build is not None
    assert report.build.reused > 0  # unchanged clauses are not embedded again
    assert report.build.embedded < report.build.chunks // 2


def test_confirming_and_dismissing(corner: Corner) -> None:
    corner.release().add([corner.put("办法.md", rules(2020))])
    corner.release().add([corner.put("办法2024.md", rules(2024, limit="一千"))])
    with pytest.raises(NotFoundError, match="没有待确认"):
        corner.release().decide(confirm={"办法2024": None})
    corner.release().decide(dismiss=["办法"])
    assert line(corner, "办法.md").proposal is None
    assert line(corner, "办法.md").provisional().status is Validity.IN_FORCE
    assert corner_pending(corner) == []


def corner_pending(corner: Corner) -> list[str]:
    return [one.document_id for one in corpus_status(corner.corpus).pending]


def test_confirm_at_once_and_later_come_to_the_same(tmp_path: Path) -> None:
    lines = []
    for name, at_once in (("now", True), ("later", False)):
        (tmp_path / name).mkdir()
        corner = Corner(tmp_path / name)
        corner.release().add([corner.put("办法.md", rules(2020))])
        corner.release().add([corner.put("办法2024.md", rules(2024))], confirm=at_once)
        if not at_once:
            assert corner_pending(corner) == ["办法"]
            report = corner.release().decide(confirm={"办法": None})
            assert report.changed == ("办法",)
        assert corner_pending(corner) == []
        lines.append(line(corner, "办法.md"))
    assert lines[0] == lines[1]
    assert lines[0].status is Validity.AMENDED


def test_an_older_version_that_comes_later_does_not_end_the_newer(corner: Corner) -> None:
    corner.release().add([corner.put("办法2024.md", rules(2024))])
    report = corner.release().add([corner.put("办法.md", rules(2020))])
    assert report.pending == ("办法",)
    assert report.outcomes[0].superseded == ("办法2024",)
    assert line(corner, "办法2024.md").proposal is None


def test_one_title_of_two_agencies_is_two_instruments(corner: Corner) -> None:
    corner.release().add([corner.put("甲.md", rules(2020))])
    report = corner.release().add([corner.put("乙.md", rules(2024).replace("某监管局", "另一监管局"))])
    assert (verdicts(report.outcomes), report.pending) == ([("added", "ok")], ())


@pytest.mark.parametrize("other", ["小额贷款管理办法（试行）", "某省实施小额贷款管理办法细则", "小额贷款管理暂行办法"])
def test_a_look_alike_is_another_instrument(corner: Corner, other: str) -> None:
    corner.release().add([corner.put("甲.md", rules(2020))])
    report = corner.release().add([corner.put("乙.md", rules(2024).replace("小额贷款管理办法", other))])
    assert (verdicts(report.outcomes), report.pending) == ([("added", "ok")], ())
    assert title_key(other) != title_key("小额贷款管理办法")


def test_removing_the_newer_version_gives_the_old_one_back(corner: Corner) -> None:
    corner.release().add([corner.put("办法.md", rules(2020))])
    corner.release().add([corner.put("办法2024.md", rules(2024))])
    corner.release().remove(["办法2024"])
    assert line(corner, "办法.md").proposal is None


def test_a_repeal_clause_is_proposed_with_its_words_and_holds_only_when_confirmed(corner: Corner) -> None:
    ends = "《小额贷款暂行规定》（某令〔2010〕3号）同时废止。"
    old = rules(2010).replace("小额贷款管理办法", "小额贷款暂行规定")
    other = rules(2010, item="费用").replace("小额贷款管理办法", "小额贷款规定")
    paths = [corner.put("旧.md", old), corner.put("别的.md", other), corner.put("新.md", rules(2024, ends=ends))]
    corner.release().add(paths)
    [found] = corpus_status(corner.corpus).pending
    assert (found.document_id, found.holds_already) == ("旧", False)
    assert found.evidence is not None
    assert ends in found.evidence
    assert line(corner, "旧.md").provisional().status is Validity.IN_FORCE
    corner.release().decide(confirm={"旧": found.proposal})
    entry = line(corner, "旧.md")
    assert (entry.status, entry.expired_on) == (Validity.REPEALED, date(2024, 3, 1))
    assert entry.superseded_by == "《小额贷款管理办法》第四条第一款"
    assert corner_pending(corner) == []


def test_a_decision_names_what_it_ends_behind_the_verb(corner: Corner) -> None:
    old = rules(2010).replace("小额贷款管理办法", "小额贷款暂行规定")
    ends = "现决定废止《小额贷款暂行规定》《某不存在的规定》。"
    corner.release().add([corner.put("旧.md", old), corner.put("新.md", rules(2024, ends=ends))])
    assert corner_pending(corner) == ["旧"]


@pytest.mark.parametrize(
    "ends",
    [
        "《小额贷款暂行规定》不予废止。",
        "《小额贷款暂行规定》第三条同时废止。",
        "《小额贷款暂行规定》与本办法不一致的，以本办法为准。",
        "原有规定同时废止。",
    ],
)
def test_what_is_no_repeal_proposes_nothing(corner: Corner, ends: str) -> None:
    old = rules(2010).replace("小额贷款管理办法", "小额贷款暂行规定")
    corner.release().add([corner.put("旧.md", old), corner.put("新.md", rules(2024, ends=ends))])
    assert corner_pending(corner) == []


# --- what does not come in ----------------------------------------------------------------------


def test_one_bad_file_among_many(corner: Corner) -> None:
    for number in range(30):
        corner.put(f"{number:02}.txt", NOTICE.replace("续贷", f"第{number}类"))
    corner.put("bad.txt", b"")
    report = corner.release().add([corner.inbox])
    assert (report.exit_code, report.count(FileVerdict.ADDED), report.count(FileVerdict.REJECTED)) == (3, 30, 1)
    assert "bad.txt" not in corner.files
    assert report.build is not None
    assert report.build.documents == 30


def test_all_bad_leaves_corpus_and_index_as_they_were(corner: Corner) -> None:
    corner.release().add([corner.put("办法.md", rules(2024))])
    before = corner.state()
    bad = [corner.put("a.txt", b""), corner.put("b.exe", b"MZ"), corner.put("c.md", "---\ntitle: [\n---\n正文")]
    report = corner.release(embedder=lambda: pytest.fail("nothing is to be built")).add(bad)
    assert (report.exit_code, report.count(FileVerdict.REJECTED), report.build) == (1, 3, None)
    assert all(outcome.message for outcome in report.outcomes)
    assert corner.state() == before


def test_an_empty_folder_is_not_good(corner: Corner) -> None:
    assert corner.release().add([corner.inbox]).exit_code == 1


def test_a_path_that_is_not_there_is_told(corner: Corner) -> None:
    with pytest.raises(SourceError, match="没有这个文件"):
        corner.release().add([corner.inbox / "none"])


def test_links_pipes_sockets_and_loops_are_passed_over(corner: Corner) -> None:
    real = corner.put("通知.txt", NOTICE)
    outside = corner.put("../outside.txt", rules(2024))
    (corner.inbox / "link.txt").symlink_to(outside)
    (corner.inbox / "dangling.txt").symlink_to(corner.inbox / "none")
    (corner.inbox / "loop").symlink_to(corner.inbox, target_is_directory=True)
    os.mkfifo(corner.inbox / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(corner.inbox)  # the name of a socket has to be short
        try:
            listening.bind("socket.txt")
        finally:
            os.chdir(here)
        os.link(real, corner.inbox / "twin.txt")
        report = corner.release().add([corner.inbox, Path("/dev/null")])
    found = {Path(o.source).name: (o.verdict.value, o.code) for o in report.outcomes}
    special = ("skipped", "special")
    assert {name: v for name, v in found.items() if v == special}.keys() == {
        "link.txt", "dangling.txt", "loop", "pipe.txt", "socket.txt", "null"
    }  # fmt: skip
    assert found["twin.txt"] == ("added", "ok")  # a second name of a regular file is one
    assert found["通知.txt"] == ("alias", "alias")
    assert report.exit_code == 0


def test_a_link_put_in_place_of_a_file_is_not_followed(corner: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    path = corner.put("通知.txt", NOTICE)
    outside = corner.put("../outside.txt", rules(2024))
    [candidate] = list(find_candidates([path]))
    path.unlink()
    path.symlink_to(outside)
    monkeypatch.setattr(release_module, "find_candidates", lambda paths: iter([candidate]))
    report = corner.release().add([path])
    assert verdicts(report.outcomes) == [("skipped", "special")]
    assert corner.files == []


@pytest.mark.parametrize("change", ["write", "vanish", "replace"])
def test_a_file_that_changes_while_it_is_read_is_rejected(
    corner: Corner, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = corner.put("通知.txt", NOTICE)

    def meanwhile(file: Path, entry: ManifestLine | None = None, **_: Any) -> Any:
        if change == "write":
            path.write_text(NOTICE + "三、其他\n各银行机构要报告。\n", encoding="utf-8")
        else:
            path.unlink()
            if change == "replace":
                path.write_text(rules(2024), encoding="utf-8")
        return parse_file(file, entry)

    monkeypatch.setattr("assistant.corpus.judging.parse_file", meanwhile)
    report = corner.release().add([path])
    assert (report.exit_code, verdicts(report.outcomes)) == (1, [("rejected", "changed")])
    assert corner.files == []


def test_garbled_text_waits_for_a_person(corner: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    def garbled(file: Path, entry: ManifestLine | None = None, **_: Any) -> Document:
        return replace(parse_file(file, entry), warnings=("garbled：文字层多半是乱码",))

    monkeypatch.setattr("assistant.corpus.judging.parse_file", garbled)
    path = corner.put("通知.txt", NOTICE)
    refused = corner.release().add([path])
    assert (refused.exit_code, verdicts(refused.outcomes)) == (1, [("rejected", "garbled")])
    assert corner.files == []
    approved = corner.release().add([path], given=Given(garbled_approved=True))
    assert approved.exit_code == 0
    assert corner.files != []


def test_a_list_of_people_is_no_policy(corner: Corner) -> None:
    people = "".join(f"张某 11010519{80 + n % 10}010{n % 9 + 1}00{n:02} 1380013{n:04}\n" for n in range(25))
    report = corner.release().add([corner.put("名单.txt", NOTICE + people)])
    assert verdicts(report.outcomes) == [("rejected", "personal_data")]
    assert "11010519" not in report.outcomes[0].message
    assert "--approve-personal" in report.outcomes[0].message
    assert corner.files == []


def test_a_list_of_people_may_be_approved_by_a_person(corner: Corner) -> None:
    people = "".join(f"张某 11010519{80 + n % 10}010{n % 9 + 1}00{n:02} 1380013{n:04}\n" for n in range(25))
    path = corner.put("名单.txt", NOTICE + people)
    report = corner.release().add([path], given=Given(personal_approved=True))
    assert verdicts(report.outcomes) == [("added", "ok")]
    quality = report.outcomes[0].quality
    assert quality is not None
    assert (quality.personal_ids, quality.phones) == (25, 25)


def test_a_phone_of_a_handler_is_reported_without_its_digits(corner: Corner) -> None:
    report = corner.release().add([corner.put("通知.txt", NOTICE + "\n联系人：王某，13800138000\n")])
    page = (write_report(report, corpus=corner.corpus, indexes_dir=corner.indexes) / "report.md").read_text("utf-8")
    assert "手机号 1 个" in page
    assert "13800138000" not in page


def test_the_report_of_an_add_is_for_people_and_for_programs(corner: Corner) -> None:
    hostile = corner.put("x<img src=x>|`a`.txt", NOTICE.replace("一、", "一、").replace("二、", "四、"))
    report = corner.release().add([hostile, corner.put("bad.txt", b"")])
    folder = write_report(report, corpus=corner.corpus, indexes_dir=corner.indexes)
    assert folder.parent == corner.indexes / "reports"
    found = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert found["exit_code"] == 3
    assert found["counts"]["added"] == found["counts"]["rejected"] == 1
    good, bad = found["files"]
    assert good["quality"]["numbering_gaps"] == ["四"]
    assert good["quality"]["coverage"] == 1.0
    assert (bad["verdict"], bad["quality"]) == ("rejected", None)
    page = (folder / "report.md").read_text(encoding="utf-8")
    assert "可能缺号：四" in page
    assert "覆盖率 100.00%" in page
    assert "<img" not in page.replace("\\<img", "")
    assert list_generations(corner.indexes)[0].documents == 1  # reports do not disturb generations


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("../../etc/passwd", "a/b", "a\\b", "CON", "con.txt", "LPT1.md", "x\x00y.txt", "通知\u202etxt.exe"),
        *("长" * 4096 + ".md", ".", "..", "...", "😀通知.md", "-rf.md", "   ", "", "\ud800.txt", ".hidden"),
        *("a#b@c.txt", " .txt", "a\nb.txt", "~x"),
    ],
)
def test_a_stored_name_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    made = safe_name(name, sha="ab" * 32)
    assert made == Path(made).name
    assert made not in ("", ".", "..")
    assert not made.startswith((".", "-", "~"))
    assert len(made.encode("utf-8")) <= 200
    assert not set(made) & set('/\\:*?"<>|#@\x00\n\u202e')
    assert made.partition(".")[0].lower() not in {"con", "lpt1"}
    (tmp_path / made).write_bytes(b"")
    assert [p.name for p in tmp_path.iterdir()] == [made]
    assert len(display_name(name)) <= 200


def test_a_strange_name_comes_in_and_stays_an_id(corner: Corner) -> None:
    report = corner.release().add([corner.put("-#通知@\u202e一.txt", NOTICE)])
    assert report.outcomes[0].document_id == "通知_一"
    assert corner.files == [MANIFEST, "通知_一.txt"]


# --- going out, and what cannot be done ---------------------------------------------------------


def test_removing(corner: Corner) -> None:
    corner.release().add([corner.put("办法.md", rules(2024)), corner.put("通知.txt", NOTICE)])
    report = corner.release().remove(["通知"])
    assert (report.removed, corner.files) == (("通知",), [MANIFEST, "办法.md"])
    assert report.build is not None
    assert (report.build.documents, report.build.embedded) == (1, 0)
    before = corner.state()
    for ids, fault in ((["通知"], NotFoundError), (["办法"], InputError), (["办法", "x"], NotFoundError)):
        with pytest.raises(fault):
            corner.release().remove(ids)
    assert corner.state() == before


class BrokenEmbedder(HashingEmbedder):
    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        raise ModelUnavailable("向量模型不可用")


def test_a_build_that_fails_changes_nothing(corner: Corner) -> None:
    corner.release().add([corner.put("办法.md", rules(2024))])
    before = corner.state()
    for path in (corner.put("通知.txt", NOTICE), corner.put("办法.md", rules(2025))):
        with pytest.raises(ModelUnavailable):
            corner.release(embedder=BrokenEmbedder).add([path], confirm=True)
        assert corner.state() == before
    assert corner.release().add([corner.put("通知.txt", NOTICE)]).exit_code == 0


def test_a_damaged_document_of_the_corpus_does_not_vanish_unseen(corner: Corner) -> None:
    corner.release().add([corner.put("办法.md", rules(2024))])
    (corner.corpus / "办法.md").write_text("别的内容", encoding="utf-8")
    served = corner.served
    with pytest.raises(SourceError, match="已收的文件读不出"):
        corner.release().add([corner.put("通知.txt", NOTICE)])
    assert corner.served == served
    assert "通知.txt" not in corner.files


def test_a_second_writer_is_refused_with_the_first_ones_id(corner: Corner) -> None:
    path = corner.put("通知.txt", NOTICE)
    with (
        staging_module.sole_writer(corner.corpus),
        pytest.raises(IndexStoreError, match=f"进程号 {os.getpid()}"),
    ):
        corner.release().add([path])
    assert corner.release().add([path]).exit_code == 0


def test_a_corpus_that_is_not_there_is_told(tmp_path: Path) -> None:
    corner = Corner(tmp_path)
    corner.corpus.rmdir()
    with pytest.raises(SourceError, match="不是文件夹"):
        corner.release().add([corner.put("通知.txt", NOTICE)])


@pytest.mark.parametrize("point", range(10))
def test_a_release_killed_at_any_point_is_whole_or_not_there(
    corner: Corner, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    corner.release().add([corner.put("办法.md", rules(2020))])
    before = {n: b for n, b in corner.state().items() if n != "served"}
    with killed_after(point, monkeypatch) as end:
        corner.release().add([corner.put("新.md", rules(2024)), corner.put("通知.txt", NOTICE)])
    assert end.died is (point < 8)
    recover(corner.corpus)
    held = {n: b for n, b in corner.state().items() if n != "served"}
    whole = {"办法.md", "新.md", "通知.txt", MANIFEST}
    assert held == before or held.keys() == whole
    documents = read_corpus([corner.corpus])
    assert documents.failures == ()
    assert len(documents.documents) in (1, 3)
    assert corner.release().add([corner.inbox]).exit_code == 0
    assert set(corner.files) == whole


def test_faults_are_ours(corner: Corner) -> None:
    with pytest.raises(AssistantError):
        corner.release().decide(confirm={"none": None})
