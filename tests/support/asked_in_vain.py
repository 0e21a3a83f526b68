"""A house where questions were asked in vain: users of every role, a library with labels, records of answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from assistants import memory_assistant
from doors import PASSWORD, door_of, opened
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant.access.recorder import Recorder
from assistant.access.registry import Registry
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.records.feedback import Feedback, Reason
from assistant.schema.answer import Outcome
from assistant.schema.document import PUBLIC, Document
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import READING, Principal, PrincipalKind
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.ledger import Given, Ledger

EVERYBODYS = replace(law(), meta=replace(law().meta, access=(PUBLIC,), title="村镇贷款条例"))
DEPARTMENTS = replace(notice(), meta=replace(notice().meta, access=("信贷部",), title="信贷部金库通知"))
# name → role, department, labels
STAFF = {
    "li.na": ("editor", "信贷部", ()),
    "wang.wei": ("approver", "信贷部", ()),
    "zhao.min": ("editor", "零售部", ()),
    "shen.ji": ("auditor", None, ()),
    "du.zhe": ("reader", "信贷部", ()),
}


@dataclass
class House:
    """What was asked is put with `ask`; users sign in with `PASSWORD`."""

    registry: Registry
    home: Path
    assistant: PolicyAssistant
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def door(self) -> Doorkeeping:
        return door_of(self.registry, home=self.home)

    @property
    def gold_file(self) -> Path:
        return self.home / "gold.jsonl"

    def cookie(self, name: str) -> dict[str, str]:
        """What a browser sends in which they signed in."""
        return {"Cookie": f"pz_signin={self.registry.users.sign_in(name, PASSWORD)[0]}"}

    def id_of(self, name: str) -> str:
        return next(user.principal.id for user in self.registry.users.listed() if user.name == name)

    def ask(
        self, question: str, *, department: str | None = "信贷部", outcome: Outcome | None = None, at: int | None = None
    ) -> str:
        """Put a question as somebody of a department who sees everything; the id of the answer that is kept."""
        asker = Principal(
            kind=PrincipalKind.KEY, subject="k", scopes=READING, labels=frozenset({"信贷部"}), department=department
        )
        inquiry = Inquiry(question=question, principal=asker)
        answer = self.assistant.ask(inquiry)
        answer = answer if outcome is None else replace(answer, outcome=outcome)
        name = f"a{next(self.numbers)}"
        clock = self.registry.store.clock
        if at is not None:
            self.registry.store.clock = lambda: at
        recorder = Recorder(self.registry.chain, self.registry.answers, refuse=True)
        Ledger(recorder).answered(
            Given(id=name, inquiry=inquiry, answer=answer, session_id=f"s-{name}", latency_ms=1.0), self.assistant
        )
        self.registry.store.clock = clock
        return name

    def rate(self, answer_id: str, comment: str | None = None, *, useful: bool = False) -> Feedback:
        """What somebody thinks of an answer."""
        return self.registry.feedback.put(answer_id, "key:k", useful=useful, reason=Reason.INCOMPLETE, comment=comment)

    def acts(self, prefix: str) -> list[tuple[str, dict[str, Any]]]:
        """What the chain says of acts of a kind."""
        return [(one.kind, dict(one.facts)) for one in self.registry.chain.entries() if one.kind.startswith(prefix)]


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """A house with its own records, in a folder of its own."""
    documents: list[Document] = [EVERYBODYS, DEPARTMENTS]
    assistant = memory_assistant(MemoryLibrary(documents, HashingEmbedder()), rights=frozenset({"信贷部"}))
    with opened(folder) as registry:
        for name, (role, department, labels) in STAFF.items():
            registry.users.create(name=name, password=PASSWORD, role=role, department=department, labels=labels)
        yield House(registry, folder, assistant)
