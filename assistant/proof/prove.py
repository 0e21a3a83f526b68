"""The proof: does a clause say what a sentence claims? Pure functions, no model.

A sentence passes when nothing in it speaks against its clauses: quotations stand there, figures agree in
value, unit and bound, institutions are those addressed, what is forbidden stays forbidden, and the words
themselves come from the clause. Every doubt counts against the sentence: the price of a false alarm is that
the clause's own words are shown instead.

    sentence + clauses → Held → quotations → word by word (align, objections) or by matter (paraphrase) → Proof

A claim that repeats a clause for the most part is compared with it word by word, because one changed word
makes it false; one in words of its own is judged by its matter. Both read the same figures, binding words
and institutions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from assistant.proof.align import Case, Comparison, best_of, shares, stretches
from assistant.proof.lists import enumerated
from assistant.proof.objections import objection, words_changed
from assistant.proof.paraphrase import MIN_SUPPORT, lends_support, paraphrased, subjects_agree
from assistant.proof.pieces import Held, pieces_of
from assistant.proof.rules import Rule, Ruling
from assistant.proof.tokens import Token, plain, plain_lines, tokens_of
from assistant.schema.answer import Verdict
from assistant.text.institutions import Institutions, known_institutions
from assistant.text.numerals import HAN_NUMERAL
from assistant.text.quotes import quotations_in, quote_stands

_REPEATS = 0.75  # a claim of which so much stands in a clause in its order repeats it
_REPEATS_ONE_OF_MANY = 0.97
_PART_REPEATS = 0.55
_LEAST_IN_ORDER = 0.5  # of a paraphrase too: words of a clause shuffled say something else
_LEAST_TOKENS, _MOST_TOKENS = 4, 400
_CLAIM_CUT = re.compile(r"(?<=[，；。！,;!])")
_SHORT_PART = 8  # characters


@dataclass(frozen=True, slots=True)
class Proof:
    """A verdict, the rule that gave it, and how much of the claim one stretch of the clauses repeats, 0 to 1.

    `held`: the words of the clause that the claim has others for, where that is what is wrong and they can
    be named.
    """

    verdict: Verdict
    rule: Rule
    repeats: float = 0.0
    held: str = ""


def prove(
    sentence: str,
    *clauses: str,
    context: str = "",
    institutions: Institutions | None = None,
    min_support: float = MIN_SUPPORT,
) -> Verdict:
    """Whether `clauses`, taken together, say what `sentence` (without marks) claims: the verdict of `examine`."""
    return examine(sentence, *clauses, context=context, institutions=institutions, min_support=min_support).verdict


def examine(
    sentence: str,
    *clauses: str,
    context: str = "",
    institutions: Institutions | None = None,
    min_support: float = MIN_SUPPORT,
) -> Proof:
    """Whether `clauses`, taken together, say what `sentence` (without marks) claims.

    Args:
        sentence: one sentence.
        clauses: the plain texts of all the clauses it cites; each must support something in it.
        context: document title, address and headings, which a sentence may name.
        institutions: who is who; without it those of the package.
        min_support: the share of each piece's matter that the clauses must hold.

    Returns:
        The first objection, in the order MISQUOTE, NUMBER, SUBJECT, MODALITY, UNSUPPORTED;
        NOT_FOUND without any clause; OK when there is none.
    """
    if not clauses:
        return Proof(Verdict.NOT_FOUND, Rule.NO_CLAUSE)
    claim, around = plain(sentence), plain(context)
    known = institutions or known_institutions()
    texts = tuple(plain(clause) for clause in clauses)
    held = Held(
        claim=known.as_named(_without_references(claim, around), "\n".join(texts)),
        clauses=texts,
        lined=tuple(plain_lines(clause) for clause in clauses),
        context=around,
        institutions=known,
    )
    best = _best_of(held)
    repeats = best.coverage if best is not None else 0.0
    ruling = _ruling(claim, held, best, min_support)
    if len(texts) == 1 and ruling.rule is not Rule.QUOTATION and enumerated(held.claim, held.lined[0], known):
        ruling = Ruling(Verdict.OK, Rule.LISTED)
    changed = words_changed(best, ruling.verdict) if best is not None and repeats >= _PART_REPEATS else ""
    return Proof(ruling.verdict, ruling.rule, repeats, changed)


def supports(sentence: str, clause: str, *, context: str = "", institutions: Institutions | None = None) -> bool:
    """Whether `clause` says at least something of what `sentence` claims."""
    known = institutions or known_institutions()
    claim = pieces_of(_without_references(plain(sentence), plain(context)), known)
    return lends_support(claim, pieces_of(plain(clause), known))


def _ruling(claim: str, held: Held, best: Comparison | None, min_support: float) -> Ruling:
    if not _quotes_stand(claim, held):
        return Ruling(Verdict.MISQUOTE, Rule.QUOTATION)
    if best is not None and (repeated := _word_by_word(held, best)) is not None:
        return repeated
    shuffled = best is not None and best.coverage <= _LEAST_IN_ORDER
    return paraphrased(held, min_support=min_support, shuffled=shuffled)


# --- word by word -----------------------------------------------------------------------------------

_REPEATED = Ruling(Verdict.OK, Rule.REPEATED)


def _best_of(held: Held) -> Comparison | None:
    """The claim against the stretch that repeats most of it; `None` for a claim of a few words."""
    claim = tokens_of(held.claim.replace("·", ""), held.institutions)
    if not _LEAST_TOKENS <= len(claim) <= _MOST_TOKENS:
        return None
    return best_of(claim, _all_stretches(held))


def _all_stretches(held: Held) -> tuple[tuple[Token, ...], ...]:
    return tuple(chain.from_iterable(stretches(text, held.institutions) for text in held.lined))


def _word_by_word(held: Held, best: Comparison) -> Ruling | None:
    """The ruling on a claim that repeats its clauses for the most part; `None` on a paraphrase."""
    if best.coverage >= (_REPEATS if len(held.clauses) == 1 else _REPEATS_ONE_OF_MANY):
        if not all(shares(best.claim, stretches(text, held.institutions)) for text in held.lined):
            return Ruling(Verdict.UNSUPPORTED, Rule.CLAUSE_UNUSED)
        return _objection(best, held) or _addressed(held, best)
    found = [_part(part, _all_stretches(held), held) for part in _parts(held.claim)]
    against = [ruling for ruling in found if ruling is not None and ruling.verdict is not Verdict.OK]
    if against:
        return against[0]
    return _addressed(held, None) if found and None not in found and len(held.clauses) == 1 else None


def _addressed(held: Held, found: Comparison | None) -> Ruling:
    """Whether the institutions are those addressed; where none was added or left out, they are."""
    changed = [t for e in found.edits for t in (*e.lost, *e.new) if t.name] if found is not None else []
    if found is not None and all(t.text in held.context for t in changed):  # 融资担保公司 of its own regulation
        return _REPEATED
    return _REPEATED if subjects_agree(held) else Ruling(Verdict.SUBJECT, Rule.NOT_ADDRESSED)


def _objection(found: Comparison, held: Held) -> Ruling | None:
    return objection(Case(found, f"{held.union}\n{held.context}", held.institutions))


def _part(part: str, stretches: Sequence[tuple[Token, ...]], held: Held) -> Ruling | None:
    tokens = tokens_of(part, held.institutions)
    if len(tokens) < _LEAST_TOKENS:
        return None if tokens else _REPEATED
    best = best_of(tokens, stretches)
    if best is None or best.coverage < _PART_REPEATS:
        return None
    return _objection(best, held) or _REPEATED


def _parts(claim: str) -> list[str]:
    """The claim cut at commas, short pieces kept with the next."""
    parts: list[str] = []
    for piece in _CLAIM_CUT.split(claim.replace("·", "")):
        if parts and len(parts[-1]) < _SHORT_PART:
            parts[-1] += piece
        elif piece.strip("，；。！,;!"):
            parts.append(piece)
    return parts


# --- what a claim cites and quotes ------------------------------------------------------------------

# 根据《…》第十二条第二款、五、（十）: where a claim says it stands; checked as text, not as figures.
_TITLE = re.compile(r"《([^《》]{1,120})》")
_ARTICLE = re.compile(rf"第(?:{HAN_NUMERAL}|\d+)[条款项章节编目]")
_HEADING = re.compile(rf"{HAN_NUMERAL}、\({HAN_NUMERAL}\)|\({HAN_NUMERAL}\)")
_YEAR = re.compile(r"\d{4}年")


def _without_references(claim: str, context: str) -> str:
    """`claim` without names of documents, addresses and years that its context bears out."""
    claim = _TITLE.sub(lambda match: "·" if match[1] in context else match[0], claim)
    for pattern in (_ARTICLE, _HEADING, _YEAR):
        claim = pattern.sub(lambda match: "·" if match[0] in context else match[0], claim)
    return claim


def _quotes_stand(claim: str, held: Held) -> bool:
    """Words in quotation marks stand in a clause, names in 《》 in a clause or its context."""
    quotes = tuple(quotations_in(claim))
    if not all(any(quote_stands(quote, text) for text in (*held.clauses, held.context)) for quote in quotes):
        return False
    return all(
        match[0] in held.union or match[1] in held.context or f"《{match[1]}》" in held.union
        for match in _TITLE.finditer(claim)
    )
