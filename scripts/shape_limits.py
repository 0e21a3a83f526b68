"""What breaks the limits of the program's shape, one line each; nothing when all of them hold.

    python scripts/shape_limits.py [FOLDER]        (or: make limits)

A file has 450 lines at most, a class 250, a function 60 and a cyclomatic complexity of 15, a constructor six
parameters besides self (outside the rooms that wire), and no module imports itself by way of others. Complexity is
McCabe's, counted as radon counts it: one and one more for each branch, loop, handler, condition of a comprehension,
`and`, `or`, case and assert.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE_LINES, CLASS_LINES, FUNCTION_LINES, COMPLEXITY, PARAMETERS = 450, 250, 60, 15, 6
WIRING = ("assembly.py", "settings.py")  # their constructors may take what they like
HOME = Path(__file__).resolve().parents[1]
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """One limit that does not hold."""

    place: str  # assistant/text/segment.py, with :Class.function behind it where there is one
    limit: str
    found: str

    @property
    def key(self) -> str:
        """What an exception is listed by: place and limit."""
        return f"{self.place} {self.limit}"

    def __str__(self) -> str:
        return f"{self.place}: {self.limit} {self.found}"


def breaches(package: Path) -> list[Breach]:
    """Every limit that a package breaks, in the order of its files."""
    root = package.parent
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(package.rglob("*.py"))}
    found = []
    for path, tree in trees.items():
        name = str(path.relative_to(root))
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            found.append(Breach(name, "lines", str(lines)))
        found += _inside(tree, name, wires=path.name in WIRING)
    modules = {".".join(p.relative_to(root).with_suffix("").parts): tree for p, tree in trees.items()}
    return [*found, *_circles({name.removesuffix(".__init__"): tree for name, tree in modules.items()})]


def _inside(tree: ast.Module, file: str, *, wires: bool) -> Iterator[Breach]:
    for name, node in _named(tree, ""):
        place = f"{file}:{name}"
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if isinstance(node, ast.ClassDef):
            if lines > CLASS_LINES:
                yield Breach(place, "class lines", str(lines))
            continue
        if lines > FUNCTION_LINES:
            yield Breach(place, "function lines", str(lines))
        if (branches := complexity(node)) > COMPLEXITY:
            yield Breach(place, "complexity", str(branches))
        taken = len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs) - 1
        if node.name == "__init__" and taken > PARAMETERS and not wires:
            yield Breach(place, "parameters", str(taken))


def _named(node: ast.AST, above: str) -> Iterator[tuple[str, ast.ClassDef | _Function]]:
    """Classes and functions with their dotted names, nested ones too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            name = f"{above}.{child.name}" if above else child.name
            yield name, child
            yield from _named(child, name)
        else:
            yield from _named(child, above)


def complexity(function: _Function) -> int:
    """The cyclomatic complexity of a function, without the functions inside it."""
    return 1 + sum(map(_branches, function.body))


def _branches(node: ast.AST) -> int:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return 0
    return _own_branches(node) + sum(map(_branches, ast.iter_child_nodes(node)))


def _own_branches(node: ast.AST) -> int:
    match node:
        case ast.If() | ast.IfExp() | ast.Assert():
            return 1
        case ast.For() | ast.AsyncFor() | ast.While():
            return 1 + bool(node.orelse)
        case ast.Try() | ast.TryStar():
            return len(node.handlers) + bool(node.orelse)
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.comprehension():
            return 1 + len(node.ifs)
        case ast.Match():
            return len(node.cases) - any(isinstance(c.pattern, ast.MatchAs) and not c.pattern.name for c in node.cases)
        case _:
            return 0


# --- imports ------------------------------------------------------------------------------------


def _circles(modules: Mapping[str, ast.Module]) -> Iterator[Breach]:
    """Modules that import themselves by way of others; imports for type checking alone do not count."""
    graph = {name: sorted(set(_imports(tree, modules)) - {name}) for name, tree in modules.items()}
    for group in _strongly_connected(graph):
        if len(group) > 1:
            yield Breach(min(group).replace(".", "/") + ".py", "import circle", " ⇄ ".join(sorted(group)))


def _imports(node: ast.AST, modules: Mapping[str, ast.Module]) -> Iterator[str]:
    """Modules of ours that are imported anywhere below `node`, inside functions too."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in modules)
    elif isinstance(node, ast.ImportFrom) and node.module:
        whole = [f"{node.module}.{alias.name}" for alias in node.names]
        named = [name for name in whole if name in modules]
        yield from named or ([node.module] if node.module in modules else [])
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, modules)


def _strongly_connected(graph: Mapping[str, list[str]]) -> list[set[str]]:
    """The groups of modules that reach each other (Kosaraju)."""
    order: list[str] = []
    seen: set[str] = set()
    for start in graph:
        _finish(graph, start, seen, order)
    back: dict[str, list[str]] = {name: [] for name in graph}
    for name, targets in graph.items():
        for target in targets:
            back[target].append(name)
    groups: list[set[str]] = []
    done: set[str] = set()
    for name in reversed(order):
        group: list[str] = []
        _finish(back, name, done, group)
        if group:
            groups.append(set(group))
    return groups


def _finish(graph: Mapping[str, list[str]], start: str, seen: set[str], order: list[str]) -> None:
    """Add what `start` reaches and is not yet `seen` to `order`, each after all that it reaches."""
    if start in seen:
        return
    seen.add(start)
    waiting = [(start, iter(graph[start]))]
    while waiting:
        name, targets = waiting[-1]
        following = next((t for t in targets if t not in seen), None)
        if following is None:
            order.append(name)
            waiting.pop()
        else:
            seen.add(following)
            waiting.append((following, iter(graph[following])))


def main(arguments: list[str]) -> int:
    """Print what breaks a limit; 1 when something does."""
    found = breaches(Path(arguments[0]).resolve() if arguments else HOME / "assistant")
    sys.stdout.write("".join(f"{breach}\n" for breach in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
