"""Page numbers, buttons, index fields of a portal, and the 目录."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.parsing.lines.model import Kind, Line, words_of
from assistant.parsing.lines.page_zones import SeenLine, page_lines
from assistant.parsing.markers import mark_at
from assistant.schema.document import Level
from assistant.text.folding import squeeze

_PAGE = re.compile(
    r"[—\-–－―─·•]{1,3}\s{0,4}\d{1,4}\s{0,4}[—\-–－―─·•]{1,3}|第\s{0,3}\d{1,4}\s{0,3}页(?:\s{0,4}[,，/]?\s{0,4}共\s{0,3}\d{1,4}\s{0,3}页)?|"
    r"\d{1,4}\s{0,3}/\s{0,3}\d{1,4}|共\s{0,3}\d{1,4}\s{0,3}页"
)
_BUTTONS = re.compile(
    r"(?:(?:打印本页|打印|收藏本页|加入收藏|收藏|关闭窗口|关闭|分享到|分享|微信|微博|QQ空间|字号|字体|大|中|小|默认|A\+|A-|返回顶部|返回|"
    r"下载|纠错|复制链接|语音播报|朗读)[\s|｜【】\[\]（）()：:·、/]{0,6}){2,20}|[【\[（(]?(?:打印|收藏|关闭|分享|返回顶部|打印本页|关闭窗口)[】\]）)]?"
)
_PORTAL = re.compile(
    r"(?:索\s*引\s*号|信息分类|主题分类|主题词|体裁分类|发布机构|发文机[构关]|发布日期|发布时间|成文日期|发文日期|生成日期|生效日期|公开日期|"
    r"浏览次数|浏览量|点击数|点击率|阅读次数|访问量|访问次数|责任编辑|当前位置|您的位置|您现在的位置|上一篇|下一篇|上一条|下一条|扫一扫|扫码|"
    r"有\s*效\s*性|时\s*效\s*性|公开方式|公开范围|文件来源|信息来源|来\s*源|文\s*号|发文字号|标\s*题|名\s*称)\s{0,4}[：:]"
)
_PORTAL_ANYWHERE = re.compile(
    r"(?:索\s*引\s*号|浏览次数|浏览量|点击数|责任编辑|当前位置|您的位置|上一篇|下一篇|扫一扫|访问量)\s{0,4}[：:]"
)
_DOTTED = re.compile(r"[…\.·．]{2,}\s{0,6}\d{1,4}$")
_CONTENTS = re.compile(r"#*\s{0,4}[【\[]?目\s{0,8}[录次][】\]]?")

_UNNUMBERED = frozenset({"附则", "总则", "附件", "序言", "附录"})


def mark_noise(text: str, lines: Sequence[Line], begin: int) -> None:
    """Mark what a page or a portal adds. `begin`: the number of the line where the body begins."""
    for number, line in enumerate(lines):
        length = line.end - line.start
        if line.kind is not Kind.WORDS or length > 200:
            continue
        words = words_of(text, line)
        if _is_noise(words, head=number < begin):
            line.kind = Kind.NOISE


def mark_page(text: str, lines: Sequence[Line]) -> None:
    """Mark what a web page puts before and behind the text; what facts are read from stays NOISE."""
    seen = [SeenLine(words_of(text, line), row=line.kind is Kind.ROW) for line in lines]
    around = page_lines(seen)
    for number in around.all:
        line = lines[number]
        if line.kind is Kind.WORDS or (line.kind is Kind.NOISE and number in around.behind):
            line.kind = Kind.NOISE if number in around.within else Kind.PAGE
            line.doubtful = number in around.unknown
    for number in around.index:
        if lines[number].kind is Kind.WORDS:
            lines[number].kind = Kind.NOISE


def _is_noise(words: str, *, head: bool) -> bool:
    """Page numbers, buttons and index fields of a portal; some of them only above the body."""
    if len(words) <= 24 and _PAGE.fullmatch(words):
        return True
    if len(words) <= 120 and words[0] in "打收加关分微字大默A返下纠复语朗【[（(Q" and _BUTTONS.fullmatch(words):
        return True
    if (_PORTAL if head else _PORTAL_ANYWHERE).match(words):
        return True
    return head and words.startswith("首页") and len(words) < 60 and any(c in words for c in ">＞-")


def mark_contents(text: str, lines: Sequence[Line]) -> None:
    """目录 and its lines: up to the one that begins the body, where the first heading stands again."""
    number = 0
    while number < len(lines):
        line = lines[number]
        words = words_of(text, line) if line.end - line.start < 120 else ""
        if line.kind is Kind.WORDS and words and _DOTTED.search(words):
            line.kind = Kind.CONTENTS
        elif line.kind is Kind.WORDS and words and _CONTENTS.fullmatch(words):
            number = _contents_end(text, lines, number)
            continue
        number += 1


def _contents_end(text: str, lines: Sequence[Line], head: int) -> int:
    entries: list[str] = []
    number = head + 1
    paged = number < len(lines) and _DOTTED.search(words_of(text, lines[number])[-20:]) is not None
    while number < len(lines):
        line = lines[number]
        words = squeeze(words_of(text, line)).lstrip("#")
        mark = mark_at(text, line.start, line.end)
        plain = _DOTTED.sub("", words).rstrip("0123456789")
        dotted = _DOTTED.search(words) is not None
        if line.end - line.start > 60 or text[line.end - 1] in "。；：" or plain in entries:
            break
        if not dotted and (paged or (mark is None and plain not in _UNNUMBERED)):
            break
        if mark is not None and mark.level is Level.ARTICLE:
            break
        entries.append(plain)
        number += 1
    if entries and number < len(lines):
        for line in lines[head:number]:
            line.kind = Kind.CONTENTS
    return max(number, head + 1)
