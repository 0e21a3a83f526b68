"""The files of a pack: what stands in them, and that a check finds whatever people or the law changed."""

from __future__ import annotations

import json
import random
import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from docx import Document as DocxDocument
from pptx import Presentation
from pptx.util import Inches
from sample_texts import law, notice
from talk_packs import KINDS, as_of, checked, drafted, library_of, packed, prover_of

from assistant.errors import InputError
from assistant.evaluation.talk_edits import edited, paragraphs_of, put, saved
from assistant.products.talks.export import pack_of
from assistant.products.talks.findings import FindingKind
from assistant.products.talks.model import SlideKind
from assistant.products.talks.pages import FIXED, MARK_UNPROVED, MARK_WRITTEN, SOURCE, pages_of
from assistant.products.talks.proving import prove_talk
from assistant.products.talks.reading import DOCX, PPTX, read_back
from assistant.products.talks.register import read_register
from assistant.schema.document import Document, Validity

LIBRARY = library_of()
TALK, PROVED = drafted(LIBRARY)
PACK = pack_of(PROVED)
FILES = {PPTX: PACK.pptx, DOCX: PACK.docx}
STATEMENTS = [point.text for point in TALK.points()]


def opened() -> Any:
    return Presentation(BytesIO(PACK.pptx))


# --- what stands in the files -------------------------------------------------------------------


def test_the_slides_are_wide_and_every_page_has_title_notes_and_a_source_with_a_link() -> None:
    deck = opened()
    assert (deck.slide_width, deck.slide_height) == (Inches(13.333), Inches(7.5))
    last = deck.slides[len(deck.slides) - 1]
    for slide in deck.slides:
        assert slide.shapes.title.text_frame.text
        assert slide.notes_slide.notes_text_frame.text.startswith("时间：")
        foot = next(shape for shape in slide.shapes if shape.name == "页脚")
        assert "依据：《" in foot.text_frame.text
        assert slide is last or foot.click_action.target_slide.slide_id == last.slide_id


def test_every_statement_stands_in_both_files_with_its_source_behind_it() -> None:
    for kind, raw in FILES.items():
        lines = [line for page in read_back(raw, kind).pages for line in page]
        for point in TALK.points():
            at = [n for n, line in enumerate(lines) if line == point.text]
            assert at
            assert all(any(line.startswith(SOURCE) and point.address in line for line in lines[n : n + 4]) for n in at)


def test_the_proof_of_any_text_accepts_every_statement_with_the_address_it_bears() -> None:
    """Read out of the files alone, as somebody would who has no register."""
    for kind, raw in FILES.items():
        result = checked(raw, kind, LIBRARY, register=None)
        assert result.statements >= len(STATEMENTS)
        assert result.faults == ()


def test_our_font_stands_in_the_east_asian_slots() -> None:
    with zipfile.ZipFile(BytesIO(PACK.pptx)) as package:
        theme = package.read("ppt/theme/theme1.xml").decode()
        slide = package.read("ppt/slides/slide4.xml").decode()
    assert theme.count('<a:ea typeface="微软雅黑"') == 2
    assert '<a:ea typeface="微软雅黑"/>' in slide
    with zipfile.ZipFile(BytesIO(PACK.docx)) as package:
        body = package.read("word/document.xml").decode()
    assert 'w:eastAsia="微软雅黑"' in body


def test_text_is_no_smaller_than_it_can_be_read_from_the_back() -> None:
    for slide in opened().slides:
        for shape in slide.shapes:
            if shape.name.startswith(("说法", "问")):
                assert all(run.font.size.pt >= 24 for p in shape.text_frame.paragraphs for run in p.runs)


def test_nothing_runs_out_of_a_page() -> None:
    deck = opened()
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height


def test_the_files_say_what_they_are() -> None:
    for properties in (opened().core_properties, DocxDocument(BytesIO(PACK.docx)).core_properties):
        assert TALK.topic in properties.title
        assert "政策核对于 2026-01-01" in properties.comments
        assert properties.content_status == "程序生成，待人工复核"


def test_no_file_asks_for_anything_outside() -> None:
    for raw in FILES.values():
        with zipfile.ZipFile(BytesIO(raw)) as package:
            links = [package.read(name) for name in package.namelist() if name.endswith(".rels")]
        assert not any(b'TargetMode="External"' in link for link in links)


def test_with_the_address_of_the_service_sources_lead_to_their_clauses() -> None:
    pack = pack_of(PROVED, base="https://bank.example/policy/")
    with zipfile.ZipFile(BytesIO(pack.pptx)) as package:
        links = b"".join(package.read(n) for n in package.namelist() if n.startswith("ppt/slides/_rels/"))
    assert b"https://bank.example/policy/read/notice/" in links


def test_the_register_has_every_page_line_clause_and_hash() -> None:
    register = json.loads(PACK.register)
    assert [page["number"] for page in register["pages"]] == list(range(1, len(pages_of(PROVED)) + 1))
    assert all(line["hash"] for page in register["pages"] for line in page["lines"])
    points = {point["id"]: point for point in register["points"]}
    assert set(points) == {point.id for point in TALK.points()}
    assert all(p["clause_hash"] and p["document"] and p["address"] and p["proved"] for p in points.values())


def test_the_same_talk_gives_the_same_register() -> None:
    assert packed(library_of()).register == PACK.register


def test_words_of_a_model_and_words_that_are_not_proved_are_marked_where_they_stand() -> None:
    first, second = list(TALK.points())[:2]
    changed = {first.id: replace(first, written=True), second.id: replace(second, text="人人都能批下信用贷款。")}
    slides = tuple(replace(s, points=tuple(changed.get(p.id, p) for p in s.points)) for s in TALK.slides)
    proved = prove_talk(replace(TALK, slides=slides), prover_of(LIBRARY))
    pack = pack_of(proved)
    for kind, raw in ((PPTX, pack.pptx), (DOCX, pack.docx)):
        words = "\n".join(line for page in read_back(raw, kind).pages for line in page)
        assert f"{first.text}{MARK_WRITTEN}" in words
        assert f"人人都能批下信用贷款。{MARK_UNPROVED}" in words
        assert "由语言模型改写" in words
        kinds = {finding.kind for finding in checked(raw, kind, LIBRARY).faults}
        assert kinds == {FindingKind.UNPROVED}


def test_a_slide_that_is_too_full_goes_on_on_another() -> None:
    slide = next(s for s in TALK.slides if s.kind is SlideKind.POINTS)
    many = tuple(replace(slide.points[0], id=f"x{n}") for n in range(12))
    slides = tuple(replace(s, points=many) if s.id == slide.id else s for s in TALK.slides)
    pages = [
        p for p in pages_of(prove_talk(replace(TALK, slides=slides), prover_of(LIBRARY))) if p.slide.id == slide.id
    ]
    assert len(pages) > 1
    assert pages[1].title.text.endswith("（续）")
    assert sum(len(page.blocks) for page in pages) == 12


# --- what a check finds -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_an_unedited_file_has_no_findings(kind: str) -> None:
    result = checked(FILES[kind], kind, LIBRARY)
    assert result.registered
    assert result.findings == ()


@pytest.mark.parametrize("kind", KINDS)
def test_every_one_of_twenty_random_edits_is_found(kind: str) -> None:
    done = [edited(FILES[kind], kind, STATEMENTS, random.Random(seed)) for seed in range(20)]
    assert len({edit.what for edit in done}) == 6
    for edit in done:
        findings = checked(edit.content, kind, LIBRARY).findings
        assert [f for f in findings if edit.before == f.before or (edit.after and edit.after == f.after)], edit.what


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("old", "new"),
    [("不得用续贷", "可以用续贷"), ("500", "5000"), ("各银行机构", "各保险公司"), ("严禁", "可以"), ("加强", "减弱")],
)
def test_a_word_that_turns_a_statement_is_a_fault(kind: str, old: str, new: str) -> None:
    file, paragraphs = paragraphs_of(FILES[kind], kind)
    one = next(p for p in paragraphs if p.text in STATEMENTS and old in p.text)
    after = one.text.replace(old, new, 1)
    put(one, after)
    faults = checked(saved(file), kind, LIBRARY).faults
    assert [(f.kind, f.after) for f in faults] == [(FindingKind.UNPROVED, after)]
    assert faults[0].source


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_that_is_gone_or_another_is_a_fault(kind: str) -> None:
    for words, found in (
        ("", FindingKind.SOURCE_REMOVED),
        ("出处：《村镇贷款条例》第一条", FindingKind.SOURCE_CHANGED),
    ):
        file, paragraphs = paragraphs_of(FILES[kind], kind)
        put(next(p for p in paragraphs if p.text.startswith(SOURCE)), words)
        assert found in {f.kind for f in checked(saved(file), kind, LIBRARY).faults}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fixed_line_that_is_softened_is_a_fault_and_a_blank_that_is_filled_is_none(kind: str) -> None:
    file, paragraphs = paragraphs_of(FILES[kind], kind)
    fixed = next(p for p in paragraphs if p.text.startswith(f"{FIXED}本次宣讲不代表"))
    put(fixed, f"{FIXED}本次宣讲代表本行承诺放款。")
    blank = next(p for p in paragraphs if p.text.startswith("咨询电话："))
    put(blank, "咨询电话：029-0000 0000")
    findings = checked(saved(file), kind, LIBRARY).findings
    assert FindingKind.FIXED_CHANGED in {f.kind for f in findings if f.fault}
    assert [f.after for f in findings if f.kind is FindingKind.FILLED] == ["咨询电话：029-0000 0000"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_promise_that_was_added_is_a_fault(kind: str) -> None:
    file, paragraphs = paragraphs_of(FILES[kind], kind)
    one = next(p for p in paragraphs if p.text in STATEMENTS)
    put(one, one.text)
    other = next(p for p in paragraphs if p.text.startswith("听众："))
    put(other, "凡是来听课的农户，银行都应当在三天内放款五十万元。")
    faults = checked(saved(file), kind, LIBRARY).faults
    assert any("五十万元" in f.after for f in faults)


def test_a_page_that_was_deleted_or_moved_is_no_fault_unless_it_warned() -> None:
    deck = opened()
    ids = deck.slides._sldIdLst
    moved = ids[3]
    ids.remove(moved)
    ids.append(moved)
    assert checked(saved(deck), PPTX, LIBRARY).findings == ()
    deck = opened()
    ids = deck.slides._sldIdLst
    at = next(n for n, s in enumerate(TALK.slides) if s.kind is SlideKind.POINTS)
    ids.remove(ids[at])
    result = checked(saved(deck), PPTX, LIBRARY)
    assert result.faults == ()
    assert FindingKind.REMOVED in {f.kind for f in result.findings}


def changed_library(old: str, new: str) -> Any:
    from assistant.parsing.clauses import parse_clauses

    document = notice()
    text = document.text.replace(old, new)
    assert text != document.text
    kind = document.meta.kind
    return library_of(Document(meta=document.meta, text=text, clauses=parse_clauses(text, kind=kind)), law())


def test_a_clause_that_has_changed_since_is_a_fault() -> None:
    result = checked(PACK.pptx, PPTX, changed_library("500 万元", "300 万元"))
    assert {f.kind for f in result.faults} == {FindingKind.CLAUSE_CHANGED}
    assert all("二、（一）" in f.source for f in result.faults)


@pytest.mark.parametrize(
    ("facts", "found"),
    [({"validity": Validity.REPEALED}, FindingKind.EXPIRED), ({"expired_on": date(2025, 1, 1)}, FindingKind.EXPIRED)],
)
def test_a_document_that_holds_no_more_is_a_fault(facts: dict[str, Any], found: FindingKind) -> None:
    result = checked(PACK.docx, DOCX, library_of(as_of(notice(), **facts), law()))
    assert {f.kind for f in result.faults} == {found}


def test_a_document_that_is_gone_is_a_fault() -> None:
    result = checked(PACK.pptx, PPTX, library_of(law()))
    assert FindingKind.MISSING in {f.kind for f in result.faults}


def test_without_a_register_statements_are_held_against_the_sources_under_them() -> None:
    file, paragraphs = paragraphs_of(PACK.pptx, PPTX)
    one = next(p for p in paragraphs if p.text in STATEMENTS and "不得" in p.text)
    put(one, one.text.replace("不得", "可以"))
    result = checked(saved(file), PPTX, LIBRARY, register=None)
    assert not result.registered
    assert [f.kind for f in result.faults] == [FindingKind.UNPROVED]


@pytest.mark.parametrize(("raw", "kind"), [(b"no file", PPTX), (b"PK\x03\x04", DOCX), (b"", ".pdf"), (PACK.docx, PPTX)])
def test_what_is_no_such_file_is_told(raw: bytes, kind: str) -> None:
    with pytest.raises(InputError):
        read_back(raw, kind)


def test_a_register_that_was_tampered_with_is_told() -> None:
    with pytest.raises(InputError, match="登记表"):
        read_register('{"form": "another"}')
