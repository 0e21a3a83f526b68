"""Figures of the masker: recall by kind and form, false masks by source, time.

    python scripts/measure_masking.py [--shared ../shared] [--out FILE]

Made-up persons and look-alikes come from tests/support; policy text and questions from the shared folder.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from personal_cases import HELD_OUT, PersonalCase, look_alikes, personal_cases, read_sentences  # noqa: E402

from assistant.safety.personal.masking import Masked, mask, mask_turns  # noqa: E402

_ORDINARY = "客户贷款到期一时还不上，能续贷吗？"
_PERSONAL = "我叫张三，身份证610103199003072317，住西安市雁塔区科技路10号，电话13800138000，贷款到期能续吗？"


def _covered(text: str, start: int, end: int, found: Masked) -> bool:
    hidden = {offset for span in found.spans for offset in range(span.start, span.end)}
    return all(offset in hidden for offset in range(start, end) if text[offset].isalnum())


def recall_lines(title: str, cases: Iterable[PersonalCase]) -> Iterator[str]:
    """Recall, exact spans and strays of one set."""
    total: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    exact = strays = texts = 0
    for case in cases:
        for turn, found in zip(case.turns, mask_turns([t.text for t in case.turns]), strict=True):
            texts += 1
            strays += sum(not any(a < s.end and s.start < b for a, b, _ in turn.spans) for s in found.spans)
            own = {(s.start, s.end, s.kind.value) for s in found.spans}
            exact += sum(span in own for span in turn.spans)
            for start, end, kind in turn.spans:
                for name in (kind, f"  {kind}, {case.form}") if case.form != "hand" else (kind,):
                    total[name] += 1
                    hit[name] += _covered(turn.text, start, end, found)
    pieces = sum(n for name, n in total.items() if not name.startswith(" "))
    hits = sum(n for name, n in hit.items() if not name.startswith(" "))
    shares = f"masked {hits} ({hits / pieces:.4f}), exact span {exact / pieces:.4f}, strays {strays}"
    yield f"{title}: {texts} turns, {pieces} pieces; {shares}"
    for name in sorted(total, key=lambda n: n.strip()):
        yield f"  {name}: {hit[name]}/{total[name]}"


def false_lines(title: str, texts: Iterable[str]) -> Iterator[str]:
    """The share of texts in which something is masked that is nobody's, with every piece."""
    count, bad, pieces = 0, 0, []
    for text in texts:
        count += 1
        found = mask(text)
        bad += bool(found.spans)
        pieces += [f"{text[s.start : s.end]} ({s.kind.value})" for s in found.spans]
    yield f"{title}: {bad} of {count} texts ({bad / max(count, 1):.5f})"
    yield from (f"  {piece} ×{times}" for piece, times in Counter(pieces).most_common())


def _jsonl(path: Path, *names: str) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as stream:
        for line in stream:
            fields = json.loads(line)
            yield from (fields[name] for name in names if name in fields)
            yield from (turn["content"] for turn in fields.get("history", ()))


def report(shared: Path) -> Iterator[str]:
    """The whole report."""
    yield from recall_lines("Made-up persons (seed 20261126)", personal_cases())
    yield from recall_lines("Sentences written by hand, met while tuning", read_sentences())
    yield from recall_lines(
        "Second to fourth set written by hand, see docs/privacy.md for their first runs", read_sentences(HELD_OUT)
    )
    yield from false_lines("Look-alikes", look_alikes())
    if shared.is_dir():
        files = [p for p in sorted((shared / "policies").rglob("*")) if p.suffix in {".txt", ".md"}]
        yield from false_lines(
            "Notice and laws, by paragraph",
            (line for path in files for line in path.read_text(encoding="utf-8").split("\n") if line.strip()),
        )
        stard = shared / "eval" / "stard"
        yield from false_lines("STARD articles", _jsonl(stard / "corpus.jsonl.gz", "text"))
        for path in (*sorted((shared / "eval").glob("*_dev.jsonl")), *sorted(stard.glob("queries_*.jsonl"))):
            yield from false_lines(f"Questions of {path.name}", _jsonl(path, "question", "text", "topic", "audience"))
    yield from _times()


def _times() -> Iterator[str]:
    for title, text in (("ordinary question", _ORDINARY), ("question full of personal data", _PERSONAL)):
        mask(text)
        began = time.process_time()
        for _ in range(200):
            mask(text)
        yield f"CPU, {title}: {5 * (time.process_time() - began):.2f} ms"
    long = (_ORDINARY * 6000)[:100_000]
    began = time.process_time()
    mask(long)
    yield f"CPU, 100,000 characters: {time.process_time() - began:.2f} s"


def main() -> None:
    """Print the report, or write it to --out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    lines = "".join(f"{line}\n" for line in report(args.shared))
    if args.out:
        args.out.write_text(lines, encoding="utf-8")
    else:
        sys.stdout.write(lines)


if __name__ == "__main__":
    main()
