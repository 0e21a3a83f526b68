"""Corrections over a tree: laws, and the overlay beside the corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from corpus_samples import NOTICE, rules
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.corpus.overlays import OVERLAYS, overlay_name, write_overlay
from assistant.corpus.reading import parse_file
from assistant.curation.overlay import Act, Correction, corrected, line_hash
from assistant.errors import InputError, UnreadableSource
from assistant.parsing.corrections import HEADING_LEVELS
from assistant.schema.document import Document, Level

TABLE = "某局关于名单的通知\n一、名单\n| 机构 | 数量 |\n|---|---|\n| 甲行 | 1 |\n二、其他\n各银行机构要报告。\n"
OUTLINE = "某局关于操作的通知\n1 总则\n1.1 目的\n为规范操作。\n1.2 范围\n适用于各机构。\n2 流程\n2.1 受理\n应当登记。\n"
TEXTS = {"通知.txt": NOTICE, "办法.md": rules(2024), "表.txt": TABLE, "纲要.txt": OUTLINE}
BLANKS = " \t\n\r\x0b\x0c\u3000\u200b\ufeff\u00a0"


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Document]]:
    folder = tmp_path_factory.mktemp("texts")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: (folder / name, parse_file(folder / name, corrections=())) for name in TEXTS}


def said(document: Document, line: int, act: Act, level: Level | None = None, number: int = 0) -> Correction:
    return Correction(
        line=line, words=line_hash(document.text.split("\n")[line - 1]), act=act, level=level, number=number
    )


@st.composite
def chosen(draw: st.DrawFn) -> tuple[str, list[tuple[int, Act, Level, int]]]:
    name = draw(st.sampled_from(sorted(TEXTS)))
    acts = st.tuples(
        st.integers(0, 60), st.sampled_from(list(Act)), st.sampled_from(list(HEADING_LEVELS)), st.integers(1, 12)
    )
    return name, draw(st.lists(acts, max_size=4, unique_by=lambda one: one[0]))


def applied(document: Document, acts: list[tuple[int, Act, Level, int]]) -> list[Correction]:
    """These acts on lines of the document that have words and are no rows, each line once."""
    lines = [n for n, line in enumerate(document.text.split("\n"), start=1) if line.strip() and line[0] != "|"]
    chosen = {lines[at % len(lines)]: (act, level, number) for at, act, level, number in acts}
    return [
        said(document, line, act, *((level, number) if act is Act.HEADING else ()))
        for line, (act, level, number) in chosen.items()
    ]


@settings(max_examples=150, deadline=None)
@given(case=chosen())
def test_the_text_stays_and_the_tree_obeys_the_laws(
    documents: dict[str, tuple[Path, Document]], case: tuple[str, list[tuple[int, Act, Level, int]]]
) -> None:
    path, document = documents[case[0]]
    corrections = applied(document, case[1])
    found = corrected(document, corrections)
    assert found.text == document.text
    for clause in found.walk():
        assert found.text[clause.span.start : clause.span.end] == clause.text
        assert clause.text.strip(BLANKS)
        ends = [clause.span.start, *(place for c in clause.children for place in (c.span.start, c.span.end))]
        assert [*ends, clause.span.end] == sorted([*ends, clause.span.end])
    leaves = sorted(leaf.span for root in found.clauses for leaf in root.leaves())
    gaps = zip([0, *(span.end for span in leaves)], [*(span.start for span in leaves), len(found.text)], strict=True)
    assert "".join(found.text[a:b] for a, b in gaps).strip(BLANKS) == ""
    addresses = [clause.address for clause in found.addressable()]
    assert len(set(addresses)) == len(addresses)
    again = parse_file(path, corrections=corrections)  # the preview is what a release will read
    assert (found.clauses, found.tables, found.references) == (again.clauses, again.tables, again.references)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_no_corrections_give_the_very_document(documents: dict[str, tuple[Path, Document]], name: str) -> None:
    document = documents[name][1]
    assert corrected(document, ()) == document


@settings(max_examples=60, deadline=None)
@given(article=st.integers(1, 4), act=st.sampled_from([Act.PLAIN, Act.JOINED, Act.LEFT_OUT]))
def test_other_articles_keep_their_addresses_and_words(
    documents: dict[str, tuple[Path, Document]], article: int, act: Act
) -> None:
    """第N条 hangs on its own number alone: taking one away takes nothing from the others' addresses."""
    document = documents["办法.md"][1]
    own = document.find(f"第{'一二三四'[article - 1]}条")
    assert own is not None
    line = document.text.count("\n", 0, own.span.start) + 1
    found = corrected(document, [said(document, line, act)])
    before = {c.address: c.text for c in document.addressable() if c.level is Level.ARTICLE and c is not own}
    after = {c.address: c.text for c in found.addressable() if c.level is Level.ARTICLE}
    assert own.address not in after
    assert before.keys() == after.keys()
    follows = f"第{'零一二三四'[article - 1]}条"  # the article before it takes the words in
    assert {a: t for a, t in after.items() if a != follows} == {a: t for a, t in before.items() if a != follows}


def test_a_line_that_is_not_there_is_refused(documents: dict[str, tuple[Path, Document]]) -> None:
    with pytest.raises(InputError, match="重新校对"):
        corrected(documents["通知.txt"][1], [Correction(line=3, words="0" * 16, act=Act.PLAIN)])


# --- beside the corpus --------------------------------------------------------------------------


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "通知.txt"
    path.write_text(NOTICE, encoding="utf-8")
    return path


def test_an_overlay_is_laid_over_whenever_the_file_is_read(paper: Path) -> None:
    plain = parse_file(paper)
    one = said(plain, 5, Act.PLAIN)
    write_overlay(paper.parent, paper.name, plain.meta.source_sha256, [one])
    assert parse_file(paper).clauses == corrected(plain, [one]).clauses != plain.clauses
    assert parse_file(paper, corrections=()).clauses == plain.clauses


def test_a_statute_has_its_overlay_beside_the_corpus(tmp_path: Path) -> None:
    folder = tmp_path / "statutes"
    folder.mkdir()
    path = folder / "办法.md"
    path.write_text(rules(2024), encoding="utf-8")
    plain = parse_file(path)
    line = plain.text.split("\n").index("第二条 单户贷款余额不得超过五百万元。") + 1
    write_overlay(tmp_path, path.name, plain.meta.source_sha256, [said(plain, line, Act.PLAIN)])
    assert parse_file(path).find("第二条") is None


def test_an_overlay_of_other_bytes_is_an_error(paper: Path) -> None:
    plain = parse_file(paper)
    write_overlay(paper.parent, paper.name, plain.meta.source_sha256, [said(plain, 5, Act.PLAIN)])
    paper.write_text(NOTICE + "\n", encoding="utf-8")
    with pytest.raises(UnreadableSource, match="属于另一份文件") as caught:
        parse_file(paper)
    assert caught.value.code == "overlay"


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "[]",
        "{}",
        {"sha256": "x"},
        {"sha256": "x", "corrections": [{"line": 1}]},
        {"sha256": "x", "corrections": [], "more": 1},
    ],
)
def test_an_overlay_that_cannot_be_read_is_an_error(paper: Path, kept: Any) -> None:
    place = paper.parent / overlay_name(paper.name)
    (paper.parent / OVERLAYS).mkdir()
    place.write_text(kept if isinstance(kept, str) else json.dumps(kept), encoding="utf-8")
    with pytest.raises(UnreadableSource, match="读不出") as caught:
        parse_file(paper)
    assert caught.value.code == "overlay"


def test_an_overlay_whose_lines_are_not_there_is_an_error(paper: Path) -> None:
    sha = parse_file(paper).meta.source_sha256
    write_overlay(paper.parent, paper.name, sha, [Correction(line=3, words="0" * 16, act=Act.PLAIN)])
    with pytest.raises(UnreadableSource, match="第 3 行"):
        parse_file(paper)
