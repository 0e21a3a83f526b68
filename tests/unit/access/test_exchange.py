"""One-time codes, the tokens they are exchanged for, and tokens that are taken back."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from clocks import PEPPER, Clock, Ticks
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from test_embeds import ORIGIN, claims

from assistant.access.embeds import Embed, Embeds, State, embed_faults
from assistant.access.exchange import CODE_S, MOST_WAITING, TOKEN_S, Exchange, signing_key
from assistant.access.gate import REMEMBERED_S, Credential, GuardedGate
from assistant.access.keys import ApiKeys
from assistant.access.users import Users
from assistant.errors import AccessError, InputError, NotFoundError, NotSignedIn
from assistant.records.schema import make_ready
from assistant.records.store import Store
from assistant.schema.principal import Principal, Scope

OTHER = "https://intranet.bank.example"


@pytest.fixture
def embeds(store: Store, tmp_path: Path) -> Embeds:
    return Embeds(store, tmp_path / "secrets", own_key=signing_key(PEPPER))


@pytest.fixture
def exchange(store: Store, embeds: Embeds) -> Exchange:
    return Exchange(store, embeds, PEPPER)


@pytest.fixture
def portal(embeds: Embeds) -> Embed:
    embed, _ = embeds.create(name="门户", origins=[ORIGIN, OTHER], departments=["信贷部"], scopes=["ask"])
    return embeds.set_state(embed.id, State.ACTIVE)


@pytest.fixture
def back_end(keys: ApiKeys, portal: Embed) -> Principal:
    text, _ = keys.create(name="门户后台", scopes=["embeds:codes"], portal=portal.id, by="t")
    return keys.principal(text)


def code_of(exchange: Exchange, back_end: Principal, **more: Any) -> str:
    asked = {"subject": "u-1", "origin": ORIGIN, "department": "信贷部", "scopes": ("ask", "documents"), **more}
    return exchange.code(back_end, **asked).text


def test_a_code_becomes_a_token_of_its_portal(
    exchange: Exchange, back_end: Principal, embeds: Embeds, portal: Embed
) -> None:
    code = exchange.code(back_end, subject="u-1", origin=ORIGIN, department="信贷部", scopes=("ask", "documents"))
    token = exchange.token(code.text, portal=portal.id, origin=ORIGIN)
    for _ in range(3):  # a token is no nonce
        found = embeds.principal(token.text)
    assert (found.subject, found.department) == (f"{portal.id}/u-1", "信贷部")
    assert found.labels == {"信贷部"}
    assert found.scopes == {Scope.ASK}  # documents is more than the portal may hand on
    said = jwt.decode(token.text, options={"verify_signature": False})
    assert (said["exp"] - said["iat"], said["jti"]) == (TOKEN_S, code.jti)


def test_a_code_opens_once_among_many_who_try(exchange: Exchange, back_end: Principal, portal: Embed) -> None:
    code = code_of(exchange, back_end)

    def attempt(_: int) -> bool:
        try:
            return bool(exchange.token(code, portal=portal.id, origin=ORIGIN))
        except NotSignedIn:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(attempt, range(24))).count(True) == 1


def test_what_is_shown_wrongly_is_spent(
    exchange: Exchange, back_end: Principal, portal: Embed, embeds: Embeds, clock: Clock
) -> None:
    another, _ = embeds.create(name="别的门户", origins=[ORIGIN])
    embeds.set_state(another.id, State.ACTIVE)
    for wrong in ({"portal": another.id}, {"origin": OTHER}, {"origin": "https://evil.example"}, {"portal": ""}):
        code = code_of(exchange, back_end)
        with pytest.raises(NotSignedIn) as caught:
            exchange.token(code, **{"portal": portal.id, "origin": ORIGIN, **wrong})
        assert caught.value.code == "bad_credential"
        with pytest.raises(NotSignedIn) as again:
            exchange.token(code, portal=portal.id, origin=ORIGIN)
        assert again.value.message == caught.value.message
    late = code_of(exchange, back_end)
    clock.ahead_ms += CODE_S * 1000
    with pytest.raises(NotSignedIn):
        exchange.token(late, portal=portal.id, origin=ORIGIN)
    with pytest.raises(NotSignedIn):
        exchange.token("x" * 43, portal=portal.id, origin=ORIGIN)


def test_codes_are_for_origins_and_portals_that_may_have_them(
    exchange: Exchange, back_end: Principal, embeds: Embeds, portal: Embed
) -> None:
    for origin in ("https://evil.example", "", "*"):
        with pytest.raises(InputError):
            code_of(exchange, back_end, origin=origin)
    waiting = code_of(exchange, back_end)
    embeds.set_state(portal.id, State.PAUSED)
    with pytest.raises(NotFoundError):
        code_of(exchange, back_end)
    with pytest.raises(NotSignedIn):
        exchange.token(waiting, portal=portal.id, origin=ORIGIN)
    with pytest.raises(NotFoundError):
        code_of(exchange, replace(back_end, portal=None))


def test_codes_that_nobody_exchanges_do_not_pile_up(
    exchange: Exchange, back_end: Principal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_WAITING >= 1000
    monkeypatch.setattr("assistant.access.exchange.MOST_WAITING", 3)
    for _ in range(3):
        code_of(exchange, back_end)
    with pytest.raises(AccessError) as caught:
        code_of(exchange, back_end)
    assert caught.value.code == "too_many_attempts"
    clock.ahead_ms += CODE_S * 1000
    assert code_of(exchange, back_end)


def test_nothing_that_is_kept_opens_anything(exchange: Exchange, back_end: Principal, store: Store) -> None:
    code = code_of(exchange, back_end)
    with store.read() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM embed_codes").all())
    assert code not in kept


def test_a_token_that_is_taken_back_is_forgotten_within_five_seconds(
    exchange: Exchange, back_end: Principal, embeds: Embeds, portal: Embed, keys: ApiKeys, users: Users, ticks: Ticks
) -> None:
    gate = GuardedGate(keys, embeds, users, clock=ticks)
    code = exchange.code(back_end, subject="u-1", origin=ORIGIN, department=None, scopes=("ask",))
    shown = Credential(exchange.token(code.text, portal=portal.id, origin=ORIGIN).text)
    signed = jwt.encode(claims(portal, jti="from-the-portal"), portal.key_file.read_bytes().strip(), "HS256")
    for one in (shown, Credential(signed)):
        assert gate.check(one, "here").portal is None
    exchange.revoke(portal.id, code.jti)
    exchange.revoke(portal.id, code.jti)  # a second time is no fault
    ticks.now += REMEMBERED_S + 0.1
    assert REMEMBERED_S < 5
    assert gate.recall(shown) is None
    with pytest.raises(NotSignedIn) as caught:
        gate.check(shown, "here")
    assert caught.value.code == "bad_credential"
    assert gate.check(Credential(signed), "here")  # another id, still good
    exchange.revoke(portal.id, "from-the-portal")
    with pytest.raises(NotSignedIn):
        embeds.principal(signed)


def test_a_revocation_reaches_one_portal_and_outlives_its_tokens(
    exchange: Exchange, embeds: Embeds, portal: Embed, clock: Clock, store: Store
) -> None:
    another, secret = embeds.create(name="别的门户", origins=[ORIGIN])
    embeds.set_state(another.id, State.ACTIVE)
    assert secret is not None
    exchange.revoke(portal.id, "once-1")
    assert embeds.principal(jwt.encode(claims(another), secret, "HS256"))
    clock.ahead_ms += 3700 * 1000
    exchange.revoke(portal.id, "once-2")  # drops what is no longer needed
    with pytest.raises(NotSignedIn):
        embeds.principal(jwt.encode(claims(portal), portal.key_file.read_bytes().strip(), "HS256"))
    clock.ahead_ms += 3700 * 1000
    exchange.revoke(portal.id, "once-3")
    with store.read() as connection:
        assert {row.jti for row in connection.exec_driver_sql("SELECT jti FROM revoked_tokens")} == {"once-2", "once-3"}
    with pytest.raises(NotFoundError):
        exchange.revoke("nobody", "once-1")


def test_neither_key_signs_in_the_others_place(embeds: Embeds, portal: Embed) -> None:
    """The portal's key under our key id, our key without it, and the key of another purpose."""
    theirs, ours = portal.key_file.read_bytes().strip(), signing_key(PEPPER)
    said = claims(portal, scopes=["ask"])
    for key, header in ((theirs, {"kid": "exchanged"}), (ours, None), (PEPPER.key("else"), {"kid": "exchanged"})):
        with pytest.raises(NotSignedIn):
            embeds.principal(jwt.encode(said, key, "HS256", headers=header))
    assert embeds.principal(jwt.encode(said, ours, "HS256", headers={"kid": "exchanged"}))


@pytest.mark.parametrize(("off", "leeway", "holds"), [(20, 60, True), (90, 60, False), (20, 5, False)])
def test_clocks_may_differ_by_so_much(store: Store, tmp_path: Path, off: int, leeway: int, holds: bool) -> None:
    embeds = Embeds(store, tmp_path / "secrets", leeway_s=leeway)
    embed, secret = embeds.create(name="p", origins=[ORIGIN])
    embeds.set_state(embed.id, State.ACTIVE)
    assert secret is not None
    now = int(time.time())
    for times in ({"iat": now + off, "exp": now + 600}, {"iat": now - 600, "exp": now - off}):
        token = jwt.encode(claims(embed, **times), secret, "HS256")
        if holds:
            assert embeds.principal(token)
        else:
            with pytest.raises(NotSignedIn):
                embeds.principal(token)


def test_a_key_of_a_portal_does_that_and_nothing_else(keys: ApiKeys, portal: Embed, back_end: Principal) -> None:
    assert back_end.portal == portal.id
    assert back_end.scopes == {Scope.EMBED_CODES}
    for scopes, named in ((["ask", "embeds:codes"], portal.id), (["ask"], portal.id), (["embeds:codes"], None)):
        with pytest.raises(InputError):
            keys.create(name="k", scopes=scopes, portal=named, by="t")


def _pem(bits: int) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


WEAK: dict[str, tuple[Callable[[], bytes], str]] = {
    "short secret": (lambda: b"short-key", "太短"),
    "guessable secret": (lambda: b"change-me-" * 8, "容易猜到"),
    "one letter": (lambda: b"k" * 64, "容易猜到"),
}


@pytest.mark.parametrize("name", WEAK)
def test_weak_secrets_are_told_before_the_start(embeds: Embeds, portal: Embed, name: str) -> None:
    content, words = WEAK[name]
    portal.key_file.write_bytes(content())
    assert [fault for fault in embed_faults(portal) if words in fault]


def test_public_keys_that_were_replaced_are_told_before_the_start(embeds: Embeds) -> None:
    embed, _ = embeds.create(name="p", origins=[ORIGIN], public_key=_pem(2048))
    assert embed_faults(embed) == []
    for content in (_pem(1024), b"no key"):
        embed.key_file.write_bytes(content)
        assert any("公钥不合格" in fault for fault in embed_faults(embed))
    embed.key_file.write_bytes(_pem(2048))
    embed.key_file.chmod(0o666)
    assert any("改写" in fault for fault in embed_faults(embed))


def test_both_databases_spend_a_code_once(empty_store: Store, tmp_path: Path) -> None:
    make_ready(empty_store)
    embeds = Embeds(empty_store, tmp_path / "secrets", own_key=signing_key(PEPPER))
    embed, _ = embeds.create(name="p", origins=[ORIGIN])
    embeds.set_state(embed.id, State.ACTIVE)
    exchange, keys = Exchange(empty_store, embeds, PEPPER), ApiKeys(empty_store, PEPPER)
    asker = keys.principal(keys.create(name="k", scopes=["embeds:codes"], portal=embed.id, by="t")[0])
    code = code_of(exchange, asker)
    assert exchange.token(code, portal=embed.id, origin=ORIGIN)
    with pytest.raises(NotSignedIn):
        exchange.token(code, portal=embed.id, origin=ORIGIN)
    exchange.revoke(embed.id, "a")
    exchange.revoke(embed.id, "a")
