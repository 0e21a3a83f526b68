"""Training data: places that stand in their texts, documents held out whole, and no words of statutes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import EvaluationError
from assistant.training.items import Item, load_training, read_items, sentence_places

FOLDER = Path(__file__).resolve().parents[3] / "eval" / "training"
NOTICE = "云岭县关于养蜂贷款贴息的通知\n一、对象。养蜂户可以申请贴息。\n二、比例。贴息2个百分点，期限一年。\n"
ARTICLES = [
    {"id": "A1", "law": "渡船管理办法", "article_no": "第一条", "text": "渡船应当检验。载客不得超过十人。"},
    {
        "id": "A2",
        "law": "渡船管理办法",
        "article_no": "第二条",
        "text": "下列渡船停航：\n（一）破损的；\n（二）超载的。",
    },
]


def place(text: str, whole: str, words: str) -> dict[str, object]:
    start, end = next(p for p in sentence_places(whole) if words in whole[p[0] : p[1]])
    return {"text": text, "start": start, "end": end}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notices").mkdir()
    (tmp_path / "notices" / "bees.txt").write_text(NOTICE, encoding="utf-8")
    (tmp_path / "articles.jsonl").write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    first, second = str(ARTICLES[0]["text"]), str(ARTICLES[1]["text"])
    items = [
        {
            "id": "1",
            "document": "bees",
            "voice": "attr",
            "question": "贴几个点",
            "gold": [place("bees", NOTICE, "2个百分点")],
        },
        {
            "id": "2",
            "document": "渡船管理办法",
            "voice": "coll",
            "question": "一船能坐几个",
            "gold": [place("A1", first, "十人")],
        },
        {
            "id": "3",
            "document": "渡船管理办法",
            "voice": "near",
            "question": "停航罚多少钱",
            "history": ["船破了还能开吗"],
            "near": [place("A2", second, "破损")],
        },
    ]
    (tmp_path / "items.jsonl").write_text("\n".join(json.dumps(i, ensure_ascii=False) for i in items), encoding="utf-8")
    return tmp_path


def test_items_meet_their_sentences_with_the_lead_of_a_list(folder: Path) -> None:
    training = load_training(folder, folder / "articles.jsonl")
    words = {s.place: s.words for document in training.documents.values() for s in document.sentences}
    assert [words[item.gold[0]].strip() for item in training.items[:2]] == [
        "贴息2个百分点，期限一年。",
        "载客不得超过十人。",
    ]
    assert words[training.items[2].near[0]] == "下列渡船停航：（一）破损的；"
    assert training.items[2].asked == "船破了还能开吗 停航罚多少钱"
    assert set(training.documents["渡船管理办法"].clauses) == {"A1", "A2"}


def test_a_place_that_is_no_sentence_is_named(folder: Path) -> None:
    file = folder / "items.jsonl"
    lines = file.read_text(encoding="utf-8").split("\n")
    item = json.loads(lines[0])
    item["gold"][0]["start"] += 1
    file.write_text("\n".join([json.dumps(item), *lines[1:]]), encoding="utf-8")
    with pytest.raises(EvaluationError, match="例如 1"):
        load_training(folder, folder / "articles.jsonl")


def test_a_line_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text('{"id": "1", "answer": "x"}', encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"README\.md"):
        read_items(tmp_path / "items.jsonl")


def shipped() -> tuple[Item, ...]:
    return read_items(FOLDER / "items.jsonl")


def test_the_shipped_items_are_as_the_data_sheet_says() -> None:
    items = shipped()
    assert len(items) >= 6000
    assert len({item.document for item in items}) >= 150
    assert len({item.id for item in items}) == len(items)
    assert all(bool(item.gold) is (item.voice != "near") for item in items)


def test_the_places_in_the_shipped_notices_are_sentences() -> None:
    places = {p.stem: set(sentence_places(p.read_text(encoding="utf-8"))) for p in (FOLDER / "notices").glob("*.txt")}
    named = [p for item in shipped() for p in (*item.gold, *item.near) if p.text in places]
    assert named
    assert all((p.start, p.end) in places[p.text] for p in named)
