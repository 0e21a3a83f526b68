"""`fold`, `flow` and `squeeze`: what is searched, what is read, what is compared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.text.folding import flow, fold, squeeze

FOLDED = [
    ("ＬＰＲ", "lpr"),
    ("１０００　万元", "1000 万元"),
    ("銀稅互動", "银税互动"),
    ("貸款轉存", "贷款转存"),
    ("续\u200b贷", "续贷"),
    ("\ufeff续贷\u202e", "续贷"),
    ("信\u00ad贷\ufe0f", "信贷"),
    ("续贷\U000e0041", "续贷"),
    ("㈠", "(一)"),
    ("第⑴项", "第(1)项"),
    ("Straße", "strasse"),
    ("", ""),
    ("abc 123", "abc 123"),
]


@pytest.mark.parametrize(("text", "folded"), FOLDED)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


FLOWED = [
    ("完善绿色低碳\n\n发展", "完善绿色低碳发展"),
    ("资源配\n置，按照", "资源配置，按照"),
    ("\u3000\u3000各银行机构 \n", "各银行机构"),
    ("定期  \n \n\u3000开展", "定期开展"),
    ("per\ncent", "per cent"),
    ("2024\n10", "2024 10"),
    ("LPR\n合理", "LPR合理"),
    ("合理\nLPR", "合理LPR"),
    ("授信 1000 万元", "授信 1000 万元"),
    ("走万企 提信心", "走万企 提信心"),
    ("", ""),
    (" \n\u3000", ""),
]


@pytest.mark.parametrize(("text", "flowed"), FLOWED)
def test_flow(text: str, flowed: str) -> None:
    assert flow(text) == flowed


@pytest.mark.parametrize(
    ("text", "squeezed"),
    [("总 \u3000则\n", "总则"), ("第\u200b一条", "第一条"), ("a b\tc", "abc"), ("", "")],
)
def test_squeeze(text: str, squeezed: str) -> None:
    assert squeeze(text) == squeezed


POLICY_LIKE = st.text(st.sampled_from("续贷款銀稅，。 \u3000\n\t\u200b\ufeffaZ1１Ⅰ㈠《》“"), max_size=40)


@settings(deadline=None)
@given(POLICY_LIKE)
def test_fold_twice_is_fold_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(POLICY_LIKE)
def test_flow_twice_is_flow_once(text: str) -> None:
    assert flow(flow(text)) == flow(text)


@settings(deadline=None)
@given(POLICY_LIKE)
def test_flow_takes_out_blanks_alone(text: str) -> None:
    assert squeeze(flow(text)) == squeeze(text)
    assert "\n" not in flow(text)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_squeeze_twice_is_squeeze_once(text: str) -> None:
    assert squeeze(squeeze(text)) == squeeze(text)
    assert not any(char.isspace() for char in squeeze(text))
