"""What is managed over HTTP: keys, portals, the index, the audit, what is kept. Every act is recorded.

Nobody hands on more than they hold: a key or portal made here has scopes and labels of whoever makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.access.audit import Entry
from assistant.access.embeds import Embed, State
from assistant.access.keys import ApiKey
from assistant.access.registry import Registry
from assistant.access.retention import Purged, purge
from assistant.corpus.manifest import folders_of, read_manifest
from assistant.curation.gold import FILE as GOLD_FILE
from assistant.errors import NotAllowed
from assistant.indexing.generations import GenerationInfo, list_generations, rollback, serve
from assistant.schema.document import PUBLIC, DocumentMeta
from assistant.schema.principal import Principal
from assistant.serving.ports import Assistant
from assistant.serving.withheld import Withheld

_MORE_THAN_HELD = "不能授予您自己没有的权限、标签或部门，请由持有者办理，或在服务器上用命令行办理。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What of the library somebody may see, and which changes wait for a person."""

    generation: str
    documents: tuple[DocumentMeta, ...]
    waiting: tuple[str, ...]  # ids of documents whose change of status is not yet confirmed
    whole: bool  # whether nothing is hidden


class Office:
    """Manages for whoever may; the doors see to who that is.

    Args:
        provider: the assistant that answers; by what it holds it is known what has to be kept back.
        keep_days: how long records and answers are kept.
        data_dir: where the gold set is kept, and the files of changes.
    """

    def __init__(
        self, registry: Registry, *, indexes_dir: Path, corpus_dir: Path, keep_days: int, data_dir: Path
    ) -> None:
        self.registry = registry
        self.keep_days = keep_days
        self.gold_file, self.changes_dir = data_dir / GOLD_FILE, data_dir / "changes"
        self._indexes_dir, self._corpus_dir = indexes_dir, corpus_dir

    # --- keys ---

    def create_key(
        self,
        by: Principal,
        *,
        name: str,
        scopes: Iterable[str],
        labels: Iterable[str],
        department: str | None,
        days: int | None,
    ) -> tuple[str, ApiKey]:
        """A new key and its text, which is shown this once.

        Raises:
            InputError: a field cannot be used.
            NotAllowed: it would have more than whoever makes it.
        """
        asked, seen = tuple(scopes), tuple(labels)
        _see_held(by, asked, (*seen, *([department] if department else ())))
        text, key = self.registry.keys.create(
            name=name, scopes=asked, labels=seen, department=department, days=days, by=by.id
        )
        granted = {"scopes": list(key.scopes), "labels": list(key.labels), "department": key.department}
        self.registry.note("key.created", by.id, id=key.id, name=key.name, **granted)
        return text, key

    def revoke_key(self, by: Principal, key_id: str) -> ApiKey:
        """Make a key void, for good.

        Raises:
            NotFoundError: there is none of that id.
        """
        key = self.registry.keys.revoke(key_id)
        self.registry.note("key.revoked", by.id, id=key.id, name=key.name)
        return next(one for one in self.registry.keys.listed() if one.id == key.id)

    # --- portals ---

    def create_embed(self, by: Principal, fields: Mapping[str, Any]) -> tuple[Embed, bytes | None]:
        """A new portal in state draft, and the key it shares with us, which is shown this once.

        Raises:
            InputError: a field cannot be used.
            NotAllowed: it could hand on more than whoever makes it holds.
        """
        _see_held(by, fields["scopes"], (*fields["labels"], *fields["departments"]))
        embed, secret = self.registry.embeds.create(**fields)
        granted = {"labels": list(embed.labels), "departments": list(embed.departments), "scopes": list(embed.scopes)}
        self.registry.note("embed.created", by.id, id=embed.id, origins=list(embed.origins), **granted)
        return embed, secret

    def set_embed_state(self, by: Principal, embed_id: str, state: State) -> Embed:
        """Put a portal into a state.

        Raises:
            NotFoundError: there is none of that id.
        """
        embed = self.registry.embeds.set_state(embed_id, state)
        self.registry.note(f"embed.{state.value}", by.id, id=embed.id)
        return embed

    def set_embed_limits(
        self, by: Principal, embed_id: str, *, daily_cap: int | None, retention_days: int | None
    ) -> Embed:
        """Give a portal other limits; `None` is none.

        Raises:
            NotFoundError: there is none of that id.
            InputError: a number cannot be used.
        """
        embed = self.registry.embeds.set_limits(embed_id, daily_cap=daily_cap, retention_days=retention_days)
        self.registry.note("embed.limited", by.id, id=embed.id, daily_cap=daily_cap, retention_days=retention_days)
        return embed

    # --- corpus and index ---

    def shelf(self, asker: Principal, assistant: Assistant) -> Shelf:
        """What of the library `asker` may see.

        Raises:
            SourceError: the corpus folder or its manifest cannot be read.
        """
        seen = {meta.source_path: meta for meta in assistant.documents(asker.labels)}
        lines = [line for folder in folders_of(self._corpus_dir) for line in read_manifest(folder).values()]
        waiting = tuple(seen[line.path].id for line in lines if line.proposal is not None and line.path in seen)
        return Shelf(
            generation=assistant.generation,
            documents=tuple(seen.values()),
            waiting=waiting,
            whole=not assistant.hidden(asker.labels),
        )

    def generations(self) -> tuple[GenerationInfo, ...]:
        """Every generation on disk, the newest first."""
        return list_generations(self._indexes_dir)

    def serve_generation(self, by: Principal, name: str) -> GenerationInfo:
        """Serve another generation; the running server takes it up by itself.

        Raises:
            NotFoundError: there is none of that name.
            IndexStoreError: it is damaged, or a build is under way.
        """
        info = serve(self._indexes_dir, name)
        self.registry.note("index.switched", by.id, generation=info.name)
        return info

    def roll_back(self, by: Principal) -> GenerationInfo:
        """Serve the generation served before this one.

        Raises:
            IndexStoreError: there is none, it is damaged, or a build is under way.
        """
        info = rollback(self._indexes_dir)
        self.registry.note("index.rolled-back", by.id, generation=info.name)
        return info

    # --- audit and retention ---

    def records(
        self,
        asker: Principal,
        provider: Callable[[], Assistant],
        *,
        before: int | None,
        kind: str | None,
        subject: str | None,
        limit: int,
    ) -> tuple[tuple[Entry, bool], ...]:
        """The newest records in front of `before`, each with whether its facts are withheld; reading is recorded."""
        self.registry.note("audit.read", asker.id, kind=kind, subject=subject, limit=limit, door="http")
        withheld = Withheld(provider(), asker.labels)
        found = self.registry.chain.newest(before=before, kind=kind, subject=subject, limit=limit)
        return tuple((one, withheld.record(one.kind, one.facts)) for one in found)

    def purge(self, by: Principal) -> Purged:
        """Take away what is kept long enough."""
        done = purge(self.registry, self.keep_days, by=by.id)
        self.registry.note("retention.run", by.id, records=done.records, answers=done.answers)
        return done


def _see_held(by: Principal, scopes: Iterable[str], labels: Iterable[str]) -> None:
    held = {scope.value for scope in by.scopes}
    if not set(scopes) <= held or not set(labels) <= by.labels | {PUBLIC}:
        raise NotAllowed(_MORE_THAN_HELD)
