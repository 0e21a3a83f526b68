"""Whether all goes well, line by line, for whoever looks after the service: nothing here names a person or a document.

Every line says what stands, how that is (`good`, `info`, `warn`, `bad`), and where it is not good, what to do. What
cannot be found out is told as such, and never taken for good.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Lock
from typing import Literal

from assistant.access.audit_search import Sought, newest
from assistant.access.recorder import Recorder
from assistant.errors import AssistantError, InputError
from assistant.indexing.generations import GenerationInfo, current_folder, list_generations
from assistant.indexing.self_check import VerifyReport, verify_generation
from assistant.records.schema import schema_of
from assistant.schema.principal import Principal
from assistant.serving.limits.places import Places
from assistant.serving.limits.rates import RateLimiter
from assistant.serving.office import Office
from assistant.serving.ports import Assistant
from assistant.serving.score_trends import Trend, trends_in
from assistant.serving.watching.health import Health

How = Literal["good", "info", "warn", "bad"]

CHECKED, VERIFIED, CHECKPOINT = "index.checked", "audit.verified", "audit.checkpoint"
RETENTION, BACKUP = "retention.run", "backup.made"
_BEIJING = timezone(timedelta(hours=8))
_GIB = 1024**3
_LITTLE, _VERY_LITTLE = 10 * _GIB, 2 * _GIB  # free space of a disk
_OLD_MS = 8 * 86_400_000  # since the chain was verified last
_NO_BACKUP = "没有 assistant backup 的记录；用别的程序备份的，这里看不到。做法见 docs/operations.md。"
_BUSY = "正在自检，请等它结束后再试。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where things lie; `None` where nobody said."""

    indexes: Path | None = None
    corpus: Path | None = None
    data: Path | None = None
    baselines: Path | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing, how it is, and what is to be said of it."""

    name: str
    how: How
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What of the running server is looked at."""

    provider: Callable[[], Assistant]
    places: Places
    rates: RateLimiter | None
    recorder: Recorder | None
    files: Health = field(default_factory=Health)  # what the server found when it read its files


class HealthDesk:
    """The health of one service."""

    def __init__(self, office: Office, watched: Watched, folders: Folders) -> None:
        self._office, self._watched, self._folders = office, watched, folders
        self._registry = office.registry
        self._one = Lock()

    def lines(self, asker: Principal) -> tuple[tuple[str, tuple[Line, ...]], ...]:
        """Everything, under headings."""
        return (
            ("作答", tuple(self._answering(asker))),
            ("索引", tuple(self._index())),
            ("容量", (*self._capacity(), *self._disks())),
            ("记录", tuple(self._records())),
        )

    def trends(self) -> tuple[Trend, ...]:
        """The figures of evaluations that are kept beside the program."""
        return trends_in(self._folders.baselines)

    def check_index(self, by: Principal) -> VerifyReport:
        """Try the index that is served from end to end, in a process of its own; it takes a while.

        Raises:
            IndexStoreError: there is none.
            InputError: it is being checked already.
        """
        folder = current_folder(self._indexes)
        if not self._one.acquire(blocking=False):
            raise InputError(_BUSY, code="in_progress")
        try:
            report = verify_generation(folder)
        finally:
            self._one.release()
        facts = {"generation": folder.name, "whole": report.ok, "problems": len(report.problems)}
        self._registry.note(CHECKED, by.id, **facts)
        return report

    @property
    def _indexes(self) -> Path:
        return self._folders.indexes or Path("indexes")

    # --- answering ---

    def _answering(self, asker: Principal) -> Iterator[Line]:
        try:
            self._watched.places.refuse_if_draining()
            assistant = self._watched.provider()
        except AssistantError as exc:
            yield Line("能否作答", "bad", f"暂时不能作答：{exc.message}")
            return
        yield Line("能否作答", "good", "正常")
        count, hidden = len(assistant.documents(asker.labels)), assistant.hidden(asker.labels)
        more = "（另有您无权看的）" if hidden else ""
        yield Line(
            "文件", "good" if count or hidden else "warn", f"{count} 份{more}" if count or hidden else "库里没有文件"
        )
        yield Line("正在使用的索引", "info", assistant.generation)
        yield Line("语言模型", "info", assistant.llm_id or "没有使用，答复摘自条款原文")

    # --- index ---

    def _index(self) -> Iterator[Line]:
        listed = list_generations(self._indexes) if self._indexes.is_dir() else ()
        current = next((info for info in listed if info.current), None)
        if current is None:
            yield Line("磁盘上的索引", "bad", "没有可用的索引，请运行 python -m assistant index build。")
            return
        yield Line("建立于", "info", _moment(current.built_at))
        yield Line("条款", "info", f"{current.clauses} 条，{current.chunks} 段")
        others = len(listed) - 1
        yield Line("可退回的上一版", "good" if others else "info", f"另有 {others} 版" if others else "没有")
        yield self._files()
        yield self._last_check(current)

    def _files(self) -> Line:
        """What the server itself found of late, which reads its files again and again."""
        files = self._watched.files
        if files.damaged:
            words = f"损坏：{'、'.join(files.names)}。运行 python -m assistant index verify --deep 看怎样修复。"
            return Line("正在使用的文件", "bad", words)
        if files.whole_at is None:
            return Line("正在使用的文件", "info", "启动以来还没有读完一遍。")
        minutes = int(time.monotonic() - files.whole_at) // 60
        return Line("正在使用的文件", "good", f"启动以来读过 {files.passes} 遍，最近一遍在 {minutes} 分钟前，完好。")

    def _last_check(self, current: GenerationInfo) -> Line:
        entry = next(newest(self._registry.store, Sought(kind=CHECKED), before=None), None)
        if entry is None or entry.facts.get("generation") != current.name:
            return Line("自检", "info", "建成时已自检；此后还没有检查过这一版。")
        when = _of_ms(entry.at)
        if entry.facts.get("whole"):
            return Line("自检", "good", f"{when} 检查过，完好。")
        return Line("自检", "bad", f"{when} 发现问题，请退回上一版或重建：python -m assistant index build。")

    # --- capacity ---

    def _capacity(self) -> Iterator[Line]:
        pool = self._watched.places.pool
        how: How = "warn" if pool.taken >= pool.places * 3 // 4 else "good"
        yield Line("作答的位置", how, f"共 {pool.places} 个，占用 {pool.taken} 个，其中排队 {pool.waiting} 个。")
        rates = self._watched.rates
        if rates is None:
            yield Line("限速", "warn", "没有限速：任何人想问多少就问多少。")
        elif rates.shared:
            yield Line("限速", "good", f"各进程经 Redis 合计；启动以来拒绝 {rates.refused} 次。")
        elif rates.alone:
            yield Line(
                "限速", "warn", f"Redis 连不上，本进程单独计数，放行更少（已有 {rates.alone} 次）。请检查 Redis。"
            )
        else:
            yield Line("限速", "good", f"本进程单独计数；启动以来拒绝 {rates.refused} 次。")

    def _disks(self) -> Iterator[Line]:
        folders = {"索引": self._folders.indexes, "文件库": self._folders.corpus, "记录库": self._folders.data}
        seen = dict[int, list[str]]()
        for name, folder in folders.items():
            with suppress(OSError):
                if folder is not None:
                    seen.setdefault(_nearest(folder).stat().st_dev, []).append(name)
        for names in seen.values():
            folder = folders[names[0]]
            assert folder is not None
            yield _disk("、".join(names), _nearest(folder))
        if not seen:
            yield Line("磁盘", "info", "不知道看哪里，没有检查。")

    # --- records ---

    def _records(self) -> Iterator[Line]:
        store = self._registry.store
        kind = "SQLite" if store.is_sqlite else "PostgreSQL"
        try:
            schema = schema_of(store)
        except AssistantError as exc:
            yield Line("记录库", "bad", exc.message)
            return
        fits = schema.is_current
        wanted = "" if fits else f"，本程序需要 {schema.newest}，请先备份，再运行 python -m assistant records upgrade"
        yield Line("记录库", "good" if fits else "bad", f"{kind}，版本 {schema.current}{wanted}")
        yield self._recording()
        yield self._last(VERIFIED, "留痕核验", "还没有核验过，请到“留痕”页核验。", old=True)
        yield self._last(
            CHECKPOINT, "另存校验值", "还没有另存过，请定期运行 assistant audit checkpoint，放到别处。", old=True
        )
        yield self._last(RETENTION, "清理到期记录", f"还没有清理过；记录保存 {self._office.keep_days} 天。")
        backed_up = self._last(BACKUP, "备份", _NO_BACKUP, old=True)
        yield replace(backed_up, how="info") if backed_up.words == _NO_BACKUP else backed_up

    def _recording(self) -> Line:
        recorder = self._watched.recorder
        if recorder is None:
            return Line("留痕", "info", "没有逐次记录答复。")
        if recorder.failing:
            return Line("留痕", "bad", f"写不进去，已有 {recorder.lost} 条没有记上。请检查磁盘和数据库。")
        return Line("留痕", "good", "正常写入")

    def _last(self, kind: str, name: str, never: str, *, old: bool = False) -> Line:
        """When this was done last."""
        entry = next(newest(self._registry.store, Sought(kind=kind), before=None), None)
        if entry is None:
            return Line(name, "warn" if old else "info", never)
        when = _of_ms(entry.at)
        if entry.facts.get("whole") is False:
            return Line(name, "bad", f"{when} 发现问题，请到“留痕”页核验，并告知信息安全负责人。")
        late = old and self._registry.store.clock() - entry.at > _OLD_MS
        return Line(name, "warn" if late else "good", f"最近一次 {when}{'，已超过一周' if late else ''}")


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it that is there."""
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())


def _disk(names: str, folder: Path) -> Line:
    used = shutil.disk_usage(folder)
    words = f"剩余 {used.free / _GIB:.1f} GiB，共 {used.total / _GIB:.1f} GiB"
    if used.free < _VERY_LITTLE:
        return Line(f"磁盘（{names}）", "bad", f"{words}。快满了：留痕和索引会写不进去，请立即清理。")
    if used.free < _LITTLE:
        return Line(f"磁盘（{names}）", "warn", f"{words}。不多了，请安排清理。")
    return Line(f"磁盘（{names}）", "good", words)


def _of_ms(at: int) -> str:
    return _moment(datetime.fromtimestamp(at / 1000, _BEIJING))


def _moment(at: datetime) -> str:
    return at.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M")
