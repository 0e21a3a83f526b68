"""Questions that the clauses of a document answer, as people ask them: read from YAML, written to it.

`corpus/phrasings/*.yaml`, one document a file, several files for one document if need be. They lead a
search to a clause and do nothing else: they are no words of the document, and none is ever shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.errors import InputError, SettingsError, SourceError
from assistant.safety.input_gate import clean_question
from assistant.schema.chunk import Phrasing
from assistant.text.folding import fold, squeeze
from assistant.text.tables import read_table, write_whole

FOLDER = "phrasings"
MAX_CHARS = 80  # code points of one question
MAX_IN_FILE = 5000
_ORIGIN = r"^(hand|llm:[^\s:][^\n]{0,99})$"


def usable_question(text: str) -> str:
    """`text`, if it is one clean line of 2 to `MAX_CHARS` code points.

    Raises:
        ValueError: it is not; the message does not repeat it.
    """
    try:
        clean = clean_question(text)
    except InputError as exc:
        raise ValueError(exc.message) from exc
    if not 2 <= len(clean) <= MAX_CHARS or len(clean.splitlines()) != 1:
        raise ValueError(f"one line of 2 to {MAX_CHARS} characters is needed")
    return clean


class _QuestionGroup(BaseModel):
    """Questions with one answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clause: str = Field(min_length=1)
    answered_by: str | None = Field(default=None, min_length=2)
    origin: str = Field(pattern=_ORIGIN)
    reviewed: bool
    questions: tuple[Annotated[str, AfterValidator(usable_question)], ...] = Field(min_length=1)


class _File(BaseModel):
    """One file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: str = Field(min_length=1)
    phrasings: tuple[_QuestionGroup, ...]


def read_phrasings(folders: Iterable[Path]) -> tuple[Phrasing, ...]:
    """Every phrasing in the YAML files of `folders`, by file name, then as written.

    Raises:
        SourceError: a folder is not there, a file cannot be read or used, or one document has a
            question twice; the message names the place.
    """
    found: list[Phrasing] = []
    for folder in folders:
        if not folder.is_dir():
            raise SourceError(f"没有问法文件夹 {folder}，请检查设置 ASSISTANT_PHRASINGS", path=folder)
        for path in sorted(folder.glob("*.yaml")):
            found += _read(path)
    _refuse_twins(found)
    return tuple(found)


def merged(ours: Sequence[Phrasing], house: Sequence[Phrasing]) -> tuple[Phrasing, ...]:
    """Ours and the house's; where both have a question of one document, the house's leads the way."""
    told = {(p.document_id, same_question(p.question)) for p in house}
    return (*(p for p in ours if (p.document_id, same_question(p.question)) not in told), *house)


def same_question(text: str) -> str:
    """What two spellings of one question share: width, case, blanks and the closing mark do not count."""
    return squeeze(fold(text)).rstrip("?？。!！")


def write_phrasings(path: Path, phrasings: Sequence[Phrasing], *, note: str) -> None:
    """Write the phrasings of one document to `path`, all of it or nothing; `note` becomes comment lines.

    Raises:
        SourceError: the file cannot be written.
    """
    groups: dict[tuple[str, str | None, str, bool], list[str]] = {}
    for p in phrasings:
        groups.setdefault((p.clause, p.answered_by, p.origin, p.reviewed), []).append(p.question)
    lines = [
        {"clause": clause, **({"answered_by": quote} if quote else {}), "origin": origin, "reviewed": reviewed}
        | {"questions": questions}
        for (clause, quote, origin, reviewed), questions in groups.items()
    ]
    [document_id] = {p.document_id for p in phrasings}
    body = yaml.safe_dump(
        {"document": document_id, "phrasings": lines}, allow_unicode=True, sort_keys=False, width=1000
    )
    text = "".join(f"# {line}\n" for line in note.splitlines()) + body
    write_whole(path, text)


def _read(path: Path) -> list[Phrasing]:
    try:
        file = read_table(path, _File, see="corpus/README.md")
    except SettingsError as exc:
        raise SourceError(f"问法文件 {exc.message}", path=path) from exc
    found = [
        Phrasing(
            document_id=file.document,
            clause=group.clause,
            answered_by=group.answered_by,
            question=question,
            origin=group.origin,
            reviewed=group.reviewed,
            path=path,
        )
        for group in file.phrasings
        for question in group.questions
    ]
    if len(found) > MAX_IN_FILE:
        raise SourceError(f"问法文件 {path.name} 超过 {MAX_IN_FILE} 条，请分成几个文件或删减", path=path)
    return found


def _refuse_twins(found: Sequence[Phrasing]) -> None:
    seen: set[tuple[str, str]] = set()
    for phrasing in found:
        key = (phrasing.document_id, same_question(phrasing.question))
        if key in seen:
            where = f"问法文件 {phrasing.path.name} 的“{phrasing.clause}”下"
            raise SourceError(f"{where}有一个问法与前面重复：{phrasing.question}，请删去一处", path=phrasing.path)
        seen.add(key)
