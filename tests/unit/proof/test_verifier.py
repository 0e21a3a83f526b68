"""Claims worked out by hand against three small documents: one verdict each, and why."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from small_laws import TODAY, small_laws, small_verifier

from assistant.proof.rules import Rule
from assistant.proof.verifier import Claim, Verifier
from assistant.schema.answer import Verdict
from assistant.text.institutions import load_institutions

OK, NUMBER, MODALITY, SUBJECT = Verdict.OK, Verdict.NUMBER, Verdict.MODALITY, Verdict.SUBJECT


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return small_verifier()


CLAIMS = [
    # what the clause says, told in other ways
    (OK, "《仓单管理条例》第二条规定，保管人应当自收到存货之日起十日内出具仓单。"),
    (OK, "保管人必须自收到存货之日起10天内出具仓单（仓单条例第二条第一款）。"),
    (OK, "保管人应当自收到存货之日起不超过10日出具仓单（仓单条例第二条）。"),
    (OK, "存货人可以委托他人提取存货（见《仓单管理条例》第二条第二款）。"),
    (OK, "保管人不得擅自使用存货（《仓单管理条例》第三条第（一）项）。"),
    (OK, "保管人不得将仓单质押给第三人，也不得超过存货价值30%收取费用（仓单条例第三条）。"),
    (OK, "费用总额不超过一千万元的，可以分期支付——《仓单管理条例》第4条"),
    (OK, "仓储企业的注册资本不得低于2000万元（仓储法第五条）。"),
    (OK, "《仓储法》第五条规定：“仓储企业的注册资本不得低于二千万元”。"),
    (OK, "违反《仓单管理条例》第二条的，由主管部门责令改正（《仓储法》第五条）。"),
    (OK, "保管人不承担自然损耗的责任（仓单条例第四条），仓储企业的注册资本不得低于二千万元（仓储法第五条）。"),
    (OK, "保管人不得擅自使用存货。"),  # no citation: the library is searched
    # figures
    (NUMBER, "《仓单管理条例》第二条规定，保管人应当自收到存货之日起二十日内出具仓单。"),
    (NUMBER, "保管人应当自收到存货之日起十个工作日内出具仓单（仓单条例第二条）。"),
    (NUMBER, "费用总额不超过1亿元的，可以分期支付（仓单条例第四条）。"),
    (NUMBER, "费用总额不低于1000万元的，可以分期支付（仓单条例第四条）。"),
    (NUMBER, "保管人不得超过存货价值百分之四十收取费用（仓单条例第三条）。"),
    # how it binds
    (MODALITY, "保管人可以自收到存货之日起十日内出具仓单（仓单条例第二条）。"),
    (MODALITY, "存货人应当委托他人提取存货（仓单条例第二条第二款）。"),
    (MODALITY, "保管人可以将仓单质押给第三人（仓单条例第三条）。"),
    (MODALITY, "保管人承担自然损耗的责任（仓单条例第四条）。"),
    (MODALITY, "国家禁止仓储企业采用新技术（仓储法第一条）。"),
    # whom it speaks of
    (SUBJECT, "存货人应当自收到存货之日起十日内出具仓单（仓单条例第二条）。"),
    (SUBJECT, "保管人向存货人支付仓储费（仓单条例第四条）。"),
    # what is cited
    (Verdict.NOT_FOUND, "《仓储管理法》第五条规定，仓储企业的注册资本不得低于二千万元。"),
    (Verdict.NOT_FOUND, "《仓储法》第六条规定，仓储企业的注册资本不得低于二千万元。"),
    (Verdict.NOT_FOUND, "2018年仓单管理条例第二条规定，保管人应当自收到存货之日起十日内出具仓单。"),
    (Verdict.SUPERSEDED, "2015年仓单管理条例第二条规定，保管人应当自收到存货之日起三十日内出具仓单。"),
    (Verdict.MISQUOTE, "《仓储法》第五条规定：“仓储企业的注册资本应当充足”。"),
    # more than the clause says
    (Verdict.UNSUPPORTED, "保管人不得擅自使用存货，违者追究刑事责任（仓单条例第三条）。"),
    (Verdict.UNSUPPORTED, "仓储企业应当每年向社会公布财务报表。"),
    (Verdict.UNSUPPORTED, "保管人不得擅自使用存货（仓单条例第四条）。"),
]


@pytest.mark.parametrize(("verdict", "words"), CLAIMS, ids=[f"{v.value} {w}" for v, w in CLAIMS])
def test_a_claim_worked_out_by_hand(verifier: Verifier, verdict: Verdict, words: str) -> None:
    checked = verifier.check(Claim(text=words))
    assert checked.verdict is verdict, checked.reason
    assert checked.reason.endswith("。")


WORDS = "仓储企业的注册资本不得低于二千万元"


@pytest.mark.parametrize(
    "words",
    [
        f"{WORDS}(《仓储法》第五条)。",
        f"{WORDS}【依据：《仓储法》第五条】。",
        f"{WORDS}，参见仓储法第五条。",
        f"{WORDS}，这是《仓储法》第五条的规定。",
        f"{WORDS}，《仓储法》第五条有明确规定。",
        f"{WORDS}——仓储法5条",
        f"《中华人民共和国仓储法》（以下简称《仓储法》）第五条规定，{WORDS}。",
        f"《仓储法》（2020）第5条规定{WORDS}。",
        f"依《仓储法》第五条之规定，{WORDS}。",
        f"根据我国仓储法第五条，{WORDS}。",
        f"自2020年6月1日起施行的《仓储法》第五条规定，{WORDS}。",
        f"问：注册资本有要求吗？答：根据《仓储法》第五条，{WORDS}。",
        f"1. **{WORDS}**（《仓储法》第五条）。",
        f"依据《仓储法》，{WORDS}。",
        f"全国人大常委会《仓储法》第五条：{WORDS}。",
    ],
)
def test_however_it_is_cited(verifier: Verifier, words: str) -> None:
    checked = verifier.check(Claim(text=words))
    assert checked.verdict is OK, checked.reason
    assert checked.places[0].address.startswith("第五条")


def test_the_reason_names_the_clause_where_the_words_stand(verifier: Verifier) -> None:
    checked = verifier.check(Claim(text="保管人不得擅自使用存货（仓单条例第四条）。"))
    assert "第三条第一款第（一）项" in checked.reason


@pytest.mark.parametrize(
    ("words", "held"),
    [
        ("保管人应当自收到存货之日起二十日内出具仓单（仓单条例第二条）。", "十日内"),
        ("存货人应当委托他人提取存货（仓单条例第二条第二款）。", "可以"),
        ("仓储企业的注册资本不得低于三千万元（仓储法第五条）。", "二千万元"),
    ],
)
def test_the_reason_names_the_words_of_the_clause_that_differ(verifier: Verifier, words: str, held: str) -> None:
    checked = verifier.check(Claim(text=words))
    assert "条文写的是“" in checked.reason
    assert held in checked.reason.split("条文写的是")[1]


def test_a_version_is_judged_by_the_day(verifier: Verifier) -> None:
    old = "《仓单管理条例》第二条规定，保管人应当自收到存货之日起三十日内出具仓单。"
    assert verifier.check(Claim(text=old, as_of=date(2020, 1, 1))).verdict is OK
    assert verifier.check(Claim(text=old)).verdict is Verdict.SUPERSEDED  # the words of the version before
    new = "2024年仓单管理条例第三条规定，保管人不得擅自使用存货。"
    early = verifier.check(Claim(text=new, as_of=date(2024, 10, 1)))
    assert early.verdict is Verdict.SUPERSEDED
    assert "尚未施行" in early.reason


OLD_WORDS = "保管人应当自收到存货之日起三十日内出具仓单"


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (OK, f"旧版《仓单管理条例》第二条规定，{OLD_WORDS}。"),
        (OK, f"已废止的2015年仓单管理条例第二条规定，{OLD_WORDS}。"),
        (OK, f"《仓单管理条例》（已废止）第二条规定，{OLD_WORDS}。"),
        (OK, f"原《仓单管理条例》第二条曾规定，{OLD_WORDS}。"),
        (OK, f"《仓单管理条例》第二条曾规定{OLD_WORDS}，现已失效。"),
        (OK, f"修订前的《仓单管理条例》第二条规定，{OLD_WORDS}。"),
        (NUMBER, f"修订前的《仓单管理条例》第二条规定，{OLD_WORDS.replace('三十', '二十')}。"),
        (Verdict.UNSUPPORTED, "已废止的《仓储法》第五条规定，仓储企业的注册资本不得低于二千万元。"),  # it is in force
        (Verdict.SUPERSEDED, f"尚未废止的2015年《仓单管理条例》第二条规定，{OLD_WORDS}。"),
        (Verdict.SUPERSEDED, f"2015年《仓单管理条例》第二条规定，{OLD_WORDS}。"),
    ],
)
def test_what_a_sentence_says_of_a_text_that_no_longer_holds(verifier: Verifier, verdict: Verdict, words: str) -> None:
    checked = verifier.check(Claim(text=words))
    assert checked.verdict is verdict, checked.reason


def test_a_verdict_names_its_rule(verifier: Verifier) -> None:
    rules = {
        "保管人应当自收到存货之日起二十日内出具仓单（仓单条例第二条）。": Rule.FIGURE_CHANGED,
        "存货人应当委托他人提取存货（仓单条例第二条第二款）。": Rule.FORCE_CHANGED,
        "《仓储管理法》第五条规定，仓储企业的注册资本不得低于二千万元。": Rule.TITLE,
        "《仓储法》第六条规定，仓储企业的注册资本不得低于二千万元。": Rule.ADDRESS,
    }
    assert {words: verifier.check(Claim(text=words)).rule for words in rules} == rules


def test_an_institution_of_the_bank_s_own_table(tmp_path: Path) -> None:
    table = tmp_path / "own.yaml"
    table.write_text("- {name: 仓储企业, text: [仓储企业], aliases: [货栈]}\n", encoding="utf-8")
    documents = {d.id: d for d in small_laws()}
    metas, words = [d.meta for d in documents.values()], "货栈的注册资本不得低于二千万元（《仓储法》第五条）。"
    own, known = (
        Verifier(metas, documents.__getitem__, today=lambda: TODAY, institutions=table_or_none)
        for table_or_none in (load_institutions(table), None)
    )
    assert own.check(Claim(text=words)).verdict is OK
    assert known.check(Claim(text=words)).verdict is not OK


def test_fields_go_before_the_words(verifier: Verifier) -> None:
    words = "保管人不得擅自使用存货。"
    assert verifier.check(Claim(text=words, doc="仓单条例", address="第三条")).verdict is OK
    assert verifier.check(Claim(text=words, doc="warehouse_2024", address="第四条")).verdict is Verdict.UNSUPPORTED
    assert verifier.check(Claim(text=words, doc="仓单管理法")).verdict is Verdict.NOT_FOUND
    assert verifier.check(Claim(text=words, doc="仓单条例", address="乱写")).verdict is Verdict.NOT_FOUND
    assert verifier.check(Claim(text=words, doc="仓单条例", quote="擅自使用存货")).verdict is OK
    assert verifier.check(Claim(text=words, doc="仓单条例", quote="私自使用存货")).verdict is Verdict.MISQUOTE


TEXT = """# 仓单要点

《仓单管理条例》第二条规定，保管人应当自收到存货之日起十日内出具仓单。该条第二款规定，存货人可以委托他人提取存货。
保管人可以擅自使用存货[1]。仓储企业的注册资本不得低于二千万元[2]。
还有什么要注意？

[1] 《仓单管理条例》第三条
[2] 《仓储法》第五条
"""


def test_a_text_is_checked_sentence_by_sentence(verifier: Verifier) -> None:
    checked = verifier.check_text(TEXT)
    assert [c.verdict for c in checked] == [None, OK, OK, MODALITY, OK, None, None, None]
    for one in checked:
        assert TEXT[one.span.start : one.span.end] == one.text
    assert checked[2].places[0].address == "第二条第二款"
    assert checked[3].places[0].document_title == "仓单管理条例"


def test_nothing_to_check(verifier: Verifier) -> None:
    assert [c.verdict for c in verifier.check_text("您好！\n以下是答复：\n")] == [None, None]
