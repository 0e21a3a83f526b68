"""Files that hold a secret: made for their owner alone, and refused when others can read them."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from assistant.errors import SettingsError

MIN_BYTES = 32
_SAID_OFTEN = (b"change-me", b"changeme", b"secret", b"password", b"default", b"example", b"pepper", b"test")


@dataclass(frozen=True, slots=True)
class Pepper:
    """The key under which MACs are made. Does not show itself."""

    secret: bytes = field(repr=False)

    def key(self, purpose: str) -> bytes:
        """32 bytes to sign with; what is signed for one purpose is of no use for another."""
        return hmac.new(self.secret, f"{purpose}\0key".encode(), hashlib.sha256).digest()

    def mac(self, purpose: str, text: str) -> str:
        """The HMAC-SHA256 of a text, in hex. What is made for one purpose is of no use for another."""
        return hmac.new(self.secret, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def faults_of(path: Path) -> list[str]:
    """What is wrong with a file that should hold a secret, in Chinese; empty when nothing is."""
    try:
        about = path.stat()
        content = path.read_bytes().strip()
    except OSError:
        return [f"密钥文件不存在或无法读取：{path}"]
    found = []
    if not stat.S_ISREG(about.st_mode):
        found.append(f"密钥文件不是普通文件：{path}")
    if about.st_mode & 0o077:
        found.append(f"密钥文件可被其他用户读取：{path}，请运行 chmod 600")
    if weak := weakness_of(content):
        found.append(f"密钥文件{weak}：{path}")
    return found


def weakness_of(content: bytes) -> str:
    """What makes a secret easy to guess, in Chinese; empty when nothing does."""
    if len(content) < MIN_BYTES:
        return f"是空的或太短，至少 {MIN_BYTES} 字节"
    if len(set(content)) < 10 or any(word in content.lower() for word in _SAID_OFTEN):
        return "像是示例或容易猜到的内容，请重新生成"
    return ""


def read_secret(path: Path) -> bytes:
    """What the file holds.

    Raises:
        SettingsError: it is missing, open to others, too short or a known example.
    """
    if faults := faults_of(path):
        raise SettingsError(f"{'；'.join(faults)}。说明见 docs/security.md")
    return path.read_bytes().strip()


def make_secret(path: Path, content: bytes | None = None) -> bytes:
    """Write a new random secret, or `content`; one that is there is never overwritten.

    Raises:
        SettingsError: the file is there already, or cannot be written.
    """
    made = content or secrets.token_urlsafe(48).encode()
    while content is None and weakness_of(made):  # chance may spell a word that makes a secret suspect
        made = secrets.token_urlsafe(48).encode()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as exc:
        raise SettingsError(f"密钥文件已经存在，或无法写入：{path}。") from exc
    with os.fdopen(handle, "wb") as file:
        file.write(made + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return made


def pepper_at(path: Path, *, make: bool = False) -> Pepper:
    """The pepper of that file; with `make` a new one where there is none.

    Raises:
        SettingsError: as `read_secret`.
    """
    if make and not path.exists():
        make_secret(path)
    return Pepper(read_secret(path))
