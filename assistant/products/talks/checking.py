"""A pack held against the library once more: what people changed in it, and what has changed under it since.

With the register every line is compared with what was exported, and what differs is proved anew. Without it the
statements are found by the sources under them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.products.talks.comparing import Edit, edits_of, matched_pages
from assistant.products.talks.findings import Finding, FindingKind, PackCheck
from assistant.products.talks.model import Judged, same_words
from assistant.products.talks.pages import FIXED, MARK_UNPROVED, MARK_WRITTEN, QUOTE, SOURCE, Kind
from assistant.products.talks.proving import Cited, Prover
from assistant.products.talks.reading import PPTX, GivenBack
from assistant.products.talks.register import EntryLine, EntryPoint, Register
from assistant.proof.verifier import Claim
from assistant.schema.answer import Verdict

_SOURCE = re.compile(rf"{SOURCE}《(?P<title>.+)》(?P<address>[^》]*)$")
_WHOM = re.compile(r"（对象：[^（）]*，承上文）\s*$")
_LOST = {Verdict.NOT_FOUND: FindingKind.MISSING, Verdict.SUPERSEDED: FindingKind.EXPIRED}
_KEPT = "改动后的话仍与条款一致，但已不是程序核对过的原话，请人工复核。"


def check_pack(given: GivenBack, register: Register | None, prover: Prover) -> PackCheck:
    """What is to be looked at in a file that was exported before."""
    if register is None:
        return _by_sources(given, prover)
    comparison = _Comparison(register, prover)
    findings = [*comparison.clauses(), *comparison.lines(given)]
    return PackCheck(findings=tuple(findings), statements=len(register.points), registered=True)


def check_register(register: Register, prover: Prover) -> tuple[Finding, ...]:
    """What has changed under a pack since it was exported, its file left aside."""
    return tuple(_Comparison(register, prover).clauses())


class _Comparison:
    """A file against its register."""

    def __init__(self, register: Register, prover: Prover) -> None:
        self._register = register
        self._prover = prover

    # --- the library ----------------------------------------------------------------------------

    def clauses(self) -> Iterator[Finding]:
        """What has changed under the pack since it was exported."""
        told: set[tuple[str, str, FindingKind]] = set()
        for point in self._register.points:
            for finding in self._clause(point):
                key = (point.document, point.address, finding.kind)
                if key not in told:
                    told.add(key)
                    yield finding

    def _clause(self, point: EntryPoint) -> Iterator[Finding]:
        standing = self._prover.stands(_cited(point, point.text))
        where = _where(point)
        page = self._page_of(point.id)
        if kind := _LOST.get(standing.verdict):
            yield Finding(kind=kind, page=page, reason=standing.reason, before=point.text, source=where)
            return
        if self._prover.hash(point.document, point.address) != point.clause_hash:
            still = "所引的原话还在" if standing.good else "所引的原话已经不在"
            reason = f"导出以后，这一条的文字变了，{still}；请重新起草这一页。"
            yield Finding(kind=FindingKind.CLAUSE_CHANGED, page=page, reason=reason, before=point.quote, source=where)
        if not point.proved:
            reason = "导出时就没有通过核对（人工改写）。"
            yield Finding(kind=FindingKind.UNPROVED, page=page, reason=reason, before=point.text, source=where)

    def _page_of(self, point: str) -> int:
        pages = self._register.pages
        return next((p.number for p in pages if any(line.point == point for line in p.lines)), 0)

    # --- the file -------------------------------------------------------------------------------

    def lines(self, given: GivenBack) -> Iterator[Finding]:
        """What people changed in the file."""
        if given.kind != PPTX:
            yield from self._edits(1, self._register.handout, given.pages[0])
            return
        pages = [page.lines for page in self._register.pages]
        found = matched_pages(pages, given.pages)
        for number, lines in enumerate(given.pages):
            before = pages[found[number]] if number in found else ()
            yield from self._edits(number + 1, before, lines)
        for gone in sorted(set(range(len(pages))) - set(found.values())):
            yield from self._page_gone(gone + 1, pages[gone])

    def _page_gone(self, number: int, lines: Sequence[EntryLine]) -> Iterator[Finding]:
        """A page that was deleted: its words of warning are missed, its statements are not."""
        reason = f"原第 {number} 页已删去。"
        yield Finding(kind=FindingKind.REMOVED, page=0, reason=reason, before=lines[0].text if lines else "")
        for line in lines:
            if line.kind is Kind.FIXED:
                yield Finding(kind=FindingKind.FIXED_CHANGED, page=0, reason=reason, before=line.text)

    def _edits(self, page: int, lines: Sequence[EntryLine], now: Sequence[str]) -> Iterator[Finding]:
        edits = edits_of(lines, now)
        gone = {(e.before.point, e.before.kind) for e in edits if e.before is not None and e.after is None}
        for edit in edits:
            if edit.before is None:
                yield from self._added(page, edit.after or "")
            elif edit.after is None:
                yield from self._removed(page, edit.before, gone)
            elif edit.moved:
                reason = "这一行换了位置，请看它下面的出处是不是它自己的。"
                yield Finding(kind=FindingKind.MOVED, page=page, reason=reason, before=edit.before.text)
            else:
                yield self._changed(page, edit.before, edit)

    def _removed(self, page: int, line: EntryLine, gone: set[tuple[str, Kind]]) -> Iterator[Finding]:
        point = self._register.point(line.point)
        where = _where(point) if point else ""
        match line.kind:
            case Kind.SOURCE if (line.point, Kind.PLAIN) not in gone:
                kind, reason = FindingKind.SOURCE_REMOVED, "这句话的出处被删掉了，请恢复。"
            case Kind.FIXED:
                kind, reason = FindingKind.FIXED_CHANGED, "固定提示被删掉了，请恢复。"
            case Kind.PLAIN | Kind.TITLE:
                kind, reason = FindingKind.REMOVED, "这句话已删去。"
            case Kind.QUOTE if (line.point, Kind.PLAIN) not in gone:
                kind, reason = FindingKind.QUOTE_CHANGED, "说法旁边的原文被删掉了，请恢复。"
            case Kind.NOTE | Kind.TEXT | Kind.QUESTION:
                kind, reason = FindingKind.REMOVED, "这一行已删去。"
            case _:
                return
        yield Finding(kind=kind, page=page, reason=reason, before=line.text, source=where)

    def _added(self, page: int, text: str) -> Iterator[Finding]:
        """A line that was not exported: proved, without a claim, or unproved."""
        against = self._objection(text)
        kind = FindingKind.UNPROVED if against else FindingKind.ADDED
        reason = against.reason if against else "导出以后新加的文字；没有可核对的内容，或与条款一致，请人工复核。"
        yield Finding(kind=kind, page=page, reason=reason, after=text, verdict=against.verdict if against else None)

    def _changed(self, page: int, line: EntryLine, edit: Edit) -> Finding:
        after = edit.after or ""
        point = self._register.point(line.point)
        if line.kind is Kind.BLANK:
            return _blank(page, line, after)
        if line.kind is Kind.FIXED:
            reason = "固定提示被改动了，请恢复原文。"
            return Finding(kind=FindingKind.FIXED_CHANGED, page=page, reason=reason, before=line.text, after=after)
        if point is None:
            return self._text(page, line, after)
        return self._statement(page, line, point, after)

    def _statement(self, page: int, line: EntryLine, point: EntryPoint, after: str) -> Finding:
        """A line of a point that was changed."""
        kind, judged = FindingKind.CHANGED, Judged(verdict=Verdict.OK, reason=_KEPT)
        match line.kind:
            case Kind.SOURCE:
                kind = FindingKind.SOURCE_CHANGED
                judged = Judged(
                    verdict=Verdict.NOT_FOUND, reason=f"原来的出处是{_where(point)}；{self._resourced(point, after)}"
                )
            case Kind.QUOTE:
                quote = after.removeprefix(QUOTE)
                standing = self._prover.stands(_cited(point, point.text, quote=quote))
                if not standing.good:
                    kind, judged = FindingKind.QUOTE_CHANGED, standing
            case _:
                bare = _bare(after)
                if (
                    line.kind is Kind.PLAIN
                    and _marks(after) != _marks(line.text)
                    and same_words(bare) == same_words(_bare(line.text))
                ):
                    kind = FindingKind.FIXED_CHANGED
                    judged = Judged(verdict=Verdict.OK, reason="“语言模型改写”或“未经核对”的标记被改动了，请恢复。")
                else:
                    judged = self._prover.judge(_cited(point, bare.removeprefix("问：")))
                    kind = FindingKind.CHANGED if judged.good else FindingKind.UNPROVED
        reason = _KEPT if kind is FindingKind.CHANGED else judged.reason
        return Finding(
            kind=kind,
            page=page,
            reason=reason,
            before=line.text,
            after=after,
            source=_where(point),
            verdict=None if judged.good else judged.verdict,
        )

    def _resourced(self, point: EntryPoint, after: str) -> str:
        """What a statement is under the source that it has now."""
        match = _SOURCE.search(after)
        if match is None:
            return "现在写的不是一个出处。"
        address = _WHOM.sub("", match["address"]).strip()
        checked = self._prover.verifier.check(Claim(text=point.text, doc=match["title"], address=address))
        return "现在的出处也与这句话一致。" if checked.verdict is Verdict.OK else checked.reason

    def _text(self, page: int, line: EntryLine, after: str) -> Finding:
        """A title, a note or another line of no point that was changed."""
        against = self._objection(after)
        kind = FindingKind.UNPROVED if against else FindingKind.CHANGED
        if kind is FindingKind.CHANGED and line.kind is Kind.NOTE and line.text.startswith("依据："):
            kind = FindingKind.QUOTE_CHANGED
        reason = against.reason if against else "这一行被改动了，请人工复核。"
        verdict = against.verdict if against else None
        return Finding(kind=kind, page=page, reason=reason, before=line.text, after=after, verdict=verdict)

    def _objection(self, text: str) -> Judged | None:
        """What the proof has against a line; `None`: nothing, or it claims nothing."""
        for checked in self._prover.verifier.check_text(text):
            if checked.verdict not in (None, Verdict.OK):
                return Judged(verdict=checked.verdict, reason=checked.reason)
        return None


def _cited(point: EntryPoint, text: str, *, quote: str | None = None) -> Cited:
    return Cited(text=text, quote=quote or point.quote, document=point.document, address=point.address)


def _where(point: EntryPoint) -> str:
    return f"《{point.title}》{point.address}"


def _bare(text: str) -> str:
    return text.replace(MARK_WRITTEN, "").replace(MARK_UNPROVED, "")


def _marks(text: str) -> tuple[bool, bool]:
    return MARK_WRITTEN in text, MARK_UNPROVED in text


def _blank(page: int, line: EntryLine, after: str) -> Finding:
    label = line.text.partition("：")[0]
    if after.startswith(label):
        reason = "本地信息由人填写，程序没有核对。"
        return Finding(kind=FindingKind.FILLED, page=page, reason=reason, before=line.text, after=after)
    reason = "空白的名目被改动了。"
    return Finding(kind=FindingKind.CHANGED, page=page, reason=reason, before=line.text, after=after)


# --- without a register -------------------------------------------------------------------------


def _by_sources(given: GivenBack, prover: Prover) -> PackCheck:
    """The statements that have a source under them, each proved by it."""
    findings: list[Finding] = []
    count = 0
    for number, lines in enumerate(given.pages, start=1):
        waiting: list[str] = []
        for line in lines:
            match = _SOURCE.match(line)
            if match is None:
                waiting.append(line)
                continue
            told = [text for text in waiting[-2:] if not text.startswith((QUOTE, FIXED, "问：", "讲法：", "时间："))]
            waiting = []
            count += len(told[-1:])
            findings += [f for text in told[-1:] if (f := _sourced(prover, number, text, match)) is not None]
    reason = "文件里没有登记表，旁边也没有，只按页面上的出处逐句核对；删去的出处、改动的固定提示看不出来。"
    findings.append(Finding(kind=FindingKind.CHANGED, page=0, reason=reason))
    return PackCheck(findings=tuple(findings), statements=count, registered=False)


def _sourced(prover: Prover, page: int, text: str, match: re.Match[str]) -> Finding | None:
    address = _WHOM.sub("", match["address"]).strip()
    checked = prover.verifier.check(Claim(text=_bare(text), doc=match["title"], address=address))
    if checked.verdict in (None, Verdict.OK):
        return None
    kind = _LOST.get(checked.verdict, FindingKind.UNPROVED)
    where = f"《{match['title']}》{address}"
    return Finding(kind=kind, page=page, reason=checked.reason, after=text, source=where, verdict=checked.verdict)
