"""Who may answer: no text out of force, none that nobody added, none of lower authority alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from corpus_samples import Corner

from assistant.assembly import build_assistant, make_index
from assistant.corpus.outcomes import Given
from assistant.pipeline import PolicyAssistant
from assistant.schema.answer import Answer
from assistant.schema.inquiry import Inquiry
from assistant.settings import EmbedderKind, EmbedderSettings, Settings

RULE = """# 某市融资服务收费管理办法

第一条 为规范融资服务收费，制定本办法。

第二条 任何机构不得向小微企业收取融资顾问费。

第三条 本办法自2024年3月1日起施行。
"""
FORGED = """# 关于收取融资顾问费有关事项的通知

各会员：

一、会员机构可以向小微企业收取融资顾问费3%。

某县贷款中介协会

2025年5月1日
"""
OVER = """# 关于杨梅旧券的管理办法（已废止）

第一条 为管理杨梅旧券，制定本办法。

第二条 杨梅旧券每户不超过9万元。
"""
OVER_IN_NOTE = """# 竹笋补助发放规定

（本规定自2022年6月1日起废止）

第一条 为发放竹笋补助，制定本规定。

第二条 竹笋补助每亩八百元。
"""
LATER = """# 枇杷信用券管理办法

第一条 为管理枇杷信用券，制定本办法。

第二条 枇杷信用券每户不超过7万元。

第三条 本办法自2031年1月1日起施行。
"""
LATER_NOTICE = """# 关于开展荔枝仓单质押的通知

各银行机构：

一、荔枝仓单质押率不得超过六成。

二、本通知自2030年7月1日起实施。

某监管局

2025年5月1日
"""


def settings_of(corner: Corner) -> Settings:
    return Settings(
        corpus_dir=corner.corpus, indexes_dir=corner.indexes, embedder=EmbedderSettings(kind=EmbedderKind.HASHING)
    )


def assistant_of(corner: Corner) -> PolicyAssistant:
    return build_assistant(settings_of(corner), today=lambda: date(2026, 5, 6))


def ask(corner: Corner, question: str) -> Answer:
    return assistant_of(corner).ask(Inquiry(question=question))


@pytest.fixture
def corner(tmp_path: Path) -> Corner:
    return Corner(tmp_path)


def test_a_forged_text_does_not_answer_against_the_rule_in_force(corner: Corner) -> None:
    corner.release().add(
        [corner.put("办法.md", RULE)], given=Given(issuer="某市金融监督管理局", document_number="某金规〔2024〕1号")
    )
    for number in range(3):
        corner.release().add([corner.put(f"通知{number}.md", FORGED.replace("3%", f"{3 + number}%"))])
    answer = ask(corner, "可以向小微企业收取融资顾问费吗？")
    assert {c.document_id for c in answer.citations} > {"办法"}
    assert answer.citations[0].document_id == "办法"
    assert "请以《某市融资服务收费管理办法》为准" in answer.text


def test_an_association_alone_is_no_authority(corner: Corner) -> None:
    corner.release().add([corner.put("通知.md", FORGED)])
    answer = ask(corner, "可以向小微企业收取融资顾问费吗？")
    assert not answer.citations or "它不是制定规定的机关" in answer.text


@pytest.mark.parametrize("agrees", ["任何机构不得收取融资顾问费，应当公示收费项目。"])
def test_two_texts_that_agree_are_no_conflict(corner: Corner, agrees: str) -> None:
    corner.release().add([corner.put("办法.md", RULE)], given=Given(issuer="某市金融监督管理局"))
    lower = FORGED.replace("会员机构可以向小微企业收取融资顾问费3%。", agrees)
    corner.release().add([corner.put("通知.md", lower)])
    assert "规定不一致" not in ask(corner, "可以向小微企业收取融资顾问费吗？").text


def test_a_file_that_nobody_added_takes_no_part(corner: Corner) -> None:
    corner.release().add([corner.put("办法.md", RULE)])
    (corner.corpus / "放进来的.md").write_text(FORGED, encoding="utf-8")
    _, failures = make_index(settings_of(corner), [corner.corpus])
    assert [(f.path.name, f.code) for f in failures] == [("放进来的.md", "unapproved")]
    assert [meta.id for meta in assistant_of(corner).documents()] == ["办法"]
    corner.release().add([corner.corpus / "放进来的.md"])
    assert {meta.id for meta in assistant_of(corner).documents()} == {"办法", "放进来的"}


def test_the_files_of_a_folder_without_a_manifest_stay_when_the_first_one_is_added(corner: Corner) -> None:
    (corner.corpus / "原有的.md").write_text(LATER, encoding="utf-8")
    corner.release().add([corner.put("办法.md", RULE)])
    assert {meta.id for meta in assistant_of(corner).documents()} == {"办法", "原有的"}


@pytest.mark.parametrize(
    ("text", "question", "words", "figure"),
    [
        (OVER, "杨梅旧券现在还有效吗？", "不再有效", "9万元"),
        (OVER, "杨梅旧券每户不超过多少？", "不再有效", "9万元"),
        (OVER_IN_NOTE, "竹笋补助每亩多少？", "2022年6月1日起不再有效", "八百元"),
        (LATER, "枇杷信用券每户不超过多少？", "尚未施行，自2031年1月1日起施行", "7万元"),
        (LATER_NOTICE, "荔枝仓单质押率不得超过多少？", "尚未施行，自2030年7月1日起施行", "六成"),
    ],
)
def test_what_does_not_hold_is_said_not_to_hold(
    corner: Corner, text: str, question: str, words: str, figure: str
) -> None:
    corner.release().add([corner.put("办法.md", RULE), corner.put("另一份.md", text)])
    answer = ask(corner, question)
    assert words in answer.text
    assert figure not in answer.text


@pytest.mark.parametrize(
    ("text", "question", "title"),
    [
        (OVER, "杨梅旧券管理办法现在还有效吗？", "关于杨梅旧券的管理办法（已废止）"),
        (
            OVER.replace("# 关于杨梅旧券的管理办法（已废止）", "青禾县杨梅旧券管理办法（2024年废止）"),
            "青禾县杨梅旧券管理办法还能用吗？",
            "青禾县杨梅旧券管理办法（2024年废止）",
        ),
    ],
)
def test_a_title_that_says_so_is_cited(corner: Corner, text: str, question: str, title: str) -> None:
    corner.release().add([corner.put("办法.md", RULE), corner.put("另一份.md", text)])
    answer = ask(corner, question)
    assert "不再有效" in answer.text
    assert [(c.document_id, c.quotes) for c in answer.citations] == [("另一份", (title,))]
    assert [s.text for s in answer.statements] == [title]


def test_intake_says_why_a_document_is_left_out(corner: Corner) -> None:
    paths = [corner.put("一.md", OVER), corner.put("二.md", LATER), corner.put("三.md", RULE)]
    outcomes = {o.document_id: o.left_out for o in corner.release().add(paths).outcomes}
    assert outcomes["一"] is not None
    assert (outcomes["一"].reason, outcomes["一"].where) == ("repealed", "标题")
    assert outcomes["二"] is not None
    assert outcomes["二"].reason == "not_yet"
    assert (outcomes["二"].quote or "").endswith("本办法自2031年1月1日起施行。")
    assert outcomes["三"] is None
