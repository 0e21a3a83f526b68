"""One suite for every reader of candidate sentences: what answering may rely on, whoever reads."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from scripted_llm import ScriptedLlm

from assistant.errors import ModelError
from assistant.models.chat import LangChainChatModel
from assistant.models.e5.reader import LearnedReader
from assistant.models.protocols import AnswerReader, Candidate
from assistant.models.reading import MOST_ODDS, UNCALIBRATED, CalibratedReader, CrossEncoderReader, Line
from assistant.models.rerank_endpoint import RerankEndpoint
from assistant.models.scores import Scores
from assistant.models.standins import ScriptedChatModel
from assistant.writing.choosing import LlmReader

QUESTION = "贷款可以用来炒股吗？"
CANDIDATES = [
    Candidate(
        sentence="借款人应当按照约定的用途使用贷款，不得将贷款用于买卖股票。", title="贷款办法", headings=("第三章",)
    ),
    Candidate(sentence="各级监管部门要加强督导。", title="通知", before="一、总体要求", after="二、重点任务"),
    Candidate(sentence="", title=""),
    Candidate(sentence="有下列情形之一的：\n\x00\u200b" + "（一）提供虚假材料的；" * 200, title="办法" * 100),
]


class Bigrams:
    """A cross-encoder that counts shared characters."""

    id = "bigrams"

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        return [len(set(question) & set(passage)) - 3.0 for passage in passages]


class _Rerank(BaseHTTPRequestHandler):
    """Ranks as `Bigrams`, in probabilities."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        scores = Bigrams().score(asked["query"], asked["documents"])
        results = [{"index": n, "relevance_score": 1 / (1 + math.exp(-s))} for n, s in enumerate(scores)]
        content = json.dumps({"results": results[::-1]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Rerank) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()


@pytest.fixture
def chat_server() -> Iterator[ScriptedLlm]:
    with ScriptedLlm() as server:
        server.reply = '{"parts":[[1]]}'
        yield server


@pytest.fixture(
    params=[
        "cross-encoder",
        "endpoint",
        "calibrated",
        "scripted chat",
        "chat endpoint",
        pytest.param("learned", marks=pytest.mark.model),
    ]
)
def reader(request: pytest.FixtureRequest) -> Iterator[AnswerReader]:
    match request.param:
        case "cross-encoder":
            yield CalibratedReader(CrossEncoderReader(Bigrams()), sentence=UNCALIBRATED, answered=None)
        case "endpoint":
            encoder = RerankEndpoint(request.getfixturevalue("endpoint"), "bigrams")
            yield CalibratedReader(
                CrossEncoderReader(encoder, scores=Scores.PROBABILITY), sentence=UNCALIBRATED, answered=None
            )
            encoder.close()
        case "calibrated":
            line = Line(temperature=0.5, offset=-1.0)
            yield CalibratedReader(CrossEncoderReader(Bigrams()), sentence=line, answered=line)
        case "scripted chat":
            yield LlmReader(ScriptedChatModel('{"parts":[[1]]}'))
        case "chat endpoint":
            chat = LangChainChatModel(base_url=request.getfixturevalue("chat_server").base_url, model="m")
            yield LlmReader(chat)
            chat.close()
        case _:
            prepared: Path = request.getfixturevalue("prepared_model")
            yield LearnedReader(prepared)


def test_one_finite_number_a_candidate(reader: AnswerReader) -> None:
    for count in range(1, len(CANDIDATES) + 1):
        judged = reader.read(QUESTION, CANDIDATES[:count])
        assert len(judged.sentences) == count
        assert all(map(math.isfinite, judged.sentences))
        assert judged.answered is None or math.isfinite(judged.answered)
        assert judged.cut >= 0


def test_the_sentence_that_answers_stands_before_one_that_does_not(reader: AnswerReader) -> None:
    first, second = reader.read(QUESTION, CANDIDATES[:2]).sentences
    assert first > second


def test_no_candidates_are_no_fault(reader: AnswerReader) -> None:
    judged = reader.read(QUESTION, [])
    assert judged.sentences == ()
    assert judged.answered is None or judged.answered < 0


def test_the_same_is_said_twice_and_by_every_thread(reader: AnswerReader) -> None:
    expected = reader.read(QUESTION, CANDIDATES)
    with ThreadPoolExecutor(4) as pool:
        for judged in pool.map(lambda _: reader.read(QUESTION, CANDIDATES), range(4)):
            assert judged.sentences == pytest.approx(expected.sentences, abs=1e-4)
            assert judged.answered == (pytest.approx(expected.answered, abs=1e-4))


def test_the_id_is_stable_and_says_which_model(reader: AnswerReader) -> None:
    first = reader.id
    reader.read(QUESTION, CANDIDATES[:1])
    assert reader.id == first
    assert first.isprintable()
    assert len(first) > 5


def test_calibrated_numbers_are_never_surer_than_is_allowed() -> None:
    line = Line(temperature=0.01, offset=0.0)
    judged = CalibratedReader(CrossEncoderReader(Bigrams()), sentence=line, answered=line).read(QUESTION, CANDIDATES)
    assert judged.answered is not None
    assert all(abs(odds) <= MOST_ODDS for odds in (*judged.sentences, judged.answered))


@pytest.mark.parametrize("scores", [[0.5, 1.2], [-0.1, 0.3]])
def test_a_number_that_is_no_probability_is_told(scores: list[float]) -> None:
    class Odd:
        id = "odd"

        def score(self, question: str, passages: Sequence[str]) -> list[float]:
            return scores

    with pytest.raises(ModelError, match="ASSISTANT_READER__SCORES"):
        CrossEncoderReader(Odd(), scores=Scores.PROBABILITY).read(QUESTION, CANDIDATES[:2])
