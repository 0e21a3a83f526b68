"""The tree of the real notice, pinned. `UPDATE_GOLDEN=1` rewrites the file; a person reads the diff."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest
from tree_laws import broken_laws

from assistant.corpus.manifest import read_manifest
from assistant.corpus.reading import read_corpus
from assistant.parsing.clauses import numbering_gaps
from assistant.schema.document import Clause, Document, Level, Validity
from assistant.text.folding import flow

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus"
NAME = "notice_2024_shaanxi.txt"
GOLDEN = Path(__file__).with_name("notice_tree.json")
SHARED = ROOT.parent / "shared" / "policies" / NAME

HEADINGS = {
    "一": [],
    "二": ["（一）", "（二）", "（三）"],
    "三": ["（四）", "（五）"],
    "四": ["（六）", "（七）"],
    "五": ["（八）", "（九）", "（十）", "（十一）"],
    "六": ["（十二）", "（十三）"],
}
# Where a page broke a sentence: the item, and the words on both sides.
PAGE_BREAKS = {
    "三、（四）": ("绿色低碳", "发展"),
    "四、（六）": ("资源配", "置，按照"),
    "五、（八）": ("创新", "的方向"),
    "五、（十一）": ("定期", "开展"),
    "六、（十三）": ("对接", "市场主体"),
}
FOLLOW_ON = ["三、（五）", "五、（九）", "五、（十）", "五、（十一）", "六、（十二）", "六、（十三）"]


@pytest.fixture(scope="module")
def notice() -> Document:
    corpus = read_corpus([CORPUS / NAME])
    assert corpus.failures == ()
    return corpus.documents[0]


def below(document: Document, address: str) -> tuple[Clause, ...]:
    clause = document.find(address)
    assert clause is not None
    return clause.children


def test_tree_is_the_pinned_one(notice: Document) -> None:
    tree = [
        {
            "address": clause.address,
            "level": clause.level.value,
            "heading": clause.heading,
            "begins": clause.text[:12],
            "ends": clause.text[-12:],
        }
        for clause in notice.walk()
    ]
    if os.environ.get("UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(json.dumps(tree, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert tree == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_laws(notice: Document) -> None:
    assert broken_laws(notice.text, notice.clauses) == []
    assert numbering_gaps(notice.clauses) == ()


def test_headings(notice: Document) -> None:
    found = {
        clause.address: [c.address.partition("、")[2] for c in clause.children if c.level is Level.HEADING_2]
        for clause in notice.clauses
        if clause.level is Level.HEADING_1
    }
    assert found == HEADINGS
    assert sum(len(items) for items in found.values()) == 13
    assert all(c.heading and "。" not in c.heading for c in notice.walk() if c.level.value.startswith("heading"))


def test_the_first_heading_holds_one_paragraph(notice: Document) -> None:
    assert [c.level for c in below(notice, "一")] == [Level.LABEL, Level.PARAGRAPH]


def test_36_lines_and_what_became_of_them(notice: Document) -> None:
    lines = [line for line in notice.text.split("\n") if line.strip()]
    assert len(lines) == 36
    inner = sum(leaf.text.count("\n\n") for root in notice.clauses for leaf in root.leaves())
    assert inner == len(PAGE_BREAKS)


def test_page_breaks_are_joined(notice: Document) -> None:
    torn = {leaf.address: leaf.text for root in notice.clauses for leaf in root.leaves() if "\n" in leaf.text}
    assert list(torn) == [f"{address}第一段" for address in PAGE_BREAKS]
    for address, (before, after) in PAGE_BREAKS.items():
        raw = torn[f"{address}第一段"]
        assert f"{before}\n\n{after}" in raw
        assert f"{before}{after}" in flow(raw)
        assert "\n" not in flow(raw)


def test_follow_on_paragraphs(notice: Document) -> None:
    second = [c for c in notice.walk() if c.level is Level.PARAGRAPH and c.address.endswith("第二段")]
    assert [c.address for c in second] == [f"{address}第二段" for address in FOLLOW_ON]
    assert all(c.text.startswith("各级监管部门") for c in second)
    assert not any(c.address.endswith("第三段") for c in notice.walk())


def test_headings_on_their_own_line_and_run_in(notice: Document) -> None:
    items = [c for c in notice.walk() if c.level is Level.HEADING_2]
    own_line = [notice.text[c.children[0].span.end] == "\n" for c in items]
    assert own_line == [True] * 3 + [False] * 10


def test_title_and_preamble(notice: Document) -> None:
    title, preamble = notice.clauses[:2]
    assert (title.level, preamble.level) == (Level.TITLE, Level.PREAMBLE)
    assert title.heading == notice.meta.title == "关于2024年陕西银行业保险业服务小微企业高质量发展的通知"
    assert preamble.text.endswith("现就有关事项通知如下。")


def test_facts_that_the_text_does_not_state_stay_open(notice: Document) -> None:
    meta = notice.meta
    assert (meta.document_number, meta.issued_on, meta.effective_on) == (None, None, None)
    assert (meta.validity, meta.year, meta.region) == (Validity.ANNUAL, 2024, "陕西")


def test_the_manifest_names_this_very_file() -> None:
    line = read_manifest(CORPUS)[NAME]
    assert line.sha256 == sha256((CORPUS / NAME).read_bytes()).hexdigest()


def test_the_file_is_byte_for_byte_the_one_we_were_given() -> None:
    if not SHARED.exists():
        pytest.skip("the shared folder of the project is not beside this checkout")
    assert (CORPUS / NAME).read_bytes() == SHARED.read_bytes()
