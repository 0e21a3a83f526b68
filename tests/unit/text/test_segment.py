"""Segmentation is pinned, mistakes included: a change here changes every index."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.text.segment import Segmenter, char_grams, policy_terms


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jieba")


@pytest.fixture(scope="module")
def segmenter(cache_dir: Path) -> Segmenter:
    return Segmenter(policy_terms(), cache_dir=cache_dir)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("小微企业", ["小微", "企业", "小微企业"]),
        ("无还本续贷", ["还本", "续贷", "还本续贷", "无还本续贷"]),
        ("内部资金转移定价（ＦＴＰ）", ["内部", "资金", "转移", "定价", "内部资金转移定价", "ftp"]),
        ("单户授信1000万元", ["授信", "单户授信", "1000", "万元"]),
        ("LPR为3.85%", ["lpr", "为", "3.85"]),
        ("銀稅互動", ["银税", "互动", "银税互动"]),
        (
            "秦创原",
            ["秦", "创", "原"],
        ),  # no guessing: an unknown name falls into characters, in question and clause alike
        ("……、（）\n　", []),
        ("", []),
    ],
)
def test_words(segmenter: Segmenter, text: str, words: list[str]) -> None:
    assert segmenter.words(text) == words


@pytest.mark.parametrize(
    "term",
    ["普惠型小微企业", "尽职免责", "不良容忍度", "股份制银行", "农村中小银行", "多头授信", "汇率避险", "受益所有人"],
)
def test_a_term_stays_whole_within_a_sentence(segmenter: Segmenter, term: str) -> None:
    assert term in segmenter.words(f"各银行机构要做好{term}有关工作。")


def test_without_terms_the_dictionary_alone_decides(cache_dir: Path) -> None:
    assert "尽职免责" not in Segmenter(cache_dir=cache_dir).words("尽职免责")


def test_two_segmenters_do_not_share_their_terms(segmenter: Segmenter, cache_dir: Path) -> None:
    own = Segmenter(("秦创原",), cache_dir=cache_dir)
    assert "秦创原" in own.words("秦创原")
    assert "秦创原" not in segmenter.words("秦创原")


def test_the_fingerprint_names_the_terms_and_not_their_order(cache_dir: Path) -> None:
    one, same, other = (
        Segmenter(("首贷", "续贷")),
        Segmenter(("续贷", "首贷"), cache_dir=cache_dir),
        Segmenter(("首贷",)),
    )
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert len(one.fingerprint) == 64


def test_the_cache_is_json_in_the_given_folder_and_used(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    Segmenter(cache_dir=folder).words("贷款")
    [cache] = folder.iterdir()
    frequencies, total = json.loads(cache.read_text(encoding="utf-8"))
    frequencies["贷款人人"] = 10**6
    cache.write_text(json.dumps([frequencies, total + 10**6]), encoding="utf-8")
    assert "贷款人人" in Segmenter(cache_dir=folder).words("贷款人人")


@pytest.mark.parametrize(
    "garbage", [b"", b"[1, 2]", b"{}", b'[{"\xe8": 1', b'[{"a": "b"}, 3]', b'[{"a": 5}, 3]', b"[[], 0]"]
)
def test_a_damaged_cache_is_made_anew(tmp_path: Path, garbage: bytes) -> None:
    Segmenter(cache_dir=tmp_path).words("贷款")
    [cache] = tmp_path.iterdir()
    whole = cache.read_bytes()
    cache.write_bytes(garbage)
    assert Segmenter(cache_dir=tmp_path).words("贷款") == ["贷款"]
    assert cache.read_bytes() == whole


def test_a_cache_folder_that_cannot_be_made_costs_only_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        assert Segmenter(cache_dir=tmp_path / "file" / "cache").words("贷款") == ["贷款"]
    assert "分词词典缓存未能写入" in caplog.text


def test_nothing_is_kept_in_the_shared_temp_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Segmenter().words("贷款")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    Segmenter(policy_terms(), cache_dir=tmp_path).words("贷款")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("续贷业务", ["续", "贷", "续贷", "业", "贷业", "务", "业务"]),
        ("LPR利率，1000万", ["lpr", "利", "率", "利率", "1000", "万"]),
        ("信贷。投放", ["信", "贷", "信贷", "投", "放", "投放"]),  # no pair across a full stop
        ("３．８５％", ["3.85"]),
        ("貸款", ["贷", "款", "贷款"]),
        ("", []),
    ],
)
def test_char_grams(text: str, grams: list[str]) -> None:
    assert char_grams(text) == grams


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_cut_into_words_without_blanks(segmenter: Segmenter, text: str) -> None:
    for word in (*segmenter.words(text), *char_grams(text)):
        assert word
        assert not any(char.isspace() for char in word)


def test_the_lexicon_is_clean() -> None:
    terms = policy_terms()
    assert len(terms) > 200
    assert len(set(terms)) == len(terms)
    assert all(term == term.strip() and "#" not in term and len(term) >= 2 for term in terms)
