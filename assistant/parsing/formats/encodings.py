"""Bytes become characters: BOM, strict UTF-8, strict GB18030, then a guess that says it is one.

No statistics decide where a standard can: ten characters of GBK are too few for any guesser, and
charset libraries take them for Korean. A guess is made only where the result of the ladder is
implausible Chinese, and always comes with a warning.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator

from assistant.parsing.formats.model import GARBLED, Findings, Rejected
from assistant.text.folding import fold

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_NAMES = {
    "utf-8": "UTF-8",
    "gb18030": "GB18030",
    "big5hkscs": "Big5",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "utf-32-le": "UTF-32LE",
    "utf-32-be": "UTF-32BE",
}
_SAMPLE = 4000
_PLAUSIBLE = 0.7
_BETTER_BY = 0.15
_REPLACED_LIMIT = 0.01
_PUNCTUATION = re.compile(r"[\u3000-\u303f\uff01-\uff5e\u2010-\u2027\u2460-\u24ff\u00b7\u00a0\u2002\u2003]")


def decode(raw: bytes, findings: Findings, *, declared: str | None = None) -> str:
    """The characters of `raw`. `declared` is what the file says about itself (HTML's meta charset).

    Raises:
        Rejected: `garbled`, when no encoding fits more than 99 % of it.
    """
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return _forgiving(raw[len(bom) :], encoding, findings)
    if declared is not None and (text := _strict(raw, declared)) is not None and plausibility(text) >= _PLAUSIBLE:
        return text
    if (wide := _wide_without_bom(raw)) is not None:
        return _guessed(raw, wide, findings)
    if (text := _strict(raw, "utf-8")) is not None:
        return _guessed(raw, "gb18030", findings) if _gbk_by_chance_utf8(raw, text) else text
    return _ladder_below_utf8(raw, findings)


def _gbk_by_chance_utf8(raw: bytes, text: str) -> bool:
    """通知 in GBK happens to be two letters of UTF-8, Hebrew and a combining mark; so are some others."""
    if len(raw) > 64 or text.isascii() or not all(c.isascii() or "\u0080" <= c < "\u0800" for c in text):
        return False
    other = _strict(raw, "gb18030")
    return other is not None and plausibility(other) >= 0.9 and plausibility(text) < 0.5


def _ladder_below_utf8(raw: bytes, findings: Findings) -> str:
    text = _strict(raw, "gb18030")
    score = plausibility(text) if text is not None else -1.0
    if text is not None and score >= _PLAUSIBLE:
        return text
    best, best_score = None, max(score, 0.3)
    for encoding in ("big5hkscs", "utf-16-le", "utf-16-be"):
        other = _strict(raw, encoding)
        if other is not None and plausibility(other) > best_score + _BETTER_BY:
            best, best_score = encoding, plausibility(other)
    if best is not None:
        return _guessed(raw, best, findings)
    if text is not None:
        findings.warn("encoding_guessed", "按 GB18030 读出，但用字少见，请核对是否乱码")
        return text
    return _least_replaced(raw, findings)


def _least_replaced(raw: bytes, findings: Findings) -> str:
    tried = [(raw.decode(e, "replace"), e) for e in ("utf-8", "gb18030", "big5hkscs")]
    # Fewest marks first; ties go to the earlier encoding of the ladder.
    text, encoding = min(tried, key=lambda t: t[0].count("\ufffd") / max(1, len(t[0])))
    if text.count("\ufffd") > _REPLACED_LIMIT * len(text):
        raise Rejected(GARBLED, "文件编码无法识别或字节已损坏，请在原软件里另存为 UTF-8 后再加入")
    findings.warn("encoding_guessed", f"个别字节无法解码，按 {_NAMES[encoding]} 读出，请核对")
    return text


def _forgiving(raw: bytes, encoding: str, findings: Findings) -> str:
    text = _strict(raw, encoding)
    if text is not None:
        return text
    text = raw.decode(encoding, "replace")
    if text.count("\ufffd") > max(1, _REPLACED_LIMIT * len(text)):
        raise Rejected(GARBLED, f"文件标明是 {_NAMES[encoding]}，内容却不是，请重新导出")
    findings.warn("encoding_guessed", f"按 {_NAMES[encoding]} 读出，个别字节无法解码，请核对")
    return text


def _strict(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _guessed(raw: bytes, encoding: str, findings: Findings) -> str:
    findings.warn("encoding_guessed", f"文件没有标明编码，按 {_NAMES[encoding]} 读出，请核对是否乱码")
    return _forgiving(raw, encoding, findings)


def _wide_without_bom(raw: bytes) -> str | None:
    """UTF-16 or UTF-32 by the place of the zero bytes of its digits, blanks and line ends."""
    if b"\x00" not in raw:
        return None
    for encoding in _wide_candidates(raw[: 2 * _SAMPLE]):
        width = 4 if "32" in encoding else 2
        if len(raw) % width == 0:
            text = _strict(raw[: width * (_SAMPLE // width)], encoding) or ""
            if text and "\x00" not in text and plausibility(text) >= 0.9:
                return encoding
    return None


def _wide_candidates(sample: bytes) -> Iterator[str]:
    lanes = [sample[lane::4].count(0) for lane in range(4)]
    if min(lanes[2], lanes[3]) > len(sample) // 8:
        yield "utf-32-le"
    if min(lanes[0], lanes[1]) > len(sample) // 8:
        yield "utf-32-be"
    even, odd = lanes[0] + lanes[2], lanes[1] + lanes[3]
    yield from ("utf-16-le", "utf-16-be") if odd >= even else ("utf-16-be", "utf-16-le")


def plausibility(text: str) -> float:
    """The share of visible characters that Chinese policy text uses, 0 to 1; 1 for plain ASCII.

    Common Han are the 3,755 of GB 2312 level 1, traditional forms folded to simplified.
    """
    seen = [c for c in fold(text[:_SAMPLE]) if not c.isspace() and not c.isascii()]
    ascii_letters = sum(1 for c in text[:_SAMPLE] if c.isascii() and (c.isprintable() or c.isspace()))
    if not seen and ascii_letters:
        return 1.0
    if not seen:
        return 0.0
    good = sum(1 for c in seen if _common(c))
    return (good + ascii_letters) / (len(seen) + ascii_letters)


def _common(char: str) -> bool:
    if _PUNCTUATION.match(char) or "\u00a0" < char < "\u0250":
        return True
    if not "\u4e00" <= char <= "\u9fff":
        return unicodedata.category(char) in {"Po", "Ps", "Pe", "Pi", "Pf", "Sm", "Sc", "No", "Cf"}
    try:
        lead = char.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= lead <= 0xD7
