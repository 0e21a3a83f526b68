"""A question that is answered once however often it is sent under one key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from assistant.access.registry import Registry
from assistant.errors import AssistantError, InputError, NotFoundError
from assistant.records.once import Found, Stand
from assistant.schema.principal import Principal
from assistant.serving.ports import Assistant
from assistant.serving.withheld import Withheld

_REUSED = "这个 Idempotency-Key 已经用于另一个请求，请换一个。"
_WITHHELD = "没有这次答复：编号不对、已过保存期，或不是您的答复。"


class InProgressError(AssistantError):
    """The same request is being answered."""

    code = "in_progress"

    def __init__(self) -> None:
        super().__init__("同一个请求正在处理，请稍后用同一个 Idempotency-Key 再取。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A response, and whether it was given before."""

    answer_id: str
    response: str
    again: bool = False


class AskedOnce:
    """Over the records; a request that failed may be sent again."""

    def __init__(self, registry: Registry, provider: Callable[[], Assistant]) -> None:
        self._registry = registry
        self._provider = provider

    async def answer(self, key: str, body: str, asker: Principal, make: Callable[[], Awaitable[Answered]]) -> Answered:
        """What `make` gives, or what it gave when the request was sent first.

        Raises:
            InputError: the key was used for another request.
            InProgressError: the same request is being answered.
            NotFoundError: its answer may no longer be read.
        """
        found = await self._begun(key, body, asker)
        match found.stand:
            case Stand.OTHER:
                raise InputError(_REUSED, code="idempotency_key_reused")
            case Stand.RUNNING:
                raise InProgressError
            case Stand.DONE:
                await asyncio.to_thread(self._see_readable, found.answer_id, asker)
                return Answered(answer_id=found.answer_id, response=found.response, again=True)
            case Stand.NEW:
                try:
                    made = await make()
                    await asyncio.to_thread(self._finish, key, asker, made)
                except BaseException:  # cancelled too: whoever asked may ask again
                    await self._drop(key, asker)
                    raise
                return made

    async def _begun(self, key: str, body: str, asker: Principal) -> Found:
        begun = asyncio.ensure_future(asyncio.to_thread(self._registry.once.begin, asker.owner, key, body))
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:
            if (await begun).stand is Stand.NEW:
                await self._drop(key, asker)
            raise

    async def _drop(self, key: str, asker: Principal) -> None:
        await asyncio.shield(asyncio.to_thread(self._registry.once.drop, asker.owner, key))

    def _finish(self, key: str, asker: Principal, made: Answered) -> None:
        self._registry.once.finish(asker.owner, key, answer_id=made.answer_id, response=made.response)

    def _see_readable(self, answer_id: str, asker: Principal) -> None:
        kept = self._registry.answers.get(answer_id, owner=asker.owner)
        if kept is None or Withheld(self._provider(), asker.labels).answer(kept):  # what is gone cannot be judged
            raise NotFoundError(_WITHHELD)
        if kept.session_id and self._registry.talks.is_hidden(kept.session_id, asker.owner):
            raise NotFoundError(_WITHHELD)
