"""The gate: three kinds of credential, remembered for as long as a revocation may take."""

from __future__ import annotations

import time

import jwt
import pytest
from clocks import Clock, Ticks
from test_embeds import ORIGIN, claims

from assistant.access.embeds import Embeds, State
from assistant.access.gate import FAILURES, REMEMBERED_S, Credential, GuardedGate, OpenGate
from assistant.access.keys import ApiKeys
from assistant.access.users import Users
from assistant.errors import AccessError, NotSignedIn
from assistant.schema.principal import PrincipalKind, Scope

HERE = "10.0.0.1"


def key_of(keys: ApiKeys) -> Credential:
    return Credential(keys.create(name="k", scopes=["ask"], by="t")[0])


def test_each_kind_is_known_by_its_own(gate: GuardedGate, keys: ApiKeys, embeds: Embeds, users: Users) -> None:
    users.create(name="li", password="correct-horse-7", role="reader")
    embed, secret = embeds.create(name="p", origins=[ORIGIN])
    embeds.set_state(embed.id, State.ACTIVE)
    assert secret is not None
    shown = {
        PrincipalKind.KEY: key_of(keys),
        PrincipalKind.EMBED: Credential(jwt.encode(claims(embed), secret, "HS256")),
        PrincipalKind.USER: Credential(users.sign_in("li", "correct-horse-7")[0], cookie=True),
    }
    assert {gate.check(one, HERE).kind for one in shown.values()} == set(shown)
    for one in shown.values():  # none of them works in another's place
        with pytest.raises(NotSignedIn):
            gate.check(Credential(one.text, cookie=not one.cookie), HERE)


def test_nothing_shown_is_told_apart_from_something_wrong(gate: GuardedGate) -> None:
    assert gate.recall(None) is None
    with pytest.raises(NotSignedIn) as nothing:
        gate.check(None, HERE)
    with pytest.raises(NotSignedIn) as wrong:
        gate.check(Credential("\ud800钥匙"), HERE)
    assert (nothing.value.code, wrong.value.code) == ("unauthorized", "bad_credential")


def test_a_revoked_key_is_forgotten_within_five_seconds(gate: GuardedGate, keys: ApiKeys, ticks: Ticks) -> None:
    shown = key_of(keys)
    assert gate.recall(shown) is None
    gate.check(shown, HERE)
    keys.revoke(keys.listed()[0].id)
    ticks.now += REMEMBERED_S - 0.1
    assert gate.recall(shown) is not None  # what is remembered costs nothing
    ticks.now += 0.2
    assert gate.recall(shown) is None
    assert REMEMBERED_S < 5
    with pytest.raises(NotSignedIn):
        gate.check(shown, HERE)


def test_what_expires_is_not_recalled(gate: GuardedGate, embeds: Embeds) -> None:
    embed, secret = embeds.create(name="p", origins=[ORIGIN])
    embeds.set_state(embed.id, State.ACTIVE)
    assert secret is not None
    now = int(time.time())
    shown = Credential(jwt.encode(claims(embed, iat=now - 60, exp=now - 1), secret, "HS256"))
    gate.check(shown, HERE)  # within the leeway for clocks that differ
    assert gate.recall(shown) is None


def test_what_is_forgotten_is_checked_again(gate: GuardedGate, keys: ApiKeys) -> None:
    shown = key_of(keys)
    gate.check(shown, HERE)
    gate.forget(shown)
    assert gate.recall(shown) is None


def test_many_failures_are_told_to_wait_and_nobody_else_is(gate: GuardedGate, keys: ApiKeys, ticks: Ticks) -> None:
    shown = key_of(keys)
    for _ in range(FAILURES):
        with pytest.raises(NotSignedIn):
            gate.check(Credential("wrong"), HERE)
    with pytest.raises(AccessError) as caught:
        gate.check(Credential("wrong"), HERE)
    assert caught.value.code == "too_many_attempts"
    assert gate.check(shown, HERE)  # an honest caller behind the same proxy
    with pytest.raises(NotSignedIn):
        gate.check(Credential("wrong"), "10.0.0.2")
    ticks.now += 61
    with pytest.raises(NotSignedIn):
        gate.check(Credential("wrong"), HERE)


def test_an_expired_key_is_not_recalled_either(gate: GuardedGate, keys: ApiKeys, clock: Clock) -> None:
    clock.ahead_ms = -86_400_000  # for the store a day is left, for the gate's own clock none
    shown = Credential(keys.create(name="k", scopes=["ask"], days=1, by="t")[0])
    assert gate.check(shown, HERE)
    assert gate.recall(shown) is None


def test_development_knows_everybody_as_the_same(keys: ApiKeys) -> None:
    gate = OpenGate(frozenset({"内部"}))
    found = gate.check(None, HERE)
    assert gate.development
    assert found == gate.recall(key_of(keys))
    assert (found.kind, found.scopes, found.labels) == (PrincipalKind.LOCAL, frozenset(Scope), frozenset({"内部"}))


def test_a_credential_does_not_show_itself() -> None:
    assert "hush" not in repr(Credential("hush"))
