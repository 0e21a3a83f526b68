"""Cases go in as they stand, answers come out in the words of the score."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import EvaluationError, IndexDamaged, InputError
from assistant.evaluation.cases import Case, CaseTurn, GoldClause
from assistant.evaluation.runner import RunLine, quantiles, read_run, run_cases, summarize, write_run
from assistant.schema.answer import Answer, Citation, Mode, Outcome
from assistant.schema.document import Document, DocumentKind, DocumentMeta, Span, Validity
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters, Turn

NOTICE = "notice_2024_shaanxi"
LAW = "商业银行法_2015"


def meta(document_id: str) -> DocumentMeta:
    return DocumentMeta(id=document_id, title=document_id, kind=DocumentKind.NOTICE)


def citation(number: int, document_id: str, address: str) -> Citation:
    return Citation(
        number=number,
        document_id=document_id,
        document_title="通知",
        address=address,
        heading=None,
        clause_text="原文",
        quotes=("原文",),
        spans=(Span(0, 2),),
        validity=Validity.ANNUAL,
    )


def answer(question: str, *, outcome: Outcome = Outcome.ANSWERED) -> Answer:
    return Answer(
        question=question,
        standalone_question=question,
        outcome=outcome,
        mode=Mode.EXTRACTIVE,
        text="各银行机构要续贷。[1]",
        statements=(),
        citations=(
            citation(1, NOTICE, "五、（十）"),
            citation(2, NOTICE, "五、（十）"),
            citation(3, LAW, "第四十条"),
        ),
        ranked_clauses=(f"{NOTICE}#五、（十）", f"{LAW}#第四十条", f"{NOTICE}#标题"),
        confidence=0.8123456789,
    )


class Scripted:
    """Answers by script and keeps what it was asked."""

    def __init__(self, *documents: str, fault: Exception | None = None) -> None:
        self._documents = documents
        self._fault = fault
        self.asked: list[Inquiry] = []

    def ask(self, inquiry: Inquiry) -> Answer:
        self.asked.append(inquiry)
        if self._fault is not None:
            raise self._fault
        outcome = Outcome.NOT_FOUND if "彩票" in inquiry.question else Outcome.ANSWERED
        return answer(inquiry.question, outcome=outcome)

    def documents(self) -> tuple[DocumentMeta, ...]:
        return tuple(map(meta, self._documents))

    def document(self, document_id: str) -> Document:
        return Document(meta=meta(document_id), text="", clauses=())


def notice_case(question: str = "能续贷吗？", **fields: object) -> Case:
    return Case.model_validate({"id": "d1", "question": question, "gold_clauses": ("（十）",), **fields})


LAW_CASE = Case(id="m1", question="？", gold=(GoldClause(doc=LAW, clause="第四十条"),))


def test_history_day_and_model_reach_the_assistant() -> None:
    assistant = Scripted(NOTICE)
    turns = (CaseTurn(role="user", content="我是个体户"), CaseTurn(role="assistant", content="好"))
    run_cases(assistant, [notice_case(history=turns, as_of=date(2024, 6, 30))], use_llm=False)
    history = (Turn(role="user", content="我是个体户"), Turn(role="assistant", content="好"))
    filters = Filters(as_of=date(2024, 6, 30))
    assert assistant.asked == [Inquiry(question="能续贷吗？", history=history, filters=filters, use_llm=False)]


def test_ids_are_bare_for_the_notice_and_whole_for_other_documents() -> None:
    (line,) = run_cases(Scripted(LAW, NOTICE), [notice_case()])
    assert line.ranked_clauses == ("（十）", f"{LAW}#第四十条", "title")
    assert line.citations == ("（十）", f"{LAW}#第四十条")  # the two citations of one clause are one


def test_ids_are_whole_for_a_case_with_whole_gold() -> None:
    (line,) = run_cases(Scripted(LAW, NOTICE), [LAW_CASE])
    assert line.ranked_clauses == (f"{NOTICE}#（十）", f"{LAW}#第四十条", f"{NOTICE}#title")


def test_a_library_of_one_document_is_the_one_that_bare_ids_mean() -> None:
    (line,) = run_cases(Scripted(LAW), [notice_case()])
    assert line.ranked_clauses[1] == "第四十条"


def test_answer_refusal_and_times_are_written() -> None:
    heard: list[tuple[int, int]] = []
    lines = run_cases(
        Scripted(NOTICE),
        [notice_case(), notice_case("彩票呢", id="d2")],
        progress=lambda done, total: heard.append((done, total)),
    )
    assert [(line.id, line.refused) for line in lines] == [("d1", False), ("d2", True)]
    assert lines[0].answer == "各银行机构要续贷。[1]"
    assert [line.outcome for line in lines] == [Outcome.ANSWERED, Outcome.NOT_FOUND]
    assert lines[0].confidence == 0.812346
    assert all(line.latency_ms >= 0 and line.cpu_ms >= 0 and line.error is None for line in lines)
    assert heard == [(1, 2), (2, 2)]


def test_a_question_that_cannot_be_used_is_a_line_with_its_reason() -> None:
    fault = InputError("请输入您想问的问题。", code="empty_question")
    lines = run_cases(Scripted(NOTICE, fault=fault), [notice_case("")])
    (line,) = lines
    assert (line.answer, line.citations, line.refused, line.error) == ("", (), False, "empty_question")
    assert (line.outcome, line.confidence) == (None, None)
    assert summarize(lines).unusable == 1


def test_a_damaged_index_ends_the_run() -> None:
    with pytest.raises(IndexDamaged):
        run_cases(Scripted(NOTICE, fault=IndexDamaged("索引已损坏")), [notice_case()])


def run_line(case_id: str, latency_ms: float = 1.0) -> RunLine:
    return RunLine(
        id=case_id,
        ranked_clauses=("（十）",),
        answer="答",
        citations=(),
        refused=False,
        latency_ms=latency_ms,
        cpu_ms=2 * latency_ms,
    )


def test_a_run_in_figures() -> None:
    summary = summarize([run_line(str(n), float(n)) for n in range(1, 21)])
    assert (summary.cases, summary.refused, summary.unusable) == (20, 0, 0)
    assert (summary.latency_ms.p50, summary.latency_ms.p95) == (10.0, 19.0)
    assert (summary.cpu_ms.p50, summary.cpu_ms.p95) == (20.0, 38.0)


def test_one_value_is_its_own_median_and_percentile() -> None:
    assert quantiles([7.0]) == quantiles([7.0, 7.0])


def test_a_run_replaces_the_file_before_it_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run.jsonl"
    write_run(path, [run_line("d1"), run_line("d2")])
    write_run(path, [run_line("d3")])
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "id": "d3",
        "ranked_clauses": ["（十）"],
        "answer": "答",
        "citations": [],
        "refused": False,
        "latency_ms": 1.0,
        "cpu_ms": 2.0,
    }
    assert list(path.parent.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_run_that_cannot_be_written_leaves_the_file_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.jsonl"
    write_run(path, [run_line("d1")])

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EvaluationError, match="磁盘空间"):
        write_run(path, [run_line("d2")])
    assert json.loads(path.read_text(encoding="utf-8"))["id"] == "d1"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_place_of_the_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="无法写入"):
        write_run(tmp_path, [run_line("d1")])


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(EvaluationError, match="无法写入"):
        write_run(tmp_path / "file" / "run.jsonl", [run_line("d1")])


def test_outcome_and_confidence_are_written_and_read_back(tmp_path: Path) -> None:
    lines = run_cases(Scripted(NOTICE), [notice_case()])
    write_run(tmp_path / "run.jsonl", lines)
    written = json.loads((tmp_path / "run.jsonl").read_text(encoding="utf-8"))
    assert (written["outcome"], written["confidence"]) == ("answered", 0.812346)
    assert read_run(tmp_path / "run.jsonl") == lines


def test_the_score_takes_a_run(shared_dir: Path, tmp_path: Path) -> None:
    cases, out = tmp_path / "cases.jsonl", tmp_path / "run.jsonl"
    fields: dict[str, Any] = {
        "category": "factual_single",
        "must_include": ["续贷"],
        "must_not_include": [],
        "answerable": True,
    }
    case = notice_case(**fields)
    cases.write_text(json.dumps({**fields, **case.model_dump(mode="json", exclude_none=True)}) + "\n", encoding="utf-8")
    write_run(out, run_cases(Scripted(NOTICE), [case]))
    done = subprocess.run(
        [sys.executable, str(shared_dir / "eval" / "score.py"), str(cases), str(out)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    columns, *_, overall = [line.split() for line in done.stdout.splitlines() if not line.startswith(("cases", "lat"))]
    scores = dict(zip(columns, overall, strict=True))
    assert (scores["MRR"], scores["pass"], scores["citR"], scores["citP"]) == ("1.000", "1.000", "1.000", "0.500")
