"""A client of the service for programs in Python: `Client`, and `AsyncClient` for those that wait for many at once.

Answers are the models of `assistant.serving.http.wire` and `wire_given`. Nothing of the server is imported.
"""

from assistant.client.asynchronous import AsyncClient
from assistant.client.calls import Choice, StreamPiece
from assistant.client.synchronous import Client
from assistant.errors import ServiceError
from assistant.serving.http.wire import AskResponse, DeltaBody, SearchResponse, SourcesBody, VerifyResponse
from assistant.serving.http.wire_given import FeedbackBody, FeedbackList, SessionBody, SessionDetail, SessionList

__all__ = [
    "AskResponse",
    "AsyncClient",
    "Choice",
    "Client",
    "DeltaBody",
    "FeedbackBody",
    "FeedbackList",
    "SearchResponse",
    "ServiceError",
    "SessionBody",
    "SessionDetail",
    "SessionList",
    "SourcesBody",
    "StreamPiece",
    "VerifyResponse",
]
