"""A second, simpler opinion on whether a statement is borne out by what is cited; shares no code with the gate."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from assistant.schema.answer import Answer, Citation, Statement

_FIGURE = re.compile(
    r"\d[\d.,]*(?:%|‰|[万亿千百]?元|[万亿]|个?工作日|个?月|[年月日天次户家倍笔岁])?"
    r"|[一二两三四五六七八九十百千]+(?:个?工作日|个?月|[年日天次户倍]|分之|成)"
)
_MODAL = re.compile(r"严禁|不得|禁止|严防|不准|应当|必须|可以|鼓励|无需|不必|免于|有权")
_NAMES = re.compile(
    r"银行保险机构|银行机构|保险公司|监管部门|大型银行|股份制银行|农村商业银行|村镇银行|政策性银行|保险机构|信托公司|人民银行|法院|财政部门"
)
_WIDER = {
    "银行机构": ("银行保险机构", "银行业金融机构"),
    "保险公司": ("保险机构", "银行保险机构"),
    "保险机构": ("保险公司", "银行保险机构"),
}
_QUOTE = re.compile(r"“([^”]+)”|「([^」]+)」|《([^》]+)》")
_ACTIVE = re.compile(
    r"[a-z][a-z0-9+.\-]*://|www\.|!\[|</?[a-z!]|javascript\s*:|data\s*:|&#|\x1b|\[\d{1,3}m", re.IGNORECASE
)
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


def flat(text: str) -> str:
    """Letters as they are compared: widths, case and white space folded."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def objections(statement: Statement, citations: Sequence[Citation]) -> list[str]:
    """Everything that speaks against a statement over the citations it names; empty when nothing does."""
    held = [c for c in citations if c.number in statement.citations]
    if not statement.citations or len(held) != len(set(statement.citations)):
        return ["cites nothing that is shown"]
    clauses = flat("\n".join(c.clause_text for c in held))
    named = clauses + flat("".join(f"{c.document_title}{c.address}{c.heading or ''}" for c in held))
    claim = flat(statement.text)
    found = _unsaid(claim, named) + _out_of_force(claim, _nearest(claim, clauses), quoted=statement.quoted)
    share = sum(pair in clauses for pair in _pairs(claim)) / max(1, len(_pairs(claim)))
    found += [f"support {share:.2f}"] if share < 0.6 else []
    if statement.quoted:
        found += [f"not verbatim: {p}" for p in re.split("[:：]", claim) if p.strip("。；;.") not in clauses]
    return found


def _out_of_force(claim: str, near: str, *, quoted: bool) -> list[str]:
    """Binding words that the nearest sentences do not have, and a ban that the claim leaves out."""
    found = [f"modal {m}" for m in _MODAL.findall(claim) if m not in near]
    return [*found, "ban left out"] if not quoted and _leaves_out_a_ban(claim, near) else found


def _unsaid(claim: str, named: str) -> list[str]:
    """Figures, names and quoted words of a claim that stand in nothing that it names."""
    found = [f"figure {f}" for f in _FIGURE.findall(claim) if f.strip(".,") not in named]
    found += [f"name {n}" for n in _NAMES.findall(claim) if not any(w in named for w in (n, *_WIDER.get(n, ())))]
    return found + [f"quote {q}" for q in map("".join, _QUOTE.findall(claim)) if q.strip("，。；、,.;") not in named]


def _leaves_out_a_ban(claim: str, near: str) -> bool:
    """Whether a claim repeats what is forbidden without saying that it is."""
    if not re.search(r"严禁|不得|禁止", near) or re.search(r"严禁|不得|禁止|严防", claim):
        return False
    return bool(_pairs(claim)) and _covers(claim, near)


def _covers(claim: str, near: str) -> bool:
    """Whether the piece of the clause that forbids is the one that the claim repeats."""
    pieces = [re.sub("严禁|不得|禁止", "·", p) for p in re.split("[,，。;；]", near) if re.search("严禁|不得|禁止", p)]
    return any(len(_pairs(p) & _pairs(claim)) > 0.8 * len(_pairs(p)) for p in pieces if _pairs(p))


def _nearest(claim: str, clauses: str) -> str:
    """The sentences of the clauses that share most with the claim, the two best of them."""
    sentences = [s for s in re.split("(?<=[。！？])", clauses) if s]
    ranked = sorted(sentences, key=lambda s: -len(_pairs(s) & _pairs(claim)))
    return "".join(ranked[:2])


def _pairs(text: str) -> set[str]:
    letters = "".join(char for char in text if char.isalnum())
    return {letters[at : at + 2] for at in range(len(letters) - 1)}


def shown(answer: Answer) -> str:
    """Every word of an answer that is not a document's own text."""
    return "\n".join((answer.text, *(s.text for s in answer.statements), *answer.notices))


def active_content(text: str) -> list[str]:
    """Links, images, markup and hidden characters."""
    found = [match[0] for match in _ACTIVE.finditer(unicodedata.normalize("NFKC", text))]
    found += [match[0] for match in re.finditer(r"\]\s*[(:]", text)]  # widths not folded: [1]（一） is no link
    return found + [f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in _UNSEEN and c != "\n"]
