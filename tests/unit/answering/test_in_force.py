"""How a document stands on a day, and the clause that proves it."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.answering.in_force import Force, Standing, lead, standing
from assistant.indexing.cut import cut
from assistant.parsing.clauses import parse_clauses
from assistant.parsing.references import find_repeals
from assistant.schema.chunk import ChunkKind
from assistant.schema.document import Document, DocumentKind, DocumentMeta, Validity

TODAY = date(2026, 1, 1)
OLD = "# 村镇借款办法\n\n第一条 为规范借款，制定本办法。\n\n第二条 本办法自2010年1月1日起施行。\n"
NEW = """# 村镇贷款条例

第一条 为规范贷款，制定本条例。

第二条 本条例自2023年7月1日起施行。《村镇借款办法》同时废止。
"""


def document(text: str, title: str, validity: Validity, effective: date, expired: date | None = None) -> Document:
    meta = DocumentMeta(
        id=title,
        title=title,
        kind=DocumentKind.LAW,
        validity=validity,
        effective_on=effective,
        issued_on=effective,
        expired_on=expired,
    )
    clauses = parse_clauses(text, meta.kind)
    return Document(meta=meta, text=text, clauses=clauses, facts=find_repeals(clauses, text))


OLD_ONE = document(OLD, "村镇借款办法", Validity.REPEALED, date(2010, 1, 1), date(2023, 7, 1))
NEW_ONE = document(NEW, "村镇贷款条例", Validity.IN_FORCE, date(2023, 7, 1))
LIBRARY = [OLD_ONE, NEW_ONE]
SENTENCES = [c for d in LIBRARY for c in cut(d) if c.kind is ChunkKind.SENTENCE]


def stand(asked: Document, day: date = TODAY, library: list[Document] | None = None) -> Standing:
    return standing(asked.meta, LIBRARY if library is None else library, SENTENCES, day=day, today=TODAY)


def said(asked: Document, day: date = TODAY) -> str:
    return lead(stand(asked, day))


def test_an_ended_text_names_what_took_its_place_and_the_clause_that_repeals_it() -> None:
    found = stand(OLD_ONE)
    assert found.force is Force.ENDED
    assert found.successor is NEW_ONE.meta
    assert {c.unit for c in found.proof} == {"第二条"}
    assert {c.document_id for c in found.proof} == {"村镇贷款条例"}
    assert said(OLD_ONE) == (
        "《村镇借款办法》（2010年）已被废止，自2023年7月1日起不再有效；"
        "取代它的是《村镇贷款条例》（2023年），自2023年7月1日起施行。"
    )


def test_without_the_repealing_text_nothing_is_said_of_a_successor() -> None:
    found = stand(OLD_ONE, library=[OLD_ONE])
    assert (found.force, found.successor, found.proof) == (Force.ENDED, None, ())


DAYS = [
    (OLD_ONE, date(2022, 5, 1), Force.HOLDS, "在2022年5月1日有效，自2010年1月1日起施行"),
    (OLD_ONE, date(2023, 6, 30), Force.HOLDS, "有效"),
    (OLD_ONE, date(2023, 7, 1), Force.ENDED, "已被废止"),
    (NEW_ONE, date(2023, 6, 30), Force.NOT_YET, "在2023年6月30日尚未施行，自2023年7月1日起施行"),
    (NEW_ONE, TODAY, Force.HOLDS, "现行有效，自2023年7月1日起施行"),
]


@pytest.mark.parametrize(("asked", "day", "force", "words"), DAYS)
def test_the_day_asked_about_decides(asked: Document, day: date, force: Force, words: str) -> None:
    assert stand(asked, day).force is force
    assert words in said(asked, day)


@pytest.mark.parametrize("validity", [Validity.UNKNOWN, Validity.ANNUAL])
def test_what_the_source_does_not_say_is_not_said(validity: Validity) -> None:
    asked = document(NEW, "村镇贷款条例", validity, date(2023, 7, 1))
    assert stand(asked).force is Force.UNSAID
    assert "本库未载明" in said(asked)


def test_a_year_in_the_title_is_not_repeated() -> None:
    asked = document(NEW, "关于2023年贷款的条例", Validity.IN_FORCE, date(2023, 7, 1))
    assert said(asked).startswith("《关于2023年贷款的条例》现行有效")
