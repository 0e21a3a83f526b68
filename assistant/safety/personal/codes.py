"""Other codes that lead to a person: 统一社会信用代码, 车牌, 邮箱, 证件, 微信, QQ, landlines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.cn import uscc

from assistant.safety.personal.numbers import cue_before, is_id
from assistant.safety.personal.tables import any_of, table
from assistant.safety.personal.view import PersonalKind, ViewSpan

_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NP-RTUWXYa-hj-np-rtuwxy](?:[ \-.·\n]{0,2}[0-9A-Za-z]){17}(?![0-9A-Za-z])")
_CODE_FORM = re.compile(r"9[1-3]\d{6}[0-9A-Z]{10}")
_PLATE = re.compile(
    r"(?<![A-Za-z])[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新] ?[A-HJ-NP-Za-hj-np-z][ ·.\-]{0,2}"
    r"(?P<rest>[A-Za-z0-9](?: ?[A-Za-z0-9]){4,5}(?![A-Za-z0-9])|[A-Za-z0-9]{4}[挂学警港澳])"
)
_EMAIL_SIGN = re.compile(r"@|\[at\]|\(at\)|艾特")
_EMAIL_LOCAL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}$")
_EMAIL_LOCAL_SPACED = re.compile(r"[A-Za-z0-9._%+\-]{1,64}(?: [A-Za-z0-9._%+\-]{1,20}){0,2} $")
_HAN = "\u4e00-\u9fff"
# 张三@例子.公司: domains and mailboxes may be written in Han; the last label is one of those that are given out.
_HAN_MAILBOX = re.compile(rf"[{_HAN}A-Za-z0-9._%+\-]+")
_BEFORE_MAILBOX = re.compile(r"[:,，。：;\s（(、]|邮箱|邮件|信箱|[是为到至给向用发在]")
_MOST_MAILBOX = 16
_EMAIL_DOMAIN_HAN = re.compile(
    rf" ?[{_HAN}A-Za-z0-9\-]{{1,30}}?(?: ?\. ?[{_HAN}A-Za-z0-9\-]{{1,30}}?){{0,3}} ?\. ?"
    r"(?:公司|网络|中国|网址|商城|集团|在线|企业|政务|公益|组织机构|网店|商标|香港|台湾|[A-Za-z]{2,12}(?![A-Za-z0-9]))"
)
_EMAIL_DOMAIN = re.compile(
    r" ?[A-Za-z0-9\-]{1,63}(?: ?\. ?[A-Za-z0-9\-]{1,63}){0,3} ?\. ?[A-Za-z]{2,12}(?![A-Za-z0-9])"
)
_PAPER = re.compile(
    r"(?:护照|通行证|台胞证|回乡证|军官证|士兵证|军人证|居留证|居留许可|居住证|驾驶证|驾照|警官证)"
    r"(?:号码?|编号)?(?:是|为)?[: ]{0,2}"
    r"(?P<value>[A-Za-z]{1,2}[ \-]?\d(?:[ \-]?\d){5,9}(?!\d)|[\u4e00-\u9fff]字第\d{4,10}号|\d{7,18}(?!\d))"
)
_PASSPORT = re.compile(r"(?<![A-Za-z0-9])(?:[EG]\d{8}|E[A-HJ-NP-Z]\d{7})(?![A-Za-z0-9])")
_WECHAT = re.compile(
    r"(?:微信|薇信|威信|\bwx|\bvx|wechat|WeChat|WX|VX|加v|加V|v信|V信)"
    r"(?:号码?|账号|ID|id)?(?:联系|加我|搜索?|添加)?(?:是|为|叫|就是)?[: ]{0,3}"
    r"(?P<value>[A-Za-z][A-Za-z0-9_\-]{4,19}|[0-9][A-Za-z0-9_\-]{5,19})(?![A-Za-z0-9])"
)
_QQ = re.compile(r"(?:QQ|qq|Qq|扣扣|企鹅)(?:号码?|账号|邮箱)?(?:是|为)?[: ]{0,3}(?P<value>[1-9]\d{4,11})(?!\d)")
_QQ_BEHIND = re.compile(r"(?<![0-9A-Za-z.])(?P<value>[1-9]\d{4,11})\s?(?:是|就是)[^,。]{0,4}(?:QQ|qq|扣扣)")
_LANDLINE = re.compile(r"(?<![0-9A-Za-z])\(?0(?:10|2\d|[3-9]\d{2})\)?[ \-]{0,2}\d{3,4}[ \-]?\d{4}(?!\d)")
_OWN_BEFORE, _PUBLISHED_BEFORE = 14, 24


def find_codes(text: str) -> Iterator[ViewSpan]:
    """统一社会信用代码, 车牌, 邮箱, 证件, 微信, QQ, landlines. Some may lie in others: masking takes the first."""
    for match in _CODE.finditer(text):
        value = re.sub(r"[^0-9A-Za-z]", "", match[0]).upper()
        told = _CODE_FORM.fullmatch(value) and cue_before(text, match.start()) is PersonalKind.CREDIT_CODE
        if told or (uscc.is_valid(value) and not is_id(value)):
            yield ViewSpan(start=match.start(), end=match.end(), kind=PersonalKind.CREDIT_CODE)
    for match in _PLATE.finditer(text):
        digits = sum(char.isdigit() for char in match["rest"])
        if digits >= 3 or "车" in text[max(0, match.start() - 8) : match.start()]:
            yield ViewSpan(start=match.start(), end=match.end(), kind=PersonalKind.PLATE)
    yield from _emails(text)
    for pattern, kind in (
        (_PAPER, PersonalKind.PASSPORT),
        (_WECHAT, PersonalKind.WECHAT),
        (_QQ, PersonalKind.QQ),
        (_QQ_BEHIND, PersonalKind.QQ),
    ):
        for match in pattern.finditer(text):
            if _names_itself(match["value"], kind):
                yield ViewSpan(start=match.start("value"), end=match.end("value"), kind=kind)
    for match in _PASSPORT.finditer(text):
        if "护照" in text[max(0, match.start() - 20) : match.end() + 10]:
            yield ViewSpan(start=match.start(), end=match.end(), kind=PersonalKind.PASSPORT)
    yield from _landlines(text)


def _names_itself(value: str, kind: PersonalKind) -> bool:
    """WeChat Pay is no account: an account name has a digit or a mark in it, or is long."""
    return kind is not PersonalKind.WECHAT or len(value) > 7 or any(char.isdigit() or char in "_-" for char in value)


def _emails(text: str) -> Iterator[ViewSpan]:
    for sign in _EMAIL_SIGN.finditer(text):
        low = max(0, sign.start() - 108)
        spaced = text[sign.start() - 1 : sign.start()] == " "
        local = (_EMAIL_LOCAL_SPACED if spaced else _EMAIL_LOCAL).search(text[low : sign.start()])
        domain = _EMAIL_DOMAIN.match(text, sign.end()) or _EMAIL_DOMAIN_HAN.match(text, sign.end())
        start = low + local.start() if local else _han_mailbox(text, sign.start())
        if start is None or domain is None:
            continue
        official = domain[0].replace(" ", "").lower().endswith(".gov.cn")
        if not (official and not re.search(r"我|本人|个人", text[max(0, start - 12) : start])):
            yield ViewSpan(start=start, end=domain.end(), kind=PersonalKind.EMAIL)


def _han_mailbox(text: str, end: int) -> int | None:
    """Where a mailbox written in Han begins that ends at `end`: behind the last cue word or stop."""
    low = max(0, end - _MOST_MAILBOX)
    starts = [m.end() for m in _BEFORE_MAILBOX.finditer(text, low, end) if m.end() < end]
    start = max(starts, default=low)
    return start if start < end and _HAN_MAILBOX.fullmatch(text, start, end) else None


def _landlines(text: str) -> Iterator[ViewSpan]:
    if not (landlines := list(_LANDLINE.finditer(text))):
        return
    own, published = re.compile(any_of(table().own)), re.compile(any_of(table().published))
    for match in landlines:
        around = text[max(0, match.start() - _OWN_BEFORE) : match.start()] + text[match.end() : match.end() + 6]
        wider = text[max(0, match.start() - _PUBLISHED_BEFORE) : match.start()]
        if own.search(around) and not published.search(wider):
            yield ViewSpan(start=match.start(), end=match.end(), kind=PersonalKind.PHONE)
