"""How fast a model on this machine is, and the time limits that follow from it.

A limit in seconds that suits an endpoint does not suit a file that two cores run: a prompt of a thousand characters
takes such a model half a minute before it says its first word. So the pace is measured once, when the file is loaded,
and every request gets limits by its own length.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, fields, replace

from assistant.models.reply_stream import Budget

PROBE_SYSTEM = "你是中文助手。"
# Plain prose of no document; long enough that the reading of it outweighs what every request costs.
PROBE_USER = (
    "请原样抄写下面的文字，不要改动，也不要补充。清晨的市场里，卖菜的人把新摘的青菜摆成整齐的几排，旁边的木桶里养着活鱼，"
    "豆腐摊前排起了长队。孩子们背着书包从桥上走过，河水很慢，岸边的柳树刚刚发芽，远处的山还罩在雾里。"
    "午后起了风，云从西边过来，老人收起棋盘回家，店铺的灯一盏一盏亮了起来。"
)
PROBE_BUDGET = Budget(first_token_s=180.0, token_s=60.0, total_s=240.0)
_PROBE_PIECES = 17  # of the reply; the time between the first and the last is measured
_SLACK = 3.0  # the machine has other work, a long prompt goes slower a character, and another question may be before
_REPLY_PIECES = 400  # a whole answer
_PAUSE_PIECES = 10.0  # between two pieces at most as long as so many take
_LEAST_S = 1e-3
_MOST_FIRST_S, _MOST_S = 240.0, 480.0  # nobody waits longer, however slow the machine was when it was measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Measured speed."""

    reads: float  # characters of a prompt a second
    writes: float  # pieces of a reply a second, about one token each

    def limits(self, budget: Budget, chars: int, *, fixed: Iterable[str] = ()) -> Budget:
        """`budget` with as much more time as this pace needs for a prompt of `chars` characters.

        Args:
            fixed: names of limits that stay as they are, because somebody set them.
        """
        first = max(budget.first_token_s, min(_SLACK * chars / self.reads, _MOST_FIRST_S))
        longer = replace(
            budget,
            first_token_s=first,
            token_s=max(budget.token_s, _SLACK * _PAUSE_PIECES / self.writes),
            total_s=max(budget.total_s, min(first + _SLACK * _REPLY_PIECES / self.writes, _MOST_S)),
        )
        kept = {field.name for field in fields(Budget)} & set(fixed)
        return replace(longer, **{name: getattr(budget, name) for name in kept})


def measured(reply: Iterator[str], *, clock: Callable[[], float] = time.monotonic) -> Pace:
    """The pace at which `reply`, the answer to the probe, comes. It is not read to its end.

    Raises:
        ModelError: as the model raised it.
    """
    began = first = last = clock()
    count = 0
    try:
        for _piece in reply:
            last = clock()
            first = first if count else last
            count += 1
            if count == _PROBE_PIECES:
                break
    finally:
        if isinstance(reply, Generator):
            reply.close()
    read_s = max(first - began, _LEAST_S)
    reads = len(PROBE_SYSTEM + PROBE_USER) / read_s
    # A reply of one piece tells nothing of its pace; a token written takes longer than one read.
    writes = (count - 1) / max(last - first, _LEAST_S) if count > 1 else reads / 4
    return Pace(reads=reads, writes=writes)
