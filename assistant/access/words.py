"""What names, labels and scopes may look like, and who runs this. What was typed is never repeated."""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterable

from assistant.errors import InputError
from assistant.schema.principal import Scope

_NAME = re.compile(r"[\w\-.@（）()·]{1,60}")


def account() -> str | None:
    """The account that runs this process; `None` where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None


def checked_name(name: str) -> str:
    """A name of a key, user, department or label.

    Raises:
        InputError: it is empty, too long, or holds anything but letters, digits and a few signs.
    """
    cleaned = name.strip()
    if not _NAME.fullmatch(cleaned):
        raise InputError("名称须为 1 到 60 个汉字、字母、数字或 - _ . @ （）·，不含空格。")
    return cleaned


def checked_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Labels, each once."""
    return tuple(dict.fromkeys(map(checked_name, labels)))


def checked_scopes(scopes: Iterable[str]) -> tuple[Scope, ...]:
    """Scopes, each once, in the order of `Scope`.

    Raises:
        InputError: there is none, or one is not known.
    """
    wanted = set(scopes)
    if not wanted or wanted - set(Scope):
        raise InputError(f"权限至少一项，可用的有：{'、'.join(Scope)}。")
    return tuple(scope for scope in Scope if scope in wanted)
