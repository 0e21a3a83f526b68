"""The forms by which lines of a head, a question or a heading are known."""

from __future__ import annotations

import re

from assistant.parsing.wordlists import titles

TITLE_END = re.compile(
    rf"(?:{'|'.join(map(re.escape, titles().endings))})(?:[（(〔][^（）()]{{1,20}}[）)〕]){{0,2}}[》]?$|》$"
)
NUMBER_LINE = re.compile(
    r"[一-龥〇]{0,30}[〔\[［（(【]\s{0,3}\d{4}\s{0,3}[〕\]］）)】]\s{0,3}(?:年\s{0,2})?(?:第\s{0,2})?[\dO○〇]{1,5}\s{0,3}号令?|"
    r"[一-龥]{0,30}\d{4}\s{0,2}年\s{0,2}第\s{0,2}[\d一二三四五六七八九十百]{1,5}\s{0,2}号(?:令|公告)?|"
    r"[（(]?[一-龥\s]{0,30}第?\s{0,2}[\d一二三四五六七八九十百〇零]{1,6}\s{0,2}号[）)]?"
)
NOTE_LINE = re.compile(
    r"[（(]?(?:根据)?\s{0,2}\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日|[（(]\s{0,2}(?:19|20)\d\d年|签发人|特\s?急|加\s?急|机\s?密|秘\s?密|内部|"
    r"[（(](?:征求意见稿|送审稿|草案|试行|暂行|节选)"
)
FLAG = re.compile(r"(?:文件|政府令|总局令|公报)$")
ASK = re.compile(
    r"(?:#{1,4}\s?)?(?:[（(]?(?:[一二三四五六七八九十]{1,3}|\d{1,3})[）)、.．\s]{1,2})?\s{0,2}(?:问题?\s?(?:[一二三四五六七八九十]{1,3}|\d{0,3})|Q\s?\d{0,3})\s?[：:]"
)
REPLY = re.compile(r"(?:答复?|回答|A\s?\d{0,3})\s?[：:]")
