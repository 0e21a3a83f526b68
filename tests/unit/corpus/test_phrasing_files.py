"""Questions written for clauses: read strictly, written whole; the shipped ones lead to every sentence."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.corpus.phrasings import MAX_CHARS, read_phrasings, same_question, write_phrasings
from assistant.corpus.reading import read_corpus
from assistant.errors import SourceError
from assistant.indexing.cut import cut
from assistant.indexing.phrasing_chunks import tie
from assistant.schema.chunk import ChunkKind, Phrasing

CORPUS = Path(__file__).resolve().parents[3] / "corpus"


def group(**changes: Any) -> dict[str, Any]:
    return {"clause": "二、（一）", "origin": "hand", "reviewed": False, "questions": ["能续贷吗", "咋续"], **changes}


def put(folder: Path, *groups: dict[str, Any], name: str = "a.yaml", **top: Any) -> Path:
    whole = {"document": "notice", "phrasings": list(groups), **top}
    (folder / name).write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    return folder


def test_every_question_with_its_place_and_origin(tmp_path: Path) -> None:
    put(tmp_path, group(answered_by="规范续贷业务"), name="b.yaml")
    put(tmp_path, group(origin="llm:某模型-1.5b", reviewed=True, questions=["到期了怎么办？"]))
    found = read_phrasings([tmp_path])
    assert [(p.question, p.origin, p.reviewed) for p in found] == [
        ("到期了怎么办？", "llm:某模型-1.5b", True),
        ("能续贷吗", "hand", False),
        ("咋续", "hand", False),
    ]
    assert {(p.document_id, p.clause) for p in found} == {("notice", "二、（一）")}
    assert [(p.answered_by, p.path.name) for p in found][1] == ("规范续贷业务", "b.yaml")


@pytest.mark.parametrize(
    "broken",
    [
        {"origin": "someone"},
        {"origin": "llm:"},
        {"reviewed": "maybe"},
        {"questions": []},
        {"questions": ["  "]},
        {"questions": ["问"]},
        {"questions": ["长" * (MAX_CHARS + 1)]},
        {"questions": ["第一行\n第二行"]},
        {"questions": ["坏\u0000字符"]},
        {"answered_by": ""},
        {"clause": ""},
        {"strange": 1},
    ],
)
def test_a_group_that_is_not_as_agreed_is_refused_by_its_place(tmp_path: Path, broken: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match=r"a\.yaml 无法使用：第 \d+ 行的 phrasings\.0\.") as caught:
        read_phrasings([put(tmp_path, group(**broken))])
    assert "长长" not in caught.value.message


@pytest.mark.parametrize("content", ["", "- 1", "document: [", "document: a\nphrasings: []\nmore: 1\n"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=r"a\.yaml"):
        read_phrasings([tmp_path])


def test_yaml_that_would_make_objects_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("document: !!python/object/apply:os.getcwd []\nphrasings: []\n", encoding="utf-8")
    with pytest.raises(SourceError, match="无法读取"):
        read_phrasings([tmp_path])


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="ASSISTANT_PHRASINGS"):
        read_phrasings([tmp_path / "没有"])


def test_one_question_leads_to_one_place(tmp_path: Path) -> None:
    put(tmp_path, group(questions=["能续贷吗"]), group(clause="一", questions=["能 续贷吗？"]))
    with pytest.raises(SourceError, match="“一”下有一个问法与前面重复：能 续贷吗？"):
        read_phrasings([tmp_path])
    put(tmp_path, group(questions=["能续贷吗"]))
    put(tmp_path, group(questions=["能续贷吗"]), name="b.yaml", document="another")
    assert len(read_phrasings([tmp_path])) == 2


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    source = put(tmp_path, group(answered_by="规范续贷业务"), group(clause="一", questions=["总体要求是啥：#一？"]))
    first = read_phrasings([source])
    target = tmp_path / "out" / "again.yaml"
    write_phrasings(target, first, note="第一行\n第二行")
    again = read_phrasings([tmp_path / "out"])
    assert [strip(p) for p in again] == [strip(p) for p in first]
    assert target.read_text(encoding="utf-8").startswith("# 第一行\n# 第二行\ndocument: notice\n")
    assert list(target.parent.iterdir()) == [target]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(SourceError, match="无法写入"):
        write_phrasings(tmp_path / "file" / "a.yaml", read_phrasings([put(tmp_path, group())]), note="")


def strip(phrasing: Phrasing) -> tuple[object, ...]:
    p = phrasing
    return p.document_id, p.clause, p.answered_by, p.question, p.origin, p.reviewed


def test_same_question_forgives_width_blanks_and_the_closing_mark() -> None:
    assert same_question("LPR 是啥？") == same_question("ｌｐｒ是啥") != same_question("FTP是啥")


def test_the_shipped_questions_lead_to_every_sentence_of_the_notice() -> None:
    [document] = read_corpus([CORPUS / "notice_2024_shaanxi.txt"]).documents
    passages = cut(document)
    phrasings = read_phrasings([CORPUS / "phrasings"])
    tied = tie(passages, phrasings)
    assert 350 <= len(tied) == len({same_question(p.question) for p in phrasings})
    per_target = Counter(chunk.answers for chunk in tied)
    whole = {c.id for c in tied if c.answers == c.parent_id}
    units_of_one_sentence = {c.parent_id for c in tied if c.unit in {"标题", "序言"}}
    assert {
        c.parent_id for c in tied if c.answers in {w.parent_id for w in tied if w.id in whole}
    } == units_of_one_sentence
    for sentence in (c for c in passages if c.kind is ChunkKind.SENTENCE and c.parent_id not in units_of_one_sentence):
        assert per_target[sentence.id] >= 5, sentence.plain
