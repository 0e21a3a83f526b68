"""Facts of a document said anew: with the index, all or nothing, and never against each other."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from corpus_samples import NOTICE, Corner, rules

from assistant.corpus.manifest import MANIFEST, ManifestLine, read_manifest
from assistant.corpus.release import CorpusRelease
from assistant.corpus.restating import Facts, facts_of
from assistant.errors import InputError, ModelUnavailable, NotFoundError, SourceError
from assistant.indexing.manifest import RECORD
from assistant.indexing.self_check import VerifyReport
from assistant.indexing.store import Record
from assistant.models.standins import HashingEmbedder
from assistant.schema.chunk import Phrasing
from assistant.schema.document import DocumentMeta, LimitKind, Validity


@pytest.fixture(autouse=True)
def no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(folder: Path, **_: object) -> VerifyReport:
        return VerifyReport(folder=str(folder), documents=1, chunks=1, sampled=1, problems=())

    monkeypatch.setattr("assistant.indexing.build.verify_generation", whole)


@pytest.fixture
def corner(tmp_path: Path) -> Corner:
    corner = Corner(tmp_path)
    corner.release().add([corner.put("办法.md", rules(2024)), corner.put("通知.txt", NOTICE)])
    return corner


def line(corner: Corner, name: str = "办法.md") -> ManifestLine:
    return read_manifest(corner.corpus)[name]


def indexed(corner: Corner, document_id: str) -> DocumentMeta:
    """What the served index says of a document."""
    assert corner.served is not None
    with closing(Record(corner.indexes / corner.served / RECORD)) as record:
        return next(meta for meta in record.metas() if meta.id == document_id)


def restate(corner: Corner, document_id: str = "办法", **changes: object) -> None:
    now = facts_of(line(corner, f"{document_id}.md" if document_id == "办法" else f"{document_id}.txt"))
    corner.release().restate({document_id: replace(now, **changes)})  # type: ignore[arg-type]


def test_a_day_of_expiry_reaches_manifest_and_index_and_nothing_else_changes(corner: Corner) -> None:
    before, served = line(corner), corner.served
    restate(corner, expired_on=date(2026, 12, 20), superseded_by="《新办法》，2026-12-20起")
    after = line(corner)
    assert after == before.model_copy(
        update={"expired_on": date(2026, 12, 20), "superseded_by": "《新办法》，2026-12-20起"}
    )
    assert corner.served != served
    meta = indexed(corner, "办法")
    assert (meta.expired_on, meta.superseded_by) == (date(2026, 12, 20), "《新办法》，2026-12-20起")
    assert not meta.in_force(date(2026, 12, 20))
    assert meta.in_force(date(2026, 12, 19))


def test_the_same_again_builds_nothing(corner: Corner) -> None:
    before = corner.state()
    release = corner.release(embedder=lambda: pytest.fail("nothing is to be built"))
    report = release.restate({"办法": facts_of(line(corner))})
    assert (report.build, report.changed) == (None, ())
    assert corner.state() == before


def test_where_it_came_from_is_kept_though_search_knows_nothing_of_it(corner: Corner) -> None:
    restate(corner, source="https://www.example.gov.cn/a.html")
    assert line(corner).source == "https://www.example.gov.cn/a.html"
    assert indexed(corner, "办法").effective_on == date(2024, 3, 1)


def test_a_sentence_that_says_otherwise_is_no_longer_quoted(corner: Corner) -> None:
    assert [one.kind for one in indexed(corner, "办法").limits] == [LimitKind.EFFECTIVE]
    restate(corner, effective_on=date(2024, 4, 1))
    assert indexed(corner, "办法").limits == ()
    assert line(corner).limits == ()


def test_the_corpus_stays_as_it_was_when_the_index_cannot_be_built(corner: Corner) -> None:
    def broken() -> HashingEmbedder:
        raise ModelUnavailable("坏了")

    before = corner.state()
    with pytest.raises(ModelUnavailable):
        corner.release(embedder=broken).restate({"办法": replace(facts_of(line(corner)), status=Validity.REPEALED)})
    assert corner.state() == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expired_on": date(2024, 3, 1)}, "失效日期须晚于施行日期"),
        ({"superseded_by": "《新办法》"}, "请同时填写失效日期"),
        ({"source": "第一行\n第二行"}, "“来源”须为一行文字"),
        ({"superseded_by": "新" * 301, "status": Validity.REPEALED}, "“取代它的文件”须为一行文字"),
    ],
)
def test_facts_that_cannot_stand_together_are_refused(corner: Corner, changes: dict[str, Any], words: str) -> None:
    before = corner.state()
    with pytest.raises(InputError, match=words):
        restate(corner, **changes)
    assert corner.state() == before


def test_of_several_documents_one_wrong_changes_none(corner: Corner) -> None:
    before = corner.state()
    facts = Facts(
        effective_on=None, expired_on=date(2026, 1, 1), status=Validity.REPEALED, superseded_by=None, source=None
    )
    with pytest.raises(NotFoundError):
        corner.release().restate({"办法": facts, "没有": facts})
    assert corner.state() == before


def test_what_waits_is_decided_first(corner: Corner) -> None:
    corner.release().add([corner.put("新/办法.md", rules(2025, limit="一千"))])
    assert line(corner).proposal is not None
    with pytest.raises(InputError, match="请先确认或驳回"):
        restate(corner, status=Validity.REPEALED)


def test_a_release_killed_before_its_point_of_no_return_has_changed_nothing(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: object, **__: object) -> None:
        raise Killed

    before = corner.state()
    monkeypatch.setattr("assistant.corpus.release.commit", dies)
    with pytest.raises(Killed):
        restate(corner, status=Validity.REPEALED)
    monkeypatch.undo()
    assert corner.state() == before


def test_a_release_killed_behind_it_is_finished_by_the_next_writer(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Killed

    monkeypatch.setattr("assistant.corpus.staging._finish", dies)
    with pytest.raises(Killed):
        restate(corner, status=Validity.REPEALED)
    monkeypatch.undo()
    assert (corner.corpus / ".release" / "staging" / MANIFEST).exists()
    CorpusRelease(corner.corpus, corner.release()._workshop).restate({})
    assert line(corner).status is Validity.REPEALED


# --- phrasings ----------------------------------------------------------------------------------


def test_phrasings_are_written_down_only_when_the_index_over_them_is_proved(corner: Corner) -> None:
    def phrasing(clause: str) -> Phrasing:
        return Phrasing(
            document_id="办法",
            clause=clause,
            answered_by=None,
            question="最多能贷多少",
            origin="hand",
            reviewed=True,
            path=Path("办法.yaml"),
        )

    def release(clause: str) -> CorpusRelease:
        workshop = replace(corner.release()._workshop, phrasings=lambda: (phrasing(clause),))
        return CorpusRelease(corner.corpus, workshop)

    written: list[str] = []
    before = corner.state()
    with pytest.raises(SourceError, match="所指的条款“第九条”不在文件 办法 中"):
        release("第九条").rephrase(lambda: written.append("wrong"))
    assert (written, corner.state()) == ([], before)

    def fails() -> None:
        raise SourceError("写不进", path=corner.corpus)

    with pytest.raises(SourceError, match="写不进"):
        release("第二条").rephrase(fails)
    assert corner.state() == before
    report = release("第二条").rephrase(lambda: written.append("right"))
    assert report.build is not None
    assert (report.build.phrasings, written) == (1, ["right"])
    assert corner.served == report.build.folder.name
