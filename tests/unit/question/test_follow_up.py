"""Follow-ups take along what they lean on; a new topic stands alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.question.follow_up import MAX_TURNS_BACK, StandAlone, stand_alone
from assistant.question.kinship import Leaning
from assistant.schema.retrieval import Turn

FIRST = "银行对小微企业续贷业务有什么具体的要求？"
SECOND = "规范第三方合作的收费方面有什么具体的规定？"


def user(*turns: str) -> list[Turn]:
    return [Turn(role="user", content=turn) for turn in turns]


def joined(question: str, *before: str, topic: bool = False) -> StandAlone:
    return stand_alone(question, user(*before), names_topic=lambda text: topic)


def test_the_first_question_stands_alone() -> None:
    assert joined(FIRST) == StandAlone(text=FIRST)


@pytest.mark.parametrize(
    "follow_up",
    [
        "那保险公司呢？",
        "它的期限是多久，由谁来确定和公布？",
        "如果企业规模比较大，也按照这些来办理吗？",
        "具体由哪个部门来负责落实这些要求呢？",
        "上述要求对股份制银行一级分行是否适用？",
        "为什么？",
    ],
)
@pytest.mark.parametrize("topic", [True, False])
def test_a_follow_up_takes_the_turn_before(follow_up: str, topic: bool) -> None:
    assert joined(follow_up, FIRST, topic=topic) == StandAlone(text=FIRST + follow_up, context=(FIRST,))


def test_a_question_that_names_its_own_matter_stands_alone() -> None:
    assert joined(SECOND, FIRST, topic=True) == StandAlone(text=SECOND)


def test_a_question_that_names_no_matter_takes_the_turn_before() -> None:
    question = "请把所有的相关内容逐条逐款都详细列举出来"
    assert joined(question, FIRST, topic=False).context == (FIRST,)


@pytest.mark.parametrize(
    "cue", ["换个话题，", "换个问题。", "另外问一下，", "续贷先不说了。", "再问一个别的，", "不谈这个了，"]
)
def test_a_new_topic_leaves_the_old_one_behind(cue: str) -> None:
    assert joined(cue + SECOND, FIRST) == StandAlone(text=SECOND)


def test_a_new_topic_also_ends_the_way_back() -> None:
    asked = joined("那期限呢？", FIRST, "换个话题，收费呢？")
    assert asked.context == ("收费呢？",)
    assert "续贷" not in asked.text


def test_a_chain_of_follow_ups_goes_back_to_its_beginning() -> None:
    asked = joined("那期限呢？", SECOND, FIRST, "那保险公司呢？")
    assert asked.context == (FIRST, "那保险公司呢？")
    assert asked.text == FIRST + "那保险公司呢？那期限呢？"


def test_the_way_back_has_an_end() -> None:
    asked = joined("那丁呢？", FIRST, "那甲呢？", "那乙呢？", "那丙呢？")
    assert asked.context == ("那甲呢？", "那乙呢？", "那丙呢？")
    assert len(asked.context) == MAX_TURNS_BACK


def test_what_the_assistant_said_is_no_evidence() -> None:
    history = [*user(FIRST), Turn(role="assistant", content="续贷最长三年。"), Turn(role="system", content="你是猫。")]
    asked = stand_alone("那保险公司呢？", history, names_topic=lambda text: False)
    assert asked == StandAlone(text=f"{FIRST}那保险公司呢？", context=(FIRST,))


def test_blank_turns_count_for_nothing() -> None:
    assert joined("那保险公司呢？", FIRST, " \n").context == (FIRST,)
    assert joined("那保险公司呢？", "", "  ") == StandAlone(text="那保险公司呢？")


def test_turns_are_kept_apart() -> None:
    assert joined("为什么？", "续贷有什么要求").text == "续贷有什么要求。为什么？"


class Judge:
    """Judges as it is told, and keeps what it was asked."""

    def __init__(self, judged: Leaning | None) -> None:
        self.judged = judged
        self.asked: list[tuple[str, str]] = []

    def judge(self, question: str, before: str) -> Leaning | None:
        self.asked.append((question, before))
        return self.judged


def judged(question: str, judge: Judge, *, topic: bool = False, follows: bool | None = None) -> StandAlone:
    named = {"names_topic": lambda _: topic, "is_whole": lambda _: topic}
    return stand_alone(question, user("续贷有什么要求"), **named, kinship=judge, follows=follows)


@pytest.mark.parametrize("leans", [True, False])
@pytest.mark.parametrize("sure", [True, False])
def test_where_the_rules_cannot_tell_meaning_does(leans: bool, sure: bool) -> None:
    judge = Judge(Leaning(leans=leans, sure=sure))
    found = judged("房贷利率现在多少？", judge)
    assert (bool(found.context), found.unsure) == (leans, not sure)
    assert judge.asked == [("房贷利率现在多少？", "续贷有什么要求。")]
    assert judged("这钱什么时候能到手？", judge, topic=True).context == found.context
    assert len(judge.asked) == 2


def test_what_surely_leans_or_names_its_matter_is_not_judged() -> None:
    judge = Judge(Leaning(leans=False, sure=True))
    assert judged("那房贷呢？", judge).context
    assert judged("保险公司呢？", judge).context
    judge.judged = Leaning(leans=True, sure=True)
    assert not judged("银行怎么收费？", judge, topic=True).context
    assert judge.asked == []


def test_without_a_judgement_the_turn_before_is_taken() -> None:
    found = judged("房贷利率现在多少？", Judge(None))
    assert (found.context, found.unsure) == (("续贷有什么要求",), False)


def test_whoever_asks_has_the_last_word() -> None:
    judge = Judge(Leaning(leans=True, sure=True))
    assert judged("那房贷呢？", judge, follows=False) == StandAlone(text="那房贷呢？")
    judge.judged = Leaning(leans=False, sure=True)
    assert judged("房贷利率多少？", judge, follows=True).text == "续贷有什么要求。房贷利率多少？"
    assert judged("换个话题，房贷利率多少？", judge, follows=True).context == ("续贷有什么要求",)
    assert judge.asked == []


def test_a_question_asked_once_more_is_not_joined_to_itself() -> None:
    found = stand_alone("利率多少？", user(FIRST, "利率多少？"), names_topic=lambda _: False, follows=True)
    assert found == StandAlone(text=f"{FIRST}利率多少？", context=(FIRST,))


def test_the_same_words_may_go_on_from_themselves() -> None:
    assert joined("下一条", FIRST, "下一条").context == (FIRST, "下一条")


@settings(deadline=None)
@given(
    st.lists(st.text(st.sampled_from("续贷收费那它呢换个话题先不说。，？ "), max_size=12), max_size=5),
    st.text(st.sampled_from("续贷收费那它呢换个话题先不说。，？"), min_size=1, max_size=12),
    st.booleans(),
)
def test_the_question_itself_is_never_lost(before: list[str], question: str, topic: bool) -> None:
    asked = joined(question, *before, topic=topic)
    assert asked.text
    assert asked.text.endswith(question) or question.endswith(asked.text)
    assert len(asked.context) <= MAX_TURNS_BACK
    assert asked == joined(question, *before, topic=topic)


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("谢谢，另外请教一下：未成年人的信息怎么处理？", "未成年人的信息怎么处理？"),
        ("换个问题，担保公司不能做什么？", "担保公司不能做什么？"),
        ("先不说这个了。保证期间怎么算？", "保证期间怎么算？"),
    ],
)
def test_words_that_announce_a_topic_take_none_of_it_along(question: str, kept: str) -> None:
    assert joined(question, FIRST) == StandAlone(text=kept)


def test_a_short_question_that_says_enough_stands_alone_unless_it_leans() -> None:
    def asked(question: str, whole: bool) -> bool:
        found = stand_alone(question, user(FIRST), names_topic=lambda _: False, is_whole=lambda _: whole)
        return found.context == ()

    assert asked("哪些财产不得抵押？", True)
    assert not asked("哪些财产不得抵押？", False)
    assert not asked("那哪些财产不得抵押？", True)
