"""What a change states of a document, as records keep it and as the corpus takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from assistant.corpus.manifest import ManifestLine
from assistant.corpus.outcomes import Given
from assistant.corpus.restating import Facts, facts_of
from assistant.errors import InputError
from assistant.schema.document import Validity

_DAYS = frozenset({"issued_on", "effective_on", "expired_on"})
_UNUSABLE = "这项变更登记的信息无法使用，请退回登记人重新填写。"


def given_of(facts: Mapping[str, Any]) -> Given:
    """The facts of a file that comes in; what is empty is not stated.

    Raises:
        InputError: they cannot be used.
    """
    known = {field.name for field in fields(Given)}
    stated = {name: value for name, value in facts.items() if name in known and value not in (None, "")}
    if "access" in stated:
        stated["access"] = tuple(stated["access"])
    return Given(**_typed(stated))


def facts_from(facts: Mapping[str, Any]) -> Facts:
    """All that may be changed of a document that is there.

    Raises:
        InputError: they cannot be used.
    """
    try:
        return Facts(**_typed({field.name: facts[field.name] or None for field in fields(Facts)}))
    except KeyError as exc:
        raise InputError(_UNUSABLE) from exc


def kept_facts(line: ManifestLine) -> dict[str, Any]:
    """What may be changed of a document, as records keep it."""
    return _plain(asdict(facts_of(line)))


def kept_given(line: ManifestLine) -> dict[str, Any]:
    """What was stated of a document, so that it can come in again as it was."""
    names = {field.name for field in fields(Given)} - {"garbled_approved", "approved", "personal_approved"}
    stated = _plain({name: getattr(line, name) for name in names})
    return {**stated, "garbled_approved": True, "approved": True, "personal_approved": True}


def _typed(stated: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {name: _value(name, value) for name, value in stated.items()}
    except (TypeError, ValueError) as exc:
        raise InputError(_UNUSABLE) from exc


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _DAYS:
        return date.fromisoformat(value)
    return Validity(value) if name == "status" else value


def _plain(stated: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in stated.items():
        if isinstance(value, date):
            found[name] = value.isoformat()
        else:
            found[name] = list(value) if isinstance(value, tuple) else value
    return found
