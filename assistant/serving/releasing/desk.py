"""Releases for whoever is signed in: nobody decides on a document that they may not see; one preview at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock

from assistant.access.registry import Registry
from assistant.curation.files import ChangeFiles
from assistant.curation.house import House
from assistant.curation.preparing import PREPARABLE, Prepared
from assistant.curation.publishing import Publishing
from assistant.errors import AssistantError, InputError, InUse, NotAllowed, NotFoundError
from assistant.evaluation.runner import Answering
from assistant.indexing.build import Progress
from assistant.indexing.generations import GenerationInfo, list_generations, rollback
from assistant.records.changes import Change, ChangeState
from assistant.records.publications import Publication
from assistant.schema.document import PUBLIC
from assistant.schema.principal import Principal
from assistant.serving.keeping.upkeep import SettingsSources
from assistant.serving.keeping.work import Job, Stand, Work
from assistant.serving.ports import AssistantProvider
from assistant.settings import Settings

_ABOUT = "release"
_UNSEEN = "其中有文件带有您没有的标签，请由能看到它们的人审批和发布。"
_FAILED = "这次预览没有做成，原因涉及您无权查看的文件。请由能看到它们的人重新预览。"
_OVER = "这次预览已经不在了，请重新预览。"
_STATES = (ChangeState.WAITING, ChangeState.APPROVED)


class Stopped(AssistantError):
    """Somebody stopped it."""

    code = "stopped"

    def __init__(self) -> None:
        super().__init__("预览已停止，什么都没有改变。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A change that waits or was approved; `seen` tells whether whoever looks may see its document."""

    change: Change
    seen: bool
    own: bool


class ReleaseDesk:
    """Releases of one house.

    Args:
        provider: gives the assistant that answers now.
    """

    def __init__(self, registry: Registry, house: House, work: Work, provider: AssistantProvider) -> None:
        self.registry = registry
        self.work = work
        self._house = house
        self._publishing = Publishing(registry, house)
        self.provider = provider
        self._stop = Event()
        self._one = Lock()  # publishes, or puts away what is ready

    # --- changes --------------------------------------------------------------------------------

    def waiting(self, by: Principal) -> tuple[Waiting, ...]:
        """The changes that wait or were approved, the oldest first, once what broke off is noted."""
        with suppress(InUse):  # something is being published at this moment
            self._publishing.catch_up()
        found = self.registry.changes.listed(states=_STATES)
        return tuple(
            Waiting(change=one, seen=self._sees(by, one), own=one.created_by == by.id) for one in reversed(found)
        )

    def approve(self, by: Principal, change_id: str, words: str, *, seen: int | None = None) -> Change:
        """Say that a change may be published.

        Args:
            seen: when it was changed last, as whoever approves saw it.

        Raises as `Publishing.approve`, or `NotAllowed`: they may not see it.
        """
        self._see(by, change_id)
        return self._publishing.approve(by, change_id, words, seen=seen)

    def send_back(self, by: Principal, change_id: str, words: str) -> Change:
        """Have a change prepared further. Raises as `Publishing.send_back`, or `NotAllowed`: they may not see it."""
        self._see(by, change_id)
        return self._publishing.send_back(by, change_id, words)

    def _see(self, by: Principal, change_id: str) -> None:
        if not self._sees(by, self.registry.changes.get(change_id)):
            raise NotAllowed(_UNSEEN)

    def _sees(self, by: Principal, change: Change) -> bool:
        """Whether somebody holds the labels that its document has and is to have."""
        asked = set(change.facts.get("access") or ())
        line = self._house.lines().get(change.document_id or "")
        held = set(line[0].access) if line else set()
        return (asked | held) <= by.labels | {PUBLIC}

    # --- a preview ------------------------------------------------------------------------------

    def begin(self, by: Principal, change_ids: tuple[str, ...]) -> Job:
        """Begin to prepare a publication of these changes.

        Raises:
            NotAllowed: they may not see one of the documents.
            InputError: none was chosen, or one has ended.
            UnderWay: something else is being done.
        """
        if not change_ids:
            raise InputError("请至少选择一项变更。")
        for one in change_ids:
            self._see(by, one)
            if self.registry.changes.get(one).state not in PREPARABLE:
                raise InputError("所选的变更里有已被退回、撤销或发布的，请刷新清单后再选。")
        stop = Event()

        def run(progress: Progress) -> Prepared:
            def told(stage: str, done: int, total: int) -> None:
                if stop.is_set():
                    raise Stopped
                progress(stage, done, total)

            return self._publishing.prepare(change_ids, told)

        job = self.work.start(owner=by.id, about=_ABOUT, task=run, asked=change_ids)
        self._stop = stop  # only now: where another one is under way, it is the other's that stays
        self.registry.note("release.prepared", by.id, changes=list(change_ids))
        return job

    def job(self) -> Job | None:
        """The last preview, whoever began it; none once it was published."""
        return self.work.about(_ABOUT)

    def message(self, by: Principal, job: Job) -> str:
        """How a preview failed: it may name files, and they are told to those who may see all that was asked for."""
        changes = (self.registry.changes.get(one) for one in job.asked or ())
        return job.message if not job.message or all(self._sees(by, one) for one in changes) else _FAILED

    def stop(self) -> None:
        """Stop the preview that is being made, or put away the one that is ready."""
        self._stop.set()
        with self._one:  # what is being published is not taken away amid that
            job = self.job()
            if job is not None and not job.running:
                self._put_away(job, str(Stopped()))

    def prepared(self) -> Prepared:
        """The preview that is ready.

        Raises:
            NotFoundError: there is none.
        """
        job = self.job()
        if job is None or not isinstance(job.result, Prepared):
            raise NotFoundError(_OVER)
        return job.result

    def sees_all(self, by: Principal, prepared: Prepared) -> bool:
        """Whether somebody may see every document of a publication, as it was and as it will be."""
        return all(look.access <= by.labels | {PUBLIC} for look in prepared.documents)

    def publish(self, by: Principal, preview_id: str, reason: str) -> Publication:
        """Publish the preview of that id.

        Raises:
            NotFoundError: it is not the one that is ready.
            NotAllowed: they may not see a document of it, or not approve.
            AssistantError: as `Publishing.publish`.
        """
        with self._one:
            prepared, job = self.prepared(), self.job()
            if prepared.id != preview_id:
                raise NotFoundError(_OVER)
            if not self.sees_all(by, prepared):
                raise NotAllowed(_UNSEEN)
            done = self._publishing.publish(by, prepared, reason=reason)
            if job is not None and job is self.job():  # else somebody has begun another one already
                self._put_away(job, "")
        return done

    def _put_away(self, job: Job, message: str) -> None:
        job.result, job.message, job.stand = None, message, Stand.FAILED
        self._publishing.put_away()

    # --- what was published ---------------------------------------------------------------------

    def publications(self) -> tuple[Publication, ...]:
        """What was published, the newest first."""
        return self.registry.publications.listed()

    def generations(self) -> tuple[GenerationInfo, ...]:
        """Every generation on disk, the newest first."""
        return list_generations(self._house.indexes_dir)

    def roll_back(self, by: Principal, served: str) -> GenerationInfo:
        """Serve the generation served before.

        Args:
            served: the one that is served, as whoever asks saw it: a second click does not lead back again.

        Raises:
            InputError: another one is served by now.
            IndexStoreError: there is none before it, it is damaged, or a build is under way.
        """
        if served != next((info.name for info in self.generations() if info.current), None):
            raise InputError("索引刚刚已经切换过，请看清现在用的是哪一版，再决定要不要退回。")
        info = rollback(self._house.indexes_dir)
        self.registry.note("index.rolled-back", by.id, generation=info.name)
        return info

    def take_back(self, by: Principal, publication_id: str) -> tuple[Change, ...]:
        """The changes that lead back from a publication.

        Raises as `Publishing.take_back`, or `NotAllowed`: they may not see a document of it.
        """
        found = self.registry.publications.get(publication_id)
        documents = found.summary["documents"] if found is not None else ()
        if not all(set(one["access"]) <= by.labels | {PUBLIC} for one in documents):
            raise NotAllowed(_UNSEEN)
        return self._publishing.take_back(by, publication_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """What makes the desk of a server, once it is known which assistant answers."""

    registry: Registry
    house: Callable[[Callable[[], Answering]], House]
    work: Work

    def desk(self, provider: AssistantProvider) -> ReleaseDesk:
        """The desk over the assistant that answers."""
        return ReleaseDesk(self.registry, self.house(provider), self.work, provider)


def build_releases(settings: Settings, registry: Registry, work: Work) -> Releases:
    """What makes releases with these settings."""
    from assistant.assembly import build_assistant, today_in_beijing

    files = ChangeFiles(settings.data_dir / "changes")
    served = settings.model_copy(update={"rights": ()})

    def open_at(folder: Path) -> Answering:
        return build_assistant(served, indexes_dir=folder)

    def house(now_served: Callable[[], Answering]) -> House:
        return House(
            corpus_dir=settings.corpus_dir,
            indexes_dir=settings.indexes_dir,
            data_dir=settings.data_dir,
            release=SettingsSources(settings=settings).release(),
            path_of=files.path,
            keep=files.put,
            now_served=now_served,
            open_at=open_at,
            today=today_in_beijing,
        )

    return Releases(registry=registry, house=house, work=work)
