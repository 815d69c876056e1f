"""How a network is trained: the settings, and the one loop."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.deep.checkpoints import Checkpoint
from biomarkers.deep.inputs import Inputs, Weights
from biomarkers.errors import InputError
from biomarkers.extras import load_extra
from biomarkers.stats.arrays import Floats, Whole
from biomarkers.stats.inputs import check_choice

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Training:
    """How weights are learned: AdamW at a constant rate, classes weighing the same.

    Parameters
    ----------
    rate, decay
        Learning rate and weight decay of AdamW.
    batch
        Cases of a step.
    dropout
        Share of the features before the last layer that a step leaves out.
    augment
        Whether training cases are shifted, mirrored (slices: left to right) and made noisier,
        anew in every epoch. Those held out never are.
    device
        `cpu`, `cuda`, or `auto`: a GPU where there is one. On a CPU the same seed gives the same
        bytes.
    checkpoint
        A folder: an unfinished training is kept there after every epoch, and taken up again by
        the same call. It changes no result.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> from biomarkers import deep
    >>> deep.Training(rate=1e-3, augment=False).augment
    False

    """

    rate: float = 3e-3
    decay: float = 1e-2
    batch: int = 16
    dropout: float = 0.2
    augment: bool = True
    device: str = "auto"
    checkpoint: Path | str | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with."""
        check_choice("device", self.device, DEVICES)
        for name, value, good in (
            ("rate", self.rate, self.rate > 0),
            ("decay", self.decay, self.decay >= 0),
            ("batch", self.batch, self.batch >= 1),
            ("dropout", self.dropout, 0 <= self.dropout < 1),
        ):
            if not good:
                raise InputError(f"{name}: found {value!r}, expected a number that makes sense")


@dataclass(frozen=True, eq=False)
class Task:
    """One training: the network, what it sees, and for how long.

    Parameters
    ----------
    build
        Returns the network, its weights drawn.
    inputs
        Of the training cases.
    labels
        Class of each case, from 0.
    outputs
        Logits of the network: 1 for two classes, else one for each.
    snapshots
        Epochs after which the weights are wanted, ascending.
    training
        Rate, batch, and so on.
    seed
        Of weights, order, dropout and augmentation.

    """

    build: Callable[[], Any]
    inputs: Inputs
    labels: Whole
    outputs: int
    snapshots: tuple[int, ...]
    training: Training
    seed: int


@contextmanager
def one_thread(device: str = "cpu") -> Iterator[Any]:
    """Hold torch to one thread and deterministic algorithms, and give back what was set before.

    Sums over two threads have other bytes than over one. Its generator is given back, too.
    """
    torch = load_extra("torch", "a network")
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # or CUDA has no such algorithms
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng(devices=[0] if device == "cuda" else []):
            yield torch
    finally:
        torch.use_deterministic_algorithms(strict)
        torch.set_num_threads(threads)


def device_of(wanted: str) -> str:
    """Return `cuda` or `cpu`.

    Raises
    ------
    InputError
        If there is no GPU, and one is asked for.

    """
    torch = load_extra("torch", "a network")
    there = bool(torch.cuda.is_available())
    if wanted == "cuda" and not there:
        raise InputError("device: found 'cuda', but torch sees no GPU here; take 'auto' or 'cpu'")
    return "cuda" if there and wanted != "cpu" else "cpu"


def train(task: Task, checkpoint: Checkpoint | None = None) -> list[Weights]:
    """Return the weights after each of the epochs that are wanted."""
    device = device_of(task.training.device)
    with one_thread(device) as torch:
        torch.manual_seed(task.seed)
        network = task.build().to(device)
        learned = [each for each in network.parameters() if each.requires_grad]
        optimiser = torch.optim.AdamW(
            learned, lr=task.training.rate, weight_decay=task.training.decay, foreach=False
        )
        begun = checkpoint.resume(network, optimiser) if checkpoint else (0, {})
        done, taken = begun
        for epoch in range(done + 1, task.snapshots[-1] + 1):
            _one_epoch(task, network, optimiser, device)
            if epoch in task.snapshots:
                taken[epoch] = weights_of(network)
            if checkpoint:
                checkpoint.keep(epoch, network, optimiser, taken)
        return [taken[epoch] for epoch in task.snapshots]


def _one_epoch(task: Task, network: Any, optimiser: Any, device: str) -> None:
    torch = load_extra("torch", "a network")
    network.train()
    weights = case_weights(task.labels)
    for places in torch.randperm(len(task.labels)).split(task.training.batch):
        rows = places.numpy()
        inputs = task.inputs.take(rows)
        if task.training.augment:
            inputs = inputs.augmented()
        optimiser.zero_grad()
        loss = loss_of(network(*inputs.on(device)), task.labels[rows], weights[rows], task.outputs)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0, foreach=False)
        optimiser.step()


def case_weights(labels: Whole) -> Floats:
    """Return the weight of each case: every class weighs the same, their mean is 1."""
    classes, member, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return np.asarray(len(labels) / (len(classes) * counts[member]))


def loss_of(logits: Any, labels: Whole, weights: Floats, outputs: int) -> Any:
    """Return the weighted mean of minus the log likelihood."""
    torch = load_extra("torch", "a network")
    truth = torch.as_tensor(labels, device=logits.device)
    importance = torch.as_tensor(weights, device=logits.device, dtype=logits.dtype)
    if outputs == 1:
        each = torch.nn.functional.binary_cross_entropy_with_logits(
            logits[:, 0], truth.to(logits.dtype), reduction="none"
        )
    else:
        each = torch.nn.functional.cross_entropy(logits, truth, reduction="none")
    return (importance * each).mean()


def weights_of(network: Any) -> Weights:
    """Return a copy of every weight of a network, by name."""
    return {
        name: tensor.detach().cpu().numpy().copy() for name, tensor in network.state_dict().items()
    }
