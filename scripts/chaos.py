"""Kill the program at random points, hundreds of times, and see that nothing acknowledged is lost and nothing is half.

    python scripts/chaos.py --kills 200 --out artifacts/chaos.json      (make chaos)

Each round does one act (add, remove, build, rollback, switch, a record of the audit) in a process of its own, which is
ended amid it: by SIGKILL after a random number of calls that touch the disk, or by the kernel after a random amount
of processor time, which also falls into SQLite and Chroma. Neither lets anything be tidied up. Then another looks:

- the generation that CURRENT names opens, every file as its manifest says, every document to the last character;
- its documents are exactly those from before the act or those from after it;
- every document whose addition was acknowledged, and no other, is in the corpus, and after the next build served;
- the chain of the audit is whole, and every record that was acknowledged is in it.

Points are counted in calls and in processor time, never by the clock on the wall: the verdict is the same on a slow
machine. The proof of a new generation runs in the same process here, so that its kills count too.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME))

from assistant.access.audit import Chain, Draft  # noqa: E402
from assistant.access.audit_proof import check  # noqa: E402
from assistant.corpus.reading import read_corpus  # noqa: E402
from assistant.corpus.release import CorpusRelease, Workshop  # noqa: E402
from assistant.corpus.staging import sole_writer  # noqa: E402
from assistant.errors import AssistantError  # noqa: E402
from assistant.indexing import build as building  # noqa: E402
from assistant.indexing.build import build_index  # noqa: E402
from assistant.indexing.generations import list_generations, rollback, serve  # noqa: E402
from assistant.indexing.library import open_library  # noqa: E402
from assistant.indexing.self_check import check_generation  # noqa: E402
from assistant.models.standins import HashingEmbedder  # noqa: E402
from assistant.records.schema import make_ready  # noqa: E402
from assistant.records.store import Store, sqlite_url  # noqa: E402
from assistant.text.segment import Segmenter  # noqa: E402

ACTS = ("add", "add", "remove", "build", "rollback", "switch", "audit")
_POINTS = 80  # calls that touch the disk: an act that builds has up to so many
_CPU_S = 0.25  # of processor time, likewise
_BRIEF = {"rollback": 0.2, "switch": 0.2, "audit": 0.1}  # shares of these for acts that build nothing
_DIMENSION = 32
_FIRST = ("d0", "d1", "d2", "d3", "d4", "d5")  # what the library begins with
_LOADED = ("bm25s", "chromadb", "chromadb.api.rust", "chromadb.api.shared_system_client", "jieba", "alembic.command")
_EVENTS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "sqlite3.connect"})


@dataclass
class Tally:
    """What came of it."""

    seed: int
    rounds: int = 0
    kills: int = 0
    by_act: Counter[str] = field(default_factory=Counter)  # of the kills
    acknowledged: int = 0
    half_served: int = 0
    lost_documents: int = 0
    lost_records: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    known: list[list[str]] = field(default_factory=list)  # libraries that were served, or were being made


# --- what is done ---------------------------------------------------------------------------------


class House:
    """A corpus, its index and an audit, under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.corpus, self.indexes, self.inbox = root / "corpus", root / "indexes", root / "inbox"
        self.words = Segmenter(("续贷",), cache_dir=root.parent / "tmp")

    def begin(self) -> None:
        for folder in (self.corpus, self.inbox):
            folder.mkdir()
        store = Store(sqlite_url(self.root))
        make_ready(store)
        store.close()
        for name in _FIRST:
            self.add(name)

    def segmenter(self) -> Segmenter:
        return self.words

    def release(self) -> CorpusRelease:
        shop = Workshop(
            indexes_dir=self.indexes, embedder=lambda: HashingEmbedder(_DIMENSION), segmenter=self.segmenter
        )
        return CorpusRelease(self.corpus, shop)

    def add(self, name: str) -> None:
        path = self.inbox / f"{name}.md"
        path.write_text(text_of(name), encoding="utf-8")
        report = self.release().add([path])
        if report.build is None:
            raise AssertionError(f"{name} was not taken: {report}")

    def remove(self, name: str) -> None:
        self.release().remove([name])

    def build(self, name: str = "") -> None:
        """`name`: force a new generation."""
        with sole_writer(self.corpus):  # which finishes what was left
            documents = read_corpus([self.corpus], approved_only=True).documents
        build_index(
            documents,
            indexes_dir=self.indexes,
            embedder=HashingEmbedder(_DIMENSION),
            segmenter=self.segmenter(),
            force=bool(name),
        )

    def rollback(self, _: str) -> None:
        rollback(self.indexes)

    def switch(self, _: str) -> None:
        serve(self.indexes, list_generations(self.indexes)[-1].name)

    def audit(self, name: str) -> None:
        store = Store(sqlite_url(self.root))
        Chain(store).append([Draft(kind="chaos", subject=name, at=store.clock(), facts={"name": name})])
        store.close()

    # --- what is looked at ---

    def state(self) -> dict[str, Any]:
        """What is served, what is in the corpus and in the audit; `fault` where something is not whole."""
        faults = []
        library = open_library(self.indexes, embedder=HashingEmbedder(_DIMENSION), segmenter=self.segmenter())
        if library.degraded:
            faults.append(f"served without {library.degraded}")
        served = sorted(meta.id for meta in library.documents)
        for name in served:
            words = library.document(name).text
            if any(line not in words for line in lines_of(name)):
                faults.append(f"{name} is not whole")
            vector = HashingEmbedder(_DIMENSION).embed_queries([lines_of(name)[1]])[0]
            hits = library.dense.search(vector, kind=next(iter(library._by_kind)), k=3)
            if not hits:
                faults.append(f"{name} is not found")
        library.close()
        with sole_writer(self.corpus):
            held = sorted(d.meta.id for d in read_corpus([self.corpus], approved_only=True).documents)
        store = Store(sqlite_url(self.root))
        chain = Chain(store)
        entries = list(chain.entries())
        finding = check(entries)
        if not finding.whole:
            faults.append(f"the audit is not whole: {finding}")
        store.close()
        noted = [entry.subject for entry in entries if entry is not None]
        return {"served": served, "corpus": held, "noted": noted, "faults": faults}


def lines_of(name: str) -> tuple[str, ...]:
    number = int(name[1:])
    return (
        f"第一条 为了规范{number}号业务，制定本办法。",
        f"第二条 {number}号业务的单户余额不得超过{number + 3}万元，并应当在{number + 5}个工作日内续贷。",
        f"第三条 贷款人应当公示{number}号业务的利率和期限。",
    )


def text_of(name: str) -> str:
    head = f"---\ntitle: 第{name[1:]}号业务管理办法\nissuer: 某监管局\nstatus: 现行有效\n---\n\n"
    return head + f"# 第{name[1:]}号业务管理办法\n\n" + "\n\n".join(lines_of(name)) + "\n"


# --- processes ------------------------------------------------------------------------------------


def apart(work: Callable[[], Any]) -> tuple[Any, int]:
    """`work` in a process of its own: what it gives (`None` without an end), and the signal that ended it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            told = json.dumps({"told": work()})
        except AssistantError as exc:
            told = json.dumps({"refused": exc.message})
        except BaseException as exc:  # noqa: BLE001 - told to the parent
            told = json.dumps({"broken": repr(exc)})
        signal.setitimer(signal.ITIMER_PROF, 0)
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        heard = pipe.read()
    _, status = os.waitpid(child, 0)
    return (json.loads(heard) if heard else None), (os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


def dying(root: Path, chance: random.Random, share: float, work: Callable[[], None]) -> Callable[[], str]:
    """`work`, ended at a point that `chance` chooses within that share of the usual length."""
    by_calls = chance.random() < 0.5
    point, cpu_s = chance.randint(1, max(2, int(share * _POINTS))), chance.uniform(0.001, share * _CPU_S)

    def doomed() -> str:
        if by_calls:
            _kill_at(root, point)
        else:
            signal.signal(signal.SIGPROF, signal.SIG_DFL)  # which ends a process on the spot, as SIGKILL does
            signal.setitimer(signal.ITIMER_PROF, cpu_s)
        work()
        return "done"

    return doomed


def _kill_at(root: Path, point: int) -> None:
    left, place = point, str(root)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in _EVENTS and arguments and place in str(arguments[0]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


# --- rounds ---------------------------------------------------------------------------------------


def run(kills: int, seed: int, root: Path, tell: Callable[[Tally], object]) -> Tally:
    """Rounds until so many processes were killed; `tell` hears how it goes."""
    chance, tally, house = random.Random(seed), Tally(seed), House(root)  # noqa: S311 - not for secrets
    began = time.monotonic()
    house.words.words("小微企业续贷")  # its dictionary is read once
    told, _ = apart(house.begin)
    state = _look(house, tally)
    if told is None or "told" not in told or not state:
        tally.faults.append(f"it did not begin: {told}")
        return tally
    tally.known += [list(_FIRST[:count]) for count in range(1, len(_FIRST) + 1)]
    noted: set[str] = set()
    while tally.kills < kills and not tally.faults and tally.rounds < 20 * kills:
        state = _round(house, chance, tally, state, noted)
        tally.seconds = round(time.monotonic() - began, 1)
        if tally.rounds % 20 == 0:
            tell(tally)
    if not tally.faults:
        _finish(house, tally, state)
    tally.seconds = round(time.monotonic() - began, 1)
    return tally


def _round(
    house: House, chance: random.Random, tally: Tally, before: dict[str, Any], noted: set[str]
) -> dict[str, Any]:
    tally.rounds += 1
    act = chance.choice(ACTS)
    name = f"d{tally.rounds + 100}"
    if act == "remove":
        name = chance.choice(before["corpus"])
        if len(before["corpus"]) < 3:
            act, name = "add", f"d{tally.rounds + 100}"
    told, ended_by = apart(dying(house.root, chance, _BRIEF.get(act, 1.0), lambda: getattr(house, act)(name)))
    done = bool(told and "told" in told)
    tally.acknowledged += done
    if ended_by:
        tally.kills += 1
        tally.by_act[act] += 1
    elif told is None or "broken" in told:
        tally.faults.append(f"round {tally.rounds}: {act} broke: {told}")
    after = _look(house, tally)
    if after:
        _judge(tally, act, name, before, after, done=done)
        noted |= {name} if act == "audit" and done else set()
        lost = noted - set(after["noted"])
        tally.lost_records += len(lost)
        if lost:
            tally.faults.append(f"round {tally.rounds}: records lost: {sorted(lost)}")
    return after


def _look(house: House, tally: Tally) -> dict[str, Any]:
    told, ended_by = apart(house.state)
    if ended_by or not told or "told" not in told:
        tally.half_served += 1
        tally.faults.append(f"round {tally.rounds}: nothing whole is served: {told}, signal {ended_by}")
        return {}
    state: dict[str, Any] = told["told"]
    if state["faults"]:
        tally.half_served += 1
        tally.faults += [f"round {tally.rounds}: {fault}" for fault in state["faults"]]
    return state


def _judge(tally: Tally, act: str, name: str, before: dict[str, Any], after: dict[str, Any], *, done: bool) -> None:
    """Corpus and index are as they were or as they were to be; as they were to be, once that was acknowledged."""
    wanted = set(before["corpus"]) | {name} if act == "add" else set(before["corpus"])
    wanted -= {name} if act == "remove" else set()
    tally.known += [sorted(before["served"]), sorted(wanted)]
    if sorted(after["served"]) not in tally.known:
        tally.half_served += 1
        tally.faults.append(f"round {tally.rounds}: {act} {name}: {after['served']} was never a library")
    allowed = [wanted] if done else [wanted, set(before["corpus"])]
    if set(after["corpus"]) not in allowed:
        tally.lost_documents += len(wanted - set(after["corpus"])) or 1
        tally.faults.append(f"round {tally.rounds}: {act} {name}: corpus {before['corpus']} → {after['corpus']}")
    may = [sorted(wanted), *([] if done else [sorted(before["served"])])]
    if act in ("add", "remove", "build") and sorted(after["served"]) not in may:
        tally.half_served += 1
        tally.faults.append(f"round {tally.rounds}: {act} {name}: served {before['served']} → {after['served']}")


def _finish(house: House, tally: Tally, before: dict[str, Any]) -> None:
    """One build without a kill: everything acknowledged is served by it."""
    told, _ = apart(house.build)
    after = _look(house, tally)
    if not told or "told" not in told or after.get("served") != before["corpus"]:
        tally.lost_documents += 1
        tally.faults.append(f"the last build: {told}; served {after.get('served')}, corpus {before['corpus']}")


def _tell(tally: Tally, out: Path | None) -> str:
    told = {name: value for name, value in vars(tally).items() if name != "known"}
    text = f"{json.dumps(told, ensure_ascii=False, indent=1)}\n"
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    return text


def main() -> int:
    """Run, print, and end with 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    setattr(building, "verify_generation", check_generation)  # noqa: B010 - in the process that is killed
    for name in _LOADED:  # once here, and not in every process
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="puhui-chaos-") as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = str(Path(folder, "tmp"))
        Path(folder, "tmp").mkdir()
        Path(folder, "house").mkdir()
        tally = run(asked.kills, asked.seed, Path(folder, "house"), lambda so_far: _tell(so_far, asked.out))
    sys.stdout.write(_tell(tally, asked.out))
    return 1 if tally.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
