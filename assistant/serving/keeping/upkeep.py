"""What the pages of 管理 need for keeping the library up to date, as the settings say."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.access.registry import Registry
from assistant.corpus.manifest import folders_of
from assistant.corpus.release import CorpusRelease, Workshop
from assistant.curation.gold import FILE
from assistant.errors import InputError
from assistant.indexing.build import Progress
from assistant.indexing.generations import current_name
from assistant.question.lay_words import ConceptLine, load_expander
from assistant.safety.input_gate import clean_question
from assistant.schema.chunk import Phrasing
from assistant.schema.principal import Principal
from assistant.serving.keeping.backup import TRIAL
from assistant.serving.keeping.lifecycle import LifeCycle
from assistant.serving.keeping.preview import MOST_TYPED, Preview, Questions, previewed
from assistant.serving.keeping.tables import Fields, HouseTables
from assistant.serving.keeping.work import Job, Work
from assistant.serving.ports import Assistant

if TYPE_CHECKING:
    from assistant.settings import Settings

_MOST_CHARS = 200  # code points of a question that is typed to be tried
_ABOUT = "preview"
_ROLLED_BACK = (
    "索引已退回上一版，而最近一次发布的文件还在文件库里；现在批准会重建索引，把它们带回来。"
    "请先到“发布”页撤回那次发布（或重新预览、发布），再来批准这一项。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TryOut:
    """A change that is tried before anybody asks for it, or before it is let through."""

    table: str
    before: Fields | None
    after: Fields | None
    typed: tuple[str, ...]  # questions to try besides those that are kept
    note: str = ""
    change: str = ""  # the id of a change that waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Keeps the library up to date, for whoever may."""

    lifecycle: LifeCycle
    tables: HouseTables
    questions: Questions
    work: Work  # what makes changes so
    trials: Work  # what only tries them

    def try_out(self, by: Principal, assistant: Assistant, asked: TryOut) -> Job:
        """Begin to see what a change would change; nothing is kept of it but the result.

        Raises:
            InputError: a question that was typed cannot be put, or the change does not go with the table.
            UnderWay: something else is being done.
        """
        if len(asked.typed) > MOST_TYPED:
            raise InputError(f"“自填问题”有 {len(asked.typed)} 个，最多 {MOST_TYPED} 个。")
        for number, words in enumerate(asked.typed, start=1):
            try:
                if len(clean_question(words)) > _MOST_CHARS:
                    raise InputError("too long")
            except InputError as exc:
                raise InputError(f"“自填问题”第 {number} 个须为不超过 {_MOST_CHARS} 个字的一行文字。") from exc
        self.tables.see(asked.table, asked.before, asked.after)

        def run(progress: Progress) -> Preview:
            questions, notice = self.questions.gathered(asked.typed, by, assistant)
            if not questions:
                raise InputError("还没有可以比较的问题：没有标准题和近期问题，也没有自填。请先填几个问题。")
            with self.tables.trial(asked.table, asked.before, asked.after, progress) as after:
                return previewed(questions, by, before=assistant, after=after, progress=progress, notice=notice)

        return self.trials.start(owner=by.id, about=_ABOUT, task=run, asked=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSources:
    """Tables, corpus and trials of one process."""

    settings: Settings

    @property
    def lay_words(self) -> Path:
        return self.settings.house_lay_words

    @property
    def phrasings(self) -> Path:
        return self.settings.house_phrasings

    def our_words(self) -> tuple[ConceptLine, ...]:
        return load_expander(self.settings.colloquial).lines

    def our_phrasings(self) -> tuple[Phrasing, ...]:
        from assistant.assembly import packaged_phrasings

        return packaged_phrasings(self.settings, [self.settings.corpus_dir])

    def release(self, phrasings: Sequence[Phrasing] | None = None) -> CorpusRelease:
        """The corpus and the index over it; without `phrasings` with those of the house that hold."""
        from assistant.assembly import build_indexing_embedder, build_segmenter, find_phrasings

        settings, corpus = self.settings, self.settings.corpus_dir
        workshop = Workshop(
            indexes_dir=settings.indexes_dir,
            embedder=lambda: build_indexing_embedder(settings),
            segmenter=lambda: build_segmenter(settings),
            phrasings=lambda: find_phrasings(settings, [corpus], house=phrasings),
        )
        return CorpusRelease(corpus, workshop)

    @contextmanager
    def trial(
        self, *, words: Sequence[ConceptLine] | None, phrasings: Sequence[Phrasing] | None, progress: Progress
    ) -> Iterator[Assistant]:
        """See `Sources`. Other phrasings need an index of their own, which is gone afterwards."""
        from assistant.assembly import build_assistant, make_index

        progress("准备比较", 0, 1)
        settings = self.settings.model_copy(update={"rights": ()})
        if phrasings is None:
            yield build_assistant(settings, house=words)
            return
        with tempfile.TemporaryDirectory(prefix=TRIAL, dir=settings.data_dir) as folder:
            where = Path(folder)
            make_index(settings, folders_of(settings.corpus_dir), indexes_dir=where, house=phrasings, progress=progress)
            yield build_assistant(settings, indexes_dir=where, house=words)


def see_not_rolled_back(registry: Registry, indexes_dir: Path) -> None:
    """See that an index built from the corpus now would not bring back, unseen, what somebody rolled back.

    Raises:
        InputError: the last publication is in the corpus still, and the index before it is served.
    """
    last = next(iter(registry.publications.listed(limit=1)), None)
    if last is not None and last.before != last.generation and current_name(indexes_dir) == last.before:
        raise InputError(_ROLLED_BACK)


def build_upkeep(settings: Settings, registry: Registry, *, today: Callable[[], date]) -> Upkeep:
    """What keeps the library of these settings up to date."""
    sources, doing = SettingsSources(settings=settings), Work()

    def ready() -> None:
        see_not_rolled_back(registry, settings.indexes_dir)

    return Upkeep(
        lifecycle=LifeCycle(
            registry, corpus_dir=settings.corpus_dir, release=sources.release, work=doing, today=today, ready=ready
        ),
        tables=HouseTables(registry, sources, work=doing, ready=ready),
        questions=Questions(gold=settings.data_dir / FILE, answers=registry.answers),
        work=doing,
        trials=Work(),
    )
