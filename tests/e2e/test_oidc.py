"""Sign-in through the provider of the house, against a real small one: who comes in, and all that may be wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from doors import PASSWORD, door_of, opened
from house_provider import CLIENT, SECRET, Claims, HouseProvider, by_hand, house_provider, with_secret
from joserfc.jwk import RSAKey
from serving_fakes import FakeAssistant
from starlette.testclient import TestClient

from assistant.access.oidc import PENDING_S, Oidc, OidcClient
from assistant.access.registry import Registry
from assistant.access.secrets import Pepper
from assistant.errors import NotSignedIn, SettingsError
from assistant.serving.http.api import create_api
from assistant.serving.http.identity import COOKIE
from assistant.serving.http.oidc import PENDING
from assistant.serving.safe_start import refuse_unsafe
from assistant.settings import Mode, OidcSettings, Settings

HOME = "http://127.0.0.1:7860"
ROLES = {"policy-admins": "admin", "policy": "reader"}


@pytest.fixture
def provider() -> Iterator[HouseProvider]:
    with house_provider() as found:
        yield found


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with opened(tmp_path) as found:
        yield found


class Browser:
    """Somebody who signs in: our application, and the provider over HTTP."""

    def __init__(self, provider: HouseProvider, registry: Registry, **more: Any) -> None:
        self.now = 0.0
        client = OidcClient(issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, home=HOME, roles=ROLES)
        self.oidc = Oidc(replace(client, **more), Pepper(b"p" * 40), clock=lambda: time.time() + self.now)
        door = replace(door_of(registry), oidc=self.oidc)
        self.ours = TestClient(create_api(FakeAssistant, doorkeeping=door), base_url=HOME, follow_redirects=False)

    def go(self) -> str:
        """To the provider and back: the address it sends the browser to."""
        begun = self.ours.get("/signin/oidc")
        assert begun.status_code == 303, begun.text
        assert "samesite=lax" in begun.headers["set-cookie"].lower()
        there = httpx.get(begun.headers["location"])
        assert there.headers["location"].startswith(f"{HOME}/signin/oidc/callback?")
        return there.headers["location"]

    def back(self, address: str) -> httpx.Response:
        parts = urlsplit(address)
        return self.ours.get(f"{parts.path}?{parts.query}")  # type: ignore[return-value]

    def sign_in(self) -> httpx.Response:
        return self.back(self.go())

    @property
    def inside(self) -> bool:
        return self.ours.get("/openapi.json").status_code == 200


@pytest.fixture
def browser(provider: HouseProvider, registry: Registry) -> Browser:
    return Browser(provider, registry)


def test_whoever_has_a_role_comes_in(browser: Browser, registry: Registry) -> None:
    assert not browser.inside
    response = browser.sign_in()
    assert (response.status_code, browser.inside) == (200, True)
    held = next(c for c in response.headers.get_list("set-cookie") if c.startswith(COOKIE))
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in held.split(";")}
    assert PENDING not in dict(browser.ours.cookies)
    assert "default-src 'none'" in response.headers["content-security-policy"]
    [user] = registry.users.listed()
    assert (user.name, user.role, user.department, user.labels) == ("sso·wang.fang", "reader", None, ())
    browser.sign_in()
    assert len(registry.users.listed()) == 1


def test_nothing_is_asked_of_anybody_before_somebody_signs_in(browser: Browser, provider: HouseProvider) -> None:
    assert "用单位统一登录" in browser.ours.get("/signin").text
    assert browser.ours.get("/livez").status_code == 200
    assert provider.asked == []


def test_role_department_and_labels_are_those_that_the_settings_map(
    provider: HouseProvider, registry: Registry
) -> None:
    more: dict[str, Any] = {"role_claim": "realm.roles", "department_claim": "org", "departments": {"D7": "信贷部"}}
    provider.claims |= {"realm": {"roles": ["x", "policy", "policy-admins"]}, "org": ["D1", "D7"]}
    browser = Browser(provider, registry, **more, labels=("内部",))
    browser.sign_in()
    [user] = registry.users.listed()
    assert (user.role, user.department, user.labels) == ("admin", "信贷部", ("内部",))
    assert user.principal.labels == {"内部", "信贷部"}
    provider.claims |= {"realm": {"roles": "policy"}, "org": "D1"}
    browser.sign_in()
    [user] = registry.users.listed()
    assert (user.role, user.department) == ("reader", None)


@pytest.mark.parametrize("groups", [[], ["guests"], "guests", None, {"policy": True}, [["policy"]], ["Policy"]])
def test_whoever_has_no_role_is_refused_and_signed_out(
    browser: Browser, provider: HouseProvider, registry: Registry, groups: Any
) -> None:
    provider.claims["roles"] = groups
    response = browser.sign_in()
    assert (response.status_code, browser.inside) == (403, False)
    assert "没有使用本系统的权限" in response.text
    provider.claims["roles"] = ["policy"]
    browser.sign_in()
    assert browser.inside
    held = browser.ours.cookies[COOKIE]
    provider.claims["roles"] = groups
    browser.sign_in()
    with pytest.raises(NotSignedIn):
        registry.users.principal(held)


def test_a_user_who_was_shut_out_here_stays_out(browser: Browser, registry: Registry) -> None:
    browser.sign_in()
    registry.users.disable("sso·wang.fang")
    assert browser.sign_in().status_code == 403


def test_nobody_becomes_a_user_with_a_password(browser: Browser, registry: Registry, provider: HouseProvider) -> None:
    registry.users.create(name="wang.fang", password=PASSWORD, role="admin")
    registry.users.create(name="sso·wang.fang", password=PASSWORD, role="admin")
    browser.sign_in()
    *_, user = registry.users.listed()
    assert user.name.startswith("sso·wang.fang·")
    assert user.role == "reader"
    with pytest.raises(Exception, match="没有密码"):
        registry.users.set_password(user.name, PASSWORD)
    with pytest.raises(Exception, match="用户名或密码"):
        registry.users.sign_in(user.name, "!")
    provider.claims["sub"] = "43"  # somebody else of that name
    browser.sign_in()
    assert len(registry.users.listed()) == 4


NOW = time.time
WRONG: dict[str, Callable[[HouseProvider, Claims], Claims]] = {
    "another nonce": lambda p, c: {**c, "nonce": "n"},
    "no nonce": lambda p, c: {k: v for k, v in c.items() if k != "nonce"},
    "expired": lambda p, c: {**c, "iat": int(NOW()) - 900, "exp": int(NOW()) - 300},
    "no expiry": lambda p, c: {k: v for k, v in c.items() if k != "exp"},
    "issued tomorrow": lambda p, c: {**c, "iat": int(NOW()) + 86_400, "exp": int(NOW()) + 90_000},
    "not yet": lambda p, c: {**c, "nbf": int(NOW()) + 3000},
    "foreign issuer": lambda p, c: {**c, "iss": "https://evil.example"},
    "no issuer": lambda p, c: {k: v for k, v in c.items() if k != "iss"},
    "foreign audience": lambda p, c: {**c, "aud": "somebody-else"},
    "foreign audience in a list": lambda p, c: {**c, "aud": ["somebody-else"]},
    "several audiences": lambda p, c: {**c, "aud": [CLIENT, "somebody-else"]},
    "for another party": lambda p, c: {**c, "azp": "somebody-else"},
    "no audience": lambda p, c: {k: v for k, v in c.items() if k != "aud"},
    "no subject": lambda p, c: {k: v for k, v in c.items() if k != "sub"},
    "of another access token": lambda p, c: {**c, "at_hash": "x"},
}


def hs256(key: bytes) -> Callable[[bytes], bytes]:
    return lambda said: hmac.new(key, said, hashlib.sha256).digest()


FORGED: dict[str, Callable[[HouseProvider, Claims], str]] = {
    "alg none": lambda p, c: by_hand({"alg": "none"}, c),
    "alg None": lambda p, c: by_hand({"alg": "None", "kid": "one"}, c),
    "the client's secret": lambda p, c: with_secret(SECRET.encode(), c),
    "the public key as a secret": lambda p, c: by_hand(
        {"alg": "HS256", "kid": "one"}, c, hs256(p.key.as_pem(private=False))
    ),
    "another key of the same name": lambda p, c: by_hand({"alg": "RS256", "kid": "one"}, c, lambda _: b"x" * 256),
    "a key of its own": lambda p, c: HouseProvider(key=RSAKey.generate_key(2048, {"kid": "two"}, private=True)).signed(
        c
    ),
    "a key inside the token": lambda p, c: by_hand({"alg": "RS256", "jwk": {"kty": "oct", "k": "eA"}}, c),
    "no token": lambda p, c: "",
    "no JSON": lambda p, c: "a.b.c",
}


@pytest.mark.parametrize("name", [*WRONG, *FORGED])
def test_a_token_that_does_not_hold_lets_nobody_in(
    browser: Browser, provider: HouseProvider, registry: Registry, name: str
) -> None:
    if name in WRONG:
        provider.twist = lambda claims: WRONG[name](provider, claims)
    else:
        provider.sign = lambda claims: FORGED[name](provider, claims)
    response = browser.sign_in()
    assert (response.status_code, browser.inside) == (401, False)
    assert "统一登录没有成功" in response.text
    assert COOKIE not in dict(browser.ours.cookies)
    assert registry.users.listed() == ()


def test_a_key_that_the_provider_has_changed_is_fetched_once_more(browser: Browser, provider: HouseProvider) -> None:
    browser.sign_in()
    provider.key = RSAKey.generate_key(2048, {"kid": "two"}, private=True)
    assert browser.sign_in().status_code == 200
    assert provider.asked.count("/keys") == 2


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_of_mail_counts_only_when_it_was_verified(
    provider: HouseProvider, registry: Registry, verified: Any
) -> None:
    browser = Browser(provider, registry, name_claim="email")
    provider.claims |= {"email": "wang@bank.example", "email_verified": verified}
    response = browser.sign_in()
    assert (response.status_code, browser.inside) == (401, False)
    assert "没有经统一登录核实" in response.text
    provider.claims["email_verified"] = True
    browser.sign_in()
    assert [user.name for user in registry.users.listed()] == ["sso·wang@bank.example"]


def test_the_way_back_is_for_the_browser_that_went(
    browser: Browser, provider: HouseProvider, registry: Registry
) -> None:
    address = browser.go()
    stranger = Browser(provider, registry)
    assert stranger.back(address).status_code == 401  # no cookie: somebody was sent a link
    other = stranger.go()
    assert stranger.back(address).status_code == 401  # a cookie of another sign-in
    assert not stranger.inside
    code, state = (parse_qs(urlsplit(other).query)[name][0] for name in ("code", "state"))
    for wrong in (f"code={code}", f"state={state}", f"code={code}&state=", f"code={code}&state=x%C3%A9", "",
                  "error=access_denied", f"code={code}&state={state}&iss=https://evil.example"):  # fmt: skip
        again = Browser(provider, registry)
        again.go()
        assert again.back(f"/signin/oidc/callback?{wrong}").status_code == 401
    assert browser.back(address).status_code == 200


def test_what_the_browser_keeps_is_sealed_and_grows_old(browser: Browser, provider: HouseProvider) -> None:
    address = browser.go()
    sealed = browser.ours.cookies[PENDING]
    kept, _, mac = sealed.partition(".")
    state, nonce, verifier, until = json.loads(bytes.fromhex(kept))
    forged = json.dumps([state, nonce, verifier, until + 9999]).encode().hex()
    for wrong in (f"{forged}.{mac}", f"{kept}.", kept, "", "é.é", f"{kept}.{'0' * 64}"):
        browser.ours.cookies.clear()
        response = browser.ours.get(address, headers=[(b"Cookie", f"{PENDING}={wrong}".encode("latin-1"))])
        assert response.status_code == 401
    browser.ours.cookies.set(PENDING, sealed)
    browser.now = PENDING_S + 1
    assert browser.back(address).status_code == 401


def test_an_answer_counts_once(browser: Browser) -> None:
    address = browser.go()
    sealed = browser.ours.cookies[PENDING]
    assert browser.back(address).status_code == 200
    browser.ours.cookies.clear()
    browser.ours.cookies.set(PENDING, sealed)
    assert browser.back(address).status_code == 401


@pytest.mark.parametrize(
    "described",
    [{"issuer": "https://evil.example"}, {"authorization_endpoint": None}, {"authorization_endpoint": "javascript:x"}],
)
def test_a_provider_that_says_strange_things_of_itself_is_not_used(
    browser: Browser, provider: HouseProvider, described: dict[str, Any]
) -> None:
    provider.described = described
    response = browser.ours.get("/signin/oidc")
    assert response.status_code == 503
    assert "统一登录现在无法使用" in response.text


def test_a_provider_that_is_away_is_told(registry: Registry) -> None:
    away = HouseProvider(issuer="http://127.0.0.1:9")
    browser = Browser(away, registry)
    assert browser.ours.get("/signin/oidc").status_code == 503
    assert browser.ours.get("/signin/oidc/out").status_code == 503
    assert browser.ours.get("/signin").status_code == 200  # passwords go on


def test_signing_out_ends_it_here_and_leads_to_the_provider(browser: Browser, provider: HouseProvider) -> None:
    browser.sign_in()
    out = browser.ours.post("/signout", headers={"Origin": HOME})
    assert out.status_code == 303
    assert not browser.inside
    there = urlsplit(browser.ours.get("/signin/oidc/out").headers["location"])
    assert f"{there.scheme}://{there.netloc}{there.path}" == f"{provider.issuer}/out"
    assert parse_qs(there.query) == {"client_id": [CLIENT], "post_logout_redirect_uri": [f"{HOME}/signin"]}


def test_guesses_end_in_429(browser: Browser) -> None:
    statuses = [browser.back("/signin/oidc/callback?code=a&state=b").status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2


def test_without_a_provider_there_is_nothing_there(registry: Registry) -> None:
    with TestClient(create_api(FakeAssistant, doorkeeping=door_of(registry)), base_url=HOME) as client:
        assert "统一登录" not in client.get("/signin").text
        for path in ("/signin/oidc", "/signin/oidc/callback?code=a&state=b", "/signin/oidc/out"):
            assert client.get(path).status_code == 404


# --- the settings ---

GOOD: dict[str, Any] = {
    "issuer": "https://sso.bank.example", "client_id": "c", "client_secret": "s" * 20, "roles": {"g": "reader"},
}  # fmt: skip
UNSAFE: dict[str, tuple[dict[str, Any], str]] = {
    "issuer in the clear": ({"issuer": "http://sso.bank.example"}, "ASSISTANT_OIDC__ISSUER"),
    "issuer with a query": ({"issuer": "https://sso.bank.example?x=1"}, "ASSISTANT_OIDC__ISSUER"),
    "no client": ({"client_id": None}, "CLIENT_ID"),
    "no secret": ({"client_secret": None}, "CLIENT_SECRET"),
    "short secret": ({"client_secret": "short"}, "太短"),
    "no roles": ({"roles": {}}, "ASSISTANT_OIDC__ROLES"),
    "unknown role": ({"roles": {"g": "root"}}, "ASSISTANT_OIDC__ROLES"),
}


def told_at_the_start(tmp_path: Path, *, public: str | None = "https://policy.bank.example", **oidc: Any) -> str:
    settings = Settings(
        mode=Mode.PRODUCTION, data_dir=tmp_path, public_url=public, oidc=OidcSettings.model_validate({**GOOD, **oidc})
    )
    try:
        refuse_unsafe(settings, environment_file=tmp_path / "none")
    except SettingsError as exc:
        return exc.message
    return ""


def test_safe_settings_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(0o700)
    (tmp_path / "secrets" / "pepper").write_bytes(b"0123456789abcdefghijklmnopqrstuvwxyz-ABCDEF")
    (tmp_path / "secrets" / "pepper").chmod(0o600)
    assert told_at_the_start(tmp_path) == ""
    secret = tmp_path / "secrets" / "client"
    secret.write_text("s" * 20)
    secret.chmod(0o600)
    assert told_at_the_start(tmp_path, client_secret=None, client_secret_file=secret) == ""
    secret.chmod(0o644)
    assert "可被其他用户读取" in told_at_the_start(tmp_path, client_secret=None, client_secret_file=secret)
    assert "无法读取" in told_at_the_start(tmp_path, client_secret=None, client_secret_file=tmp_path / "gone")


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_settings_are_told_before_the_start(tmp_path: Path, name: str) -> None:
    changed, words = UNSAFE[name]
    told = told_at_the_start(tmp_path, **changed)
    assert words in told
    assert "sso.bank.example" not in told


@pytest.mark.parametrize("public", [None, "http://policy.bank.example"])
def test_the_way_back_has_to_be_known_and_secure(tmp_path: Path, public: str | None) -> None:
    assert "ASSISTANT_PUBLIC_URL" in told_at_the_start(tmp_path, public=public)


def test_in_development_it_would_do_nothing_and_says_so(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, oidc=OidcSettings.model_validate(GOOD))
    with pytest.raises(SettingsError, match="不起作用"):
        refuse_unsafe(settings, environment_file=tmp_path / "none")


def test_whoever_is_to_sign_in_again_shows_who_they_are_and_comes_back_to_their_page(
    provider: HouseProvider, registry: Registry
) -> None:
    browser = Browser(provider, registry)
    begun = browser.ours.get("/signin/oidc?next=/admin/keys")
    assert parse_qs(urlsplit(begun.headers["location"]).query)["prompt"] == ["login"]
    there = httpx.get(begun.headers["location"])
    back = browser.back(there.headers["location"])
    assert "url=../../admin/keys" in back.text
    assert "pz_onward" not in browser.ours.cookies
    assert browser.inside
    plain = browser.ours.get("/signin/oidc?next=//evil.example")
    assert "prompt" not in parse_qs(urlsplit(plain.headers["location"]).query)
    assert 'url=../../"' in browser.sign_in().text
