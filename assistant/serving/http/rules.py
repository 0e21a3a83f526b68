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
    """What a route takes: a scope, being known (`scope` is `None`), or nothing (`public`)."""

    scope: Scope | None = None
    public: bool = False

    def allows(self, principal: Principal | None) -> bool:
        if self.public:
            return True
        return principal is not None and (self.scope is None or principal.may(self.scope))


PUBLIC, KNOWN = Rule(public=True), Rule()

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
    ("GET", "/api/v1/documents"): Rule(Scope.DOCUMENTS),
    ("GET", "/api/v1/documents/{document_id}"): Rule(Scope.DOCUMENTS),
    ("GET", "/api/v1/documents/{document_id}/clauses/{address:path}"): Rule(Scope.DOCUMENTS),
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
