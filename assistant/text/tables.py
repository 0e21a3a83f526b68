"""A table that people keep in YAML, as the types say: read in one way, and its mistakes told in one sentence."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from assistant.errors import SettingsError, SourceError

T = TypeVar("T")


def packaged(name: str) -> Traversable:
    """A table of the package."""
    return resources.files("assistant") / "data" / name


def read_table(source: Traversable, form: type[T] | TypeAdapter[T], *, see: str | None = None) -> T:
    """The table in `source`.

    Args:
        form: what it must be.
        see: the page that says how it is written, for whoever has to mend it; without one its own head does.

    Raises:
        SettingsError: the file cannot be read or is not such a table; the message names file and line.
    """
    page = f" {see} " if see else "文件开头的说明"
    adapter = form if isinstance(form, TypeAdapter) else TypeAdapter(form)
    try:
        written = source.read_bytes()
        return adapter.validate_python(_load(written))
    except ValidationError as exc:
        place = exc.errors(include_input=False, include_url=False)[0]["loc"]
        named = ".".join(map(str, place)) or "开头"
        where = f"第 {_line_of(written, place)} 行的 {named} "
        raise SettingsError(f"{source.name} 无法使用：{where}写法有误，请对照{page}检查") from exc
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark is not None else ""
        mend = f"请检查文件的编码、缩进和引号，并对照{page}"
        raise SettingsError(f"{source.name} {where}无法读取，{mend.rstrip()}") from exc


def write_whole(path: Path, text: str) -> None:
    """Write a file, all of it or nothing; its folder is made where there is none.

    Raises:
        SourceError: it cannot be written.
    """
    part: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        part = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        part.chmod(0o644)
        part.replace(path)
    except OSError as exc:
        if part is not None:
            part.unlink(missing_ok=True)
        raise SourceError(f"{path} 无法写入，请检查磁盘空间和权限", path=path) from exc


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first is in C and not built everywhere


def _load(written: bytes) -> Any:
    return yaml.load(written, Loader=_loader())  # noqa: S506 - a safe loader


def _line_of(written: bytes, place: Sequence[str | int]) -> int:
    """The line on which the entry at `place` stands, or the last of what stands above it; from 1."""
    node: Any = yaml.compose(written, Loader=_loader())
    if node is None:
        return 1
    for step in place:
        inner = _inside(node, step)
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1


def _inside(node: Any, step: str | int) -> Any:
    """What `node` holds at `step`; `None` when it holds nothing there."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None
