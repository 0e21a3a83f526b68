"""Which versions a question is about."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from assistant.question.catalogue import Catalogue
from assistant.question.versions_asked import Families, VersionReader, VersionsAsked, without_versions
from assistant.schema.document import DocumentKind, DocumentMeta, Validity

TODAY = date(2026, 5, 1)


def meta(name: str, title: str, **facts: Any) -> DocumentMeta:
    return DocumentMeta(id=name, title=title, kind=DocumentKind.LAW, **facts)


OLD = meta(
    "old",
    "城镇摊位费条例",
    validity=Validity.AMENDED,
    document_number="国务院令第901号",
    issued_on=date(2019, 5, 5),
    effective_on=date(2019, 9, 1),
    expired_on=date(2024, 3, 1),
    superseded_by="城镇摊位费条例（国务院令第977号，2024-03-01起）",
)
NEW = meta(
    "new",
    "城镇摊位费条例",
    validity=Validity.IN_FORCE,
    document_number="国务院令第977号",
    issued_on=date(2024, 1, 10),
    effective_on=date(2024, 3, 1),
)
GONE = meta(
    "gone",
    "夜市管理办法",
    validity=Validity.REPEALED,
    issued_on=date(2001, 1, 1),
    effective_on=date(2001, 1, 1),
    expired_on=date(2021, 7, 1),
    superseded_by="夜间经济促进条例（2021-07-01起）",
)
HEIR = meta(
    "heir", "夜间经济促进条例", validity=Validity.IN_FORCE, issued_on=date(2021, 4, 1), effective_on=date(2021, 7, 1)
)
ALONE = meta("alone", "早市卫生条例", validity=Validity.IN_FORCE, effective_on=date(2010, 1, 1))
DOCUMENTS = (OLD, NEW, GONE, HEIR, ALONE)
READER = VersionReader(Catalogue(DOCUMENTS), Families(DOCUMENTS))


def read(question: str, *context: str) -> VersionsAsked:
    return READER.read(question, context, today=TODAY)


def test_families_by_title_and_by_what_took_a_place() -> None:
    families = Families(reversed(DOCUMENTS))
    assert families.of("old") == families.of("new") == (OLD, NEW)
    assert families.of("gone") == families.of("heir") == (GONE, HEIR)
    assert families.of("alone") == families.of("unknown") == ()


def test_extracts_of_one_day_are_no_versions() -> None:
    day = date(2021, 1, 1)
    parts = [meta(n, "某法典", effective_on=day, issued_on=day) for n in "ab"]
    assert Families(parts).all() == ()


@pytest.mark.parametrize(
    "question",
    [
        "旧的城镇摊位费条例怎么收费？",
        "老城镇摊位费条例怎么收费？",
        "修订前的《城镇摊位费条例》怎么收费？",
        "2019年城镇摊位费条例怎么收费？",
        "2019年的城镇摊位费条例怎么收费？",
        "城镇摊位费条例（2019年）怎么收费？",
        "国务院令第901号怎么收费？",
        "901号令怎么收费？",
        "2019年的条例怎么收费？",
    ],
)
def test_an_old_version_is_named(question: str) -> None:
    asked = read(question)
    assert asked == VersionsAsked(versions=frozenset({"old"}), named=frozenset({"old"}))


@pytest.mark.parametrize(
    "question", ["现行城镇摊位费条例怎么收费？", "新修订的城镇摊位费条例怎么收费？", "977号令呢？"]
)
def test_the_new_version_is_named(question: str) -> None:
    assert read(question).named == {"new"}


@pytest.mark.parametrize(
    "question",
    [
        "新旧城镇摊位费条例对收费有什么不同？",
        "城镇摊位费条例修订前后收费有什么变化？",
        "2019年和2024年的城镇摊位费条例怎么收费？",
        "2019年的条例第三条在新的城镇摊位费条例里对应哪条？",
        "旧条例怎么收费，新条例改了吗？说的是城镇摊位费条例。",
        "现行城镇摊位费条例与旧版相比收费怎么变了？",
    ],
)
def test_two_versions_are_compared(question: str) -> None:
    asked = read(question)
    assert asked.pair == (OLD, NEW)
    assert asked.versions == asked.named == {"old", "new"}


def test_a_text_and_its_heir_are_compared() -> None:
    assert read("夜市管理办法和夜间经济促进条例有什么不同？新旧规定对照一下").pair == (GONE, HEIR)


@pytest.mark.parametrize("question", ["早市卫生条例有什么变化？", "抵押和质押有什么不同？", "城镇摊位费条例怎么收费？"])
def test_nothing_is_compared(question: str) -> None:
    assert read(question) == VersionsAsked()


DATED = [
    ("2022年摆摊怎么收费？", {"old"}, {"new"}),
    ("2024年2月摆摊怎么收费？", {"old"}, {"new"}),
    ("2024年3月摆摊怎么收费？", set(), set()),
    ("2020年10月查到一个夜市，怎么处理？", {"old", "gone"}, {"new", "heir"}),
    ("2010年怎么收费？", {"gone"}, {"heir"}),
    ("2022年的合同，现在怎么收费？", set(), set()),
    ("2030年怎么收费？", set(), set()),
]


@pytest.mark.parametrize(("question", "versions", "outdated"), DATED)
def test_a_day_chooses_among_versions(question: str, versions: set[str], outdated: set[str]) -> None:
    asked = read(question)
    assert asked.versions == versions
    assert asked.outdated == outdated
    assert (asked.day is not None) == bool(versions)


def test_a_day_stands_in_a_turn_before_and_now_ends_it() -> None:
    assert read("那怎么算？", "2022年摆摊怎么收费？").versions == {"old"}
    assert read("那现在呢？", "2022年摆摊怎么收费？") == VersionsAsked()
    assert read("2022年那阵子呢？", "现在摆摊怎么收费？").versions == {"old"}


def test_words_about_versions_are_not_searched() -> None:
    assert without_versions("新旧条例对摊位费的收取有什么变化？") == "条例对摊位费的收取？"
    assert without_versions("新旧") == "新旧"
    assert READER.without_titles("按照《城镇摊位费条例》的规定，摊位费多久交一次？") == "，摊位费多久交一次？"
    assert READER.without_titles("城镇摊位费条例第三条") == "城镇摊位费条例第三条"
