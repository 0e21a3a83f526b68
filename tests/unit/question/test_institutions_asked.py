"""An institution that is asked about knows its wordings and its groups."""

from __future__ import annotations

from assistant.question.institutions_asked import institutions_in
from assistant.text.institutions import InstitutionLine, Institutions, load_institutions

OWN = Institutions(
    [
        InstitutionLine(name="村行", text=("村镇银行",), aliases=("村行",), covers=("银行机构",)),
        InstitutionLine(name="银行机构", text=("各银行机构",), aliases=("银行",)),
    ]
)


def test_wordings_and_groups_of_an_institution() -> None:
    [one] = institutions_in("村行要做什么？", OWN)
    assert one.wordings == ("村镇银行",)
    assert set(one.said) == {"村镇银行", "村行"}
    assert [wider.name for wider in one.wider] == ["银行机构"]
    assert one.addressed_in("村镇银行、农商行")
    assert not one.addressed_in("各银行机构")
    assert one.wider[0].addressed_in("各银行机构")


def test_every_bank_is_no_bank_in_particular() -> None:
    [every] = institutions_in("银行要做什么？", OWN)
    assert every.generic
    assert institutions_in("怎么办？", OWN) == ()


def test_the_same_subjects_as_the_table_itself() -> None:
    table = load_institutions()
    subjects = ("各级监管部门", "金融监管分局", "各保险公司", "大型商业银行、股份制银行一级分行")
    for asked in ("监管局要做什么？", "保险公司要做什么？", "大行要做什么？"):
        [one] = institutions_in(asked, table)
        assert [one.addressed_in(s) for s in subjects] == [table.addresses(s, one.name) for s in subjects]
        assert any(one.addressed_in(s) for s in subjects)
