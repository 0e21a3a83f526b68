"""Untrusted files are taken apart in a child process that can do nothing else.

The child is started anew (never forked), gets the bytes through a pipe and gives JSON back. It
may use 1 GiB of address space and a minute of processor time, opens no socket, starts no program
and writes no file. One child reads many files and is replaced after 200, or at once when it fails.
Whatever happens to it, the parent gets a verdict: `parse_in_child` raises `Rejected` and nothing else.

    request   {"format": "docx", "size": 1234, "seconds": 60}\\n  and 1234 bytes
    response  8 bytes length, big-endian, and {"ok": {…}} or {"rejected": {"code": …, "message": …}}
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from assistant.parsing.formats.limits import Answering, rejection
from assistant.parsing.formats.model import (
    BOMB,
    CORRUPT,
    TIMEOUT,
    TOO_COMPLEX,
    TOO_LARGE,
    Parsed,
    Rejected,
    from_json,
    to_json,
)

DEFAULT_TIMEOUT_S = 60.0
MEMORY_BYTES = 2**30
MAX_RESPONSE = 64 * 2**20
_FILES_PER_CHILD = 200
_IDLE_CHILDREN = 2
_OPEN_FILES = 64
_LENGTH = struct.Struct(">Q")
_ROOT = Path(__file__).resolve().parents[2]
# What the verdict on running out of memory or time is, by format.
_STARVED = {"docx": BOMB, "xlsx": BOMB, "pptx": BOMB, "ofd": BOMB}
_LATE = {"html": TOO_COMPLEX, "md": TOO_COMPLEX}


# --- the parent's side --------------------------------------------------------------------------


def parse_in_child(fmt: str, raw: bytes, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Parsed:
    """What the reader of `fmt` makes of `raw`, in a child process.

    Raises:
        Rejected: the reader's own verdict, or that the child died, took too long or said too much.
    """
    child = _POOL.take()
    try:
        answer = child.ask(fmt, raw, timeout_s)
    except BaseException:
        child.close()
        raise
    if "rejected" in answer:
        child.close()  # what broke one reading may have harmed the process
        raise Rejected(str(answer["rejected"]["code"]), str(answer["rejected"]["message"]))
    try:
        parsed = from_json(answer["ok"])
    except (KeyError, TypeError, ValueError) as exc:
        child.close()
        raise Rejected(CORRUPT, "文件无法解析，请重新导出后再加入") from exc
    _POOL.give(child)
    return parsed


class _Child:
    """One running reader process."""

    def __init__(self) -> None:
        self.files = 0
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", "assistant.parsing.sandbox"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8", "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"},
            bufsize=0,
            close_fds=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, fmt: str, raw: bytes, timeout_s: float) -> dict[str, Any]:
        """The child's answer on one file."""
        self.files += 1
        head = json.dumps({"format": fmt, "size": len(raw), "seconds": timeout_s}).encode() + b"\n"
        received = self._exchange(fmt, memoryview(head + raw), time.monotonic() + timeout_s)
        try:
            answer = json.loads(received)
        except ValueError as exc:
            raise Rejected(CORRUPT, "文件无法解析，请重新导出后再加入") from exc
        if not isinstance(answer, dict):
            raise Rejected(CORRUPT, "文件无法解析，请重新导出后再加入")
        return answer

    def _exchange(self, fmt: str, out: memoryview, deadline: float) -> bytes:
        """Send `out` and read one response, never longer than until `deadline` (monotonic)."""
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._to, selectors.EVENT_WRITE)
            selector.register(self._from, selectors.EVENT_READ)
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Rejected(_LATE.get(fmt, TIMEOUT), "解析时间超过上限，文件可能过于复杂，请拆分或重新导出")
                for key, _ in selector.select(min(left, 1.0)):
                    if key.fd == self._to:
                        out = self._send(out, selector)
                    elif not self._receive(received):
                        raise self._death(fmt)
                if len(received) >= _LENGTH.size:
                    size = _LENGTH.unpack_from(received)[0]
                    if size > MAX_RESPONSE:
                        raise Rejected(TOO_LARGE, "解析出的文字过多，请拆分后再加入")
                    if len(received) >= _LENGTH.size + size:
                        return bytes(received[_LENGTH.size : _LENGTH.size + size])

    def _send(self, out: memoryview, selector: selectors.BaseSelector) -> memoryview:
        try:
            out = out[os.write(self._to, out[: 1 << 20]) :]
        except BlockingIOError:
            return out
        except BrokenPipeError:
            out = out[len(out) :]  # the child is gone; reading says how
        if not out:
            selector.unregister(self._to)
        return out

    def _receive(self, received: bytearray) -> bool:
        try:
            piece = os.read(self._from, 1 << 20)
        except BlockingIOError:
            return True
        received += piece
        return bool(piece)

    def _death(self, fmt: str) -> Rejected:
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return Rejected(CORRUPT, "解析程序停止应答，文件可能已损坏，请重新导出")
        if -status == signal.SIGXCPU:
            return Rejected(_LATE.get(fmt, TIMEOUT), "解析用时超过上限，文件可能过于复杂，请拆分或重新导出")
        if -status in (signal.SIGKILL, signal.SIGABRT):
            return Rejected(_STARVED.get(fmt, TOO_COMPLEX), "解析所需内存超过上限，请拆分或重新导出")
        return Rejected(CORRUPT, "解析程序异常退出，文件可能已损坏，请重新导出")

    def close(self) -> None:
        """End the child; it has nothing to save."""
        if self.alive:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(timeout=10)


class _Pool:
    """Children between two files. Safe for threads; a forked process starts with none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._owner = os.getpid()

    def take(self) -> _Child:
        with self._lock:
            if self._owner != os.getpid():
                self._idle, self._owner = [], os.getpid()
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    return child
                child.close()
        return _Child()

    def give(self, child: _Child) -> None:
        with self._lock:
            if child.files < _FILES_PER_CHILD and len(self._idle) < _IDLE_CHILDREN:
                self._idle.append(child)
                return
        child.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            if self._owner == os.getpid():
                child.close()


_POOL = _Pool()
atexit.register(_POOL.close)


def close_children() -> None:
    """End the idle children now; the next file starts a new one."""
    _POOL.close()


# --- the child's side ---------------------------------------------------------------------------


def parse_here(fmt: str, raw: bytes) -> Parsed:
    """Read `raw` in this process; the format's module is loaded on first use.

    Raises:
        Rejected: the reader's verdict.
    """
    match fmt:
        case "txt":
            from assistant.parsing.formats.txt import read_txt as read
        case "md":
            from assistant.parsing.formats.md import read_md as read
        case "html":
            from assistant.parsing.formats.html import read_html as read
        case "docx":
            from assistant.parsing.formats.docx import read_docx as read
        case "pdf":
            from assistant.parsing.formats.pdf import read_pdf as read
        case "xlsx":
            from assistant.parsing.formats.xlsx import read_xlsx as read
        case "pptx":
            from assistant.parsing.formats.pptx import read_pptx as read
        case "ofd":
            from assistant.parsing.formats.ofd import read_ofd as read
        case "rtf":
            from assistant.parsing.formats.rtf import read_rtf as read
        case _:
            raise Rejected(CORRUPT, "没有这种格式的解析器")
    return read(raw)


def _wall_in() -> None:
    """Take away from this process what reading a file does not need."""
    import resource

    def limit(what: int, soft: int) -> None:
        hard = resource.getrlimit(what)[1]
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        resource.setrlimit(what, (soft, soft))

    limit(resource.RLIMIT_AS, MEMORY_BYTES)
    limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, 0)
    sys.addaudithook(_refuse)


_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "urllib.")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    """An audit hook, which nothing in the process can take off again."""
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is not for a reader")
    if event == "open" and isinstance(args[2], int) and args[2] & _WRITING:
        raise PermissionError("a reader writes no file")


def _allow_seconds(seconds: float) -> None:
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _verdict(fmt: str, raw: bytes) -> dict[str, Any]:
    """The answer on one file; every failure of a library becomes a verdict here."""
    try:
        return {"ok": to_json(parse_here(fmt, raw))}
    except Rejected as exc:
        return rejection(exc.code, exc.message)
    except MemoryError:
        return rejection(_STARVED.get(fmt, TOO_COMPLEX), "解析所需内存超过上限，请拆分或重新导出")
    except RecursionError:
        return rejection(TOO_COMPLEX, "内容嵌套过深，请简化后再加入")
    except Exception as exc:  # noqa: BLE001 - the wall between hostile files and the product
        return rejection(CORRUPT, f"文件结构有误，无法解析（{type(exc).__name__}），请重新导出后再加入")


def serve(requests: BinaryIO, answer: Callable[[bytes], None]) -> None:
    """Answer requests until there are no more."""
    while head := requests.readline(10_000):
        request = json.loads(head)
        _allow_seconds(float(request["seconds"]))
        raw = requests.read(int(request["size"]))
        with Answering(answer):
            verdict = _verdict(str(request["format"]), raw)
        answer(json.dumps(verdict, ensure_ascii=False).encode("utf-8", "replace"))


def _main() -> None:
    """The child: answers on the original stdout; anything printed goes nowhere."""
    channel = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    _wall_in()

    def answer(body: bytes) -> None:
        out = memoryview(_LENGTH.pack(len(body)) + body)
        while out:
            out = out[os.write(channel, out) :]

    serve(sys.stdin.buffer, answer)


if __name__ == "__main__":
    _main()
