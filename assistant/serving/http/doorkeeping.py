"""Who is let in, as an application is made with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.access.embed_use import EmbedUse
from assistant.access.embeds import Embeds
from assistant.access.exchange import Exchange
from assistant.access.gate import Gate, OpenGate
from assistant.access.oidc import Oidc
from assistant.access.users import Users
from assistant.curation.drafts import Drafting
from assistant.schema.principal import Principal
from assistant.serving.health_desk import Folders
from assistant.serving.keeping.upkeep import Upkeep
from assistant.serving.ledger import Ledger
from assistant.serving.limits.rates import RateLimiter
from assistant.serving.office import Office
from assistant.serving.releasing.desk import Releases


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorkeeping:
    """Who is let in: by default everybody, as in development."""

    gate: Gate = field(default_factory=OpenGate)
    users: Users | None = None  # who may sign in
    oidc: Oidc | None = None  # the provider of the house, where they may sign in too
    secure_cookie: bool = True
    embeds: Embeds | None = None  # which portals may show our pages
    use: EmbedUse | None = None  # how often they may ask
    exchange: Exchange | None = None  # codes for their pages
    ledger: Ledger | None = None  # where answers and sign-ins are recorded
    office: Office | None = None  # where what was given is found again, and things are managed
    rates: RateLimiter | None = None  # how often anybody may ask
    releases: Releases | None = None  # what lets changes of the library out
    folders: Folders = field(default_factory=Folders)  # whose health is told
    drafting: Drafting = field(default_factory=Drafting)  # how uploads are dealt with
    upkeep: Upkeep | None = None  # the life of documents and the tables of words, where they are managed

    def admit(self, principal: Principal) -> None:
        """Count one question.

        Raises:
            AssistantError: whoever asks has asked enough, of late or today.
        """
        if self.rates is not None:
            self.rates.question(principal)
        if self.use is not None:
            self.use.admit(principal)
