"""Bytes become the characters that were meant, or a warning or a verdict says that they may not."""

from __future__ import annotations

import codecs

import pytest

from assistant.parsing.formats.cleaning import clean
from assistant.parsing.formats.encodings import decode, plausibility
from assistant.parsing.formats.model import Findings, Rejected
from assistant.parsing.formats.txt import read_txt

LONG = "第一条 为了支持小微企业融资，加大信贷投放力度，制定本办法。\n" * 5
SHORT = "小微企业贷款政策通知"
TRADITIONAL = "第一條 為了支持小微企業融資，加大信貸投放力度，制定本辦法。\n"


def codes(findings: Findings) -> list[str]:
    return [w.code for w in findings.warnings]


@pytest.mark.parametrize("text", [LONG, SHORT, "贷款", "Annual rate 3.45%"])
@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030"])
def test_the_ladder_needs_no_guess(text: str, encoding: str) -> None:
    findings = Findings()
    assert decode(text.encode(encoding), findings) == text
    assert codes(findings) == []


def test_short_gbk_is_not_korean() -> None:
    for words in ("小微企业", "信贷投放", "普惠金融服务", "关于做好有关工作"):
        findings = Findings()
        assert decode(words.encode("gbk"), findings) == words
        assert codes(findings) == []


@pytest.mark.parametrize("words", ["通知", "通知\n"])
def test_gbk_that_is_utf8_by_chance(words: str) -> None:
    findings = Findings()
    assert words.encode("gbk").decode("utf-8") != words
    assert decode(words.encode("gbk"), findings) == words
    assert codes(findings) == ["encoding_guessed"]


def test_other_alphabets_in_utf8_stay() -> None:
    for words in ("Ελληνικά", "Привет", "café", "שלום"):
        assert decode(words.encode(), Findings()) == words


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_bom_decides(bom: bytes, encoding: str) -> None:
    findings = Findings()
    assert decode(bom + LONG.encode(encoding), findings) == LONG
    assert codes(findings) == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("text", [LONG, SHORT + "\n", "rate 3.45%\n"])
def test_wide_characters_without_bom_are_guessed(text: str, encoding: str) -> None:
    findings = Findings()
    assert decode(text.encode(encoding), findings) == text
    assert codes(findings) == ["encoding_guessed"]


@pytest.mark.parametrize("text", [TRADITIONAL, TRADITIONAL * 20])
def test_big5_is_guessed(text: str) -> None:
    findings = Findings()
    assert decode(text.encode("big5"), findings) == text
    assert codes(findings) == ["encoding_guessed"]


def test_traditional_text_in_gbk_stays_gbk() -> None:
    findings = Findings()
    assert decode(TRADITIONAL.encode("gbk"), findings) == TRADITIONAL
    assert codes(findings) == []


def test_four_byte_characters_of_gb18030() -> None:
    text = LONG + "经办人：𠮷某、㐂某。\n"
    assert decode(text.encode("gb18030"), Findings()) == text


def test_a_few_broken_bytes_are_marked_and_many_refused() -> None:
    raw = bytearray((LONG * 20).encode())
    raw[3000] = 0xFF
    findings = Findings()
    text = decode(bytes(raw), findings)
    assert 1 <= text.count("\ufffd") <= 3
    assert codes(findings) == ["encoding_guessed"]
    raw[::40] = b"\xff" * len(raw[::40])
    with pytest.raises(Rejected) as caught:
        decode(bytes(raw), Findings())
    assert caught.value.code == "garbled"


def test_plausibility_tells_chinese_from_rubbish() -> None:
    assert plausibility(LONG) > 0.95
    assert plausibility(TRADITIONAL) > 0.9
    assert plausibility(TRADITIONAL.encode("big5").decode("gb18030", "replace")) < 0.7


def test_controls_go_and_are_counted() -> None:
    parsed = read_txt("第一条\x00 甲\x07\x1b乙。\x85第二条 丙。".encode())
    assert parsed.text == "第一条 甲乙。\n第二条 丙。"
    assert [(w.code, "3 个" in w.message) for w in parsed.warnings] == [("control_chars", True)]


def test_a_flood_of_replacement_characters_is_refused() -> None:
    assert read_txt(("正文" * 200 + "\ufffd").encode()).warnings[0].code == "replaced_chars"
    with pytest.raises(Rejected) as caught:
        read_txt(("正文" * 20 + "\ufffd").encode())
    assert caught.value.code == "garbled"


HIDDEN = ["\u200b", "\u00ad", "\u202e", "\u2066", "\ufeff", "\U000e0041", "\ufe0f", "\u2060", "\u200f"]


@pytest.mark.parametrize("mark", HIDDEN, ids=[f"U+{ord(m):04X}" for m in HIDDEN])
def test_hidden_marks_stay_in_text_and_are_counted(mark: str) -> None:
    parsed = read_txt(f"第一条 支{mark}持小{mark}微企业。".encode())
    assert parsed.text.count(mark) == 2
    assert [(w.code, "2 个" in w.message) for w in parsed.warnings] == [("hidden_chars", True)]


def test_look_alikes_and_figures_are_never_altered() -> None:
    text = "第Ⅰ类，利率３．４５％，第二〇条、第二零条，㈠⑴①，аbc，豈更。"
    assert read_txt(text.encode()).text == text


def test_marks_between_characters_are_refused() -> None:
    with pytest.raises(Rejected) as caught:
        read_txt("@@".join("为了支持小微企业融资加大信贷投放力度").encode())
    assert caught.value.code == "garbled"
    assert clean("邮箱：甲@乙，热线*号", Findings())


_POLICY = (
    "各银行机构要加大信贷投放力度，合理确定贷款利率，规范收费行为，不得变相转嫁成本，切实降低小微企业综合融资成本。"
)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        *(("utf-8", wrong) for wrong in ("big5", "big5hkscs", "cp932", "cp949", "euc_jp", "koi8_r")),
        *(("gb18030", wrong) for wrong in ("big5", "cp932", "cp949", "koi8_r")),
        ("big5", "gb18030"),
    ],
)
def test_bytes_read_in_a_wrong_encoding_and_saved_again_are_garbled(wrong: str, right: str) -> None:
    misread = (_POLICY * 2).encode(right, "ignore").decode(wrong, "ignore")
    try:
        codes = [w.code for w in read_txt(misread.encode()).warnings]
    except Rejected as exc:
        codes = [exc.code]
    assert "garbled" in codes


@pytest.mark.parametrize(
    "text",
    [
        _POLICY * 2,
        "各銀行機構應當加大對小微企業的信貸支持力度，合理確定貸款利率，規範收費行為，不得變相轉嫁成本。",
        "亟须蠲免、稽核、赊销、贳贷、掮客、舞弊、囤积、踩踏、濒危、笃行、谀辞、訾议，酌情核减、豁免、缓缴、抵扣、追偿、罚没。",
        "资本充足率＝资本净额÷加权风险资产×100%，须≥10.5%；①甲类，②乙类，㈠总行，Ⅰ类账户，温度20℃，费率0.5‰，《〈办法〉解释》。",
    ],
)
def test_words_in_use_and_signs_are_not(text: str) -> None:
    assert "garbled" not in [w.code for w in read_txt(text.encode()).warnings]
