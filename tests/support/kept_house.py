"""A house with a library of its own, real indexes and two people: served as a production server serves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from corpus_samples import NOTICE, Corner, rules
from doors import PASSWORD, door_of, opened
from serving_fakes import serving

from assistant.access.registry import Registry
from assistant.assembly import build_assistant, today_in_beijing
from assistant.indexing.generations import current_name
from assistant.serving.following import following, state_of
from assistant.serving.http.api import create_api
from assistant.serving.keeping.upkeep import Upkeep, build_upkeep
from assistant.serving.server import LazyAssistant
from assistant.settings import EmbedderKind, EmbedderSettings, ReaderKind, ReaderSettings, Settings

EDITOR, APPROVER = "bian.ji", "shen.pi"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Where it is served, and what stands behind it."""

    url: str
    folder: Path
    corner: Corner
    settings: Settings
    registry: Registry
    provider: LazyAssistant
    upkeep: Upkeep


def library(folder: Path, texts: Mapping[str, str]) -> tuple[Corner, Settings]:
    """A corpus with an index over it."""
    corner = Corner(folder)
    corner.release().add([corner.put(name, text) for name, text in texts.items()])
    settings = Settings(
        corpus_dir=corner.corpus,
        indexes_dir=corner.indexes,
        data_dir=folder / "data",
        embedder=EmbedderSettings(kind=EmbedderKind.HASHING),
        reader=ReaderSettings(kind=ReaderKind.RULES),
    )
    settings.data_dir.mkdir()
    return corner, settings


@contextmanager
def kept_house(folder: Path, texts: Mapping[str, str] | None = None) -> Iterator[House]:
    """One that is served until the end of the block; it takes up what changes within a moment."""
    corner, settings = library(folder, texts or {"办法.md": rules(2024), "通知.txt": NOTICE})

    def current() -> str | None:
        return state_of(current_name(settings.indexes_dir), settings.house_lay_words)

    provider = LazyAssistant(lambda: build_assistant(settings), current=current)
    with opened(settings.data_dir) as registry:
        for name, role in ((EDITOR, "editor"), (APPROVER, "approver")):
            registry.users.create(name=name, password=PASSWORD, role=role)
        upkeep = build_upkeep(settings, registry, today=today_in_beijing)
        door = replace(door_of(registry, home=folder), upkeep=upkeep)
        follow = following(current, served=provider.served, renew=provider.renew, say=lambda _: None, every_s=0.1)
        with serving(create_api(provider, doorkeeping=door)) as url, follow:
            yield House(
                url=url,
                folder=folder,
                corner=corner,
                settings=settings,
                registry=registry,
                provider=provider,
                upkeep=upkeep,
            )
