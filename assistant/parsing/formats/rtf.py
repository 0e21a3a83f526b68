"""RTF: paragraphs in order with the numbers that the file shows, tables as tables, nothing a reader does not see.

Out of the body and named: heads and feet, notes, comments, deleted and hidden words, pictures, objects.

Source: Rich Text Format Specification 1.9.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from assistant.parsing.formats.builder import TextBuilder
from assistant.parsing.formats.captions import is_caption
from assistant.parsing.formats.model import CORRUPT, TOO_COMPLEX, Findings, Parsed, Rejected
from assistant.parsing.formats.rtf_tokens import Token, tokens

_MAX_DEPTH = 500
LABEL_CHARS = 20  # a longer cell is no head of columns
# Groups that hold no words of the document.
_SKIPPED = frozenset(
    [
        "fonttbl",
        "colortbl",
        "stylesheet",
        "info",
        "generator",
        "listtable",
        "listoverridetable",
        "rsidtbl",
        "themedata",
        "colorschememapping",
        "latentstyles",
        "datastore",
        "xmlnstbl",
        "bkmkstart",
        "bkmkend",
        "filetbl",
        "revtbl",
        "pgptbl",
        "mmathPr",
        "wgrffmtfilter",
        "pnseclvl",
        "pn",
        "nonshppict",
        "template",
        "private",
        "passwordhash",
        "ftnsep",
        "ftnsepc",
        "ftncn",
        "aftnsep",
        "aftnsepc",
        "aftncn",
        "tc",
        "xe",
        "rxe",
        "sp",
        "shprslt",
        "objdata",
        "objclass",
        "objname",
        "atnid",
        "atnauthor",
        "atntime",
        "atndate",
        "atnref",
        "atrfstart",
        "atrfend",
        "upr",
        "background",
        "fldtype",
        "datafield",
        "blipuid",
        "picprop",
    ]
)
_ASIDE = {
    "header": "header",
    "headerl": "header",
    "headerr": "header",
    "headerf": "header",
    "footer": "footer",
    "footerl": "footer",
    "footerr": "footer",
    "footerf": "footer",
    "footnote": "footnote",
    "annotation": "comment",
}
# Groups marked as passable whose words are shown all the same.
_SHOWN = frozenset(
    ["shppict", "shpinst", "shptxt", "listtext", "pntext", "ud", "fldrslt", "do", "dptxbxtext", "result"]
)
_CHARS = {
    "tab": " ",
    "line": "\n",
    "emdash": "—",
    "endash": "–",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "emspace": "\u2003",
    "enspace": "\u2002",
    "~": "\u00a0",
    "_": "-",
    "{": "{",
    "}": "}",
    "\\": "\\",
}
_CODECS = {128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950"}  # by the character set of a font
_PAGES = {936: "gb18030", 950: "cp950", 932: "cp932", 949: "cp949", 65001: "utf-8"}
_FOREIGN = ("INCLUDEPICTURE", "INCLUDETEXT", "LINK", "DDE")


@dataclass(slots=True)
class _State:
    """How the words of a group are taken."""

    aside: str = ""  # "skip", "instruction", "box", or the kind of what stands beside the body
    fonts: bool = False
    concealed: str = ""  # vanish or deletion
    struck: bool = False
    raised: bool = False
    font: int = -1
    unicode_skip: int = 1


@dataclass(slots=True)
class _Row:
    """A table row that is being read. `down`, `along`: cells that go on from the one above or before."""

    cells: list[str] = field(default_factory=list)
    down: list[bool] = field(default_factory=list)
    along: list[bool] = field(default_factory=list)


def read_rtf(raw: bytes) -> Parsed:
    """The readable text of an RTF.

    Raises:
        Rejected: `corrupt`, `too_complex`, `garbled`, `empty` or `no_text`.
    """
    findings = Findings()
    return _Reading(findings).read(raw)


class _Reading:
    """Takes the signs of one file."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._builder = TextBuilder()
        self._state, self._stack = _State(), list[_State]()
        self._codec, self._fonts = "cp1252", dict[int, str]()
        self._bytes, self._skip, self._passable, self._pending = bytearray(), 0, False, 0
        self._words, self._last = "", ""
        self._aside, self._boxes = dict[str, str](), list[str]()
        self._centered = self._in_table = False
        self._row, self._rows = _Row(), list[tuple[str, ...]]()
        self._last_centered = False

    def read(self, raw: bytes) -> Parsed:
        """The text of the file."""
        closed = False
        for token in tokens(raw):
            if token.brace:
                self._brace(token.brace)
                closed = token.brace == "}" and not self._stack
                if closed:
                    break
            elif token.word:
                self._word(token)
            else:
                self._text(token.text)
        if not closed:
            raise Rejected(CORRUPT, "文件不完整，结尾缺失，请重新下载或在 Word 里重新保存")
        self._paragraph()
        self._table()
        self._paragraph()
        return self._builder.finish(self._findings)

    # --- groups and words -----------------------------------------------------------------------

    def _brace(self, brace: str) -> None:
        self._decode()
        self._passable = False
        if brace == "{":
            if len(self._stack) >= _MAX_DEPTH:
                raise Rejected(TOO_COMPLEX, "内容嵌套过深，请简化后再加入")
            self._stack.append(replace(self._state))
        elif self._stack:
            was, self._state = self._state, self._stack.pop()
            if was.aside and was.aside != self._state.aside:
                self._close_aside(was.aside)

    def _close_aside(self, kind: str) -> None:
        words = self._aside.pop(kind, "").strip()
        if kind == "instruction":
            if words.upper().startswith(_FOREIGN):
                message = "文件引用了外部内容（图片、模板或对象），没有打开，请核对正文是否完整"
                self._findings.warn("external_ref", message, where="field")
        elif kind == "box":
            self._boxes.append(words)
            self._findings.warn("text_box", "文件含文本框，文字已按所在位置收入正文，请核对顺序")
        elif kind != "skip":
            self._findings.hide(kind, words)
            if kind == "footnote" and words:
                self._findings.lose(f"注“{words[:60]}”", behind=self._words or self._last)

    def _word(self, token: Token) -> None:
        word, number = token.word, token.number
        if word == "*":
            self._passable = True
            return
        if word == "u" and number is not None:
            self._decode()
            self._unicode(number % 65536)
            return
        if word not in ("loch", "hich", "dbch"):
            self._decode()
        passable, self._passable = self._passable, False
        if self._destination(word, passable=passable):
            return
        if self._state.aside == "skip":
            if word == "fcharset" and self._state.fonts and number in _CODECS:
                self._fonts[self._state.font] = _CODECS[number]
            elif word == "f" and number is not None:
                self._state.font = number
            return
        if word in _CHARS:
            self._add(_CHARS[word])
        elif word in _BREAKS:
            self._break(word)
        else:
            self._look(word, number)

    def _destination(self, word: str, *, passable: bool) -> bool:
        """Whether a word says what its group is for."""
        state = self._state
        if word == "pict":
            self._picture()
        elif word == "object":
            self._findings.warn("embedded_object", "文件内嵌有其他文件或控件，未打开，请核对是否含有正文")
            self._findings.lose("嵌入的对象", behind=self._words or self._last)
        elif word == "fldinst":
            state.aside = state.aside or "instruction"
        elif word in _ASIDE:
            state.aside = state.aside if state.aside == "skip" else _ASIDE[word]
        elif word in ("shptxt", "dptxbxtext"):
            state.aside = "box"
        elif word == "ud" and state.aside == "skip":
            state.aside = ""
        elif word in _SKIPPED or (passable and word not in _SHOWN):
            state.aside, state.fonts = "skip", word == "fonttbl"
        else:
            return word in _SHOWN
        return True

    def _picture(self) -> None:
        if self._state.aside != "skip":
            self._findings.lose("图片", behind=self._words or self._last)
        self._state.aside = "skip"

    def _look(self, word: str, number: int | None) -> None:
        """Words that say how the next characters look."""
        state, on = self._state, number != 0
        match word:
            case "ansicpg":
                self._codec = _PAGES.get(number or 0, self._codec)
            case "f":
                state.font = number or 0
            case "uc":
                state.unicode_skip = min(max(number or 0, 0), 10)
            case "v" | "deleted":
                state.concealed = {"v": "vanish", "deleted": "deletion"}[word] if on else ""
            case "strike" | "striked":
                state.struck = on
            case "super" | "nosupersub":
                state.raised = word == "super" and on
            case "plain":
                state.concealed, state.struck, state.raised = "", False, False
            case _:
                self._shape(word)

    def _shape(self, word: str) -> None:
        """What kind of paragraph follows; of the cells of a row, which go on from another."""
        if word == "pard":
            self._in_table = self._centered = False
        elif word == "intbl":
            self._in_table = True
        elif word == "qc":
            self._centered = True
        elif word == "trowd":
            self._row.down, self._row.along, self._pending = [], [], 0
        elif word in ("clvmrg", "clmrg"):
            self._pending |= 1 if word == "clvmrg" else 2
        elif word == "cellx":
            self._row.down.append(bool(self._pending & 1))
            self._row.along.append(bool(self._pending & 2))
            self._pending = 0

    # --- characters -----------------------------------------------------------------------------

    def _text(self, piece: bytes) -> None:
        if self._skip:
            passed = min(self._skip, len(piece))
            self._skip, piece = self._skip - passed, piece[passed:]
        if self._state.aside != "skip":
            self._bytes += piece

    def _decode(self) -> None:
        """Words from the bytes gathered, in the character set of their font, else in that of the file."""
        if self._bytes:
            codec = self._fonts.get(self._state.font, self._codec)
            raw, self._bytes = bytes(self._bytes), bytearray()
            self._add(raw.decode(codec, "replace"))
        self._skip = 0

    def _unicode(self, code: int) -> None:
        if self._state.aside != "skip":
            self._add(chr(code))
        self._skip = self._state.unicode_skip

    def _add(self, words: str) -> None:
        state = self._state
        if state.aside and state.aside != "skip":
            self._aside[state.aside] = self._aside.get(state.aside, "") + words
        elif state.aside:
            return
        elif state.concealed or state.struck:
            self._findings.hide(state.concealed or "struck_out", words)
        else:
            # 10 with a raised 4 is no 104
            self._words += f"^{words}" if state.raised and words[:1].isdecimal() else words

    # --- paragraphs and tables ------------------------------------------------------------------

    def _break(self, word: str) -> None:
        if self._state.aside:
            self._add("\n")
        elif word in ("cell", "nestcell"):
            if word == "cell":
                self._row.cells.append(" ".join(_joined(self._words).split()))
                self._words = ""
            else:
                self._words += " "
        elif word == "row":
            self._end_row()
        elif self._in_table:
            self._words += "\n"
        else:
            self._paragraph()

    def _paragraph(self) -> None:
        words, self._words = _joined(self._words), ""
        if words.strip():
            self._table()
            self._builder.paragraph(words)
            self._last, self._last_centered = words.strip().rpartition("\n")[2], self._centered
        if not self._rows:
            for box in self._boxes:
                self._builder.paragraph(box)
            self._boxes = []

    def _end_row(self) -> None:
        row, above = self._row, self._rows[-1] if self._rows else ()
        out: list[str] = []
        for at, words in enumerate(row.cells):
            if at < len(row.down) and row.down[at] and not words and at < len(above):
                out.append(above[at])
            elif at < len(row.along) and row.along[at] and not words and out:
                out.append(out[-1] if len(out[-1]) <= LABEL_CHARS else "")
            else:
                out.append(words)
        if out:
            self._rows.append(tuple(out))
        self._row = _Row(down=row.down, along=row.along)

    def _table(self) -> None:
        if not self._rows:
            return
        rows, self._rows = tuple(self._rows), []
        if max(map(len, rows)) <= 1:
            for row in rows:
                self._builder.paragraph(row[0])
            return
        named = is_caption(self._last, styled=self._last_centered)
        self._builder.table(rows, self._last if named else None)
        self._last = ""


_BREAKS = frozenset(["par", "line", "sect", "page", "cell", "nestcell", "row", "nestrow"]) - {"line"}


def _joined(words: str) -> str:
    """Characters beyond the basic plane are written as two halves."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
