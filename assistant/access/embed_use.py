"""How much a portal may use: questions on a day, and how long what its users asked is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import delete, select, update

from assistant.errors import AccessError
from assistant.records.store import Store
from assistant.records.tables import answers, embed_days, embeds, sessions
from assistant.schema.principal import Principal, PrincipalKind

_BEIJING = timezone(timedelta(hours=8))
_DAY_MS = 86_400_000
_ENOUGH = "今天经这个门户提问的次数已达上限，请明天再问，或联系门户管理员。"


class EmbedUse:
    """Counts the questions of portals that have a daily cap, and drops what they no longer want kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._swept = ""  # the day on which `forget_old` last ran

    def admit(self, principal: Principal) -> None:
        """Count one question of a portal's user; of others none is counted.

        Raises:
            AccessError: the portal has asked as often today as it may.
        """
        if principal.kind is not PrincipalKind.EMBED:
            return
        embed_id, today = principal.subject.partition("/")[0], self._today()
        if today != self._swept:
            self.forget_old()
        with self._store.read() as connection:
            cap = connection.execute(select(embeds.c.daily_cap).where(embeds.c.id == embed_id)).scalar_one_or_none()
        if cap is not None and not self._counted(embed_id, today, cap):
            raise AccessError(_ENOUGH, code="daily_cap_reached")

    def forget_old(self) -> int:
        """Drop conversations and answers older than their portal keeps them; says how many. The audit stays."""
        day, gone = self._today(), 0
        with self._store.write() as connection:
            kept = connection.execute(
                select(embeds.c.id, embeds.c.retention_days).where(embeds.c.retention_days.is_not(None))
            ).all()
            for embed_id, days in kept:
                owner, before = f"{PrincipalKind.EMBED}:{embed_id}/", self._store.clock() - days * _DAY_MS
                for table, at in ((sessions, sessions.c.used_at), (answers, answers.c.created_at)):
                    old = delete(table).where(table.c.owner.startswith(owner, autoescape=True), at < before)
                    gone += connection.execute(old).rowcount
        self._swept = day  # only now: what failed is tried again with the next question
        return gone

    def _counted(self, embed_id: str, day: str, cap: int) -> bool:
        mine = (embed_days.c.embed_id == embed_id) & (embed_days.c.day == day)
        more = update(embed_days).where(mine).values(asked=embed_days.c.asked + 1)
        with self._store.write() as connection:
            # The portal's row is locked, so that two first questions of a day do not both begin the count.
            connection.execute(select(embeds.c.id).where(embeds.c.id == embed_id).with_for_update())
            if connection.execute(more.where(embed_days.c.asked < cap)).rowcount:
                return True
            if connection.execute(select(embed_days.c.asked).where(mine)).one_or_none() is not None:
                return False
            connection.execute(embed_days.insert().values(embed_id=embed_id, day=day, asked=1))
            return True

    def _today(self) -> str:
        now = datetime.fromtimestamp(self._store.clock() / 1000, UTC)
        return now.astimezone(_BEIJING).date().isoformat()
