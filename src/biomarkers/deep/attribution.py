"""What a network's score hangs on, pixel by pixel: Captum's methods, and attention."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from biomarkers.deep.fitted import FittedNetworks
from biomarkers.deep.inputs import Inputs
from biomarkers.errors import InputError
from biomarkers.extras import load_extra
from biomarkers.stats.arrays import Floats, Whole

_AT_ONCE = 256  # cases in memory
# Of the mean change of the score: a smaller change is taken for this much, or the error of a case
# that is like the training set's mean, whose score hardly changes, would be any number.
LEAST_CHANGE = 0.1
Score = Callable[..., Any]


def score_of(fitted: FittedNetworks, network: Any) -> Score:
    """Return what is explained: log odds, or the logit of a class, of values, columns, presence."""
    encoder = copy.deepcopy(fitted.given_encoder()).double() if fitted.plan["encoded"] else None

    def score(values: Any, clinical: Any, present: Any, target: Any) -> Any:
        if encoder is not None:
            count, slices = values.shape[:2]
            flat = values.reshape(count * slices, 1, *values.shape[2:])
            values = encoder(flat).reshape(count, slices, -1)
        logits = network(values, present, clinical)
        return logits.gather(1, target[:, None])[:, 0]

    return score


def integrated_gradients(
    score: Score, inputs: Inputs, targets: Whole, steps: int
) -> tuple[Floats, Floats, Floats]:
    """Return maps, what columns add, and the error of completeness (`missed`).

    The path leads from the mean of the training set; Gauss and Legendre's points on it, in double
    precision.
    """
    torch = load_extra("torch", "an explanation")
    method = load_extra("captum.attr", "integrated gradients").IntegratedGradients
    values, present, clinical, wanted = _tensors(inputs, targets)
    has_columns = clinical.shape[1] > 0  # Captum takes no empty tensor
    explained = score if has_columns else _without_columns(score)
    made = method(explained).attribute(
        (values, clinical) if has_columns else (values,),
        additional_forward_args=(present, wanted), n_steps=steps, method="gausslegendre",
        internal_batch_size=max(_AT_ONCE, len(values)),
    )  # fmt: skip
    with torch.no_grad():
        empty = torch.zeros_like(values), torch.zeros_like(clinical)
        change = score(values, clinical, present, wanted) - score(*empty, present, wanted)
    maps = made[0].detach().numpy()
    columns = made[1].detach().numpy() if has_columns else np.zeros((len(values), 0))
    told = maps.reshape(len(maps), -1).sum(axis=1) + columns.sum(axis=1)
    return maps, columns, missed(told, change.numpy())


def missed(told: Floats, change: Floats) -> Floats:
    """Return by how much sums of maps miss the changes of scores, relative to these, by case.

    ``|told - change| / max(|change|, LEAST_CHANGE mean |change|)``; NaN where no score changes.
    """
    size = np.abs(change)
    scale = np.maximum(size, LEAST_CHANGE * size.mean())
    unknown = np.full(len(size), np.nan)
    return np.asarray(np.divide(np.abs(told - change), scale, out=unknown, where=scale > 0))


def _without_columns(score: Score) -> Score:
    return lambda values, *more: score(values, values.new_zeros((len(values), 0)), *more)


def occlusion(
    score: Score, inputs: Inputs, targets: Whole, window: int
) -> tuple[Floats, Floats, Floats]:
    """Return by how much the score falls where a window is put at the mean of the training set."""
    torch = load_extra("torch", "an explanation")
    values, present, clinical, wanted = _tensors(inputs, targets)
    shape = values.shape[1:]
    sizes = tuple(min(window, each) for each in shape)
    if len(shape) > 1:
        sizes = (1, *sizes[1:])
    steps = tuple(max(1, each // 2) for each in sizes)
    method = load_extra("captum.attr", "occlusion").Occlusion(score)
    with torch.no_grad():
        maps = method.attribute(
            values, sliding_window_shapes=sizes, strides=steps,
            additional_forward_args=(clinical, present, wanted),
            perturbations_per_eval=max(1, _AT_ONCE // len(values)),
        )  # fmt: skip
        whole = score(values, clinical, present, wanted)
        columns = [
            (whole - score(values, _without(clinical, place), present, wanted)).numpy()
            for place in range(clinical.shape[1])
        ]
    unknown = np.full(len(values), np.nan)
    return maps.numpy(), np.reshape(columns, (-1, len(values))).T, unknown


def _without(clinical: Any, place: int) -> Any:
    changed = clinical.clone()
    changed[:, place] = 0.0
    return changed


def attention(network: Any, inputs: Inputs) -> Floats:
    """Return how the read-out weighs slices: cases × slices, 1 in all.

    Raises
    ------
    InputError
        If the head has no attention.

    """
    torch = load_extra("torch", "an explanation")
    values, present, clinical = inputs.on("cpu")
    with torch.no_grad():
        seen = network.told(values, present, clinical)[1] if hasattr(network, "told") else None
    if seen is None:
        raise InputError("method: the head has no attention; take 'integrated_gradients'")
    return np.asarray(seen.numpy(), dtype=float)


def _tensors(inputs: Inputs, targets: Whole) -> tuple[Any, Any, Any, Any]:
    torch = load_extra("torch", "an explanation")
    values, present, clinical = inputs.on("cpu")
    return values.double(), present, clinical.double(), torch.from_numpy(targets)
