"""What the pages of 未答问题, 反馈 and 标准题 say: words for outcomes, reasons and states, and how they look."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.records.feedback import Reason
from assistant.records.gaps import Settled
from assistant.records.gold_candidates import CandidateState
from assistant.schema.answer import Outcome
from assistant.serving.render.words import OUTCOME_LABELS

OUTCOME_LOOKS: Mapping[Outcome, str] = {
    Outcome.ANSWERED: "good",
    Outcome.PARTIAL: "info",
    Outcome.POSSIBLE: "warn",
    Outcome.NOT_FOUND: "plain",
}
REASON_WORDS: Mapping[Reason, str] = {
    Reason.WRONG: "答错",
    Reason.INCOMPLETE: "不完整",
    Reason.OUTDATED: "已过时",
    Reason.WRONG_SOURCE: "出处不对",
    Reason.NOT_ANSWERED: "没有回答",
    Reason.UNCLEAR: "看不懂",
    Reason.OTHER: "其他",
}
SETTLED_WORDS: Mapping[Settled, str] = {Settled.DOCUMENT: "文件", Settled.GOLD: "标准题"}
STATE_WORDS: Mapping[CandidateState, str] = {
    CandidateState.WAITING: "待复核",
    CandidateState.ACCEPTED: "已收入",
    CandidateState.RETURNED: "已退回",
    CandidateState.WITHDRAWN: "已撤下",
}
STATE_LOOKS: Mapping[CandidateState, str] = {
    CandidateState.WAITING: "warn",
    CandidateState.ACCEPTED: "good",
    CandidateState.RETURNED: "bad",
    CandidateState.WITHDRAWN: "plain",
}
# How a case should end, in words for whoever proposes one.
EXPECTED_WORDS: Mapping[Outcome, str] = {
    Outcome.ANSWERED: "应当答复（指明条款）",
    Outcome.PARTIAL: "只能部分答复（指明条款）",
    Outcome.POSSIBLE: "可能相关，不作答复",
    Outcome.NOT_FOUND: "本库未载明，不作答复（不指明条款）",
}
OUTCOME_WORDS = OUTCOME_LABELS
EXPECTED_BY_VALUE = {outcome.value: said.partition("（")[0] for outcome, said in EXPECTED_WORDS.items()}
OUTCOME_BY_VALUE = {outcome.value: said for outcome, said in OUTCOME_LABELS.items()}
