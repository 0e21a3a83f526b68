"""No text of lower authority answers alone against one of higher: the higher goes first, a conflict is told.

What stands in a lower text holds as far as the higher one leaves it (立法法 §§98–102, 107). Who makes rules at all
is told by `data/authorities.yaml`: the notice of a trade association is no rule for others, whatever it is headed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from assistant.answering.select import Selection
from assistant.answering.sentence_reading import Pick
from assistant.parsing.legal_level import level_of
from assistant.question.reading import Reading
from assistant.safety.intrusions import intrusive
from assistant.schema.answer import Modality
from assistant.schema.document import DocumentMeta, LegalLevel
from assistant.schema.retrieval import Retrieved, ScoredSentence
from assistant.text.binding_words import modality_of
from assistant.text.figures import Figure, figures_in
from assistant.text.folding import fold, squeeze
from assistant.text.tables import packaged, read_table

MetaOf = Callable[[str], DocumentMeta]
_WITHIN, _UNTOLD, _OTHER = len(LegalLevel), len(LegalLevel) + 1, len(LegalLevel) + 2
_FORBIDS, _ALLOWS = frozenset({Modality.PROHIBIT}), frozenset({Modality.PERMIT, Modality.ENCOURAGE})
_ONE_THING, _SAME_WORDS, _FEWEST_PAIRS = 0.2, 0.4, 3  # shares of the shorter of two sentences
_MATTERS = 2  # words of the question that two texts must both say to speak of one matter


class _Authorities(BaseModel):
    """The table; its head says what each list is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organs: tuple[str, ...]
    others: tuple[str, ...]
    within: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two sentences on one matter that cannot both be followed; `higher` goes before."""

    higher: DocumentMeta
    lower: DocumentMeta

    @property
    def words(self) -> str:
        """What is said of it."""
        return (
            f"注意：《{self.lower.title}》（{self.lower.issuer or '发文机关未载明'}）与《{self.higher.title}》"
            f"（{self.higher.issuer or level_of(self.higher) or '发文机关未载明'}）的规定不一致，"
            f"后者的效力更高，请以《{self.higher.title}》为准。"
        )


def authority(meta: DocumentMeta) -> int:
    """How high a text stands, 0 for a law; texts of bodies that make no rules for others stand below all rules."""
    issuer = squeeze(meta.issuer or "")
    if not issuer:
        level = level_of(meta)
        return level.order if level is LegalLevel.LAW else _UNTOLD
    table = _table()
    if not issuer.endswith("中国人民银行") and issuer.endswith(table.within):
        return _WITHIN
    if issuer.endswith(table.others):
        return _OTHER
    level = level_of(meta)
    return level.order if level is not None and issuer.endswith(table.organs) else _UNTOLD


def with_higher(reading: Reading, found: Retrieved, selection: Selection, meta_of: MetaOf) -> Selection:
    """`selection`, before it the best sentence of a higher text on the same matter that it does not hold.

    Nothing is added when what was chosen is of the highest found, or the two agree and both make rules, or the
    question names the text it asks about.
    """
    if not selection.picks or reading.query.named:
        return selection
    ranks = {pick.chunk.document_id: authority(meta_of(pick.chunk.document_id)) for pick in selection.picks}
    highest = min(ranks.values())
    words = _said(reading, " ".join(pick.chunk.plain for pick in selection.picks))
    for evidence in found.evidence:
        other = authority(meta_of(evidence.chunk.document_id))
        if other >= highest or evidence.chunk.document_id in ranks:
            continue
        best = _best(evidence.sentences, words)
        if best is not None and (highest >= _WITHIN or _against_any(best, selection.picks)):
            led = Pick(chunk=best.chunk, score=best.score)
            return replace(selection, picks=(led, *selection.picks))
    return _ordered(selection, ranks)


def conflicts(selection: Selection, meta_of: MetaOf) -> tuple[Conflict, ...]:
    """The conflicts among the chosen sentences, each pair of texts once."""
    found: dict[tuple[str, str], Conflict] = {}
    for one in selection.picks:
        for other in selection.picks:
            higher, lower = meta_of(one.chunk.document_id), meta_of(other.chunk.document_id)
            if authority(higher) < authority(lower) and _against(one.chunk.plain, other.chunk.plain):
                found.setdefault((higher.id, lower.id), Conflict(higher=higher, lower=lower))
    return tuple(found.values())


def note(selection: Selection, meta_of: MetaOf) -> str:
    """What is said below an answer: its conflicts, or that it rests on texts of bodies that make no rules alone."""
    if told := conflicts(selection, meta_of):
        return "\n".join(one.words for one in told)
    metas = {meta.id: meta for pick in selection.picks for meta in (meta_of(pick.chunk.document_id),)}
    if metas and all(authority(meta) == _OTHER for meta in metas.values()):
        who = "、".join(dict.fromkeys(meta.issuer or "" for meta in metas.values()))
        return f"注意：以上内容只见于{who}发布的文件，它不是制定规定的机关，请以主管部门的规定为准。"
    return ""


@lru_cache(maxsize=1)
def _table() -> _Authorities:
    return read_table(packaged("authorities.yaml"), _Authorities)


def _ordered(selection: Selection, ranks: dict[str, int]) -> Selection:
    """The sentences of higher texts first, where some contradict others."""
    if not any(_against_any(pick, selection.picks) for pick in selection.picks):
        return selection
    return replace(selection, picks=tuple(sorted(selection.picks, key=lambda p: ranks[p.chunk.document_id])))


def _said(reading: Reading, text: str) -> frozenset[str]:
    """The words of the question that name something and that `text` says."""
    folded = fold(text)
    return frozenset(w for w in (*reading.words.naming, *reading.words.terms) if len(w) > 1 and fold(w) in folded)


def _best(sentences: Sequence[ScoredSentence], words: frozenset[str]) -> ScoredSentence | None:
    """The best sentence that speaks of the same matter and orders no machine about."""
    needed = max(_MATTERS, (2 * len(words) + 2) // 3)
    alike = [s for s in sentences if sum(fold(w) in fold(s.chunk.lead + s.chunk.plain) for w in words) >= needed]
    return max((s for s in alike if not intrusive(s.chunk.plain)), key=lambda s: (s.score, s.chunk.id), default=None)


def _against_any(one: Pick | ScoredSentence, picks: Sequence[Pick]) -> bool:
    return any(
        pick.chunk.document_id != one.chunk.document_id and _against(one.chunk.plain, pick.chunk.plain)
        for pick in picks
    )


def _against(one: str, other: str) -> bool:
    """Whether one sentence forbids what the other allows, or both set other figures of one unit."""
    modalities = {modality_of(one)}, {modality_of(other)}
    if (modalities[0] <= _FORBIDS and modalities[1] <= _ALLOWS) or (
        modalities[1] <= _FORBIDS and modalities[0] <= _ALLOWS
    ):
        return _alike(one, other, _ONE_THING)
    return _alike(one, other, _SAME_WORDS) and _figures_apart(figures_in(one), figures_in(other))


def _figures_apart(one: frozenset[Figure], other: frozenset[Figure]) -> bool:
    shared = {f.unit for f in one if f.unit} & {f.unit for f in other if f.unit}
    return any(
        not {f.value for f in one if f.unit == unit} & {f.value for f in other if f.unit == unit} for unit in shared
    )


def _alike(one: str, other: str, share: float) -> bool:
    """Whether two sentences share that part of the shorter one's pairs of characters, and three at least."""
    pairs = [{words[n : n + 2] for n in range(len(words) - 1)} for words in (squeeze(fold(one)), squeeze(fold(other)))]
    smaller = min(map(len, pairs))
    return len(pairs[0] & pairs[1]) >= max(_FEWEST_PAIRS, share * smaller)
