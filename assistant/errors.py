"""Every exception of this product, as one tree.

    AssistantError            a fault; carries `code` (stable, for programs) and a Chinese message
    ├─ SettingsError          a setting is missing or contradicts another
    ├─ InputError             what a person or program handed in cannot be used
    ├─ SourceError            a source file cannot be read; carries `path`
    │  ├─ UnsupportedFormat
    │  ├─ UnreadableSource
    │  └─ ClauseNumberingError    also carries `offset`, in code points
    ├─ IndexStoreError        the index on disk
    │  ├─ IndexNotBuilt
    │  ├─ IndexStale          built from other texts, lexicon or embedder; carries both fingerprints
    │  ├─ IndexDamaged
    │  ├─ NothingEarlier       there is no generation to go back to
    │  └─ InUse                another process is changing it, or the corpus
    ├─ NotFoundError          a document or clause that the library does not hold
    ├─ ModelError             carries `retryable`
    │  ├─ ModelUnavailable
    │  ├─ ModelTimeout
    │  └─ ModelOutputInvalid
    ├─ RecordsError           what has to be remembered cannot be written or read
    │  └─ RecordsOutdated     its tables are older or newer than this program
    ├─ AccessError            whoever asks may not; carries nothing about what was asked for
    │  ├─ NotSignedIn         no key, token or sign-in, or one that does not hold
    │  └─ NotAllowed          known, but not for this
    ├─ ServiceError           a service asked over HTTP refused, failed or cannot be reached; carries `status`
    ├─ Abandoned              nobody waits for the answer any more
    └─ EvaluationError        cases and run do not speak of the same questions

A message says what is wrong, where, and what to do next, in Chinese. It never repeats what
the user typed. Adapters translate foreign exceptions once, with `raise … from exc`.
"""

from __future__ import annotations

from pathlib import Path


class AssistantError(Exception):
    """A fault with a stable `code` and a message for people."""

    code = "internal_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SettingsError(AssistantError):
    """A setting is missing or contradicts another."""

    code = "bad_settings"


class InputError(AssistantError):
    """What came in cannot be used: an empty or over-long question, broken characters."""

    code = "bad_input"

    def __init__(self, message: str, *, code: str = "bad_input") -> None:
        super().__init__(message)
        self.code = code


class SourceError(AssistantError):
    """A source file cannot be taken in."""

    code = "source_error"

    def __init__(self, message: str, *, path: Path, code: str | None = None) -> None:
        super().__init__(message)
        self.path = path
        if code is not None:  # the verdict on the file, finer than the class: `encrypted`, `no_text`, …
            self.code = code


class UnsupportedFormat(SourceError):
    """The file is of a kind that no reader handles."""

    code = "unsupported_format"


class UnreadableSource(SourceError):
    """The file is empty, garbled or cannot be decoded."""

    code = "unreadable"


class ClauseNumberingError(SourceError):
    """The numbering of a document contradicts itself at `offset` (code points)."""

    code = "clause_numbering"

    def __init__(self, message: str, *, path: Path, offset: int) -> None:
        super().__init__(message, path=path)
        self.offset = offset


class IndexStoreError(AssistantError):
    """The index on disk cannot be used."""

    code = "index_error"


class IndexNotBuilt(IndexStoreError):
    """There is no index yet."""

    code = "index_not_built"


class IndexStale(IndexStoreError):
    """The index was built from something else than the settings name now."""

    code = "index_stale"

    def __init__(self, message: str, *, built: str, wanted: str) -> None:
        super().__init__(message)
        self.built = built
        self.wanted = wanted


class IndexDamaged(IndexStoreError):
    """Files of the index are missing or do not agree with each other."""

    code = "index_damaged"


class NothingEarlier(IndexStoreError):
    """There is no generation to go back to."""

    code = "nothing_earlier"


class InUse(IndexStoreError):
    """Another process is changing the index or the corpus."""


class NotFoundError(AssistantError):
    """A document or clause that the library does not hold."""

    code = "not_found"


class ModelError(AssistantError):
    """A model did not do its work."""

    code = "model_error"

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class RecordsError(AssistantError):
    """What has to be remembered cannot be written or read."""

    code = "records_unavailable"


class RecordsOutdated(RecordsError):
    """The tables are older or newer than this program."""

    code = "records_outdated"


class AccessError(AssistantError):
    """Whoever asks may not. Says nothing about what was asked for."""

    code = "forbidden"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class NotSignedIn(AccessError):
    """No key, token or sign-in, or one that does not hold."""

    code = "unauthorized"


class NotAllowed(AccessError):
    """Known, but not for this."""

    code = "forbidden"


class ServiceError(AssistantError):
    """A service that was asked over HTTP refused, failed or cannot be reached.

    `code` is the service's own, or `unreachable`, `timeout`, `stream_broken`, `unreadable_response`.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        request_id: str = "",
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status  # None: no whole response came, or it went wrong amid a stream
        self.request_id = request_id
        self.retry_after_s = retry_after_s


class Abandoned(AssistantError):
    """Whoever asked has gone, so the work was stopped. Neither the model's fault nor ours."""

    code = "abandoned"

    def __init__(self) -> None:
        super().__init__("提问已取消。")


class ModelUnavailable(ModelError):
    """The model is not there, or its endpoint refuses."""

    code = "model_unavailable"


class ModelTimeout(ModelError):
    """The model did not answer within its time budget."""

    code = "model_timeout"


class ModelOutputInvalid(ModelError):
    """The model answered with something that cannot be used."""

    code = "model_output_invalid"


class EvaluationError(AssistantError):
    """Cases and run do not speak of the same questions."""

    code = "evaluation_error"
