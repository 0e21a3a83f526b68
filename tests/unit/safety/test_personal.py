"""Personal data: found by kind, replaced, and nothing else touched."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from personal_cases import FORMS, look_alikes, personal_cases

from assistant.errors import InputError
from assistant.evaluation.masking import MaskCase, read_mask_cases, recall
from assistant.safety.personal.masking import Masked, mask, mask_turns
from assistant.safety.personal.screening import screen, without_placeholders
from assistant.safety.personal.view import PLACEHOLDER, PersonalKind
from assistant.schema.retrieval import Turn

CHECKSUMS = {"id_card", "credit_code", "bank_card"}


SEEN = Path(__file__).resolve().parents[3] / "eval" / "seen"


def cases_of(name: str) -> tuple[MaskCase, ...]:
    return read_mask_cases(SEEN / f"personal_{name}.jsonl")


# --- recall and false masks -----------------------------------------------------------------------


def test_the_files_hold_what_is_made_up() -> None:
    assert [(c.form, c.turns) for c in cases_of("made_up")] == [(c.form, c.turns) for c in personal_cases()]
    assert [turn.text for c in cases_of("look_alikes") for turn in c.turns] == list(look_alikes())


def test_made_up_persons_are_masked_in_every_form() -> None:
    cases = cases_of("made_up")
    assert len(cases) >= 300
    assert {case.form for case in cases} >= {*FORMS, "named", "split"}
    found = recall(cases)
    kinds = {"id_card", "mobile", "bank_card", "credit_code", "plate", "email", "name", "address"}
    assert set(found.by_kind) >= kinds
    for kind, (hit, total) in found.by_kind.items():
        assert hit / total >= (0.99 if kind in CHECKSUMS else 0.95), (kind, hit, total)
    assert found.strays == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_persons_are_masked_as_well(seed: int) -> None:
    found = recall(personal_cases(seed, each=6))
    assert min(hit / total for kind, (hit, total) in found.by_kind.items() if kind in CHECKSUMS) >= 0.99
    assert found.masked / found.pieces >= 0.95


def test_what_only_looks_like_it_stays() -> None:
    found = recall(cases_of("look_alikes"))
    assert found.clean == found.turns >= 300
    assert found.clean_masked / found.clean <= 0.01


def test_sentences_as_customers_type_them() -> None:
    found = recall(cases_of("a"))
    assert found.turns >= 150
    assert found.masked / found.pieces >= 0.99
    assert found.strays == 0


def test_sentences_written_after_the_rules_had_met_those() -> None:
    found = recall(cases_of("b"))
    assert found.masked / found.pieces >= 0.95
    assert found.strays == 0


def test_policy_text_stays(shared_dir: Path) -> None:
    files = [p for p in sorted((shared_dir / "policies").rglob("*")) if p.suffix in {".txt", ".md"}]
    texts = [path.read_text(encoding="utf-8") for path in files]
    paragraphs = [line for text in texts for line in text.split("\n") if line.strip()]
    assert len(paragraphs) > 1000
    assert sum(bool(mask(line).spans) for line in paragraphs) / len(paragraphs) <= 0.001


def test_questions_of_the_development_sets_stay(shared_dir: Path) -> None:
    files = [*(shared_dir / "eval").glob("*_dev.jsonl"), *(shared_dir / "eval" / "stard").glob("queries_*.jsonl")]
    lines = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [line[name] for line in lines for name in ("question", "text") if name in line]
    assert len(texts) > 1000
    assert sum(bool(mask(text).spans) for text in texts) / len(texts) <= 0.01


def test_articles_of_many_laws_stay(shared_dir: Path) -> None:
    with gzip.open(shared_dir / "eval" / "stard" / "corpus_small.jsonl.gz", "rt", encoding="utf-8") as stream:
        texts = [json.loads(line)["text"] for line in stream]
    assert sum(bool(mask(text).spans) for text in texts) / len(texts) <= 0.01


# --- laws -----------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *"的，。：、 \n\t-.·/（）()0123456789xX@张王李一二三市区路号栋村组元年万我叫住是",
        "身份证", "手机号", "密码", "验证码是", "卡号", "微信", "QQ", "［姓名］", "［身份证号］", "610103199003072317",
        "13800138000", "6217004210012345679", "91610132MA6TX3K2XR", "陕A8K6J2", "a@qq.com", "\u200b", "\x1e", "\ue000",
        "客户", "后八位", "西安市雁塔区", "先生", "１３８", "𠮷", "\ud800", "e\u0301",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))


def rebuilt(text: str, found: Masked) -> str:
    """The masked text, put together again from the original and the spans."""
    pieces, at = [], 0
    for span in found.spans:
        pieces += [text[at : span.start], span.kind.placeholder]
        at = span.end
    return "".join((*pieces, text[at:]))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_only_the_spans_change_and_a_second_time_nothing_does(text: str) -> None:
    found = mask(text)
    assert rebuilt(text, found) == found.text
    assert all(0 <= s.start < s.end <= len(text) for s in found.spans)
    assert all(a.end <= b.start for a, b in zip(found.spans, found.spans[1:], strict=False))
    again = mask(found.text)
    assert (again.text, again.spans) == (found.text, ())


@given(st.lists(TEXTS, max_size=4))
@settings(max_examples=150, deadline=None)
def test_turns_are_masked_each_within_itself(turns: list[str]) -> None:
    found = mask_turns(turns)
    assert [rebuilt(turn, masked) for turn, masked in zip(turns, found, strict=True)] == [m.text for m in found]


BAITS = [
    " ", "1 ", "1-", "(", "第", "张", "张三", "密码", "密码是", "a@", "@a", ".", "a.", "号", "路1号", "村",
    "身份证号是1", "O0", "男，", "住",
    "一", "一 ", "［姓名］", "［", "138 ", "6222 ", "A1", "陕A", "微信", "的贷款", "我叫", "客户", "、王小明", "\u200b",
    "西安市", "1990年1月", "得了", "是", "\n", "12345678901234567890",
]  # fmt: skip


@pytest.mark.parametrize("bait", BAITS)
def test_long_bait_is_read_once(bait: str) -> None:
    def cpu(size: int) -> float:
        """The least of three, because other work on the machine only ever adds."""
        text = bait * (size // len(bait))
        taken = []
        for _ in range(3):
            began = time.process_time()
            mask(text)
            taken.append(time.process_time() - began)
        return min(taken)

    mask(bait)
    # Eight times the text; read once for each of its characters it would take sixty-four times as long.
    assert cpu(32_000) < 40 * max(cpu(4_000), 0.005)


# --- pieces ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我叫张三，电话13800138000", "我叫［姓名］，电话［手机号］"),
        ("身份证610103199003072317", "身份证［身份证号］"),
        ("610103199003072318", "610103199003072318"),  # the checksum is wrong and no word says what it is
        ("订单610103199003072317", "订单［身份证号］"),  # a checksum and a date of birth are no accident
        ("12378和95588是热线", "12378和95588是热线"),
        ("密码是Abc@12345", "密码是［密码］"),
        ("忘记密码怎么办", "忘记密码怎么办"),
        ("我叫［姓名］", "我叫［姓名］"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert mask(text).text == masked


def test_spans_count_code_points_of_the_original() -> None:
    text = "𠮷先生：１３８\u200b0013 8000"
    (span,) = mask(text).spans
    assert (text[span.start : span.end], span.kind) == ("１３８\u200b0013 8000", PersonalKind.MOBILE)


@pytest.mark.parametrize("kind", list(PersonalKind))
def test_every_kind_has_a_readable_placeholder(kind: PersonalKind) -> None:
    assert PLACEHOLDER.fullmatch(kind.placeholder)
    assert mask(f"我的{kind.placeholder}").spans == ()


# --- screening ------------------------------------------------------------------------------------


def test_a_question_is_screened_with_the_turns_before_it() -> None:
    history = (
        Turn(role="user", content="身份证前十位是6101031990"),
        Turn(role="assistant", content="请不要发送身份证号。"),
    )
    screened = screen("后八位03072317，贷款到期能续吗？", history)
    assert screened.question == "后八位［身份证号］，贷款到期能续吗？"
    assert [turn.content for turn in screened.history] == ["身份证前十位是［身份证号］"]
    assert screened.searched == "贷款到期能续吗？"
    assert screened.notices == ("您的问题里有身份证号，已遮盖后处理，未保存原文。",)


def test_a_clean_question_is_not_touched() -> None:
    question = "客户贷款到期一时还不上，能续贷吗？"
    screened = screen(question)
    assert (screened.question, screened.searched, screened.notices) == (question, question, ())


@pytest.mark.parametrize(
    "question",
    ["密码123456对吗", "我的验证码：839201", "CVV是372", "六八六八六八是我的密码"[:6] + "，密码六八六八六八"],
)
def test_a_password_blocks_the_question_and_is_not_repeated(question: str) -> None:
    with pytest.raises(InputError) as caught:
        screen(question)
    assert caught.value.code == "secret_in_question"
    assert not any(piece in caught.value.message for piece in ("123456", "839201", "372", "六八六八"))


def test_a_password_split_over_two_turns_blocks_as_well() -> None:
    with pytest.raises(InputError, match="密码"):
        screen("845120", [Turn(role="user", content="我的验证码是")])


def test_a_password_in_an_earlier_turn_is_masked_only() -> None:
    screened = screen("那能续贷吗？", [Turn(role="user", content="密码是123456")])
    assert [turn.content for turn in screened.history] == ["密码是［密码］"]


@pytest.mark.parametrize(
    "question", ["中介要我提供密码，合规吗", "验证码能告诉银行吗", "密码要6位数字吗", "忘了密码怎么办"]
)
def test_the_word_alone_blocks_nothing(question: str) -> None:
    assert screen(question).question == question


@pytest.mark.parametrize(
    ("masked", "searched"),
    [
        ("我叫［姓名］，电话［手机号］，贷款到期还不上能续吗", "贷款到期还不上能续吗"),
        ("［姓名］的贷款能展期吗？", "客户的贷款能展期吗？"),
        ("［身份证号］这个人能办续贷吗", "这个人能办续贷吗"),
        ("［手机号］", "［手机号］"),
    ],
)
def test_placeholders_are_no_words_of_a_search(masked: str, searched: str) -> None:
    assert without_placeholders(masked) == searched


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("买买提·吾甫尔可以续贷吗", "［姓名］可以续贷吗"),
        ("丹增•旺堆在我行有贷款", "［姓名］在我行有贷款"),
        ("热依汗古丽∙吐尔逊，女", "［姓名］，女"),
        ("联系人阿依古丽●库尔班", "联系人［姓名］"),
        ("玛依拉.艾尼瓦尔的贷款", "［姓名］的贷款"),
        ("发到李小明@银行客户.中国吧", "发到［邮箱］吧"),
        ("我的邮箱是张三@例子.公司，请回复", "我的邮箱是［邮箱］，请回复"),
        ("党建·金融服务怎么做", "党建·金融服务怎么做"),
        ("信用卡·分期业务", "信用卡·分期业务"),
        ("@小李 公司规定是什么", "@小李 公司规定是什么"),
    ],
)
def test_names_of_several_parts_and_addresses_in_han(text: str, kept: str) -> None:
    assert mask(text).text == kept


@pytest.mark.parametrize("number", ["13800138000", "13912345678"])
def test_keycap_digits_are_digits(number: str) -> None:
    keycaps = "".join(f"{digit}\ufe0f\u20e3" for digit in number)
    masked = mask(f"电话{keycaps}").text
    assert masked.startswith("电话［手机号］")
    assert not any(char.isdigit() for char in masked)
