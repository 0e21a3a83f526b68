"""How often one caller may ask; with a real Redis, without one, and when it goes away (FAULTS.md T8, R9, R23)."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from redis import Redis
from redis_server import RedisServer, running_redis

from assistant.errors import SettingsError
from assistant.schema.principal import Principal, PrincipalKind
from assistant.serving.limits.rates import STRICTER, RateLimiter, Rates
from assistant.serving.limits.refusals import TooManyRequests

RATES = Rates(questions=8, key_questions=12, requests=20)


def person(name: str) -> Principal:
    return Principal(kind=PrincipalKind.USER, subject=name)


def let_through(limiter: RateLimiter, principal: Principal, tries: int = 30) -> int:
    """How many of so many questions were let through; the rest were told how long to wait."""
    waits = []
    for _ in range(tries):
        try:
            limiter.question(principal)
        except TooManyRequests as exc:
            waits.append(exc.wait_s)
    assert all(1 <= wait <= 60 for wait in waits)
    return tries - len(waits)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


def test_each_caller_is_counted_alone() -> None:
    limiter = RateLimiter(RATES)
    assert let_through(limiter, person("a")) == 8
    assert let_through(limiter, person("b")) == 8
    assert let_through(limiter, Principal(kind=PrincipalKind.KEY, subject="a")) == 12
    assert limiter.refused == 22 + 22 + 18
    limiter.request(person("a"))  # requests are counted apart
    assert (limiter.alone, limiter.shared) == (0, False)


def test_processes_count_together_in_redis(redis: RedisServer) -> None:
    first, second = RateLimiter(RATES, redis=redis.url), RateLimiter(RATES, redis=redis.url)
    assert let_through(first, person("li.ming"), 5) == 5
    assert let_through(second, person("li.ming")) == 3
    assert second.shared
    with Redis.from_url(redis.url) as client:
        keys = client.keys("*")
    assert keys
    assert not any(b"li.ming" in key for key in keys)


def test_without_redis_it_is_stricter_and_neither_open_nor_broken(redis: RedisServer) -> None:
    now = [0.0]
    limiter = RateLimiter(RATES, redis=redis.url, clock=lambda: now[0])
    assert let_through(limiter, person("before"), 1) == 1
    redis.stop()
    try:
        assert let_through(limiter, person("c")) == RATES.questions // STRICTER
        assert limiter.alone == 30
        assert not limiter.shared
    finally:
        redis.start()
    assert let_through(limiter, person("d"), 8) == RATES.questions // STRICTER  # it is left alone for a while
    now[0] += 10
    assert let_through(limiter, person("e")) == RATES.questions
    assert limiter.shared


def test_a_redis_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        limiter = RateLimiter(RATES, redis=f"redis://127.0.0.1:{silent.getsockname()[1]}/0", clock=lambda: 0.0)
        assert let_through(limiter, person("f")) == RATES.questions // STRICTER
        assert limiter.alone == 30  # one try waited; the rest did not


def test_a_redis_that_refuses_to_write_is_no_open_gate(redis: RedisServer) -> None:
    with Redis.from_url(redis.url) as client:
        client.config_set("maxmemory", "1")
        try:
            limiter = RateLimiter(RATES, redis=redis.url, clock=lambda: 0.0)
            assert let_through(limiter, person("g")) == RATES.questions // STRICTER
        finally:
            client.config_set("maxmemory", "0")


@pytest.mark.parametrize("address", ["memcached://x", "http://127.0.0.1", "redis://127.0.0.1:not-a-port/0"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(SettingsError) as told:
        RateLimiter(RATES, redis=address)
    assert address not in told.value.message
