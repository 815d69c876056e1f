"""The networks, as modules of torch: imported only where one is made."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

_GROUPS = 4  # of channels that are normalised together
_FLAT = 0.1  # variance below which groups are hardly scaled: no jump where a slice is flat


class SliceEncoder(nn.Module):
    """Three convolutions, each halving the slice, then the mean over what is left.

    The first is not normalised by group: how bright a slice is would be lost there.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, width // 2, 3, stride=2, padding=1)
        self.second = nn.Conv2d(width // 2, width, 3, stride=2, padding=1)
        self.second_norm = nn.GroupNorm(_GROUPS, width, eps=_FLAT)
        self.third = nn.Conv2d(width, width, 3, stride=2, padding=1)
        self.third_norm = nn.GroupNorm(_GROUPS, width, eps=_FLAT)

    def forward(self, slices: Tensor) -> Tensor:
        """Return n × features of n × 1 × y × x."""
        x = functional.silu(self.first(slices))
        x = functional.silu(self.second_norm(self.second(x)))
        x = functional.silu(self.third_norm(self.third(x)))
        return x.mean(dim=(2, 3))


class MeanHead(nn.Module):
    """The mean over slices: their order does not count."""

    def forward(self, x: Tensor, present: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return n × features of n × slices × features; no attention."""
        shares = present / present.sum(dim=1, keepdim=True).clamp(min=1)
        return (x * shares[..., None]).sum(dim=1), None


class LSTMHead(nn.Module):
    """The last state of an LSTM that reads the slices in their order."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.reader = nn.LSTM(width, width, batch_first=True)

    def forward(self, x: Tensor, present: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return n × features; missing slices are not read."""
        _, (state, _) = self.reader(_packed(*_compact(x, present)))
        return state[-1], None


class TransformerHead(nn.Module):
    """Positions, one block of self-attention, and a read-out that attends to slices."""

    def __init__(self, width: int, slices: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.positions = nn.Parameter(0.5 * torch.randn(slices, width))
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.projected, self.joined = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(),
                                  nn.Linear(2 * width, width))  # fmt: skip
        self.asked = nn.Linear(width, 1)

    def forward(self, x: Tensor, present: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return n × features, and the attention of the read-out to slices."""
        x = x + self.positions
        x = x + self._attended(self.first_norm(x), present)
        x = x + self.wide(self.second_norm(x))
        attention = _softmax(self.asked(x)[..., 0], present)
        return (attention[..., None] * x).sum(dim=1), attention

    def _attended(self, x: Tensor, present: Tensor) -> Tensor:
        """Return softmax(q k' / sqrt(d)) v of every head, joined."""
        count, slices, width = x.shape
        parts = self.projected(x).reshape(count, slices, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) / (width // self.heads) ** 0.5
        mixed = _softmax(scores, present[:, None, None, :]) @ value
        joined: Tensor = self.joined(mixed.transpose(1, 2).reshape(count, slices, width))
        return joined


class Seq2SeqHead(nn.Module):
    """A bidirectional GRU reads; a decoder of one step attends to what was read.

    The attention is Bahdanau's (2015, arXiv:1409.0473).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.reader = nn.GRU(width, width // 2, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(width, width)
        self.of_state, self.of_slice = nn.Linear(width, width), nn.Linear(width, width)
        self.asked = nn.Linear(width, 1)
        self.decoder = nn.GRUCell(width, width)

    def forward(self, x: Tensor, present: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return n × features, and the attention of the decoder to slices."""
        compact, lengths, places = _compact_with_places(x, present)
        packed, last = self.reader(_packed(compact, lengths))
        read, _ = pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
        state = torch.tanh(self.bridge(torch.cat([last[0], last[1]], dim=1)))
        energy = self.asked(torch.tanh(self.of_state(state)[:, None] + self.of_slice(read)))[..., 0]
        steps = torch.arange(x.shape[1], device=x.device)
        attention = _softmax(energy, steps < lengths.to(x.device)[:, None])
        context = (attention[..., None] * read).sum(dim=1)
        by_slice = torch.zeros_like(attention).scatter(1, places, attention)
        return self.decoder(context, state), by_slice


def _packed(compact: Tensor, lengths: Tensor) -> Any:
    return pack_padded_sequence(compact, lengths, batch_first=True, enforce_sorted=False)


def _compact(x: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """Return the slices that are there, in their order and first, and how many they are."""
    compact, lengths, _ = _compact_with_places(x, present)
    return compact, lengths


def _compact_with_places(x: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    places = torch.argsort(~present, dim=1, stable=True)
    compact = torch.gather(x, 1, places[..., None].expand_as(x))
    return compact, present.sum(dim=1).clamp(min=1).cpu(), places


def _softmax(scores: Tensor, present: Tensor) -> Tensor:
    return torch.softmax(scores.masked_fill(~present, -1e9), dim=-1)


class SequenceNetwork(nn.Module):
    """Each slice encoded, the slices read by a head, clinical columns joined at the end.

    `forward` takes n × slices × y × x, or with a given encoder what it made of them,
    n × slices × features.
    """

    def __init__(self, plan: Mapping[str, Any]) -> None:
        super().__init__()
        width, slices = plan["width"], plan["slices"]
        given = plan["encoded"]  # features of a given encoder; 0 where there is none
        self.encoder = None if given else SliceEncoder(width)
        self.register_buffer("encoded_mean", torch.zeros(given))
        self.register_buffer("encoded_sd", torch.ones(given))
        self.is_placed = plan["head"] != "mean"  # which must not know the order
        entering = (given or width) + self.is_placed
        self.entry = nn.Sequential(nn.Linear(entering, width), nn.LayerNorm(width, eps=_FLAT))
        self.head = _head(plan["head"], width, slices)
        self.dropped = nn.Dropout(plan["dropout"])
        self.last = nn.Linear(width + plan["clinical"], plan["outputs"])

    def forward(self, x: Tensor, present: Tensor, clinical: Tensor) -> Tensor:
        """Return the logits of n cases: n × outputs."""
        return self.told(x, present, clinical)[0]

    def told(self, x: Tensor, present: Tensor, clinical: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return logits, and the attention to slices where the head has one."""
        count, slices = x.shape[:2]
        if self.encoder is None:
            x = (x - self.encoded_mean) / self.encoded_sd
        else:
            x = self.encoder(x.reshape(count * slices, 1, *x.shape[2:])).reshape(count, slices, -1)
        x = self.entry(torch.cat([x, _position(x)], dim=2) if self.is_placed else x)
        summary, attention = self.head(x, present)
        logits = self.last(torch.cat([self.dropped(summary), clinical], dim=1))
        return logits, attention


def _position(x: Tensor) -> Tensor:
    """Return where each slice lies, −1 to 1: a missing one leaves a gap that is seen."""
    place = torch.linspace(-1.0, 1.0, x.shape[1], dtype=x.dtype, device=x.device)
    return place[None, :, None].expand(len(x), -1, 1)


def _head(name: str, width: int, slices: int) -> nn.Module:
    if name == "lstm":
        return LSTMHead(width)
    if name == "transformer":
        return TransformerHead(width, slices)
    return Seq2SeqHead(width) if name == "seq2seq" else MeanHead()


class SpectrumNetwork(nn.Module):
    """Three convolutions along a spectrum, then means of 16 stretches of it.

    Stretches, and not one mean: where along the axis a peak stands is what tells.
    """

    stretches = 16

    def __init__(self, plan: Mapping[str, Any]) -> None:
        super().__init__()
        width = plan["width"]
        self.layers = nn.Sequential(
            nn.Conv1d(1, width, 7, stride=2, padding=3), nn.SiLU(),
            nn.Conv1d(width, width, 5, stride=2, padding=2),
            nn.GroupNorm(_GROUPS, width, eps=_FLAT), nn.SiLU(),
            nn.Conv1d(width, width, 5, padding=2),
            nn.GroupNorm(_GROUPS, width, eps=_FLAT), nn.SiLU(),
        )  # fmt: skip
        self.dropped = nn.Dropout(plan["dropout"])
        self.last = nn.Linear(width * self.stretches + plan["clinical"], plan["outputs"])

    def forward(self, x: Tensor, present: Tensor, clinical: Tensor) -> Tensor:
        """Return the logits of n × points: n × outputs; `present` is that of sequences, unused."""
        x = self.layers(x[:, None])
        size = -(-x.shape[2] // self.stretches)
        x = functional.pad(x, (0, size * self.stretches - x.shape[2]))
        x = x.reshape(*x.shape[:2], self.stretches, size).mean(dim=3).flatten(1)
        logits: Tensor = self.last(torch.cat([self.dropped(x), clinical], dim=1))
        return logits


def build(plan: Mapping[str, Any]) -> nn.Module:
    """Return the network of a plan, its weights drawn by the generator of torch."""
    return SpectrumNetwork(plan) if plan["kind"] == "spectrum" else SequenceNetwork(plan)
