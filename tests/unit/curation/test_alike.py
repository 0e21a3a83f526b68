"""Which documents of a library say nearly the same as one that comes in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_texts import law, notice

from assistant.curation.alike import Likenesses, pieces_of
from assistant.errors import NotFoundError
from assistant.schema.document import Document, DocumentMeta


class Held:
    """A library of documents as the doors see it."""

    def __init__(self, *documents: Document) -> None:
        self._all = {one.id: one for one in documents}

    def documents(self, rights: frozenset[str] | None = None) -> tuple[DocumentMeta, ...]:
        return tuple(one.meta for one in self._all.values() if one.meta.visible(rights or frozenset()))

    def document(self, document_id: str, rights: frozenset[str] | None = None) -> Document:
        found = self._all.get(document_id)
        if found is None or not found.meta.visible(rights or frozenset()):
            raise NotFoundError("没有")
        return found


def retold(document: Document, text: str, sha: str = "new") -> Document:
    return replace(document, text=text, meta=replace(document.meta, id="new", source_sha256=sha))


def test_a_text_with_a_day_changed_is_nearly_the_same() -> None:
    one = notice()
    [found] = Likenesses().of(retold(one, one.text.replace("2024", "2026")), Held(one, law()), frozenset())
    assert (found.id, found.same_bytes) == (one.id, False)
    assert 0.8 < found.share < 1


def test_another_text_is_not() -> None:
    assert Likenesses().of(retold(law(), law().text), Held(notice()), frozenset()) == ()


def test_a_text_that_lies_in_a_longer_one_is_told() -> None:
    one = notice()
    longer = one.text + "".join(f"第{n}项补充规定要求各机构分别报送材料{n}号。" for n in range(200))
    [found] = Likenesses().of(retold(one, longer), Held(one), frozenset())
    assert found.inside > 0.9
    assert found.share < 0.5


def test_the_very_bytes_are_known_by_their_hash() -> None:
    one = replace(notice(), meta=replace(notice().meta, source_sha256="abc"))
    [found] = Likenesses().of(retold(one, one.text, sha="abc"), Held(one), frozenset())
    assert found.same_bytes


def test_a_document_that_may_not_be_seen_is_not_told_of() -> None:
    one = replace(notice(), meta=replace(notice().meta, access=("内部",)))
    new = retold(one, one.text)
    assert Likenesses().of(new, Held(one), frozenset()) == ()
    assert len(Likenesses().of(new, Held(one), frozenset({"内部"}))) == 1


def test_a_few_words_say_nothing() -> None:
    short = retold(notice(), "各银行机构：")
    assert Likenesses().of(short, Held(replace(notice(), text="各银行机构：")), frozenset()) == ()


@pytest.mark.parametrize("text", ["", "短", "一二三四五六七"])
def test_a_text_shorter_than_a_piece_has_none(text: str) -> None:
    assert pieces_of(text).size == 0


def test_blanks_and_breaks_do_not_count() -> None:
    text = notice().text
    assert (pieces_of(text) == pieces_of(text.replace("\n", " \n\n"))).all()
