"""Everything about who may ask, over one store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.access.audit import Chain, Draft
from assistant.access.embed_use import EmbedUse
from assistant.access.embeds import LEEWAY_S, Embeds
from assistant.access.exchange import Exchange, signing_key
from assistant.access.gate import GuardedGate
from assistant.access.keys import ApiKeys
from assistant.access.secrets import pepper_at
from assistant.access.users import Users
from assistant.records.answers import AnswerBook
from assistant.records.changes import ChangeBook
from assistant.records.conversations import Conversations
from assistant.records.feedback import FeedbackBook
from assistant.records.gaps import GapBook
from assistant.records.gold_candidates import CandidateBook
from assistant.records.once import OnceBook
from assistant.records.publications import ExportedTalks, PublicationBook
from assistant.records.schema import make_ready
from assistant.records.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Keys, users, portals and records of one store."""

    store: Store
    keys: ApiKeys
    users: Users
    embeds: Embeds
    use: EmbedUse
    exchange: Exchange
    chain: Chain
    answers: AnswerBook
    talks: Conversations
    feedback: FeedbackBook
    gaps: GapBook
    candidates: CandidateBook
    once: OnceBook
    changes: ChangeBook
    publications: PublicationBook
    exported: ExportedTalks

    def note(self, kind: str, subject: str, /, **facts: Any) -> None:
        """Record an act.

        Raises:
            RecordsError: it cannot be recorded.
        """
        self.chain.append([Draft(kind=kind, subject=subject, at=self.store.clock(), facts=facts)])

    def gate(self) -> GuardedGate:
        """What lets them in."""
        return GuardedGate(self.keys, self.embeds, self.users)

    def close(self) -> None:
        self.store.close()


def open_registry(
    url: str, *, pepper_file: Path, secrets_dir: Path, make_pepper: bool = False, leeway_s: int = LEEWAY_S
) -> Registry:
    """The registry of a database, its tables made where there are none.

    Args:
        leeway_s: how far a portal's clock may be from ours.

    Raises:
        SettingsError: the pepper or the URL cannot be used.
        RecordsError: the database cannot be used, or its tables are of another version.
    """
    pepper = pepper_at(pepper_file, make=make_pepper)
    store = Store(url)
    make_ready(store)
    embeds = Embeds(store, secrets_dir, own_key=signing_key(pepper), leeway_s=leeway_s)
    return Registry(
        store=store,
        keys=ApiKeys(store, pepper),
        users=Users(store, pepper),
        embeds=embeds,
        use=EmbedUse(store),
        exchange=Exchange(store, embeds, pepper),
        chain=Chain(store),
        answers=AnswerBook(store),
        talks=Conversations(store),
        feedback=FeedbackBook(store),
        gaps=GapBook(store),
        candidates=CandidateBook(store),
        once=OnceBook(store),
        changes=ChangeBook(store),
        publications=PublicationBook(store),
        exported=ExportedTalks(store),
    )
