"""Who may import whom: a room imports only from rooms before it, inside functions too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "assistant"
ROOMS = (
    "errors",
    "schema",
    "text",
    "safety",
    "models",
    "records",
    "access",
    "parsing",
    "indexing",
    "corpus",
    "question",
    "retrieval",
    "proof",
    "writing",
    "answering",
    "products",
    "pipeline",
    "evaluation",
    "curation",
    "training",
    "settings",
    "readers",
    "assembly",
    "serving",
    "client",
)
DOOR = "__main__"  # stands outside the rooms and may only call serving
DATA = {"data"}  # no code


def module_of(path: Path) -> tuple[str, ...]:
    return path.relative_to(PACKAGE.parent).with_suffix("").parts


def imported(tree: ast.Module, module: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Full names of what a module imports, with the line; relative imports are resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*module[: len(module) - node.level]] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((f"{name}.{alias.name}" if name == "assistant" else name, node.lineno) for alias in node.names)


def trespasses(source: str, module: tuple[str, ...]) -> list[str]:
    """The imports of a module that go against the order of the rooms."""
    room = module[1] if len(module) > 1 else "__init__"
    allowed = {"serving"} if room == DOOR else set(ROOMS[: ROOMS.index(room) + 1]) if room in ROOMS else set()
    found = []
    for name, line in imported(ast.parse(source), module):
        parts = name.split(".")
        if parts[0] == "assistant" and len(parts) > 1 and parts[1] not in allowed | {"__version__"}:
            found.append(f"{'/'.join(module)}.py:{line} imports {name}")
    return found


def test_every_module_stands_in_a_room() -> None:
    names = {p.stem if p.is_file() else p.name for p in PACKAGE.iterdir() if p.suffix in {"", ".py"}}
    assert names - {"__init__", "__pycache__", DOOR} - DATA == set(ROOMS)


def test_rooms_import_only_from_rooms_before_them() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > len(ROOMS)
    assert [t for path in files for t in trespasses(path.read_text(encoding="utf-8"), module_of(path))] == []


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from assistant.serving import desk", ("assistant", "text", "folding")),
        ("import assistant.settings", ("assistant", "pipeline")),
        ("from assistant import settings", ("assistant", "writing", "gate")),
        ("def f():\n    from assistant.assembly import make_index", ("assistant", "evaluation", "runner")),
        ("from ..serving import desk", ("assistant", "text", "folding")),
        (
            "if TYPE_CHECKING:\n    from assistant.indexing.build import BuildReport",
            ("assistant", "parsing", "readers"),
        ),
        ("from assistant.pipeline import PolicyAssistant", ("assistant", "__main__")),
        ("from assistant.errors import AssistantError", ("assistant", "__init__")),
    ],
)
def test_an_import_against_the_order_is_found(source: str, module: tuple[str, ...]) -> None:
    assert len(trespasses(source, module)) == 1


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from assistant.text.folding import fold", ("assistant", "text", "segment")),
        ("from .folding import fold\nimport re", ("assistant", "text", "segment")),
        ("from assistant import __version__", ("assistant", "serving", "api")),
        ("from assistant.errors import InputError", ("assistant", "pipeline")),
        ("import assistant.text.folding", ("assistant", "pipeline")),
    ],
)
def test_an_import_along_the_order_passes(source: str, module: tuple[str, ...]) -> None:
    assert trespasses(source, module) == []
