"""A question as it is put: with the turns before it, and with what whoever asks has chosen and may see."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.schema.principal import Principal
from assistant.schema.retrieval import Filters, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One value from the door to the answer."""

    question: str
    history: tuple[Turn, ...] = ()  # the turns before, oldest first; only the user's are read
    follows: bool | None = None  # True: it goes on from those turns; False: it is a new question; None: not said
    filters: Filters = field(default_factory=Filters)  # what the answer may rest on
    use_llm: bool = True  # False keeps a configured language model out
    plain: bool = False  # in plain words as well, where a language model is there
    rights: frozenset[str] | None = None  # labels that whoever asks holds; None: those this process was started with
    principal: Principal | None = None  # who asks; then no rights count but theirs, and `rights` can only take away

    def __post_init__(self) -> None:
        if self.principal is not None:
            held = self.principal.labels
            object.__setattr__(self, "rights", held if self.rights is None else held & self.rights)
