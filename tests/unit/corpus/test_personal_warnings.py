"""`corpus check` says that a file holds numbers of persons, and not which."""

from __future__ import annotations

from assistant.corpus.report import personal_warnings


def test_numbers_of_persons_are_counted_and_not_repeated() -> None:
    text = "经办人：王某，138 0013 8000；李某，13800138000；张某，身份证610103199003072317"
    assert personal_warnings(text) == ("personal_data：含身份证号 1 个、手机号 1 个，请确认可以收录",)


def test_hotlines_and_document_numbers_are_no_persons() -> None:
    assert personal_warnings("银发〔2024〕12号，热线12378，咨询029-88887777，余额13800138000元") == ()
