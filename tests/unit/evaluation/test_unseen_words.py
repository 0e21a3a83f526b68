"""No words of an unseen question or claim stand in the program or its data: nothing was written from them.

Words that the documents themselves say, and names of documents, may stand in both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from assistant.evaluation.sets import read_register

ROOT = Path(__file__).resolve().parents[3]
RUN = 8  # characters, punctuation and white space not counted
WRITTEN = {".py", ".yaml", ".json", ".txt", ".md", ".js", ".html", ".css"}
_HAN = re.compile("[\u4e00-\u9fff]")
# An example on the page, older than the set that has the same question.
OLDER = ("那股份制银行一级分行要做什么",)


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def runs(text: str) -> set[str]:
    """Every stretch of `RUN` letters with a Chinese one among them."""
    kept = letters(text)
    return {run for at in range(len(kept) - RUN + 1) if _HAN.search(run := kept[at : at + RUN])}


def copied(asked: Mapping[str, str], written: Mapping[str, str], *, excepted: Iterable[str] = ()) -> list[str]:
    """Each stretch of the texts of `asked` that stands in `written`, with both places; `excepted` may be in both."""
    allowed = set().union(*map(runs, excepted))
    wanted: dict[str, str] = {run: name for name, text in asked.items() for run in runs(text) - allowed}
    return [
        f"{run}: {wanted[run]} in {place}"
        for place, text in written.items()
        for run in sorted(wanted.keys() & runs(text))
    ]


def unseen_texts() -> Iterator[tuple[str, str]]:
    """The questions and claims of unseen sets, each with where it stands."""
    for one in read_register(ROOT / "eval"):
        if not one.unseen or one.kind not in {"questions", "claims"}:
            continue
        for line in map(json.loads, (ROOT / "eval" / one.file).read_text(encoding="utf-8").splitlines()):
            said = [line.get("question") or line["claim"], *(turn["content"] for turn in line.get("history", ()))]
            yield from ((f"{one.name} {line['id']}, {at}", text) for at, text in enumerate(said))


def written_files() -> dict[str, str]:
    paths = (p for p in sorted((ROOT / "assistant").rglob("*")) if p.suffix in WRITTEN)
    return {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8") for p in paths}


def documents(shared: Path) -> Iterator[str]:
    """What the documents say, and names of documents."""
    for path in sorted((shared / "policies").rglob("*")):
        if path.suffix in {".md", ".txt"}:
            yield path.read_text(encoding="utf-8")
    yield (ROOT / "assistant" / "data" / "statutes.txt").read_text(encoding="utf-8")


def test_no_words_of_an_unseen_set_stand_in_the_program_or_its_data(shared_dir: Path) -> None:
    asked, written = dict(unseen_texts()), written_files()
    assert len(asked) > 100
    assert len(written) > 200
    assert copied(asked, written, excepted=[*documents(shared_dir), *OLDER]) == []


# --- the finder itself --------------------------------------------------------------------------

ASKED = {"q1": "渔港的缆绳断了，是船东换还是码头换？"}


@pytest.mark.parametrize(
    "written",
    [
        "# 渔港的缆绳断了，是船东换",
        '"码头 换": "缆绳断了 是船东 换还是 码头"',
        "- [缆绳断了——是船东换]",
    ],
)
def test_a_stretch_of_a_question_is_found_whatever_stands_between_its_letters(written: str) -> None:
    assert copied(ASKED, {"rules.py": written})


@pytest.mark.parametrize("written", ["# 缆绳断了", "缆绳的船东换码头", "", "x = 12345678"])
def test_short_and_other_stretches_are_not(written: str) -> None:
    assert copied(ASKED, {"rules.py": written}) == []


def test_what_a_document_says_may_stand_in_both() -> None:
    both = {"rules.py": "缆绳断了，是船东换"}
    assert copied(ASKED, both, excepted=["第三条 缆绳断了，是船东换的，从其约定。"]) == []
    assert copied(ASKED, both, excepted=["第三条 缆绳断了。是船东换的，从其约定。"]) == []
    assert copied(ASKED, both, excepted=["第三条 缆绳由船东换。"])


def test_a_stretch_is_named_with_both_its_places() -> None:
    assert copied(ASKED, {"rules.py": "若缆绳断了，是船东换"}) == ["缆绳断了是船东换: q1 in rules.py"]
