"""A backup that is taken while others write, proved before it is put back, and answers that come out the same."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from doors import door_of, opened
from starlette.testclient import TestClient
from test_given_again import library, staged

from assistant.errors import InputError
from assistant.indexing.manifest import FileEntry
from assistant.serving.http.api import create_api
from assistant.serving.keeping import backup
from assistant.serving.keeping.backup import BOOK, TRIAL, Places, back_up, links_of, restore

NOTICE = "通知正文：做好续贷。\n"


def places(root: Path) -> Places:
    data = root / "data"
    return Places(
        corpus=root / "corpus", data=data, records=data / "assistant.sqlite", pepper=data / "secrets" / "pepper"
    )


@pytest.fixture
def house(tmp_path: Path) -> Places:
    made = places(tmp_path / "house")
    (made.corpus / "phrasings").mkdir(parents=True)
    (made.corpus / "通知.txt").write_text(NOTICE, encoding="utf-8")
    (made.corpus / "phrasings" / "a.yaml").write_text("[]", encoding="utf-8")
    (made.data / "tables").mkdir(parents=True)
    (made.data / "tables" / "lay_words.yaml").write_text("[]", encoding="utf-8")
    (made.data / "secrets").mkdir(mode=0o700)
    return made


def names(backup: Path) -> set[str]:
    with tarfile.open(backup) as tar:
        return set(tar.getnames())


def test_answers_are_given_again_from_a_restored_place_to_the_last_byte(house: Places, tmp_path: Path) -> None:
    out, there = tmp_path / "备份.tar", places(tmp_path / "new")
    with staged(house.data, library()) as stage:
        first = stage.ask()
        assert first.status_code == 200
        headers = stage.known.headers["staff"]
        book = back_up(house, out, secrets=True)  # while the door is open
    assert book.records == "sqlite"
    assert restore(out, there) == book
    assert (there.corpus / "通知.txt").read_text(encoding="utf-8") == NOTICE
    assert (there.data / "tables" / "lay_words.yaml").is_file()
    with opened(there.data) as registry:
        door = replace(door_of(registry), ledger=None)
        with TestClient(create_api(lambda: library(), doorkeeping=door), base_url="http://door.example") as client:
            again = client.get(f"/api/v1/answers/{first.json()['answer_id']}", headers=dict(headers))
    assert again.status_code == 200, again.text
    assert again.content == first.content


def test_secrets_go_along_only_when_asked_for(house: Places, tmp_path: Path) -> None:
    house.pepper.write_bytes(b"p" * 32)
    (house.data / "secrets" / "embed-x.key").write_bytes(b"k" * 32)
    back_up(house, tmp_path / "a.tar")
    back_up(house, tmp_path / "b.tar", secrets=True)
    assert not any("secrets" in name for name in names(tmp_path / "a.tar"))
    assert {"data/secrets/pepper", "data/secrets/embed-x.key"} <= names(tmp_path / "b.tar")
    assert (tmp_path / "a.tar").stat().st_mode & 0o077 == 0


def test_a_pepper_that_lies_elsewhere_goes_along_too(house: Places, tmp_path: Path) -> None:
    elsewhere = tmp_path / "pepper"
    elsewhere.write_bytes(b"p" * 32)
    back_up(replace(house, pepper=elsewhere), tmp_path / "a.tar", secrets=True)
    assert "data/secrets/pepper" in names(tmp_path / "a.tar")


def test_records_in_postgresql_are_told_and_left_out(house: Places, tmp_path: Path) -> None:
    book = back_up(replace(house, records=None), tmp_path / "a.tar")
    assert book.records == "postgresql"
    assert "records.sqlite" not in names(tmp_path / "a.tar")


def test_a_backup_is_never_written_over(house: Places, tmp_path: Path) -> None:
    out = tmp_path / "a.tar"
    out.write_bytes(b"x")
    with pytest.raises(InputError, match="已经存在"):
        back_up(house, out)
    assert out.read_bytes() == b"x"


def _flip(content: bytes) -> bytes:
    at = content.index(NOTICE.encode())
    return content[:at] + b"X" + content[at + 1 :]


def _with(name: str, kind: bytes = tarfile.REGTYPE) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        file = io.BytesIO(content)
        with tarfile.open(fileobj=file) as old:
            members = [(m, (old.extractfile(m) or io.BytesIO()).read()) for m in old]
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as tar:
            about = tarfile.TarInfo(name)
            about.type = kind
            about.linkname = "/etc/passwd"
            tar.addfile(about)
            for member, data in members:
                tar.addfile(member, io.BytesIO(data))
        return made.getvalue()

    return changed


@pytest.mark.parametrize(
    "damage",
    [
        _flip,
        lambda content: content[: len(content) // 2],
        lambda _: b"",
        lambda _: b"no tar at all" * 100,
        _with("corpus/多出.txt"),
        _with("corpus/../../out.txt"),
        _with("/tmp/out.txt"),
        _with("elsewhere/a.txt"),
        _with("corpus/link", tarfile.SYMTYPE),
        _with("corpus/fifo", tarfile.FIFOTYPE),
    ],
)
def test_what_is_not_whole_is_not_put_back(house: Places, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    out, there = tmp_path / "a.tar", places(tmp_path / "new")
    back_up(house, out)
    out.write_bytes(damage(out.read_bytes()))
    with pytest.raises(InputError, match="未作任何改动"):
        restore(out, there)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_newer_form_is_refused(house: Places, tmp_path: Path) -> None:
    out, there = tmp_path / "a.tar", places(tmp_path / "new")
    back_up(house, out)
    with tarfile.open(out) as tar:
        members = [(m, (tar.extractfile(m) or io.BytesIO()).read()) for m in tar]
    with tarfile.open(out, "w") as tar:
        for member, content in members:
            held = json.dumps(json.loads(content) | {"format": 2}).encode() if member.name == BOOK else content
            member.size = len(held)
            tar.addfile(member, io.BytesIO(held))
    with pytest.raises(InputError, match="别的版本"):
        restore(out, there)


def test_nothing_that_is_there_is_written_over(house: Places, tmp_path: Path) -> None:
    out = tmp_path / "a.tar"
    back_up(house, out)
    with pytest.raises(InputError, match="不是空文件夹"):
        restore(out, house)
    assert (house.corpus / "通知.txt").read_text(encoding="utf-8") == NOTICE


def test_what_the_house_keeps_goes_along(house: Places, tmp_path: Path) -> None:
    kept = [
        house.corpus / "statutes" / "法.md",
        house.corpus / "overlays" / "通知.yaml",
        house.data / "gold.jsonl",
        house.data / "changes" / "1" / "a.txt",
        house.data / "released" / "1" / "manifest.jsonl",
        house.data / "tables" / "phrasings" / "a.yaml",
        house.data / "assistant.sqlite.before-2026",
    ]
    for path in kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    back_up(house, tmp_path / "a.tar")
    root = house.corpus.parent
    assert {path.relative_to(root).as_posix() for path in kept} <= names(tmp_path / "a.tar")


@pytest.mark.parametrize("folder", ["corpus", "data/backups"])
def test_no_backup_is_written_into_what_it_backs_up(house: Places, folder: str) -> None:
    out = house.corpus.parent / folder / "a.tar"
    with pytest.raises(InputError, match="换一个位置"):
        back_up(house, out)
    assert not out.exists()


def test_secrets_that_lie_elsewhere_in_the_data_folder_stay_out_too(house: Places, tmp_path: Path) -> None:
    pepper, oidc = house.data / "pepper.bin", house.data / "oidc" / "client"
    oidc.parent.mkdir()
    for path in (pepper, oidc):
        path.write_bytes(b"p" * 32)
    elsewhere = replace(house, pepper=pepper, secrets=(oidc,))
    back_up(elsewhere, tmp_path / "a.tar")
    back_up(elsewhere, tmp_path / "b.tar", secrets=True)
    assert {"data/pepper.bin", "data/oidc/client"}.isdisjoint(names(tmp_path / "a.tar"))
    assert {"data/pepper.bin", "data/oidc/client", "data/secrets/pepper"} <= names(tmp_path / "b.tar")


def test_a_pepper_goes_back_to_where_the_settings_look_for_it(house: Places, tmp_path: Path) -> None:
    house.pepper.write_bytes(b"p" * 32)
    back_up(house, tmp_path / "a.tar", secrets=True)
    there = replace(places(tmp_path / "new"), pepper=tmp_path / "elsewhere" / "pepper")
    restore(tmp_path / "a.tar", there)
    assert there.pepper.read_bytes() == b"p" * 32
    assert there.pepper.stat().st_mode & 0o077 == 0


def test_records_under_another_name_are_copied_once_and_not_while_they_change(house: Places, tmp_path: Path) -> None:
    records = house.data / "db" / "held.sqlite"
    records.parent.mkdir()
    with closing(sqlite3.connect(records)) as made:
        made.execute("CREATE TABLE a (b)")
    Path(f"{records}-wal").write_bytes(b"w")
    back_up(replace(house, records=records), tmp_path / "a.tar")
    assert "records.sqlite" in names(tmp_path / "a.tar")
    assert not any(name.startswith("data/db/") for name in names(tmp_path / "a.tar"))


def test_what_goes_while_others_work_is_no_fault(
    house: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = house.data / f"{TRIAL}x"
    trial.mkdir()
    (trial / "vectors").write_bytes(b"v")
    going = house.data / "a-going.part"
    going.write_bytes(b"g")
    added = backup._add

    def gone(tar: tarfile.TarFile, path: Path, name: str) -> dict[str, FileEntry]:
        if path == going:
            path.unlink()
        return added(tar, path, name)

    monkeypatch.setattr(backup, "_add", gone)
    back_up(house, tmp_path / "a.tar")
    found = names(tmp_path / "a.tar")
    assert "data/tables/lay_words.yaml" in found
    assert not any(TRIAL in name or "going" in name for name in found)
    assert restore(tmp_path / "a.tar", places(tmp_path / "new")).files.keys() | {BOOK} == found


def test_links_are_told(house: Places, tmp_path: Path) -> None:
    (tmp_path / "真本.txt").write_text("x", encoding="utf-8")
    link = house.corpus / "通知二.txt"
    link.symlink_to(tmp_path / "真本.txt")
    assert links_of(house) == (link,)
