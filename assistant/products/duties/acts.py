"""A passage → the acts its words ask for, each with whom it addresses and how strongly."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.products.duties.binding import BANS, Binding, Modal
from assistant.products.duties.draft import Draft
from assistant.products.duties.ledger import Ledger
from assistant.products.duties.model import Act, Degree
from assistant.products.duties.passages import Passage
from assistant.products.duties.phrases import Phrases
from assistant.products.duties.pieces import Piece, pieces_of
from assistant.products.duties.wordlists import Wordlists
from assistant.schema.document import Document, DocumentKind, Span
from assistant.text.sentences import sentence_spans

_BY = re.compile(r"(?<![理自事缘经案])由(?!于|此|来|衷)")
_OF = re.compile(r"[^的，]{1,6}的")
_BY_FORM = Modal(Degree.REQUIRE)


class ActReader:
    """Reads the acts of one document, passage by passage in its order."""

    def __init__(self, document: Document, lists: Wordlists) -> None:
        self._ledger = Ledger(document)
        self._phrases = Phrases(lists)
        self._notice = document.meta.kind is DocumentKind.NOTICE

    def read(self, passages: Sequence[Passage]) -> tuple[Act, ...]:
        """Every act of the passages, in the order of the text."""
        for passage in passages:
            for span in sentence_spans(passage.flat.text):
                _Sentence(self._ledger, self._phrases, passage, span, notice=self._notice).read()
        return tuple(self._ledger.acts)

    @property
    def passed_over(self) -> tuple[tuple[str, str], ...]:
        """Place and words of each piece that a word binds and that gave no act."""
        return tuple(self._ledger.passed_over)


class _Sentence:
    """One sentence, read from left to right."""

    def __init__(self, ledger: Ledger, phrases: Phrases, passage: Passage, span: Span, *, notice: bool) -> None:
        self._ledger = ledger
        self._phrases = phrases
        self._lists = phrases.lists
        self._notice = notice
        self._draft = Draft(ledger, phrases, passage, span)
        self._state = self._draft.state
        self._pieces = tuple(pieces_of(self._draft.text))
        self._binding = Binding(phrases, self._pieces, notice=notice)

    def read(self) -> None:
        """Puts the acts of the sentence down."""
        if self._idle():
            return
        before = len(self._ledger.acts)
        for at, piece in enumerate(self._pieces):
            self._piece(piece, at)
            if piece.stop and piece.stop in "；;":
                self._draft.semicolon(piece.end)
        self._draft.close()
        for piece in self._pieces:
            whole = not piece.text.endswith("的") and not self._lists.exception.search(piece.text)
            if whole and self._binding.certain(piece.text):
                self._draft.account(piece.start, piece.end, since=before)

    def _idle(self) -> bool:
        """A heading, or the words before the first clause: read only where a word in it binds."""
        quiet = self._draft.passage.heading or self._draft.passage.preamble
        return quiet and not any(self._modal(piece.text, piece) for piece in self._pieces)

    def _modal(self, text: str, piece: Piece) -> Modal | None:
        return self._binding.modal(text, piece, governed=self._state.governed)

    # --- a piece ------------------------------------------------------------------------------------

    def _piece(self, piece: Piece, at: int) -> None:
        state, skip = self._state, self._phrases.opening(piece.text)
        text, start = piece.text[skip:], piece.start + skip
        if not text:
            return
        if self._lists.exception.search(text):
            self._draft.exception(start, piece.end)
            return
        modal = self._modal(text, piece)
        if self._by(text, start, modal):
            return
        if modal is not None:
            self._bound(text, start, modal)
        elif self._lists.sanction.search(text) and not text.endswith("的"):
            state.govern(None)
            state.opened = None
            state.conditions.clear()
        else:
            self._unbound(text, start, at)

    def _bound(self, text: str, start: int, modal: Modal) -> None:
        """A piece with a word that binds."""
        state = self._state
        before = text[: modal.start]
        self._draft.flush(start)
        self._subject(before, start)
        state.modal, state.fresh, state.waiting = modal, True, False
        if modal.degree not in BANS:
            state.demand = modal
        begin = start + modal.end
        if modal.word in self._lists.words.addressee_behind:
            beside = self._lists.others_behind.match(text, modal.end)
            named = beside.end() if beside else modal.end
            if length := self._phrases.addressee(text[named:]):
                state.address(text[named : named + length])
                begin = start + named + length
        if self._lists.punishes.match(text[modal.end :]) and self._in_breach(before):
            state.actor, state.thing, state.nobody = None, "", True
        self._draft.act(begin, start + len(text))
        state.nobody = False

    def _in_breach(self, before: str) -> bool:
        """Whether who was named is who broke the rule, and not who punishes him."""
        state, phrases = self._state, self._phrases
        if state.by or not state.conditions or phrases.addressee(before[phrases.opening(before) :]):
            return False
        case = self._draft.words(*state.conditions[-1])
        return case.endswith("的") and "发现" not in case

    def _unbound(self, text: str, start: int, at: int) -> None:
        """A piece without one: a condition, an addressee, an act under what governs, or an act by its form."""
        state, phrases, end = self._state, self._phrases, start + len(text)
        if self._belongs_before(text, start, end):
            return
        governed = state.modal is not None
        length = 0 if governed and self._notice and phrases.acts(text) else phrases.addressee(text)
        if length:
            self._addressed(text, start, length, at)
        elif phrases.condition(text) and not (governed and self._joined(start)):
            state.conditions.append((start, end))
        elif (governed or state.waiting) and not self._phrases.states(text):
            self._go_on(start, end)
        else:
            self._by_form(text, start, end)

    def _belongs_before(self, text: str, start: int, end: int) -> bool:
        """Whether the piece belonged to what stands before it: an act begun, what follows one, what it is for."""
        if self._goes_on_opened(text, start, end):
            return True
        if self._state.acts and self._lists.follow_up.match(text):
            self._draft.follow_up(start, end)
            return True
        if self._state.governed and self._phrases.aim(text):
            self._draft.aim(start, end)
            return True
        return False

    def _goes_on_opened(self, text: str, start: int, end: int) -> bool:
        """Whether the piece is the act that the one before only said how to do."""
        state = self._state
        if state.opened is None:
            return False
        if text.endswith("的"):
            self._draft.flush(start)
            return False
        begin, state.opened = state.opened, None
        self._draft.act(begin, end)
        return True

    def _joined(self, start: int) -> bool:
        """Whether 并 stands before the piece: 并经某部门批准 is an act of its own."""
        return start > 0 and self._draft.text[start - 1] in "并且"

    def _addressed(self, text: str, start: int, length: int, at: int) -> None:
        """A piece that begins with whom it addresses and has no word that binds."""
        state, end, rest = self._state, start + len(text), text[length:]
        state.address(text[:length])
        state.govern(None)
        if not rest or self._phrases.condition(rest):
            state.waiting = not text.endswith("的") and not self._lists.happens.match(rest)
        elif self._tasked(rest, at):
            state.govern(_BY_FORM)
            self._draft.act(start + length, end)
            return
        if rest:
            state.conditions.append((start + length, end))

    def _tasked(self, rest: str, at: int) -> bool:
        """Whether what an addressee does is a task: 负责…; not what a later piece makes the case of a duty."""
        tasked = self._notice or self._lists.declares.match(rest) is not None
        if self._phrases.limited(rest) and not rest.endswith("的"):
            return True
        does = tasked or self._lists.opens_verb.match(rest) is not None
        describes = self._phrases.states(rest) or self._lists.happens.match(rest)
        return does and not describes and not self._bound_later(at, anyone=not tasked)

    def _bound_later(self, at: int, *, anyone: bool) -> bool:
        """Whether a word that binds the same addressee comes in the sentence, so that this is its condition."""
        for piece in self._pieces[at + 1 :]:
            text = piece.text[self._phrases.opening(piece.text) :]
            if modal := self._modal(text, piece):
                own = self._phrases.addressee(text[: modal.start]) > 0
                return (anyone or not own) and not piece.text.startswith(("并", "还", "也"))
            if text.endswith("的") or self._phrases.states(text):
                return True
            if piece.stop and piece.stop in "；;":
                return False
        return False

    def _go_on(self, start: int, end: int) -> None:
        """An act under the word that governs the sentence; behind a ban the demand before it governs again."""
        state = self._state
        if state.modal is None:
            state.govern(_BY_FORM)
        elif state.modal.degree in BANS and not state.fresh and (state.demand or self._notice):
            state.modal = state.demand or _BY_FORM
        self._draft.act(start, end)

    def _by_form(self, text: str, start: int, end: int) -> None:
        """An act without addressee and without a word that binds: an order in a notice, a consequence in a law."""
        state, passage = self._state, self._draft.passage
        carried = self._ledger.carrier(passage.scope) is not None
        verb = self._lists.opens_verb.match(text) is not None
        ordered = self._notice and not passage.preamble and (verb or (carried and self._phrases.acts(text)))
        case = bool(state.conditions) and self._draft.words(*state.conditions[-1]).endswith("的")
        follows = case and verb and (carried or state.actor is not None)
        if (ordered or follows) and not self._phrases.states(text):
            state.govern(_BY_FORM)
            self._draft.act(start, end)
        elif verb and not self._phrases.noun(text):
            state.conditions.append((start, end))
        else:
            state.thing = text

    # --- whom it addresses --------------------------------------------------------------------------

    def _subject(self, before: str, start: int) -> None:
        """Takes whom or what the words before the word that binds name."""
        state, lists, phrases = self._state, self._lists, self._phrases
        skip = phrases.opening(before)
        text, end = before[skip:], start + len(before)
        if not text or lists.adverbs.fullmatch(text):
            return
        verb = lists.opens_verb.match(text) is not None and not phrases.noun(text)
        if length := phrases.addressee(text):
            state.address(text[:length])
            if text[length:] and not lists.adverbs.fullmatch(text[length:]):
                state.conditions.append((start + skip + length, end))
        elif phrases.compound(text):
            state.address(text)
        elif phrases.names_at_end(text):
            state.thing, state.actor = text, None  # whom it means cannot be told, so nobody is carried over
        elif phrases.condition(text) or verb or lists.never_subject.match(text):
            state.conditions.append((start + skip, end))
        else:
            state.thing, state.actor = text, None

    def _by(self, text: str, start: int, modal: Modal | None) -> bool:
        """由某机构负责: whoever stands behind 由 is addressed."""
        if text.endswith("的"):
            return False
        for match in _BY.finditer(text):
            inside = modal is not None and match.start() < modal.start
            if modal is not None and inside and self._phrases.addressee(text[: modal.start]):
                return False
            behind = text[match.end() :]
            length = self._phrases.addressee(behind) or self._phrases.addressee(behind, open_end=True)
            if not length or not behind[length:]:
                continue
            if modal is None and self._lists.sanction.search(behind):
                self._state.address(behind[:length], by=True)
                self._state.govern(None)
                self._state.conditions.clear()
                return True
            if _OF.match(behind, length):
                continue
            outer = None if inside else modal
            thing = text[: outer.start if outer else match.start()]
            self._done_by(behind[:length], thing, outer)
            self._draft.act(start + match.end() + length, start + len(text))
            self._state.thing = ""
            return True
        return False

    def _done_by(self, name: str, thing: str, outer: Modal | None) -> None:
        """Takes whom 由 names; a duty that governs the sentence binds him too, else the form of the sentence does."""
        state = self._state
        goes_on = state.governed and state.modal is not None and state.modal.degree is Degree.SHALL
        governs = outer or (state.modal if goes_on else None) or Modal(Degree.REQUIRE, "由")
        state.actor, state.thing = name, thing or state.thing
        state.govern(governs)
        state.fresh = True
