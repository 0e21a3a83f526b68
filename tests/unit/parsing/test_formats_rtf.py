"""RTF as Word writes it (Unicode with stand-ins) and as WPS does (bytes of GBK)."""

from __future__ import annotations

import pytest

from assistant.parsing.formats.model import Parsed, Rejected
from assistant.parsing.formats.rtf import read_rtf

WORDS = ["某办法", "第一条 额度10万元。", "第二条 本办法自2026年1月1日起施行。"]


def in_unicode(text: str) -> str:
    """Words as Word writes them: a number, then a stand-in for old programs."""
    return "".join(c if c.isascii() else f"\\u{ord(c) if ord(c) < 32768 else ord(c) - 65536}?" for c in text)


def in_bytes(text: str) -> str:
    """Words as WPS writes them: the bytes of GBK."""
    return "".join(c if c.isascii() else "".join(f"\\'{b:02x}" for b in c.encode("gb18030")) for c in text)


WAYS = {"Unicode": in_unicode, "bytes": in_bytes}
FONTS = r"{\fonttbl{\f0\fnil\fcharset134 \'cb\'ce\'cc\'e5;}{\f1\froman\fcharset0 Times New Roman;}}"


def rtf(body: str, *, head: str = r"\ansi\ansicpg936\deff0") -> bytes:
    return ("{\\rtf1" + head + FONTS + r"{\colortbl;\red255\green0\blue0;}{\*\generator x;}" + body + "}").encode(
        "latin-1"
    )


def hidden(parsed: Parsed) -> set[tuple[str, str]]:
    return {(h.kind, h.text) for h in parsed.hidden}


@pytest.mark.parametrize("way", WAYS)
def test_paragraphs(way: str) -> None:
    body = "".join(r"\pard\plain\f0 " + WAYS[way](words) + "\\par\r\n" for words in WORDS)
    parsed = read_rtf(rtf(body))
    assert parsed.text.splitlines() == WORDS
    assert parsed.warnings == ()


def test_raw_bytes_of_gbk() -> None:
    raw = rtf(r"\pard\f0 @\par").replace(b"@", "某办法".encode("gb18030"))
    assert read_rtf(raw).text == "某办法\n"


def test_the_font_says_how_bytes_are_read() -> None:
    """A Chinese font in a file that calls itself western, and a western font with Chinese bytes in a Chinese file."""
    assert read_rtf(rtf(r"\f0 " + in_bytes("利率"), head=r"\ansi\ansicpg1252")).text == "利率\n"
    assert read_rtf(rtf(r"\f1 " + in_bytes("利率"))).text == "利率\n"


def test_signs_beyond_the_basic_plane() -> None:
    assert read_rtf(rtf(r"\uc1\u-10174?\u-8883? \'d7\'d6")).text == "\U0002094d 字\n"


@pytest.mark.parametrize("way", WAYS)
def test_automatic_numbers_are_kept(way: str) -> None:
    write = WAYS[way]
    body = rf"\pard{{\listtext {write('第一条')}\tab}}{write('甲。')}\par"
    body += rf"\pard{{\*\pn\pnlvlbody}}{{\pntext {write('（一）')}}}{write('乙。')}\par"
    assert read_rtf(rtf(body)).text.splitlines() == ["第一条 甲。", "（一）乙。"]


@pytest.mark.parametrize("way", WAYS)
def test_tables_with_merged_cells(way: str) -> None:
    write = WAYS[way]
    rows = [["类别", "项目", "收费"], ["转账", "同行", "5元"], ["", "跨行", "10元"]]
    body = rf"\pard\qc {write('收费标准表')}\par"
    for at, cells in enumerate(rows):
        merge = r"\clvmgf" if at == 1 else r"\clvmrg" if at == 2 else ""
        body += rf"\trowd{merge}\cellx1000\cellx2000\cellx3000\pard\intbl "
        body += "".join(f"{write(c)}\\cell " for c in cells) + "\\row\n"
    body += rf"\pard {write('注：以上按笔收取。')}\par"
    parsed = read_rtf(rtf(body))
    assert parsed.text.splitlines() == [
        "收费标准表",
        "类别\t项目\t收费",
        "转账\t同行\t5元",
        "转账\t跨行\t10元",
        "注：以上按笔收取。",
    ]
    assert parsed.tables[0].caption == "收费标准表"


def test_what_no_reader_sees_is_named() -> None:
    body = (
        r"{\header\pard Draft\par}{\footerr 3}\pard First{\footnote\pard Over ten.\par} words"
        r"{\v secret}{\strike gone}{\deleted cut}{\*\annotation To check}{\pict\pngblip 8950}\par"
        r"{\object\objemb{\*\objdata 0105}{\result Shown}}\par"
        r'{\field{\*\fldinst INCLUDEPICTURE "http://example.invalid/a.png"}{\fldrslt x}}\par'
        r"{\shp{\*\shpinst{\sp{\sn a}{\sv b}}{\shptxt\pard Box\par}}}Last\par"
    )
    parsed = read_rtf(rtf(body))
    assert parsed.text.splitlines() == ["First words", "Shown", "x", "Last", "Box"]
    assert {
        ("header", "Draft"),
        ("footer", "3"),
        ("footnote", "Over ten."),
        ("vanish", "secret"),
        ("struck_out", "gone"),
        ("deletion", "cut"),
        ("comment", "To check"),
    } == hidden(parsed)
    assert "图片 1 处（“First words”处）" in parsed.lost
    assert {"embedded_object", "external_ref", "text_box", "left_out", "struck_out", "hidden_text"} == {
        w.code for w in parsed.warnings
    }


def test_bytes_of_a_picture_are_no_words() -> None:
    raw = rtf(r"\pard A{\pict\bin6 @@@@@@}B\par").replace(b"@@@@@@", b"}}}{{\\")
    assert read_rtf(raw).text == "AB\n"


def test_a_link_gives_its_words() -> None:
    assert read_rtf(rtf(r'{\field{\*\fldinst HYPERLINK "http://a.invalid"}{\fldrslt Here}}\par')).text == "Here\n"


def test_a_raised_figure() -> None:
    assert read_rtf(rtf(r"10{\super 4}\par")).text == "10^4\n"


REFUSED = {
    "cut off": (rtf(r"\pard A\par")[:-1], "corrupt"),
    "cut off in a group": (rtf(r"\pard {\b A")[:-2], "corrupt"),
    "no words": (rtf(""), "empty"),
    "pictures alone": (rtf(r"{\pict 00}"), "no_text"),
    "groups without end": (rtf("{" * 600 + "}" * 600), "too_complex"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    raw, code = REFUSED[case]
    with pytest.raises(Rejected) as caught:
        read_rtf(raw)
    assert caught.value.code == code
