"""An encoder of slices that a user brings: frozen, its weights known by their hash."""

import copy
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.deep.inputs import Inputs, Single
from biomarkers.deep.training import one_thread, weights_of
from biomarkers.deep.weight_files import check_names, read_tensors
from biomarkers.errors import InputError
from biomarkers.extras import load_extra

_BATCH = 64  # slices


def frozen(encoder: Any, weights: Path | str | Mapping[str, Any] | None) -> Any:
    """Return a copy of a module that learns nothing, with the weights of a file or a mapping.

    Raises
    ------
    InputError
        If it is no module of torch.
    FileError
        If the file is no safetensors, or holds other names or shapes.

    """
    torch = load_extra("torch", "an encoder")
    if not isinstance(encoder, torch.nn.Module):
        raise InputError(
            f"encoder: found {type(encoder).__name__}; expected a module of torch that makes "
            "n × features of n × 1 × y × x"
        )
    made = copy.deepcopy(encoder).cpu().eval().requires_grad_(False)
    if weights is None:
        return made
    if isinstance(weights, Mapping):
        source, tensors = "the rule", weights
    else:
        source, (tensors, _) = str(weights), read_tensors(weights, "the weights of an encoder")
    check_names(source, tensors, made.state_dict())
    made.load_state_dict({name: torch.from_numpy(each) for name, each in tensors.items()})
    return made


def digest_of(weights: Mapping[str, Any]) -> str:
    """Return the SHA-256 of weights: names, shapes and bytes."""
    text = hashlib.sha256()
    for name in sorted(weights):
        array = np.ascontiguousarray(weights[name])
        text.update(repr((name, array.shape, array.dtype.str)).encode() + array.tobytes())
    return text.hexdigest()


def encoder_digest(encoder: Any) -> str:
    """Return the SHA-256 of the weights of a module."""
    return digest_of(weights_of(encoder))


def encoded(inputs: Inputs, encoder: Any) -> Inputs:
    """Return inputs with what an encoder makes of each slice: n × slices × features.

    Raises
    ------
    InputError
        If it makes anything else than numbers, n × features.

    """
    count, slices = inputs.values.shape[:2]
    flat = inputs.values.reshape(count * slices, 1, *inputs.values.shape[2:])
    with one_thread() as torch, torch.no_grad():
        parts = [
            _checked(encoder(torch.from_numpy(flat[start : start + _BATCH])).numpy(), flat, start)
            for start in range(0, len(flat), _BATCH)
        ]
    return inputs.with_values(np.concatenate(parts).reshape(count, slices, -1))


def _checked(made: Single, flat: Single, start: int) -> Single:
    expected = len(flat[start : start + _BATCH])
    if made.ndim != 2 or len(made) != expected or not np.isfinite(made).all():
        raise InputError(
            f"encoder: made {made.shape} of {expected} slices; expected finite numbers, "
            f"({expected}, features)"
        )
    return made
