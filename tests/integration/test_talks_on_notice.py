"""Talks over the real notice and real laws, by the real embedder: briefs covered, packs that open in LibreOffice."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from talk_packs import checked

from assistant.assembly import build_assistant, make_index, today_in_beijing
from assistant.evaluation.talks import TalkCase, read_talk_cases, score_talks
from assistant.products.talks.choosing import Brief
from assistant.products.talks.draft import draft_talk
from assistant.products.talks.export import Pack, pack_of
from assistant.products.talks.library import TalkLibrary
from assistant.products.talks.proving import Prover, prove_talk
from assistant.products.talks.reading import DOCX, PPTX
from assistant.settings import load

pytestmark = [pytest.mark.model, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
NOTICE = ROOT / "corpus" / "notice_2024_shaanxi.txt"
LAWS = ROOT / "eval" / "seen" / "talks_laws.jsonl"


def library_over(files: list[Path], folder: Path) -> TalkLibrary:
    settings = load(indexes_dir=folder)
    _, failures = make_index(settings, files)
    assert failures == ()
    return TalkLibrary(assistant=build_assistant(settings), day=today_in_beijing())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> TalkLibrary:
    return library_over([NOTICE], tmp_path_factory.mktemp("indexes"))


@pytest.fixture(scope="module")
def pack(library: TalkLibrary) -> Pack:
    prover = Prover(library.documents(), library.load, day=library.day)
    brief = Brief(audience="餐饮个体工商户", topic="信用贷款与反诈", minutes=20)
    return pack_of(prove_talk(draft_talk(brief, library, prover), prover))


def test_every_brief_is_covered_with_nothing_unproved(library: TalkLibrary, shared_dir: Path) -> None:
    cases = read_talk_cases(shared_dir / "eval" / "outreach_dev.jsonl")
    results = score_talks(cases, library, edits=12)
    assert [one.id for one in results if not one.good] == []
    assert sum(one.found for one in results) == sum(one.edits for one in results) == 24


def test_briefs_on_laws_that_nobody_tuned_to_say_nothing_unproved(shared_dir: Path, tmp_path: Path) -> None:
    cases = read_talk_cases(LAWS)
    names = list(dict.fromkeys(name for case in cases for name in case.documents))
    library = library_over([shared_dir / "policies" / "texts" / f"{name}.md" for name in names], tmp_path)
    results = score_talks(cases, library, edits=4)
    assert [one.id for one in results if one.claimed or one.unproved or one.figures or one.flagged] == []
    assert sum(one.found for one in results) == sum(one.edits for one in results)
    wanted = sum(len(case.must_cover_clauses) for case in cases)
    assert sum(len(one.missed) for one in results) <= wanted // 4


def test_a_forbidden_claim_would_be_seen(library: TalkLibrary) -> None:
    case = TalkCase(
        id="x",
        audience="货运车主",
        topic="续贷",
        minutes=15,
        must_cover_clauses=("（十）",),
        must_not_claim=("不得用续贷掩盖信用风险。",),
    )
    (result,) = score_talks([case], library)
    assert result.claimed == case.must_not_claim


@pytest.mark.parametrize(("kind", "other"), [(PPTX, "pptx"), (DOCX, "docx:MS Word 2007 XML")])
def test_files_open_in_libreoffice_and_say_the_same_when_it_saves_them(
    pack: Pack, kind: str, other: str, tmp_path: Path, library: TalkLibrary
) -> None:
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("no LibreOffice on this machine")
    given = tmp_path / f"talk{kind}"
    given.write_bytes(pack.pptx if kind == PPTX else pack.docx)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    for form, folder in (("pdf", tmp_path), (other, tmp_path / "again")):
        command = [program, profile, "--headless", "--convert-to", form, "--outdir", str(folder), str(given)]
        subprocess.run(command, check=True, timeout=180, capture_output=True)
    assert (tmp_path / "talk.pdf").read_bytes().startswith(b"%PDF")
    again = (tmp_path / "again" / f"talk{kind}").read_bytes()
    assert checked(again, kind, library, register=pack.register).findings == ()
