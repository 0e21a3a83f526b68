"""Who is let in, as an application is made with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.access.embed_use import EmbedUse
from assistant.access.embeds import Embeds
from assistant.access.exchange import Exchange
from assistant.access.gate import Gate, OpenGate
from assistant.access.oidc import Oidc
from assistant.access.users import Users
from assistant.serving.ledger import Ledger


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
