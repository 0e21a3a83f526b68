"""What a portal may use up: questions of a day, and how long its conversations are kept."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, select, text

from assistant.access.embed_use import EmbedUse
from assistant.access.embeds import Embed, Embeds
from assistant.errors import AccessError, InputError, RecordsError
from assistant.records.store import Store
from assistant.records.tables import answers, sessions
from assistant.schema.principal import Principal, PrincipalKind

DAY_MS = 86_400_000
NOON = 1_790_000_000_000 // DAY_MS * DAY_MS + 4 * 3_600_000  # noon in Beijing


@pytest.fixture
def use(store: Store) -> EmbedUse:
    store.clock = lambda: NOON
    return EmbedUse(store)


def portal(embeds: Embeds, *, daily_cap: int | None = None, retention_days: int | None = None) -> Embed:
    return embeds.create(
        name="门户", origins=["https://portal.bank.example"], daily_cap=daily_cap, retention_days=retention_days
    )[0]


def user(embed: Embed, name: str = "u-1") -> Principal:
    return Principal(kind=PrincipalKind.EMBED, subject=f"{embed.id}/{name}")


def refused(use: EmbedUse, principal: Principal) -> bool:
    try:
        use.admit(principal)
    except AccessError as exc:
        return exc.code == "daily_cap_reached"
    return False


def test_all_users_of_a_portal_share_its_day(embeds: Embeds, use: EmbedUse) -> None:
    embed, other = portal(embeds, daily_cap=3), portal(embeds, daily_cap=1)
    assert [refused(use, user(embed, name)) for name in ("a", "b", "c", "a", "d")] == [False] * 3 + [True] * 2
    assert [refused(use, user(other)) for _ in range(2)] == [False, True]


def test_the_day_ends_at_midnight_in_beijing(embeds: Embeds, use: EmbedUse, store: Store) -> None:
    embed = portal(embeds, daily_cap=1)
    use.admit(user(embed))
    store.clock = lambda: NOON + 12 * 3_600_000 - 1
    assert refused(use, user(embed))
    store.clock = lambda: NOON + 12 * 3_600_000
    assert not refused(use, user(embed))


def test_a_count_outlives_the_process_and_follows_the_cap(embeds: Embeds, use: EmbedUse, store: Store) -> None:
    embed = portal(embeds, daily_cap=1)
    use.admit(user(embed))
    again = EmbedUse(store)
    assert refused(again, user(embed))
    embeds.set_limits(embed.id, daily_cap=2, retention_days=None)
    assert [refused(again, user(embed)) for _ in range(2)] == [False, True]
    embeds.set_limits(embed.id, daily_cap=None, retention_days=None)
    assert not refused(again, user(embed))


def test_many_at_once_get_no_more_than_the_cap(embeds: Embeds, use: EmbedUse) -> None:
    embed = portal(embeds, daily_cap=7)
    use.admit(user(embed))
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: refused(use, user(embed)), range(24))) == 18


def test_others_are_not_counted(embeds: Embeds, use: EmbedUse) -> None:
    embed = portal(embeds, daily_cap=1)
    for kind in set(PrincipalKind) - {PrincipalKind.EMBED}:
        for _ in range(3):
            use.admit(Principal(kind=kind, subject=f"{embed.id}/u-1"))
    assert not refused(use, user(embed))


@pytest.mark.parametrize("limits", [{"daily_cap": 0}, {"daily_cap": -1}, {"retention_days": 0}, {"daily_cap": 10**9}])
def test_a_limit_that_makes_no_sense_is_refused(embeds: Embeds, limits: dict[str, int]) -> None:
    with pytest.raises(InputError, match="整数"):
        portal(embeds, **limits)
    embed = portal(embeds)
    with pytest.raises(InputError, match="整数"):
        embeds.set_limits(embed.id, **{"daily_cap": None, "retention_days": None, **limits})


def test_only_what_a_portal_no_longer_wants_kept_goes(embeds: Embeds, use: EmbedUse, store: Store) -> None:
    short, ever = portal(embeds, retention_days=2), portal(embeds)
    ages = {"new": 1, "old": 3}
    with store.write() as connection:
        for embed in (short, ever):
            for name, days in ages.items():
                at, owner, id_ = NOON - days * DAY_MS, user(embed).id, f"{embed.id}-{name}"
                connection.execute(
                    sessions.insert().values(id=id_, owner=owner, turns=[], created_at=at, used_at=at)
                )  # fmt: skip
                connection.execute(
                    answers.insert().values(id=id_, owner=owner, generation="g", created_at=at, inquiry="", body="")
                )
    assert use.forget_old() == 2
    with store.read() as connection:
        for table in (sessions, answers):
            left = set(connection.execute(select(table.c.id)).scalars())
            assert left == {f"{short.id}-new", f"{ever.id}-new", f"{ever.id}-old"}


def test_old_things_go_when_a_new_day_is_first_asked_on(embeds: Embeds, use: EmbedUse, store: Store) -> None:
    embed = portal(embeds, retention_days=1)
    use.admit(user(embed))
    with store.write() as connection:
        connection.execute(
            sessions.insert().values(id="s", owner=user(embed).id, turns=[], created_at=NOON, used_at=NOON)
        )
    store.clock = lambda: NOON + 2 * DAY_MS
    use.admit(user(embed))
    with store.read() as connection:
        assert connection.execute(select(sessions.c.id)).all() == []


def test_what_could_not_be_dropped_is_dropped_with_the_next_question(
    embeds: Embeds, use: EmbedUse, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed, write = portal(embeds, retention_days=1), store.write
    with store.write() as connection:
        connection.execute(
            sessions.insert().values(id="s", owner=user(embed).id, turns=[], created_at=NOON, used_at=NOON)
        )
    store.clock = lambda: NOON + 2 * DAY_MS

    @contextmanager
    def broken() -> Iterator[Connection]:
        with write() as connection:
            yield connection
            connection.execute(text("INSERT INTO no_such_table VALUES (1)"))

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", broken)
        with pytest.raises(RecordsError):
            use.admit(user(embed))
    use.admit(user(embed))
    with store.read() as connection:
        assert connection.execute(select(sessions.c.id)).all() == []
