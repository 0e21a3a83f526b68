"""The table of institutions: the one of the package, and one that a bank brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.text.institutions import Institutions, load_institutions

INSTITUTIONS = load_institutions()


def test_covering_groups_are_known_institutions() -> None:
    for name in INSTITUTIONS.aliases():
        assert name not in INSTITUTIONS.covering(name)
        assert all(INSTITUTIONS.wordings(wide) for wide in INSTITUTIONS.covering(name))


def test_no_alias_belongs_to_two_institutions() -> None:
    for name, wordings in INSTITUTIONS.aliases().items():
        assert INSTITUTIONS.asked(name) == (name,)
        assert wordings


def test_who_is_addressed() -> None:
    assert INSTITUTIONS.addresses("大型商业银行、股份制银行一级分行", "大型银行")
    assert INSTITUTIONS.addresses("大型商业银行、股份制银行一级分行", "股份制银行")
    assert not INSTITUTIONS.addresses("各保险公司", "银行机构")


@pytest.mark.parametrize(
    "content", ["[", "- name: 甲", "- {name: 甲, text: [], aliases: [甲]}", "甲", "- name: 甲\n  x: 1"]
)
def test_a_broken_table_is_a_setting_at_fault(tmp_path: Path, content: str) -> None:
    path = tmp_path / "institutions.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"institutions\.yaml"):
        load_institutions(path)
    with pytest.raises(SettingsError):
        load_institutions(tmp_path / "没有.yaml")


def test_a_bank_may_bring_its_own_table(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("- {name: 村行, text: [各村行], aliases: [村行, 小村行]}\n", encoding="utf-8")
    own: Institutions = load_institutions(path)
    assert own.asked("小村行要做什么？") == ("村行",)
    assert own.addresses("各村行", "村行")


@pytest.mark.parametrize(
    ("claim", "text", "read"),
    [
        ("银行应当公示费用", "商业银行应当公示费用", "商业银行应当公示费用"),
        ("监管部门可以约谈", "国务院保险监督管理机构可以约谈", "国务院保险监督管理机构可以约谈"),
        ("对公司罚款的", "对融资担保公司处以罚款的", "对融资担保公司罚款的"),
        ("储户可以支取", "存款人可以支取", "存款人可以支取"),
        ("银行应当公示", "商业银行、银行业金融机构应当公示", "银行应当公示"),  # two may be meant
        ("银行应当公示", "银行应当公示，商业银行可以说明", "银行应当公示"),  # the text uses the word itself
        ("办理银行结算", "商业银行办理结算", "办理银行结算"),  # not whom it speaks of
        ("储户可以支取", "保险人可以支取", "储户可以支取"),
        ("保险公司可以指定", "被保险人可以指定", "保险公司可以指定"),  # 被保险人 is the other side
    ],
)
def test_whom_a_claim_calls_otherwise(claim: str, text: str, read: str) -> None:
    assert INSTITUTIONS.as_named(claim, text) == read


def test_what_covers_what() -> None:
    assert INSTITUTIONS.covered("大型银行", "大型商业银行")
    assert INSTITUTIONS.covered("保险公司", "银行保险机构")
    assert not INSTITUTIONS.covered("银行保险机构", "保险公司")  # one way only
    assert not INSTITUTIONS.covered("城市商业银行", "城市商业银行法人机构")


def test_loose_wordings_are_no_names_for_the_proof() -> None:
    assert INSTITUTIONS.names.findall("其中行为的上头") == []
    assert INSTITUTIONS.names.findall("抵押权人与抵押人") == ["抵押权人", "抵押人"]
    assert INSTITUTIONS.bodies.findall("抵押权人与大型银行") == ["大型银行"]
