"""Only what says how long this text holds is its term."""

from __future__ import annotations

import pytest

from assistant.parsing.clauses import kind_of, parse_tree
from assistant.parsing.header import fact, read_header

TEXT = "海州市渔船管理办法\n（2020年1月1日公布）\n第一条 渔船须登记。\n第二条 {}\n第三条 本办法自2020年3月1日起施行。\n"


def expiry(sentence: str) -> str | None:
    text = TEXT.format(sentence)
    found = fact(read_header(parse_tree(text, kind_of(text)).clauses, text), "expires")
    return found.value if found else None


@pytest.mark.parametrize(
    "sentence",
    [
        "捕捞许可证有效期为5年。",
        "捕捞许可证自发放之日起生效，有效期为3年。",
        "经检验合格的，发给检验合格证，有效期2年。",
        "登记证书的有效期至2021年12月31日。",
        "承包合同自签订之日起生效，有效期限为五年。",
        "临时证明加盖公章，有效期三年；逾期作废。",
    ],
)
def test_the_term_of_a_certificate_is_not_that_of_the_text(sentence: str) -> None:
    assert expiry(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "last_day"),
    [
        ("本办法有效期为5年。", "2025-02-28"),
        ("本办法自2020年3月1日起施行，有效期5年。", "2025-02-28"),
        ("自2020年3月1日起施行，有效期至2024年12月31日。", "2024-12-31"),
        ("本办法自公布之日起施行。有效期3年。", "2023-02-28"),
        ("本办法执行至2023年6月30日。", "2023-06-30"),
    ],
)
def test_the_term_of_the_text_is_found(sentence: str, last_day: str) -> None:
    assert expiry(sentence) == last_day
