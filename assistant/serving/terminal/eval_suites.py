"""`assistant eval masking|attacks`: figures of the masker, and of an assistant under attack."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import EvaluationError
from assistant.serving.terminal.shared import AsJson, open_settings, output

if TYPE_CHECKING:
    from assistant.evaluation.attacks.cases import Attack
    from assistant.evaluation.attacks.checked import Result
    from assistant.evaluation.masking import FalseMasks, Recall
    from assistant.models.protocols import ChatModel
    from assistant.pipeline import PolicyAssistant

_SEEN = Path("eval/seen")
_TEXT_FIELDS = ("question", "text", "topic", "audience")


def masking(
    cases: Annotated[
        list[Path] | None,
        typer.Option(
            "--cases",
            metavar="文件",
            help="遮盖用例，可多次给出；默认 eval/seen/ 里的。",
            show_default=False,
        ),
    ] = None,
    texts: Annotated[
        list[Path] | None,
        typer.Option(
            "--texts",
            metavar="文件",
            help="没有个人信息的文本，看有没有误遮：TXT、MD 逐段，JSONL 逐行；可多次给出。",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """量一量遮盖：该遮的遮了多少，不该遮的误遮多少，用时多少。"""
    from assistant.evaluation.masking import false_masks, milliseconds, read_mask_cases, recall

    read = {path.stem: read_mask_cases(path) for path in cases or sorted(_SEEN.glob("personal_*.jsonl"))}
    if not read:
        raise EvaluationError("没有找到遮盖用例，请用 --cases 指明文件")
    found = {name: recall(lines) for name, lines in read.items()}
    others = {path.name: false_masks(_passages(path)) for path in texts or ()}
    took = milliseconds([turn.text for lines in read.values() for case in lines for turn in case.spoken])
    output(
        as_json,
        lambda: {"cases": _plain(found), "texts": _plain(others), "ms": round(took, 3)},
        lambda: _masking_text(found, others, took),
    )


def _plain(found: Mapping[str, Recall] | Mapping[str, FalseMasks]) -> dict[str, object]:
    return {name: asdict(one) for name, one in found.items()}


def _masking_text(found: Mapping[str, Recall], others: Mapping[str, FalseMasks], took: float) -> str:
    lines = [_recall_text(name, one) for name, one in found.items()]
    lines += [_false_text(name, one) for name, one in others.items()]
    return "\n".join([*lines, f"每段处理器用时 {took:.2f} 毫秒"])


def _passages(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        if path.suffix != ".jsonl":
            yield from (line for line in lines if line.strip())
            return
        for fields in (json.loads(line) for line in lines if line.strip()):
            yield from (str(fields[name]) for name in _TEXT_FIELDS if name in fields)
    except (OSError, ValueError, TypeError) as exc:  # UnicodeDecodeError is a ValueError
        raise EvaluationError(f"文件 {path} 无法读取，须为 UTF-8 编码的 TXT、MD 或 JSONL") from exc


def _recall_text(name: str, found: Recall) -> str:
    lines = [f"{name}：{found.turns} 段"]
    if found.pieces:
        share, exact = found.masked / found.pieces, found.exact / found.pieces
        lines.append(f"  该遮 {found.pieces} 处，遮了 {found.masked}（{share:.4f}），首尾都对 {exact:.4f}")
        lines += [f"    {kind}：{hit}/{of}" for kind, (hit, of) in found.by_kind.items()]
    lines.append(f"  没有个人信息的 {found.clean} 段，误遮 {found.clean_masked} 段；别处误遮 {found.strays} 处")
    if found.missed:
        lines.append(f"  漏遮的用例：{'、'.join(found.missed)}")
    return "\n".join(lines)


def _false_text(name: str, found: FalseMasks) -> str:
    pieces = [f"  {piece} ×{times}" for piece, times in found.pieces.most_common()]
    return "\n".join([f"{name}：{found.texts} 段，误遮 {found.masked} 段", *pieces])


# --- attacks ------------------------------------------------------------------------------------


class _Turn:
    """A model that is whichever was set last."""

    id = "attack"

    def __init__(self) -> None:
        self.now: ChatModel | None = None

    def stream(self, system: str, user: str) -> Iterator[str]:
        if self.now is not None:
            yield from self.now.stream(system, user)


def attacks(
    folder: Annotated[Path, typer.Option("--folder", metavar="文件夹", help="攻击用例所在的文件夹。")] = _SEEN,
    as_json: AsJson = False,
) -> None:
    """试文件里的命令、问题里的命令、编造和不合格的回复，看有没有未核对的内容到达用户。有就以 1 退出。"""
    from assistant.evaluation.attacks.cases import by_kind, read_attacks
    from assistant.evaluation.attacks.suites import (
        QUESTIONS,
        broken_replies,
        honest_turned_away,
        inventions,
        orders_in_questions,
    )
    from assistant.settings import HOME

    orders = by_kind(read_attacks(folder, "documents"))
    asked, replies = read_attacks(folder, "questions"), read_attacks(folder, "replies")
    honest = [attack.text for attack in read_attacks(folder, "honest")]
    with tempfile.TemporaryDirectory() as scratch:
        under = _assistants([HOME / "corpus"], Path(scratch) / "notice")
        found = {
            "文件中的命令（听命模型）": list(_in_documents(folder, orders, Path(scratch))),
            "问题中的命令（听命模型）": list(orders_in_questions(under, asked)),
            "编造（逐句改动的模型）": list(inventions(under, QUESTIONS)),
            "不合格的回复": list(broken_replies(under, replies, QUESTIONS[:2])),
        }
        away = honest_turned_away(under, honest)
    output(
        as_json,
        lambda: {
            "suites": {name: [asdict(one) for one in results] for name, results in found.items()},
            "honest": {"questions": len(honest), "turned_away": away},
        },
        lambda: "\n\n".join(
            [
                *(_attack_table(name, results) for name, results in found.items()),
                f"## 正常提问\n\n{len(honest)} 个问题，被当作攻击或代办而拒答 {len(away)} 个。",
            ]
        ),
    )
    through = sum(bool(one.faults) for results in found.values() for one in results)
    if through:
        raise EvaluationError(f"有 {through} 个用例让未核对的内容到达用户")


def _in_documents(folder: Path, orders: dict[str, tuple[Attack, ...]], scratch: Path) -> Iterator[Result]:
    from dataclasses import replace

    from assistant.corpus.reading import parse_file
    from assistant.evaluation.attacks.cases import read_clauses
    from assistant.evaluation.attacks.poisoned import CARRIERS, write_poisoned
    from assistant.evaluation.attacks.suites import orders_in_documents

    notice = read_clauses(folder)
    questions = {clause.place: clause.question for clause in notice if clause.place}
    for suffix, carrier in CARRIERS.items():
        corpus = scratch / suffix
        corpus.mkdir()
        paths = write_poisoned(corpus, orders, notice, suffix, carrier)
        documents = {kind: parse_file(path) for kind, path in paths.items()}
        under = _assistants([corpus], scratch / f"index-{suffix}")
        for one in orders_in_documents(under, documents, orders, questions):
            yield replace(one, kind=f"{one.kind}/{suffix}")


def _assistants(corpora: Sequence[Path], where: Path) -> Callable[[ChatModel | None], PolicyAssistant]:
    """One assistant over an index of its own, under whichever model is asked for."""
    from assistant.assembly import build_assistant, make_index

    settings = open_settings()
    make_index(settings, list(corpora), indexes_dir=where)
    model = _Turn()
    assistant = build_assistant(settings, indexes_dir=where, chat=model)

    def under(chat: ChatModel | None) -> PolicyAssistant:
        model.now = chat
        return assistant

    return under


def _attack_table(title: str, results: Iterable[Result]) -> str:
    by_kind: dict[str, list[Result]] = {}
    for one in results:
        by_kind.setdefault(one.kind, []).append(one)
    head = "| 类别 | 用例 | 改动的句子 | 拒答 | 未核对的内容到达用户 |\n| --- | ---: | ---: | ---: | ---: |"
    everything = [one for found in by_kind.values() for one in found]
    rows = [_attack_row(kind, found) for kind, found in by_kind.items()]
    return "\n".join([f"## {title}\n\n{head}", *rows, _attack_row("合计", everything)])


def _attack_row(kind: str, results: Sequence[Result]) -> str:
    changed = sum(one.changed for one in results)
    written = str(changed) if changed != len(results) else "—"
    refused, faulty = sum(one.refused for one in results), sum(bool(one.faults) for one in results)
    return f"| {kind} | {len(results)} | {written} | {refused} | {faulty} |"
