"""A client of the service for programs in Python: `Client`, and `AsyncClient` for those that wait for many at once.

Answers are the models of `assistant.serving.http.wire`. Nothing of the server is imported.
"""

from assistant.client.asynchronous import AsyncClient
from assistant.client.calls import Choice, StreamPiece
from assistant.client.synchronous import Client
from assistant.errors import ServiceError
from assistant.serving.http.wire import AskResponse, DeltaBody, SearchResponse, SourcesBody, VerifyResponse

__all__ = [
    "AskResponse",
    "AsyncClient",
    "Choice",
    "Client",
    "DeltaBody",
    "SearchResponse",
    "ServiceError",
    "SourcesBody",
    "StreamPiece",
    "VerifyResponse",
]
