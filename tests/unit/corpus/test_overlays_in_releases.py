"""Corrections come in with their file, whole or not at all, and go with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_samples import NOTICE, Corner, rules
from killed import killed_after

from assistant.corpus.manifest import MANIFEST
from assistant.corpus.outcomes import FileVerdict
from assistant.corpus.overlays import overlay_name, write_overlay
from assistant.corpus.reading import parse_file, read_corpus
from assistant.corpus.staging import recover
from assistant.errors import InputError, SourceError
from assistant.indexing.self_check import VerifyReport
from assistant.parsing.corrections import Act, Correction, line_hash


@pytest.fixture(autouse=True)
def no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build is proved in a child process; tests/integration/test_generations.py does that for real."""

    def whole(folder: Path, **_: object) -> VerifyReport:
        return VerifyReport(folder=str(folder), documents=1, chunks=1, sampled=1, problems=())

    monkeypatch.setattr("assistant.indexing.build.verify_generation", whole)


@pytest.fixture
def corner(tmp_path: Path) -> Corner:
    return Corner(tmp_path)


def plain(text: str, words: str) -> Correction:
    line = text.split("\n").index(words)
    return Correction(line=line + 1, words=line_hash(words), act=Act.PLAIN)


ONE = plain(NOTICE, "二、规范收费")


def addresses(corner: Corner) -> set[str]:
    [document] = read_corpus([corner.corpus]).documents
    return {clause.address for clause in document.addressable()}


def test_corrections_come_in_with_their_file_and_stay(corner: Corner) -> None:
    report = corner.release().add([corner.put("通知.txt", NOTICE)], corrections=[ONE])
    assert report.outcomes[0].quality is not None
    assert dict(report.outcomes[0].quality.units) == {"heading_1": 1}
    assert "二" not in addresses(corner)
    corner.release().add([corner.put("办法.md", rules(2024))])  # another release reads it anew
    found = {d.id: d for d in read_corpus([corner.corpus]).documents}
    assert found["通知"].find("二") is None
    assert found["办法"].find("第二条") is not None


def test_the_same_file_with_other_corrections_changes_the_tree_alone(corner: Corner) -> None:
    path = corner.put("通知.txt", NOTICE)
    first = corner.release().add([path])
    assert "二" in addresses(corner)
    report = corner.release().add([path], corrections=[ONE])
    assert [outcome.verdict for outcome in report.outcomes] == [FileVerdict.UPDATED]
    assert report.build is not None
    assert first.build is not None
    assert report.build.fingerprint != first.build.fingerprint
    assert "二" not in addresses(corner)
    assert corner.release().add([path], corrections=[ONE]).build is None  # the same once more
    assert corner.release().add([path]).build is None  # nothing is said of corrections: they stay
    corner.release().add([path], corrections=[])
    assert not (corner.corpus / overlay_name("通知.txt")).exists()
    assert "二" in addresses(corner)


def test_corrections_go_with_their_file(corner: Corner) -> None:
    corner.release().add([corner.put("通知.txt", NOTICE)], corrections=[ONE])
    corner.release().add([corner.put("办法.md", rules(2024))])
    corner.release().remove(["通知"])
    assert not (corner.corpus / overlay_name("通知.txt")).exists()
    corner.release().add([corner.put("通知.txt", NOTICE)])
    assert read_corpus([corner.corpus]).failures == ()


def test_an_overlay_that_a_file_of_old_left_does_not_fall_upon_a_new_one(corner: Corner) -> None:
    corner.release().add([corner.put("办法.md", rules(2024))])
    write_overlay(corner.corpus, "通知.txt", "0" * 64, [ONE])
    corner.release().add([corner.put("通知.txt", NOTICE)])
    assert read_corpus([corner.corpus]).failures == ()
    assert not (corner.corpus / overlay_name("通知.txt")).exists()


def test_an_overlay_of_another_file_stops_a_release(corner: Corner) -> None:
    corner.release().add([corner.put("通知.txt", NOTICE)])
    write_overlay(corner.corpus, "通知.txt", "0" * 64, [ONE])
    with pytest.raises(SourceError, match="属于另一份文件"):
        corner.release().add([corner.put("办法.md", rules(2024))])
    assert not (corner.corpus / "办法.md").exists()


def test_corrections_that_do_not_fit_keep_the_file_out(corner: Corner) -> None:
    wrong = Correction(line=2, words="0" * 16, act=Act.PLAIN)
    report = corner.release().add([corner.put("通知.txt", NOTICE)], corrections=[wrong])
    assert [(o.verdict, o.code) for o in report.outcomes] == [(FileVerdict.REJECTED, "overlay")]
    path = corner.put("办法.md", rules(2024))
    corner.release().add([path])
    report = corner.release().add([path], corrections=[wrong])
    assert [(o.verdict, o.code) for o in report.outcomes] == [(FileVerdict.REJECTED, "overlay")]
    assert not (corner.corpus / "overlays").exists()


def test_corrections_are_of_one_file(corner: Corner) -> None:
    paths = [corner.put("通知.txt", NOTICE), corner.put("办法.md", rules(2024))]
    with pytest.raises(InputError, match="逐份"):
        corner.release().add(paths, corrections=[ONE])


@pytest.mark.parametrize("point", range(9))
def test_a_release_killed_at_any_point_has_the_file_with_its_corrections_or_neither(
    corner: Corner, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    corner.release().add([corner.put("办法.md", rules(2020))])
    with killed_after(point, monkeypatch) as end:
        corner.release().add([corner.put("通知.txt", NOTICE)], corrections=[ONE])
    assert end.died is (point < 6)
    recover(corner.corpus)
    file, overlay = corner.corpus / "通知.txt", corner.corpus / overlay_name("通知.txt")
    assert file.exists() is overlay.exists() is ("通知.txt" in (corner.corpus / MANIFEST).read_text(encoding="utf-8"))
    documents = read_corpus([corner.corpus])
    assert documents.failures == ()
    assert all(d.find("二") is None for d in documents.documents)
    if file.exists():
        assert parse_file(file).find("一") is not None
