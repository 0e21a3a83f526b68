"""A language model out of a GGUF file, run in this process by llama.cpp (PyPI `xllamacpp`, extra `local`).

llama.cpp answers on a port of 127.0.0.1 that the system picks, behind a key that only this process knows, and
`LangChainChatModel` asks it as it asks any other endpoint: so budgets, cancellation and limits are the same.
Nothing is downloaded: the file is given, and only GGUF is read, which holds numbers and no code. How fast it goes on
this machine is measured once it is loaded, and the time limits follow (`pace.py`).
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Generator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assistant.errors import ModelError, ModelUnavailable, SettingsError
from assistant.models.chat import LangChainChatModel
from assistant.models.pace import PROBE_BUDGET, PROBE_SYSTEM, PROBE_USER, Pace, measured
from assistant.models.reply_stream import Budget

_log = logging.getLogger(__name__)
_MODULE = "xllamacpp"
_MAGIC = b"GGUF"
_VERSIONS = frozenset({2, 3})
_FORMS_WITH_CODE = (
    b"\x80\x02",
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
    b"PK\x03\x04",
)  # pickle; PyTorch's zip of pickles


def check_gguf(path: Path) -> None:
    """Nothing, if `path` is a GGUF file; llama.cpp looks at the rest when it loads it.

    Raises:
        SettingsError: it is not there, or something else; what to do stands in the message.
    """
    try:
        if not path.is_file():
            raise SettingsError("ASSISTANT_LLM__GGUF 指向的文件不存在，请检查路径。")
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as exc:
        raise SettingsError("ASSISTANT_LLM__GGUF 指向的文件无法打开，请检查权限。") from exc
    if head.startswith(_FORMS_WITH_CODE):
        raise SettingsError(
            "ASSISTANT_LLM__GGUF 指向的是 pickle 或 PyTorch 文件，其中可能带有程序代码，本程序不读取；请改用 GGUF。"
        )
    if len(head) < 8 or not head.startswith(_MAGIC):
        raise SettingsError("ASSISTANT_LLM__GGUF 指向的不是 GGUF 文件，请检查是否下载完整。")
    if int.from_bytes(head[4:8], "little") not in _VERSIONS:
        raise SettingsError("ASSISTANT_LLM__GGUF 指向的 GGUF 文件版本过旧或不受支持，请换用第 2 或第 3 版。")


class GgufChatModel:
    """A `ChatModel` over one GGUF file, loaded at the first question. One object serves many threads, one at a time.

    Args:
        context: tokens that prompt and reply may have together.
        threads: that llama.cpp computes with.
        budget: the least that a reply is given; a slow machine gets more.
        fixed: names of limits in `budget` that stay as they are.

    Raises:
        SettingsError: the file, or the program that runs it, cannot be used.
    """

    def __init__(
        self,
        path: Path,
        *,
        context: int = 8192,
        threads: int = 2,
        temperature: float = 0.0,
        budget: Budget | None = None,
        fixed: frozenset[str] = frozenset(),
    ) -> None:
        check_gguf(path)
        if not _installed():
            raise SettingsError(
                "使用 ASSISTANT_LLM__GGUF 需要附加依赖 local，请运行 pip install 'puhui-policy-assistant[local]'。"
            )
        self._path = path
        self._context = context
        self._threads = threads
        self._temperature = temperature
        self._budget = budget or Budget()
        self._fixed = fixed
        self._lock = threading.Lock()
        self._server: Any = None
        self._pace: Pace | None = None
        self._probed = False
        self._chat: LangChainChatModel | None = None

    @property
    def id(self) -> str:
        """The file's name."""
        return self._path.name

    def stream(self, system: str, user: str) -> Generator[str, None, None]:
        """Pieces of the reply, as `ChatModel.stream`; budgets count from when the file is loaded."""
        chat = self._opened()
        yield from chat.stream(system, user, budget=self._limits(system, user))

    def stream_json(self, system: str, user: str, schema: Mapping[str, object]) -> Generator[str, None, None]:
        """As `FormingChatModel.stream_json`: llama.cpp lets the model write nothing else."""
        chat = self._opened()
        yield from chat.stream_json(system, user, schema, budget=self._limits(system, user))

    def _limits(self, system: str, user: str) -> Budget:
        if self._pace is None:
            return self._budget
        return self._pace.limits(self._budget, len(system) + len(user), fixed=self._fixed)

    def close(self) -> None:
        """Let go of the model. A later `stream` loads it again."""
        with self._lock:
            chat, self._chat, self._server = self._chat, None, None
        if chat is not None:
            chat.close()

    def _opened(self) -> LangChainChatModel:
        with self._lock:
            if self._chat is None:
                key = secrets.token_urlsafe(24)
                self._server = self._load(key)
                self._chat = LangChainChatModel(
                    base_url=f"{self._server.listening_address}/v1",
                    model=self._path.name,
                    api_key=key,
                    temperature=self._temperature,
                    budget=self._budget,
                )
            if not self._probed:  # somebody who left amid the probe leaves it to the next
                self._pace = _pace_of(self._chat)
                self._probed = True
            return self._chat

    def _load(self, key: str) -> Any:
        """llama.cpp's server over the file, for this machine and this key alone."""
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(self._path)
        params.n_ctx = self._context
        params.n_parallel = 1
        params.cpuparams.n_threads = self._threads
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.api_keys = [key]
        params.cors_origins = "http://127.0.0.1"
        params.offline = True
        params.ui = False
        params.verbosity = 0
        try:
            server = xllamacpp.Server(params)
        except Exception as exc:  # RuntimeError today; whatever it is, nothing runs
            raise ModelUnavailable(
                "本机语言模型载入失败，请检查 GGUF 文件是否完整、内存是否足够、ASSISTANT_LLM__GGUF_CONTEXT 是否过大。"
            ) from exc
        _log.info("local language model loaded: %s", self._path.name)
        return server


def _pace_of(chat: LangChainChatModel) -> Pace | None:
    """How fast the model is here; `None` when it did not even answer the probe."""
    try:
        pace = measured(chat.stream(PROBE_SYSTEM, PROBE_USER, budget=PROBE_BUDGET))
    except ModelError as exc:
        _log.warning("the pace of the local language model could not be measured: %s", exc.code)
        return None
    _log.info("local language model reads %.0f characters and writes %.1f pieces a second", pace.reads, pace.writes)
    return pace


def _installed() -> bool:
    try:
        return find_spec(_MODULE) is not None
    except ValueError:  # a module put in place by hand has no spec
        return True
