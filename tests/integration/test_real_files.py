"""Sheets, slides, OFD and RTF as people send them: damaged, sealed, hostile; the rest of a batch goes on.

Each goes through `read_source`, child process included. What the formats say of themselves is tested beside their
readers (`tests/unit/parsing/test_formats_*.py`).
"""

from __future__ import annotations

import io
import struct
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from assistants import TODAY, memory_assistant
from memory_library import MemoryLibrary
from ofd_files import ofd, page, text_lines, wrapped
from office_files import pack
from sheet_files import SheetXml, SlideXml, c, cell_styles, n, pptx, row, text_shape, xlsx

from assistant.corpus.reading import parse_file, read_corpus
from assistant.corpus.report import check_file, coverage
from assistant.errors import SourceError
from assistant.models.standins import HashingEmbedder
from assistant.parsing.readers import Source, read_source
from assistant.proof.verifier import Verifier
from assistant.schema.answer import Outcome, Verdict
from assistant.schema.document import Level
from assistant.schema.inquiry import Inquiry

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504
RULES = [
    "第一条 为了规范服务收费，制定本办法，各支行应当遵照执行。",
    "第二条 本办法自2026年1月1日起施行，由总行负责解释。",
]
SHEET = xlsx(
    SheetXml(name="费", data=row(1, c("A1", "项目"), c("B1", "收费")) + row(2, c("A2", "转账"), c("B2", "5元")))
)
SLIDES = pptx(SlideXml(shapes=text_shape("某办法宣讲", kind="title") + text_shape(*RULES)))
FIXED = ofd(page(text_lines(wrapped(RULES))))
RICH = (
    rb"{\rtf1\ansi\ansicpg936\pard " + "".join(f"\\'{b:02x}" for b in RULES[0].encode("gb18030")).encode() + rb"\par}"
)
GOOD = {"a.xlsx": SHEET, "a.pptx": SLIDES, "a.ofd": FIXED, "a.rtf": RICH}
ZIPPED = {name: raw for name, raw in GOOD.items() if name != "a.rtf"}
# The part of each that holds its words.
PART = {
    "a.xlsx": "xl/worksheets/sheet1.xml",
    "a.pptx": "ppt/slides/slide1.xml",
    "a.ofd": "Doc_0/Pages/Page_0/Content.xml",
}

Read = Callable[[bytes, str], Source]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(raw: bytes, name: str) -> Source:
        path = tmp_path / name
        path.write_bytes(raw)
        return read_source(path)

    return reading


def verdict(read: Read, raw: bytes, name: str) -> str:
    """The code a file is refused with; the message names the file and says in Chinese what to do."""
    with pytest.raises(SourceError) as caught:
        read(raw, name)
    assert caught.value.message.startswith(f"{name}：")
    assert any("一" <= sign <= "龥" for sign in caught.value.message)
    assert len(caught.value.message) < 200
    return caught.value.code


def changed(raw: bytes, name: str, edit: Callable[[bytes], bytes]) -> bytes:
    """The file with the part that holds its words edited."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            data = old.read(member)
            new.writestr(member, edit(data) if member == PART[name] else data)
    return out.getvalue()


def grown(raw: bytes, members: dict[str, bytes]) -> bytes:
    """The file with more members."""
    with zipfile.ZipFile(io.BytesIO(raw)) as old:
        return pack({**{name: old.read(name) for name in old.namelist()}, **members})


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_of_each_format(read: Read, name: str) -> None:
    source = read(GOOD[name], name)
    assert source.format == name[2:]
    assert source.warnings == ()
    assert source.text.strip()


@pytest.mark.parametrize("name", GOOD)
def test_nothing_in_it(read: Read, name: str) -> None:
    assert verdict(read, b"", name) == "empty"
    assert verdict(read, b" \r\n", name) == "empty"


# --- damage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95, 0.999])
def test_a_file_cut_off(read: Read, name: str, share: float) -> None:
    assert verdict(read, GOOD[name][: int(len(GOOD[name]) * share)], name) in ("corrupt", "type_mismatch")


@pytest.mark.parametrize("name", ZIPPED)
def test_a_flipped_byte(read: Read, name: str) -> None:
    raw = bytearray(GOOD[name])
    with zipfile.ZipFile(io.BytesIO(GOOD[name])) as archive:
        member = archive.getinfo(PART[name])
    raw[member.header_offset + 30 + len(member.filename) + member.compress_size // 2] ^= 0xFF
    assert verdict(read, bytes(raw), name) == "corrupt"


@pytest.mark.parametrize("name", ZIPPED)
def test_broken_xml(read: Read, name: str) -> None:
    assert verdict(read, changed(GOOD[name], name, lambda data: data[:-5]), name) == "corrupt"


# --- passwords ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.xlsx", "a.pptx"])
def test_a_password_for_opening(read: Read, name: str) -> None:
    sealed = OLE + "EncryptionInfo".encode("utf-16-le") + "EncryptedPackage".encode("utf-16-le")
    assert verdict(read, sealed, name) == "encrypted"


@pytest.mark.parametrize("name", ZIPPED)
def test_sealed_members(read: Read, name: str) -> None:
    raw = bytearray(GOOD[name])
    directory = raw.index(b"PK\x01\x02")
    while directory >= 0:
        flags = struct.unpack_from("<H", raw, directory + 8)[0]
        struct.pack_into("<H", raw, directory + 8, flags | 1)
        directory = raw.find(b"PK\x01\x02", directory + 4)
    assert verdict(read, bytes(raw), name) == "encrypted"


def test_a_sealed_ofd(read: Read) -> None:
    assert (
        verdict(read, grown(FIXED, {"Encryptions.xml": b"<a/>", "Doc_0/EncryptEntries.dat": b"x"}), "a.ofd")
        == "encrypted"
    )


# --- bombs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ZIPPED)
def test_parts_that_unfold_to_much(read: Read, name: str) -> None:
    assert verdict(read, grown(GOOD[name], {"x/x.xml": b"<a>" + b" " * 5_000_000 + b"</a>"}), name) == "bomb"
    assert verdict(read, grown(GOOD[name], {"x.bin": b"\x00" * 45_000_000}), name) == "bomb"
    assert verdict(read, grown(GOOD[name], {f"m/{i}.xml": b"" for i in range(2100)}), name) == "bomb"


@pytest.mark.parametrize("name", ZIPPED)
def test_a_directory_that_lies_about_sizes(read: Read, name: str) -> None:
    raw = bytearray(grown(GOOD[name], {"z.xml": b"<a>" + b"b" * 2_000_000 + b"</a>"}))
    at = raw.rindex(b"PK\x01\x02")
    struct.pack_into("<I", raw, at + 24, 100)
    assert verdict(read, bytes(raw), name) in ("bomb", "corrupt")


ENTITIES = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("name", ZIPPED)
@pytest.mark.parametrize("doctype", [ENTITIES, OUTSIDE], ids=["many", "outside"])
def test_entities(read: Read, name: str, doctype: bytes) -> None:
    assert verdict(read, changed(GOOD[name], name, lambda data: doctype + data), name) == "dtd"


@pytest.mark.parametrize("name", ZIPPED)
def test_deep_nesting(read: Read, name: str) -> None:
    raw = changed(GOOD[name], name, lambda _: b"<a>" * 3000 + b"</a>" * 3000)
    assert verdict(read, raw, name) in ("too_complex", "corrupt")


def test_sheets_with_too_many_cells(read: Read) -> None:
    cells = "".join(
        f'<row r="{r}">' + "<c><v>%d</v></c>" * 40 % tuple(range(r, r + 40)) + "</row>" for r in range(1, 10_200)
    )
    assert verdict(read, xlsx(SheetXml(name="表", data=cells)), "a.xlsx") == "too_complex"


def test_a_row_far_down_is_no_bomb(read: Read) -> None:
    data = row(1, c("A1", "甲"), c("B1", "乙")) + row(1_048_576, c("A1048576", "丙"), c("XFD1048576", "丁"))
    source = read(xlsx(SheetXml(name="表", data=data)), "a.xlsx")
    assert source.tables[0].numbers == (1, 1_048_576)
    assert source.text.splitlines() == ["表", "甲\t乙\t", "丙\t\t丁"]


def test_steps_that_repeat_without_end(read: Read) -> None:
    raw = changed(FIXED, "a.ofd", lambda data: data.replace(b'DeltaX="', b'DeltaX="g 999999999 1 g 999999999 1 '))
    assert read(raw, "a.ofd").format == "ofd"


# --- what points outside ------------------------------------------------------------------------


@pytest.fixture
def visited() -> Any:
    """How often somebody asked a server on this machine for anything, and its address."""
    import http.server

    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield asked, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_nothing_outside_a_file_is_opened(read: Read, visited: Any) -> None:
    asked, address = visited
    data = row(1, c("A1", "项目"), c("B1", "收费")) + row(2, c("A2", "转账"), c("B2", "5元"))
    sheet = xlsx(
        SheetXml(
            name="费", data=data, external=(("image", f"{address}/a.png"), ("externalLinkPath", "file:///etc/passwd"))
        )
    )
    slides = pptx(SlideXml(shapes=text_shape("甲", kind="title"), external=(("image", f"{address}/b.png"),)))
    for raw, name in ((sheet, "a.xlsx"), (slides, "a.pptx")):
        assert "external_ref" in {w.code for w in read(raw, name).warnings}
    assert read(
        ofd(page(text_lines(wrapped(RULES))), common=f"<ofd:PublicRes>{address}/r.xml</ofd:PublicRes>"), "a.ofd"
    ).text
    assert asked == []


def test_links_to_pages_are_no_reason_to_warn(read: Read) -> None:
    data = row(1, c("A1", "项目"), c("B1", "收费")) + row(2, c("A2", "转账"), c("B2", "5元"))
    raw = xlsx(SheetXml(name="费", data=data, external=(("hyperlink", "http://example.invalid"),)))
    assert read(raw, "a.xlsx").warnings == ()


@pytest.mark.parametrize("name", ["a.xlsm", "a.pptm"])
def test_names_of_files_with_macros(read: Read, name: str) -> None:
    assert verdict(read, GOOD["a.xlsx" if "xls" in name else "a.pptx"], name) == "macro"


@pytest.mark.parametrize("name", ZIPPED)
def test_paths_out_of_the_file(read: Read, name: str) -> None:
    assert verdict(read, grown(GOOD[name], {"../../x.xml": b"<a/>"}), name) == "corrupt"


# --- a batch, a check, a question ---------------------------------------------------------------


def test_the_rest_of_a_batch_goes_on(tmp_path: Path) -> None:
    for number, (name, raw) in enumerate(GOOD.items()):
        (tmp_path / f"{number}好{name[1:]}").write_bytes(raw)
        (tmp_path / f"{number}坏{name[1:]}").write_bytes(raw[: len(raw) // 2])
    found = read_corpus([tmp_path])
    assert sorted(d.id for d in found.documents) == ["0好", "1好", "2好", "3好"]
    assert sorted(f.path.name for f in found.failures) == ["0坏.xlsx", "1坏.pptx", "2坏.ofd", "3坏.rtf"]
    assert {f.code for f in found.failures} <= {"corrupt", "type_mismatch"}


@pytest.mark.parametrize("name", GOOD)
def test_every_character_lies_in_a_clause(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(GOOD[name])
    report = check_file(tmp_path / name)
    assert report.document is not None
    assert coverage(report.document) == 1.0


def fees(tmp_path: Path) -> Path:
    """A table of fees: two sheets, merged labels, a hidden row, amounts that only their format makes sense of."""
    data = row(1, c("A1", "某银行对公服务收费标准"))
    data += row(2, c("A2", "类别"), c("B2", "项目"), c("C2", "收费标准"), c("D2", "说明"))
    data += row(3, c("A3", "结算"), c("B3", "小微企业跨行转账汇款手续费"), n("C3", "5", style=1), c("D3", "每笔收取"))
    data += row(4, c("B4", "小微企业账户管理费"), n("C4", "0", style=1), c("D4", "免收"))
    data += row(
        5, c("A5", "结算"), c("B5", "旧版网银年费"), n("C5", "200", style=1), c("D5", "已停"), props='hidden="1"'
    )
    data += row(6, c("A6", "融资"), c("B6", "承诺费"), n("C6", "0.0025", style=2), c("D6", "按未使用额度收取"))
    behind = '<mergeCells><mergeCell ref="A1:D1"/><mergeCell ref="A3:A4"/></mergeCells>'
    other = row(1, c("A1", "网点"), c("B1", "电话")) + row(2, c("A2", "城东支行"), c("B2", "见公告"))
    path = tmp_path / "收费标准.xlsx"
    path.write_bytes(
        xlsx(
            SheetXml(name="对公收费", data=data, behind=behind),
            SheetXml(name="网点", data=other),
            styles=cell_styles('0"元"', "0.00%"),
        )
    )
    return path


def test_a_question_over_a_table_of_fees_is_answered_with_its_row(tmp_path: Path) -> None:
    document = parse_file(fees(tmp_path))
    rows = {leaf.address: leaf for root in document.clauses for leaf in root.leaves() if leaf.level is Level.TABLE_ROW}
    assert rows["表1 第4行"].text == "结算\t小微企业账户管理费\t0元\t免收"
    assert "表1 第5行" not in rows
    assistant = memory_assistant(MemoryLibrary([document], HashingEmbedder()))
    answer = assistant.ask(Inquiry(question="小微企业跨行转账汇款手续费每笔收多少元？"))
    assert answer.outcome is Outcome.ANSWERED
    assert "5元" in answer.text
    (citation, *_) = answer.citations
    assert citation.heading == "对公收费"
    assert any("跨行转账汇款手续费" in quote and "5元" in quote for quote in citation.quotes)
    assert any(span in rows["表1 第3行"].span for span in citation.spans)


CLAIMS = {
    "融资承诺费为0.25%，按未使用额度收取（《某银行对公服务收费标准》表1第6行）。": Verdict.OK,
    "融资承诺费为0.5%，按未使用额度收取（《某银行对公服务收费标准》表1第6行）。": Verdict.NUMBER,
    "融资承诺费为0.25%，按未使用额度收取（《某银行对公服务收费标准》表1第5行）。": Verdict.NOT_FOUND,
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_row_is_cited_by_the_number_that_the_sheet_shows(tmp_path: Path, claim: str) -> None:
    """Row 5 is hidden, so nothing may be proved by it; row 6 is row 6 in the spreadsheet too."""
    document = parse_file(fees(tmp_path))
    verifier = Verifier([document.meta], {document.id: document}.__getitem__, today=lambda: TODAY)
    assert [checked.verdict for checked in verifier.check_text(claim)] == [CLAIMS[claim]]
