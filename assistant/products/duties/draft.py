"""One sentence while it is read: what it has said so far, and the acts it puts down."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from assistant.products.duties.binding import Modal
from assistant.products.duties.ledger import Ledger
from assistant.products.duties.model import Act, Actor, Carrier
from assistant.products.duties.passages import Flat, Item, Passage
from assistant.products.duties.phrases import Phrases
from assistant.products.duties.wordlists import Wordlists
from assistant.schema.document import Span
from assistant.text.folding import flow

_NOUN = 6  # characters behind 下列 in which its noun stands
_ENDS = "。！？；：;:!?，"


@dataclass(slots=True)
class State:
    """What a sentence has said so far. Offsets are those of the sentence's own text."""

    actor: str | None = None  # stated in this sentence
    thing: str = ""  # a subject that is a matter
    modal: Modal | None = None  # what governs the pieces to come
    demand: Modal | None = None  # the last that demands: behind a ban the pieces go on with it
    fresh: bool = True  # no act has followed the modal yet
    nobody: bool = False  # whom the act addresses is not said, and was not said before
    by: bool = False  # the addressee stood behind 由
    waiting: bool = False  # addressee and how are said, the verb is to come
    conditions: list[tuple[int, int]] = field(default_factory=list)
    opened: int | None = None  # where an act began that goes on in the next piece
    acts: list[int] = field(default_factory=list)  # places in the ledger
    segment: int = 0  # the acts since the last semicolon begin here

    def address(self, name: str, *, by: bool = False) -> None:
        """Takes whom the sentence addresses."""
        self.actor, self.thing, self.by = name, "", by

    def govern(self, modal: Modal | None) -> None:
        """Takes what binds the pieces to come."""
        self.modal = self.demand = modal

    @property
    def governed(self) -> bool:
        """Whether an act stands before that a tail may belong to."""
        return self.modal is not None and not self.fresh


class Draft:
    """Puts the acts of one sentence into the ledger."""

    def __init__(self, ledger: Ledger, phrases: Phrases, passage: Passage, span: Span) -> None:
        self.text = passage.flat.text[span.start : span.end]
        self.passage = passage
        self.state = State()
        self._begin = span.start
        self._settled: list[Span] = []  # what was read and is no act: a lead to items, an aim
        self._ledger = ledger
        self._phrases = phrases
        self._lists: Wordlists = phrases.lists

    # --- acts ---------------------------------------------------------------------------------------

    def act(self, begin: int, end: int) -> None:
        """Puts down the act between two offsets, or each of the items it leads to; a manner waits for its act."""
        words = self.text[begin:end]
        if not words:
            return
        if self.passage.items and (listed := self._lists.listed.search(words)):
            self._list(listed[1], begin, end)
        elif self._phrases.adverbial(words):
            self.state.opened = begin
        else:
            self.put(begin, end)

    def put(self, begin: int, end: int) -> int:
        """Puts down the act between two offsets; its place."""
        at = self._add(self._span(begin, end), self.words(begin, end), self.passage.address)
        self.state.conditions.clear()
        return at

    def flush(self, end: int) -> None:
        """Puts down an act that only says how, where the sentence goes on without it."""
        if self.state.opened is not None and self.state.modal is not None:
            begin, self.state.opened = self.state.opened, None
            self.put(begin, len(self.text[:end].rstrip(_ENDS + "并且但")))

    def _list(self, noun: str, begin: int, end: int) -> None:
        """下列行为： each item is a row; 下列情形之一的： the items belong to the one row."""
        lists = self._lists
        listed = lists.itemised.search(noun[:_NOUN]) or lists.itemised.fullmatch(noun.rsplit("的", 1)[-1])
        if lists.cases.search(noun) or not listed:
            self._ledger.amend(self.put(begin, end), aims=self._items())
            return
        self._settled.append(self._span(begin, end))
        lead = self.words(begin, end)
        for item in self.passage.items:
            self._put_item(item, lead)
        self.state.conditions.clear()

    def _put_item(self, item: Item, lead: str) -> None:
        end = len(item.flat.text.rstrip("；;。，,、"))
        if end:
            span = item.flat.span(0, end)
            self._add(span, self._flowing(item.flat, end), item.address, aims=(lead,))

    def _add(self, span: Span, words: str, address: str, *, aims: tuple[str, ...] = ()) -> int:
        state = self.state
        if state.modal is None:
            raise AssertionError("an act without what binds it")
        sentence = self._span(0, len(self.text))
        at = self._ledger.add(
            Act(
                degree=state.modal.degree,
                word=state.modal.word,
                actor=self._actor(),
                span=span,
                words=words,
                thing=state.thing,
                aims=aims,
                conditions=self._conditions(),
                address=address,
                sentence=Span(sentence.start, max(sentence.end, span.end)),
            )
        )
        state.acts.append(at)
        state.fresh = state.waiting = False
        return at

    # --- what belongs to acts -----------------------------------------------------------------------

    def aim(self, begin: int, end: int) -> None:
        """Gives the last act what it is for."""
        if self.state.acts:
            self._settled.append(self._span(begin, end))
            self._ledger.amend(self.state.acts[-1], aims=(self.words(begin, end),))

    def follow_up(self, begin: int, end: int) -> None:
        """Gives the last act what has to follow: 报国务院批准."""
        self._ledger.amend(self.state.acts[-1], conditions=(self.words(begin, end),))

    def exception(self, begin: int, end: int) -> None:
        """Gives it to the acts before, since the last semicolon or in the sentence before."""
        words = [self.words(*span) for span in (*self.state.conditions, (begin, end))]
        self.state.conditions.clear()
        for at in self.state.acts[self.state.segment :] or self._ledger.last:
            self._ledger.amend(at, exceptions=("，".join(words),))

    def semicolon(self, end: int) -> None:
        """Ends the conditions; addressee and what demands go on."""
        self.flush(end)
        self.state.conditions.clear()
        self.state.segment = len(self.state.acts)

    def close(self) -> None:
        """Ends the sentence and leaves to the next whom it addressed."""
        state, ledger = self.state, self._ledger
        self.flush(len(self.text))
        if not state.acts:
            return
        ledger.last = state.acts
        if state.actor is not None:
            quote = self._span(0, len(self.text))
            ledger.carry(
                self.passage.scope,
                Carrier(
                    words=state.actor,
                    quote=flow(ledger.document.text[quote.start : quote.end]),
                    address=self.passage.address,
                    span=quote,
                ),
            )

    def account(self, begin: int, end: int, *, since: int) -> None:
        """Notes a piece that a word binds, unless an act put down since then holds some of it."""
        held = self._span(begin, end)
        spans = (*self._ledger.spans(since), *self._settled)
        if not any(span.start < held.end and held.start < span.end for span in spans):
            self._ledger.passed_over.append((self.passage.address, self.words(begin, end)))

    def _conditions(self) -> tuple[str, ...]:
        cases = tuple(self.words(*span) for span in self.state.conditions)
        listed = self.passage.items and any(self._lists.cases.search(words) for words in cases)
        return (*cases, *self._items()) if listed else cases

    def _items(self) -> tuple[str, ...]:
        return tuple(self._flowing(item.flat, len(item.flat.text)) for item in self.passage.items if item.flat.text)

    def _actor(self) -> Actor:
        state = self.state
        if state.actor is not None:
            return Actor(words=state.actor, kinds=kinds_of(state.actor, self._lists))
        if state.thing or state.nobody:
            return Actor(words=None)
        carrier = self._ledger.carrier(self.passage.scope)
        return Actor(words=None, carrier=carrier, kinds=kinds_of(carrier.words, self._lists) if carrier else ())

    # --- offsets ------------------------------------------------------------------------------------

    def words(self, begin: int, end: int) -> str:
        """The document's words between two offsets, without its line breaks."""
        span = self._span(begin, end)
        return flow(self._ledger.document.text[span.start : span.end])

    def _span(self, begin: int, end: int) -> Span:
        return self.passage.flat.span(self._begin + begin, self._begin + end)

    def _flowing(self, flat: Flat, end: int) -> str:
        span = flat.span(0, end)
        return flow(self._ledger.document.text[span.start : span.end])


def kinds_of(words: str, lists: Wordlists) -> tuple[str, ...]:
    """主体类别 of an addressee, by the parts of its name."""
    found: dict[str, None] = {}
    for part in re.split(r"、|和|及其|以及|会同|或者", words):
        for line in lists.words.kinds:
            if (part in line.words) if line.whole else any(word in part for word in line.words):
                found[line.kind] = None
                break
    return tuple(found)
