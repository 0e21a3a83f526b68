"""The chain of records: 600 ways of tampering with it, each named at its first bad record."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from clocks import Clock
from sqlalchemy import delete, select, text, update

from assistant.access.audit import GENESIS, Chain, Draft, Entry, hash_of
from assistant.access.audit_proof import check, line_of, marks_of, read_lines, read_marks
from assistant.errors import InputError
from assistant.records.schema import make_ready
from assistant.records.store import Store, sqlite_url
from assistant.records.tables import audit

LENGTH = 60


def draft(n: int, **facts: object) -> Draft:
    return Draft(kind="answer", subject=f"key:{n % 7}", at=1_000_000 + n, facts={"question": f"第 {n} 问", **facts})


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    store = Store(sqlite_url(tmp_path_factory.mktemp("audit")))
    make_ready(store)
    chain = Chain(store)
    for start in range(0, LENGTH, 4):
        chain.append([draft(n) for n in range(start, start + 4)])
    found = list(chain.entries())
    store.close()
    return found


def test_a_chain_that_nobody_touched_is_whole(genuine: list[Entry]) -> None:
    assert [entry.seq for entry in genuine] == list(range(1, LENGTH + 1))
    assert genuine[0].prev == GENESIS
    found = check(genuine, marks_of(genuine[:45]))
    assert found.whole
    assert (found.records, found.last, found.marked) == (LENGTH, LENGTH, 45)
    assert check([]).whole


# --- tampering: each gives the records as they then lie, and the number of the first bad one ---

Tampered = tuple[list[Entry], int]


def forged(entry: Entry, *, seq: int | None = None, prev: str | None = None, words: str = "改过的") -> Entry:
    """`entry` with other words, or in another place, and a hash that fits."""
    number, before = entry.seq if seq is None else seq, entry.prev if prev is None else prev
    body = entry.body.replace("问", words) if words else entry.body
    body = body.replace(f'"seq":{entry.seq},', f'"seq":{number},').replace(f'"seq":{entry.seq}}}', f'"seq":{number}}}')
    return replace(entry, seq=number, prev=before, body=body, hash=hash_of(before, body))


def chained(entries: list[Entry], start: int) -> list[Entry]:
    """`entries`, from the place `start` on numbered and hashed anew, as an insider would."""
    done = entries[:start]
    for entry in entries[start:]:
        done.append(forged(entry, seq=len(done) + 1, prev=done[-1].hash if done else GENESIS, words=""))
    return done


def edit(entries: list[Entry], dice: random.Random, marked: int) -> Tampered:
    how = dice.choice(["body", "column", "own hash", "hashes of all that follow"])
    at = dice.randrange(LENGTH if how in {"body", "column"} else marked)
    done = list(entries)
    match how:
        case "body":
            done[at] = replace(done[at], body=done[at].body.replace("问", "改"))
        case "column":
            done[at] = replace(done[at], subject="else") if dice.random() < 0.5 else replace(done[at], kind="else")
        case "own hash":
            done[at] = forged(done[at])
        case _:
            done[at] = forged(done[at])
            done = chained(done, at + 1)
    return done, at + 1


def leave_out(entries: list[Entry], dice: random.Random, marked: int) -> Tampered:
    at = dice.randrange(marked - 1)
    done = entries[:at] + entries[at + 1 :]
    return (chained(done, at) if dice.random() < 0.5 else done), at + 1


def slip_in(entries: list[Entry], dice: random.Random, marked: int) -> Tampered:
    at = dice.randrange(1, marked)
    new = forged(entries[at], prev=entries[at - 1].hash)
    done = [*entries[:at], new, *entries[at:]]
    return (chained(done, at + 1) if dice.random() < 0.5 else done), at + 1


def swap(entries: list[Entry], dice: random.Random, marked: int) -> Tampered:
    one, other = sorted(dice.sample(range(marked), 2))
    done = list(entries)
    done[one], done[other] = done[other], done[one]
    return (chained(done, one) if dice.random() < 0.5 else done), one + 1


def cut_off(entries: list[Entry], dice: random.Random, marked: int) -> Tampered:
    kept = dice.randrange(1, marked)
    return entries[:kept], kept + 1


def replace_all(entries: list[Entry], dice: random.Random, marked: int) -> Tampered:
    other = [forged(entry, words=f"另一本 {dice.random()}") for entry in entries]
    return chained(other, 0), 1


KINDS: list[Callable[[list[Entry], random.Random, int], Tampered]] = [
    edit, leave_out, slip_in, swap, cut_off, replace_all,
]  # fmt: skip


@pytest.mark.parametrize("tamper", KINDS, ids=lambda f: f.__name__)
def test_the_first_bad_record_is_named(
    genuine: list[Entry], tamper: Callable[[list[Entry], random.Random, int], Tampered]
) -> None:
    wrong = []
    for seed in range(100):
        dice = random.Random(seed)
        marked = LENGTH if seed % 2 else 45  # the last hashes that were kept elsewhere
        done, first_bad = tamper(genuine, dice, marked)
        found = check(done, marks_of(genuine[:marked]))
        if found.first_bad != first_bad:
            wrong.append((seed, first_bad, found))
    assert wrong == []


def test_without_hashes_kept_elsewhere_all_but_two_kinds_are_seen(genuine: list[Entry]) -> None:
    dice = random.Random(7)
    for at in range(LENGTH - 1):
        changed = [*genuine[:at], forged(genuine[at]), *genuine[at + 1 :]]
        assert check(changed).first_bad == at + 1
        assert not check(genuine[:at] + genuine[at + 1 :]).whole
    assert check(genuine[:30]).whole  # a missing end and a chain written anew need marks
    assert check(replace_all(genuine, dice, LENGTH)[0]).whole


# --- the database and the export ---


@pytest.fixture
def chain(store: Store) -> Chain:
    chain = Chain(store)
    chain.append([draft(n) for n in range(20)])
    return chain


def test_a_change_in_the_database_is_named(chain: Chain) -> None:
    marks = marks_of(chain.entries())
    with chain.store.write() as connection:
        body = connection.execute(select(audit.c.body).where(audit.c.seq == 7)).scalar_one()
        connection.execute(update(audit).where(audit.c.seq == 7).values(body=body.replace("第 6 问", "第 9 问")))
    assert check(chain.entries(), marks).first_bad == 7
    with chain.store.write() as connection:
        connection.execute(delete(audit).where(audit.c.seq == 4))
    assert check(chain.entries(), marks).first_bad == 4
    with chain.store.write() as connection:
        connection.execute(text("DELETE FROM audit WHERE seq < 3"))
    assert check(chain.entries(), marks).first_bad == 1
    with chain.store.write() as connection:
        connection.execute(delete(audit))
    assert check(chain.entries(), marks).first_bad == 1


def test_an_export_says_the_same(chain: Chain, tmp_path: Path) -> None:
    lines = [line_of(entry) for entry in chain.entries()]
    assert check(read_lines(lines)).whole
    assert check(read_lines(["{", *lines])).first_bad == 1
    assert check(read_lines([*lines[:9], lines[9][:-20], *lines[10:]])).first_bad == 10
    assert check(read_lines([*lines[:9], "[]", *lines[10:]])).first_bad == 10
    assert check(read_lines([*lines[:9], lines[9].replace('"seq": 10', '"seq": "10"'), *lines[10:]])).first_bad == 10


@pytest.mark.parametrize("through", ["1e999", "NaN", "[" * 100_000, "9" * 5000, "null"])
@pytest.mark.parametrize("fits", [True, False])
def test_a_hostile_record_is_named(genuine: list[Entry], through: str, fits: bool) -> None:
    said = f'"at":9,"kind":"audit.purged","seq":{LENGTH + 1},"subject":"t"'
    body = f'{{{said},"facts":{{"through":{through},"hash":"x"}}}}'
    prev = genuine[-1].hash if fits else "x"
    bad = Entry(seq=LENGTH + 1, at=9, kind="audit.purged", subject="t", body=body, prev=prev, hash=hash_of("y", body))
    found = check([*genuine, bad], marks_of(genuine))
    assert (found.first_bad, found.last) == (LENGTH + 1, LENGTH)
    assert check(read_lines(map(line_of, [*genuine, bad])), marks_of(genuine)) == found


def test_what_is_old_is_taken_away_and_the_rest_still_fits(chain: Chain) -> None:
    marks = marks_of(chain.entries())
    assert chain.purge(1_000_010, by="terminal:t") == 10
    assert check(chain.entries(), marks).whole
    assert [entry.seq for entry in chain.entries()][:2] == [11, 12]
    assert chain.purge(1_000_010, by="terminal:t") == 0
    assert chain.purge(1_000_015, by="terminal:t") == 5
    assert check(chain.entries(), marks).whole
    with chain.store.write() as connection:
        connection.execute(delete(audit).where(audit.c.seq == 16))
    assert check(chain.entries(), marks).first_bad == 16  # more is missing than was said


def test_all_may_be_old(chain: Chain, clock: Clock) -> None:
    assert chain.purge(chain.store.clock(), by="t") == 20
    [left] = chain.entries()
    assert left.kind == "audit.purged"
    assert check([left]).whole


def test_many_writers_make_one_chain(chain: Chain) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: chain.append([draft(n)]), range(80)))
    found = check(chain.entries())
    assert (found.whole, found.records) == (True, 100)


def test_marks_of_two_books_are_not_mixed() -> None:
    assert read_marks(['{"hashes": {"1": "a"}}', '{"hashes": {"2": "b"}}']) == {1: "a", 2: "b"}
    for wrong in (
        ['{"hashes": {"1": "a"}}', '{"hashes": {"1": "b"}}'],
        ["[]"],
        ["x"],
        ['{"hashes": {"x": "a"}}'],
        ["[" * 100_000],
    ):
        with pytest.raises(InputError):
            read_marks(wrong)
