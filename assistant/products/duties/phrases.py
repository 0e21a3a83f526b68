"""What a piece of text says beside acts: a condition, a manner, an aim, a name."""

from __future__ import annotations

import re

from assistant.products.duties.addressees import Addressees
from assistant.products.duties.wordlists import Wordlists

_DATE = re.compile(
    r"(?:自|到|至)?\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:底|末|起|前|上半年|下半年|[一二三四]季度)?"
)  # 2024年，
_SINCE = re.compile(r"自[^，]{1,16}?起")  # 自2026年1月1日起施行
_WITHIN = re.compile(r"[\d一二三四五六七八九十]个?(?:工作日|日|天|月|年)(?:之)?内")
_BODIES = ("机构", "单位", "企业", "公司", "部门", "平台")


class Phrases:
    """Tells of a piece of text whether it addresses somebody, sets a condition, or only says how."""

    def __init__(self, lists: Wordlists) -> None:
        self.lists = lists
        self.addressee = Addressees(lists).at_beginning

    def opening(self, text: str) -> int:
        """Where the piece begins behind 并, 但, 同时."""
        match = self.lists.opening.match(text)
        return match.end() if match else 0

    def adverbial(self, text: str) -> bool:
        """Whether the piece says only how, when or by what: 在风险可控前提下, 根据企业实际需要."""
        lists = self.lists
        if lists.manner.match(text):
            return True
        if lists.frames.match(text) and lists.ends_adverbial.search(text):
            return bool(lists.ends_time.search(text)) or not lists.acts_inside.search(text)
        adverbs = lists.adverbs.match(text)
        bare = text[adverbs.end() :] if adverbs else text
        last = bare.rsplit("的", 1)[-1]
        return bool(lists.opens_object.match(bare)) and not lists.object_verbs.search(last)

    def condition(self, text: str) -> bool:
        """Whether the piece says when: …的, …时, 未经批准."""
        lists = self.lists
        if _DATE.fullmatch(text):
            return True
        opens = lists.opens_condition.match(text) or lists.consent.match(text)
        return bool(opens or lists.ends_condition.search(text) or self.adverbial(text))

    def states(self, text: str) -> bool:
        """Whether the piece defines, or says from when the text holds: 施行, 自公布之日起施行."""
        since = _SINCE.match(text)
        return self.lists.states.match(text, since.end() if since else 0) is not None

    def limited(self, text: str) -> bool:
        """Whether the piece says within what time something is done: 收到申请后10个工作日内作出决定."""
        lists, ends = self.lists, [found.end() for found in _WITHIN.finditer(text)]
        return any(lists.opens_verb.match(text, end) and not lists.happens.match(text, end) for end in ends)

    def aim(self, text: str) -> bool:
        """Whether the piece only says what the act before it is for: 确保…, 提升…."""
        for pattern, unless_addressee in self.lists.aims:
            if match := pattern.match(text):
                return not (unless_addressee and self.addressee(text[match.end() :], open_end=True))
        return False

    def acts(self, text: str) -> bool:
        """Whether the piece opens with a verb, or with how something is done."""
        lists = self.lists
        return bool(lists.opens_verb.match(text) or lists.opens_prep.match(text) or lists.adverbs.match(text))

    # --- phrases that hold a name or a noun -------------------------------------------------------

    def names_at_end(self, text: str) -> bool:
        """Whether the phrase ends with somebody's name."""
        return any(match.end() == len(text) for match in self.lists.heads.finditer(text))

    def compound(self, text: str) -> bool:
        """Whether verb and noun are one name: 承保机构, 施工单位."""
        verb = self.lists.opens_verb.match(text)
        if verb is None or self.lists.founding.match(text):
            return False
        return text[verb.end() :] in _BODIES

    def noun(self, text: str) -> bool:
        """Whether a phrase that opens with a verb is a noun: 变更后的相关事项."""
        verb = self.lists.opens_verb.match(text)
        return verb is not None and re.match("[后前中时]?的.", text[verb.end() :]) is not None


def noun_end(text: str) -> bool:
    """Whether a phrase ends in a noun that something describes: 提交报告的情况."""
    at = text.rfind("的")
    return 0 < at < len(text) - 1 and len(text) - at <= 8
