"""What a line that a page puts around a text is: a button, a column, a remark on this copy, the site's owner.

Only the line's own words count here, from `data/page_words.yaml`; where it stands is judged in `page_zones.py`.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache

from assistant.parsing.markers import mark_at
from assistant.parsing.wordlists import page_words
from assistant.schema.document import Level
from assistant.text.binding_words import binding_words
from assistant.text.folding import fold, squeeze

MAX_PAGE_LINE = 200  # characters: what is longer is no line of a page
_SEPARATORS = re.compile(r"[\s\u00a0|｜¦【】\[\]［］〖〗〔〕（）()·•■◆●▪★□>＞›»<＜‹«→;；,，、/／]+")
_SENTENCE = re.compile(r"[。；！？]")
_ENDS = ("。", "；")
_PLAIN = re.compile(r"[\d\s:：./\-年月日时分秒次人位条篇万亿+]*$")  # days, times, counts
_DAY = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}")
# 2019-06-24 16:15: no document gives the minute of its own day so
_MINUTE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\s{0,4}\d{1,2}[:：]\d{2}(?:[:：]\d{2})?")
_COUNT = re.compile(r"[（(]?\d[\d,.]*[万千]?\+?[次人条]?[）)]?$")
_COLONS = re.compile(r"[：:]")
_HOME = ("首页", "网站首页", "本站首页", "主页")
_STEPS = re.compile(r"[>＞›»→]|->|/")
_SHORT, _VALUE = 8, 40  # characters of an unknown piece beside known ones, and of what stands behind a colon


class PageLine(Enum):
    """What a line of a page is."""

    BUTTON = auto()
    SITE = auto()  # ICP备, 版权所有: the foot of a site
    MENU = auto()
    LIST = auto()  # 相关链接: other pages are named below it
    ABOUT = auto()  # 发布时间, 来源: of this copy of the text
    INDEX = auto()  # 索引号, 发文字号: facts that a portal states above the text
    OWNER = auto()


SURE = frozenset({PageLine.BUTTON, PageLine.SITE, PageLine.MENU, PageLine.LIST})


def opens_article(words: str) -> bool:
    """Whether a line opens an article, which is never furniture."""
    mark = mark_at(words, 0, len(words))
    return mark is not None and mark.level is Level.ARTICLE


def may_rule(words: str) -> bool:
    """Whether a line may lay something down: it opens a clause, binds somebody, or is a sentence."""
    return mark_at(words, 0, len(words)) is not None or _SENTENCE.search(words) is not None or _binds(words)


def _without(words: str, marks: list[str]) -> str:
    for mark in marks:  # 不得转载 is about the page
        words = words.replace(mark, "")
    return words


def _binds(words: str) -> bool:
    return bool(binding_words().forces(squeeze(words)))


@lru_cache(maxsize=4096)
def page_line(words: str) -> PageLine | None:
    """What a line is for a page, `None` when nothing in its words says so.

    >>> page_line("发布时间：2016-05-20　来源：某局").name, page_line("主办单位：某局").name
    ('ABOUT', 'OWNER')
    """
    if not words.strip() or len(words) > MAX_PAGE_LINE:
        return None
    plain = fold(words).strip()
    marks = [mark for mark in page_words().marks if mark in plain]
    if (not marks and "。" in plain) or opens_article(plain):
        return None
    if marks:
        return None if _binds(_without(plain, marks)) else PageLine.SITE
    if _begins(plain.lstrip("【[（( ")) or _is_path(plain):
        return None if _binds(plain) else PageLine.BUTTON
    return _by_pieces(plain) or (PageLine.ABOUT if _is_byline(plain) else None)


def has_no_value(words: str) -> bool:
    """Whether a line is a name and a colon alone, so that its value stands on the next line."""
    return words.rstrip()[-1:] in ("：", ":")


def is_control(words: str) -> bool:
    """Whether a line is the page's even amid a text: 【打印】【关闭】, 上一篇：…."""
    if words[-1:] in _ENDS or page_line(words) is not PageLine.BUTTON:
        return False
    plain = fold(words).strip()
    if _begins(plain.lstrip("【[（( ")):
        return True
    pieces = [piece for piece in _SEPARATORS.split(plain) if piece]
    return len(pieces) >= 2 and all(_piece(piece)[0] is PageLine.BUTTON for piece in pieces)


def _begins(plain: str) -> bool:
    """Whether a line begins with words behind which all of it is the page's: 上一篇：…, 扫一扫…."""
    found = next((word for word in page_words().begins if plain.startswith(word)), None)
    if found is None or len(plain) > 120:
        return False
    behind = plain[len(found) :].lstrip(" \u3000")[:1]
    return not behind or behind in "：:】]）)" or (len(found) >= 3 and len(plain) <= 60)


def _is_path(plain: str) -> bool:
    """首页>政策>正文."""
    steps = [step.strip() for step in _STEPS.split(plain) if step.strip()]
    return 1 < len(steps) <= 8 and steps[0] in _HOME and all(len(step) <= 40 for step in steps)


def _is_byline(plain: str) -> bool:
    """某局　2019-06-24 16:15."""
    found = _MINUTE.search(plain)
    rest = plain[: found.start()] + plain[found.end() :] if found else plain
    return found is not None and len(rest) <= _VALUE and not _COLONS.search(rest)


def _by_pieces(plain: str) -> PageLine | None:
    """The kind of a line each piece of which is known, or stands behind a name and a colon."""
    kinds: list[PageLine] = []
    unknown = 0
    room = 0  # pieces that may still belong to the last name
    for piece in filter(None, _SEPARATORS.split(plain)):
        kind, rest = _piece(piece)
        if kind is not None:
            kinds.append(kind)
            room = 4 if rest == "" else 2
        elif room and _is_value(piece):
            room -= 1
        elif len(piece) > _SHORT or _binds(piece):
            if not _PLAIN.fullmatch(piece):
                return None
        elif not _PLAIN.fullmatch(piece):
            unknown += 1
    if not kinds or unknown > len(kinds) or (unknown and len(kinds) < 2):
        return None
    return _strongest(kinds)


def _is_value(piece: str) -> bool:
    return len(piece) <= _VALUE and _COLONS.search(piece) is None and not _binds(piece)


def _strongest(kinds: list[PageLine]) -> PageLine:
    order = (PageLine.LIST, PageLine.BUTTON, PageLine.ABOUT, PageLine.INDEX, PageLine.OWNER, PageLine.MENU)
    return next(kind for kind in order if kind in kinds)


_NAMES = (  # before a colon
    (PageLine.ABOUT, "about"),
    (PageLine.OWNER, "owner"),
    (PageLine.LIST, "lists"),
    (PageLine.BUTTON, "buttons"),
    (PageLine.INDEX, "index"),
)
_BARE = (
    (PageLine.BUTTON, "buttons"),
    (PageLine.LIST, "lists"),
    (PageLine.MENU, "menu"),
    (PageLine.OWNER, "owner"),
    (PageLine.ABOUT, "about"),
)


def _piece(piece: str) -> tuple[PageLine | None, str | None]:
    """The kind of one piece, and for a name what stands behind its colon (`None`: it has none)."""
    name, colon, rest = piece.replace("：", ":").partition(":")
    if not colon:
        kind = _known(_COUNT.sub("", piece) or piece, _BARE) or _known(piece, _BARE)
        return kind, "" if kind is PageLine.ABOUT else None
    if len(rest) > _VALUE or _binds(rest):
        return None, None
    dated = name in page_words().days and (not rest or _DAY.match(rest) is not None)
    if dated:
        return PageLine.ABOUT, rest
    kept_by = len(name) <= _SHORT and name.endswith(page_words().owner_ends)
    return _known(name, _NAMES) or (PageLine.OWNER if kept_by else None), rest


def _known(word: str, tables: tuple[tuple[PageLine, str], ...]) -> PageLine | None:
    return next((kind for kind, table in tables if word in getattr(page_words(), table)), None)
