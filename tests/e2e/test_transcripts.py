"""Conversations as files: everything an answer rests on is there, and nothing in them is markup."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document as Paper
from docx.oxml.ns import qn
from markdown_it import MarkdownIt
from serving_fakes import QUOTE, TITLE, answered, refused, small_document, small_related

from assistant.records.answers import KeptAnswer
from assistant.records.conversations import Conversation
from assistant.schema.answer import Answer, Mode, Outcome, PlainVersion
from assistant.schema.document import LegalLevel
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters
from assistant.serving.given import Exchange, KeptTalk
from assistant.serving.ledger import Given, kept_of
from assistant.serving.render.fields import answer_body
from assistant.serving.render.kept import answer_of
from assistant.serving.render.response import answer_json
from assistant.serving.render.transcript import NOTICE, Transcript, transcript_markdown
from assistant.serving.render.transcript_docx import transcript_docx
from assistant.serving.transcripts import FILES, file_name, transcript_of

BASE = "https://bank.example/policy"
NOW = datetime(2026, 1, 1, 16, 30, tzinfo=UTC)  # the day after in Beijing
AT = int(datetime(2026, 1, 1, 1, 2, tzinfo=UTC).timestamp() * 1000)
HOSTILE = "# 标题 <script>window.hit=1</script> **重** [x](javascript:1) {{7*7}} <w:br/> | `a` &lt; 1. - ![i](http://e.example/x)"
WHOLE = replace(
    answered("那农户呢？", "关于续贷：那农户呢？"),
    plain=PlainVersion(text="银行要给续贷。[1]", statements=answered("x").statements, reworded=1, prompt_version="p1"),
    notices=("“上一条”按第四条理解。",),
    mode=Mode.LLM_REPAIRED,
    confidence=0.5,
    prompt_version="answer.zh.v2",
    degraded=("llm",),
    follows_unsure=True,
)


def kept(answer: Answer, answer_id: str, filters: Filters | None = None) -> KeptAnswer:
    inquiry = Inquiry(question=answer.question, filters=filters or Filters())
    given = Given(id=answer_id, inquiry=inquiry, answer=answer, session_id="s", latency_ms=1.0)
    return kept_of(given, AT, date(2026, 1, 1))


def exchange(answer: Answer, answer_id: str, filters: Filters | None = None) -> Exchange:
    return Exchange(answer_id=answer_id, at=AT, question=answer.question, kept=kept(answer, answer_id, filters))


def transcript(*exchanges: Exchange, title: str = "续贷", cut: bool = False, base: str | None = BASE) -> Transcript:
    talk = Conversation(id="s", title=title, created_at=AT, used_at=AT)
    return transcript_of(KeptTalk(talk=talk, exchanges=exchanges, cut=cut), [small_document().meta], now=NOW, base=base)


def words_of(content: bytes) -> list[str]:
    """The paragraphs of a DOCX, links included."""
    return [
        "".join(node.text or "" for node in one._element.iter(qn("w:t"))) for one in Paper(BytesIO(content)).paragraphs
    ]


def plain_of(markdown: str) -> str:
    """What a reader of Markdown shows, without markup."""
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    assert not [one for one in parsed if one.type == "html_block"]
    inline = [child for one in parsed for child in one.children or ()]
    assert not [child for child in inline if child.type in ("html_inline", "image")]
    return "".join("\n" if c.type in ("softbreak", "hardbreak") else c.content for c in inline)


@pytest.mark.parametrize(
    "answer", [answered("能续贷吗？"), refused("彩票"), WHOLE], ids=["answered", "refused", "whole"]
)
def test_an_answer_is_read_back_as_it_was(answer: Answer) -> None:
    assert answer_of(answer_json(answer), answer.question) == answer
    levelled = replace(answer, citations=tuple(replace(c, legal_level=LegalLevel.LAW) for c in answer.citations))
    assert answer_body(answer_of(answer_json(levelled), levelled.question)) == answer_body(levelled)


def expected() -> list[str]:
    return [
        "续贷", "政策问答记录，共 3 次问答，导出于 2026-01-02 00:30（北京时间）。", NOTICE,
        "第 1 问（2026-01-01 09:02）", "能续贷吗？", "时效：按提问当日（2026-01-01）有效的文本作答", "结论：有依据",
        "各银行机构要对符合条件的小微企业给予续贷支持，不得盲目抽贷、断贷、压贷。[1]",
        f"[1] 《{TITLE}》五、（十） 落实无还本续贷政策（年度文件，✓ 引文已核对）", f"原文：{QUOTE}",
        "内容由程序依据条款生成，请以条款原文为准。答复编号 a1，索引 fake-generation。",
        "理解为：关于续贷：那农户呢？", "提示：“上一条”按第四条理解。",
        "口语版（由语言模型改写，逐句核对；以条款原文为准）：",
        "内容由人工智能模型依据条款生成，请以条款原文为准。答复编号 a2，索引 fake-generation。",
        "时效：按 2024-06-30 有效的文本作答", f"范围：只依据《{TITLE}》；效力级别 法律；地区 陕西；机构 保险公司",
        "结论：本库未载明", "意思最接近的条款（仅供参考，不是答复的依据）：",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> Transcript:
    chosen = Filters(
        as_of=date(2024, 6, 30),
        document_ids=frozenset({small_document().id}),
        levels=frozenset({LegalLevel.LAW}),
        region="陕西",
        institution="保险公司",
    )
    return transcript(
        exchange(answered("能续贷吗？"), "a1"), exchange(WHOLE, "a2"), exchange(refused("彩票"), "a3", chosen)
    )


def test_a_file_holds_what_was_asked_answered_and_cited(whole: Transcript) -> None:
    paragraphs = words_of(transcript_docx(whole))
    shown = plain_of(transcript_markdown(whole))
    for words in expected():
        assert any(words in paragraph for paragraph in paragraphs), words
        assert words in shown, words


def test_sources_lead_to_the_reader_and_marks_to_their_sources(whole: Transcript) -> None:
    content = transcript_docx(whole)
    paper = Paper(BytesIO(content))
    outside = {one.target_ref for one in paper.part.rels.values() if one.is_external}
    assert outside
    assert all(address.startswith(f"{BASE}/read/notice_2024_shaanxi/") for address in outside)
    links = list(paper.element.iter(qn("w:hyperlink")))
    anchors = [link.get(qn("w:anchor")) for link in links if link.get(qn("w:anchor"))]
    marks = {mark.get(qn("w:name")) for mark in paper.element.iter(qn("w:bookmarkStart"))}
    assert anchors == ["q1c1", "q2c1", "q2c1"]  # the answer, and the second with its plain words
    assert set(anchors) <= marks
    markdown = transcript_markdown(whole)
    assert markdown.count(f"[原文]({BASE}/read/notice_2024_shaanxi/") == 3


def test_without_an_address_nothing_leads_out_of_the_file() -> None:
    found = transcript(exchange(answered("能续贷吗？"), "a1"), base=None)
    paper = Paper(BytesIO(transcript_docx(found)))
    assert [one for one in paper.part.rels.values() if one.is_external] == []
    assert "](" not in transcript_markdown(found)


def test_what_may_not_be_seen_any_more_is_said_to_be_missing() -> None:
    gone = Exchange(answer_id="a1", at=AT, question=None, kept=None)
    found = transcript(gone, title="（所提到的文件您现在不能看）", cut=True)
    for words in ("\n".join(words_of(transcript_docx(found))), transcript_markdown(found)):
        assert "这次答复没有列入" in words
        assert "这个问题没有列入" in words
        assert "只列出最近 1 次问答，更早的没有列入" in words


def test_a_document_that_was_chosen_and_is_hidden_now_is_not_named() -> None:
    found = transcript(exchange(answered("能续贷吗？"), "a1", Filters(document_ids=frozenset({"secret_paper"}))))
    words = transcript_markdown(found)
    assert "只依据一份您现在不能看的文件" in words
    assert "secret" not in words


def hostile() -> Transcript:
    bad = f"{HOSTILE}\n\n# 又一行\n    code"
    answer = replace(
        answered(bad), text=f"{HOSTILE}[1]\n- {HOSTILE}\x00\x1f\ufffe", notices=(HOSTILE,), outcome=Outcome.PARTIAL
    )
    cited = replace(answer.citations[0], document_title=HOSTILE, heading=HOSTILE, quotes=(HOSTILE,))
    answer = replace(answer, citations=(cited,), related=(replace(small_related((1,)), title=HOSTILE, why=HOSTILE),))
    return transcript(exchange(answer, "a1"), title=HOSTILE)


def test_words_that_look_like_markup_stay_words_in_markdown() -> None:
    markdown = transcript_markdown(hostile())
    shown = plain_of(markdown)
    assert shown.count(HOSTILE) >= 7
    headings = [line for line in markdown.splitlines() if line.startswith("#")]
    assert len(headings) == 2
    links = [c.attrs["href"] for one in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
             for c in one.children or () if c.type == "link_open"]  # fmt: skip
    assert links
    assert all(str(link).startswith(f"{BASE}/read/") for link in links)


def test_words_that_look_like_markup_stay_words_in_docx() -> None:
    content = transcript_docx(hostile())
    assert sum(HOSTILE in paragraph for paragraph in words_of(content)) >= 7
    with ZipFile(BytesIO(content)) as package:
        assert all(b"<script" not in package.read(name) for name in package.namelist())


def test_the_file_says_what_it_is() -> None:
    found = transcript(exchange(answered("能续贷吗？"), "a1"), title="长" * 400)
    paper = Paper(BytesIO(transcript_docx(found)))
    properties = paper.core_properties
    assert (properties.author, properties.language, properties.content_status) == (
        "普惠政策助手", "zh-CN", "程序生成，待人工复核",
    )  # fmt: skip
    assert "仅供参考" in properties.comments
    assert NOTICE in paper.sections[0].footer.paragraphs[0].text
    fonts = {run.get(qn("w:eastAsia")) for run in paper.element.iter(qn("w:rFonts"))}
    assert fonts == {"微软雅黑"}


def test_the_name_of_a_file_is_a_name() -> None:
    named = file_name(transcript(title='../a"b\r\n:*?<>|续贷？'), "docx")
    assert named == "政策问答_ab续贷？_2026-01-02.docx"
    assert file_name(transcript(title="//"), "md") == "政策问答_对话_2026-01-02.md"
    assert set(FILES) == {"docx", "md"}


def test_what_an_earlier_version_kept_can_be_taken_along() -> None:
    """It kept no `follows` with the inquiry."""
    old = kept(answered("能续贷吗？"), "a1")
    inquiry = {name: value for name, value in json.loads(old.inquiry).items() if name != "follows"}
    one = Exchange(answer_id="a1", at=AT, question="能续贷吗？", kept=replace(old, inquiry=json.dumps(inquiry)))
    assert "结论：有依据" in transcript_markdown(transcript(one))
