"""`assistant corpus check`: what a file would become, for people and for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.corpus.ingest_report import left_out_lines
from assistant.corpus.report import check_file
from assistant.schema.document import HiddenText
from assistant.serving.render.terminal import terminal_safe
from assistant.serving.render.words import titled
from assistant.serving.terminal.text import shortened

_LISTED = 20


def check_dict(path: Path) -> dict[str, Any]:
    """The file as the contract for programs has it; a rejected file in the same shape."""
    return check_file(path).as_json()


def check_text(found: dict[str, Any]) -> str:
    """Tree and report."""
    report = found["report"]
    lines = [titled(found["title"]) if found["title"] else "没有读出标题"]
    depth: dict[str | None, int] = {None: 0}
    for clause in found["clauses"]:
        level = depth.get(clause["parent"], 0) + 1
        depth[clause["address"]] = level
        lines.append(f"{'  ' * level}{clause['address']}　{clause['heading'] or shortened(clause['text'])}")
    facts = (("文号", "doc_number"), ("发布", "issued"), ("施行", "effective"), ("文种", "kind"), ("时效", "status"))
    lines += [f"{words}：{found[name] or '未载明'}" for words, name in facts]
    lines.append(f"发文机关：{'、'.join(found['issuers']) or '未载明'}")
    lines.append(f"引用 {len(found['cross_references'])} 处，表格 {len(found['tables'])} 个")
    verdict = "不能收入" if report["verdict"] == "rejected" else "可以收入"
    if report["needs_approval"]:
        verdict = "核对无误后加 --approve 才收入"
    lines.append(f"结论：{verdict}（{report['code']}），覆盖率 {report['coverage']:.2%}")
    lines += [f"  注意：{words}" for words in report["warnings"][:_LISTED]]
    left = len(report["warnings"]) - _LISTED
    lines += [f"  另有 {left} 处，加 --json 可看全部。"] if left > 0 else []
    hidden = [HiddenText(**one) for one in report["hidden"]]
    lines += [f"  {words}" for words in left_out_lines(hidden, report["lost"])]
    return terminal_safe("\n".join(lines))
