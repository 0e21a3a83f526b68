"""Questions with the sentences that answer them, and the texts they stand in.

    eval/training/items.jsonl    one item a line (`Item`)
    eval/training/notices/*.txt  notices that were invented for training; an item names a file by its stem
    articles                     `{id, law, article_no, text}` a line, packed or not; items name articles by id

An item keeps places, not words: the texts of statutes are not part of the project.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.corpus.reading import read_corpus
from assistant.errors import EvaluationError
from assistant.evaluation.article_files import Article, read_articles
from assistant.indexing.cut import cut
from assistant.schema.chunk import Chunk, ChunkKind

Voice = Literal["coll", "short", "story", "compl", "follow", "list", "attr", "plain", "noisy", "near"]


class Place(BaseModel):
    """A sentence: code points `start` to `end` of an article, or of a notice's file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1)  # an article's id or a notice's stem
    start: int = Field(ge=0)
    end: int = Field(gt=0)


class Item(BaseModel):
    """One question. Without `gold` no sentence of the document answers it, and `near` only look as if they did."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    document: str  # the title of a statute, or the stem of a notice's file
    voice: Voice
    question: str = Field(min_length=2)
    history: tuple[str, ...] = ()  # the user's turns before
    gold: tuple[Place, ...] = ()
    near: tuple[Place, ...] = ()

    @property
    def asked(self) -> str:
        """The question as it is searched: behind the turns that it leans on."""
        return " ".join((*self.history, self.question))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a document, with the passage it belongs to."""

    place: Place
    passage: str  # id of the clause
    words: str  # with the lead of the list it stands in


@dataclass(frozen=True, slots=True)
class TrainingDocument:
    """A document with its clauses and the sentences that the writer of its items was shown."""

    title: str
    clauses: Mapping[str, str]  # id → indexed words: headings, then the clause
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class TrainingSet:
    """Items with their documents by name."""

    items: tuple[Item, ...]
    documents: Mapping[str, TrainingDocument]

    @cached_property
    def held_out(self) -> frozenset[str]:
        """Every sixteenth document, by name: for validation only."""
        return frozenset(sorted(self.documents)[5::16])

    def part(self, *, validation: bool) -> tuple[Item, ...]:
        """The items whose documents are, or are not, held out."""
        return tuple(item for item in self.items if (item.document in self.held_out) is validation)


def read_items(path: Path) -> tuple[Item, ...]:
    """The items of a file.

    Raises:
        EvaluationError: the file cannot be read, or a line has another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        return tuple(Item.model_validate_json(line) for line in lines if line.strip())
    except (OSError, UnicodeDecodeError, ValidationError) as exc:
        raise EvaluationError(f"训练数据 {path} 无法读取，请对照 eval/training/README.md 检查格式") from exc


def load_training(folder: Path, articles: Path) -> TrainingSet:
    """The items of `folder` with their documents; statutes out of the file `articles`.

    Raises:
        EvaluationError: a file cannot be read, or an item names a text or a place that is not there.
    """
    items = read_items(folder / "items.jsonl")
    held = {article.id: article for article in read_articles(articles)}
    by_document: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_document[item.document].append(item)
    notices = {path.stem: path for path in sorted((folder / "notices").glob("*.txt"))}
    documents = {
        name: _notice(notices[name]) if name in notices else _statute(name, own, held)
        for name, own in sorted(by_document.items())
    }
    known = {name: {s.place for s in document.sentences} for name, document in documents.items()}
    strange = [i.id for i in items if not {*i.gold, *i.near} <= known[i.document]]
    if strange:
        raise EvaluationError(f"训练数据里有 {len(strange)} 条所指的句子不在文中，例如 {strange[0]}")
    return TrainingSet(items, documents)


def _statute(title: str, items: Sequence[Item], articles: Mapping[str, Article]) -> TrainingDocument:
    """A statute: its articles as clauses, the sentences of those that its items speak of."""
    named = list(dict.fromkeys(place.text for item in items for place in (*item.gold, *item.near)))
    if missing := [name for name in named if name not in articles]:
        raise EvaluationError(f"条文文件里没有 {missing[0]}，请使用与训练数据相配的条文文件")
    own = [a for a in articles.values() if a.law == title]
    clauses = {a.id: f"{a.law}\n{a.article_no}\u3000{a.text}" for a in own}
    sentences = [s for name in named for s in article_sentences(articles[name])]
    return TrainingDocument(title, clauses, tuple(sentences))


def article_sentences(article: Article) -> list[Sentence]:
    """The sentences of an article, each item of a list behind the words it goes on from."""
    found, lead = [], ""
    for start, end in sentence_places(article.text):
        words = article.text[start:end].strip()
        item = words[:1] in "(（" and lead
        place = Place(text=article.id, start=start, end=end)
        found.append(Sentence(place, article.id, lead + words if item else words))
        if words.endswith(("：", ":")):
            lead = words
    return found


def sentence_places(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text lie: cut behind 。 and ；, at line ends, and behind a colon that ends a line."""
    places, start = [], 0
    for at, char in enumerate(text):
        if char in "。；\n":
            end = at + 1
            if text[start:end].strip():
                places.append((start, end))
            start = end
    if text[start:].strip():
        places.append((start, len(text)))
    return places


def _notice(path: Path) -> TrainingDocument:
    parsed = read_corpus([path])
    if not parsed.documents:
        raise EvaluationError(f"训练用的文件 {path} 无法解析：{parsed.failures[0].message}")
    [document] = parsed.documents
    chunks = cut(document)
    sentences = [c for c in chunks if c.kind is ChunkKind.SENTENCE]
    raw = path.read_text(encoding="utf-8")
    found = [_in_notice(path.stem, raw, place, sentences) for place in sentence_places(raw)]
    clauses = {str(c.id): c.indexed_text for c in chunks if c.kind is ChunkKind.CLAUSE}
    return TrainingDocument(document.meta.title, clauses, tuple(s for s in found if s))


def _in_notice(stem: str, raw: str, place: tuple[int, int], chunks: Iterable[Chunk]) -> Sentence | None:
    """The sentence at `place` with the clause that holds most of it; `None` for one that no clause holds."""
    start, end = place
    shared = {c.id: (min(end, c.span.end) - max(start, c.span.start), c) for c in chunks}
    most, chunk = max(shared.values(), key=lambda pair: pair[0], default=(0, None))
    if chunk is None or most <= 0:
        return None
    words = raw[start:end].strip()
    return Sentence(Place(text=stem, start=start, end=end), str(chunk.parent_id), chunk.lead + words)
