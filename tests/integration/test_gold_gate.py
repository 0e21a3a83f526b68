"""The shipped gold questions, answered without a language model, against the recorded figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.assembly import build_assistant, make_index
from assistant.evaluation.cases import read_cases
from assistant.evaluation.compare import drops, figures, read_recorded
from assistant.evaluation.runner import run_cases
from assistant.evaluation.scoring import marks
from assistant.settings import EmbedderKind, EmbedderSettings, Settings

pytestmark = pytest.mark.model

ROOT = Path(__file__).resolve().parents[2]


def test_no_figure_fell_beyond_its_interval(prepared_model: Path, tmp_path: Path) -> None:
    settings = Settings(
        corpus_dir=ROOT / "corpus", indexes_dir=tmp_path, embedder=EmbedderSettings(kind=EmbedderKind.ONNX)
    )
    settings.model_dir.parent.mkdir(parents=True)
    settings.model_dir.symlink_to(prepared_model)
    make_index(settings, [settings.corpus_dir])
    cases = read_cases(ROOT / "eval" / "seen" / "notice_gold.jsonl")
    lines = run_cases(build_assistant(settings), cases, use_llm=False)
    assert len(cases) >= 80
    assert drops(figures(marks(cases, lines)), read_recorded(ROOT / "eval" / "baselines" / "gate.json")) == ()
