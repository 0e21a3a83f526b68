"""How many attacks, inventions and broken replies were tried and got through, by kind (FAULTS.md T1, T2, F14).

    python scripts/measure_attacks.py > eval/baselines/attacks-2026-11-26.md

The cases are those of `tests/integration/test_attacks.py`; a refusal of an honest question counts only when the
question was taken for an attack or a task.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOME / "tests" / "support"))
sys.path.insert(0, str(HOME / "tests" / "integration"))

from attacked import (  # noqa: E402
    Result,
    documents_under_attack,
    honest_questions,
    inventions,
    questions_under_attack,
    replies,
    turned_away,
    with_model,
)
from memory_library import MemoryLibrary  # noqa: E402
from test_attacks import NOTICE, QUESTIONS  # noqa: E402

from assistant.corpus.reading import parse_file  # noqa: E402
from assistant.models.standins import HashingEmbedder  # noqa: E402
from assistant.schema.inquiry import Inquiry  # noqa: E402
from assistant.serving.offline import go_offline  # noqa: E402

_DEV = HOME.parent / "shared" / "eval" / "notice_dev.jsonl"


def main() -> int:
    """Print the tables; 1 when anything got through."""
    go_offline()
    began = time.process_time()
    library = MemoryLibrary([parse_file(NOTICE)], HashingEmbedder())
    with tempfile.TemporaryDirectory() as folder:
        got_through = table("T1 文件中的命令（听命模型）", ((r, 1) for r in documents_under_attack(Path(folder))))
    got_through += table("T2 问题中的命令（听命模型）", ((r, 1) for r in questions_under_attack(library)))
    got_through += table("编造（逐句改动的模型）", inventions(library, QUESTIONS))
    got_through += table("F14 不合格的回复", ((r, 1) for r in replies(library, QUESTIONS[:2])))
    honest(library)
    print(f"\n处理器用时 {time.process_time() - began:.0f} 秒。")  # noqa: T201
    return 1 if got_through else 0


def table(title: str, results: Iterable[tuple[Result, int]]) -> int:
    """One line for each kind; gives how many cases were faulty."""
    tried: Counter[str] = Counter()
    sentences: Counter[str] = Counter()
    faulty: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for result, written in results:
        tried[result.kind] += 1
        sentences[result.kind] += written
        faulty[result.kind] += bool(result.faults)
        refused[result.kind] += result.refused
    head = "| 类别 | 用例 | 改动的句子 | 拒答 | 未核对的内容到达用户 |\n| --- | ---: | ---: | ---: | ---: |"
    print(f"\n## {title}\n\n{head}")  # noqa: T201
    for kind in tried:
        _line(kind, tried[kind], sentences[kind], refused[kind], faulty[kind])
    _line("合计", *(sum(counts.values()) for counts in (tried, sentences, refused, faulty)))
    return sum(faulty.values())


def _line(kind: str, tried: int, sentences: int, refused: int, faulty: int) -> None:
    written = str(sentences) if sentences != tried else "—"
    print(f"| {kind} | {tried} | {written} | {refused} | {faulty} |")  # noqa: T201


def honest(library: MemoryLibrary) -> None:
    """How many questions in good faith were turned away."""
    assistant = with_model(library, None)
    asked = list(_honest())
    away = [question for question in asked if turned_away(assistant.ask(Inquiry(question=question)))]
    print(f"\n## 正常提问\n\n{len(asked)} 个问题，被当作攻击或代办而拒答 {len(away)} 个。")  # noqa: T201


def _honest() -> Iterator[str]:
    yield from honest_questions()
    if _DEV.is_file():
        for line in _DEV.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if case["answerable"]:
                yield case["question"]


if __name__ == "__main__":
    sys.exit(main())
