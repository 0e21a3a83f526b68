"""Twenty real statutes: every article addressed, nothing lost, every offset exact."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tree_laws import broken_laws

from assistant.corpus.reading import parse_file, read_corpus
from assistant.indexing.cut import cut
from assistant.parsing.clauses import numbering_gaps
from assistant.schema.chunk import ChunkKind
from assistant.schema.document import Document, DocumentKind, Level, Validity
from assistant.text.numerals import parse_numeral

TEXTS = Path(__file__).resolve().parents[3] / "shared" / "policies" / "texts"
FILES = sorted(TEXTS.glob("*.md"))

pytestmark = pytest.mark.skipif(not FILES, reason="the shared folder of the project is not beside this checkout")

# First and last article; extracts of the code begin in the middle.
RANGES = {
    "保障中小企业款项支付条例_2020_已修订": (1, 29),
    "保障中小企业款项支付条例_2025": (1, 37),
    "促进个体工商户发展条例_2022": (1, 39),
    "商业银行法_2015": (1, 95),
    "民法典_合同编_借款合同与保证合同_节选": (667, 702),
    "民法典_物权编_担保物权_节选": (386, 457),
}
_ARTICLE_LINE = re.compile(r"^[ \u3000]*第[一二三四五六七八九十百零]+条[ \u3000]", re.MULTILINE)


def articles(document: Document) -> list[int]:
    found = [c.address for c in document.walk() if c.level is Level.ARTICLE]
    return [int(parse_numeral(address.removeprefix("第").removesuffix("条")) or 0) for address in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_tree_of_a_statute(path: Path) -> None:
    document = parse_file(path)
    assert document.meta.kind is DocumentKind.LAW
    assert broken_laws(document.text, document.clauses) == []
    assert numbering_gaps(document.clauses) == ()
    numbers = articles(document)
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert len(numbers) >= len(_ARTICLE_LINE.findall(document.text))
    assert (numbers[0], numbers[-1]) == RANGES.get(document.id, (1, numbers[-1]))
    assert parse_file(path) == document


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_article_becomes_a_passage(path: Path) -> None:
    document = parse_file(path)
    clauses = [c for c in cut(document) if c.kind is ChunkKind.CLAUSE]
    assert [c.unit for c in clauses] == [c.address for c in document.walk() if c.level is Level.ARTICLE]


def test_the_folder_is_read_whole() -> None:
    corpus = read_corpus([TEXTS])
    assert corpus.failures == ()
    assert len(corpus.documents) == len(FILES) == 20
    assert set(RANGES) <= {d.id for d in corpus.documents}


def test_old_versions_end_where_the_new_ones_begin() -> None:
    metas = {d.id: d.meta for d in read_corpus([TEXTS]).documents}
    old, new = metas["保障中小企业款项支付条例_2020_已修订"], metas["保障中小企业款项支付条例_2025"]
    assert old.validity is Validity.AMENDED
    assert new.validity is Validity.IN_FORCE
    assert old.expired_on == new.effective_on
    assert all(m.expired_on for m in metas.values() if m.validity in (Validity.AMENDED, Validity.REPEALED))
