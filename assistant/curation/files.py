"""The files of changes that wait: `changes/<change>/<name>` beside the store, each known by its hash."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

from assistant.corpus.intake import safe_name
from assistant.errors import InputError, NotFoundError, UnreadableSource
from assistant.records.changes import Change

_ID = re.compile(r"[0-9a-f]{32}")
_GONE = "这项变更的文件不在了，请撤销它，再重新上传。"


class ChangeFiles:
    """Keeps the bytes of what was uploaded until it is published or dropped.

    Args:
        folder: `changes` in the data folder; made when the first file comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, change_id: str, name: str, content: bytes) -> Path:
        """Keep the file of a change, readable by nobody else; where it lies.

        Raises:
            UnreadableSource: the folder cannot be written.
        """
        sha = hashlib.sha256(content).hexdigest()
        home = self._home(change_id)
        path = home / safe_name(name, sha=sha)
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = home / ".part"
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            part.replace(path)
            _fsync(home)
        except OSError as exc:
            raise UnreadableSource(f"文件存不下（{exc.strerror}），请检查数据目录的空间和权限", path=path) from exc
        return path

    def path(self, change: Change) -> Path:
        """Where the file of a change lies, its bytes seen to be the ones that were uploaded.

        Raises:
            NotFoundError: the change has no file, or it is gone.
            UnreadableSource: its bytes are others.
        """
        if change.name is None or change.sha256 is None:
            raise NotFoundError(_GONE)
        path = self._home(change.id) / safe_name(change.name, sha=change.sha256)
        try:
            content = path.read_bytes()
        except OSError as exc:
            raise NotFoundError(_GONE) from exc
        if hashlib.sha256(content).hexdigest() != change.sha256:
            raise UnreadableSource("存下的文件与上传时不同，不能使用；请撤销这项变更，再重新上传", path=path)
        return path

    def drop(self, change_id: str) -> None:
        """Take the file of a change away, if there is one."""
        shutil.rmtree(self._home(change_id), ignore_errors=True)

    def _home(self, change_id: str) -> Path:
        if not _ID.fullmatch(change_id):
            raise InputError("变更的编号不对，请从清单里打开。")
        return self._folder / change_id


def _fsync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
