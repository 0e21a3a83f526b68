"""A passage → the acts its words ask for, each with whom it addresses and how strongly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.products.duties.model import Act, Actor, Carrier, Degree
from assistant.products.duties.passages import Flat, Item, Passage
from assistant.products.duties.pieces import Piece, Reader, pieces_of
from assistant.products.duties.wordlists import Wordlists
from assistant.schema.document import Document, DocumentKind, Span
from assistant.text.binding_words import BindingWord, Force
from assistant.text.folding import flow
from assistant.text.sentences import sentence_spans

_BANS = (Degree.BAN, Degree.MUST_NOT)
_NOUN = 6  # characters behind 下列 in which its noun stands
_BODIES = ("机构", "单位", "企业", "公司", "部门", "平台")
_BY = re.compile(r"(?<![理自事缘经案])由(?!于|此|来|衷)")


@dataclass(frozen=True, slots=True)
class _Modal:
    """A word that binds, where it stands in its piece."""

    degree: Degree
    word: str
    start: int
    end: int


@dataclass(slots=True)
class _State:
    """What a sentence has said so far. Offsets are those of the passage's flat text."""

    begin: int
    end: int
    actor: str | None = None  # stated in this sentence
    thing: str = ""  # a subject that is a matter
    modal: _Modal | None = None  # what governs the pieces to come
    demand: _Modal | None = None  # the last that demands: behind a ban the pieces go on with it
    fresh: bool = True  # no act has followed the modal yet
    nobody: bool = False  # whom the act addresses is not said, and was not said before
    by: bool = False  # the addressee stood behind 由
    segment: int = 0  # the acts since the last semicolon begin here
    waiting: bool = False  # addressee and how are said, the verb is to come
    conditions: list[tuple[int, int]] = field(default_factory=list)
    opened: int | None = None  # where an act began that goes on in the next piece
    acts: list[int] = field(default_factory=list)  # places in the list of acts


class ActReader:
    """Reads the acts of one document, passage by passage in its order."""

    def __init__(self, document: Document, lists: Wordlists) -> None:
        self._document = document
        self._lists = lists
        self._reader = Reader(lists)
        self._notice = document.meta.kind is DocumentKind.NOTICE
        self._carriers: dict[tuple[str, ...], Carrier] = {}
        self._acts: list[Act] = []
        self.passed_over: list[tuple[str, str]] = []  # place and words of what binds and gave no act
        self._last: list[int] = []  # the acts of the sentence before, which an exception may follow

    def read(self, passages: Sequence[Passage]) -> tuple[Act, ...]:
        """Every act of the passages, in the order of the text."""
        for passage in passages:
            for span in sentence_spans(passage.flat.text):
                _Sentence(self, passage, span).read()
        return tuple(self._acts)

    # --- whom was addressed last ----------------------------------------------------------------

    def carrier(self, scope: tuple[str, ...]) -> Carrier | None:
        """Whom the last sentence with an addressee named, within the clause or what it stands in."""
        for depth in range(len(scope), 0, -1):
            if found := self._carriers.get(scope[:depth]):
                return found
        return None

    def carry(self, scope: tuple[str, ...], carrier: Carrier) -> None:
        self._carriers[scope] = carrier

    # --- what the sentences put down ------------------------------------------------------------

    def add(self, act: Act) -> int:
        self._acts.append(act)
        return len(self._acts) - 1

    def __len__(self) -> int:
        return len(self._acts)

    def spans(self, start: int) -> tuple[Span, ...]:
        """Of the acts from `start` on."""
        return tuple(act.span for act in self._acts[start:])

    def amend(self, at: int, **more: tuple[str, ...]) -> None:
        act = self._acts[at]
        self._acts[at] = replace(act, **{name: (*getattr(act, name), *words) for name, words in more.items()})

    @property
    def last(self) -> list[int]:
        return self._last

    @last.setter
    def last(self, acts: list[int]) -> None:
        self._last = acts

    @property
    def document(self) -> Document:
        return self._document

    @property
    def lists(self) -> Wordlists:
        return self._lists

    @property
    def reader(self) -> Reader:
        return self._reader

    @property
    def notice(self) -> bool:
        return self._notice


class _Sentence:
    """One sentence, read from left to right."""

    def __init__(self, home: ActReader, passage: Passage, span: Span) -> None:
        self._home = home
        self._passage = passage
        self._flat: Flat = passage.flat
        self._text = passage.flat.text[span.start : span.end]
        self._state = _State(span.start, span.end)
        self._lists, self._reader = home.lists, home.reader
        self._pieces = list(pieces_of(self._text))

    def read(self) -> None:
        """Puts the acts of the sentence down."""
        if self._idle():
            return
        before = len(self._home)
        for at, piece in enumerate(self._pieces):
            self._piece(piece, at)
            if piece.stop and piece.stop in "；;":
                self._flush(piece.end)
                self._semicolon()
        self._close()
        self._account(before)

    def _account(self, before: int) -> None:
        """Notes the pieces that a word binds and that no act of this sentence holds."""
        spans = self._home.spans(before)
        for piece in self._pieces:
            if piece.text.endswith("的") or self._lists.exception.search(piece.text) or not self._certain(piece.text):
                continue
            held = self._span(piece.start, piece.end)
            if not any(span.start < held.end and held.start < span.end for span in spans):
                self._home.passed_over.append((self._passage.address, self._words(piece.start, piece.end)))

    def _certain(self, text: str) -> bool:
        """Whether a word in it binds for certain, as 应当 does."""
        degrees = self._lists.degree_of
        words = self._lists.words
        loose = words.opening_only | words.notices_only
        return any(
            word.text in degrees and word.text not in loose and len(word.text) > 1 for word in self._binding(text)
        )

    def _idle(self) -> bool:
        """A heading, or the words before the first clause: read only where a word in it binds."""
        quiet = self._passage.heading or self._passage.preamble
        return quiet and not any(self._modal(piece.text, piece) for piece in self._pieces)

    # --- a piece ----------------------------------------------------------------------------------

    def _piece(self, piece: Piece, at: int) -> None:
        state, skip = self._state, self._reader.opening(piece.text)
        text, start = piece.text[skip:], piece.start + skip
        if not text:
            return
        if self._lists.exception.search(text):
            self._exception(start, piece.end)
            return
        modal = self._modal(text, piece)
        if self._by(text, start, modal):
            return
        if modal is None and self._lists.sanction.search(text) and not text.endswith("的"):
            state.modal, state.demand, state.opened = None, None, None
            state.conditions.clear()
            return
        if modal is not None:
            self._bound(text, start, modal)
        else:
            self._unbound(text, start, at)

    def _bound(self, text: str, start: int, modal: _Modal) -> None:
        """A piece with a word that binds."""
        state = self._state
        before = text[: modal.start]
        self._flush(start)
        self._subject(before, start)
        state.modal, state.fresh, state.waiting = modal, True, False
        if modal.degree not in _BANS:
            state.demand = modal
        end = start + len(text)
        begin = start + modal.end
        if modal.word in self._lists.words.addressee_behind:
            beside = self._lists.others_behind.match(text, modal.end)
            named = beside.end() if beside else modal.end
            if length := self._reader.addressee(text[named:]):
                state.actor, state.thing = text[named : named + length], ""
                begin = start + named + length
        if self._lists.punishes.match(text[modal.end :]) and self._in_breach(before):
            state.actor, state.thing, state.nobody = None, "", True
        self._act(begin, end)
        state.nobody = False

    def _in_breach(self, before: str) -> bool:
        """Whether who was named is who broke the rule, and not who punishes him."""
        state = self._state
        if state.by or not state.conditions or self._reader.addressee(before[self._reader.opening(before) :]):
            return False
        case = self._words(*state.conditions[-1])
        return case.endswith("的") and "发现" not in case

    def _unbound(self, text: str, start: int, at: int) -> None:
        """A piece without one: a condition, an addressee, an act under what governs, or an act by its form."""
        state, end = self._state, start + len(text)
        if state.opened is not None:
            if not text.endswith("的"):
                begin, state.opened = state.opened, None
                self._act(begin, end)
                return
            self._flush(start)
        if self._follows_up(text, start, end):
            return
        governed = state.modal is not None
        if governed and not state.fresh and self._reader.aim(text):
            self._amend(aims=(self._words(start, end),))
            return
        length = 0 if governed and self._notice_act(text) else self._reader.addressee(text)
        if length:
            self._addressed(text, start, length, at)
        elif self._reader.condition(text) and not (governed and self._joined(start)):
            state.conditions.append((start, end))
        elif (governed or state.waiting) and not self._lists.states.match(text):
            self._go_on(start, end)
        else:
            self._by_form(text, start, end)

    def _joined(self, start: int) -> bool:
        """Whether 并 stands before the piece: 并经某部门批准 is an act of its own."""
        return self._text[max(0, start - 1) : start] in "并且" and start > 0

    def _flush(self, start: int) -> None:
        """An act that only said how ends where the next piece begins."""
        state = self._state
        if state.opened is not None and state.modal is not None:
            begin, state.opened = state.opened, None
            self._put(begin, len(self._text[:start].rstrip("。！？；：;:!?，并且但")))

    def _notice_act(self, text: str) -> bool:
        return self._home.notice and self._reader.acts(text)

    def _addressed(self, text: str, start: int, length: int, at: int) -> None:
        """A piece that begins with whom it addresses and has no word that binds."""
        state, end = self._state, start + len(text)
        state.actor, state.thing, state.by = text[:length], "", False
        rest = text[length:]
        if not rest or self._reader.condition(rest):
            if rest:
                state.conditions.append((start + length, end))
            state.waiting = not text.endswith("的") and not self._lists.happens.match(rest)
            state.modal = state.demand = None
            return
        tasked = self._home.notice or self._lists.declares.match(rest) is not None
        declared = tasked or self._lists.opens_verb.match(rest) is not None
        if declared and not self._describes(rest) and not self._bound_later(at, anyone=not tasked):
            state.modal = state.demand = _Modal(Degree.REQUIRE, "", 0, 0)
            self._act(start + length, end)
            return
        state.conditions.append((start + length, end))
        state.modal = state.demand = None

    def _describes(self, rest: str) -> bool:
        return bool(self._lists.states.match(rest) or self._lists.happens.match(rest))

    def _bound_later(self, at: int, *, anyone: bool) -> bool:
        """Whether a word that binds the same addressee comes in the sentence, so that this is its condition."""
        for piece in self._pieces[at + 1 :]:
            skip = self._reader.opening(piece.text)
            text = piece.text[skip:]
            if modal := self._modal(text, piece):
                own = self._reader.addressee(text[: modal.start]) > 0
                return (anyone or not own) and not piece.text.startswith(("并", "还", "也"))
            if text.endswith("的") or self._lists.states.match(text):
                return True
            if piece.stop and piece.stop in "；;":
                return False
        return False

    def _go_on(self, start: int, end: int) -> None:
        """An act under the word that governs the sentence; behind a ban the demand before it governs again."""
        state = self._state
        if state.modal is None:
            state.modal = state.demand = _Modal(Degree.REQUIRE, "", 0, 0)
        if state.modal.degree in _BANS and not state.fresh and (state.demand or self._home.notice):
            state.modal = state.demand or _Modal(Degree.REQUIRE, "", 0, 0)
        self._act(start, end)

    def _by_form(self, text: str, start: int, end: int) -> None:
        """An act without addressee and without a word that binds: an order in a notice, a consequence in a law."""
        state, reader = self._state, self._reader
        carried = self._home.carrier(self._passage.scope) is not None
        verb = self._lists.opens_verb.match(text) is not None
        ordered = self._home.notice and not self._passage.preamble and (verb or (carried and reader.acts(text)))
        follows = bool(state.conditions) and verb and (carried or state.actor is not None) and self._ends_case()
        if (ordered or follows) and not self._lists.states.match(text):
            state.modal = state.demand = _Modal(Degree.REQUIRE, "", 0, 0)
            self._act(start, end)
        elif verb and not self._noun(text):
            state.conditions.append((start, end))
        else:
            state.thing = text

    def _ends_case(self) -> bool:
        start, end = self._state.conditions[-1]
        return self._flat.text[self._state.begin + start : self._state.begin + end].endswith("的")

    # --- parts of a piece -------------------------------------------------------------------------

    def _modal(self, text: str, piece: Piece) -> _Modal | None:
        """The word that binds the piece; `None` where there is none, or it only describes."""
        if text.endswith("的"):
            return None
        for word in self._binding(text):
            if self._described(text, word, piece):
                continue
            degree = self._lists.degree_of.get(word.text)
            if degree is None or (not self._home.notice and word.text in self._lists.words.notices_only):
                continue
            if not self._binds(text, word):
                continue
            return _Modal(degree, word.text, word.start, word.end)
        return None

    def _described(self, text: str, word: BindingWord, piece: Piece) -> bool:
        """Whether the word stands in what describes whom the next piece binds: 依法应当履行义务的机构，应当…."""
        behind = text[word.end :]
        if piece.stop != "，" or not re.search(r"的[^的]{1,10}$", behind):
            return False
        following = next((p for p in self._pieces if p.start > piece.start), None)
        name = behind.rsplit("的", 1)[-1]
        return following is not None and self._binding_at_start(following.text) and bool(self._reader.addressee(name))

    def _binding_at_start(self, text: str) -> bool:
        skip = self._reader.opening(text)
        return any(word.start == skip for word in self._binding(text))

    def _binding(self, text: str) -> list[BindingWord]:
        """Those of the table, and 不得 before a figure too."""
        found = {word.start: word for word in self._lists.binding.within(text)}
        for match in self._lists.binding.bans.finditer(text):
            if match.start() not in found and not text.startswith(self._lists.words.no_bans, match.start()):
                found[match.start()] = BindingWord(match[0], match.start(), match.end(), Force.PROHIBIT, True)
        return [found[at] for at in sorted(found)]

    def _binds(self, text: str, word: BindingWord) -> bool:
        before = text[: word.start]
        skip = self._reader.opening(before)
        bare = before[skip:]
        owed = re.match(r"([^的，、]{1,6})的(?=[^，]{1,12}$)", text[word.end :])
        if owed and self._lists.verb.fullmatch(owed[1]):
            return False  # 应当交纳的保费
        governed = self._state.modal is not None and not self._state.fresh
        if governed and self._reader.aim(text):
            return False
        if word.text in self._lists.words.opening_only:
            adverbs = self._lists.adverbs.fullmatch(bare)
            return not bare or adverbs is not None or self._reader.addressee(bare) == len(bare)
        return not self._lists.speaking.match(bare) or self._lists.heads.match(bare) is not None or _noun_end(bare)

    def _subject(self, before: str, start: int) -> None:
        """Takes whom or what the words before the word that binds name."""
        state, reader = self._state, self._reader
        skip = reader.opening(before)
        text = before[skip:]
        if not text or self._lists.adverbs.fullmatch(text):
            return
        if length := reader.addressee(text):
            state.actor, state.thing, state.by = text[:length], "", False
            if text[length:] and not self._lists.adverbs.fullmatch(text[length:]):
                state.conditions.append((start + skip + length, start + len(before)))
        elif self._compound(text):
            state.actor, state.thing, state.by = text, "", False
        elif self._names_at_end(text):
            state.thing, state.actor = text, None  # whom it means cannot be told, so nobody is carried over
        elif reader.condition(text) or (self._lists.opens_verb.match(text) and not self._noun(text)):
            state.conditions.append((start + skip, start + len(before)))
        elif self._lists.never_subject.match(text):
            state.conditions.append((start + skip, start + len(before)))
        else:
            state.thing, state.actor = text, None

    def _names_at_end(self, text: str) -> bool:
        return any(match.end() == len(text) for match in self._lists.heads.finditer(text))

    def _compound(self, text: str) -> bool:
        """Whether verb and noun are one name: 承保机构, 施工单位."""
        verb = self._lists.opens_verb.match(text)
        if verb is None or self._lists.founding.match(text):
            return False
        return text[verb.end() :] in _BODIES

    def _noun(self, text: str) -> bool:
        """Whether a phrase that opens with a verb is a noun: 变更后的相关事项."""
        verb = self._lists.opens_verb.match(text)
        return verb is not None and re.match("[后前中时]?的.", text[verb.end() :]) is not None

    def _by(self, text: str, start: int, modal: _Modal | None) -> bool:
        """由某机构负责: whoever stands behind 由 is addressed."""
        if text.endswith("的"):
            return False
        for match in _BY.finditer(text):
            if modal is not None and match.start() < modal.start and self._reader.addressee(text[: modal.start]):
                return False
            behind = text[match.end() :]
            length = self._reader.addressee(behind) or self._reader.addressee(behind, open_end=True)
            if not length or not behind[length:]:
                continue
            state = self._state
            if self._lists.sanction.search(behind) and modal is None:
                state.actor, state.thing, state.by = behind[:length], "", True
                state.modal = state.demand = None
                state.conditions.clear()
                return True
            if re.match(r"[^的，]{1,6}的", behind[length:]):
                continue
            if modal is not None and modal.start < match.start():
                governs = modal
            elif state.modal is not None and state.modal.degree is Degree.SHALL and not state.fresh:
                governs = state.modal
            else:
                governs = _Modal(Degree.REQUIRE, "由", 0, 0)
            thing = text[: modal.start if modal is not None and modal.start < match.start() else match.start()]
            state.thing = thing or state.thing
            state.actor = behind[:length]
            state.modal = state.demand = governs
            state.fresh = True
            self._act(start + match.end() + length, start + len(text))
            state.thing = ""
            return True
        return False

    def _follows_up(self, text: str, start: int, end: int) -> bool:
        if self._state.acts and self._lists.follow_up.match(text):
            self._amend(conditions=(self._words(start, end),))
            return True
        return False

    def _exception(self, start: int, end: int) -> None:
        words = (self._words(start, end),)
        pending = [self._words(*span) for span in self._state.conditions]
        self._state.conditions.clear()
        for at in self._state.acts[self._state.segment :] or self._home.last:
            self._home.amend(at, exceptions=("，".join([*pending, *words]),))

    def _semicolon(self) -> None:
        """A semicolon ends the conditions, and what demands goes on; an addressee does."""
        self._state.conditions.clear()
        self._state.segment = len(self._state.acts)

    # --- an act -----------------------------------------------------------------------------------

    def _act(self, begin: int, end: int) -> None:
        """Puts down the act between two offsets of the sentence, or each of the items it leads to."""
        state = self._state
        words = self._text[begin:end]
        assert state.modal is not None  # whoever calls has set it
        if not words:
            return
        if self._passage.items and (listed := self._lists.listed.search(words)):
            self._list(listed[1], begin, end)
            return
        if self._reader.adverbial(words):
            state.opened = begin
            return
        self._put(begin, end)

    def _list(self, noun: str, begin: int, end: int) -> None:
        """下列行为： each item is a row; 下列情形之一的： the items are the condition."""
        listed = self._lists.itemised.search(noun[:_NOUN]) or self._lists.itemised.fullmatch(noun.rsplit("的", 1)[-1])
        if self._lists.cases.search(noun) or not listed:
            at = self._put(begin, end)
            items = tuple(flow(self._raw(item.flat, 0, len(item.flat.text))) for item in self._passage.items)
            self._home.amend(at, aims=items)
            return
        lead = self._words(begin, end)
        for item in self._passage.items:
            self._put_item(item, lead)
        self._state.conditions.clear()

    def _put(self, begin: int, end: int) -> int:
        state = self._state
        assert state.modal is not None  # set by whoever found the act
        act = Act(
            degree=state.modal.degree,
            word=state.modal.word,
            actor=self._actor(),
            span=self._span(begin, end),
            words=self._words(begin, end),
            thing=state.thing,
            conditions=self._conditions(),
            address=self._passage.address,
            sentence=self._span(0, len(self._text)),
        )
        at = self._home.add(act)
        state.acts.append(at)
        state.conditions.clear()
        state.fresh = state.waiting = False
        return at

    def _put_item(self, item: Item, lead: str) -> None:
        state = self._state
        assert state.modal is not None  # set by whoever found the list
        end = len(item.flat.text.rstrip("；;。，,、"))
        if not end:
            return
        whole = self._span(0, len(self._text))
        span = item.flat.span(0, end)
        act = Act(
            degree=state.modal.degree,
            word=state.modal.word,
            actor=self._actor(),
            span=span,
            words=flow(self._raw(item.flat, 0, end)),
            thing=state.thing,
            aims=(lead,),
            conditions=self._conditions(),
            address=item.address,
            sentence=Span(whole.start, span.end),
        )
        state.acts.append(self._home.add(act))
        state.fresh = state.waiting = False

    def _conditions(self) -> tuple[str, ...]:
        cases = [self._words(*span) for span in self._state.conditions]
        if self._passage.items and any(self._lists.cases.search(words) for words in cases):
            cases += [flow(self._raw(i.flat, 0, len(i.flat.text))) for i in self._passage.items]
        return tuple(cases)

    def _actor(self) -> Actor:
        state = self._state
        if state.actor is not None:
            words = state.actor
            return Actor(words=words, kinds=kinds_of(words, self._lists))
        if state.thing or state.nobody:
            return Actor(words=None)
        carrier = self._home.carrier(self._passage.scope)
        return Actor(words=None, carrier=carrier, kinds=kinds_of(carrier.words, self._lists) if carrier else ())

    def _close(self) -> None:
        """Leaves to the next sentence whom this one addressed."""
        state = self._state
        if state.opened is not None and state.modal is not None:
            begin = state.opened
            self._put(begin, len(self._text.rstrip("。！？；：;:!?，")))
        if state.acts:
            self._home.last = state.acts
        if state.actor is not None and state.acts:
            quote = self._span(0, len(self._text))
            self._home.carry(
                self._passage.scope,
                Carrier(
                    words=state.actor,
                    quote=flow(self._home.document.text[quote.start : quote.end]),
                    address=self._passage.address,
                    span=quote,
                ),
            )

    def _amend(self, **more: tuple[str, ...]) -> None:
        if self._state.acts:
            self._home.amend(self._state.acts[-1], **more)

    # --- offsets ------------------------------------------------------------------------------------

    def _span(self, start: int, end: int) -> Span:
        return self._flat.span(self._state.begin + start, self._state.begin + end)

    def _words(self, start: int, end: int) -> str:
        span = self._span(start, end)
        return flow(self._home.document.text[span.start : span.end])

    def _raw(self, flat: Flat, start: int, end: int) -> str:
        span = flat.span(start, end)
        return self._home.document.text[span.start : span.end]


def _noun_end(text: str) -> bool:
    """Whether a phrase ends in a noun that something describes: 提交报告的情况."""
    at = text.rfind("的")
    return 0 < at < len(text) - 1 and len(text) - at <= 8


def kinds_of(words: str, lists: Wordlists) -> tuple[str, ...]:
    """主体类别 of an addressee, by the parts of its name."""
    found: dict[str, None] = {}
    for part in re.split(r"、|和|及其|以及|会同|或者", words):
        for line in lists.words.kinds:
            if (part in line.words) if line.whole else any(word in part for word in line.words):
                found[line.kind] = None
                break
    return tuple(found)
