"""The acts of a document as they are read, and whom its sentences addressed last."""

from __future__ import annotations

from dataclasses import replace

from assistant.products.duties.model import Act, Carrier
from assistant.schema.document import Document, Span


class Ledger:
    """What the sentences of one document put down."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.acts: list[Act] = []
        self.passed_over: list[tuple[str, str]] = []  # place and words of what binds and gave no act
        self.last: list[int] = []  # the acts of the sentence before, which an exception may follow
        self._carriers: dict[tuple[str, ...], Carrier] = {}

    def add(self, act: Act) -> int:
        """The place of the act."""
        self.acts.append(act)
        return len(self.acts) - 1

    def amend(
        self,
        at: int,
        *,
        aims: tuple[str, ...] = (),
        conditions: tuple[str, ...] = (),
        exceptions: tuple[str, ...] = (),
    ) -> None:
        """Adds to the act at a place."""
        act = self.acts[at]
        self.acts[at] = replace(
            act,
            aims=(*act.aims, *aims),
            conditions=(*act.conditions, *conditions),
            exceptions=(*act.exceptions, *exceptions),
        )

    def spans(self, start: int) -> tuple[Span, ...]:
        """Of the acts from a place on."""
        return tuple(act.span for act in self.acts[start:])

    def carrier(self, scope: tuple[str, ...]) -> Carrier | None:
        """Whom the last sentence with an addressee named, within the clause or what it stands in."""
        for depth in range(len(scope), 0, -1):
            if found := self._carriers.get(scope[:depth]):
                return found
        return None

    def carry(self, scope: tuple[str, ...], carrier: Carrier) -> None:
        """Leaves an addressee to the sentences that follow in the clause."""
        self._carriers[scope] = carrier
