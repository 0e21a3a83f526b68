"""The Chinese words in which an answer, its sources and a checked text are shown, whatever shows them."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.proof.places import Place
from assistant.proof.verifier import Checked
from assistant.schema.answer import Answer, Citation, Modality, Mode, Outcome, RelatedPolicy, Statement, Verdict
from assistant.schema.document import Clause, Document
from assistant.text.folding import flow

DEVELOPMENT = "开发模式：仅供本机试用，不验证身份。"
OUTCOME_LABELS = {
    Outcome.ANSWERED: "已答复",
    Outcome.PARTIAL: "部分有据",
    Outcome.POSSIBLE: "可能相关，未能确认",
    Outcome.NOT_FOUND: "本库未载明",
}
VERDICT_LABELS = {
    Verdict.OK: "✓ 引文已核对",
    Verdict.NOT_FOUND: "✗ 条款不存在",
    Verdict.MISQUOTE: "✗ 引文与原文不符",
    Verdict.NUMBER: "✗ 数字与原文不符",
    Verdict.MODALITY: "✗ 约束程度与原文不符",
    Verdict.SUBJECT: "✗ 主体与原文不符",
    Verdict.SUPERSEDED: "✗ 条款已失效",
    Verdict.UNSUPPORTED: "✗ 条款不支持该说法",
}
CHECKED_LABELS = {
    Verdict.OK: "✓ 与条款一致",
    Verdict.NOT_FOUND: "✗ 文件或条款不存在",
    Verdict.MISQUOTE: "✗ 引文与原文不符",
    Verdict.NUMBER: "✗ 数字与原文不符",
    Verdict.MODALITY: "✗ 约束程度与原文不符",
    Verdict.SUBJECT: "✗ 主体与原文不符",
    Verdict.SUPERSEDED: "✗ 条款不是所问日期有效的文本",
    Verdict.UNSUPPORTED: "✗ 没有条款支持",
}
PLAIN_CAPTION = "口语版（由语言模型改写，逐句核对；以条款原文为准）："
_FACT_WORDS = {
    "title": "标题",
    "document_number": "文号",
    "issuer": "发文机关",
    "issued": "发布日期",
    "effective": "施行日期",
    "status": "时效",
}
_UNVERIFIED = "未核实"
_SHOWN_CLAUSE = 200  # code points of a clause in a report


def ai_label(mode: Mode) -> str:
    """Who wrote the answer, in the words shown to users and put into the API."""
    if mode is Mode.EXTRACTIVE:
        return "内容由程序依据条款生成，请以条款原文为准"
    return "内容由人工智能模型依据条款生成，请以条款原文为准"


def titled(title: str) -> str:
    """`title` in 《》, unless it already holds them.

    >>> titled("关于进一步做好服务的通知")
    '《关于进一步做好服务的通知》'
    """
    return title if "《" in title else f"《{title}》"


def bare_heading(citation: Citation) -> str:
    """The heading without the number that the address already ends with: （十）规范贷款管理 → 规范贷款管理."""
    heading = citation.heading or ""
    tails = (citation.address[at:] for at in range(len(citation.address)))
    number = next((tail for tail in tails if heading.startswith(tail)), "")
    return heading.removeprefix(number).strip()


def restated_question(answer: Answer) -> str | None:
    """The question as it was understood, if that is more than what was typed."""
    same = "".join(answer.standalone_question.split()) == "".join(answer.question.split())
    return None if same else answer.standalone_question


def source_lines(answer: Answer) -> tuple[str, ...]:
    """One line for each citation: number, title, address, status, verdict."""
    return tuple(source_line(c) for c in answer.citations)


def source_line(c: Citation) -> str:
    """One citation on a line."""
    words = bare_heading(c)
    heading = f" {words}" if words else ""
    level = f"{c.legal_level.value}，" if c.legal_level else ""
    checked = f"{level}{c.validity.value}，{VERDICT_LABELS[c.verdict]}"
    return f"[{c.number}] {titled(c.document_title)}{c.address}{heading}（{checked}）"


def modalities_of(number: int, statements: Sequence[Statement]) -> tuple[Modality, ...]:
    """How the statements resting on citation `number` bind, each once, in order."""
    said = (s.modality for s in statements if number in s.citations and s.modality is not None)
    return tuple(dict.fromkeys(said))


def related_facts(policy: RelatedPolicy) -> tuple[str, ...]:
    """What is known of a related policy, a phrase each; what nobody has checked says so."""
    facts = (
        ("", policy.document_number),
        ("", policy.issuer),
        ("发布 ", policy.issued),
        ("施行 ", policy.effective),
        ("", policy.status),
    )
    known = [f"{words}{fact}" for words, fact in facts if fact and fact != _UNVERIFIED]
    unknown = policy.status == _UNVERIFIED
    if unknown:
        known.append(f"时效{_UNVERIFIED}")
    doubted = "、".join(_FACT_WORDS[name] for name in policy.unverified if not (unknown and name == "status"))
    held = f"本库已收录（{policy.document_id}）" if policy.document_id else None
    page = f"官方页面：{policy.official_url}" if policy.official_url else None
    more = (policy.status_detail, f"关系：{policy.why}", page, policy.note)
    known += [held] if held else []
    return (*known, *([f"{_UNVERIFIED}：{doubted}"] if doubted else []), *(words for words in more if words))


def checked_label(checked: Checked) -> str:
    """The verdict in words, with its mark."""
    return CHECKED_LABELS[checked.verdict] if checked.verdict is not None else "— 未作核对"


def checked_summary(checked: Sequence[Checked]) -> str:
    """How many sentences passed."""
    judged = [c for c in checked if c.verdict is not None]
    passed = sum(c.verdict is Verdict.OK for c in judged)
    if not judged:
        return "没有可以核对的句子。"
    rest = f"，{len(judged) - passed} 句没有通过" if passed < len(judged) else ""
    return f"共核对 {len(judged)} 句：{passed} 句与条款一致{rest}。"


def clause_shown(place: Place) -> str:
    """The words of a clause in a report, cut where they are long."""
    words = "".join(place.text.split("\n"))
    return words if len(words) <= _SHOWN_CLAUSE else f"{words[:_SHOWN_CLAUSE]}……"


def plain_text(document: Document, clause: Clause) -> str:
    """The words of `clause` as a reader sees them: page breaks taken out, paragraphs on lines of their own."""
    words, read_to = "", clause.span.start
    for leaf in clause.leaves():
        if words:
            gap = document.text[read_to : leaf.span.end - len(leaf.text.lstrip())]
            words += "\n" if "\n" in gap else gap[:1]
        words += flow(leaf.text)
        read_to = leaf.span.start + len(leaf.text.rstrip())
    return words
