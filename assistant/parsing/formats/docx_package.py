"""The parts of a DOCX and how they relate."""

from __future__ import annotations

from typing import Any

from assistant.parsing.formats.model import Findings
from assistant.parsing.formats.package import Parts
from assistant.parsing.formats.zipgate import WORD


class Package(Parts):
    """The parts of one DOCX by name, and the relations of its main part."""

    def __init__(self, parts: dict[str, bytes], findings: Findings) -> None:
        super().__init__(parts, findings, WORD)
        self._main = self.main("word/document.xml")
        found = self.relations(self._main)
        self.kinds = [(r.kind, r.target) for r in found]
        self._ids = {r.id: r.target for r in found}

    def body(self) -> Any:
        """The w:body of the main part.

        Raises:
            Rejected: `corrupt`, when there is none.
        """
        root = self.tree(self._main)
        for child in root if root is not None else ():
            if isinstance(child.tag, str) and child.tag.endswith("}body"):
                return child
        raise self.without_body()

    def related(self, kind: str) -> Any | None:
        """The first part of a kind that the main part names."""
        return next((self.tree(name) for k, name in self.kinds if k == kind and name in self), None)

    def named(self, relation: str) -> Any | None:
        """The part that a relation of the main part leads to, by its id."""
        return self.tree(self._ids.get(relation, ""))
