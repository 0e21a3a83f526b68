"""The one place where a route names what it takes to use it.

A route that is not listed is refused to everybody, and `unruled` names it, so that no route is open by oversight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from starlette.routing import Mount, Route

from assistant.errors import NotAllowed
from assistant.schema.principal import Principal, Scope


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route takes: a scope, or another in its place; being known (`scope` is `None`); or nothing (`public`)."""

    scope: Scope | None = None
    other: Scope | None = None
    public: bool = False
    several: frozenset[Scope] = frozenset()  # any one of them, where two places are too few

    def allows(self, principal: Principal | None) -> bool:
        if self.public:
            return True
        if principal is None:
            return False
        asked = self.several | {scope for scope in (self.scope, self.other) if scope is not None}
        return not asked or bool(asked & principal.scopes)


PUBLIC, KNOWN = Rule(public=True), Rule()
# Whoever has one of these has something to look after, and is shown the way to 管理.
MANAGING = frozenset(
    {Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE, Scope.FEEDBACK_READ, Scope.KEYS, Scope.EMBEDS, Scope.USERS}
    | {Scope.AUDIT_READ, Scope.RETENTION, Scope.METRICS}
)

HEALTH = frozenset({Scope.METRICS, Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE})

# (method, path as the route has it) → what it takes.
RULES: Mapping[tuple[str, str], Rule] = {
    ("GET", "/livez"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/signin"): PUBLIC,
    ("POST", "/signin"): PUBLIC,
    ("POST", "/signout"): PUBLIC,
    ("GET", "/signin/oidc"): PUBLIC,
    ("GET", "/signin/oidc/callback"): PUBLIC,
    ("GET", "/signin/oidc/out"): PUBLIC,
    ("GET", "/embed"): PUBLIC,  # the page holds no secret; what it shows is asked for with the portal's token
    ("GET", "/embed/chat.js"): PUBLIC,
    ("GET", "/embed/chat.css"): PUBLIC,
    ("GET", "/widget.js"): PUBLIC,
    ("GET", "/reader/pages.css"): PUBLIC,
    ("GET", "/reader/pages.js"): PUBLIC,
    ("POST", "/api/v1/embed/codes"): Rule(Scope.EMBED_CODES),
    ("POST", "/api/v1/embed/token"): PUBLIC,  # the code is the credential
    ("POST", "/api/v1/embed/revocations"): Rule(Scope.EMBED_CODES),
    ("GET", "/viewas"): Rule(Scope.VIEW_AS),
    ("POST", "/viewas"): Rule(Scope.VIEW_AS),
    ("GET", "/docs"): KNOWN,
    ("GET", "/openapi.json"): KNOWN,
    ("POST", "/api/v1/ask"): Rule(Scope.ASK),
    ("POST", "/api/v1/ask/stream"): Rule(Scope.ASK),
    ("POST", "/api/v1/search"): Rule(Scope.SEARCH),
    ("POST", "/api/v1/verify"): Rule(Scope.VERIFY),
    ("GET", "/metrics"): Rule(Scope.METRICS),
    ("POST", "/mcp"): KNOWN,  # each tool takes a scope of its own
    ("GET", "/v1/models"): KNOWN,
    ("GET", "/v1/models/{model}"): KNOWN,
    ("POST", "/v1/chat/completions"): Rule(Scope.ASK),
    ("POST", "/v1/responses"): Rule(Scope.ASK),
    ("POST", "/v1/embeddings"): Rule(Scope.SEARCH),
    ("GET", "/read"): Rule(Scope.DOCUMENTS),
    ("GET", "/read/{place:path}"): Rule(Scope.DOCUMENTS),
    ("GET", "/compare"): Rule(Scope.DOCUMENTS),
    ("GET", "/compare/export"): Rule(Scope.DOCUMENTS),
    ("GET", "/duties"): Rule(Scope.DOCUMENTS),
    ("POST", "/duties/export"): Rule(Scope.DOCUMENTS),
    ("GET", "/api/v1/duties"): Rule(Scope.DOCUMENTS),
    ("POST", "/api/v1/talks"): Rule(Scope.ASK),
    ("POST", "/api/v1/talks/export"): Rule(Scope.ASK),
    ("GET", "/talks"): Rule(Scope.ASK),
    ("POST", "/talks"): Rule(Scope.ASK),
    ("GET", "/admin"): Rule(several=MANAGING),
    ("GET", "/admin/drafts"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("POST", "/admin/drafts"): Rule(Scope.CORPUS_EDIT),
    ("GET", "/admin/drafts/new"): Rule(Scope.CORPUS_EDIT),
    ("POST", "/admin/drafts/removals"): Rule(Scope.CORPUS_EDIT),
    ("GET", "/admin/drafts/{change_id}"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("POST", "/admin/drafts/{change_id}"): Rule(Scope.CORPUS_EDIT),
    ("GET", "/admin/drafts/{change_id}/lines"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("POST", "/admin/drafts/{change_id}/lines"): Rule(Scope.CORPUS_EDIT),
    ("GET", "/admin/drafts/{change_id}/compare"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("GET", "/admin/lifecycle"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("GET", "/admin/lifecycle/document"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("POST", "/admin/lifecycle/facts"): Rule(Scope.CORPUS_EDIT),
    ("POST", "/admin/lifecycle/care"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("POST", "/admin/lifecycle/withdraw"): Rule(Scope.CORPUS_EDIT),
    ("POST", "/admin/lifecycle/decide"): Rule(Scope.CORPUS_APPROVE),
    ("POST", "/admin/lifecycle/supersession"): Rule(Scope.CORPUS_APPROVE),
    ("GET", "/admin/tables"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("GET", "/admin/tables/entry"): Rule(Scope.CORPUS_EDIT),
    ("POST", "/admin/tables/entry"): Rule(Scope.CORPUS_EDIT),
    ("GET", "/admin/tables/change"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("GET", "/admin/tables/preview"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("POST", "/admin/tables/preview"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("POST", "/admin/tables/withdraw"): Rule(Scope.CORPUS_EDIT),
    ("POST", "/admin/tables/undo"): Rule(Scope.CORPUS_EDIT),
    ("POST", "/admin/tables/decide"): Rule(Scope.CORPUS_APPROVE),
    ("GET", "/admin/releases"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("GET", "/admin/releases/preview"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("POST", "/admin/releases/preview"): Rule(Scope.CORPUS_APPROVE),
    ("POST", "/admin/releases/stop"): Rule(Scope.CORPUS_APPROVE),
    ("POST", "/admin/releases/publish"): Rule(Scope.CORPUS_APPROVE),
    ("POST", "/admin/releases/rollback"): Rule(Scope.CORPUS_APPROVE),
    ("POST", "/admin/releases/changes/{change_id}"): Rule(Scope.CORPUS_APPROVE),
    ("POST", "/admin/releases/takeback/{publication_id}"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("GET", "/admin/keys"): Rule(Scope.KEYS),
    ("POST", "/admin/keys"): Rule(Scope.KEYS),
    ("POST", "/admin/keys/{key_id}/revoke"): Rule(Scope.KEYS),
    ("GET", "/admin/embeds"): Rule(Scope.EMBEDS),
    ("POST", "/admin/embeds"): Rule(Scope.EMBEDS),
    ("POST", "/admin/embeds/{embed_id}/state"): Rule(Scope.EMBEDS),
    ("POST", "/admin/embeds/{embed_id}/limits"): Rule(Scope.EMBEDS),
    ("GET", "/admin/audit"): Rule(Scope.AUDIT_READ),
    ("GET", "/admin/audit/export"): Rule(Scope.AUDIT_READ),
    ("POST", "/admin/audit/verify"): Rule(Scope.AUDIT_READ),
    ("GET", "/admin/health"): Rule(several=HEALTH),
    ("POST", "/admin/health/check"): Rule(several=HEALTH),
    ("GET", "/admin/users"): Rule(Scope.USERS),
    ("POST", "/admin/users"): Rule(Scope.USERS),
    ("GET", "/admin/users/{user_id}"): Rule(Scope.USERS),
    ("POST", "/admin/users/{user_id}"): Rule(Scope.USERS),
    ("POST", "/admin/users/{user_id}/state"): Rule(Scope.USERS),
    ("POST", "/admin/users/{user_id}/password"): Rule(Scope.USERS),
    ("GET", "/admin/gaps"): Rule(Scope.FEEDBACK_READ),
    ("POST", "/admin/gaps"): Rule(Scope.FEEDBACK_READ),
    ("GET", "/admin/gaps/{gap_id}"): Rule(Scope.FEEDBACK_READ),
    ("POST", "/admin/gaps/{gap_id}"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("GET", "/admin/feedback"): Rule(Scope.FEEDBACK_READ),
    ("GET", "/admin/feedback/{feedback_id}"): Rule(Scope.FEEDBACK_READ),
    ("GET", "/admin/gold"): Rule(Scope.FEEDBACK_READ),
    ("GET", "/admin/gold/new"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("POST", "/admin/gold/new"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("GET", "/admin/gold/{candidate_id}"): Rule(Scope.FEEDBACK_READ),
    ("POST", "/admin/gold/{candidate_id}"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("GET", "/api/v1/documents"): Rule(Scope.DOCUMENTS),
    ("GET", "/api/v1/documents/{document_id}"): Rule(Scope.DOCUMENTS),
    ("GET", "/api/v1/documents/{document_id}/clauses"): Rule(Scope.DOCUMENTS),
    ("GET", "/api/v1/documents/{document_id}/clauses/{address:path}"): Rule(Scope.DOCUMENTS),
    ("POST", "/api/v1/mask"): KNOWN,
    # What was given is its owner's; `serving/given.py` sees to that.
    ("GET", "/api/v1/answers/{answer_id}"): Rule(Scope.ASK, Scope.AUDIT_READ),
    ("GET", "/api/v1/answers/{answer_id}/events"): Rule(Scope.ASK, Scope.AUDIT_READ),
    ("POST", "/api/v1/answers/{answer_id}/feedback"): Rule(Scope.ASK),
    ("GET", "/api/v1/sessions"): Rule(Scope.ASK),
    ("GET", "/api/v1/sessions/{session_id}"): Rule(Scope.ASK),
    ("PATCH", "/api/v1/sessions/{session_id}"): Rule(Scope.ASK),
    ("DELETE", "/api/v1/sessions/{session_id}"): Rule(Scope.ASK),
    ("GET", "/api/v1/sessions/{session_id}/export"): Rule(Scope.ASK),
    ("GET", "/history"): Rule(Scope.ASK),
    ("GET", "/history/{session_id}"): Rule(Scope.ASK),
    ("POST", "/history/{session_id}"): Rule(Scope.ASK),
    ("GET", "/history/{session_id}/export"): Rule(Scope.ASK),
    ("GET", "/api/v1/feedback"): Rule(Scope.FEEDBACK_READ),
    ("GET", "/api/v1/admin/corpus"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("GET", "/api/v1/admin/generations"): Rule(Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE),
    ("POST", "/api/v1/admin/generations/rollback"): Rule(Scope.CORPUS_APPROVE),
    ("POST", "/api/v1/admin/generations/{name}/serve"): Rule(Scope.CORPUS_APPROVE),
    ("GET", "/api/v1/admin/keys"): Rule(Scope.KEYS),
    ("POST", "/api/v1/admin/keys"): Rule(Scope.KEYS),
    ("POST", "/api/v1/admin/keys/{key_id}/revoke"): Rule(Scope.KEYS),
    ("GET", "/api/v1/admin/embeds"): Rule(Scope.EMBEDS),
    ("POST", "/api/v1/admin/embeds"): Rule(Scope.EMBEDS),
    ("GET", "/api/v1/admin/embeds/{embed_id}"): Rule(Scope.EMBEDS),
    ("PUT", "/api/v1/admin/embeds/{embed_id}/state"): Rule(Scope.EMBEDS),
    ("PUT", "/api/v1/admin/embeds/{embed_id}/limits"): Rule(Scope.EMBEDS),
    ("GET", "/api/v1/admin/audit"): Rule(Scope.AUDIT_READ),
    ("GET", "/api/v1/admin/retention"): Rule(Scope.RETENTION),
    ("POST", "/api/v1/admin/retention/run"): Rule(Scope.RETENTION),
}
PAGE = Rule(Scope.ASK)  # the chat page, which is mounted and no route
PATHS = frozenset(path for _, path in RULES)
PUBLIC_PATHS = frozenset(path for (_, path), rule in RULES.items() if rule.public)  # none of them has a parameter
FORBIDDEN = "您没有使用这项功能的权限，请向管理员申请。"


def rule_of(method: str, path: str) -> Rule | None:
    """What a route takes; `None` where nobody has said."""
    return RULES.get((method, path))


def authorize(request: Request) -> None:
    """The dependency of every route: whoever asks may use it.

    Raises:
        NotAllowed: they may not, or nobody has said who may.
    """
    route = request.scope.get("route")
    rule = rule_of(request.method, getattr(route, "path", ""))
    if rule is None or not rule.allows(request.scope["state"].get("principal")):
        raise NotAllowed(FORBIDDEN)


def principal_of(request: Request) -> Principal:
    """Who asks; as a dependency of routes that are not public."""
    found = request.scope["state"].get("principal")
    if not isinstance(found, Principal):
        raise NotAllowed(FORBIDDEN)
    return found


Asker = Annotated[Principal, Depends(principal_of)]


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path of an application, those that the OpenAPI description leaves out among them."""
    for route in app.router.routes:
        if isinstance(route, Route):
            yield from ((method, route.path) for method in sorted((route.methods or set()) - {"HEAD"}))
        elif not isinstance(route, Mount):
            yield "?", getattr(route, "path", repr(type(route)))


def unruled(app: FastAPI) -> list[tuple[str, str]]:
    """Routes of an application that no rule names."""
    return [one for one in routes_of(app) if one not in RULES]
