"""What both clients have in common: calls as they are sent, answers as they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Generic, TypedDict, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from assistant.errors import InputError, ServiceError
from assistant.serving.http import wire

Body = TypeVar("Body", bound=BaseModel)
Token = str | Callable[[], str] | None  # a key, or what gives a token that still holds
StreamPiece = wire.SourcesBody | wire.DeltaBody | wire.AskResponse

_RENEWABLE = 401
_MOST_EVENT = 8 * 1024 * 1024  # characters of one event


class Choice(TypedDict, total=False):
    """What an answer may rest on; each narrows it."""

    as_of: date | None
    document_ids: Sequence[str] | None
    legal_levels: Sequence[str] | None
    region: str | None
    institution: str | None


@dataclass(frozen=True, slots=True)
class Call(Generic[Body]):
    """A request, and what its answer is read as."""

    path: str
    sent: Mapping[str, Any] | None  # the body, as JSON
    model: type[Body]
    method: str = "POST"
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def ask_call(
    question: str, session_id: str | None, plain: bool, chosen: Choice, *, key: str | None = None
) -> Call[wire.AskResponse]:
    """A question; under a key it is answered once however often it is sent."""
    style = "plain" if plain else None
    call = _call(
        "api/v1/ask", wire.AskRequest, wire.AskResponse, chosen, question=question, session_id=session_id, style=style
    )
    return replace(call, headers={"Idempotency-Key": key}) if key else call


def search_call(question: str, limit: int, chosen: Choice) -> Call[wire.SearchResponse]:
    """A search for clauses."""
    return _call("api/v1/search", wire.SearchRequest, wire.SearchResponse, chosen, question=question, limit=limit)


def verify_call(text: str, as_of: date | None) -> Call[wire.VerifyResponse]:
    """A text to be checked."""
    return _call("api/v1/verify", wire.VerifyRequest, wire.VerifyResponse, {}, text=text, as_of=as_of)


def _call(
    path: str, request: type[BaseModel], answer: type[Body], chosen: Mapping[str, Any], **fields: Any
) -> Call[Body]:
    lists = {name: list(value) for name, value in chosen.items() if name in _LISTS and value is not None}
    try:
        asked = request.model_validate({**chosen, **lists, **fields})
    except ValidationError as exc:
        raise InputError(UNUSABLE, code="bad_request") from exc
    return Call(path, asked.model_dump(mode="json", exclude_none=True), answer)


UNUSABLE = "字段缺失或取值不符，请查阅接口说明 /docs。"


_LISTS = frozenset({"document_ids", "legal_levels"})


class Credentials:
    """What is shown with each request. A provider is asked again once when its token no longer holds."""

    def __init__(self, token: Token) -> None:
        self._token = token
        self._held: str | None = token if isinstance(token, str) else None

    def headers(self) -> dict[str, str]:
        if self._held is None and callable(self._token):
            self._held = self._token()
        return {"Authorization": f"Bearer {self._held}"} if self._held else {}

    def renewed(self, status: int) -> bool:
        """Whether it is worth another try with a token that was fetched just now."""
        if status != _RENEWABLE or not callable(self._token):
            return False
        self._held = self._token()
        return True


def read(call: Call[Body], response: httpx.Response) -> Body:
    """The answer of a whole response.

    Raises:
        ServiceError: it is an error, or nothing that can be read.
    """
    if response.status_code == httpx.codes.NO_CONTENT:
        return call.model()
    if response.status_code not in (httpx.codes.OK, httpx.codes.CREATED):
        raise refusal(response)
    return _parsed(call.model, response.content)


def refusal(response: httpx.Response) -> ServiceError:
    """The error that a response is."""
    wait = response.headers.get("retry-after", "")
    try:
        body = wire.ErrorBody.model_validate_json(response.content, extra="ignore")
    except ValidationError:
        body = wire.ErrorBody(code="unreadable_response", message=_UNREADABLE, request_id="")
    return ServiceError(
        body.message,
        code=body.code,
        status=response.status_code,
        request_id=body.request_id,
        retry_after_s=int(wait) if wait.isdigit() else None,
    )


def unreachable(exc: httpx.HTTPError) -> ServiceError:
    """That no answer came."""
    if isinstance(exc, httpx.TimeoutException):
        return ServiceError("服务没有在限定的时间内答复，请稍后再试，或放宽 timeout_s。", code="timeout")
    return ServiceError("无法连接服务，请检查地址和网络，并确认服务已经启动。", code="unreachable")


class Events:
    """Lines of an event stream → its pieces. Exactly one `AskResponse` ends it."""

    def __init__(self) -> None:
        self.whole = False
        self._name = ""
        self._data: list[str] = []

    def feed(self, line: str) -> Iterator[StreamPiece]:
        """The piece that a line completes, if it completes one.

        Raises:
            ServiceError: the stream ends with an error, or holds what cannot be read.
        """
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            name, data = self._name, "\n".join(self._data)
            self._name, self._data = "", []
            if data:
                yield from self._piece(name, data)
        elif field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
            if sum(map(len, self._data)) > _MOST_EVENT:
                raise ServiceError(_UNREADABLE, code="unreadable_response")

    def end(self) -> None:
        """See that the answer was whole.

        Raises:
            ServiceError: it was not.
        """
        if not self.whole:
            raise ServiceError("答复没有传完就中断了，请重新提问。", code="stream_broken")

    def _piece(self, name: str, data: str) -> Iterator[StreamPiece]:
        match name:
            case "sources":
                yield _parsed(wire.SourcesBody, data)
            case "delta":
                yield _parsed(wire.DeltaBody, data)
            case "done":
                self.whole = True
                yield _parsed(wire.AskResponse, data)
            case "error":
                body = _parsed(wire.ErrorBody, data)
                raise ServiceError(body.message, code=body.code, request_id=body.request_id)
            case _:
                return  # of a newer service


def _parsed(model: type[Body], data: str | bytes) -> Body:
    try:
        return model.model_validate_json(data, extra="ignore")  # a newer service may say more
    except ValidationError as exc:
        raise ServiceError(_UNREADABLE, code="unreadable_response") from exc


_UNREADABLE = "服务的回应无法识别，请检查地址是否正确、服务与客户端的版本是否相配。"
