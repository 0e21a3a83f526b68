"""Talks that leave the house: kept with what their statements rest on, and noted, so that a change finds them."""

from __future__ import annotations

from assistant.access.registry import Registry
from assistant.products.talks.model import Proved
from assistant.products.talks.register import register_of
from assistant.safety.personal.masking import mask

KINDS = frozenset({"pptx", "docx", "register.json"})  # a draft is no talk yet


def keep_export(registry: Registry, owner: str, proved: Proved, kind: str) -> None:
    """Keep the register of an exported talk, its words masked and its lines left out, and note the act.

    Raises:
        RecordsError: it cannot be kept.
    """
    if kind not in KINDS:
        return
    register = register_of(proved, (), ())
    points = tuple(point.model_copy(update={"text": mask(point.text).text}) for point in register.points)
    words = {"topic": mask(register.topic).text, "audience": mask(register.audience).text}
    masked = register.model_copy(update={**words, "points": points})
    talk_id = registry.exported.keep(owner, masked.as_json())
    registry.note(
        "talk.exported",
        owner,
        talk=talk_id,
        file=kind,
        generation=register.generation,
        statements=len(points),
        unproved=len(proved.unproved),
        documents=sorted({point.document for point in points}),
    )
