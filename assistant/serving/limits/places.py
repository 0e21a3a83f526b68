"""Places for work: a bounded number at a time, taken in turn, given back at the end, refused while closing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal, PrincipalKind
from assistant.serving.limits.closing import Closing
from assistant.serving.limits.fair_pool import Bounds, FairPool
from assistant.serving.limits.ticket import Ticket

T = TypeVar("T")
HEAVY_CHARS = 400  # a question longer than this may cost many times a common one


class Places:
    """Work within `Bounds`; who asks much does not keep out who asks little (`FairPool`)."""

    def __init__(self, bounds: Bounds) -> None:
        self._patience_s, self._deadline_s = bounds.patience_s, bounds.deadline_s
        self._closing = Closing()
        self.pool = FairPool(bounds.slots, bounds.waiting, patience_s=bounds.patience_s)

    @property
    def taken(self) -> int:
        """Places taken, by work in hand and work in line."""
        return self.pool.taken

    def refuse_if_draining(self) -> None:
        """Raise `ShuttingDown` where questions are taken no longer."""
        self._closing.refuse()

    def drain(self) -> None:
        """Take no more work; what is in hand goes on."""
        self._closing.drain()

    def close(self) -> None:
        """Take no more work, withdraw what has not begun, end every answer with `ShuttingDown`."""
        self._closing.close()
        self.pool.shutdown()

    async def apply(
        self,
        work: Callable[[], T],
        inquiry: Inquiry | None = None,
        *,
        principal: Principal | None = None,
        heavy: bool = False,
    ) -> T:
        """What `work` gives; it takes a place as a question does, of `principal` where there is no inquiry.

        Raises:
            ServerBusyError: too much at a time.
            ShuttingDown: the server ends.
        """
        ticket = self._take_place(work, inquiry, principal=principal, heavy=heavy)
        return await self._closing.unless_closed(ticket.outcome(self._patience_s))

    def _refuse_if_full(self, principal: Principal | None, *, heavy: bool) -> None:
        """Refuse before anything is spent on what would be refused later."""
        self._closing.refuse()
        self.pool.refuse_if_full(_counted(principal), heavy=heavy)

    def _take_place(
        self,
        work: Callable[[], T],
        inquiry: Inquiry | None = None,
        *,
        principal: Principal | None = None,
        heavy: bool = False,
    ) -> Ticket[T]:
        self._closing.refuse()
        loop = asyncio.get_running_loop()
        turn = asyncio.Event()
        context = copy_context()  # whose request it is, for the log

        def run() -> T:
            loop.call_soon_threadsafe(turn.set)
            return context.run(work)

        owner = _counted(inquiry.principal if inquiry else principal)
        heavy = heavy or (inquiry is not None and len(inquiry.question) > HEAVY_CHARS)
        return Ticket(self.pool.submit(run, owner=owner, heavy=heavy), turn)


def _counted(principal: Principal | None) -> str:
    """Whose places are counted: nobody's where all are the same local person."""
    return principal.id if principal and principal.kind is not PrincipalKind.LOCAL else ""
