"""The audit says in Chinese what the records call by names of ours."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import assistant
from assistant.serving.render.audit import fact_lines, kind_words

NOTING = {"note", "acted", "note_act", "_note"}
FOUND = [
    call
    for path in sorted(Path(assistant.__file__).parent.rglob("*.py"))
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(call, ast.Call) and call.args and getattr(call.func, "attr", getattr(call.func, "id", "")) in NOTING
]


def kinds() -> Iterator[str]:
    for call in FOUND:
        first = call.args[0]
        if isinstance(first, ast.Constant) and "." in str(first.value):
            yield str(first.value)


def test_every_act_has_words() -> None:
    known = sorted(set(kinds()))
    assert len(known) > 40
    assert [kind for kind in known if kind_words(kind) == kind] == []


@pytest.mark.parametrize("stem", ["corpus.restate", "corpus.tables"])
def test_what_becomes_of_a_change_has_words(stem: str) -> None:
    for verb in ("proposed", "approved", "rejected", "withdrawn", "applied"):
        assert re.search("[a-z]", kind_words(f"{stem}-{verb}")) is None


def test_a_succession_that_somebody_decided_on_has_words() -> None:
    assert kind_words("corpus.supersession-confirmed") == "文件的取代关系：确认"
    assert kind_words("corpus.supersession-dismissed") == "文件的取代关系：驳回"


def test_every_fact_has_a_name() -> None:
    names = sorted({word.arg for call in FOUND for word in call.keywords if word.arg})
    told = [said for said, _ in fact_lines(dict.fromkeys(names, 1))]
    assert [name for name, said in zip(names, told, strict=True) if name == said] == []


def test_what_is_known_by_a_name_of_ours_is_said_in_words() -> None:
    facts = {
        "role": "editor", "scopes": ["corpus:edit"], "kind": "remove", "act": "heading", "table": "lay_words",
        "before": {"role": "reader", "labels": ["内部"], "department": None},
    }  # fmt: skip
    words = dict(fact_lines(facts))
    assert words["之前"] == "角色：使用者；标签：内部；部门：无"
    assert words["权限"] == "编辑文件库"
    assert re.search("[a-z]", "".join((*words, *words.values()))) is None
    assert dict(fact_lines({"kind": "key.created"})) == {"种类": "建立密钥"}
