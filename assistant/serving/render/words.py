"""The Chinese words in which an answer, its sources and a checked text are shown, whatever shows them."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.proof.places import Place
from assistant.proof.verifier import Checked
from assistant.schema.answer import Answer, Citation, Modality, Mode, Outcome, RelatedPolicy, Statement, Verdict, Why
from assistant.schema.document import Clause, Document
from assistant.text.folding import flow

DEVELOPMENT = "开发模式：仅供本机试用，不验证身份。"
OUTCOME_LABELS = {
    Outcome.ANSWERED: "有依据",
    Outcome.PARTIAL: "部分有依据",
    Outcome.POSSIBLE: "可能相关，未能确认",
    Outcome.NOT_FOUND: "本库未载明",
}
_WHY = {
    Why.OFF_TOPIC: "本库收录的文件里没有与此相关的条款。",
    Why.ATTRIBUTE: "条款里没有写明所问的这一点。",
    Why.YEAR: "本库的文件不适用于所问的年份。",
    Why.REGION: "本库的文件不适用于所问的地区。",
    Why.INSTITUTION: "条款没有对所问的这类机构作出规定。",
    Why.DOCUMENT: "所问的文件不在本库中。",
    Why.MATTER: "条款里没有写到所问的事。",
    Why.ABOUT_ASSISTANT: "这一句问的不是政策，没有检索条款。",
    Why.GREETING: "这一句问的不是政策，没有检索条款。",
    Why.TASK: "这一句问的不是政策条款，没有可以引用的依据。",
    Why.HARMFUL: "所问的是怎样做被禁止的事，不作答复。",
    Why.EMPTY_LIBRARY: "在所选的范围里没有检索到可以依据的条款。",
    Why.UNSURE: "找到的条款不能确认回答了所问，所以不当作依据。",
    Why.PLACE: "所问的条款，本库收录的文本里没有，或没有全部收录。",
    Why.WHICH: "这一条可能出自几份文件，要指明是哪一份才能作答。",
    Why.DECISION: "条款写了要求，没有写能不能批；能否办理由机构审查决定，本库不能代答。",
    Why.GAPS: "问到的几件事，条款只写明了一部分，没有写明的在答复里逐一指出。",
    Why.RECORD: "原文没有写明，只能依本库的登记信息说明，请另行核实。",
    Why.UNPROVED: "找到的条款没有通过核对，不能作为依据。",
}
_WHY_AT_ALL = {
    Outcome.ANSWERED: "所问的事有条款写明，每句话都附出处。",
    Outcome.PARTIAL: "条款只写明了所问的一部分，没有写明的在答复里指出。",
    Outcome.POSSIBLE: _WHY[Why.UNSURE],
    Outcome.NOT_FOUND: "没有找到写明所问之事的条款。",
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


def outcome_why(answer: Answer) -> str:
    """Why there is an answer, only part of one, only something possible, or nothing: one sentence."""
    return _WHY[Why(answer.why)] if answer.why else _WHY_AT_ALL[answer.outcome]


def titled(title: str) -> str:
    """`title` in 《》, unless it already holds them.

    >>> titled("关于进一步做好服务的通知")
    '《关于进一步做好服务的通知》'
    """
    return title if "《" in title else f"《{title}》"


def citation_name(citation: Citation) -> str:
    """How a clause is named in writing: 《…》五、（十）."""
    return f"{titled(citation.document_title)}{citation.address}"


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
