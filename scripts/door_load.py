"""What the door does under load: many streams, too many questions, clients that leave, questions made to cost.

    python scripts/door_load.py            starts a server over the index that is there and measures everything

Prints one line for each promise of docs/reliability.md with its figure, and ends with 1 if one is not kept. The
client shares the machine's cores with the server, so figures are lower bounds of what the server can do.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

QUESTIONS = ("贷款到期还不上，能续贷吗？", "银行不得做什么？", "尽职免责怎么规定的？", "能不能搞随借随还的贷款？")
LONG = "第一条" * 600
STREAM, ASK = "/api/v1/ask/stream", "/api/v1/ask"
_READY = re.compile(r"对话页面：(http://127\.0\.0\.1:\d+)/")
_METRICS = re.compile(r"运行指标：(http://127\.0\.0\.1:\d+/metrics)")


# --- a client that costs little -----------------------------------------------------------------


@dataclass(slots=True)
class Response:
    """One response. `status` 0: there was none."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0  # until it was whole
    whole: bool = False

    @property
    def events(self) -> list[tuple[str, dict[str, object]]]:
        """Events of a stream, pings left out."""
        found = []
        for block in self.body.decode("utf-8").replace("\r\n", "\n").split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ":")
            if "event" in lines:
                found.append((lines["event"], json.loads(lines["data"])))
        return found


async def send(url: str, path: str, body: object, *, leave_after: int | None = None) -> Response:
    """Send a question and read the response; with `leave_after`, hang up after so many bytes of it."""
    parts = urlsplit(url)
    content = json.dumps(body, ensure_ascii=False).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )
    answer, began, got = Response(), time.perf_counter(), bytearray()
    writer = None
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(head.encode() + content)
        while (leave_after is None or len(got) < leave_after) and (piece := await reader.read(65536)):
            got += piece
    except OSError:
        return answer
    finally:
        answer.seconds = time.perf_counter() - began
        if writer is not None:
            writer.transport.abort() if leave_after is not None else writer.close()
    _read_into(answer, bytes(got))
    return answer


def _read_into(answer: Response, got: bytes) -> None:
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if len(lines[0].split()) < 2:
        return
    answer.status = int(lines[0].split()[1])
    answer.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if answer.headers.get("transfer-encoding") == "chunked":
        answer.body, answer.whole = _unchunked(body)
    else:
        answer.body, answer.whole = body, len(body) == int(answer.headers.get("content-length", -1))


def _unchunked(body: bytes) -> tuple[bytes, bool]:
    whole = bytearray()
    while True:
        size, _, rest = body.partition(b"\r\n")
        if not size:
            return bytes(whole), False
        length = int(size, 16)
        if length == 0:
            return bytes(whole), True
        whole += rest[:length]
        body = rest[length + 2 :]


# --- what is tried ------------------------------------------------------------------------------


def in_order(answer: Response) -> bool:
    """Whether a stream is whole: sources, pieces, and one end; the pieces are the answer, letter for letter."""
    events = answer.events
    names = [name for name, _ in events]
    if not answer.whole or names[:1] != ["sources"] or names[-1:] != ["done"]:
        return False
    if set(names[1:-1]) != {"delta"}:
        return False
    said = "".join(str(data["text"]) for name, data in events if name == "delta")
    done = events[-1][1]["answer"]
    return isinstance(done, dict) and said == done["text"]


def shed(answer: Response) -> bool:
    """Whether a request was turned away as it should be: a status, when to come back, and the envelope."""
    if answer.status not in (429, 503) or not answer.headers.get("retry-after", "").isdigit() or not answer.whole:
        return False
    return set(json.loads(answer.body)) == {"code", "message", "request_id"}


async def streams(url: str, number: int) -> list[Response]:
    """So many streams opened at once."""
    asked = [{"question": QUESTIONS[n % len(QUESTIONS)]} for n in range(number)]
    return await asyncio.gather(*(send(url, STREAM, body) for body in asked))


async def closed_loop(url: str, clients: int, seconds: float) -> list[Response]:
    """Clients that ask again as soon as they are answered."""
    until = time.perf_counter() + seconds
    found: list[Response] = []

    async def client(first: int) -> None:
        number = first
        while time.perf_counter() < until:
            found.append(await send(url, ASK, {"question": QUESTIONS[number % len(QUESTIONS)]}))
            number += 1

    await asyncio.gather(*map(client, range(clients)))
    return found


async def open_loop(url: str, a_second: float, seconds: float) -> list[Response]:
    """Questions at a fixed rate, however long answers take."""
    tasks, began = [], time.perf_counter()
    for number in range(int(a_second * seconds)):
        await asyncio.sleep(max(0.0, began + number / a_second - time.perf_counter()))
        tasks.append(asyncio.create_task(send(url, ASK, {"question": QUESTIONS[number % len(QUESTIONS)]})))
    return list(await asyncio.gather(*tasks))


async def aborted(url: str, number: int, *, at_once: int = 20) -> None:
    """So many streams whose clients leave: before the first byte, amid the head, amid the answer."""
    gate = asyncio.Semaphore(at_once)

    async def leave(n: int) -> None:
        async with gate:
            await send(url, STREAM, {"question": QUESTIONS[n % len(QUESTIONS)]}, leave_after=(0, 1, 400, 1500)[n % 4])

    await asyncio.gather(*map(leave, range(number)))


# --- a server of its own ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    metrics_url: str
    pid: int

    async def metric(self, name: str) -> float:
        """One metric as it is now."""
        text = await asyncio.to_thread(_get, self.metrics_url)
        found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    @property
    def rss_mb(self) -> float:
        return _status(self.pid, "VmRSS") / 1024

    @property
    def threads(self) -> int:
        return _status(self.pid, "Threads")

    @property
    def files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208 - names alone


def _get(url: str) -> str:
    import httpx

    return httpx.get(url, trust_env=False, timeout=30).text


def _status(pid: int, name: str) -> int:
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:  # noqa: PTH123 - no file of ours
        return next(int(line.split()[1]) for line in file if line.startswith(f"{name}:"))


@contextlib.contextmanager
def server(**limits: object) -> Iterator[Server]:
    """`assistant serve` with these limits, over the index that is there."""
    settings = {f"ASSISTANT_LIMITS__{name}".upper(): str(value) for name, value in limits.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve"],
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "ASSISTANT_PORT": "0", "ASSISTANT_METRICS__PORT": "0", **settings},
    )
    try:
        said = ""
        for line in process.stdout or ():
            said += line
            if "Ctrl+C" in line:
                break
        home, metrics = _READY.search(said), _METRICS.search(said)
        if home is None or metrics is None or "已就绪" not in said:
            raise SystemExit(f"the server did not start: {said}")
        yield Server(home.group(1), metrics.group(1), process.pid)
    finally:
        process.terminate()
        process.wait(60)


# --- the promises -------------------------------------------------------------------------------

_KEPT: list[bool] = []


def promise(words: str, figure: str, kept: bool) -> None:
    """One line of the report."""
    _KEPT.append(kept)
    sys.stdout.write(f"{'holds' if kept else 'FAILS'}  {words}: {figure}\n")
    sys.stdout.flush()


def p95(values: Sequence[float]) -> float:
    """The 95th percentile; 0 of nothing."""
    return sorted(values)[int(0.95 * (len(values) - 1))] if values else 0.0


async def _settled(on: Server) -> None:
    for _ in range(600):
        if not await on.metric("pz_places_taken") and await on.metric("pz_connections") <= 1:
            return
        await asyncio.sleep(0.1)


async def try_streams() -> None:
    with server(waiting=400, patience_s=300, deadline_s=600) as on:
        found = await streams(on.url, 200)
        good = sum(map(in_order, found))
        promise("200 streams at once, room for all: whole and in order", f"{good} of 200", good == 200)
    with server() as on:
        await streams(on.url, 8)
        for number in (200, 1000):
            found = await streams(on.url, number)
            given = [one for one in found if one.status == 200]
            away = [one for one in found if one.status != 200]
            right = sum(map(in_order, given)), sum(map(shed, away))
            told = f"{right[0]} of {len(given)} admitted whole, {right[1]} of {len(away)} turned away as they should be"
            promise(f"{number} streams at once", told, sum(right) == number)
            late = 1000 * p95([one.seconds for one in away])
            promise(f"{number} streams at once: turned away within 200 ms (p95)", f"{late:.0f} ms", late <= 200)
        lag = await _longest_lag(on)
        promise("longest stall of the loop", f"{lag} ms", lag <= 250)


async def try_overload(seconds: float) -> None:
    with server() as on:
        await streams(on.url, 8)
        peak_found = await closed_loop(on.url, 36, seconds)
        good = [one for one in peak_found if one.status == 200]
        peak = len(good) / seconds
        at_peak = p95([one.seconds for one in good])
        await _settled(on)
        found = await open_loop(on.url, 5 * peak, seconds)
        given = [one for one in found if one.status == 200]
        away = [one for one in found if one.status != 200]
        goodput = len(given) / seconds
        told = f"{goodput:.1f} of {peak:.1f} a second, {100 * goodput / peak:.0f} %"
        promise("5x capacity: goodput at least 90 % of peak", told, goodput >= 0.9 * peak)
        late = 1000 * p95([one.seconds for one in away])
        promise("5x capacity: turned away within 200 ms (p95)", f"{late:.0f} ms, {len(away)}", late <= 200)
        promise("5x capacity: all turned away as they should be", f"{sum(map(shed, away))}", all(map(shed, away)))
        ratio = p95([one.seconds for one in given]) / at_peak
        promise("5x capacity: p95 of the answered at most twice that of peak", f"{ratio:.2f}", ratio <= 2)
        began = time.perf_counter()
        while (await send(on.url, ASK, {"question": QUESTIONS[0]})).status != 200:
            await asyncio.sleep(0.1)
        back = time.perf_counter() - began
        promise("answering again after the load within 10 s", f"{back:.1f} s", back <= 10)


async def try_leaving(number: int) -> None:
    with server() as on:
        await streams(on.url, 20)
        await aborted(on.url, 100)
        await _settled(on)
        files, threads, memory = on.files, on.threads, on.rss_mb
        await aborted(on.url, number)
        await _settled(on)
        taken, hands = await on.metric("pz_places_taken"), await on.metric("pz_requests_in_hand")
        promise(
            f"{number} aborted streams: places and requests in hand", f"{taken:.0f}, {hands:.0f}", taken + hands == 0
        )
        grown = on.files - files, on.threads - threads
        promise(f"{number} aborted streams: files and threads more", f"{grown[0]}, {grown[1]}", max(grown) <= 2)
        more = on.rss_mb - memory
        promise(f"{number} aborted streams: memory more", f"{more:.1f} MB", more <= 10)


async def try_costly() -> None:
    with server() as on:
        await streams(on.url, 20)
        memory = on.rss_mb
        costly = [asyncio.create_task(send(on.url, ASK, {"question": LONG})) for _ in range(36)]
        await asyncio.sleep(0.3)
        honest = [await send(on.url, ASK, {"question": QUESTIONS[n % 4]}) for n in range(5)]
        answered = sum(one.status == 200 for one in honest)
        slowest = max(one.seconds for one in honest)
        promise("an honest user beside 36 long questions", f"{answered} of 5, at most {slowest:.1f} s", answered == 5)
        await asyncio.gather(*costly)
        lag = await _longest_lag(on)
        promise("36 long questions: longest stall of the loop", f"{lag} ms", lag <= 250)
        await send(on.url, ASK, {"question": "贷款🙂能续吗？"})
        odd = ["zażółć gęślą jaźń " * 110, "\u0e17\u0e35\u0e48" * 600, "e\u0301" * 900, "dai kuan " * 220]
        for question in odd:
            await send(on.url, ASK, {"question": question})
        lag, more = await _longest_lag(on), on.rss_mb - memory
        promise("an emoji and odd scripts: longest stall of the loop", f"{lag} ms", lag <= 250)
        promise("costly questions: memory more", f"{more:.0f} MB", more <= 300)


async def _longest_lag(on: Server) -> int:
    return round(1000 * await on.metric("pz_loop_lag_longest_seconds"))


async def whole(seconds: float, leaving: int) -> None:
    """Everything."""
    await try_streams()
    await try_overload(seconds)
    await try_leaving(leaving)
    await try_costly()


def main() -> int:
    """Measure and print."""
    load = os.getloadavg()[0]
    began = time.perf_counter()
    asyncio.run(whole(20.0, 1000))
    load = statistics.fmean((load, os.getloadavg()[0]))
    sys.stdout.write(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}, "
        f"{time.perf_counter() - began:.0f} s\n"
    )
    return 0 if all(_KEPT) else 1


if __name__ == "__main__":
    sys.exit(main())
