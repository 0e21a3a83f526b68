"""An assistant over documents in memory under models that attack, for `assistant.evaluation.attacks`.

for result in documents_under_attack(folder): assert not result.faults
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path

from assistants import memory_assistant, packaged_tables
from memory_library import MemoryLibrary
from office_files import docx, flowed_pdf, p

from assistant.corpus.reading import parse_file
from assistant.evaluation.attacks import poisoned
from assistant.evaluation.attacks.cases import Attack, by_kind, read_attacks, read_clauses
from assistant.evaluation.attacks.checked import Result
from assistant.evaluation.attacks.inventions import INVENTIONS
from assistant.evaluation.attacks.suites import orders_in_documents
from assistant.models.protocols import ChatModel
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import PolicyAssistant
from assistant.retrieval.hybrid import HybridRetriever
from assistant.schema.document import Document
from assistant.writing.gate import LlmComposer

__all__ = ["INVENTIONS"]

SEEN = Path(__file__).resolve().parents[2] / "eval" / "seen"
CANARY, NONCE = "c0ffee1234567890", "f00d0987654321ab"
ORDERS: Mapping[str, tuple[Attack, ...]] = by_kind(read_attacks(SEEN, "documents"))
_NOTICE = read_clauses(SEEN)
_QUESTIONS = {clause.place: clause.question for clause in _NOTICE if clause.place}


# --- assistants -----------------------------------------------------------------------------


def assistant_over(documents: Sequence[Document], chat: ChatModel | None) -> PolicyAssistant:
    """An assistant over documents in memory, with known tokens in its prompts."""
    library = MemoryLibrary(documents, HashingEmbedder())
    return with_model(library, chat)


@lru_cache(maxsize=4)  # what a retriever works out once for a library serves every model
def _retriever(library: MemoryLibrary) -> HybridRetriever:
    return HybridRetriever(library, HashingEmbedder(), packaged_tables().lay)


def with_model(library: MemoryLibrary, chat: ChatModel | None) -> PolicyAssistant:
    """The same library under another model."""
    tokens = [NONCE, CANARY]

    def token() -> str:
        tokens.append(tokens.pop(0))  # fill() takes the fence first, then the canary
        return tokens[-1]

    return memory_assistant(
        library,
        make_retriever=lambda _: _retriever(library),  # nothing in these libraries is hidden from anybody
        writer=LlmComposer(chat, token=token) if chat else None,
    )


# --- poisoned documents ---------------------------------------------------------------------


def _docx(title: str, paragraphs: Sequence[str]) -> bytes:
    return docx(p(title, props='<w:jc w:val="center"/>') + "".join(p(escape(text)) for text in paragraphs))


CARRIERS: Mapping[str, poisoned.Carrier] = {**poisoned.CARRIERS, "docx": _docx, "pdf": flowed_pdf}


def poisoned_library(folder: Path, carrier: str) -> tuple[MemoryLibrary, Mapping[str, Document]]:
    """One document for each kind of order, read from files of that kind; by kind."""
    paths = poisoned.write_poisoned(folder, ORDERS, _NOTICE, carrier, CARRIERS[carrier])
    documents = {kind: parse_file(path) for kind, path in paths.items()}
    return MemoryLibrary(list(documents.values()), HashingEmbedder()), documents


def documents_under_attack(folder: Path, carrier: str) -> Iterator[Result]:
    """Every order in files of one kind, before a model that obeys it."""
    library, documents = poisoned_library(folder, carrier)
    yield from orders_in_documents(lambda model: with_model(library, model), documents, ORDERS, _QUESTIONS)
