"""`assistant serve`: API and chat page in one process, one worker, on this machine by default.

One worker, because one process owns a Chroma folder.
"""

from __future__ import annotations

import errno
import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from assistant.errors import AssistantError, SettingsError
from assistant.indexing.damage import EMBEDDER, READER
from assistant.indexing.generations import current_name
from assistant.schema.inquiry import Inquiry
from assistant.serving.beside import Errand, running
from assistant.serving.following import following, state_of
from assistant.serving.looking_after import looking_after
from assistant.serving.offline import go_offline
from assistant.serving.ports import Assistant
from assistant.serving.safe_start import refuse_unsafe, refuse_unsafe_records

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from assistant.curation.drafts import Drafting
    from assistant.serving.desk import Desk
    from assistant.serving.health_desk import Folders
    from assistant.serving.http.doorkeeping import Doorkeeping
    from assistant.serving.limits.rates import RateLimiter
    from assistant.serving.limits.wire_protocol import Connections
    from assistant.serving.watching.health import Health
    from assistant.serving.watching.watching import Watching
    from assistant.settings import CorpusSettings, LimitsSettings, Settings

_log = logging.getLogger(__name__)
_WARM_UP = "普会小威企业贷款，对个体工商户有哪些支持？"  # mistyped, so that pronunciations are looked up
_SAMPLE = "客户贷款到期一时还不上，能续贷吗？"
_LISTEN_FAULTS = {errno.EADDRINUSE: "端口已被其他程序占用", errno.EACCES: "没有使用该端口的权限"}
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class LazyAssistant:
    """A provider that builds the assistant once; a failure is remembered for `retry_s` seconds.

    So a server started before there is an index takes one up as soon as it is built.
    """

    def __init__(
        self,
        build: Callable[[], Assistant],
        *,
        current: Callable[[], str | None] = lambda: None,
        retry_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """See the class.

        Args:
            current: the folder of the index that is to be served.
        """
        self._build = build
        self._current = current
        self._retry_s = retry_s
        self._clock = clock
        self._lock = Lock()
        self._assistant: Assistant | None = None
        self._served: str | None = None
        self._fault: AssistantError | None = None
        self._retry_at = 0.0

    def __call__(self) -> Assistant:
        """The assistant.

        Raises:
            AssistantError: what building it failed with.
        """
        with self._lock:
            if self._assistant is None:
                self._assistant = self._build_again()
            return self._assistant

    def served(self) -> str | None:
        """The folder of the index that answers; `None` while none does."""
        return self._served if self._assistant is not None else None

    def renew(self, *, keep: bool = True) -> None:
        """Build the assistant again, over the index that is served now; questions are answered meanwhile.

        Args:
            keep: where that fails, the one before goes on; without it nothing answers until it does not fail.
        """
        folder = self._current()  # before opening: one that is switched to meanwhile is opened once more
        try:
            fresh = self._build()
        except AssistantError as exc:
            if keep:
                _log.warning("新索引暂时打不开，继续使用原来的：%s", exc.message)
                return
            _log.warning("索引已损坏，暂停作答：%s", exc.message)
            with self._lock:
                self._assistant, self._fault, self._retry_at = None, exc, self._clock() + self._retry_s
            return
        with self._lock:
            self._assistant, self._served = fresh, folder

    def peek(self) -> Assistant | None:
        """What answers now, if anything does."""
        return self._assistant

    def _build_again(self) -> Assistant:
        if self._fault is not None and self._clock() < self._retry_at:
            raise self._fault.with_traceback(None)  # one object raised often would drag an ever longer trace
        folder = self._current()
        try:
            fresh = self._build()
        except AssistantError as exc:
            self._fault, self._retry_at = exc, self._clock() + self._retry_s
            raise
        self._served = folder
        return fresh


def run_server(
    settings: Settings,
    *,
    build: Callable[[], Assistant] | None = None,
    say: Callable[[str], None] | None = None,
    errand: Errand | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl+C, then return.

    Args:
        settings: host and port; port 0 takes a free one.
        build: makes the assistant; by default `assembly.build_assistant`.
        say: where lines for the person at the terminal go; by default standard output.
        errand: what runs beside the server from the moment it answers.

    Raises:
        SettingsError: the address cannot be used, or it would not be safe to serve with these settings.
        RecordsError: the records cannot be used.
    """
    go_offline()
    say = say or _say
    refuse_unsafe(settings)
    from assistant.serving.watching.watching import watching

    with _doorkeeping(settings) as door, watching(settings, say) as watch:
        _run(settings, door, watch, build=build or _builder(settings, watch.health), say=say, errand=errand)


def _run(
    settings: Settings,
    door: Doorkeeping,
    watch: Watching,
    *,
    build: Callable[[], Assistant],
    say: Callable[[str], None],
    errand: Errand | None,
) -> None:
    from assistant.serving.http.prefix import Prefix

    listener = _listen(settings.host, settings.port)
    try:
        current = partial(_current, settings)
        provider = LazyAssistant(build, current=current)
        _warm_up(provider, say)
        say("正在准备对话页面……")
        api = build_app(provider, door, public_url=settings.public_url, limits=settings.limits, watching=watch)
        app = Prefix(api, settings.root_path)
        _announce(settings, listener.getsockname()[1], say)
        follow = following(current, served=provider.served, renew=provider.renew, say=say)
        looking = looking_after(settings, provider, watch.health, say=say)
        with running(errand, renew=provider.renew, say=say), follow, looking:
            serve(app, listener, api.state.desk, settings.limits, watch.connections)
        say("服务已停止。")
    finally:
        listener.close()


def build_app(
    provider: Callable[[], Assistant],
    door: Doorkeeping | None = None,
    *,
    public_url: str | None = None,
    limits: LimitsSettings | None = None,
    watching: Watching | None = None,
) -> FastAPI:
    """API and chat page in one application; `public_url` is where clients reach it."""
    go_offline()
    from assistant.serving.http.api import create_api
    from assistant.serving.limits.fair_pool import Bounds
    from assistant.serving.page.chat import mount_chat
    from assistant.settings import LimitsSettings

    limits = limits or LimitsSettings()
    api = create_api(
        provider,
        doorkeeping=door,
        public_url=public_url,
        watching=watching,
        bounds=Bounds(
            slots=limits.slots,
            waiting=limits.waiting,
            patience_s=limits.patience_s,
            deadline_s=limits.deadline_s,
        ),
    )
    return mount_chat(api)


@contextmanager
def _doorkeeping(settings: Settings) -> Iterator[Doorkeeping]:
    """Who is let in, as the settings say."""
    from assistant.access.gate import OpenGate
    from assistant.assembly import today_in_beijing
    from assistant.serving.http.doorkeeping import Doorkeeping
    from assistant.serving.keeping.upkeep import build_upkeep
    from assistant.serving.ledger import Ledger
    from assistant.serving.office import Office
    from assistant.serving.registry import build_oidc, build_recorder, build_registry
    from assistant.serving.releasing.desk import build_releases
    from assistant.settings import Mode

    if settings.mode is Mode.DEVELOPMENT:
        yield Doorkeeping(gate=OpenGate(frozenset(settings.rights)))
        return
    registry = build_registry(settings)
    recorder = build_recorder(settings, registry)
    try:
        refuse_unsafe_records(registry)
        registry.use.forget_old()
        upkeep = build_upkeep(settings, registry, today=today_in_beijing)
        yield Doorkeeping(
            gate=registry.gate(),
            embeds=registry.embeds,
            use=registry.use,
            exchange=registry.exchange,
            users=registry.users,
            oidc=build_oidc(settings),
            secure_cookie=settings.access.secure_cookie,
            ledger=Ledger(recorder),
            rates=_rates(settings.limits),
            folders=_folders(settings),
            office=Office(
                registry,
                indexes_dir=settings.indexes_dir,
                corpus_dir=settings.corpus_dir,
                keep_days=settings.audit.keep_days,
                data_dir=settings.data_dir,
            ),
            upkeep=upkeep,
            releases=build_releases(settings, registry, upkeep.work),
            drafting=_drafting(settings.corpus),
        )
    finally:
        recorder.flush()
        registry.close()


def _folders(settings: Settings) -> Folders:
    from assistant.serving.health_desk import Folders
    from assistant.settings import HOME

    return Folders(
        indexes=settings.indexes_dir,
        corpus=settings.corpus_dir,
        data=settings.data_dir,
        baselines=HOME / "eval" / "baselines",
    )


def _drafting(corpus: CorpusSettings) -> Drafting:
    from assistant.curation.drafts import Drafting
    from assistant.curation.scanning import Scanner

    scanner = Scanner.of(corpus.scanner, corpus.scanner_timeout_s)
    return Drafting(scanner=scanner, max_bytes=corpus.upload_mb * 2**20, max_files=corpus.upload_files)


def _rates(limits: LimitsSettings) -> RateLimiter:
    from assistant.serving.limits.rates import RateLimiter, Rates

    rates = Rates(
        questions=limits.questions_a_minute,
        key_questions=limits.key_questions_a_minute,
        requests=limits.requests_a_minute,
    )
    return RateLimiter(rates, redis=limits.redis.get_secret_value() if limits.redis else None)


def _current(settings: Settings) -> str | None:
    """What is to be served: the index, and the words of the house."""
    return state_of(current_name(settings.indexes_dir), settings.house_lay_words)


def _builder(settings: Settings, health: Health) -> Callable[[], Assistant]:
    """Whoever asks brings rights of their own; in production nothing is shown by those of the process."""

    def build() -> Assistant:
        from assistant.assembly import build_assistant
        from assistant.readers import Doubts
        from assistant.settings import Mode

        doubts = Doubts(
            embedder=EMBEDDER in health.parts, reader=READER in health.parts, budget_s=settings.embedder.budget_s
        )
        served = settings.model_copy(update={"rights": ()}) if settings.mode is Mode.PRODUCTION else settings
        return build_assistant(served, doubts=doubts)

    return build


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as exc:
        reason = _LISTEN_FAULTS.get(getattr(exc, "errno", None) or 0, "地址或端口无效")
        raise SettingsError(
            f"无法在 {host} 的 {port} 端口提供服务：{reason}。请换一个端口，例如设置 ASSISTANT_PORT=7861。"
        ) from exc


def _warm_up(provider: LazyAssistant, say: Callable[[str], None]) -> None:
    say("正在打开条款索引并载入模型……")
    began = time.perf_counter()
    try:
        assistant = provider()
    except AssistantError as exc:
        say(f"暂时不能作答：{exc.message}")
        say("服务照常启动；问题解决后，无需重启即可使用。")
        return
    _settle(assistant)
    say(f"已就绪：收录 {len(assistant.documents())} 份文件，用时 {time.perf_counter() - began:.1f} 秒。")


def _settle(assistant: Assistant) -> None:
    """Load now what the first question of some kind would load, and spare the garbage collector all that stays.

    Either would hold up everybody for the better part of a second amid questions.
    """
    with suppress(AssistantError):
        assistant.ask(Inquiry(question=_WARM_UP, use_llm=False))
    gc.collect()
    gc.freeze()


def _announce(settings: Settings, port: int, say: Callable[[str], None]) -> None:
    host = settings.host
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    address = f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    say(f"对话页面：{address}/")
    say(f"接口说明：{address}/docs")
    say(f"可以先问：{_SAMPLE}")
    if settings.mode == "development":
        say("开发模式：仅供本机试用，不验证身份。正式使用请先看 docs/security.md。")
    say("按 Ctrl+C 停止。")


def serve(app: ASGIApp, listener: socket.socket, desk: Desk, limits: LimitsSettings, connections: Connections) -> None:
    """Serve an application until a signal, which `desk` is told of."""
    from assistant.serving.limits.graceful import server_of

    # uvicorn raises the signal again once it has shut down; a handler of ours makes that a normal return.
    before = {number: signal.signal(number, lambda *_: None) for number in _STOP_SIGNALS}
    try:
        server_of(app, desk, limits, connections).run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
