"""Tables in YAML: read as the types say, and a mistake is told with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter

from assistant.errors import SettingsError
from assistant.text.tables import packaged, read_table


class Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    words: tuple[str, ...]


LINES = TypeAdapter(list[Line])


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "words.yaml"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def test_a_table_as_the_types_say(tmp_path: Path) -> None:
    path = table(tmp_path, "# 说明\n- {name: 甲, words: [乙, 丙]}\n")
    assert read_table(path, LINES, see="docs/x.md") == [Line(name="甲", words=("乙", "丙"))]


def test_one_model_is_a_table_too(tmp_path: Path) -> None:
    assert read_table(table(tmp_path, "name: 甲\nwords: []\n"), Line, see="docs/x.md").name == "甲"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {name: 甲, words: [乙]}\n- name: 丙\n  words: 丁\n", "第 3 行的 1.words 写法有误"),
        ("- name: 甲\n  words: [乙]\n  colour: 红\n", "第 3 行的 0.colour 写法有误"),
        ("\n\n- words: [乙]\n", "第 3 行的 0.name 写法有误"),  # what is missing is looked for in its entry
        ("甲", "第 1 行的 开头 写法有误"),
        ("", "第 1 行的 开头 写法有误"),
        ("- name: 甲\n  words: ]\n", "第 2 行无法读取"),
        (b"- name: \xff\xfe", "无法读取"),
        ("- {name: 甲, words: [2024-13-45]}\n", "无法读取"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_table(table(tmp_path, text), LINES, see="docs/x.md")
    assert caught.value.message.startswith("words.yaml ")
    assert said in caught.value.message
    assert "docs/x.md" in caught.value.message
    assert "甲" not in caught.value.message  # nothing of the table itself


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"没有\.yaml .*无法读取"):
        read_table(tmp_path / "没有.yaml", LINES, see="docs/x.md")


def test_a_table_of_the_package() -> None:
    assert packaged("institutions.yaml").is_file()
