"""The laws of the shipped tables of lay wordings: whoever adds an entry is told what is wrong with it."""

from __future__ import annotations

from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from assistant.question.lay_words import GAP, ConceptLine, Expander, load_expander
from assistant.text.folding import fold, squeeze

DATA = resources.files("assistant") / "data"
LINES = {
    name: TypeAdapter(list[ConceptLine]).validate_python(yaml.safe_load((DATA / name).read_text(encoding="utf-8")))
    for name in ("colloquial.yaml", "colloquial_laws.yaml", "colloquial_beside.yaml")
}
NEW = [*LINES["colloquial_laws.yaml"], *LINES["colloquial_beside.yaml"]]
EVERY = [line for lines in LINES.values() for line in lines]


@pytest.fixture(scope="module")
def texts(shared_dir: Path) -> tuple[str, ...]:
    """The laws and the notice, folded for searching."""
    policies = shared_dir / "policies"
    paths = [*sorted((policies / "texts").glob("*.md")), policies / "notice_2024_shaanxi.txt"]
    return tuple(squeeze(fold(path.read_text(encoding="utf-8"))) for path in paths)


def test_all_tables_are_loaded() -> None:
    assert load_expander().lines == tuple(EVERY)


def test_a_table_of_ones_own_replaces_them_all(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("- {concept: 甲, policy: [乙], lay: [丙丙]}\n", encoding="utf-8")
    assert [line.concept for line in load_expander(own).lines] == ["甲"]
    own.write_text("[]\n", encoding="utf-8")
    assert load_expander(own).lines == ()


def test_every_matter_has_one_name() -> None:
    names = Counter(line.concept for line in NEW)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("file", LINES)
def test_no_wording_twice_in_a_matter(file: str) -> None:
    assert [line.concept for line in LINES[file] if len(set(map(fold, line.lay))) < len(line.lay)] == []


def test_wordings_are_short_and_more_than_a_character() -> None:
    assert [w for line in NEW for w in line.lay if not 2 <= len(w) <= 14] == []


def test_gaps_stand_between_words() -> None:
    assert [w for line in EVERY for w in line.lay if not all(part.strip() for part in w.split(GAP))] == []


def test_wordings_are_no_whole_questions() -> None:
    assert [w for line in NEW for w in line.lay if set(w) & set("？?。，,")] == []


def test_no_wording_is_a_policy_term_of_another_matter() -> None:
    owners = {fold(term): line.concept for line in NEW for term in line.policy}
    assert [
        (w, line.concept) for line in NEW for w in line.lay if owners.get(fold(w), line.concept) != line.concept
    ] == []


def test_no_wording_of_a_matter_beside_is_one_of_a_matter_treated() -> None:
    treated = {fold(w) for line in EVERY if not line.beside for w in line.lay}
    assert [w for line in LINES["colloquial_beside.yaml"] for w in line.lay if fold(w) in treated] == []


def test_every_matter_has_wordings_enough() -> None:
    assert [line.concept for line in NEW if len(line.lay) < 3 or not 1 <= len(line.policy) <= 5] == []


def test_matters_beside_are_marked() -> None:
    assert all(line.beside for line in LINES["colloquial_beside.yaml"])
    assert not any(line.beside for line in LINES["colloquial_laws.yaml"])


def test_every_policy_term_of_a_law_stands_in_a_text(texts: tuple[str, ...]) -> None:
    terms = (term for line in LINES["colloquial_laws.yaml"] for term in line.policy)
    assert [term for term in terms if not any(squeeze(fold(term)) in text for text in texts)] == []


def test_no_text_treats_a_matter_beside(texts: tuple[str, ...]) -> None:
    terms = (term for line in LINES["colloquial_beside.yaml"] for term in line.policy)
    assert [term for term in terms if any(squeeze(fold(term)) in text for text in texts)] == []


def test_a_wording_of_each_matter_is_found() -> None:
    expander = Expander(EVERY)
    missed = [
        (line.concept, w)
        for line in NEW
        for w in line.lay
        if line.concept not in {c.name for c in expander.concepts(f"请问{w.replace(GAP, '了又')}怎么办")}
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("question", "concept", "term"),
    [
        ("我想退保，能拿回多少", "退保与现金价值", None),
        ("借条上写两万，砍头息先扣了", "预扣利息", None),
        ("修理厂扣我的车不放", "留置权", "留置财产"),
        ("朋友叫我挂名法人", "受益所有人", None),
        ("小区非要刷脸门禁", "公共场所摄像头人脸", None),
        ("甲方说上家没给钱", "背靠背付款", None),
        ("怕他不还我，能让他押点东西给我吗", "反担保", "反担保"),
    ],
)
def test_expansions_by_hand(question: str, concept: str, term: str | None) -> None:
    expander = load_expander()
    assert concept in {c.name for c in expander.concepts(question)}
    assert term is None or term in expander.terms(question)


def test_a_long_term_points_at_its_clause_and_is_not_searched_for() -> None:
    long, short = "退还保险单的现金价值", "现金价值"
    own = Expander([ConceptLine(concept="退保", policy=(long + "的", short), lay=("退保险",))])
    assert own.terms("想退保险") == (short,)
