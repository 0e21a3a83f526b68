"""The corpus as a release: files in, files out, and the index that goes with them, all or nothing.

    files ─judging→ shelf, staging ─build_index→ an index aside ─commit→ corpus/ ─switch→ the served index

A release is made aside: copies, parsed and judged, then an index built beside the served one. Only
when that index is proved do the files move in and the index is switched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.corpus.aside import Addition, Aside, Batch, aside_of, put_together, set_aside, stamp_of
from assistant.corpus.intake import find_candidates
from assistant.corpus.judging import FileJudge, line_for
from assistant.corpus.manifest import MANIFEST, STATUTES, Proposal
from assistant.corpus.outcomes import Given, ReleaseReport
from assistant.corpus.overlays import overlay_name
from assistant.corpus.quality import examine
from assistant.corpus.reading import parse_file
from assistant.corpus.restating import Facts, facts_of, restated
from assistant.corpus.shelf import Shelf, open_shelf, unlisted
from assistant.corpus.staging import commit, sole_writer
from assistant.corpus.succession import stem
from assistant.errors import IndexStoreError, InputError, NotFoundError, SourceError
from assistant.indexing.build import BuildReport, Progress, build_index
from assistant.indexing.generations import remove_old, single_writer, switch_to
from assistant.models.protocols import Embedder
from assistant.parsing.corrections import Correction
from assistant.schema.chunk import Phrasing
from assistant.schema.document import Document
from assistant.text.segment import Segmenter


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What an index is built with; the embedder is made only when there is something to build."""

    indexes_dir: Path
    embedder: Callable[[], Embedder]
    segmenter: Callable[[], Segmenter]
    phrasings: Callable[[], Sequence[Phrasing]] = tuple  # questions that lead to clauses; none without it

    def build(self, documents: Sequence[Document], progress: Progress, **how: Any) -> BuildReport:
        """The index over these documents; the rest as `build_index` takes it."""
        return build_index(
            documents,
            embedder=self.embedder(),
            segmenter=self.segmenter(),
            phrasings=self.phrasings(),
            progress=progress,
            **how,
        )


class CorpusRelease:
    """Changes to one corpus folder and the index over it.

    Args:
        now: gives the time that is written down.
    """

    def __init__(
        self, corpus_dir: Path, workshop: Workshop, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._corpus = corpus_dir
        self._workshop = workshop
        self._now = now

    def add(
        self,
        paths: Sequence[Path],
        *,
        given: Given | None = None,
        confirm: bool = False,
        statutes: bool = False,
        corrections: Sequence[Correction] | None = None,
        progress: Progress | None = None,
    ) -> ReleaseReport:
        """Take files and folders in, one verdict each; rebuild and switch the index when anything changed.

        Args:
            confirm: supersession of earlier versions needs no further word.
            statutes: what is new goes into the folder for statutes. The corpus's own manifest stays as it is, but for
                the proposal on a version there that one of them ends.
            corrections: what a person said of the lines of the one file; laid over its tree from now on. `None`
                leaves an overlay that is there.

        Raises:
            InputError: a title or corrections are given for several files.
            SourceError: a path does not exist, or a document of the corpus can no longer be read.
            AssistantError: the index could not be built; corpus and served index are as they were.
        """
        tell = progress or _silent
        stated = given or Given()
        with sole_writer(self._corpus) as staging:
            candidates = list(find_candidates(paths))
            if stated.title is not None and sum(c.skip is None for c in candidates) > 1:
                raise InputError("--title 只能用于一份文件，请逐份加入。")
            if corrections and sum(c.skip is None for c in candidates) > 1:
                raise InputError("校对只能用于一份文件，请逐份加入。")
            shelf = self._shelf()
            judge = FileJudge(
                corpus=self._corpus,
                shelf=shelf,
                staging=staging,
                given=stated,
                confirm=confirm,
                now=self._now,
                statutes=statutes,
                corrections=corrections,
            )
            outcomes = []
            for done, candidate in enumerate(candidates, start=1):
                outcomes.append(judge.judge(candidate))
                tell("检查文件", done, len(candidates))
            build = self._publish(shelf, staging, progress=tell) if shelf.touched else None
        return _report(shelf, build, outcomes=tuple(outcomes))

    def remove(self, document_ids: Sequence[str], *, progress: Progress | None = None) -> ReleaseReport:
        """Take documents out of corpus and index.

        Raises:
            NotFoundError: one that is not there; nothing is removed then.
            InputError: no document would be left.
        """
        with sole_writer(self._corpus) as staging:
            shelf = self._shelf()
            gone = shelf.take_out(document_ids)
            build = self._publish(shelf, staging, progress=progress or _silent, gone=gone)
        return _report(shelf, build, removed=tuple(sorted(map(stem, gone))))

    def decide(
        self,
        *,
        confirm: Mapping[str, Proposal | None] | None = None,
        dismiss: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> ReleaseReport:
        """Confirm or dismiss supersessions.

        Args:
            confirm: by document id, a proposal found elsewhere (a repeal clause), or None for the one that waits.

        Raises:
            NotFoundError: no such document, or nothing waits for it; nothing is changed then.
        """
        with sole_writer(self._corpus) as staging:
            shelf = self._shelf()
            for document_id, found in (confirm or {}).items():
                line = shelf.line_of(document_id)
                proposal = line.proposal or found
                if proposal is None:
                    raise NotFoundError("这份文件没有待确认的变化，可用 assistant corpus status 查看。")
                shelf.put(
                    line.model_copy(update={"proposal": proposal}).provisional().model_copy(update={"proposal": None})
                )
            for document_id in dismiss:
                line = shelf.line_of(document_id)
                if line.proposal is None:
                    raise NotFoundError("这份文件没有待确认的变化，可用 assistant corpus status 查看。")
                shelf.put(line.model_copy(update={"proposal": None}))
            build = self._publish(shelf, staging, progress=progress or _silent) if shelf.touched else None
        return _report(shelf, build, changed=tuple(sorted(stem(name) for name in shelf.touched)))

    def restate(
        self,
        facts: Mapping[str, Facts],
        *,
        known: Mapping[str, Facts] | None = None,
        progress: Progress | None = None,
    ) -> ReleaseReport:
        """Change what is known of documents that are there; rebuild and switch the index when anything changed.

        Args:
            facts: by document id, all that may be changed.
            known: what they were when somebody asked for the change; where they are otherwise by now, nothing happens.

        Raises:
            NotFoundError: no such document; nothing is changed then.
            InputError: facts contradict each other, have changed since, or a proposal waits on the document; as above.
        """
        with sole_writer(self._corpus) as staging:
            shelf = self._shelf()
            for document_id, stated in facts.items():
                line = shelf.line_of(document_id)
                if known is not None and facts_of(line) != known.get(document_id):
                    raise InputError("这份文件的登记在提出改动之后已经变了，请退回这项改动，按现在的登记重新提出。")
                if (after := restated(line, stated)) != line:
                    shelf.put(after)
            build = self._publish(shelf, staging, progress=progress or _silent) if shelf.touched else None
        return _report(shelf, build, changed=tuple(sorted(stem(name) for name in shelf.touched)))

    def rephrase(self, keep: Callable[[], None], *, progress: Progress | None = None) -> ReleaseReport:
        """Build the index over the phrasings of the workshop as they are now, and switch to it.

        Args:
            keep: writes these phrasings down, once the index is proved; where it raises, nothing has changed.

        Raises:
            SourceError: a phrasing leads to a clause or sentence that is not there; as above.
        """
        with sole_writer(self._corpus) as staging:
            build = self._publish(self._shelf(), staging, progress=progress or _silent, keep=keep)
        return ReleaseReport(build=build)

    def prepare(self, batch: Batch, *, progress: Progress | None = None) -> Aside:
        """All changes of a batch made aside, to be looked at and published with `corpus.aside.take_in`.

        Raises:
            BatchRefused: one of them cannot be made.
            InputError: together they change nothing.
            AssistantError: the index could not be built; corpus and served index are as they were in any case.
        """
        tell, where = progress or _silent, self._workshop.indexes_dir
        with sole_writer(self._corpus) as staging:
            stamp = stamp_of(self._corpus, where)
            shelf = self._shelf()
            drafted = put_together(batch, shelf, lambda one: self._judge(shelf, staging, one), tell)
            documents = self._documents(shelf, staging, drafted.gone)
            folder = set_aside(self._corpus, staging)
        index = self._workshop.build(documents, tell, indexes_dir=aside_of(where), beside=where, switch=True)
        return Aside(
            stamp=stamp,
            folder=folder,
            index=index,
            manifest=self._manifest(shelf),
            statutes=_statutes(shelf),
            gone=_places(shelf, drafted.gone),
            outcomes=drafted.outcomes,
        )

    def _judge(self, shelf: Shelf, staging: Path, one: Addition) -> FileJudge:
        return FileJudge(
            corpus=self._corpus,
            shelf=shelf,
            staging=staging,
            given=one.given,
            confirm=False,
            now=self._now,
            corrections=one.corrections,
        )

    def _shelf(self) -> Shelf:
        """The shelf as it stands. A folder that has no manifest yet is whole: each of its files gets a line."""
        first = not (self._corpus / MANIFEST).exists()
        shelf = open_shelf(self._corpus)
        if first:
            for path in unlisted(self._corpus, {}):
                document = parse_file(path)
                sha = document.meta.source_sha256
                shelf.put(line_for(document, examine(document), Given(), sha=sha, original=path.name, now=self._now()))
            shelf.touched.clear()
        return shelf

    def _publish(
        self,
        shelf: Shelf,
        staging: Path,
        *,
        progress: Progress,
        gone: frozenset[str] = frozenset(),
        keep: Callable[[], None] = lambda: None,
    ) -> BuildReport:
        documents = self._documents(shelf, staging, gone)
        where = self._workshop.indexes_dir
        report = self._workshop.build(documents, progress, indexes_dir=where, switch=False)
        del documents
        keep()
        commit(self._corpus, staging, self._manifest(shelf), _places(shelf, gone), statutes=_statutes(shelf))
        with single_writer(where):
            if not report.folder.is_dir():
                raise IndexStoreError("新索引在切换前被清理。文件已收入，请运行 python -m assistant index build。")
            switch_to(where, report.folder.name)
            remove_old(where)
        return report

    def _manifest(self, shelf: Shelf) -> str:
        """The text of the corpus's own manifest: the very one that is there, unless a line of it changed."""
        path = self._corpus / MANIFEST
        if path.exists() and shelf.touched <= shelf.statutes:
            return path.read_bytes().decode("utf-8")  # line ends as they are
        return shelf.manifest(statutes=False)

    def _documents(self, shelf: Shelf, staging: Path, gone: frozenset[str]) -> tuple[Document, ...]:
        """All documents of the corpus as it will be, folder by folder, in the order of their names.

        Raises:
            SourceError: one that was in the corpus can no longer be read: it must not vanish unseen.
        """
        found = []
        there = shelf.lines.keys() - gone  # a file that nobody has added takes no part
        for name in sorted(there, key=lambda name: (name in shelf.statutes, name)):
            folder = shelf.folder_of(name, corpus=self._corpus, staging=staging)
            try:
                said = shelf.corrections_of(name)
                found.append(parse_file(folder / name, shelf.lines.get(name), corrections=said))
            except SourceError as exc:
                raise SourceError(f"已收的文件读不出，未作任何改动：{exc.message}", path=exc.path) from exc
        return tuple(found)


def _places(shelf: Shelf, gone: frozenset[str]) -> frozenset[str]:
    """The places in the corpus of the files that go, and of the overlays that no file has any more."""
    files = {f"{STATUTES}/{name}" if name in shelf.statutes else name for name in gone}
    bare = {name for name in shelf.fresh | shelf.overlays.keys() if not shelf.overlays.get(name)}
    return frozenset(files | {overlay_name(name) for name in gone | bare})


def _statutes(shelf: Shelf) -> str | None:
    """The text of the manifest in the folder for statutes, if a line of it changed."""
    return shelf.manifest(statutes=True) if shelf.touched & shelf.statutes else None


def _report(shelf: Shelf, build: BuildReport | None, **fields: Any) -> ReleaseReport:
    pending = tuple(sorted(stem(name) for name, line in shelf.lines.items() if line.proposal is not None))
    return ReleaseReport(build=build, pending=pending, **fields)


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody wants to know."""
