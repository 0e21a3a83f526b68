"""What is said where a question names a place of no document that can be told: not held, or which one is meant."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering.compose import Draft
from assistant.question.places import Unplaced, said
from assistant.safety.intrusions import leads_elsewhere
from assistant.schema.answer import Outcome, Why
from assistant.schema.document import DocumentMeta

_SHOWN = 6  # titles that are listed


def misplaced(unplaced: Sequence[Unplaced], searched: Sequence[DocumentMeta], *, whom: str | None) -> Draft:
    """The answer that asks back, or says what the library does not hold.

    Args:
        searched: the documents that the question may rest on.
        whom: who could know; `None` when no desk of a bank could.
    """
    lead = misplaced_lead(unplaced, searched)
    held = all(one.among and not one.name for one in unplaced)
    tail = f"如需办理或确认，请向{whom}咨询。" if whom and not held else ""
    why = Why.WHICH if held else Why.PLACE
    return Draft(outcome=Outcome.NOT_FOUND, lead=lead + tail, statements=(), citations=(), why=why)


def misplaced_lead(unplaced: Sequence[Unplaced], searched: Sequence[DocumentMeta]) -> str:
    """One sentence for each title that is not held, and for the places that may be of several documents."""
    return "".join(dict.fromkeys(_of_one(one, searched) for one in unplaced))


def _of_one(one: Unplaced, searched: Sequence[DocumentMeta]) -> str:
    place = said(one.address)
    if one.name:
        name = "所问的文件" if leads_elsewhere(one.name) else f"《{one.name}》"
        like = f"名称相近的有{_listed(one.among)}，如果问的是它，请写明名称再问。" if one.among else ""
        return f"本库未收录{name}，查不到其中的{place}：已检索本库 {len(searched)} 份文件。{like}"
    if not one.among:
        return f"本库未载明：本库 {len(searched)} 份文件都没有{place}。"
    example = one.among[0].title
    return f"所问的{place}可能出自本库的这几份文件：{_listed(one.among)}。请写明是哪一份，例如：《{example}》{place}。"


def _listed(metas: Sequence[DocumentMeta]) -> str:
    titles = list(dict.fromkeys(meta.title for meta in metas))
    more = f"等 {len(titles)} 份" if len(titles) > _SHOWN else ""
    return "、".join(f"《{title}》" for title in titles[:_SHOWN]) + more
