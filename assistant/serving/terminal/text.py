"""Lists and trees for the terminal, and the same for programs. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assistant.schema.document import Clause, Document, DocumentMeta, Level
from assistant.serving.http.wire import HitBody
from assistant.serving.render.fields import as_fields, clause_body, document_body
from assistant.serving.render.terminal import terminal_safe
from assistant.serving.render.words import plain_text, titled

if TYPE_CHECKING:
    from assistant.corpus.reading import SourceFailure
    from assistant.indexing.build import BuildReport
    from assistant.indexing.generations import GenerationInfo
    from assistant.indexing.self_check import VerifyReport

_SHOWN_CHARS = 48  # of a clause in a list


def shortened(text: str, limit: int = _SHOWN_CHARS) -> str:
    """`text` on one line, at most `limit` code points.

    >>> shortened("各银行机构要\\n积极对接", 8)
    '各银行机构要积…'
    """
    line = "".join(text.splitlines())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


# --- index --------------------------------------------------------------------------------------


def build_text(report: BuildReport) -> str:
    """What a build did, in two lines."""
    did = "索引已建成" if report.built else "索引已是最新，无需重建"
    vectors = f"，新算向量 {report.embedded} 条，沿用 {report.reused} 条" if report.built else ""
    phrasings = f"，问法 {report.phrasings} 条" if report.phrasings else ""
    return (
        f"{did}：{report.documents} 份文件，{report.clauses} 个条款，{report.chunks} 段{phrasings}{vectors}。\n"
        f"版本 {report.fingerprint[:16]}，位于 {report.folder}"
    )


def build_dict(report: BuildReport, failures: Sequence[SourceFailure]) -> dict[str, Any]:
    """The same for a program, with the files that could not be read."""
    rejected = [{"path": str(f.path), "code": f.code, "message": f.message} for f in failures]
    return {**asdict(report), "folder": str(report.folder), "rejected": rejected}


def failures_text(failures: Sequence[SourceFailure]) -> str:
    """Every file that could not be read, named and counted."""
    lines = [f"有 {len(failures)} 份文件没有收入："]
    lines += [f"  {failure.path}：{failure.message}" for failure in failures]
    return terminal_safe("\n".join(lines))


def generations_text(infos: Sequence[GenerationInfo]) -> str:
    """One generation a line; the served one is marked."""
    if not infos:
        return "还没有索引。请运行 python -m assistant index build。"
    return "\n".join(
        f"{'*' if info.current else ' '} {info.name}  {info.built_at.astimezone():%Y-%m-%d %H:%M}  "
        f"{info.documents} 份文件  {info.chunks} 段（含问法）  {info.embedder_id}"
        for info in infos
    )


def generation_dict(info: GenerationInfo) -> dict[str, Any]:
    """A generation for a program."""
    return {**asdict(info), "folder": str(info.folder), "built_at": info.built_at.isoformat()}


def verify_text(report: VerifyReport) -> str:
    """What a verification found."""
    if report.ok:
        return f"索引完好：{report.documents} 份文件，{report.chunks} 段（含问法），抽查 {report.sampled} 条向量。"
    problems = "\n".join(f"  {problem}" for problem in report.problems)
    return terminal_safe(
        f"索引 {report.folder} 有 {len(report.problems)} 处问题：\n{problems}\n"
        "请运行 python -m assistant index build --force 重建，或运行 python -m assistant index rollback 退回上一版。"
    )


# --- search -------------------------------------------------------------------------------------


def hits_text(hits: Sequence[HitBody]) -> str:
    """A ranking, two lines a clause."""
    if not hits:
        return "没有找到相近的条款。"
    lines = [
        f"{hit.rank:>3}. {titled(hit.document_title)} {hit.address}"
        f"{'　' + hit.heading if hit.heading else ''}（{hit.score:.3f}）\n     {shortened(hit.text, 72)}"
        for hit in hits
    ]
    return terminal_safe("\n".join(lines))


# --- corpus -------------------------------------------------------------------------------------


def documents_text(metas: Sequence[DocumentMeta]) -> str:
    """One document a line."""
    return terminal_safe("\n".join(f"{m.id}  {titled(m.title)}  {m.validity.value}" for m in metas))


def documents_dict(metas: Sequence[DocumentMeta]) -> list[dict[str, Any]]:
    """The documents for a program."""
    return [as_fields(document_body(meta)) for meta in metas]


def tree_text(document: Document) -> str:
    """The clause tree of a document: each address, indented by its depth, with heading or first words."""
    lines = [f"{titled(document.meta.title)}（{document.id}，{document.meta.validity.value}）"]

    def walk(clause: Clause, depth: int) -> None:
        if clause.level in (Level.LABEL, Level.LEAD):
            return
        lines.append(f"{'  ' * depth}{clause.address}　{clause.heading or shortened(plain_text(document, clause))}")
        for child in clause.children:
            walk(child, depth + 1)

    for root in document.clauses:
        walk(root, 1)
    return terminal_safe("\n".join(lines))


def tree_dict(document: Document) -> dict[str, Any]:
    """The document with every addressable clause and its words, for a program."""
    clauses = [as_fields(clause_body(document, clause)) for clause in document.addressable()]
    return {**as_fields(document_body(document.meta)), "clauses": clauses}
